"""Secrets stay where they belong: canaries in every place that holds one, and a scan of everything that comes out."""

from __future__ import annotations

import base64
import http.client
import json
import logging
import os
import select
import socket
import socketserver
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keyring
import pytest
import requests
from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential
from support.body_server import BodyServer
from support.choosing import by_name, some_of
from support.clocks import FastClock
from support.listener import Listener
from support.source import ROOT
from support.story import account_of, service_url, tokens_in

from cachetools_core.errors import CacheToolsError, SignInRefused
from cachetools_core.naming.service import ServiceReference, read_name
from cachetools_core.rehearsal.accounts import Account as ServerAccount
from cachetools_core.rehearsal.faults import FAULTS
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.server.signed_in import SignedIn
from cachetools_core.server.signin import ActivePortal, GivenAccount, sign_in
from cachetools_core.server.site import open_site
from cachetools_core.server.tokens import Account, Token, ask_for_token
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.tools.access import Access
from cachetools_core.tools.delete import delete_map_server_cache
from cachetools_core.tools.session import Session
from cachetools_core.waiting import Patience, Run

PASSWORD, KEPT, REFRESH, NETRC, PROXY, REFERER = (
    f"canary{name}7Qz" for name in ("password", "kept", "refresh", "netrc", "proxy", "referer")
)
CANARIES = {PASSWORD, KEPT, REFRESH, NETRC, PROXY, REFERER, base64.b64encode(f"proxyuser:{PROXY}".encode()).decode()}


class Cabinet(KeyringBackend):
    """A keyring that holds a canary for every site, and a refresh token for every profile."""

    priority = 1

    def get_credential(self, service: str, username: str | None) -> SimpleCredential:
        return SimpleCredential("siteadmin", KEPT)

    def get_password(self, service: str, username: str) -> str:
        return REFRESH

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError


class Everything:
    """What a run has let out: log records at DEBUG, words, exceptions, receipts, files."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.texts: list[str] = []
        self.listener = Listener()

    def error(self, error: BaseException) -> None:
        self.texts += traceback.format_exception(type(error), error, error.__traceback__, chain=True)
        self.texts += [text for one in reachable(error) for text in (str(one), repr(one))]

    def receipt(self, receipt: Any) -> None:
        self.texts += [repr(receipt), receipt.to_text(), receipt.to_json(), receipt.to_html(), str(receipt.to_dict())]

    def gather(self) -> str:
        files = [path for path in self.home.rglob("*") if path.is_file() and path.name not in (".netrc", "_netrc")]
        written = [str(path) + path.read_text(encoding="utf-8") for path in files]
        return "\n".join([*self.texts, self.listener.everything, *written])


def reachable(error: BaseException) -> Iterator[Any]:
    """Everything that hangs on an exception: what caused it, what it was raised within, its arguments and fields."""
    waiting: list[Any] = [error]
    seen: list[Any] = []
    while waiting:
        one = waiting.pop()
        if any(one is other for other in seen):
            continue
        seen.append(one)
        yield one
        if isinstance(one, BaseException):
            waiting += [one.__cause__, one.__context__, *one.args, *vars(one).values()]
        elif isinstance(one, (list, tuple)):
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()


class Recorder(logging.Handler):
    """Every log record, whole."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.texts = texts

    def emit(self, record: logging.LogRecord) -> None:
        self.texts += [record.getMessage(), repr(vars(record))]


@pytest.fixture
def out(own_home: Path) -> Iterator[Everything]:
    """Listen to everything, with a .netrc that would sign in everywhere."""
    (own_home / ".netrc").write_text(
        f"machine localhost login netrcuser password {NETRC}\ndefault login netrcuser password {NETRC}\n"
    )
    (own_home / ".netrc").chmod(0o600)
    everything = Everything(own_home)
    recorder = Recorder(everything.texts)
    loggers = [logging.getLogger(name) for name in ("", "urllib3", "requests", "keyring", "cachetools_core")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    loggers[0].addHandler(recorder)
    yield everything
    loggers[0].removeHandler(recorder)
    for logger, level in zip(loggers, levels):
        logger.setLevel(level)


@pytest.fixture(scope="module")
def standing(rainfall: Path) -> Iterator[Callable[..., Rehearsal]]:
    """A server that stands for the whole module, a stand-alone one or a federated one, as new for each test."""
    with Rehearsal(rainfall=rainfall) as alone, Rehearsal(rainfall=rainfall, federated=True) as federated:

        def as_new(*faults: str, portal: bool = False) -> Rehearsal:
            server = federated if portal else alone
            server.clear_faults()
            server.rebuild_cache("Rainfall")
            server.requests.clear()
            for fault in faults:
                server.fault(fault)
            return guarded(server)

        yield as_new


def guarded(server: Rehearsal) -> Rehearsal:
    """The server with a canary for the administrator's password."""
    server.accounts["administrator"] = ServerAccount("siteadmin", PASSWORD, "ADMINISTER")
    return server


def tokens_of(server: Rehearsal) -> set[str]:
    return tokens_in(server.requests)


def assert_nothing_out(server: Rehearsal, out: Everything, *more: str) -> None:
    told = "\n".join([out.gather(), *more])
    for secret in CANARIES | tokens_of(server):
        assert len(secret) > 8 and secret not in told
    for request in server.requests:
        assert not any(secret in request.url for secret in CANARIES | tokens_of(server))
        assert "authorization" not in request.headers, ".netrc never adds credentials"
        assert NETRC not in f"{request.headers}{request.form}"


def story(server: Rehearsal, out: Everything, **given: Any) -> str:
    """Run a deletion and return its verdict; everything that it lets out is kept."""
    given = {
        "account": account_of(server),
        "ca_file": server.ca_file,
        "clock": FastClock(100.0),
        "messages": out.listener,
        "patience": Patience(no_answer=20.0, gone=5.0, grace=10.0, restart=30.0, settle=20.0),
        **given,
    }
    try:
        receipt = delete_map_server_cache(service_url(server), Access(**given))
    except CacheToolsError as error:
        assert error.receipt is not None
        receipt = error.receipt
        out.error(error)
    out.receipt(receipt)
    return receipt.verdict.value


# In this process


@pytest.mark.parametrize("kind", ["stand-alone", "federated"])
def test_a_deletion_that_succeeds(rehearsal: Callable[..., Rehearsal], out: Everything, kind: str, capfd: Any) -> None:
    server = guarded(rehearsal(federated=kind == "federated", job_seconds=0.2, faults=["token-expires-mid-job"]))
    assert story(server, out) == "deleted"
    assert len(tokens_of(server)) >= 2
    assert any("urllib3.connectionpool" in text for text in out.texts), "the logs at DEBUG were heard"
    assert http.client.HTTPConnection.debuglevel == 0
    assert_nothing_out(server, out, *capfd.readouterr())


def test_the_scan_finds_a_secret_where_there_is_one(server: Rehearsal, out: Everything) -> None:
    """A canary that sings nowhere proves nothing."""
    guarded(server)
    story(server, out)
    (token,) = tokens_of(server)
    for secret in (PASSWORD, token):
        try:
            try:
                raise ValueError(["x", {"y": secret}])
            except ValueError as inner:
                raise SignInRefused("harmless") from inner
        except SignInRefused as error:
            assert any(secret in repr(one) for one in reachable(error))
    logging.getLogger("urllib3").debug("body %s", PASSWORD)
    assert PASSWORD in out.gather()


AT_SIGN_IN = [
    "account-locked", "html-login@token", "json-500@token", "json-status-error@token", "json-code-400@token",
    "negotiate-401@token", "http-403@token", "http-502@token", "redirect-other-host@token", "redirect-loop@token",
    "truncated-json@token", "not-json@token", "empty-body@token", "reset-before@token", "reset-during@token",
    "reset-after@token", "wrong-token-host", "html-login@info", "reset-before@info",
]  # fmt: skip
IN_THE_JOB = [
    "token-498@job", "token-499@tasks", "token-498@submit", "access-denied@submit", "html-login@job", "bom@token",
    "redirect-other-host@job", "redirect-https@submit", "truncated-json@submit", "reset-after@submit", "job-failed",
    "job-failed-half-deleted", "control-characters", "html-in-messages", "http-500@service-after", "not-json@result",
    "access-denied@service", "negotiate-401@service", "expires-as-string@token", "token-498",
]  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    some_of(
        by_name(AT_SIGN_IN + IN_THE_JOB),
        "account-locked", "html-login@token", "json-500@token", "redirect-other-host@token", "reset-during@token",
        "wrong-token-host", "html-login@info", "token-498@job", "access-denied@submit", "redirect-https@submit",
        "reset-after@submit", "job-failed", "control-characters", "negotiate-401@service",
    ),
)  # fmt: skip
def test_deletions_that_fail_on_the_way(standing: Callable[..., Rehearsal], out: Everything, fault: str) -> None:
    server = standing(fault)
    story(server, out)
    assert any(request.fault or request.step for request in server.requests)
    assert_nothing_out(server, out)


@pytest.mark.parametrize(
    "fault", ["json-500@exchange", "html-login@exchange", "reset-after@exchange", "access-denied@job"]
)
def test_deletions_that_fail_on_a_federated_site(
    standing: Callable[..., Rehearsal], out: Everything, fault: str
) -> None:
    server = standing(fault, portal=True)
    story(server, out)
    assert_nothing_out(server, out)


@pytest.mark.parametrize(
    "password", [f"{PASSWORD}wrong", f"{PASSWORD}\udce4", f"{PASSWORD}\u2603", f"{PASSWORD}\r\nX: y"]
)
def test_a_password_that_is_wrong_or_can_not_travel(
    standing: Callable[..., Rehearsal], out: Everything, password: str
) -> None:
    server = standing()
    assert story(server, out, account=Account("siteadmin", password)) == "not-deleted"
    assert_nothing_out(server, out)


ODD = ["", "\r\nX: y", "\u2603", "\udce4"]


@pytest.mark.parametrize(("token_end", "referer_end"), [*((odd, "") for odd in ODD), *(("", odd) for odd in ODD[1:])])
def test_pros_token_and_its_referer(
    standing: Callable[..., Rehearsal], out: Everything, token_end: str, referer_end: str
) -> None:
    """The token isn't one of the portal's, so the exchange is refused, whatever stands in it."""
    server = standing(portal=True)
    active = ActivePortal(str(server.portal), lambda: {"token": PASSWORD + token_end, "referer": REFERER + referer_end})
    assert story(server, out, account=None, active_portal=active) == "not-deleted"
    assert_nothing_out(server, out, repr(active))


def test_pros_own_token_and_its_referer_where_they_are_right(
    rehearsal: Callable[..., Rehearsal], out: Everything
) -> None:
    server = guarded(rehearsal(federated=True))
    referer = f"https://{REFERER}.invalid/"
    answer = requests.post(
        f"{server.portal}/sharing/rest/generateToken",
        data={"username": "siteadmin", "password": PASSWORD, "referer": referer, "f": "json"},
        verify=str(server.ca_file),
        auth=lambda request: request,  # or requests would take the .netrc
        timeout=10,
    ).json()
    active = ActivePortal(str(server.portal), lambda: {"token": answer["token"], "referer": referer})
    assert story(server, out, account=None, active_portal=active) == "deleted"
    assert_nothing_out(server, out, repr(active))


@pytest.mark.parametrize("fault", ["", "html-login@token", "wrong-token-host", "job-failed"])
def test_an_entry_of_the_keyring(standing: Callable[..., Rehearsal], out: Everything, fault: str) -> None:
    server = standing(*([fault] if fault else []))
    server.accounts["administrator"] = ServerAccount("siteadmin", KEPT, "ADMINISTER")
    keyring.set_keyring(Cabinet())
    story(server, out, account=None)
    assert_nothing_out(server, out)


def test_a_refused_certificate_comes_before_any_secret(standing: Callable[..., Rehearsal], out: Everything) -> None:
    server = standing()
    assert story(server, out, ca_file=None) == "not-deleted"
    assert server.requests == []
    assert_nothing_out(server, out)


def test_a_deadline_in_the_middle_of_a_sign_in(standing: Callable[..., Rehearsal], out: Everything) -> None:
    server = standing("blackhole-after@token")
    assert story(server, out, deadline=50.0) == "not-deleted"
    assert_nothing_out(server, out)


def test_nothing_prints_what_it_holds(standing: Callable[..., Rehearsal], out: Everything) -> None:
    server = standing()
    session = Session(Access(account_of(server), ca_file=server.ca_file, clock=FastClock(), messages=out.listener))
    named = read_name(service_url(server))
    assert isinstance(named, ServiceReference)
    site = session.site_of(named)
    assert isinstance(site.wire, SignedIn)
    (token,) = tokens_of(server)
    given = GivenAccount(account_of(server))
    rest = PlainWire(Trust(ca_file=server.ca_file), session.run)
    entered = sign_in(rest, open_site(rest, server.site), given, [])
    held = [given, given.account, Token(token), session, session.run, session.secrets, site, site.wire, rest, entered]
    assert_nothing_out(server, out, *(f"{one!r}{one!s}" for one in held))


# Servers that repeat what they were sent

ECHOES = [name for name in FAULTS if name.startswith("echo-in-")]
IN_ANSWERS_OF = {
    "echo-in-challenge": ("job", "service-after", "report", "token"),
    "echo-in-location": ("job", "service-after", "submit", "token"),
    "echo-in-error": ("job", "service", "submit", "token", "tasks"),
}


EACH_ECHO = {
    f"{fault}@{step}" if step else fault: steps.index(step) == 0
    for fault in ECHOES
    for steps in [IN_ANSWERS_OF.get(fault, ("",))]
    for step in steps
}


@pytest.mark.parametrize("fault", some_of(by_name(EACH_ECHO), *(fault for fault, first in EACH_ECHO.items() if first)))
def test_a_server_that_repeats_secrets(standing: Callable[..., Rehearsal], out: Everything, fault: str) -> None:
    server = standing(fault)
    story(server, out)
    assert any(request.fault or request.step == "submit" for request in server.requests), "it struck"
    assert_nothing_out(server, out)
    assert_no_part_out(server, out.gather())


@pytest.mark.parametrize("fault", some_of(by_name(ECHOES), "echo-in-challenge", "echo-in-message"))
def test_a_server_that_repeats_secrets_to_the_command_line(
    standing: Callable[..., Rehearsal], out: Everything, fault: str
) -> None:
    server = standing(fault)
    _, told = run(server, "--ca-file", str(server.ca_file), "--json", "--deadline", "20", given=PASSWORD, debug=True)
    assert_no_part_out(server, told + out.gather())


def assert_no_part_out(server: Rehearsal, told: str) -> None:
    """Nothing as long as twelve characters of a secret, in whatever letter case and between whatever blanks."""
    squeezed = "".join(told.split()).lower()
    for secret in {PASSWORD, *tokens_of(server)}:
        for at in range(len(secret) - 11):
            part = secret[at : at + 12].lower()
            assert part not in squeezed


# Proxies


class Tunnel(socketserver.BaseRequestHandler):
    """A forward proxy that answers CONNECT with its server's `status`, and tunnels after a 200."""

    def handle(self) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            more = self.request.recv(4096)
            if not more:
                return
            head += more
        self.server.heads.append(head.decode())  # type: ignore[attr-defined]
        status = self.server.status  # type: ignore[attr-defined]
        self.request.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        if not status.startswith("200"):
            return
        host, _, port = head.split()[1].decode().rpartition(":")
        with socket.create_connection((host, int(port))) as beyond:
            self._pass_on(beyond)

    def _pass_on(self, beyond: socket.socket) -> None:
        other = {self.request: beyond, beyond: self.request}
        while True:
            for one in select.select(list(other), [], [])[0]:
                try:
                    data = one.recv(65536)
                    if not data:
                        return
                    other[one].sendall(data)
                except OSError:
                    return


class Proxy(socketserver.ThreadingTCPServer):
    """The proxy's listener; `heads` are the CONNECT requests that it saw."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, status: str) -> None:
        super().__init__(("127.0.0.1", 0), Tunnel)
        self.status = status
        self.heads: list[str] = []


@contextmanager
def proxy(status: str) -> Iterator[Proxy]:
    with Proxy(status) as listener:
        threading.Thread(target=listener.serve_forever, args=(0.01,), daemon=True).start()
        yield listener
        listener.shutdown()


def test_the_password_of_a_proxy_that_lets_through(
    standing: Callable[..., Rehearsal], out: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = standing()
    with proxy("200 Connection established") as one:
        monkeypatch.setenv("HTTPS_PROXY", f"http://proxyuser:{PROXY}@127.0.0.1:{one.server_address[1]}")
        assert story(server, out) == "deleted"
        expected = base64.b64encode(f"proxyuser:{PROXY}".encode()).decode()
        assert one.heads and all(f"Proxy-Authorization: Basic {expected}" in head for head in one.heads)
        assert all(PASSWORD not in head and "X-Esri" not in head for head in one.heads), "only the proxy's own sign-in"
    assert all("proxy-authorization" not in request.headers for request in server.requests)
    assert_nothing_out(server, out)


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway"])
def test_the_password_of_a_proxy_that_refuses(
    standing: Callable[..., Rehearsal], out: Everything, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    server = standing()
    with proxy(status) as one:
        monkeypatch.setenv("HTTPS_PROXY", f"http://proxyuser:{PROXY}@127.0.0.1:{one.server_address[1]}")
        assert story(server, out) == "not-deleted"
        assert one.heads and all(PASSWORD not in head for head in one.heads)
    assert status[:3] in out.gather() and server.requests == []
    assert_nothing_out(server, out)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"http://proxyuser:{PROXY}@127.0.0.1:9", "refused the connection"),
        (f"http://proxyuser:{PROXY}@no-such-proxy.invalid:8080", "refused the connection"),
        (f"http://proxyuser:{PROXY}@127.0.0.1:port", "isn't an address"),
        (f"http://proxyuser:{PROXY}/with/slash@127.0.0.1:8080", "isn't an address"),
        (f"http://proxyuser:{PROXY}#@127.0.0.1:8080", "isn't an address"),
        (f"http://proxyuser:{PROXY}@", "isn't an address"),
        (f"http://proxyuser:{PROXY}@[::1:8080", "isn't an address"),
        (f"socks9://proxyuser:{PROXY}@127.0.0.1:8080", ""),
        (f"ftp://proxyuser:{PROXY}@127.0.0.1:8080", ""),
        (f"proxyuser:{PROXY}@127.0.0.1:9", ""),
        (f"http://proxyuser:{PROXY}\u2603@127.0.0.1:9", ""),
    ],
)
def test_the_password_of_a_proxy_that_is_not_there(
    standing: Callable[..., Rehearsal], out: Everything, monkeypatch: pytest.MonkeyPatch, address: str, words: str
) -> None:
    server = standing()
    monkeypatch.setenv("HTTPS_PROXY", address)
    assert story(server, out) == "not-deleted"
    assert words in out.gather() and server.requests == []
    assert_nothing_out(server, out)


# In a process of its own


def run(
    server: Rehearsal, *more: str, given: str, environment: dict[str, str] | None = None, debug: bool = False
) -> tuple[int, str]:
    """A deletion by the command line: its exit code, all its output, its log file and its process's arguments."""
    log = server.cache_directory / "log.txt"
    loud = (
        "import logging, sys; logging.basicConfig(level=logging.DEBUG); "
        "from cachetools_core.cli.main import main; from cachetools_core.cli.signals import Stop; "
        "sys.exit(main(sys.argv[1:], Stop()))"
    )
    start = ["-c", loud] if debug else ["-m", "cachetools_core"]
    arguments = ["delete", service_url(server), "--user", "siteadmin", "--password-stdin", "--yes", *more]
    arguments += ["-v", "--log-file", str(log)]
    process = subprocess.Popen(
        [sys.executable, *start, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
    )
    shown = Path(f"/proc/{process.pid}/cmdline")
    seen = "" if shown.exists() else " ".join(map(str, process.args))  # type: ignore[arg-type]
    while not seen:  # it waits for its password until then
        seen = shown.read_bytes().decode()
    told, _ = process.communicate(given.encode("utf-8", "surrogateescape") + b"\n", timeout=120)
    logged = log.read_text(encoding="utf-8")
    assert f"Exit code {process.returncode}" in logged
    log.unlink()
    return process.returncode, told.decode() + logged + seen


@pytest.mark.parametrize(
    ("fault", "code", "as_json"),
    some_of(
        by_name(
            (fault, code, as_json)
            for fault, code in (
                ("", 0), ("account-locked", 4), ("html-login@token", 4), ("job-failed", 1), ("token-498@job:1", 0)
            )
            for as_json in (True, False)
        ),
        "-0-True", "account-locked-4-False", "job-failed-1-True",
    ),
)  # fmt: skip
def test_the_command_line(
    standing: Callable[..., Rehearsal], out: Everything, fault: str, code: int, as_json: bool
) -> None:
    server = standing(*([fault] if fault else []))
    options = ["--ca-file", str(server.ca_file), *(["--json"] if as_json else [])]
    ended, told = run(server, *options, given=PASSWORD, debug=True)
    assert ended == code, told
    assert "DEBUG:urllib3.connectionpool" in told and "cachetools_core" in told
    assert_nothing_out(server, out, told)


def test_the_command_line_without_trust_or_behind_a_proxy(standing: Callable[..., Rehearsal], out: Everything) -> None:
    server = standing()
    ended, told = run(server, given=PASSWORD)
    assert ended == 1 and "certificate" in told and server.requests == []
    with proxy("407 Proxy Authentication Required") as one:
        address = f"http://proxyuser:{PROXY}@127.0.0.1:{one.server_address[1]}"
        options = ["--ca-file", str(server.ca_file)]
        refused, told_by_proxy = run(server, *options, given=PASSWORD, environment={"HTTPS_PROXY": address}, debug=True)
    assert refused == 1 and "407" in told_by_proxy and server.requests == []
    assert_nothing_out(server, out, told, told_by_proxy)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8:surrogateescape"])
def test_a_password_that_is_no_text_is_not_shown(server: Rehearsal, out: Everything, encoding: str) -> None:
    ended, told = run(
        server, given=f"{PASSWORD}\udce4", environment={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}, debug=True
    )
    assert ended == 2 and "can't be read as one line of text" in told and "Traceback" not in told
    assert_nothing_out(server, out, told)


def test_the_receipt_names_the_account_and_nothing_more(standing: Callable[..., Rehearsal], out: Everything) -> None:
    server = standing()
    ended, told = run(server, "--ca-file", str(server.ca_file), "--json", given=PASSWORD)
    receipt = json.loads(told[told.index("{\n") : told.rindex("\n}") + 2])
    assert ended == 0 and receipt["account"] == "siteadmin"
    assert_nothing_out(server, out, told)


@pytest.mark.parametrize("shape", ["error", "status"])
def test_a_server_that_quotes_the_password_is_not_quoted(own_home: Path, shape: str) -> None:
    said = f"Wrong password '{PASSWORD}'."
    body = {
        "error": {"error": {"code": 400, "message": "Unable to generate token.", "details": [said]}},
        "status": {"status": "error", "messages": [said], "code": 400},
    }[shape]
    with BodyServer(lambda _: json.dumps(body).encode()) as quoting:
        rest = PlainWire(Trust(), Run(FastClock(), 60, lambda: False))
        fields = {"username": "siteadmin", "password": PASSWORD}
        with pytest.raises(SignInRefused) as refused:
            ask_for_token(rest, f"{quoting.site}/tokens", fields, referer=quoting.site, minutes=1)
    out = Everything(own_home)
    out.error(refused.value)
    assert PASSWORD not in out.gather()
    assert "code 400" in str(refused.value)
