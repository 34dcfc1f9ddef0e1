"""One submit in all: whatever comes in place of its answer, however its job is shown and the service spelled."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.addresses import DELETE
from support.body_server import Page, refusal
from support.choosing import by_name, some_of
from support.job_site import FAILED, LIST, PATIENCE, RAIN, SERVICE, SNOW, SUCCEEDED, WAITING, Job, JobSite, as_listed
from support.story import said

from cachetools_core.proof.receipt import Receipt

AT_MOST = 150.0  # seconds of the story that a run gets here: more than a submit may be on its way
MAY_BE_AT_WORK = ("still-running", "unknown")
LOST = {
    "no answer": Page(0),
    "502": Page(502),
    "504": Page(504),
    "a web tier's 403": Page(403),
    "a web tier's 404": Page(404),
    "a web tier's 499": Page(499),
    "a page": b"<html>Sign in</html>",
    **{f"code {code}": refusal(code) for code in (408, 409, 425, 429, 500)},
}
LISTS: dict[str, Callable[[list[Job]], Any]] = {
    "as documented": lambda jobs: {"results": [as_listed(job) for job in jobs], "total": len(jobs), "nextStart": -1},
    "total above results": lambda jobs: {"results": [as_listed(job) for job in jobs], "total": len(jobs) + 3},
    "total as text": lambda jobs: {"results": [as_listed(job) for job in jobs], "total": str(len(jobs))},
    "more to come": lambda jobs: {"results": [as_listed(job) for job in jobs], "nextStart": 11},
    "ids alone": lambda jobs: {"results": [{"id": job.id} for job in jobs]},
}
JOBS = {
    "its inputs refused": Job(),
    "an id with hyphens": Job("j0-4f1b-22"),
    "listed as Delete Cache": Job(task="Delete%20Cache"),
    "listed without a task": Job(task=""),
    "listed by a name that nobody knows": Job(task="Delete%20Map%20Server%20Cache"),
    "another host's address": Job(shown="https://gisserver:6443/arcgis/rest/services/Rain/MapServer", early=True),
    "another case": Job(shown="RAIN:mapserver", early=True),
    "a dot before the type": Job(shown="Rain.MapServer", early=True),
    "words": Job(shown="the rain", early=True),
    "of another account": Job(user="bob"),
    "its address refused": Job(known=False),
}


@pytest.fixture(autouse=True)
def long_steps(site: JobSite) -> None:
    """Jobs are looked for in few and long steps, since each look costs five requests."""
    site.patience = replace(PATIENCE, settle=100)
    site.clock.pace = 3.0


def lose(site: JobSite, answer: Any, job: Job | None) -> None:
    site.lose_the_answer(answer)
    site.makes = lambda: job


def check_that_the_first_job_is_the_only_one(site: JobSite, first: Receipt, again: Callable[[], Receipt]) -> None:
    """While it may wait nothing is concluded and nothing submitted; once it has done its work, that is told.

    A run that knows nothing of it finds nothing to delete then.
    """
    assert said(first) in [(verdict, 5) for verdict in MAY_BE_AT_WORK]
    assert said(again()) in [(verdict, 5) for verdict in MAY_BE_AT_WORK]
    assert len(site.submits) == 1
    site.jobs[0].known = True
    site.finish(site.jobs[0])
    assert said(again()) in [("deleted", 0), ("nothing-to-delete", 0)]
    assert len(site.submits) == 1


@pytest.mark.parametrize("answer", some_of(LOST, "no answer", "a web tier's 403", "code 429"))
def test_whatever_comes_in_place_of_the_answer(answer, site, tmp_path):
    lose(site, answer, Job())
    run = lambda: site.delete(deadline=AT_MOST, folder=tmp_path)  # noqa: E731
    check_that_the_first_job_is_the_only_one(site, run(), run)


@pytest.mark.parametrize("listed", some_of(LISTS, "ids alone"))
def test_however_the_list_is_shaped(listed, site, tmp_path):
    lose(site, Page(502), Job())
    site.listed = listed
    run = lambda: site.delete(deadline=AT_MOST, folder=tmp_path)  # noqa: E731
    check_that_the_first_job_is_the_only_one(site, run(), run)


@pytest.mark.parametrize("job", some_of(JOBS, "its inputs refused", "another host's address"))
def test_however_its_job_is_shown(job, site, tmp_path):
    lose(site, Page(502), Job(**vars(job)))
    run = lambda: site.delete(deadline=AT_MOST, folder=tmp_path)  # noqa: E731
    check_that_the_first_job_is_the_only_one(site, run(), run)


def test_where_nobody_lists_the_jobs_it_stays_unknown_and_is_said_beforehand(site, tmp_path):
    site.bodies[LIST] = refusal(403)
    lose(site, Page(502), Job())
    for _ in range(3):
        receipt = site.delete(deadline=AT_MOST, folder=tmp_path)
        assert said(receipt) == ("unknown", 5)
        assert "list of jobs can't be read" in receipt.error.what
    assert len(site.submits) == 1
    site.finish(site.jobs[0])
    assert said(site.delete(deadline=AT_MOST, folder=tmp_path)) == ("deleted", 0)
    assert len(site.submits) == 1


def test_the_deleted_cache_of_somebody_else_is_no_proof_while_the_own_job_may_wait(site, tmp_path):
    """The first job would delete the next cache."""
    lose(site, Page(502), Job())
    site.at(100, lambda: setattr(site, "tiles", 0))
    for _ in range(2):
        assert said(site.delete(deadline=AT_MOST, folder=tmp_path)) == ("still-running", 5)
    assert len(site.submits) == 1


def test_two_new_jobs_are_both_waited_for(site, tmp_path):
    lose(site, Page(502), Job("j1"))
    site.at(1, lambda: site.jobs.append(Job("j2", early=True, user="bob")))
    site.at(50, lambda: site.finish(site.jobs[1]))
    assert said(site.delete(deadline=AT_MOST, folder=tmp_path)) == ("still-running", 5)
    site.finish(site.jobs[0], FAILED)
    assert said(site.delete(deadline=AT_MOST, folder=tmp_path)) == ("deleted", 0)
    assert len(site.submits) == 1


@pytest.mark.parametrize("status", some_of(by_name([FAILED, "esriJobCancelled", "esriJobTimedOut"]), FAILED))
def test_a_job_that_has_ended_without_its_work_is_followed_by_another_in_a_later_run_only(status, site, tmp_path):
    lose(site, Page(502), Job(status=status))
    assert said(site.delete(deadline=AT_MOST, folder=tmp_path)) == ("unknown", 5)
    assert len(site.submits) == 1
    site.answers, site.makes = False, lambda: site.finish(site.jobs[0]) or Job("j2", status=SUCCEEDED)
    assert said(site.delete(deadline=AT_MOST, folder=tmp_path)) == ("deleted", 0)
    assert len(site.submits) == 2


# The same service, spelled otherwise or noted elsewhere


def otherwise(site: JobSite, how: str) -> str:
    port = site.server.authority.rpartition(":")[2]
    return {
        "as before": site.url,
        "localhost": f"http://localhost:{port}/arcgis/{SERVICE}",
        "LOCALHOST": f"http://LOCALHOST:{port}/arcgis/{SERVICE}",
        "a final dot": f"http://localhost.:{port}/arcgis/{SERVICE}",
        "another context": f"http://127.0.0.1:{port}/server/{SERVICE}",
        "another case": f"http://127.0.0.1:{port}/arcgis/rest/services/RAIN/mapserver",
        "a whole number": f"http://127.1:{port}/arcgis/{SERVICE}",
    }[how]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Moves or removes what an earlier run has noted."""

    def change(how: str) -> None:
        home = tmp_path / "home"
        if how == "removed":
            shutil.rmtree(home, ignore_errors=True)
        monkeypatch.setenv("HOME", str(home))
        if how in ("set",):
            monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        else:
            monkeypatch.delenv("XDG_DATA_HOME", raising=False)

    change("")
    return change


ELSEWHERE = [("as before", "removed"), ("as before", "set"), ("localhost", ""), ("LOCALHOST", "removed"),
             ("another context", ""), ("another case", "removed")]  # fmt: skip


@pytest.mark.parametrize(
    ("how", "files", "answered"),
    some_of(
        {f"{how}, {files}, {answered}": (how, files, answered == "answered")
         for how, files in ELSEWHERE for answered in ("answered", "lost")},
        "as before, removed, lost", "localhost, , answered", "another context, , lost",

        "another case, removed, answered",
    ),
)  # fmt: skip
def test_a_rerun_under_another_spelling_or_from_another_place_submits_none(how, files, answered, site, folders):
    site.makes = Job
    if not answered:
        lose(site, Page(502), Job())
    first = site.delete(deadline=AT_MOST)
    folders(files)
    check_that_the_first_job_is_the_only_one(site, first, lambda: site.delete(otherwise(site, how), deadline=AT_MOST))


def test_a_job_that_may_be_this_deletions_is_named_as_such(site, tmp_path):
    lose(site, Page(502), Job())
    receipt = site.delete(deadline=AT_MOST, folder=tmp_path)
    assert receipt.job_url == site.job_url()
    assert f"{site.job_url()} (esriJobWaiting), which may be this deletion's" in receipt.error.what


def test_the_rerun_says_what_it_waited_for(site, folders):
    site.makes = Job
    site.delete(deadline=AT_MOST)
    folders("removed")
    receipt = site.delete(deadline=AT_MOST)
    assert receipt.error.message_id == "CT503"
    assert "Job j1 may be deleting the cache of Rain:MapServer" in receipt.error.what
    assert "Nothing was submitted." in receipt.error.what
    assert len([words for words in site.heard.warnings if "Job j1" in words]) == 1


def test_a_job_of_another_service_is_waited_for_and_then_the_look_is_repeated(site, tmp_path):
    site.jobs = [Job("j7", SNOW)]
    site.at(60, lambda: site.finish(site.jobs[0]))
    site.makes = lambda: Job("j8", status=WAITING)
    site.at(120, lambda: site.finish(site.jobs[1]))
    receipt = site.delete(deadline=AT_MOST, folder=tmp_path)
    assert (said(receipt), len(site.submits)) == (("deleted", 0), 1)
    assert site.submits[0] >= 60
    assert [path for path, _ in site.server.asked].count(f"{DELETE}/submitJob") == 1


def test_a_cache_that_was_built_anew_while_another_job_was_waited_for_is_shown_before_it_is_deleted(site, tmp_path):
    site.jobs = [Job("j7", SNOW)]
    site.at(60, lambda: setattr(site, "tiles", 9))
    site.at(65, lambda: site.finish(site.jobs[0]))
    site.makes = lambda: Job("j8", status=WAITING)
    site.at(120, lambda: site.finish(site.jobs[1]))
    receipt = site.delete(deadline=AT_MOST, folder=tmp_path)
    assert (said(receipt), receipt.before.tiles, len(site.submits)) == (("deleted", 0), 9, 1)
    assert "What was shown has changed in the meantime." in receipt.warnings


def test_a_job_for_the_service_that_somebody_else_has_submitted_is_followed(site, tmp_path):
    site.jobs = [Job("j7", RAIN, user="bob", early=True)]
    site.at(100, lambda: site.finish(site.jobs[0]))
    receipt = site.delete(deadline=AT_MOST, folder=tmp_path)
    assert (said(receipt), receipt.job_url, site.submits) == (("deleted", 0), site.job_url("j7"), [])
    assert any("Job j7 of bob" in words for words in site.heard.warnings)
