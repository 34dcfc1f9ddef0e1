"""One level of forward proxy: HTTPS_PROXY, real CONNECT, with and without credentials, and a proxy that fails."""

from __future__ import annotations

import asyncio
import base64
import ssl
import threading
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pytest
from support.certificates import Certificate
from support.choosing import one_in
from support.clocks import FastClock
from support.raw_server import RawServer, end_in_a_reset, http, says
from support.story import account_of, delete, service_url

from cachetools_core.errors import NeverSent, NoAnswer, NotTrusted
from cachetools_core.proof.verdict import Verdict
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import READ_TRIES, PlainWire
from cachetools_core.waiting import Patience, Run

SECRET = "canary-proxy-2f1c"
LITTLE = Patience(no_answer=20.0, gone=5.0, grace=5.0, restart=20.0, settle=10.0)
T = TypeVar("T")
OPEN = b"HTTP/1.1 200 Connection established\r\n\r\n"


class ForwardProxy:
    """Opens tunnels for CONNECT, as a context manager, to the port that is asked for, here or under `hosts`.

    `refusal` is what it says instead, `password` what it wants to be told first, `tls` makes it an HTTPS proxy.
    `asked` are the heads of the requests. All its connections live in one thread: another one that closes a connection
    frees its number, and a thread that is about to read from it takes what is meant for the next to have that number.
    """

    def __init__(
        self,
        refusal: bytes = b"",
        password: str = "",
        tls: ssl.SSLContext | None = None,
        hosts: dict[str, int] | None = None,
    ) -> None:
        self.refusal, self._tls, self._hosts = refusal, tls, hosts or {}
        self._wanted = base64.b64encode(f"gis:{password}".encode()).decode() if password else ""
        self.asked: list[str] = []
        self._open: list[asyncio.StreamWriter] = []
        self._loop = asyncio.SelectorEventLoop()

    def __enter__(self) -> ForwardProxy:
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._thread.start()
        self._server = self._do(asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._tls))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: Any) -> None:
        self.die()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def address(self, user: str = "") -> str:
        return f"http{'s' if self._tls else ''}://{user}{'@' if user else ''}localhost:{self.port}"

    def die(self) -> None:
        """Reset everything that goes through, and refuse what is new."""
        self._do(self._die())

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _die(self) -> None:
        self._server.close()
        for one in self._open:
            if not one.is_closing():
                end_in_a_reset(one.get_extra_info("socket"))
                one.transport.abort()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            self.asked.append((await client.readuntil(b"\r\n\r\n")).decode("latin-1"))
            refusal = self.refusal
            if self._wanted and f"Proxy-Authorization: Basic {self._wanted}\r\n" not in self.asked[-1]:
                refusal = http(b"", "407 Proxy Authentication Required", Proxy_Authenticate="Basic")
            to_client.write(refusal or OPEN)
            if not refusal:
                host, _, port = self.asked[-1].split()[1].rpartition(":")
                site, to_site = await asyncio.open_connection("127.0.0.1", self._hosts.get(host, int(port)))
                self._open += [to_client, to_site]
                await asyncio.gather(_pump(client, to_site), _pump(site, to_client))
        to_client.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


@pytest.fixture
def proxied(monkeypatch):
    """Starts a forward proxy and names it in HTTPS_PROXY."""
    running = []

    def start(user: str = "", variable: str = "HTTPS_PROXY", **options: Any) -> ForwardProxy:
        proxy = ForwardProxy(**options).__enter__()
        running.append(proxy)
        monkeypatch.setenv(variable, proxy.address(user))
        return proxy

    yield start
    for proxy in running:
        proxy.__exit__()


def shown(receipt) -> str:
    return f"{receipt.to_text()} {receipt.error!r} {receipt.error}"


def is_gone(server) -> bool:
    return not Path(server.services[0]["cache"]).exists()


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_cache_is_deleted_through_a_proxy(server, proxied, variable):
    proxy = proxied(variable=variable)
    receipt = delete(server)
    assert (receipt.verdict, server.submits, is_gone(server)) == (Verdict.DELETED, 1, True)
    authority = server.site.partition("//")[2].partition("/")[0]
    assert {asked.partition(" HTTP/1.")[0] for asked in proxy.asked} == {f"CONNECT {authority}"}


def test_the_proxy_finds_the_site_whose_name_this_machine_does_not_know(proxied, tmp_path):
    authority = Certificate("Authority", authority=True)
    certificate = Certificate("gis.inside.invalid", issuer=authority)
    ca_file = authority.saved(tmp_path / "ca.pem")
    with RawServer(says(http(b'{"currentVersion": 11.3}')), certificate.tls(tmp_path)) as site:
        proxied(hosts={"gis.inside.invalid": site.port})
        url = "https://gis.inside.invalid/arcgis"
        rest = PlainWire(Trust(ca_file=ca_file), Run(FastClock(), 600.0, lambda: False))
        assert rest.get(f"{url}/rest/info") == {"currentVersion": 11.3}


def test_a_proxy_is_told_its_credentials_and_the_site_is_not(server, proxied):
    proxy = proxied(user=f"gis:{SECRET}", password=SECRET)
    receipt = delete(server)
    assert (receipt.verdict, server.submits) == (Verdict.DELETED, 1)
    assert proxy.asked and all("Proxy-Authorization: Basic " in asked for asked in proxy.asked)
    assert not [request for request in server.requests if "proxy-authorization" in request.headers]
    assert SECRET not in shown(receipt)


def test_a_proxy_hears_nothing_of_what_goes_through(server, proxied):
    proxy = proxied()
    delete(server)
    assert server.password not in "".join(proxy.asked)
    assert not [asked for asked in proxy.asked if "uthorization" in asked or "arcgis" in asked]


@pytest.mark.parametrize("user", ["", f"gis:{SECRET}-wrong", "gis"])
def test_credentials_that_a_proxy_refuses_are_sent_once(server, proxied, user):
    proxy = proxied(user=user, password=SECRET)
    receipt = delete(server)
    assert type(receipt.error) is NeverSent
    assert not receipt.error.sent
    assert "407 Proxy Authentication Required" in receipt.error.what
    assert "HTTPS_PROXY" in receipt.error.remedy
    assert len(proxy.asked) == 1, "a password that is sent over and over can lock an account"
    assert (receipt.verdict, receipt.exit_code, server.requests) == (Verdict.NOT_DELETED, 1, [])
    assert SECRET not in shown(receipt)


@pytest.mark.parametrize("hosts", one_in(3, ["localhost", "*", "localhost,127.0.0.1", "example.com, localhost"]))
def test_no_proxy_is_heeded(server, proxied, monkeypatch, hosts):
    proxy = proxied()
    monkeypatch.setenv("NO_PROXY", hosts)
    assert delete(server).verdict is Verdict.DELETED
    assert proxy.asked == []


def test_no_proxy_for_other_hosts_changes_nothing(server, proxied, monkeypatch):
    proxy = proxied()
    monkeypatch.setenv("NO_PROXY", "example.com")
    assert delete(server).verdict is Verdict.DELETED
    assert proxy.asked


def test_a_proxy_that_is_down_is_named_and_nothing_sent(server, proxied):
    proxied().die()
    receipt = delete(server)
    assert type(receipt.error) is NeverSent
    assert "the proxy between this machine and localhost:" in receipt.error.what
    assert "refused" in receipt.error.what
    assert (receipt.verdict, server.requests) == (Verdict.NOT_DELETED, [])


REFUSALS = {
    "403 Forbidden": 1,
    "404 Not Found": 1,
    "502 Bad Gateway": READ_TRIES,
    "503 Service Unavailable": READ_TRIES,
    "504 Gateway Time-out": READ_TRIES,
}


@pytest.mark.parametrize(("status", "tries"), REFUSALS.items())
def test_a_proxy_that_refuses_a_way_through_is_asked_again_only_where_it_may_pass(server, proxied, status, tries):
    proxy = proxied(refusal=http(b"<html>", status))
    receipt = delete(server)
    assert type(receipt.error) is NeverSent
    assert status in receipt.error.what
    assert len(proxy.asked) == tries
    assert (receipt.verdict, server.requests) == (Verdict.NOT_DELETED, [])


@pytest.mark.parametrize("refusal", [b"\r\n", b"220 smtp ESMTP\r\n\r\n", b"HTTP/1.1 200"])
def test_a_proxy_that_is_none_is_not_taken_for_one(server, proxied, refusal):
    proxied(refusal=refusal)
    receipt = delete(server)
    assert isinstance(receipt.error, NoAnswer)
    assert (receipt.verdict, server.requests) == (Verdict.NOT_DELETED, [])
    assert "object at" not in shown(receipt)


@pytest.mark.parametrize("when", ["before the site has it", "after the site has it"])
def test_a_proxy_that_dies_at_the_submit_costs_no_job_and_no_second_submit(server, proxied, monkeypatch, when):
    proxy = proxied()

    def die_at_the_submit(request: Any) -> None:
        if request.step == "submit":
            proxy.die()

    if when.startswith("before"):
        server.before_request = die_at_the_submit
    else:
        server.after_request = die_at_the_submit
    receipt = delete(server, patience=LITTLE, clock=FastClock(50))
    assert receipt.verdict in (Verdict.UNKNOWN, Verdict.STILL_RUNNING)
    assert receipt.exit_code == 5
    assert server.submits == 1
    proxied()
    again = delete(server, patience=LITTLE)
    assert (again.verdict, server.submits, is_gone(server)) == (Verdict.DELETED, 1, True)


def test_a_proxy_that_dies_while_the_job_runs_and_comes_back_loses_nothing(rehearsal, proxied):
    server = rehearsal(job_seconds=0.5)
    proxy, others = proxied(), []

    def another_proxy(request: Any) -> None:
        if request.step == "job" and server.submits and len(proxy.asked):
            others.append(proxied())
            proxy.die()
            server.after_request = lambda request: None

    server.after_request = another_proxy
    receipt = delete(server)
    assert (receipt.verdict, server.submits) == (Verdict.DELETED, 1)
    assert others[0].asked


MALFORMED = [
    f"http://gis:{SECRET}#1@localhost:1",
    f"http://gis:{SECRET}/1@localhost:1",
    f"http://gis:{SECRET}?@localhost:1",
    f"http://gis:{SECRET}[@localhost:1",
    f"http://gis:{SECRET}@localhost:port",
    f"socks5://gis:{SECRET}@localhost:1",
    f"ftp://gis:{SECRET}@localhost:1",
    f"gis:{SECRET}@localhost:1",
    f"http://gis:{SECRET}@",
    "http://",
    "%",
]


@pytest.mark.parametrize("address", MALFORMED)
def test_a_proxy_address_that_is_none_shows_no_password(server, monkeypatch, address):
    monkeypatch.setenv("HTTPS_PROXY", address)
    receipt = delete(server)
    assert isinstance(receipt.error, NeverSent), receipt.error
    assert SECRET not in shown(receipt)
    assert "HTTPS_PROXY" in receipt.error.remedy
    assert (receipt.verdict, server.requests) == (Verdict.NOT_DELETED, [])


def test_a_proxy_over_tls_is_checked_as_the_site_is(server, proxied, tmp_path):
    authority = Certificate("Proxy's authority", authority=True)
    proxy = proxied(tls=Certificate("localhost", issuer=authority).tls(tmp_path))
    refused = delete(server)
    assert isinstance(refused.error, NoAnswer)
    assert (refused.verdict, server.requests, proxy.asked) == (Verdict.NOT_DELETED, [], [])
    both = tmp_path / "both.pem"
    both.write_bytes(authority.pem + server.ca_file.read_bytes())
    assert delete(server, ca_file=both).verdict is Verdict.DELETED
    assert proxy.asked


def test_a_certificate_that_came_through_a_proxy_is_not_fingerprinted_past_it(server, proxied, tmp_path):
    """A proxy that reads along shows one of its own, and a look past it would tell the fingerprint of another."""
    readers_own = Certificate("localhost", issuer=Certificate("Inspection", authority=True))
    with RawServer(says(http()), readers_own.tls(tmp_path)) as reader:
        proxied(hosts={"localhost": reader.port})
        receipt = delete(server)
    assert type(receipt.error) is NotTrusted
    assert "It came through a proxy" in receipt.error.what
    assert "fingerprint is shown" in receipt.error.what
    assert "To trust this one certificate" not in receipt.error.remedy
    assert (reader.requests, server.requests) == ([], [])
    assert reader.connections == 2, "one a check, and none for a fingerprint"


def test_what_starts_work_is_sent_once_through_a_proxy_that_fails(server, proxied):
    proxy = proxied()
    server.fault("reset-before@submit")
    receipt = delete(server, patience=LITTLE, account=account_of(server, "publisher"), clock=FastClock(50))
    assert len([request for request in server.requests if request.step == "submit"]) == 1
    assert receipt.verdict in (Verdict.UNKNOWN, Verdict.NOT_DELETED)
    assert proxy.asked
    assert service_url(server) in receipt.error.what + receipt.error.remedy
