"""One job for one service: begun once, noted before it is submitted, and followed; what counts as a refusal."""

from __future__ import annotations

from typing import Any

import pytest
from support.addresses import DELETE
from support.body_server import Page, refusal
from support.choosing import one_in
from support.desk import REFUSED, ended
from support.job_site import FAILED, LIST, PATIENCE, RAIN, SNOW, SUCCEEDED, WAITING, Job, as_listed

from cachetools_core.errors import JournalError, NeverSent, NotArcGIS, ServerSaysNo
from cachetools_core.proof.ending import JobEnd, JobReport


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


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        (refusal(403), "list of jobs can't be read with this account"),
        ({"results": ["j7"], "total": 1}, "list of jobs leaves jobs or their ids out"),
    ],
    ids=["refused", "not whole"],
)
def test_who_sees_not_all_of_the_jobs_may_submit_and_is_told_what_is_not_seen(listed, told, site, desk):
    site.bodies[LIST] = listed
    site.makes = lambda: Job(status=SUCCEEDED)
    assert ended(desk.begin()) == (JobEnd.SUCCEEDED, site.job_url())
    assert any(told in line for line in desk.heard.lines)
    assert desk.heard.warnings == []


def test_the_list_is_asked_for_again_where_it_fails_for_a_moment(site, desk):
    site.jobs = [Job("j7", status=FAILED)]
    site.bodies[LIST] = []
    site.at(0.1, lambda: site.bodies.pop(LIST))
    site.lose_the_answer(None)
    site.makes = lambda: None
    desk.begin()
    assert desk.journal.entry().known_jobs == {"j7"}


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
