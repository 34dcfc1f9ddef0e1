"""A job that can't be read at its own address: looked for in the server's list of jobs, never submitted again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from cachetools_core.local.old_journal import Entry, Journal
from cachetools_core.server.cache import CacheLook, Scale, ServiceState
from cachetools_core.server.recovery import (
    Search,
    is_forgotten,
    job_since,
    jobs_now,
    known_jobs,
    search_job,
    service_of_other_job,
)
from support.addresses import REPORT
from support.body_server import BodyServer
from support.clocks import StillClock
from support.listener import Listener

from cachetools_core.errors import CacheToolsError
from cachetools_core.naming.service import ServiceReference
from cachetools_core.proof.receipt import Receipt, Verdict
from cachetools_core.server.following import Patience
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.tools.delete import delete_map_server_cache
from cachetools_core.waiting import Run

FILES = 12  # that the Rainfall cache has
PATIENCE = Patience(settle=40, arrival=300)
DELETE_CACHE = "rest/services/System/CachingTools/GPServer/DeleteCache"
JOBS = f"{DELETE_CACHE}/jobs"
LIST = "admin/services/System/CachingTools.GPServer/jobs/query"
SERVICE = "rest/services/Rain/MapServer"
RAIN, SNOW = "Rain:MapServer", "Snow:MapServer"
ENTRY = Entry(
    service="",
    account="anna",
    begun=datetime(2024, 5, 6, tzinfo=timezone.utc),  # when StillClock begins
    before=CacheLook(ServiceState.ANSWERS, True, (Scale(0, 1.0, 5, 50),)),
    tools="CachingTools",
    known_jobs=frozenset({"j0"}),
)


class Site:
    """A site with these jobs, each for a service; `tiles` of Rain's cache are reported."""

    def __init__(self, server: BodyServer) -> None:
        self.server, self.clock = server, StillClock()
        self.jobs: dict[str, str] = {}
        self.tiles: int | None = 5
        self.running = "false"
        self.lists_jobs = True
        self.bodies: dict[str, Any] = {
            "rest/info": {"currentVersion": 11.3},
            DELETE_CACHE.rpartition("/")[0]: {"tasks": ["DeleteCache"]},
            DELETE_CACHE: {"parameters": [{"name": "service_url", "direction": "esriGPParameterDirectionInput"}]},
        }
        self.submits: list[float] = []
        self.stop = False
        server.answer = self.answer
        self.deadline = 3600.0

    def answer(self, path: str) -> bytes | None:
        body = self._body(path)
        return body if body is None else json.dumps(body).encode()

    def _body(self, path: str) -> Any:
        if path in self.bodies:
            return self.bodies[path]
        if path == f"{DELETE_CACHE}/submitJob":
            self.submits.append(self.clock.seconds)
            self.jobs = self.jobs_then
            return self.submit
        if path == LIST and self.lists_jobs:
            return {"results": [{"jobID": one} for one in self.jobs], "nextStart": -1}
        if path == SERVICE:
            return {"singleFusedMapCache": True}
        if path == REPORT and self.tiles is not None:
            level = {"levelID": 0, "scale": 1.0, "tileCount": self.tiles, "tilesSize": 50, "isRunning": self.running}
            return {"results": [{"value": {"status": "EXISTS", "lodInfos": [level]}}]}
        job, _, name = path[len(JOBS) + 1 :].partition("/inputs/")
        return {"value": self.jobs[job]} if name == "service_url" and job in self.jobs else None

    def delete(
        self, answer: Any, then: dict[str, str], listener: Listener | None = None, deadline: float = 3600.0
    ) -> Receipt:
        """A deletion that ends in an error; `answer` is the one to its submit, after which the site has these jobs."""
        self.submit, self.jobs_then = answer, then
        with pytest.raises(CacheToolsError) as raised:
            delete_map_server_cache(
                f"{self.server.site}/{SERVICE}",
                clock=self.clock,
                patience=PATIENCE,
                messages=listener or Listener(),
                deadline=deadline,
            )
        assert raised.value.receipt is not None
        return raised.value.receipt

    @property
    def wire(self) -> PlainWire:
        return PlainWire(Trust(), Run(self.clock, self.deadline, lambda: self.stop))

    @property
    def rain(self) -> ServiceReference:
        return ServiceReference(self.server.site, "", "Rain", "MapServer")

    def url(self, job: str) -> str:
        return f"{self.server.site}/{JOBS}/{job}"

    def search(self, entry: Entry = ENTRY) -> Search:
        return search_job(self.wire, self.server.site, self.rain, entry, PATIENCE)

    def since(self, entry: Entry = ENTRY) -> str:
        return job_since(self.wire, self.server.site, self.rain, entry, self.listed())

    def forgets(self, job: str) -> bool:
        return is_forgotten(self.url(job), self.listed())

    def listed(self) -> frozenset[str] | None:
        return jobs_now(self.wire, self.server.site, "CachingTools")


@pytest.fixture
def site() -> Iterator[Site]:
    with BodyServer(lambda path: None) as server:
        yield Site(server)


# A submit whose answer was lost


def test_a_new_job_for_the_service_is_the_one_that_was_lost(site):
    site.jobs = {"j0": RAIN, "j1": SNOW, "j2": RAIN}
    assert (site.search(), site.clock.seconds) == (Search(site.url("j2")), 0.0)


def test_a_job_that_comes_late_is_found(site):
    site.clock.as_time_passes = lambda seconds: site.jobs.update({"j1": RAIN} if seconds > 250 else {})
    assert site.search() == Search(site.url("j1"))


@pytest.mark.parametrize("age", [0, 100, 290], ids="{} seconds ago".format)
def test_a_submit_is_not_called_lost_while_it_may_still_be_on_its_way(age, site):
    assert site.search(replace(ENTRY, begun=ENTRY.begun - timedelta(seconds=age))) == Search(never_arrived=True)
    assert max(PATIENCE.settle, PATIENCE.arrival - age) <= site.clock.seconds < PATIENCE.arrival - age + PATIENCE.settle


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)], ids=str)
def test_a_clock_that_has_jumped_makes_the_search_neither_endless_nor_hasty(jump, site):
    assert site.search(replace(ENTRY, begun=ENTRY.begun + jump)) == Search(never_arrived=True)
    assert PATIENCE.settle <= site.clock.seconds < PATIENCE.arrival + 10


def test_a_submit_counts_as_lost_too_where_tiles_were_never_counted(site):
    site.tiles = None
    assert site.search(replace(ENTRY, before=CacheLook(ServiceState.ANSWERS, True))).never_arrived


def test_a_submit_does_not_count_as_lost_while_tiles_go(site):
    site.tiles = 4
    found = site.search()
    assert (found, site.clock.seconds < PATIENCE.arrival) == (Search(), True)


def test_a_submit_does_not_count_as_lost_while_there_is_work_on_the_cache(site):
    site.running = "true"
    assert site.search() == Search()


def test_the_search_begins_anew_whenever_tiles_go(site):
    def delete(seconds: float) -> None:
        site.tiles = 5 - min(4, int(seconds / 30))

    site.clock.as_time_passes = delete
    assert site.search() == Search()
    assert 120 + PATIENCE.settle <= site.clock.seconds < 120 + PATIENCE.settle + 10


def test_a_submit_does_not_count_as_lost_where_nobody_lists_the_jobs(site):
    site.lists_jobs = False
    assert site.search() == Search()
    assert PATIENCE.settle <= site.clock.seconds < PATIENCE.arrival


def test_a_list_that_was_not_there_before_the_submit_tells_nothing(site):
    site.jobs = {"j1": RAIN}
    assert site.search(replace(ENTRY, known_jobs=None)) == Search()
    assert site.since(replace(ENTRY, known_jobs=None)) == ""


def test_a_job_whose_service_cannot_be_read_is_passed_over(site):
    site.jobs = {"j1": RAIN, "j2": RAIN, "../j3": RAIN}
    site.bodies[f"{JOBS}/j1/inputs/service_url"] = {"error": {"code": 500, "message": "Busy", "details": []}}
    site.bodies[f"{JOBS}/j2/inputs/service_url"] = None
    assert site.search().job_url == ""
    del site.bodies[f"{JOBS}/j2/inputs/service_url"]
    assert site.search().job_url == site.url("j2")
    assert not [path for path, _ in site.server.asked if ".." in path or "j3" in path]


def test_the_search_ends_with_the_run(site):
    site.deadline = 20.0
    found = site.search()
    assert (found.never_arrived, "time given for this run is up" in found.trouble) == (False, True)
    assert site.clock.seconds <= 20.0


def test_a_cancel_ends_the_search_and_is_taken_up(site):
    wire = site.wire

    def stop(seconds: float) -> None:
        site.stop = seconds > 10

    site.clock.as_time_passes = stop
    found = search_job(wire, site.server.site, site.rain, ENTRY, PATIENCE)
    assert (found, wire.run.stopping) == (Search(trouble="the search for it was cancelled"), True)
    assert site.clock.seconds < 12


@pytest.mark.parametrize("asked_for_a_job", [False, True])
def test_a_deadline_while_something_cannot_be_read_ends_the_search(asked_for_a_job, site):
    slow = f"{JOBS}/j1/inputs/service_url" if asked_for_a_job else LIST

    def too_late(path: str) -> bytes | None:
        if path != slow:
            return site.answer(path)
        site.clock.seconds = 5.0
        return b"busy"

    site.deadline, site.jobs, site.server.answer = 5.0, {"j1": RAIN}, too_late
    assert "time given for this run is up" in site.search().trouble
    assert [path for path, _ in site.server.asked][-1] == slow


def test_the_jobs_before_a_submit_are_asked_for_again_where_the_list_fails_for_a_moment(site):
    site.jobs, site.bodies[LIST] = {"j1": RAIN}, []
    site.clock.as_time_passes = lambda seconds: site.bodies.pop(LIST, None)
    assert known_jobs(site.wire, site.server.site, "CachingTools") == frozenset({"j1"})


def test_the_run_that_lost_a_submit_does_not_wait_until_it_counts_as_lost_but_the_next_one_does(site):
    listener = Listener()
    for latest in (PATIENCE.arrival, 2 * PATIENCE.arrival):
        assert site.delete(None, {}, listener).verdict is Verdict.UNKNOWN
        assert site.clock.seconds < latest
    assert [seconds // PATIENCE.arrival for seconds in site.submits] == [0, 1]
    assert "counts as lost 300 seconds after it was sent" in listener.everything


def test_an_account_that_may_not_list_the_jobs_may_still_delete(site):
    site.bodies[LIST] = {"error": {"code": 403, "message": "No.", "details": []}}
    assert known_jobs(site.wire, site.server.site, "CachingTools") is None


def test_a_submit_that_was_never_sent_leaves_nothing_to_look_for(site, own_home):
    def answer(path: str) -> bytes | None:
        site.clock.seconds = 10**6 if path == LIST else site.clock.seconds
        return site.answer(path)

    site.server.answer = answer
    receipt = site.delete(None, {})
    assert (receipt.verdict, receipt.error.message_id, site.submits) == (Verdict.NOT_DELETED, "CT203", [])
    assert not list(own_home.rglob("*.json"))


# A job whose address is refused, or a submit that was


def test_a_job_is_forgotten_where_the_list_lacks_it(site):
    site.jobs = {"j0": RAIN, "j1": RAIN}
    assert [site.forgets(job) for job in ("j0", "j1", "j2")] == [False, False, True]
    site.lists_jobs = False
    assert not site.forgets("j2")


def test_a_job_since_is_one_for_this_service_that_was_not_there_before(site):
    site.jobs = {"j0": RAIN, "j1": SNOW}
    assert site.since() == ""
    site.jobs["j2"] = RAIN
    assert site.since() == site.url("j2")
    site.lists_jobs = False
    assert site.since() == ""


@pytest.mark.parametrize(
    ("named", "other"),
    [("Snow:MapServer", "Snow:MapServer"), ("rain:mapserver/", ""), ("/RAIN:MapServer", ""), (None, ""), (5, "")],
)
def test_a_job_says_itself_which_other_service_it_is_for(named, other, site):
    site.jobs = {"j1": named}
    assert service_of_other_job(site.wire, site.rain, site.url("j1")) == other
    site.jobs = {"j1": f"{site.server.site}/rest/services/Rain/MapServer"}
    assert service_of_other_job(site.wire, site.rain, site.url("j1")) == ""
    assert service_of_other_job(site.wire, site.rain, site.url("j2")) == ""


@pytest.mark.parametrize("ask", [Site.since, lambda site: site.forgets("j2")], ids=["since", "forgotten"])
def test_a_cancel_does_not_disturb_the_look_at_the_list(ask, site):
    site.stop, site.jobs = True, {"j1": RAIN}
    assert ask(site)


def test_two_jobs_that_nobody_can_read_prove_nothing_together_either(site):
    site.clock.as_time_passes = lambda seconds: setattr(site, "tiles", 4)
    unknown = {"error": {"code": 400, "message": "No such job.", "details": []}}
    site.bodies.update({f"{JOBS}/j9": unknown, f"{JOBS}/j1": unknown})
    receipt = site.delete({"jobId": "j9", "jobStatus": "esriJobSubmitted"}, {"j1": RAIN})
    assert (receipt.verdict, receipt.job_url) == (Verdict.UNKNOWN, site.url("j1"))
    assert "doesn't show that the job is gone" in receipt.error.what
    assert any(f"but has a new job for this service: {site.url('j1')}" in words for words in receipt.warnings)


def test_a_job_that_the_server_did_not_name_is_followed_to_its_end(site):
    site.bodies[f"{JOBS}/j9"] = {"error": {"code": 404, "message": "No such job.", "details": []}}
    site.bodies[f"{JOBS}/j1"] = {"jobId": "j1", "jobStatus": "esriJobFailed"}
    receipt = site.delete({"jobId": "j9", "jobStatus": "esriJobSubmitted"}, {"j1": RAIN})
    assert (receipt.verdict, receipt.job_url, receipt.job_status) == (
        Verdict.NOT_DELETED, site.url("j1"), "esriJobFailed"
    )  # fmt: skip
    assert [path for path, _ in site.server.asked].count(LIST) == 2, "once before the submit, once for the job"


@pytest.mark.parametrize(
    "answer",
    [{"error": {"code": 403, "message": "No.", "details": []}}, {"jobId": "j9"}, None],
    ids=["refused", "another id", "lost"],
)
def test_a_job_that_was_found_is_noted_for_the_next_run(answer, site):
    site.bodies[f"{JOBS}/j9"] = {"error": {"code": 400, "message": "No such job.", "details": []}}
    site.bodies[f"{JOBS}/j1"] = {"jobId": "j1", "jobStatus": "esriJobExecuting"}
    assert site.delete(answer, {"j1": RAIN}, deadline=100.0).verdict is Verdict.STILL_RUNNING
    entry = Journal(f"{site.server.site}/{SERVICE}").entry()
    assert entry is not None
    assert entry.job_url == site.url("j1")


@pytest.mark.parametrize(("cached", "tiles"), [(False, 5), (True, None), (True, 5)])
def test_whatever_is_left_over_where_the_job_has_ended_is_deleted_anew(cached, tiles, site):
    site.bodies[f"{JOBS}/j1"] = {"jobId": "j1", "jobStatus": "esriJobExecuting"}
    submitted = {"jobId": "j1", "jobStatus": "esriJobSubmitted"}
    assert site.delete(submitted, {"j1": RAIN}, deadline=100.0).verdict is Verdict.STILL_RUNNING
    site.bodies[f"{JOBS}/j1"] = {"jobId": "j1", "jobStatus": "esriJobFailed"}
    site.bodies[SERVICE], site.tiles = {"singleFusedMapCache": cached}, tiles
    receipt = site.delete(submitted, {"j1": RAIN})
    assert (len(site.submits), receipt.before.cached, receipt.before.tiles) == (2, cached, tiles)


def test_an_older_job_is_not_taken_for_the_one_that_was_submitted(site):
    site.jobs = {"j1": RAIN}
    site.bodies[f"{JOBS}/j1"] = {"jobId": "j1", "jobStatus": "esriJobFailed"}
    receipt = site.delete({"jobId": "j1", "jobStatus": "esriJobSubmitted"}, {"j1": RAIN})
    assert (receipt.verdict, receipt.job_url) == (Verdict.UNKNOWN, None)
    assert "was answered with an older job" in receipt.warnings[0]


@pytest.mark.parametrize("new", [{"j1": RAIN}, {"j1": SNOW}, {}], ids=["a job", "another's job", "no job"])
def test_after_a_refused_submit_a_new_job_is_followed_and_nothing_else_believed(new, site):
    site.bodies[f"{JOBS}/j1"] = {"jobId": "j1", "jobStatus": "esriJobFailed"}
    receipt = site.delete({"error": {"code": 403, "message": "No.", "details": []}}, new)
    followed = site.url("j1") if RAIN in new.values() else None
    assert (receipt.verdict, receipt.job_url, receipt.error.message_id) == (
        Verdict.NOT_DELETED, followed, "CT701" if followed else "CT303"
    )  # fmt: skip
    assert any("Yet the server has a new job" in words for words in receipt.warnings) is bool(followed)


# On the rehearsal server


def test_a_job_that_is_on_the_list_is_not_gone_however_often_its_address_is_refused(place):
    runs = [place.run("json-code-400@job", "job-waits-forever"), place.run(), place.run()]
    assert [(run.facts, run.complaints()) for run in runs] == [(("unknown", 5, "CT705", 1, FILES), [])] * 3
    assert "list of jobs doesn't show that the job is gone" in runs[0].receipt["error"]["text"]
    place.server.clear_faults()
    last = place.run(deadline=20.0)
    assert (last.verdict, last.submits, last.receipt["job_url"]) == ("still-running", 1, runs[0].receipt["job_url"])


@pytest.mark.parametrize("faults", [("job-gone-cache-stays",), ("job-gone-half-deleted",)], ids=str)
def test_where_nobody_lists_the_jobs_one_whose_address_is_refused_is_not_called_gone(faults, place):
    runs = [place.run(*faults, "admin-closed"), place.run()]
    assert [(run.verdict, run.receipt["exit_code"], run.submits, run.complaints()) for run in runs] == [
        ("unknown", 5, 1, [])
    ] * 2
    assert str(place.journal) in runs[1].receipt["error"]["text"]


def test_a_job_that_is_gone_from_the_list_too_is_followed_by_another(place):
    assert place.run("job-gone-cache-stays").facts == ("unknown", 5, "CT705", 1, FILES)
    second = place.run()
    assert (second.verdict, second.submits, second.overlaps) == ("unknown", 2, False)
    place.server.clear_faults()
    assert place.run().facts == ("deleted", 0, "-", 3, 0)
