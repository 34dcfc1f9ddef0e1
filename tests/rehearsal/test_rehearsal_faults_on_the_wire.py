"""Faults of the wire do what their sentences say."""

from __future__ import annotations

import asyncio
import json
import socket
from urllib.parse import urlsplit

import pytest
import requests
from support.choosing import one_in
from support.rehearsal_client import ADMIN, DELETE, SERVICE, Client, Start, wait_for

from cachetools_core.rehearsal.door import Door, bind
from cachetools_core.rehearsal.faults import FAULTS
from cachetools_core.rehearsal.server import Rehearsal

PAGES = {
    "negotiate-401": 401,
    "basic-401": 401,
    "http-403": 403,
    "http-404": 404,
    "http-429": 429,
    "http-500": 500,
    "http-502": 502,
    "http-503": 503,
    "http-504": 504,
    "http-502-after": 502,
    "http-504-after": 504,
    "html-login": 200,
}
CHALLENGES = {"negotiate-401": "Negotiate", "basic-401": "Basic realm=x"}
BROKEN_BODIES = {"truncated-json", "empty-body", "not-json"}
ERROR_BODIES = {
    "json-500": {"error": {"code": 500, "message": "Error performing operation", "details": []}},
    "json-status-error": {"status": "error", "messages": ["Server machine is not available."], "code": 500},
    "json-status-failed": {"status": "failed", "statusMessage": "The operation failed."},
    "json-code-400": {"code": 400, "message": "Invalid or missing input parameters", "details": []},
}
BROKEN_CONNECTIONS = {"refuse", "reset-before", "reset-during", "reset-after"}
SILENT = {"blackhole-before", "blackhole-during", "blackhole-after", "drip"}
REDIRECTS = {
    "redirect-https": "https://localhost:{port}/arcgis{path}",
    "redirect-loop": "https://localhost:{port}/arcgis{path}",
    "redirect-other-host": "https://gis.invalid/arcgis{path}",
    "redirect-single-sign-on": "https://login.example.com/0000/oauth2/authorize?response_type=code&client_id=x",
    "redirect-gateway": "/my.policy",
}
AUTHORISATION = {"token-498": 498, "token-499": 499, "access-denied": 403}
JOB_MADE = {
    "submit-error-408": (200, 408),
    "submit-error-409": (200, 409),
    "submit-error-425": (200, 425),
    "submit-error-429": (200, 429),
    "http-403-after": (403, None),
    "http-499-after": (499, None),
}
PROCESSED = {
    "reset-during",
    "reset-after",
    "blackhole-during",
    "blackhole-after",
    "drip",
    "truncated-json",
    "empty-body",
    "not-json",
    "http-502-after",
    "http-504-after",
    "lost-submit-answer",
    "bom",
    "endless-body",
    "hostile-job-id",
    "hyphenated-job-ids",
    "echo-in-job-id",
    *JOB_MADE,
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_instead_of_answers(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@service:1")
    page = client.raw(SERVICE)
    assert page.status_code == PAGES[name]
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.text.startswith("<html>")
    assert page.headers.get("WWW-Authenticate") == CHALLENGES.get(name)
    assert page.headers.get("Retry-After") == ("1" if name == "http-429" else None)
    assert client.get(SERVICE)["singleFusedMapCache"] is True


@pytest.mark.parametrize("name", sorted(BROKEN_BODIES))
def test_bodies_that_are_no_json(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@service:1")
    answer = client.raw(SERVICE)
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        json.loads(answer.content)


@pytest.mark.parametrize("name", ERROR_BODIES)
def test_error_objects_with_http_200(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@service:1")
    answer = client.raw(SERVICE)
    assert (answer.status_code, answer.json()) == (200, ERROR_BODIES[name])


def test_a_byte_order_mark_before_a_right_answer(server: Rehearsal) -> None:
    server.fault("bom@service")
    content = Client(server).raw(SERVICE).content
    assert content.startswith(b"\xef\xbb\xbf")
    assert json.loads(content.decode("utf-8-sig"))["singleFusedMapCache"] is True


@pytest.mark.parametrize("name", sorted(BROKEN_CONNECTIONS))
def test_connections_that_break(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@service:1")
    # urllib3 before 2 takes half a body for a whole one, so that only the JSON in it shows what is missing.
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError, ValueError)):
        client.raw(SERVICE).json()


def test_a_server_that_refuses_connections_comes_back(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("refuse@service:1")
    refusals: list[str] = []

    def look() -> bool:
        try:
            return "error" not in client.get(SERVICE)
        except requests.ConnectionError as error:
            refusals.append(str(error))
            return False

    wait_for(look, bool)
    assert any("refused" in text for text in refusals)


def test_a_door_that_is_shut_twice_opens_once() -> None:
    """Several requests on their way are refused one after the other."""
    failures: list[object] = []

    async def shut_twice() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, what: failures.append(what))
        door = Door(sockets, None, lambda _: None)
        door.shut(0.0)
        door.shut(0.0)
        await asyncio.sleep(0.01)  # after both moments, however slow the machine is
        socket.create_connection(("127.0.0.1", port), 20).close()
        door.close()

    sockets = bind(0)
    port = sockets[0].getsockname()[1]
    asyncio.run(shut_twice())
    assert failures == []


@pytest.mark.parametrize("name", sorted(SILENT))
def test_answers_that_do_not_come(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@service:1")
    with pytest.raises((requests.Timeout, requests.ConnectionError)) as caught:
        client.session.get(server.site + SERVICE, params={"f": "json"}, timeout=(20, 0.1))
    assert "Read timed out" in str(caught.value)


def test_a_dripping_answer_is_right_in_the_end(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("drip@info:1")
    assert client.get("/rest/info/healthCheck") == {"success": True}


def test_a_body_without_an_end(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("endless-body@service:1")
    with client.session.get(server.site + SERVICE, params={"f": "json"}, stream=True, timeout=20) as answer:
        assert sum(len(answer.raw.read(65536)) for _ in range(200)) > 10_000_000
    assert client.get(SERVICE)["singleFusedMapCache"] is True


@pytest.mark.parametrize("name", REDIRECTS)
def test_redirects(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@service:1")
    answer = client.raw(SERVICE)
    target = REDIRECTS[name].format(port=urlsplit(server.site).port, path=SERVICE)
    assert (answer.status_code, answer.headers["Location"]) == (302, target)


def test_the_redirect_of_rest_info_that_was_seen(rehearsal: Start) -> None:
    server = rehearsal(http=True, faults=["redirect-https-info"])
    answer = Client(server).raw("/rest/info")
    port = urlsplit(server.site).port
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"https://localhost:{port}/arcgis/rest/info?f=json"


def test_a_redirect_from_http_to_https(rehearsal: Start) -> None:
    server = rehearsal(http=True, faults=["redirect-https@info"])
    answer = Client(server).raw("/rest/info")
    assert answer.headers["Location"].startswith("https://localhost:")


@pytest.mark.parametrize("name", AUTHORISATION)
def test_authorisation_errors(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(name)
    assert client.get(SERVICE)["error"]["code"] == AUTHORISATION[name]
    assert client.get(ADMIN)["code"] == AUTHORISATION[name]
    assert "currentVersion" in client.get("/rest/info")
    assert "token" in client.ask_for_token()


@pytest.mark.parametrize("name", one_in(3, sorted(name for name, fault in FAULTS.items() if "submit" in fault.steps)))
def test_whether_a_submit_was_processed(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(name if name == "lost-submit-answer" else f"{name}@submit:1")
    try:
        url = f"{server.site}{DELETE}/submitJob"
        form = {"service_url": "Rainfall:MapServer", "token": client.token, "f": "json"}
        patience = 0.3 if name in SILENT else 60
        with client.session.post(url, data=form, timeout=(20, patience), allow_redirects=False, stream=True) as answer:
            next(answer.iter_content(10), b"")
    except requests.RequestException:
        assert name in BROKEN_CONNECTIONS | SILENT | {"lost-submit-answer"}
    wait_for(lambda: server.requests[-1].step, lambda step: step == "submit")
    assert len(server.jobs) == server.submits
    assert server.submits == int(name in PROCESSED)


@pytest.mark.parametrize("name", JOB_MADE)
def test_words_that_sound_like_a_refusal_and_come_after_the_job_was_made(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@submit:1")
    answer = client.raw(f"{DELETE}/submitJob", "POST", service_url="Rainfall:MapServer")
    status, code = JOB_MADE[name]
    assert (answer.status_code, server.submits) == (status, 1)
    if code is None:
        assert answer.text.startswith("<html>")
    else:
        assert answer.json()["error"]["code"] == code
    wait_for(lambda: server.jobs[0].status, lambda seen: seen == "esriJobSucceeded")
