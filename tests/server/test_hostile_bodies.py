"""Hostile bodies: whatever a server sends, a result or a documented error comes out, and no other host is asked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, settings
from support.addresses import DELETE, REPORT
from support.hostile import ACCOUNT, PATIENCE, Wires, as_bytes, every_odd_body, fed_to, hostile_wires
from support.hostile_bodies import (
    ADMIN,
    CACHED,
    EXISTS,
    INFO,
    JOB,
    JOBS,
    PARAMETERS,
    REFUSAL,
    REFUSAL_OF_THE_ADMIN_API,
    SUCCEEDED,
    TOKEN,
    VALUE,
)
from support.listener import Listener

from cachetools_core.proof.ending import JOB_ID, JobEnd, JobReport
from cachetools_core.proof.receipt import Receipt
from cachetools_core.proof.verdict import Remains, Verdict, what_remains
from cachetools_core.server.following import follow
from cachetools_core.server.job_list import list_jobs, service_of_job
from cachetools_core.server.looks import look
from cachetools_core.server.signin import sign_in
from cachetools_core.server.site import find_task, open_site, start_service, tools_state
from cachetools_core.server.sources import ActivePortal, GivenAccount
from cachetools_core.server.tokens import ask_for_token
from cachetools_core.tools.session import other_sources
from cachetools_core.waiting import Patience

SERVICE = "rest/services/Rainfall/MapServer"


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    with hostile_wires() as found:
        yield found


# Each takes a body to where the core reads it, and looks at what comes out.
Feed = Callable[[Wires, bytes], None]


def feed_info(wires: Wires, body: bytes, token: bytes = json.dumps(TOKEN).encode()) -> None:
    wires.serve(lambda path: wires.placed(body if path == "rest/info" else token))
    rest = wires.rest()
    site = fed_to(open_site, rest, wires.site)
    if site is None:
        return
    assert site.url == wires.site
    assert (site.version + site.token_service + site.portal).isprintable()
    portal = ActivePortal(site.portal, lambda: {"token": "portal-token", "referer": "https://h"})
    for given_account, active in ((GivenAccount(ACCOUNT), None), (GivenAccount(), portal)):
        signed_in = fed_to(sign_in, rest, site, given_account, other_sources(None, active))
        if signed_in is not None and site.token_service:
            fed_to(signed_in.wire.get, f"{wires.site}/rest/info")
    assert wires.elsewhere.asked == [], "a password or a token went to another host"


def feed_token(wires: Wires, body: bytes) -> None:
    wires.serve(lambda path: body)
    token = fed_to(ask_for_token, wires.rest(), f"{wires.site}/t", {}, referer="", minutes=60)
    if token is not None:
        assert re.fullmatch(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?", token.value), "it fits into a header"
        assert 0 < token.good_for <= 3600


def feed_look(wires: Wires, bodies: Mapping[str, bytes]) -> None:
    good = {SERVICE: CACHED, REPORT: EXISTS, "admin/services/Rainfall.MapServer": ADMIN}
    served = {**{path: json.dumps(body).encode() for path, body in good.items()}, **bodies}
    wires.serve(served.get)
    seen = fed_to(look, wires.rest(), wires.service, tries=1)
    assert seen is not None or any(b'"code"' in body or b"error" in body for body in bodies.values())
    if seen is not None:
        receipt = Receipt("x", Verdict.UNKNOWN, "now", "now", before=seen, after=seen)
        json.dumps(receipt.to_dict(), allow_nan=False)
        assert receipt.to_text().replace("\n", " ").isprintable()
        assert "<h1>" in receipt.to_html()
        assert isinstance(what_remains(seen, seen), Remains)
        assert all(0 <= scale.tiles < 1e18 and 0 <= scale.bytes < 1e18 for scale in seen.scales or ())


def feed_service(wires: Wires, body: bytes) -> None:
    feed_look(wires, {SERVICE: body})


def feed_report(wires: Wires, body: bytes) -> None:
    feed_look(wires, {REPORT: body})


def feed_stopped(wires: Wires, body: bytes) -> None:
    stopped = {"error": {"code": 500, "message": "Service Rainfall/MapServer not started ", "details": []}}
    feed_look(wires, {SERVICE: json.dumps(stopped).encode(), "admin/services/Rainfall.MapServer": body})


def feed_tasks(wires: Wires, body: bytes, task: bytes = json.dumps(PARAMETERS).encode()) -> None:
    wires.serve(lambda path: body if path.endswith("/GPServer") else task)
    found = fed_to(find_task, wires.rest(), wires.site, "DeleteCache")
    if found is not None:
        assert re.fullmatch(re.escape(wires.site) + r"/rest/services/System/\w+/GPServer/[\w%]+", found.url)
        assert found.required <= found.inputs


def feed_task(wires: Wires, body: bytes) -> None:
    feed_tasks(wires, b'{"tasks": ["DeleteCache"]}', body)


def feed_job(wires: Wires, body: bytes) -> None:
    wires.serve(lambda path: body)
    listener = Listener()
    report = fed_to(follow, wires.rest(20.0, 400.0), f"{wires.site}/{DELETE}/jobs/{JOB}", listener, PATIENCE)
    assert isinstance(report, JobReport)
    assert listener.everything.replace("\n", " ").isprintable()
    assert len(report.messages) <= 1000
    assert report.end is not JobEnd.SUCCEEDED or b"esriJobSucceeded" in body
    assert all(percent is None or 0 <= percent <= 100 for _, percent in listener.labels)


def feed_jobs(wires: Wires, body: bytes) -> None:
    wires.serve(lambda path: body)
    listed = fed_to(list_jobs, wires.rest(), wires.site, "CachingTools")
    assert listed is None or all(JOB_ID.fullmatch(job.id) for job in listed.jobs)
    assert listed is None or all((job.task + job.user).isprintable() for job in listed.jobs)


def feed_admin(wires: Wires, body: bytes) -> None:
    wires.serve(lambda path: body)
    assert (fed_to(tools_state, wires.rest(), wires.site, "CachingTools") or "").isprintable()
    assert fed_to(start_service, wires.rest(), wires.service) is None


def feed_value(wires: Wires, body: bytes) -> None:
    wires.serve(lambda path: body)
    job_url = f"{wires.site}/{DELETE}/jobs/{JOB}"
    assert (fed_to(service_of_job, wires.rest(), job_url) or "").isprintable()


FEEDS: list[tuple[Any, Feed]] = [
    (INFO, feed_info),
    (TOKEN, feed_token),
    (CACHED, feed_service),
    (EXISTS, feed_report),
    (ADMIN, feed_stopped),
    ({"tasks": ["Create Map Cache", "DeleteCache"]}, feed_tasks),
    (PARAMETERS, feed_task),
    (SUCCEEDED, feed_job),
    (JOBS, feed_jobs),
    (ADMIN, feed_admin),
    (VALUE, feed_value),
    (REFUSAL, feed_value),
    (REFUSAL_OF_THE_ADMIN_API, feed_admin),
]
BY_FEED = pytest.mark.parametrize(
    ("good", "feed"), FEEDS, ids=[f"{feed.__name__}-{number}" for number, (_, feed) in enumerate(FEEDS)]
)


@pytest.mark.parametrize("every", [20, pytest.param(1, marks=pytest.mark.thorough)], ids="every {}".format)
@BY_FEED
def test_one_odd_value_in_a_body_ends_in_a_result_or_a_documented_error(
    wires: Wires, good: Any, feed: Feed, every: int
) -> None:
    feed(wires, json.dumps(good).encode())
    for body in islice(every_odd_body(good), 0, None, every):
        feed(wires, body)


@pytest.mark.parametrize("examples", [3, pytest.param(20, marks=pytest.mark.thorough)])
@BY_FEED
def test_any_body_ends_in_a_result_or_a_documented_error(wires: Wires, good: Any, feed: Feed, examples: int) -> None:
    @settings(max_examples=examples)
    @given(as_bytes(good))
    def fuzz(body: bytes) -> None:
        feed(wires, body)

    fuzz()


@pytest.mark.parametrize("every", [12, pytest.param(1, marks=pytest.mark.thorough)], ids="every {}".format)
def test_a_report_in_a_string_may_hold_numbers_that_json_does_not_know(wires: Wires, every: int) -> None:
    for body in islice(every_odd_body(EXISTS["results"][0]["value"]), 0, None, every):
        feed_report(wires, json.dumps({"results": [{"value": body.decode("utf-8", "replace")}]}).encode())


@pytest.mark.parametrize("examples", [15, pytest.param(60, marks=pytest.mark.thorough)])
def test_any_rest_info_and_token_together_sign_in_at_the_named_host_or_nowhere(wires: Wires, examples: int) -> None:
    @settings(max_examples=examples)
    @given(info=as_bytes(INFO), token=as_bytes(TOKEN))
    def fuzz(info: bytes, token: bytes) -> None:
        feed_info(wires, info, token)

    fuzz()


@pytest.mark.parametrize("many", [600, pytest.param(20_000, marks=pytest.mark.thorough)])
def test_a_job_with_a_flood_of_messages_is_told_in_part(wires: Wires, many: int) -> None:
    said: list[dict[str, str]] = []

    def more(path: str) -> bytes:
        said.extend({"description": f"m{number}"} for number in range(many))
        status = "esriJobSucceeded" if len(said) >= 4 * many else "esriJobExecuting"
        return json.dumps({"jobStatus": status, "messages": said}).encode()

    wires.serve(more)
    listener = Listener()
    report = follow(wires.rest(600.0, 20.0), f"{wires.site}/{DELETE}/jobs/{JOB}", listener, Patience())
    assert (report.end, len(report.messages)) == (JobEnd.SUCCEEDED, 1000)
    assert len(listener.lines) == 1000
