"""Canaries in every place that holds a secret, and a scan of everything that a run lets out."""

from __future__ import annotations

import base64
import logging
import os
import select
import socket
import socketserver
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential

from cachetools_core.errors import CacheToolsError
from cachetools_core.rehearsal.accounts import Account as ServerAccount
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.tools.access import Access
from cachetools_core.tools.delete import delete_map_server_cache
from cachetools_core.waiting import Patience
from support.clocks import FastClock
from support.listener import Listener
from support.source import ROOT
from support.story import account_of, service_url, tokens_in

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
        self.texts += traceback.TracebackException.from_exception(error, capture_locals=True).format()
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
