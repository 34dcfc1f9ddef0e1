"""What is asked again after a failure, and what is sent once whatever happens."""

from __future__ import annotations

import socket

import pytest
from support.raw_server import http, reset, says, shut
from support.wire_client import BUSY, GOOD, WIRE, serving

from cachetools_core.errors import (
    Moved,
    NoAnswer,
    NotArcGIS,
    ServerSaysNo,
    TokenRefused,
)
from cachetools_core.server.wire import LONGEST_RETRY_AFTER, READ_TRIES


def test_a_read_is_tried_again_while_the_failure_is_a_passing_one():
    with serving(says(BUSY, http(b""), GOOD)) as (server, client):
        assert client.get(tries=READ_TRIES) == {"currentVersion": 11.3}
    assert len(server.requests) == 3


def test_a_computation_is_tried_again():
    with serving(says(BUSY, GOOD)) as (server, client):
        client.post(tries=2)
    assert len(server.requests) == 2


@pytest.mark.parametrize("tries", [1, 2, READ_TRIES])
@pytest.mark.parametrize("answer", [says(BUSY), reset, shut, says(http(b""))], ids=["503", "reset", "shut", "empty"])
def test_a_read_is_tried_so_often_and_no_more(answer, tries):
    with serving(answer) as (server, client), pytest.raises(NoAnswer):
        client.get(tries=tries)
    assert len(server.requests) == tries


def test_the_pauses_grow():
    arrived = []

    def busy(connection):
        arrived.append(client.clock.monotonic())
        connection.sendall(BUSY)

    with serving(busy) as (_, client), pytest.raises(NotArcGIS):
        client.get(tries=4)
    first, second, third = (later - earlier for earlier, later in zip(arrived, arrived[1:]))
    assert first >= 0.5
    assert second >= 1
    assert third >= 2


FINAL = {
    "a login page": (http(b"<html><form>Sign in</form></html>"), NotArcGIS),
    "404 from a proxy": (http(b"<html>", "404 Not Found"), NotArcGIS),
    "403 from a proxy": (http(b"<html>", "403 Forbidden"), NotArcGIS),
    "401": (http(b"", "401 Unauthorized", WWW_Authenticate="Negotiate"), NotArcGIS),
    "407": (http(b"", "407 Proxy Authentication Required"), NotArcGIS),
    "a redirect": (http(b"", "302 Found", Location="/elsewhere"), Moved),
    "an error object": (http(b'{"error": {"code": 500, "message": "Error performing operation"}}'), ServerSaysNo),
    "498": (http(b'{"error": {"code": 498, "message": "Invalid Token"}}'), TokenRefused),
}


@pytest.mark.parametrize(("answer", "kind"), FINAL.values(), ids=FINAL)
def test_what_will_not_pass_is_asked_once(answer, kind):
    with serving(says(answer)) as (server, client), pytest.raises(kind) as raised:
        client.get(tries=READ_TRIES)
    assert type(raised.value) is kind
    assert len(server.requests) == 1


@pytest.mark.parametrize("answer", [reset, shut, says(BUSY), says(http(b"")), *WIRE.values()])
def test_what_starts_work_is_sent_exactly_once(answer):
    with serving(answer) as (server, client), pytest.raises(NoAnswer):
        client.post_once()
    assert (len(server.requests), server.connections) == (1, 1)


def test_what_starts_work_goes_over_a_connection_of_its_own():
    with serving(says(GOOD)) as (server, client):
        client.get()
        client.get()
        assert server.connections == 1
        client.post_once()
        assert server.connections == 2


def test_a_kept_connection_that_the_server_has_closed_costs_no_submit():
    def keep_for_one(connection):
        connection.sendall(GOOD)
        server.requests[-1].startswith(b"GET") and connection.shutdown(socket.SHUT_RD)

    with serving(keep_for_one) as (server, client):
        client.get()
        assert client.post_once() == {"currentVersion": 11.3}
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
def test_retry_after_is_heeded(status):
    arrived = []

    def busy(connection):
        arrived.append(client.clock.monotonic())
        busy_for_20 = http(b"<html>", status, Retry_After="20")
        connection.sendall(busy_for_20 if len(arrived) == 1 else GOOD)

    with serving(busy) as (_, client):
        client.get(tries=2)
    assert arrived[1] - arrived[0] >= 20


@pytest.mark.parametrize(
    "text", ["86400", "0", "-5", "Wed, 21 Oct 2065 07:28:00 GMT", "\xb2", "9" * 400, "1e9", "inf", ""]
)
def test_no_retry_after_holds_the_run_up_for_long(text):
    deadline = LONGEST_RETRY_AFTER + 20
    with serving(says(http(b"<html>", "503 Busy", Retry_After=text), GOOD), deadline=deadline) as (_, client):
        assert client.get(tries=2) == {"currentVersion": 11.3}
