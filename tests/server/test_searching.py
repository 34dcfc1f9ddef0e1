"""A job whose submit had no good answer: looked for in the server's list, and by what the service shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from support.addresses import DELETE
from support.body_server import Page, refusal
from support.choosing import one_in
from support.desk import PAST_ARRIVAL, START, ended
from support.job_site import EXECUTING, FAILED, LIST, PATIENCE, RAIN, SNOW, SUCCEEDED, WAITING, Job, as_listed
from support.story import locked_after_one_token

from cachetools_core.proof.ending import JobEnd


def test_a_new_job_for_the_service_is_the_one_that_was_lost(site, desk):
    site.jobs = [Job("j0", status=SUCCEEDED), Job("j1", SNOW, SUCCEEDED), Job("j2", status=SUCCEEDED)]
    assert ended(desk.resume()) == (JobEnd.SUCCEEDED, site.job_url("j2"))
    assert (desk.journal.entry().job_id, site.clock.seconds) == ("j2", 0.0)


def test_a_job_that_comes_late_is_found(site, desk):
    site.at(100, lambda: site.jobs.append(Job("j1", status=SUCCEEDED)))
    assert ended(desk.resume()) == (JobEnd.SUCCEEDED, site.job_url("j1"))


@pytest.mark.parametrize("age", [0, 50, 110], ids="{} seconds ago".format)
def test_a_submit_is_not_called_lost_while_it_may_still_be_on_its_way(age, site, desk):
    report = desk.resume(replace(desk.entry, begun=START - timedelta(seconds=age)))
    assert report.end is JobEnd.NEVER_ARRIVED
    assert max(PATIENCE.settle, PATIENCE.arrival - age) <= site.clock.seconds < PATIENCE.arrival - age + PATIENCE.settle
    assert "counts as lost 120 seconds after it was sent" in desk.heard.everything


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(days=400)], ids=str)
def test_a_clock_that_has_jumped_makes_the_search_neither_endless_nor_hasty(jump, site, desk):
    assert desk.resume(replace(desk.entry, begun=START + jump)).end is JobEnd.NEVER_ARRIVED
    assert PATIENCE.settle <= site.clock.seconds < PATIENCE.arrival + 10


def test_a_submit_counts_as_lost_too_where_tiles_were_never_counted(site, desk):
    site.tiles = None
    assert desk.resume().end is JobEnd.NEVER_ARRIVED


def test_a_submit_does_not_count_as_lost_while_tiles_go(site, desk):
    site.tiles = 4
    assert (desk.resume().end, site.clock.seconds < PATIENCE.arrival) == (JobEnd.NO_ANSWER, True)


def test_a_submit_does_not_count_as_lost_while_there_is_work_on_the_cache(site, desk):
    site.running = "true"
    assert desk.resume().end is JobEnd.NO_ANSWER


def test_the_search_begins_anew_whenever_tiles_go(site, desk):
    for left in (4, 3, 2, 1):
        site.at(30.0 * (5 - left), lambda left=left: setattr(site, "tiles", left))
    assert desk.resume().end is JobEnd.NO_ANSWER
    assert 120 + PATIENCE.settle <= site.clock.seconds < 120 + PATIENCE.settle + 10


@pytest.mark.parametrize("answer", [refusal(403), Page(503), {"results": "j1"}], ids=str)
def test_a_submit_does_not_count_as_lost_where_nobody_lists_the_jobs(answer, site, desk):
    site.bodies[LIST] = answer
    report = desk.resume()
    assert (report.end, "list of jobs can't be read" in report.trouble) == (JobEnd.NO_ANSWER, True)
    assert PATIENCE.settle <= site.clock.seconds < PATIENCE.arrival


@pytest.mark.parametrize(
    "shape",
    [
        lambda jobs: {"total": 20},
        lambda jobs: {"total": "20"},
        lambda jobs: {"nextStart": 11},
        lambda jobs: {"nextStart": "11", "total": len(jobs)},
        lambda jobs: {"results": [*map(as_listed, jobs), {"jobID": "{8c1f}"}]},
        lambda jobs: {"results": [*map(as_listed, jobs), {"status": EXECUTING}]},
        lambda jobs: {"results": [*map(as_listed, jobs), 7]},
        lambda jobs: {"results": [{"jobID": f"j{n}", "status": FAILED} for n in range(1000)]},
    ],
    ids=range(8),
)
def test_a_submit_does_not_count_as_lost_where_the_list_is_not_whole(shape, site, desk):
    site.listed = lambda jobs: {"results": [as_listed(job) for job in jobs], **shape(jobs)}
    if "nextStart" not in shape([]) and "total" not in shape([]):
        desk.entry = replace(desk.entry, known_jobs=frozenset(f"j{n}" for n in range(1000)))
    assert desk.resume().end is JobEnd.NO_ANSWER


def test_a_list_that_was_not_there_before_the_submit_tells_of_jobs_at_work_only(site, desk):
    site.jobs = [Job("j1", status=SUCCEEDED)]
    assert desk.resume(replace(desk.entry, known_jobs=None)).end is JobEnd.NO_ANSWER
    site.jobs = [Job("j1", early=True)]
    site.at(20, lambda: site.finish(site.jobs[0]))
    assert ended(desk.resume(replace(desk.entry, known_jobs=None))) == (JobEnd.SUCCEEDED, site.job_url("j1"))


@pytest.mark.parametrize(
    "shown",
    ["rain:mapserver", "/Rain:MapServer/", "Rain.MapServer", "Rain/MapServer",
     "https://gisserver:6443/arcgis/rest/services/Rain/MapServer", "http://h/x/rest/services/RAIN/mapserver?f=json"],
)  # fmt: skip
def test_a_service_may_be_spelled_otherwise_in_a_job(shown, site, desk):
    site.jobs = [Job("j1", shown, SUCCEEDED)]
    assert ended(desk.resume()) == (JobEnd.SUCCEEDED, site.job_url("j1"))


@pytest.mark.parametrize(
    ("job_id", "listed"),
    [("j1", {"total": 1}), ("j0-4f1b-22", {}), ("J_1", {"total": "1", "nextStart": -1})],
    ids=["a count", "no count", "a count as text"],
)
def test_while_a_job_that_may_be_ours_has_not_ended_it_is_called_running(job_id, listed, site, desk):
    desk.deadline = PAST_ARRIVAL
    site.jobs = [Job(job_id)]
    site.listed = lambda jobs: {**listed, "results": [as_listed(job) for job in jobs]}
    report = desk.resume()
    assert (report.end, report.url, report.status) == (JobEnd.RUNNING, site.job_url(job_id), WAITING)
    assert site.clock.seconds >= desk.deadline
    assert desk.journal.entry() is None, "nothing was found that could be noted"


@pytest.mark.parametrize("shown", one_in(3, [5, None, "", "Rain", {"url": RAIN}, "no service at all"]), ids=str)
def test_a_job_whose_service_cannot_be_made_out_may_be_ours(shown, site, desk):
    desk.deadline = PAST_ARRIVAL
    site.jobs = [Job("j1", shown, early=True)]
    assert ended(desk.resume()) == (JobEnd.RUNNING, site.job_url("j1"))


def test_a_job_that_may_be_ours_keeps_the_cache_from_being_called_gone(site, desk):
    """Somebody else has deleted the cache; ours still waits, and would delete the next one."""
    desk.deadline = PAST_ARRIVAL
    site.jobs = [Job("j1"), Job("j2", early=True, status=SUCCEEDED, user="bob")]
    site.tiles = 0
    assert ended(desk.resume()) == (JobEnd.RUNNING, site.job_url("j1"))


def test_so_it_does_while_the_list_cannot_be_read(site, desk):
    desk.deadline = PAST_ARRIVAL
    site.jobs = [Job("j1")]
    site.at(20, lambda: site.bodies.update({LIST: Page(503)}))
    site.at(30, lambda: setattr(site, "tiles", 0))
    assert ended(desk.resume()) == (JobEnd.RUNNING, site.job_url("j1"))


def test_a_list_that_fails_for_a_moment_does_not_hide_a_job_that_may_be_ours(site, desk):
    desk.deadline = PAST_ARRIVAL
    site.tiles, site.bodies[LIST] = 0, Page(503)
    site.jobs = [Job("j1")]
    site.at(20, lambda: site.bodies.pop(LIST))
    assert ended(desk.resume()) == (JobEnd.RUNNING, site.job_url("j1"))


def test_of_two_new_jobs_both_have_ended_before_anything_is_said(site, desk):
    site.jobs = [Job("j1", status=SUCCEEDED), Job("j2")]
    site.tiles = 0
    site.at(100, lambda: site.finish(site.jobs[1], FAILED))
    assert ended(desk.resume()) == (JobEnd.SUCCEEDED, site.job_url("j1"))
    assert site.clock.seconds >= 100


def test_a_new_job_of_another_account_is_waited_for_and_not_taken_for_ours(site, desk):
    site.jobs = [Job("j1", user="bob", early=True)]
    site.at(100, lambda: site.finish(site.jobs[0], FAILED))
    report = desk.resume()
    assert (report.end, desk.journal.entry()) == (JobEnd.NEVER_ARRIVED, None)
    assert "unless it was one that has ended: Job j1 of bob" in report.trouble


def test_a_job_that_may_have_been_ours_and_has_ended_is_named_where_the_submit_counts_as_lost(site, desk):
    site.jobs = [Job("j1", status=FAILED)]
    report = desk.resume()
    assert (report.end, report.trouble) == (JobEnd.NEVER_ARRIVED, "unless it was one that has ended: Job j1")
    assert site.clock.seconds >= PATIENCE.arrival


def test_no_job_is_asked_for_by_an_id_that_is_none(site, desk):
    site.jobs = [Job("../j3")]
    desk.resume()
    assert not [path for path, _ in site.server.asked if ".." in path or "j3" in path]


def test_the_search_ends_with_the_run(site, desk):
    desk.deadline = 20.0
    report = desk.resume()
    assert (report.end, "time limit of this run was reached" in report.trouble) == (JobEnd.NO_ANSWER, True)
    assert site.clock.seconds <= 20.0


def test_a_cancel_ends_the_search_and_is_taken_up(site, desk):
    desk.cancel_at(10)
    report = desk.resume()
    assert (report.end, report.trouble) == (JobEnd.NO_ANSWER, "the search for it was cancelled")
    assert (desk.run.stopping, site.clock.seconds < 12) == (True, True)


@pytest.mark.parametrize("slow", [LIST, f"{DELETE}/jobs/j1/inputs/service_url"])
def test_a_deadline_while_something_cannot_be_read_ends_the_search(slow, site, desk):
    answer = site.server.answer

    def too_late(path: str) -> Any:
        if path != slow:
            return answer(path)
        site.clock.seconds = 5.0
        return b"busy"

    desk.deadline, site.jobs, site.server.answer = 5.0, [Job()], too_late
    assert desk.resume().end in (JobEnd.NO_ANSWER, JobEnd.RUNNING)
    assert site.server.asked[-1][0] == slow


def test_a_sign_in_that_is_refused_while_the_job_is_looked_for_ends_the_search(site, desk):
    site.bodies[LIST] = refusal(498, "Invalid Token")
    desk.sign_in = locked_after_one_token
    report = desk.resume()
    assert (report.end, report.trouble) == (JobEnd.NO_ANSWER, "The account is locked by now.")
