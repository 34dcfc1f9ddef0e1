"""One job for one service: begun once, and looked for in the server's list where its answer was lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from support.addresses import DELETE
from support.body_server import Page, refusal
from support.choosing import one_in
from support.entries import look
from support.job_site import EXECUTING, FAILED, LIST, PATIENCE, RAIN, SNOW, SUCCEEDED, WAITING, Job, JobSite, as_listed
from support.listener import Listener
from support.story import locked_after_one_token

from cachetools_core.errors import AlreadyRunning, CacheToolsError, JournalError, NeverSent, NotArcGIS, ServerSaysNo
from cachetools_core.local.journal import Journal
from cachetools_core.naming.service import ServiceReference
from cachetools_core.proof.ending import JobEnd, JobReport
from cachetools_core.proof.entry import Entry
from cachetools_core.server.candidates import Target
from cachetools_core.server.searching import Sight
from cachetools_core.server.site import Task
from cachetools_core.server.submission import Submission
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire, Wire
from cachetools_core.waiting import Run, next_look

START = datetime(2024, 5, 6, tzinfo=timezone.utc)  # when StillClock begins
BEFORE = look("there", [{"level": 0, "scale": 1.0, "tiles": 5, "bytes": 50}])
PAST_ARRIVAL = PATIENCE.arrival + 10  # a deadline for runs that have nothing else to end them
REFUSED = refusal(400, "No such job.")


class Desk:
    """A submission at a site of jobs; `deadline` and `stop` are the run's."""

    def __init__(self, site: JobSite, folder: Path) -> None:
        self.site, self._folder = site, folder
        self.heard = Listener()
        self.deadline = 200.0
        self.account = "anna"
        self.sign_in: Any = lambda wire: wire
        self.journal = Journal(site.url, folder)
        self.entry = Entry(
            site.url, "anna", START, BEFORE, f"{site.server.site}/{DELETE}", known_jobs=frozenset({"j0"})
        )

    def see(self) -> Sight:
        untouched = self.site.tiles in (5, None) and self.site.running == "false"
        return Sight(done=self.site.tiles == 0, untouched=untouched, mark=self.site.tiles)

    def submission(self) -> Submission:
        run = Run(self.site.clock, self.deadline, self.heard.cancelled)
        wire: Wire = self.sign_in(PlainWire(Trust(), run))
        self.run = run
        service = ServiceReference(self.site.server.site, "", "Rain", "MapServer")
        target = Target(service, self.site.server.site, wire, self.account)
        return Submission(target, self.journal, self.heard, PATIENCE, self.see)

    def begin(self) -> JobReport | None:
        task = Task("CachingTools", "DeleteCache", self.entry.task_url, frozenset({"service_url"}), frozenset())
        with self.journal.held():
            return self.submission().begin(task, {"service_url": RAIN}, BEFORE)

    def resume(self, entry: Entry | None = None) -> JobReport:
        with self.journal.held():
            return self.submission().resume(entry or self.entry)

    def cancel_at(self, seconds: float) -> None:
        self.site.at(seconds, lambda: setattr(self.heard, "cancel_now", True))

    def asked(self, path: str) -> int:
        return [one for one, _ in self.site.server.asked].count(path)


@pytest.fixture
def desk(site: JobSite, tmp_path: Path) -> Desk:
    return Desk(site, tmp_path)


def ended(report: JobReport | None) -> tuple[JobEnd, str]:
    assert report is not None
    return report.end, report.url


# Begun


def test_a_job_is_noted_before_it_is_submitted_and_with_its_id_before_it_is_looked_at(site, desk):
    noted: list[tuple[str, str | None]] = []
    answer = site.server.answer

    def note(path: str) -> Any:
        entry = desk.journal.entry()
        noted.append((path, None if entry is None else entry.job_id))
        return answer(path)

    site.server.answer = note
    site.makes = lambda: Job(status=SUCCEEDED)
    assert ended(desk.begin()) == (JobEnd.SUCCEEDED, site.job_url())
    assert noted[:3] == [(LIST, None), (f"{DELETE}/submitJob", ""), (f"{DELETE}/jobs/j1", "j1")]
    assert site.server.asked[1][1] == {"service_url": [RAIN], "f": ["json"]}


def test_the_entry_knows_the_jobs_that_were_there_before(site, desk):
    site.jobs = [Job("j7", status=SUCCEEDED), Job("j8", SNOW, status=FAILED)]
    site.lose_the_answer(None)
    site.makes = lambda: None
    desk.begin()
    assert desk.journal.entry().known_jobs == {"j7", "j8"}


@pytest.mark.parametrize(
    "job_id",
    one_in(3, [None, "", 5, "../../x", "j1/cancel", "j1?x", "j" * 101, ["j1"], "j 1"]),
    ids=str,
)
def test_a_job_id_that_is_none_is_a_lost_answer(job_id, site, desk):
    site.lose_the_answer({"jobId": job_id})
    site.makes = lambda: Job(status=FAILED)
    assert ended(desk.begin()) == (JobEnd.NO_ANSWER, "")
    assert len(site.submits) == 1
    assert "was answered without a job id" in desk.heard.warnings[0]


def test_an_older_job_is_not_taken_for_the_one_that_was_submitted(site, desk):
    site.jobs = [Job(status=FAILED)]
    site.lose_the_answer({"jobId": "j1"})
    site.makes = lambda: None
    assert ended(desk.begin()) == (JobEnd.NO_ANSWER, "")
    assert "was answered with an older job" in desk.heard.warnings[0]


def test_a_part_of_a_list_still_tells_which_jobs_are_older(site, desk):
    site.jobs = [Job(status=FAILED)]
    site.listed = lambda jobs: {"results": [as_listed(job) for job in jobs], "total": 20}
    site.lose_the_answer({"jobId": "j1"})
    site.makes = lambda: None
    assert ended(desk.begin()) == (JobEnd.NO_ANSWER, "")
    assert "was answered with an older job" in desk.heard.warnings[0]


def test_a_lock_that_is_lost_while_the_list_is_read_stops_the_submit(site, desk, tmp_path):
    answer = site.server.answer

    def remove_the_files(path: str) -> Any:
        for file in tmp_path.iterdir() if path == LIST else ():
            file.unlink()
        return answer(path)

    site.server.answer = remove_the_files
    with pytest.raises(JournalError, match="was removed or replaced"):
        desk.begin()
    assert site.submits == []


def test_an_account_that_may_not_list_the_jobs_may_submit_and_is_told_what_it_does_not_see(site, desk):
    site.bodies[LIST] = refusal(403)
    site.makes = lambda: Job(status=SUCCEEDED)
    assert ended(desk.begin()) == (JobEnd.SUCCEEDED, site.job_url())
    assert any("list of jobs can't be read with this account" in line for line in desk.heard.lines)
    assert desk.heard.warnings == []


def test_the_list_is_asked_for_again_where_it_fails_for_a_moment(site, desk):
    site.jobs = [Job("j7", status=FAILED)]
    site.bodies[LIST] = []
    site.at(0.1, lambda: site.bodies.pop(LIST))
    site.lose_the_answer(None)
    site.makes = lambda: None
    desk.begin()
    assert desk.journal.entry().known_jobs == {"j7"}


# Others at work


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


# The search for a job whose id isn't known


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


# A submit that was refused, never sent or lost; a job whose address is refused

LOST: list[Any] = [
    None, Page(0), b"", b"{", b"[]", *(Page(code) for code in (400, 403, 404, 408, 409, 425, 429, 499, 500, 502, 504)),
    Page(401), *(refusal(code) for code in (399, 402, 405, 408, 409, 425, 429, 499_000, 500, 502, 503, 504)),
    {"error": {"message": "No."}}, {"error": "No."}, {"status": "error", "messages": ["No."], "code": 403},
    {"code": 403, "message": "No."}, {"jobStatus": "esriJobSubmitted"}, {"success": False},
]  # fmt: skip
REFUSALS: list[Any] = [
    *(refusal(code) for code in (400, 401, 403, 404, 498, 499)),
    Page(401, headers={"WWW-Authenticate": "Negotiate"}),
]


@pytest.mark.parametrize("answer", one_in(3, LOST), ids=str)
def test_what_may_come_after_the_work_began_is_no_refusal(answer, site, desk):
    site.lose_the_answer(answer)
    site.makes = lambda: Job(status=FAILED)
    report = desk.begin()
    assert (ended(report), len(site.submits)) == ((JobEnd.NO_ANSWER, ""), 1)
    assert "for which service this is: Job j1" in report.trouble
    assert desk.journal.entry() is not None
    assert "looking for it, not submitting again" in desk.heard.warnings[0]


@pytest.mark.parametrize("answer", REFUSALS, ids=str)
def test_a_refusal_of_arcgis_server_itself_leaves_nothing_to_look_for(answer, site, desk):
    site.lose_the_answer(answer)
    site.makes = lambda: None
    with pytest.raises((ServerSaysNo, NotArcGIS)):
        desk.begin()
    assert (desk.journal.entry(), len(site.submits)) == (None, 1)


def test_a_new_job_after_a_refusal_is_believed_rather_than_the_refusal(site, desk):
    site.lose_the_answer(refusal(403))
    site.makes = lambda: Job(status=SUCCEEDED)
    assert ended(desk.begin()) == (JobEnd.SUCCEEDED, site.job_url())
    assert "But the server has a new job: Job j1" in desk.heard.warnings[0]


def test_another_services_job_after_a_refusal_changes_nothing(site, desk):
    site.lose_the_answer(refusal(403))
    site.makes = lambda: Job(shown=SNOW, early=True)
    with pytest.raises(ServerSaysNo):
        desk.begin()
    assert desk.journal.entry() is None


def test_a_submit_that_was_never_sent_leaves_nothing_to_look_for(site, desk):
    answer = site.server.answer

    def leave(path: str) -> Any:
        said = answer(path)
        site.server.stop_listening() if path == LIST else None
        return said

    site.server.answer = leave
    with pytest.raises(NeverSent):
        desk.begin()
    assert (site.submits, desk.journal.entry()) == ([], None)


def test_a_job_that_the_list_lacks_is_gone(site, desk):
    site.jobs = [Job("j0", status=FAILED)]
    assert ended(desk.resume(desk.entry.with_job("j9"))) == (JobEnd.GONE, site.job_url("j9"))


@pytest.mark.parametrize(
    "listed",
    [refusal(403), {"results": [{"jobID": "j9"}]}, {"results": [], "total": 1}, {"results": [], "nextStart": 5},
     {"results": [{"jobID": "j1", "status": WAITING}]}, {"results": [{"jobID": "j1", "status": FAILED}]}],
    ids=str,
)  # fmt: skip
def test_a_job_is_not_gone_where_the_list_does_not_show_it(listed, site, desk):
    site.bodies[LIST] = listed
    report = desk.resume(desk.entry.with_job("j9"))
    assert report.end is JobEnd.NO_ANSWER
    assert "doesn't show that the job is gone" in report.trouble


def test_a_job_that_the_server_did_not_name_is_followed_to_its_end(site, desk):
    site.lose_the_answer({"jobId": "j9"})
    site.makes = lambda: Job(early=True, status=FAILED)
    assert ended(desk.begin()) == (JobEnd.FAILED, site.job_url("j1"))
    assert desk.asked(LIST) == 2, "once before the submit, once for the job"
    assert desk.journal.entry().job_id == "j1"


def test_two_jobs_that_nobody_can_read_prove_nothing_together_either(site, desk):
    site.lose_the_answer({"jobId": "j9"})
    site.makes = lambda: Job(early=True)
    site.bodies[f"{DELETE}/jobs/j1"] = REFUSED
    report = desk.begin()
    assert ended(report) == (JobEnd.NO_ANSWER, site.job_url("j1"))
    assert "doesn't show that the job is gone" in report.trouble


def test_a_cancel_does_not_disturb_the_look_at_the_list(site, desk):
    site.jobs = [Job("j0", status=FAILED)]
    desk.cancel_at(PATIENCE.gone - 1)
    report = desk.resume(desk.entry.with_job("j9"))
    assert report.end in (JobEnd.GONE, JobEnd.NO_ANSWER)
    assert desk.asked(LIST) <= 1


@pytest.mark.parametrize(
    ("shown", "other"),
    [(SNOW, SNOW), ("rain:mapserver/", ""), ("/RAIN:MapServer", ""), (None, ""), (5, ""), ("Rain", "")],
)
def test_a_job_says_itself_which_other_service_it_is_for(shown, other, site, desk):
    site.jobs = [Job("j1", shown, SUCCEEDED)]
    submission = desk.submission()
    assert submission.service_of_another(JobReport(site.job_url("j1"))) == other
    assert submission.service_of_another(JobReport(site.job_url("j2"))) == ""
    assert submission.service_of_another(JobReport("")) == ""
