"""Faults from outside, by a proxy that the rehearsal server knows nothing of: none makes a lie or a second submit."""

from __future__ import annotations

import gzip
import json
import re
import socket
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import trustme
from support.bench import FACTOR, Bench
from support.bench import PATIENCE as BENCH_PATIENCE
from support.listener import CancelWhen
from support.outside import Fault, Outsider, Way, body_of, certificate_of
from support.raw_server import http, reset
from support.servers import Servers, at_once

pytestmark = pytest.mark.thorough

PATIENCE = replace(BENCH_PATIENCE, no_answer=20, gone=8, cancel=10, grace=20, settle=10)
SERVERS = 6
GIVEN_UP = 75 / FACTOR  # real seconds after which the client waits for no answer any more
HTML = b"<html><body>Please sign in</body></html>"

# What the runs say: verdict, exit code, submits sent by all of them so far, whether files are left. The last of several
# runs is the one after the fault has ended.
Said = tuple[str, int, int, bool]
DELETED = (("deleted", 0, 1, False),)
REFUSED = (("not-deleted", 1, 0, True), ("deleted", 0, 1, False))
NO_SIGN_IN = (("not-deleted", 4, 0, True), ("deleted", 0, 1, False))
UNSEEN = (("unknown", 5, 1, False), ("unknown", 5, 1, False), ("deleted", 0, 1, False))
DOUBTED = (("unknown", 5, 1, False), ("deleted", 0, 1, False))
FOLLOWED = (("still-running", 5, 1, True), ("still-running", 5, 1, True))
NOT_FOUND = (("unknown", 5, 1, True), ("unknown", 5, 1, True), ("still-running", 5, 1, True))


@dataclass(frozen=True)
class Case:
    """`server` are the rehearsal server's own faults, for a state of the job; `cancel` asks to stop the running job."""

    name: str
    faults: Mapping[str, Fault]
    runs: tuple[Said, ...]
    server: tuple[str, ...] = ()
    job_seconds: float = 0.0
    cancel: bool = False


def sends(answer: bytes) -> Fault:
    """This, and the request goes no further."""
    return lambda way: answer


def says(content: Any) -> Fault:
    return sends(http(json.dumps(content).encode()))


def dropped(way: Way) -> None:
    """The connection is closed, and the request goes no further."""


def but(fault: Fault) -> Fault:
    """Delivered; the answer is another."""

    def deliver(way: Way) -> bytes | None:
        way.ask()
        return fault(way)

    return deliver


def crossed(step: str) -> Fault:
    """Delivered; the answer is the one that another step had."""
    return but(lambda way: way.outsider.earlier[step])


def with_body(change: Callable[[bytes], bytes], **headers: str) -> Fault:
    return lambda way: http(change(body_of(way.ask())), **headers)


def with_json(change: Callable[[Any], Any]) -> Fault:
    """The answer after `change`, which works on the object itself."""

    def changed(body: bytes) -> bytes:
        content = json.loads(body)
        change(content)
        return json.dumps(content).encode()

    return with_body(changed)


def with_scales(**fields: Any) -> Fault:
    return with_json(lambda report: [scale.update(fields) for scale in report["results"][0]["value"]["lodInfos"]])


def with_request(pattern: bytes, instead: bytes) -> Fault:
    return lambda way: way.outsider.ask(re.sub(pattern, instead, way.request))


def raw(head: bytes) -> Fault:
    """The site's body under another head; %d is its length. The connection is closed at its end."""

    def send(way: Way) -> None:
        body = body_of(way.ask())
        way.connection.sendall(head.replace(b"%d", b"%d" % len(body)) + body)

    return send


def endlessly(begin: bytes, more: bytes, pause: float = 0.0) -> Fault:
    def send(way: Way) -> None:
        way.ask()
        way.connection.sendall(begin)
        while not way.outsider.left.is_set():
            way.connection.sendall(more)
            way.wait(pause)

    return send


def one_behind(key: Callable[[Way], str]) -> Fault:
    def send(way: Way) -> bytes:
        notes, now = way.outsider.notes, way.ask()
        before, notes[key(way)] = notes.get(key(way), now), now
        return before

    return send


def keep_back(way: Way) -> None:
    """Not delivered yet."""
    way.outsider.notes["kept back"] = way.request


def deliver_late(way: Way) -> bytes:
    way.outsider.ask(way.outsider.notes.pop("kept back"))
    return way.ask()


def held(way: Way) -> bytes:
    answer = way.ask()
    way.wait(GIVEN_UP)
    return answer


def half_a_minute(way: Way) -> bytes:
    way.wait(30 / FACTOR)
    return way.ask()


def alert(way: Way) -> None:
    """A TLS alert in the middle of the body."""
    way.ask()
    way.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")
    with socket.socket(fileno=way.connection.detach()) as beneath:
        beneath.sendall(b"\x15\x03\x03\x00\x02\x02\x28")


def no_close_notify(way: Way) -> None:
    way.connection.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + body_of(way.ask()))
    socket.socket(fileno=way.connection.detach()).close()


def half_closed(way: Way) -> bytes:
    answer = way.ask()
    socket.socket.shutdown(way.connection, socket.SHUT_RD)
    return answer


def then_untrusted(way: Way) -> None:
    """Answered; the next connection shows a certificate of an authority that nobody knows."""
    answer = way.ask()
    way.outsider.tls = certificate_of(trustme.CA())
    way.connection.sendall(answer)


def then_dead(way: Way) -> None:
    way.ask()
    way.outsider.die()
    reset(way.connection)


ANOTHERS_JOB = "j00000000000000000000000000000000"
GONE = {"error": {"code": 400, "message": "Unable to complete operation.", "details": ["Job does not exist."]}}
COOKIES = b"".join(b"Set-Cookie: c%d=1; Domain=example.org; Expires=never\r\n" % number for number in range(80))
WAITING = ("job-waits-forever",)

CASES = (
    Case("the job is answered with the service", {"job": crossed("service")}, DELETED),
    Case("the service is answered with the job", {"service-after": crossed("job")}, DOUBTED),
    Case("the report is answered with the service", {"report-after": crossed("service")}, DOUBTED),
    Case("the submit is answered with the task", {"submit": crossed("task")}, DELETED),
    Case("the tasks are answered with the service", {"tasks": crossed("service")}, REFUSED),
    Case("the token is answered with rest/info", {"token": crossed("info")}, NO_SIGN_IN),
    Case("every answer comes one request late", {"*": one_behind(lambda way: "")}, NO_SIGN_IN),
    Case("every answer is the one before of its step", {"*": one_behind(lambda way: way.step)}, DELETED),
    Case("another service's report", {"report": with_request(b"Rainfall", b"Other")}, DOUBTED),
    Case(
        "another job's success, ours waits",
        {"job": says({"jobId": ANOTHERS_JOB, "jobStatus": "esriJobSucceeded", "messages": []})},
        NOT_FOUND,
        WAITING,
    ),
    Case(
        "another job's failure, ours waits",
        {"job": says({"jobId": ANOTHERS_JOB, "jobStatus": "esriJobFailed", "messages": []})},
        NOT_FOUND,
        WAITING,
    ),
    Case(
        "the service said no cache before",
        {"service-before": with_json(lambda service: service.update(singleFusedMapCache=False, tileInfo=None))},
        DELETED,
    ),
    Case("the job's address: not modified", {"job": sends(http(b"", "304 Not Modified"))}, DELETED),
    Case(
        "no content from the submit on",
        {step: but(sends(http(b"", "204 No Content"))) for step in ("job", "service-after", "report-after")},
        UNSEEN,
    ),
    *(
        Case(f"the job's address says {status} for ever", {"job": sends(http(HTML, status))}, NOT_FOUND, WAITING)
        for status in ("403 Forbidden", "404 Not Found")
    ),
    Case("the job's address says there is no such job", {"job": says(GONE)}, NOT_FOUND, WAITING),
    Case("the submit becomes a GET", {"submit": with_request(b"^POST", b"GET")}, DELETED),
    Case("the submit loses f=json", {"submit": with_request(b"f=json", b"f=html")}, DELETED),
    Case("the submit's answer is held", {"submit": held}, DELETED),
    Case("the submit is held for half a minute", {"submit": half_a_minute}, DELETED),
    Case(
        "the submit is delivered during the next run",
        {"submit": keep_back, "info:2": deliver_late},
        (("unknown", 5, 1, True), ("deleted", 0, 1, False)),
    ),
    Case(
        "the submit's answer is in UTF-16", {"submit": with_body(lambda body: body.decode().encode("utf-16"))}, DELETED
    ),
    Case("the submit's answer comes twice in one", {"submit": with_body(lambda body: body * 2)}, DELETED),
    Case("the submit's answer breaks within TLS", {"submit": alert}, DELETED),
    Case(
        "the submit's chunks are broken",
        {"submit": raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")},
        DELETED,
    ),
    Case("the submit's headers drip for ever", {"submit": endlessly(b"", b"H", 0.05)}, DELETED),
    Case("another certificate at the submit", {"jobs-query": then_untrusted}, REFUSED),
    Case("another certificate after the submit", {"submit": then_untrusted}, UNSEEN),
    Case("early hints without end", {"job": endlessly(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.001)}, DELETED),
    Case("headers without end", {"job": endlessly(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 100)}, DELETED),
    Case("fifty times 100 Continue", {"*": lambda way: b"HTTP/1.1 100 Continue\r\n\r\n" * 50 + way.ask()}, DELETED),
    Case("HTTP/1.0 without a length", {"*": raw(b"HTTP/1.0 200 OK\r\n\r\n")}, DELETED),
    Case("two lengths", {"*": raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: %d\r\n\r\n")}, REFUSED),
    Case("a header of 200 kB", {"*": lambda way: http(body_of(way.ask()), X="x" * 200_000)}, REFUSED),
    Case("NUL and escapes in a header", {"*": lambda way: http(body_of(way.ask()), X="a\0b\x1b[2J")}, DELETED),
    Case("cookies in flood", {"*": lambda way: way.ask().replace(b"\r\n", b"\r\n" + COOKIES, 1)}, DELETED),
    Case(
        "a Date of 1970",
        {"*": lambda way: way.ask().replace(b"\r\n", b"\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n", 1)},
        DELETED,
    ),
    Case("packed without being asked", {"*": with_body(gzip.compress, Content_Encoding="gzip")}, DELETED),
    Case("broken UTF-8", {"service": with_body(lambda body: body.replace(b"Rainfall", b"Rain\xff", 1))}, REFUSED),
    Case("JSONP", {"*": with_body(lambda body: b"callback(" + body + b");")}, REFUSED),
    Case("a page around the JSON", {"service": with_body(lambda body: HTML + body)}, REFUSED),
    Case("NaN in the service", {"service": with_body(lambda body: body[:-1] + b',"maxScale":NaN}')}, REFUSED),
    Case(
        "a hundred thousand brackets",
        {"job": with_body(lambda body: body[:-1] + b',"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}")},
        DELETED,
    ),
    Case(
        "the status in lower case",
        {"job": with_json(lambda job: job.update(jobStatus=job["jobStatus"].lower()))},
        NOT_FOUND,
        WAITING,
    ),
    Case("the status in a list", {"job": with_json(lambda job: job.update(jobStatus=[job["jobStatus"]]))}, DELETED),
    Case(
        "two statuses",
        {"job": with_body(lambda body: body[:-1] + b',"jobStatus":"esriJobFailed"}')},
        NOT_FOUND,
        WAITING,
    ),
    Case("messages in an object", {"job": with_json(lambda job: job.update(messages={"0": "x"}))}, DELETED),
    Case("counts in strings", {"report-before": with_scales(tileCount="7")}, DELETED),
    Case("connections half closed", {"*": half_closed}, DELETED),
    Case("TLS that just ends", {"*": no_close_notify}, DELETED),
    Case("the site under its inner name", {"*": with_request(rb"Host: [^\r]*", b"Host: inner.example:6443")}, DELETED),
    Case("the service in other case", {"service": with_request(b"Rainfall", b"rainfall")}, REFUSED),
    Case("the proxy dies before the submit", {"task": then_dead}, REFUSED),
    Case("the proxy dies at the submit", {"submit": then_dead}, UNSEEN),
    Case("the proxy dies at the look after", {"service-after": then_dead}, UNSEEN),
    Case(
        "the cancel is lost",
        {"cancel": dropped},
        (("still-running", 5, 1, True), ("deleted", 0, 1, False)),
        cancel=True,
    ),
    Case("the service for ever as before", {"service-after": crossed("service")}, DOUBTED),
    Case("the report for ever as before", {"report-after": crossed("report")}, DOUBTED),
    Case(
        "the report counts nothing, the job failed",
        {"report-after": with_scales(tileCount=0)},
        (("unknown", 5, 1, True), ("deleted", 0, 2, False)),
        ("job-failed:1",),
    ),
    Case(
        "the report has no scales, the job failed",
        {"report-after": with_json(lambda report: report["results"][0]["value"].pop("lodInfos"))},
        (("unknown", 5, 1, True), ("deleted", 0, 2, False)),
        ("job-failed:1",),
    ),
    Case("a stopped service is answered with {}", {"service-after": says({})}, UNSEEN[1:], ("service-stays-stopped",)),
    Case(
        "a status that isn't true yet",
        {"job": with_body(lambda body: body.replace(b"esriJobExecuting", b"esriJobFailed"))},
        (("unknown", 5, 1, True), ("deleted", 0, 1, False)),
        job_seconds=2.0,
    ),
    *(
        Case(
            f"the submit is delivered and answered with {code}",
            {"submit": but(says({"error": {"code": code, "message": words}}))},
            FOLLOWED,
            WAITING,
        )
        for code, words in (
            (400, "Unable to complete operation."),
            (403, "No."),
            (498, "Invalid token."),
            (500, "Not started"),
        )
    ),
    Case(
        "the submit is answered with an id of nobody",
        {"submit": but(says({"jobId": ANOTHERS_JOB, "jobStatus": "esriJobSubmitted"}))},
        (("unknown", 5, 1, True), ("unknown", 5, 1, True)),
        WAITING,
    ),
)


def run(place: Bench, folder: Path, case: Case) -> tuple[tuple[Said, ...], list[str]]:
    """What the runs of a case said, and what is wrong with them by the server's own truth."""
    place.server.let_jobs_take(case.job_seconds)
    if case.cancel:
        place.hold_the_job_half_way()
    for fault in case.server:
        place.server.fault(fault)
    said, wrong = [], []
    own = Path(tempfile.mkdtemp(dir=folder))
    assert place.server.ca_file is not None
    with Outsider(place.server.site, place.server.ca_file, own, case.faults) as outsider:
        for number, (verdict, *_) in enumerate(case.runs, 1):
            if 1 < number == len(case.runs):
                outsider.recover()
                place.let_the_job_go_on()
            outcome = place.run(
                service=f"{outsider.site}/rest/services/Rainfall/MapServer",
                ca_file=outsider.ca_file,
                patience=PATIENCE,
                deadline=90.0 if verdict == "still-running" else 150.0,
                listener=CancelWhen("The job is running") if case.cancel and number == 1 else None,
            )
            said.append((outcome.verdict, outcome.receipt["exit_code"], outsider.asked["submit"], outcome.files > 0))
            wrong += outcome.complaints()
        wrong += [f"{name} never struck" for name in case.faults if name not in outsider.struck]
    return tuple(said), wrong


@pytest.fixture(scope="module")
def outcomes(
    servers: Servers, rainfall: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> dict[str, Any]:
    """The cases that are asked for, several at once."""
    items: list[Any] = request.session.items
    wanted = [item.callspec.params["case"] for item in items if item.module is request.module]
    folder = tmp_path_factory.mktemp("outside")

    def find(case: Case) -> tuple[tuple[Said, ...], list[str]]:
        with servers.lend(caches={"Other": rainfall}) as place:
            return run(place, folder, case)

    return {case.name: found for case, found in zip(wanted, at_once(find, wanted, SERVERS))}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_fault_from_outside(case, outcomes):
    assert outcomes[case.name] == (case.runs, [])
