"""How the rehearsal server listens, what it records, and what it can't be started with."""

from __future__ import annotations

import socket
import ssl
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from support.rehearsal_client import (
    DELETE,
    Client,
    Start,
)

from cachetools_core.rehearsal.server import Rehearsal


def test_the_certificate_holds_under_strict_rules(server: Rehearsal) -> None:
    context = ssl.create_default_context(cafile=str(server.ca_file))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    port = urlsplit(server.site).port
    assert port is not None
    for name in ("localhost", "127.0.0.1"):
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            assert secure.version() in ("TLSv1.2", "TLSv1.3")
    with pytest.raises(requests.exceptions.SSLError):
        session = requests.Session()
        session.trust_env = False
        session.get(f"{server.site}/rest/info")


def test_the_server_listens_on_one_address_of_loopback_only(server: Rehearsal) -> None:
    """127.0.0.2 is this machine too, and would be answered by a server that listens on every address."""
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", urlsplit(server.site).port or 0), timeout=5)


def test_the_account_of_each_start_has_a_new_password(rehearsal: Start) -> None:
    assert rehearsal().password != rehearsal().password


def test_requests_are_recorded_and_seen_before_they_are_answered(server: Rehearsal) -> None:
    steps: list[tuple[str, int | None]] = []
    answered = threading.Semaphore(0)

    def after(request: Any) -> None:
        steps.append((request.step, request.status))
        answered.release()

    server.before_request = lambda request: steps.append((request.step, request.status))
    server.after_request = after
    client = Client(server)
    client.post(f"{DELETE}/submitJob", service_url="Rainfall:MapServer")
    assert answered.acquire(timeout=10) and answered.acquire(timeout=10)
    assert steps == [("token", None), ("token", 200), ("submit", None), ("submit", 200)]
    record = server.requests[-1]
    assert (record.method, record.path) == ("POST", f"/arcgis{DELETE}/submitJob")
    assert record.form["service_url"] == "Rainfall:MapServer"
    assert (record.query, record.headers["x-esri-authorization"]) == ({}, f"Bearer {client.token}")


def test_a_server_that_fails_itself_says_so_when_it_is_left(rainfall: Path) -> None:
    def break_down(_: Any) -> None:
        raise ZeroDivisionError("the test's own")

    with pytest.raises(ZeroDivisionError, match="the test's own"), Rehearsal(rainfall=rainfall) as server:
        client = Client(server)
        server.before_request = break_down
        with pytest.raises(requests.ConnectionError):
            client.get("/rest/info")


def test_what_is_raised_after_an_answer_is_told_when_the_server_is_left(rainfall: Path) -> None:
    """The answer has been given by then, so that nobody else would hear of it."""

    def break_down(_: Any) -> None:
        raise ZeroDivisionError("the test's own")

    with pytest.raises(ZeroDivisionError, match="the test's own"), Rehearsal(rainfall=rainfall) as server:
        client = Client(server)
        server.after_request = break_down
        client.get("/rest/info")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"version": "9.3"}, ValueError),
        ({"version": "eleven"}, ValueError),
        ({"context": "a/b"}, ValueError),
        ({"context": "portal"}, ValueError),
        ({"faults": ["nonsense"]}, ValueError),
        ({"caches": {"A/B/C": Path()}}, ValueError),
        ({"caches": {"System/C": Path()}}, ValueError),
        ({"caches": {"C:FeatureServer": Path()}}, ValueError),
        ({"caches": {"Rainfall": Path()}}, ValueError),
    ],
)
def test_a_server_that_cannot_be_is_refused(rainfall: Path, options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error), Rehearsal(rainfall=rainfall, **options):
        pytest.fail("It started.")


def test_http_at_the_port_of_tls_is_told_so(server: Rehearsal) -> None:
    """As in cases/http-to-tls-port.http."""
    port = urlsplit(server.site).port
    session = requests.Session()
    session.trust_env = False
    answer = session.get(f"http://localhost:{port}/arcgis/rest/info", params={"f": "json"}, timeout=20)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/plain;charset=UTF-8")
    assert answer.text.splitlines() == ["Bad Request", "This combination of host and port requires TLS."]
    assert server.requests == []
    assert Client(server).token


def test_a_connection_that_says_nothing_holds_up_nobody(rehearsal: Start) -> None:
    server = rehearsal()
    with socket.create_connection(("127.0.0.1", urlsplit(server.site).port or 0)):
        assert Client(server).get("/rest/info")["currentVersion"] == 11.3
