"""One request over real sockets: what is asked, what each failure is called, what cancel and deadline end."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from typing import Any

import pytest
import trustme
from support.canaries import reachable
from support.raw_server import RawServer, free_port, http, reset, says, shut, then_shut
from support.wire_client import BUSY, CANARY, GOOD, WIRE, Client, serving

from cachetools_core.errors import (
    Cancelled,
    DeadlinePassed,
    NeverSent,
    NoAnswer,
    NotArcGIS,
)
from cachetools_core.server.causes import causes
from cachetools_core.server.request import ANSWER_WAITS
from cachetools_core.server.wire import READ_TRIES
from cachetools_core.waiting import CANCEL_IS_FELT_WITHIN

# What is asked


def test_a_read_is_a_get_with_f_json_and_the_fields():
    with serving(says(GOOD)) as (server, client):
        assert client.get(returnMessages="true") == {"currentVersion": 11.3}
    head = server.requests[0].decode()
    assert head.startswith("GET /arcgis/rest/info?returnMessages=true&f=json HTTP/1.1\r\n")
    assert f"X-Esri-Authorization: {CANARY}" in head
    assert "Accept-Encoding: identity" in head
    assert "Cache-Control: no-cache" in head


@pytest.mark.parametrize("ask", ["post", "post_once"])
def test_a_post_has_everything_in_its_body(ask):
    with serving(says(GOOD)) as (server, client):
        getattr(client, ask)()
    head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    assert head.startswith("POST /arcgis/rest/info HTTP/1.1\r\n")
    assert body == f"token={CANARY}&f=json"


def test_netrc_adds_no_credentials(own_home):
    (own_home / ".netrc").write_text(f"default login siteadmin password {CANARY}\n", encoding="ascii")
    (own_home / ".netrc").chmod(0o600)
    with serving(says(GOOD)) as (server, client):
        client.rest.get(client.url)
    assert b"uthorization" not in server.requests[0]


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_plain_http_on_this_machine_goes_to_no_proxy(monkeypatch, variable):
    with RawServer(says(GOOD)) as proxy, serving(says(GOOD)) as (server, client):
        monkeypatch.setenv(variable, proxy.url)
        client.post_once()
    assert (proxy.connections, len(server.requests)) == (0, 1)


# Failures of the wire


@pytest.mark.parametrize("ask", ["get", "post", "post_once"])
@pytest.mark.parametrize("answer", WIRE.values(), ids=WIRE)
def test_a_wire_that_breaks_may_have_carried_the_request(answer, ask):
    with serving(answer) as (server, client):
        error = client.trouble(ask)
    assert type(error) is NoAnswer
    assert error.sent
    assert error.passing
    assert len(server.requests) == 1
    assert "/arcgis/rest/info" in error.what


@pytest.mark.parametrize("ask", ["get", "post_once"])
def test_a_reset_while_the_request_is_sent_may_have_carried_it(ask):
    listening = socket.create_server(("127.0.0.1", 0))

    def reset_at_the_first_byte() -> None:
        connection, _ = listening.accept()
        connection.recv(1)
        reset(connection)

    threading.Thread(target=reset_at_the_first_byte, daemon=True).start()
    with listening:
        error = Client(f"http://127.0.0.1:{listening.getsockname()[1]}").trouble(ask)
    assert (type(error), error.sent) == (NoAnswer, True)


@pytest.mark.parametrize(
    "half", [b"HTTP/1.1 200 OK\r\nContent-Le", b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"currentVersion": ']
)
def test_half_an_answer_is_none_and_may_be_asked_for_again(half):
    """http.client takes half a head for a whole one, urllib3 1.26 half a body; half a JSON object is none."""
    with serving(then_shut(half)) as (_, client):
        error = client.trouble("post_once")
    assert type(error) in (NoAnswer, NotArcGIS)
    assert (error.sent, error.passing) == (True, True)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
TOLD = b'{"token": "%s"}\r\n\r\n' % CANARY.encode()


@pytest.mark.parametrize("sent", [TOLD, CHUNKED + TOLD, b"HTTP/1.1 " + TOLD, b"HTTP/7 200 " + TOLD], ids=range(4))
def test_what_stands_where_http_is_due_is_not_repeated(sent):
    """It may be a new token, which nobody knows as a secret yet."""
    with serving(then_shut(sent)) as (_, client):
        error = client.trouble("post_once")
    assert (type(error), error.sent) == (NoAnswer, True) and error.what.endswith("what came back isn't HTTP.")
    assert not any(CANARY in f"{one!r}{one}" for one in reachable(error))


@pytest.mark.parametrize("ask", ["get", "post_once"])
def test_a_refused_connection_never_sent_anything(ask):
    error = Client(f"http://127.0.0.1:{free_port()}").trouble(ask)
    assert (type(error), error.sent) == (NeverSent, False)
    assert "refused" in error.what


@pytest.mark.parametrize("ask", ["get", "post_once"])
def test_a_name_that_nobody_knows_never_sent_anything(ask):
    error = Client("https://gis.invalid").trouble(ask)
    assert (type(error), error.sent) == (NeverSent, False)
    assert "No connection to gis.invalid" in error.what


@pytest.mark.parametrize("address", ["https:///arcgis", "ftp://gis.example.com/arcgis", "https://:6443/arcgis"])
def test_an_address_that_cannot_be_asked_never_sent_anything(address):
    client = Client("https://gis.example.com")
    client.url = address
    error = client.trouble("post_once")
    assert (type(error), error.sent) == (NeverSent, False)


def test_a_name_that_cannot_be_one_never_sent_anything():
    error = Client(f"https://{'a' * 64}.example.com").trouble()
    assert (type(error), error.sent) == (NeverSent, False)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux leaves a connection beyond the backlog unanswered")
def test_a_connection_that_does_not_come_about_in_time_never_sent_anything():
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        error = Client(f"http://127.0.0.1:{full.getsockname()[1]}", factor=4).trouble("post_once")
    assert (type(error), error.sent) == (NeverSent, False)


@pytest.mark.parametrize("ask", ["get", "post_once"])
@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\n", b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"a'])
def test_a_black_hole_is_left_after_the_time_for_an_answer(first, ask):
    def silent(connection):
        connection.sendall(first)
        server.hold(connection)

    with serving(silent, factor=200) as (server, client):
        before = client.clock.monotonic()
        error = client.trouble(ask)
        assert client.clock.monotonic() - before >= ANSWER_WAITS
    assert (type(error), error.sent) == (NoAnswer, True)
    assert "no answer within 60 seconds" in error.what


def test_a_slow_drip_is_left_after_the_time_for_an_answer():
    def drip(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not server.left.wait(0.005):
            connection.sendall(b" ")

    with serving(drip, factor=200) as (server, client):
        error = client.trouble()
    assert (type(error), error.sent) == (NoAnswer, True)


def test_an_earlier_failure_that_is_being_dealt_with_is_not_this_one():
    with serving(reset) as (_, client):
        try:
            Client(f"http://127.0.0.1:{free_port()}").get()
        except NeverSent:
            error = client.trouble("post_once")
    assert (type(error), error.sent) == (NoAnswer, True)
    assert "refused" not in error.what


def test_causes_end_where_errors_quote_each_other():
    one, other = ValueError("one"), OSError("other")
    one.__cause__, other.__cause__ = other, one
    assert list(causes(one)) == [one, other]


# Cancel and deadline


def test_a_cancel_is_felt_while_nobody_answers():
    def silent(connection):
        client.waits.clear()
        client.stop = True
        server.hold(connection)

    with serving(silent) as (server, client):
        assert type(client.trouble()) is Cancelled
    assert len(client.waits) <= 2
    assert max(client.waits, default=0) <= CANCEL_IS_FELT_WITHIN


def test_an_answer_that_nobody_waits_for_is_not_read_on():
    left = threading.Event()

    def dribble(connection):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        client.stop = True
        try:
            while not server.left.wait(0.05):
                connection.sendall(b" " * 16384)
        except OSError:
            left.set()

    with serving(dribble) as (server, client):
        assert type(client.trouble()) is Cancelled
        assert left.wait(20), "at this pace, the largest body takes longer"


class LateHandshake:
    """A server's TLS whose handshakes wait until they may go on."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        self.may_go_on = threading.Event()

    def wrap_socket(self, connection: socket.socket, server_side: bool) -> ssl.SSLSocket:
        self.may_go_on.wait()
        return self._context.wrap_socket(connection, server_side=server_side)


def test_what_was_given_up_before_there_was_a_connection_is_never_sent(monkeypatch, tmp_path):
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    late: Any = LateHandshake(context)
    of_other_tests = set(threading.enumerate())
    with RawServer(says(GOOD), tls=late) as server:
        assert type(Client(server.url, deadline=5.0).trouble("post_once")) is DeadlinePassed
        late.may_go_on.set()
        for request in set(threading.enumerate()) - of_other_tests:
            if request.name == "CacheTools request":
                request.join()
    assert (server.connections, server.requests) == (1, [])


def test_a_cancel_does_not_leave_a_request_that_starts_work():
    def answer_after_some_looks(connection):
        client.stop = True
        client.waits.clear()
        while len(client.waits) < 4:
            server.left.wait(0.001)
        connection.sendall(GOOD)

    with serving(answer_after_some_looks) as (server, client):
        assert client.post_once() == {"currentVersion": 11.3}
    assert len(server.requests) == 1


def test_after_a_cancel_nothing_more_is_sent():
    with serving(says(GOOD)) as (server, client):
        client.stop = True
        for ask in ("get", "post", "post_once"):
            assert type(client.trouble(ask)) is Cancelled
    assert server.connections == 0


def test_a_cancel_ends_the_tries():
    def busy(connection):
        client.stop = True
        connection.sendall(BUSY)

    with serving(busy) as (server, client), pytest.raises(Cancelled):
        client.get(tries=READ_TRIES)
    assert len(server.requests) == 1


@pytest.mark.parametrize("ask", ["get", "post", "post_once"])
def test_the_deadline_clips_every_request(ask):
    with serving(lambda connection: server.hold(connection), deadline=5) as (server, client):
        error = client.trouble(ask)
    assert (type(error), error.sent, error.passing) == (DeadlinePassed, True, False)
    assert "/arcgis/rest/info" in error.what


def test_the_deadline_clips_the_tries():
    busy = says(http(b"<html>", "503 Busy", Retry_After="20"))
    with serving(busy, deadline=10) as (server, client), pytest.raises(DeadlinePassed):
        client.get(tries=READ_TRIES)
    assert len(server.requests) == 1


def test_after_the_deadline_nothing_is_sent():
    with serving(says(GOOD), deadline=0) as (server, client):
        error = client.trouble("post_once")
    assert (type(error), error.sent) == (DeadlinePassed, False)
    assert server.connections == 0


def test_a_cookie_that_leads_to_a_broken_machine_is_forgotten():
    """Load balancers send a client to the same machine by a cookie; after a failure another one may do better."""
    sticky = http(b"{}", Set_Cookie="machine=1; path=/")
    answers = [says(sticky), says(GOOD), shut, says(GOOD)]
    with serving(lambda connection: answers.pop(0)(connection)) as (server, client):
        client.get()
        client.get()
        client.trouble()
        client.get()
    assert [b"Cookie: machine=1" in request for request in server.requests] == [False, True, True, False]


@pytest.mark.parametrize("breaks", [reset, shut])
def test_a_broken_connection_is_not_used_again(breaks):
    answers = [says(GOOD), breaks, says(GOOD)]
    with serving(lambda connection: answers.pop(0)(connection)) as (server, client):
        client.get()
        client.trouble()
        assert client.get() == {"currentVersion": 11.3}
    assert len(server.requests) == 3
