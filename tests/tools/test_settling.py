"""The look after: how long it is repeated, for what, and when a service is started; on a clock that stands still."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.addresses import REPORT
from support.body_server import BodyServer, refusal
from support.choosing import one_in
from support.clocks import StillClock
from support.evidence import CACHED as SERVICE_SAYS_THERE
from support.evidence import UNCACHED as SERVICE_SAYS_GONE
from support.evidence import counted
from support.evidence import look as a_look
from support.listener import Listener
from support.story import locked_after_one_token

from cachetools_core.elapsed import until as until_in_words
from cachetools_core.naming.service import ServiceReference
from cachetools_core.proof.ending import JobEnd
from cachetools_core.proof.evidence import Look, ServiceState
from cachetools_core.proof.look_words import look_in_words, who_says_what
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire, Wire
from cachetools_core.tools.cache_work import CacheWork
from cachetools_core.tools.settling import Settling
from cachetools_core.waiting import Patience, Run

SERVICE, ADMIN = "rest/services/Rain/MapServer", "admin/services/Rain.MapServer"
START = f"{ADMIN}/start"
STOPPED = {"error": {"code": 500, "message": "Service Rain/MapServer not started ", "details": []}}
DENIED = refusal(403)
NO_TOKEN = {"error": {"code": 498, "message": "Invalid Token", "details": []}}
CACHED, UNCACHED = {"singleFusedMapCache": True}, {"singleFusedMapCache": False}
PAGE = b"<html>502</html>"
PATIENCE = Patience(grace=30, restart=100)
COUNTED = a_look(SERVICE_SAYS_THERE, counted(20))
UNCOUNTED = a_look(SERVICE_SAYS_THERE)


def tiles(count: int) -> dict[str, Any]:
    info = {"scale": 1.0, "levelID": 0, "tileCount": count}
    return {"results": [{"value": {"status": "EXISTS" if count else "NONE", "lodInfos": [info] if count else []}}]}


class Server:
    """A service, its report and its start, each with what it answers at a time."""

    def __init__(self, server: BodyServer) -> None:
        self.clock = StillClock()
        self.heard = Listener()
        self.at: dict[str, Callable[[float], Any]] = {REPORT: lambda now: tiles(0), START: lambda now: {"status": "x"}}
        self.starts: list[float] = []
        self.stopping = self.cut_short = False
        self._server = server
        server.answer = self._answer

    def _answer(self, path: str) -> bytes | None:
        if path == START:
            self.starts.append(self.clock.seconds)
        content = self.at.get(path, lambda now: {})(self.clock.seconds)
        return content if isinstance(content, bytes) else json.dumps(content).encode()

    def look(
        self,
        end: JobEnd,
        before: Look = COUNTED,
        deadline: float = 10_000.0,
        sign_in: Callable[[PlainWire], Wire] = lambda rest: rest,
    ) -> Look:
        wire = sign_in(PlainWire(Trust(), Run(self.clock, deadline, self.heard.cancelled)))
        service = ServiceReference(self._server.site, "", "Rain", "MapServer")
        if self.stopping:
            wire.run.take_up_cancel()
        last = Settling(wire, CacheWork(service), before, PATIENCE, self.heard).last_look(end)
        self.cut_short = last.cut_short
        return last.seen

    @property
    def looks(self) -> int:
        return sum(1 for path, _ in self._server.asked if path == SERVICE)


@pytest.fixture
def server() -> Iterator[Server]:
    with BodyServer(lambda path: None) as http:
        yield Server(http)


def until(moment: float, first: Any, then: Any) -> Callable[[float], Any]:
    return lambda now: first if now < moment else then


@pytest.mark.parametrize("end", JobEnd)
def test_a_cache_that_is_gone_is_looked_at_once(end, server):
    server.at[SERVICE] = lambda now: UNCACHED
    found = server.look(end)
    assert (found.cached, found.tiles, server.looks, server.clock.seconds) == (False, 0, 1, 0.0)


@pytest.mark.parametrize("before", [COUNTED, UNCOUNTED], ids=["counted", "not counted"])
def test_after_a_success_stale_metadata_is_given_its_grace(before, server):
    server.at.update({SERVICE: until(20, CACHED, UNCACHED), REPORT: lambda now: DENIED})
    assert server.look(JobEnd.SUCCEEDED, before).cached is False
    assert server.clock.seconds >= 20


def test_after_a_success_tiles_are_given_time_to_go(server):
    server.at.update({SERVICE: lambda now: CACHED, REPORT: lambda now: tiles(20 - min(20, int(now)))})
    server.at[SERVICE] = until(21, CACHED, UNCACHED)
    assert server.look(JobEnd.SUCCEEDED).tiles == 0


@pytest.mark.parametrize("left", [20, 9])
def test_the_grace_ends(left, server):
    server.at.update({SERVICE: lambda now: CACHED, REPORT: lambda now: tiles(left)})
    assert server.look(JobEnd.SUCCEEDED).tiles == left
    assert PATIENCE.grace <= server.clock.seconds < PATIENCE.grace + 6


@pytest.mark.parametrize("left", [20, 9])
def test_what_is_left_after_a_failure_is_looked_at_once(left, server):
    server.at.update({SERVICE: lambda now: CACHED, REPORT: lambda now: tiles(left)})
    assert server.look(JobEnd.FAILED).tiles == left
    assert server.looks == 1


def test_after_a_failure_an_advertised_cache_without_a_tile_is_looked_at_again(server):
    server.at[SERVICE] = until(10, CACHED, UNCACHED)
    assert server.look(JobEnd.FAILED).cached is False


def test_a_cache_that_had_no_tiles_before_contradicts_nothing(server):
    server.at[SERVICE] = lambda now: CACHED
    server.look(JobEnd.FAILED, a_look(SERVICE_SAYS_THERE, counted(0)))
    assert server.looks == 1


@pytest.mark.parametrize("body", [PAGE, DENIED], ids=["a page", "denied"])
def test_a_report_that_fails_for_a_moment_is_asked_for_again(body, server):
    server.at.update({SERVICE: lambda now: UNCACHED, REPORT: until(10, body, tiles(0))})
    assert server.look(JobEnd.FAILED).tiles == 0


def test_a_report_that_fails_for_good_is_given_up(server):
    server.at.update({SERVICE: lambda now: UNCACHED, REPORT: lambda now: DENIED})
    found = server.look(JobEnd.SUCCEEDED)
    assert (found.cached, found.tiles) == (False, None)
    assert PATIENCE.grace <= server.clock.seconds < PATIENCE.grace + 6


def test_a_report_that_could_not_be_read_before_either_is_not_waited_for(server):
    server.at.update({SERVICE: lambda now: UNCACHED, REPORT: lambda now: DENIED})
    server.look(JobEnd.SUCCEEDED, UNCOUNTED)
    assert server.looks == 1


@pytest.mark.parametrize("away", [STOPPED, PAGE, DENIED, NO_TOKEN], ids=["stopped", "a page", "denied", "no token"])
@pytest.mark.parametrize("end", one_in(2, [JobEnd.SUCCEEDED, JobEnd.FAILED, JobEnd.GONE, JobEnd.NO_ANSWER]))
def test_a_service_that_is_away_is_waited_for(away, end, server):
    server.at[SERVICE] = until(70, away, UNCACHED)
    assert server.look(end).service is ServiceState.ANSWERS
    assert server.starts == []
    assert server.heard.warnings == []


def test_a_service_that_stays_stopped_is_started_once_and_waited_for_again(server):
    server.at[SERVICE] = lambda now: UNCACHED if server.starts and now > server.starts[0] + 60 else STOPPED
    assert server.look(JobEnd.SUCCEEDED).service is ServiceState.ANSWERS
    assert len(server.starts) == 1
    assert PATIENCE.restart <= server.starts[0] < PATIENCE.restart + 6
    assert server.heard.warnings == ["Rain:MapServer was left stopped; starting it."]


@pytest.mark.parametrize("end", [JobEnd.NO_ANSWER, JobEnd.NEVER_ARRIVED])
def test_a_service_whose_job_may_be_at_work_or_never_came_is_not_started(end, server):
    server.at[SERVICE] = lambda now: STOPPED
    assert server.look(end).service is ServiceState.NOT_STARTED
    assert server.starts == []


def test_a_service_that_may_not_be_started_is_left_stopped_and_that_is_said(server):
    server.at.update({SERVICE: lambda now: STOPPED, START: lambda now: DENIED})
    assert server.look(JobEnd.SUCCEEDED).service is ServiceState.NOT_STARTED
    assert len(server.starts) == 1
    assert "couldn't be started from here" in server.heard.warnings[1]
    assert server.clock.seconds < PATIENCE.restart + 6


def test_a_start_whose_answer_is_lost_may_have_worked(server):
    server.at[SERVICE] = lambda now: UNCACHED if server.starts and now > 130 else STOPPED
    server.at[START] = lambda now: b""
    assert server.look(JobEnd.SUCCEEDED).service is ServiceState.ANSWERS
    assert len(server.starts) == 1


def test_a_service_that_cannot_be_read_is_not_started(server):
    server.at[SERVICE] = lambda now: PAGE
    assert server.look(JobEnd.SUCCEEDED).service is ServiceState.UNREADABLE
    assert server.starts == []


@pytest.mark.parametrize("body", [STOPPED, CACHED, PAGE], ids=["stopped", "cached", "a page"])
def test_while_the_job_runs_one_look_is_enough_and_nothing_is_started(body, server):
    server.at[SERVICE] = lambda now: body
    server.look(JobEnd.RUNNING)
    assert (server.looks, server.starts) == (1, [])


def test_a_sign_in_that_is_refused_by_now_leaves_the_service_unread(server):
    server.at[SERVICE] = lambda now: NO_TOKEN
    found = server.look(JobEnd.SUCCEEDED, sign_in=locked_after_one_token)
    assert (found.service, found.cached, found.trouble) == (
        ServiceState.UNREADABLE, None, ("The account is locked by now.",)
    )  # fmt: skip


def test_the_deadline_ends_the_looks_with_the_last_one(server):
    server.at.update({SERVICE: lambda now: CACHED, REPORT: lambda now: tiles(20)})
    found = server.look(JobEnd.SUCCEEDED, deadline=12)
    assert (found.tiles, found.service) == (20, ServiceState.ANSWERS)
    assert server.clock.seconds < 13


def test_half_of_the_time_left_is_kept_for_starting_a_stopped_service(server):
    server.at[SERVICE] = lambda now: UNCACHED if server.starts else STOPPED
    assert server.look(JobEnd.SUCCEEDED, deadline=60).service is ServiceState.ANSWERS
    assert server.starts[0] < 40


def test_no_time_for_a_look_is_said_to_be_that_and_not_an_unreadable_service(server):
    found = server.look(JobEnd.SUCCEEDED, deadline=0)
    assert (found.had_no_time, found.cached, found.trouble, server.looks) == (True, None, (), 0)
    assert look_in_words(found) == who_says_what(found) == "no time was left to look"


def test_while_a_service_restarts_it_is_said_for_what_and_how_long_is_waited(server):
    server.at[SERVICE] = until(70, STOPPED, UNCACHED)
    server.look(JobEnd.SUCCEEDED)
    label = f"Waiting for Rain:MapServer to restart, {until_in_words(server.clock.begun, 100)}"
    assert set(server.heard.labels) == {(label, None)}


def test_stale_metadata_is_waited_for_in_words(server):
    server.at.update({SERVICE: until(20, CACHED, UNCACHED), REPORT: until(20, tiles(20), tiles(0))})
    server.look(JobEnd.SUCCEEDED)
    label = f"Waiting for the server to show whether the cache is gone, {until_in_words(server.clock.begun, 30)}"
    assert set(server.heard.labels) == {(label, None)}


@pytest.mark.parametrize("end", [JobEnd.SUCCEEDED, JobEnd.FAILED, JobEnd.NO_ANSWER])
def test_witnesses_that_contradict_each_other_are_asked_again(end, server):
    server.at.update({SERVICE: lambda now: UNCACHED, REPORT: until(20, tiles(20), tiles(0))})
    assert server.look(end).tiles == 0
    assert server.clock.seconds >= 20


def test_a_contradiction_that_was_there_before_is_waited_for_only_after_a_success(server):
    server.at.update({SERVICE: lambda now: UNCACHED, REPORT: lambda now: tiles(20)})
    before = a_look(SERVICE_SAYS_GONE, counted(20))
    server.look(JobEnd.FAILED, before)
    assert server.looks == 1
    server.look(JobEnd.SUCCEEDED, before)
    assert server.looks > 2


def test_the_cancel_that_ended_the_job_cuts_no_look_short(server):
    server.heard.cancel_now = server.stopping = True
    server.at[SERVICE] = until(70, STOPPED, UNCACHED)
    assert server.look(JobEnd.CANCELLED).service is ServiceState.ANSWERS
    assert not server.cut_short


def test_a_cancel_while_the_service_restarts_ends_the_wait_with_what_can_be_seen_at_once(server):
    server.at[SERVICE] = lambda now: STOPPED
    server.clock.as_time_passes = lambda now: setattr(server.heard, "cancel_now", now > 5)
    found = server.look(JobEnd.SUCCEEDED)
    assert (found.service, found.tiles, server.cut_short) == (ServiceState.NOT_STARTED, 0, True)
    assert server.clock.seconds < 7 and server.starts == []


def test_a_cancel_while_nothing_answers_ends_the_wait_with_what_was_seen_before(server):
    let_go = threading.Event()

    def seen(now):
        if now > 5:
            server.heard.cancel_now = server.clock.silent = True
            let_go.wait(60)
        return CACHED

    server.at[SERVICE] = seen
    found = server.look(JobEnd.SUCCEEDED)
    let_go.set()
    assert (found.cached, server.cut_short) == (True, True)
    assert server.clock.seconds < 12


def test_a_start_is_sent_once_even_where_nothing_answers(server):
    server.at.update({SERVICE: lambda now: STOPPED, START: lambda now: PAGE})
    server.look(JobEnd.SUCCEEDED)
    assert len(server.starts) == 1
    assert server.clock.seconds < PATIENCE.restart + 6
