"""Jobs that were at work before a submit: the service's own is followed, one that doesn't tell is waited for."""

from __future__ import annotations

import pytest
from support.addresses import DELETE
from support.body_server import Page
from support.desk import REFUSED, ended
from support.job_site import EXECUTING, FAILED, LIST, RAIN, SNOW, SUCCEEDED, Job

from cachetools_core.errors import AlreadyRunning, CacheToolsError
from cachetools_core.proof.ending import JobEnd
from cachetools_core.waiting import next_look


@pytest.mark.parametrize("user", ["bob", "anna", "", "CITY\\Anna", "anna@city"])
def test_a_job_at_work_on_the_service_is_followed_and_none_submitted(user, site, desk):
    site.jobs = [Job("j7", user=user, early=True)]
    site.at(50, lambda: site.finish(site.jobs[0]))
    assert ended(desk.begin()) == (JobEnd.SUCCEEDED, site.job_url("j7"))
    assert (site.submits, desk.journal.entry()) == ([], None)
    assert "already has a job for Rain:MapServer" in desk.heard.warnings[0]
    assert (f"Job j7 of {user}" if user else "Job j7") in desk.heard.warnings[0]


@pytest.mark.parametrize(("user", "cancels"), [("bob", 0), ("", 0), ("anna", 1)])
def test_only_a_job_of_the_same_account_is_cancelled(user, cancels, site, desk):
    site.jobs = [Job("j7", user=user, early=True, status=EXECUTING)]
    desk.cancel_at(20)
    report = desk.begin()
    assert (report.end, site.submits) == (JobEnd.RUNNING, [])
    assert min(1, desk.asked(f"{DELETE}/jobs/j7/cancel")) == cancels


def test_a_job_at_work_whose_address_is_refused_is_not_called_gone(site, desk):
    site.jobs = [Job("j7", early=True)]
    site.bodies[f"{DELETE}/jobs/j7"] = REFUSED
    report = desk.begin()
    assert (report.end, site.submits) == (JobEnd.NO_ANSWER, [])
    assert "list of jobs doesn't show that the job is gone" in report.trouble


@pytest.mark.parametrize("task", ["DeleteCache", "Delete%20Cache", "delete%20cache", "DeleteMapCache", ""], ids=str)
def test_a_job_that_does_not_tell_its_service_is_waited_for(task, site, desk):
    site.jobs = [Job("j7", task=task)]
    site.at(100, lambda: site.finish(site.jobs[0]))
    report = desk.begin()
    assert (report.end, site.submits, report.trouble) == (
        JobEnd.NO_ANSWER, [], "the same task was running before: Job j7"
    )  # fmt: skip
    assert 100 <= site.clock.seconds < 110
    assert len([words for words in desk.heard.warnings if "doesn't say for which service: Job j7" in words]) == 1


@pytest.mark.parametrize("shown", [RAIN, SNOW])
def test_where_another_job_was_waited_for_and_the_work_is_left_the_look_is_out_of_date(shown, site, desk):
    site.jobs = [Job("j7", shown)]
    site.at(100, lambda: site.finish(site.jobs[0], FAILED))
    assert desk.begin() is None
    assert (site.submits, desk.journal.entry()) == ([], None)


def test_a_job_that_never_ends_ends_the_run_at_its_deadline(site, desk):
    site.jobs = [Job("j7", user="bob")]
    with pytest.raises(AlreadyRunning) as raised:
        desk.begin()
    assert (raised.value.exit_code, site.submits) == (5, [])
    assert "Job j7 of bob may be deleting the cache of Rain:MapServer" in raised.value.what
    assert "Nothing was submitted." in raised.value.what


def test_a_cancel_while_another_job_is_waited_for_submits_nothing(site, desk):
    site.jobs = [Job("j7")]
    desk.cancel_at(50)
    with pytest.raises(CacheToolsError) as raised:
        desk.begin()
    assert (raised.value.message_id, site.submits) == ("CT601", [])
    assert site.clock.seconds < 51


@pytest.mark.parametrize(
    "other",
    [
        Job("j7", task="ManageMapCacheTiles", early=True),
        Job("j7", task="Manage%20Map%20Cache%20Tiles"),
        Job("j7", SNOW, early=True),
        Job("j7", status=SUCCEEDED),
        Job("j7", status=FAILED),
    ],
    ids=str,
)
def test_other_jobs_are_not_waited_for(other, site, desk):
    site.jobs = [other]
    site.makes = lambda: Job(status=SUCCEEDED)
    assert ended(desk.begin()) == (JobEnd.SUCCEEDED, site.job_url())
    assert (site.submits, site.clock.seconds) == ([0.0], next_look(0))


@pytest.mark.parametrize("status", ["", "COMPLETED", "succeeded"])
def test_where_the_list_does_not_tell_whether_a_job_has_ended_the_job_does(status, site, desk):
    site.jobs = [Job("j7", SNOW, status=FAILED)]
    site.listed = lambda jobs: {"results": [{"jobID": job.id, "status": status} for job in jobs]}
    site.makes = lambda: Job(status=SUCCEEDED)
    assert ended(desk.begin()) == (JobEnd.SUCCEEDED, site.job_url())


def test_a_list_that_cannot_be_read_meanwhile_does_not_end_the_wait(site, desk):
    site.jobs = [Job("j7")]
    site.at(20, lambda: site.bodies.update({LIST: Page(503)}))
    site.at(100, lambda: site.finish(site.jobs[0], FAILED))
    assert desk.begin() is None
    assert site.clock.seconds >= 100
