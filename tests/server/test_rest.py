"""One request and its answer over real sockets: what is tried again, what never is, and what each failure is called."""

from __future__ import annotations

import gzip
import json
import re
import socket
import ssl
import sys
import threading
import tracemalloc
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.clocks import FastClock
from support.raw_server import RawServer, endless, http, reset, says, shut, then_reset, then_shut

from cachetools_core.errors import (
    Cancelled,
    DeadlinePassed,
    Moved,
    NeverSent,
    NoAnswer,
    NotArcGIS,
    NotPermitted,
    ServerSaysNo,
    TokenRefused,
)
from cachetools_core.server.trust import Trust, causes
from cachetools_core.server.wire import ANSWER_WAITS, LARGEST_BODY, LONGEST_RETRY_AFTER, READ_TRIES, PlainWire
from cachetools_core.waiting import CANCEL_IS_FELT_WITHIN, Run

MB = 1_000_000
GOOD = http(b'{"currentVersion": 11.3}')
BUSY = http(b"<html>busy</html>", "503 Service Unavailable")
CANARY = "canary-6cc7"


class Client:
    """A PlainWire on a fast clock, and ways to ask it."""

    def __init__(self, url: str, deadline: float = 3600.0, factor: float = 20.0) -> None:
        self.url = f"{url}/arcgis/rest/info"
        self.clock = FastClock(factor)
        self.waits: list[float] = []
        self.stop = False
        wait = self.clock.wait

        def noted(event: threading.Event, seconds: float) -> bool:
            self.waits.append(seconds)
            return wait(event, seconds)

        vars(self.clock)["wait"] = noted
        self.rest = PlainWire(Trust(url), Run(self.clock, deadline, lambda: self.stop))

    def get(self, tries: int = 1, **fields: str):
        return self.rest.get(self.url, fields, headers={"X-Esri-Authorization": CANARY}, tries=tries)

    def post(self, tries: int = 1):
        return self.rest.post(self.url, {"token": CANARY}, tries=tries)

    def post_once(self):
        return self.rest.post_once(self.url, {"token": CANARY}, headers={"X-Esri-Authorization": CANARY})

    def trouble(self, ask="get"):
        """The error that asking ends in; whatever it is, it shows no secret, no object and no query."""
        with pytest.raises((NoAnswer, ServerSaysNo, Cancelled)) as raised:
            getattr(self, ask)()
        text = str(raised.value)
        assert not re.search(r"0x[0-9a-f]{4}|object at|f=json|\?|Errno None", text), text
        assert CANARY not in text
        assert text.isprintable()
        assert len(text) < 3000
        return raised.value


@contextmanager
def serving(answer, **client):
    with RawServer(answer) as server:
        yield server, Client(server.url, **client)


def a_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


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

WIRE = {
    "reset before an answer": reset,
    "closed before an answer": shut,
    "reset in the head": then_reset(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "reset in the body": then_reset(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"currentVersion": '),
    "not HTTP": then_shut(b"220 smtp.example.com ESMTP\r\n\r\n"),
    "a status line in a proxy's words": then_shut(b"Tunnel connection failed: 502 Bad Gateway\r\n\r\n"),
    "a chunk of no known length": then_shut(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
    "chunks that end early": then_shut(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{}"),
    "a thousand headers": then_shut(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000 + b"\r\n{}"),
    "an endless header": then_shut(b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 100_000 + b"\r\n\r\n{}"),
    "packed, but not really": says(http(b"{}", Content_Encoding="gzip")),
    "packed in an unknown way": says(http(b"{}", Content_Encoding="br")),
}


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


@pytest.mark.parametrize("ask", ["get", "post_once"])
def test_a_refused_connection_never_sent_anything(ask):
    error = Client(f"http://127.0.0.1:{a_free_port()}").trouble(ask)
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
            Client(f"http://127.0.0.1:{a_free_port()}").get()
        except NeverSent:
            error = client.trouble("post_once")
    assert (type(error), error.sent) == (NoAnswer, True)
    assert "refused" not in error.what


def test_causes_end_where_errors_quote_each_other():
    one, other = ValueError("one"), OSError("other")
    one.__cause__, other.__cause__ = other, one
    assert list(causes(one)) == [one, other]


# What is tried again


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


# Redirects

REDIRECTS = {
    "https://other.example.com/arcgis/rest/info": "https://other.example.com/arcgis/rest/info",
    "https://gis.example.com/login?token=canary-6cc7&f=json": "https://gis.example.com/login",
    "https://siteadmin:canary-6cc7@gis.example.com/": "https://gis.example.com/",
    "/login?token=canary-6cc7#top": "/login",
    "//other.example.com/x?f=json": "//other.example.com/x",
    "http://[bad": "http://[bad",
    "https://gis.example.com/\x1b[31mred": "https://gis.example.com/red",
    "": "which it does not name",
}


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("ask", ["get", "post_once"])
def test_no_redirect_is_followed(status, ask):
    with RawServer(says(GOOD)) as other:
        with serving(says(http(b"", status, Location=f"{other.url}/arcgis/rest/info"))) as (server, client):
            error = client.trouble(ask)
        assert (other.connections, len(server.requests)) == (0, 1)
    assert (type(error), error.sent, error.passing) == (Moved, True, False)
    assert f"{other.url}/arcgis/rest/info" in error.what


@pytest.mark.parametrize(("location", "named"), REDIRECTS.items())
def test_a_redirect_is_named_without_its_secrets(location, named):
    with serving(says(http(b"", "302 Found", Location=location))) as (_, client):
        error = client.trouble()
    assert type(error) is Moved
    assert f" {named}." in error.what


def test_a_redirect_with_an_endless_body_is_not_read():
    head = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n"
    with serving(endless(head, b"x" * 65536), factor=2) as (_, client), memory() as used:
        assert type(client.trouble()) in (Moved, NoAnswer)
    assert used() < LARGEST_BODY * 3


# ArcGIS's error objects

NOES = {
    '{"error": {"code": 498, "message": "Invalid Token", "details": []}}': (TokenRefused, 498, "Invalid Token"),
    '{"error": {"code": 499, "message": "Token Required"}}': (TokenRefused, 499, "Token Required"),
    '{"error": {"code": 401, "message": "Unauthorized"}}': (TokenRefused, 401, "Unauthorized"),
    '{"error": {"code": 403, "message": "No permission", "details": null}}': (NotPermitted, 403, "No permission"),
    '{"error": {"code": "400", "message": "Unable", "details": ["a", "a", "b"]}}': (ServerSaysNo, 400, "Unable; a; b"),
    '{"error": {"code": 400, "message": "Unable", "details": "one text"}}': (ServerSaysNo, 400, "Unable; one text"),
    '{"error": "invalid_grant"}': (ServerSaysNo, 0, "invalid_grant"),
    '{"error": {}}': (ServerSaysNo, 0, "no words"),
    '{"error": {"code": "\\u00b2", "message": "x"}}': (ServerSaysNo, 0, "x"),
    '{"error": {"code": [498], "message": {"a": 1}}}': (ServerSaysNo, 0, "{'a': 1}"),
    '{"error": {"code": 1e999, "message": "x"}}': (ServerSaysNo, 0, "x"),
    '{"status": "error", "messages": ["No machine."], "code": 500}': (ServerSaysNo, 500, "No machine."),
    '{"status": "error", "messages": "one text", "code": 499}': (TokenRefused, 499, "one text"),
    '{"status": "error"}': (ServerSaysNo, 0, "no words"),
    '{"status": "failed", "statusMessage": "It failed."}': (ServerSaysNo, 0, "It failed."),
    '{"status": "failure", "message": "It failed."}': (ServerSaysNo, 0, "It failed."),
    '{"code": 400, "message": "Invalid", "details": []}': (ServerSaysNo, 400, "Invalid"),
    '{"code": "498", "message": "Invalid Token"}': (TokenRefused, 498, "Invalid Token"),
}


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
@pytest.mark.parametrize(("body", "expected"), NOES.items())
def test_every_error_object_is_a_no(body, expected, status):
    with serving(says(http(body.encode(), status))) as (server, client):
        error = client.trouble("post_once")
    assert (type(error), error.code, error.server_words) == expected
    assert len(server.requests) == 1


SHAPES = {
    '{"error": {"code": 499, "message": "Token Required", "details": []}}': "rest",
    '{"error": {"code": "400", "message": "Unable"}}': "rest",
    '{"error": {"message": "Unable"}}': "other",
    '{"error": {"code": null, "message": "Unable"}}': "other",
    '{"error": {"code": "quota", "message": "Unable"}}': "other",
    '{"error": "invalid_grant", "code": 400}': "other",
    '{"status": "error", "messages": ["No machine."], "code": 500}': "admin",
    '{"status": "error", "messages": ["Unauthorized"]}': "admin",
    '{"status": "failed", "statusMessage": "It failed.", "code": 403}': "other",
    '{"code": 403, "message": "Forbidden"}': "other",
}


@pytest.mark.parametrize(("body", "shape"), SHAPES.items())
def test_a_refusal_tells_whose_shape_it_has(body, shape):
    with serving(says(http(body.encode()))) as (_, client):
        error = client.trouble("post_once")
    assert error.shape == shape


YESES = ['{"code": 200, "message": "ok"}', '{"error": null}', '{"status": "success"}', '{"code": 400}', "{}"]


@pytest.mark.parametrize("body", YESES)
def test_what_is_no_error_object_is_an_answer(body):
    with serving(says(http(body.encode()))) as (_, client):
        assert client.get() == json.loads(body)


def test_the_bodies_that_real_servers_sent_are_read_as_what_they_are(shared):
    refusals = re.compile(r"_err_|missing_params|cancel_job_error")
    seen = 0
    for file in sorted(Path(shared, "wire").glob("*.json")):
        raw = json.loads(file.read_text(encoding="utf-8-sig"))
        with serving(says(http(file.read_bytes()))) as (_, client):
            if refusals.search(file.name):
                error = client.trouble()
                fields = raw.get("error", raw)
                assert isinstance(error, ServerSaysNo), file.name
                assert error.code == int(fields["code"]), file.name
                first = fields.get("message") or fields["messages"][0]
                assert " ".join(first.split()) in error.server_words, file.name
                seen += 1
            else:
                assert client.get() == raw, file.name
    assert seen >= 7


# Bodies that are not what they should be


@contextmanager
def memory():
    """What was the most memory held at once by what Python and its libraries allocated."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_byte_order_mark_is_put_aside():
    with serving(says(http(b'\xef\xbb\xbf{"a": 1}'))) as (_, client):
        assert client.get() == {"a": 1}


NOT_JSON = {
    "empty": b"",
    "cut off": b'{"currentVersion": 11',
    "text": b"Service is busy.",
    "a list": b"[1, 2]",
    "a number": b"11.3",
    "null": b"null",
    "not UTF-8": b'{"name": "R\xe9gion"}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "not a number": b'{"tileCount": NaN}',
    "infinity": b'{"tileCount": -Infinity}',
    "too deep": b'{"a":' * 200_000,
    "deep lists": b'{"a":' + b"[" * 1_000_000,
    "two objects": b"{}{}",
    "a name for two values": b'{"jobStatus": "esriJobExecuting", "jobStatus": "esriJobSucceeded"}',
    "a name for two values, deeper": b'{"results": [{"value": 1, "value": 2}]}',
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_no_json_object_is_not_from_arcgis(body):
    with serving(says(http(body))) as (_, client):
        error = client.trouble("post_once")
    assert (type(error), error.sent, error.passing) == (NotArcGIS, True, True)
    assert "no readable JSON" in error.what


def test_a_name_that_stands_twice_for_one_value_does_no_harm():
    with serving(says(http(b'{"jobId": "j1", "jobId": "j1"}'))) as (_, client):
        assert client.get() == {"jobId": "j1"}


@pytest.mark.parametrize("body", [b"<html>Sign in</html>", b"\r\n  <!DOCTYPE html>"])
def test_a_page_is_called_a_page(body):
    with serving(says(http(body))) as (_, client):
        error = client.trouble("post_once")
    assert "a web page, perhaps a sign-in page" in error.what


@pytest.mark.parametrize("challenge", ["Negotiate", "NTLM", ""])
def test_a_sign_in_of_the_web_tier_is_explained(challenge):
    with serving(says(http(b"<html>", "401 Unauthorized", WWW_Authenticate=challenge))) as (_, client):
        error = client.trouble()
    assert type(error) is NotArcGIS
    assert (error.status, error.challenge) == (401, challenge != "")
    assert (challenge or "HTTP 401") in error.what
    assert "https://gisserver:6443" in error.remedy


@pytest.mark.parametrize(
    ("status", "passing"),
    [(400, False), (403, False), (404, False), (408, True), (500, True), (502, True), (504, True)],
)
@pytest.mark.parametrize("body", [b"<html>", b'{"currentVersion": 11}'], ids=["page", "JSON"])
def test_an_http_error_comes_from_something_in_front(status, passing, body):
    with serving(says(http(body, f"{status} Trouble"))) as (_, client):
        error = client.trouble("post_once")
    assert (type(error), error.passing, error.sent) == (NotArcGIS, passing, True)
    assert (error.status, error.challenge) == (status, False)
    assert f"HTTP {status}" in error.what


def test_a_body_of_ten_megabytes_is_read():
    text = "rain" * (10 * MB // 4)
    with serving(says(http(json.dumps({"description": text}).encode())), factor=2) as (_, client):
        assert client.get()["description"] == text


def test_an_endless_body_is_left_with_bounded_memory():
    head = b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n{"a": "'
    with serving(endless(head, b"rain" * 16384), factor=2) as (_, client), memory() as used:
        error = client.trouble("post_once")
        assert used() < LARGEST_BODY * 3
    assert (type(error), error.sent) == (NoAnswer, True)
    assert "larger than 32 MB" in error.what


def packed(times: int, body: bytes) -> bytes:
    for _ in range(times):
        body = gzip.compress(body, 9)
    return body


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(gzip.compress(b'{"a": 1}'), "gzip"), (zlib.compress(b'{"a": 1}'), "deflate")],
    ids=["gzip", "deflate"],
)
def test_a_packed_body_that_nobody_asked_for_is_unpacked(body, encoding):
    with serving(says(http(body, Content_Encoding=encoding))) as (_, client):
        assert client.get() == {"a": 1}


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_a_bomb_does_not_go_off(layers):
    bomb = packed(layers, b"\0" * (LARGEST_BODY * 4))
    encoding = ", ".join(["gzip"] * layers)
    with serving(says(http(bomb, Content_Encoding=encoding)), factor=2) as (_, client), memory() as used:
        error = client.trouble("post_once")
        assert used() < LARGEST_BODY * 3
    assert isinstance(error, NoAnswer)
    assert error.sent


def test_a_redirect_with_a_bomb_is_not_unpacked():
    bomb = packed(1, b"\0" * (LARGEST_BODY * 4))
    answer = http(bomb, "302 Found", Location="/x", Content_Encoding="gzip")
    with serving(says(answer), factor=2) as (_, client), memory() as used:
        client.trouble("post_once")
        assert used() < LARGEST_BODY * 3


def test_a_huge_refusal_is_shortened():
    details = [f"detail {number} " + "x" * 1000 for number in range(5000)]
    body = json.dumps({"error": {"code": 400, "message": "\x1b[31m" + "x" * 10 * MB, "details": details}})
    with serving(says(http(body.encode())), factor=2) as (_, client):
        error = client.trouble()
    assert error.code == 400
    assert "\x1b" not in error.server_words


def test_of_many_words_the_first_are_told():
    details = [f"word{number}." for number in range(100)]
    with serving(says(http(json.dumps({"error": {"code": 400, "details": details}}).encode()))) as (_, client):
        words = client.trouble().server_words
    assert "word1." in words
    assert "word50." not in words


@pytest.mark.parametrize("digits", [29, 30, 400, 5000])
def test_huge_numbers_are_numbers(digits):
    with serving(says(http(b'{"tileCount": ' + b"9" * digits + b"}"))) as (_, client):
        assert client.get()["tileCount"] >= 10**28


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "message", "details", "status", "messages", "statusMessage", "x"]), inner
        )
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def hostile():
    """A server whose next answer is put into `answers`, and a client of it."""
    answers = [b""]
    with serving(lambda connection: connection.sendall(answers[-1])) as (_, client):
        yield answers, client


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=_JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60), status=st.integers(200, 599))
def test_whatever_comes_is_an_answer_or_a_documented_error(hostile, body, status):
    answers, client = hostile
    answers.append(http(body, f"{status} Status", Connection="close"))
    try:
        assert isinstance(client.get(), dict)
    except (NoAnswer, ServerSaysNo) as error:
        assert str(error).isprintable()


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
    with RawServer(says(GOOD), tls=late) as server:
        assert type(Client(server.url, deadline=5.0).trouble("post_once")) is DeadlinePassed
        late.may_go_on.set()
        for request in [thread for thread in threading.enumerate() if thread.name == "CacheTools request"]:
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
    with serving(lambda connection: server.hold(connection), deadline=5) as (server, client):  # type: ignore[has-type]
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
