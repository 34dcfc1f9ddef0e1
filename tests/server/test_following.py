"""A job that is followed to its end, or watched; every status, and what may come instead of one."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.body_server import BodyServer
from support.clocks import StillClock
from support.listener import Listener
from support.story import locked_after_one_token

from cachetools_core.messages import Messages
from cachetools_core.proof.ending import JobEnd, JobReport
from cachetools_core.server import job_messages
from cachetools_core.server.following import follow, follow_from_the_start, watch
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire, Wire
from cachetools_core.waiting import Patience, Run, next_look

PATIENCE = Patience(no_answer=30, gone=8, cancel=12)
REFUSED = {"error": {"code": 400, "message": "Invalid or missing input parameters", "details": []}}
NO_SUCH_JOB = {"error": {"code": 400, "message": "Unable to complete operation.", "details": ["No such job."]}}
PAGE = b"<html><h1>502 Bad Gateway</h1></html>"


class JobServer:
    """A job's address; `status` and `cancel` are asked for a body each time, `times` says when."""

    def __init__(self, server: BodyServer) -> None:
        self.clock = StillClock()
        self.listener = Listener()
        self.url = f"{server.site}/job/j1"
        self.times: list[float] = []
        self.cancels: list[float] = []
        self.status: Callable[[float], Any] = lambda seconds: {"jobStatus": "esriJobSucceeded"}
        self.cancel: Callable[[float], Any] = lambda seconds: {"jobStatus": "esriJobCancelling"}
        self._site = server.site
        server.answer = self._answer

    def _answer(self, path: str) -> bytes | None:
        seconds = self.clock.seconds
        asked, body = (self.cancels, self.cancel) if path.endswith("/cancel") else (self.times, self.status)
        asked.append(seconds)
        content = body(seconds)
        return content if isinstance(content, bytes) else json.dumps(content).encode()

    def follow(
        self,
        patience: Patience = PATIENCE,
        deadline: float = 1000.0,
        sign_in: Callable[[PlainWire], Wire] = lambda rest: rest,
        how: Callable[[Wire, str, Messages, Patience], JobReport] = follow,
    ) -> JobReport:
        self.run = run = Run(self.clock, deadline, self.listener.cancelled)
        return how(sign_in(PlainWire(Trust(), run)), self.url, self.listener, patience)

    def cancel_at(self, moment: float) -> None:
        def ask(seconds: float) -> None:
            self.listener.cancel_now = seconds >= moment

        self.clock.as_time_passes = ask


@pytest.fixture
def job() -> Iterator[JobServer]:
    with BodyServer(lambda path: None) as server:
        yield JobServer(server)


def then(*bodies: Any) -> Callable[[float], Any]:
    """One body after another, the last one for ever."""
    left = list(bodies)
    return lambda seconds: left.pop(0) if len(left) > 1 else left[0]


def says(status: Any, **more: Any) -> dict[str, Any]:
    return {"jobId": "j1", "jobStatus": status, **more}


# How it ends


@pytest.mark.parametrize(
    ("status", "end"),
    [
        ("esriJobSucceeded", JobEnd.SUCCEEDED),
        ("esriJobFailed", JobEnd.FAILED),
        ("esriJobTimedOut", JobEnd.TIMED_OUT),
        ("esriJobCancelled", JobEnd.CANCELLED),
        ("esriJobDeleted", JobEnd.DELETED),
    ],
)
def test_each_status_that_is_an_end_ends_the_following_at_the_first_look(status, end, job):
    job.status = then(says(status))
    report = job.follow()
    assert (report.end, report.status, report.url, report.trouble) == (end, status, job.url, "")
    assert job.times == [0.0]


@pytest.mark.parametrize(
    "status", ["New", "Submitted", "Waiting", "Executing", "Cancelling", "Deleting"], ids="esriJob{}".format
)
def test_each_status_that_is_no_end_is_followed_on(status, job):
    job.status = then(says(f"esriJob{status}"), says(f"esriJob{status}"), says("esriJobSucceeded"))
    assert job.follow().end is JobEnd.SUCCEEDED
    assert len(job.times) == 3
    job.times.clear()
    job.status = then(says(f"esriJob{status}"))
    report = job.follow(deadline=20)
    assert (report.end, report.status) == (JobEnd.RUNNING, f"esriJob{status}")


@pytest.mark.parametrize(
    "body",
    [says("esriJobPaused"), says("succeeded"), says("esrijobsucceeded"), {"jobId": "j1"}, says(""), says(None),
     says(5), says(["esriJobSucceeded"]), says({"esriJobSucceeded": True}), {}],
    ids=str,
)  # fmt: skip
def test_a_status_that_nobody_documents_is_never_taken_for_an_end(body, job):
    job.status = then(body)
    report = job.follow()
    assert report.end is JobEnd.NO_ANSWER
    assert ("isn't documented" if body.get("jobStatus") else "gives the job no status") in report.trouble
    assert PATIENCE.no_answer <= job.clock.seconds < PATIENCE.no_answer + 5


def test_what_is_said_of_another_job_is_not_taken_for_this_one(job):
    other = {**says("esriJobFailed"), "jobId": "j2", "messages": [{"description": "The other one's."}]}
    job.status = lambda seconds: other if 0 < seconds < 20 else says("esriJobExecuting" if seconds < 40 else
                                                                     "esriJobSucceeded")  # fmt: skip
    assert (job.follow().end, job.listener.everything.count("other one")) == (JobEnd.SUCCEEDED, 0)
    job.status = then(other)
    report = job.follow()
    assert (report.end, report.status, report.messages) == (JobEnd.NO_ANSWER, "", ())
    assert "another job" in report.trouble


def test_an_answer_that_names_no_job_is_this_ones(job):
    job.status = then({"jobStatus": "esriJobSucceeded"})
    assert job.follow().end is JobEnd.SUCCEEDED


def test_a_sign_in_that_is_refused_meanwhile_ends_the_following_at_once(job):
    job.status = then(says("esriJobExecuting"), {"error": {"code": 498, "message": "Invalid Token", "details": []}})
    report = job.follow(sign_in=locked_after_one_token)
    assert (report.end, report.status, report.trouble) == (
        JobEnd.NO_ANSWER, "esriJobExecuting", "The account is locked by now."
    )  # fmt: skip
    assert len(job.times) == 2


def test_a_job_that_was_never_read_is_not_called_running(job):
    asked_enough = threading.Event()
    job.clock.silent = True
    job.status = lambda seconds: asked_enough.wait() and says("esriJobExecuting")
    report = job.follow(deadline=10.0)
    asked_enough.set()
    assert (report.end, report.status) == (JobEnd.NO_ANSWER, "")


@pytest.mark.parametrize(("status", "told"), [("esriJobPaused", "esriJobPaused"), ("", "esriJobExecuting")])
def test_the_last_status_word_is_told_whatever_it_is(status, told, job):
    job.status = then(says("esriJobExecuting"), says(status))
    assert job.follow().status == told


def test_a_status_that_nobody_documents_may_pass(job):
    job.status = lambda seconds: says("esriJobPaused" if seconds < 20 else "esriJobSucceeded")
    report = job.follow()
    assert (report.end, report.trouble) == (JobEnd.SUCCEEDED, "")


@pytest.mark.parametrize("code", [400, 404])
def test_a_job_that_the_server_does_not_know_is_gone_after_a_while(code, job):
    job.status = then({"error": {**NO_SUCH_JOB["error"], "code": code}})
    report = job.follow()
    assert report.end is JobEnd.GONE
    assert "No such job." in report.trouble
    assert PATIENCE.gone <= job.clock.seconds < PATIENCE.no_answer


@pytest.mark.parametrize("code", [400, 404])
def test_a_job_that_is_not_known_for_a_moment_only_is_not_gone(code, job):
    unknown = {"error": {"code": code, "message": "No.", "details": []}}
    job.status = lambda seconds: unknown if 1 < seconds < 7 else says("esriJobExecuting" if seconds < 9 else
                                                                      "esriJobSucceeded")  # fmt: skip
    assert job.follow().end is JobEnd.SUCCEEDED


@pytest.mark.parametrize(
    "body",
    [PAGE, b"", b"{", b"[]", {"error": {"code": 500, "message": "Error performing operation"}},
     {"error": {"code": 403, "message": "No."}}, {"error": {"code": 498, "message": "Invalid Token"}},
     {"status": "error", "messages": ["No."], "code": 500}],
    ids=str,
)  # fmt: skip
def test_a_job_that_cannot_be_read_is_given_up_after_a_while(body, job):
    job.status = then(says("esriJobExecuting"), body)
    report = job.follow()
    assert (report.end, report.status) == (JobEnd.NO_ANSWER, "esriJobExecuting")
    assert report.trouble
    assert PATIENCE.no_answer <= job.clock.seconds < PATIENCE.no_answer + 8


def test_each_answer_gives_the_patience_anew(job):
    job.status = lambda seconds: says("esriJobExecuting") if int(seconds / 25) % 2 == 0 else PAGE
    assert job.follow(Patience(no_answer=60), deadline=220).end is JobEnd.RUNNING
    assert job.clock.seconds >= 220


def test_what_was_not_readable_for_a_while_does_not_matter_in_the_end(job):
    job.status = lambda seconds: PAGE if seconds < 25 else says("esriJobSucceeded")
    report = job.follow()
    assert (report.end, report.trouble) == (JobEnd.SUCCEEDED, "")


def test_at_the_deadline_a_job_is_running_only_where_the_last_look_said_so(job):
    job.status = lambda seconds: says("esriJobExecuting") if seconds < 50 else PAGE
    assert job.follow(deadline=45).end is JobEnd.RUNNING
    job.clock.seconds = 0.0
    assert job.follow(deadline=60).end is JobEnd.NO_ANSWER


def test_a_deadline_within_a_request_leaves_the_job_as_it_was_last_seen(job):
    def answer(seconds: float) -> Any:
        job.clock.silent = seconds > 10
        if job.clock.silent:
            threading.Event().wait(0.5)
        return says("esriJobExecuting")

    job.status = answer
    report = job.follow(deadline=30)
    assert (report.end, report.trouble) == (JobEnd.RUNNING, "")


# How often it is looked at


def test_the_first_look_is_at_once_and_the_waits_fit_the_time_spent(job):
    job.status, job.clock.seconds = then(says("esriJobExecuting")), 1000.0
    job.follow(deadline=1000)
    assert job.times[0] == 1000.0
    gaps = [later - earlier for earlier, later in zip(job.times, job.times[1:])]
    assert gaps == pytest.approx([next_look(moment - 1000) for moment in job.times[:-1]])
    assert gaps[-1] == pytest.approx(30.0)


def test_a_job_that_was_submitted_a_moment_ago_is_looked_at_a_moment_later(job):
    job.status = then(says("esriJobExecuting"), says("esriJobSucceeded"))
    report = job.follow(how=follow_from_the_start)
    assert report.end is JobEnd.SUCCEEDED
    assert job.times == pytest.approx([next_look(0), next_look(0) + next_look(next_look(0))])


def test_a_cancel_before_the_first_look_is_handed_on_too(job):
    job.status = lambda seconds: says("esriJobCancelled" if job.cancels else "esriJobExecuting")
    job.listener.cancel_now = True
    assert job.follow(how=follow_from_the_start).end is JobEnd.CANCELLED
    assert len(job.cancels) == 1


def test_a_short_job_is_seen_to_end_at_once(job):
    job.status = lambda seconds: says("esriJobExecuting" if seconds < 2 else "esriJobSucceeded")
    job.follow()
    assert job.clock.seconds < 2.3


# Cancel


@pytest.mark.parametrize("moment", [0.05, 3.0, 57.0, 300.0])
def test_a_cancel_is_felt_within_a_quarter_of_a_second(moment, job):
    job.status = lambda seconds: says("esriJobCancelled" if job.cancels else "esriJobExecuting")
    job.cancel_at(moment)
    report = job.follow()
    assert report.end is JobEnd.CANCELLED
    assert moment <= job.cancels[0] <= moment + 0.25
    assert len(job.cancels) == 1
    assert job.listener.warnings == ["Cancelling: asking the server to stop the job. What is deleted stays deleted."]
    assert "The server has accepted the cancel." in job.listener.lines


def test_a_cancel_is_felt_while_the_status_is_awaited_too(job):
    over = threading.Event()

    def answer(seconds: float) -> Any:
        if seconds > 5 and not job.cancels:
            job.clock.silent = True
            over.wait(10)
        return says("esriJobCancelled" if job.cancels else "esriJobExecuting")

    def cancel(seconds: float) -> Any:
        return says("esriJobCancelling")

    job.status, job.cancel = answer, cancel
    felt: list[float] = []

    def pass_time(seconds: float) -> None:
        if seconds >= 12 and not felt:
            felt.append(seconds)
            job.listener.cancel_now = True
        elif felt:
            job.clock.silent = False

    job.clock.as_time_passes = pass_time
    try:
        report = job.follow()
    finally:
        over.set()
    assert report.end is JobEnd.CANCELLED
    assert felt[0] <= job.cancels[0] <= felt[0] + 0.5


def test_a_cancel_that_is_refused_while_the_job_is_only_submitted_is_asked_for_again(job):
    def status(seconds: float) -> Any:
        if job.cancels and seconds >= 6:
            return says("esriJobCancelled")
        return says("esriJobSubmitted" if seconds < 4 else "esriJobExecuting")

    job.status = status
    job.cancel = lambda seconds: REFUSED if seconds < 4 else says("esriJobCancelling")
    job.cancel_at(1.0)
    report = job.follow()
    assert report.end is JobEnd.CANCELLED
    assert len(job.cancels) > 1
    assert job.cancels[-1] < 6
    assert job.listener.lines.count("The server has accepted the cancel.") == 1
    assert report.cancel_refused == "", "it was taken in the end"


def test_while_a_cancel_is_awaited_the_job_is_looked_at_at_least_each_second(job):
    job.status = lambda seconds: says("esriJobExecuting")
    job.cancel_at(100.0)
    report = job.follow()
    late = [moment for moment in job.times if moment > 100.5]
    assert report.end is JobEnd.RUNNING
    assert max(later - earlier for earlier, later in zip(late, late[1:])) <= 1.0 + 1e-6
    assert 100 + PATIENCE.cancel <= job.clock.seconds < 100 + PATIENCE.cancel + 2


def test_a_cancel_that_the_server_never_takes_ends_after_a_while_with_its_words(job):
    job.status = lambda seconds: says("esriJobExecuting")
    job.cancel = lambda seconds: REFUSED
    job.cancel_at(2.0)
    report = job.follow()
    assert report.end is JobEnd.RUNNING
    assert "Invalid or missing input parameters" in report.cancel_refused


def test_a_cancel_that_gets_no_answer_in_time_was_not_refused(job):
    over = threading.Event()

    def cancel(seconds: float) -> Any:
        job.clock.silent = True
        return over.wait() and says("esriJobCancelling")

    job.status, job.cancel = then(says("esriJobExecuting")), cancel
    job.cancel_at(2.0)
    report = job.follow(deadline=20.0)
    over.set()
    assert (report.end, report.status, report.cancel_refused) == (JobEnd.RUNNING, "esriJobExecuting", "")


def test_after_a_cancel_a_job_that_cannot_be_read_is_not_called_running(job):
    job.status = lambda seconds: says("esriJobExecuting") if seconds < 3 else PAGE
    job.cancel_at(2.9)
    assert job.follow().end is JobEnd.NO_ANSWER


def test_a_job_that_ends_well_in_spite_of_the_cancel_has_succeeded(job):
    job.status = lambda seconds: says("esriJobSucceeded" if job.cancels else "esriJobExecuting")
    job.cancel = lambda seconds: REFUSED
    job.cancel_at(2.0)
    assert job.follow().end is JobEnd.SUCCEEDED


def test_a_deadline_while_the_cancel_is_handed_on_ends_the_following(job):
    def cancel(seconds: float) -> Any:
        job.clock.silent = True
        threading.Event().wait(0.5)
        return says("esriJobCancelling")

    job.status, job.cancel = then(says("esriJobExecuting")), cancel
    job.cancel_at(5.0)
    assert job.follow(deadline=20).end is JobEnd.RUNNING


# What it tells


def test_progress_is_told_at_each_look_with_what_is_waited_for_and_until_when(job):
    progress = [None, {"percent": 0}, {"percent": 0}, {"percentage": 40.5}, {"percent": 40.5}, {"percent": 100}]
    bodies = [says("esriJobExecuting", **({"progress": one} if one else {})) for one in progress]
    job.status = then(says("esriJobSubmitted"), says("esriJobWaiting"), *bodies, says("esriJobSucceeded"))
    job.follow()
    until = f", followed {job.run.until}"
    running = f"The job is running{until}"
    assert job.listener.labels == [
        (f"The job is submitted{until}", None),
        (f"The job waits for a free instance of the caching tools{until}", None),
        (running, None),
        (running, 0.0),
        (running, 0.0),
        (running, 40.5),
        (running, 40.5),
        (running, 100.0),
    ]


@pytest.mark.parametrize("progress", [{"percent": 101}, {"percent": -1}, {"percent": "40"}, {"percent": None}, 40, []])
def test_progress_that_makes_no_sense_is_not_shown_as_a_number(progress, job):
    job.status = then(says("esriJobExecuting", progress=progress), says("esriJobSucceeded"))
    job.follow()
    assert job.listener.labels == [(f"The job is running, followed {job.run.until}", None)]


def test_a_status_without_words_of_its_own_is_shown_as_it_is(job):
    job.status = then(says("esriJobDeleting"), says("esriJobDeleted"))
    job.follow()
    assert job.listener.labels == [(f"The job says esriJobDeleting, followed {job.run.until}", None)]


def message(text: Any, kind: str = "Informative") -> dict[str, Any]:
    return {"type": f"esriJobMessageType{kind}", "description": text}


def test_messages_are_handed_on_once_each_and_in_their_order(job):
    all_of_them = [message(f"Level {number}") for number in range(6)]
    lists = [all_of_them[:1], all_of_them[:1], all_of_them[:4], [], all_of_them[:4]]
    job.status = then(*(says("esriJobExecuting", messages=one) for one in lists),
                      says("esriJobSucceeded", messages=all_of_them))  # fmt: skip
    report = job.follow()
    assert report.messages == tuple(f"Level {number}" for number in range(6))
    assert job.listener.lines == [f"Server: Level {number}" for number in range(6)]


def test_warnings_and_errors_of_the_server_are_warnings(job):
    kinds = ["Informative", "Warning", "Error", "Abort", "Empty", "ProcessStart"]
    said = [message(kind, kind) for kind in kinds]
    job.status = then(says("esriJobFailed", messages=said))
    report = job.follow()
    assert (report.messages, report.complaints) == (tuple(kinds), ("Warning", "Error", "Abort"))
    assert job.listener.warnings == ["Server: Warning", "Server: Error", "Server: Abort"]
    assert job.listener.lines == ["Server: Informative", "Server: Empty", "Server: ProcessStart"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"type": "esriJobMessageTypeError", "description": "Lock"}, ("Lock",)),
        ({"0": {"Type": "esriJobMessageTypeError", "Message": "Lock"}}, ("Lock",)),
        ({"0": "Lock"}, ("Lock",)),
        ("Lock", ("Lock",)),
        (None, ()),
        ({}, ()),
        (0, ()),
    ],
    ids=str,
)
def test_words_in_another_form_than_a_list_are_told_too(said, told, job):
    job.status = then(says("esriJobFailed", messages=said))
    report = job.follow()
    assert (report.messages, report.tells_an_error) == (told, "MessageTypeError" in str(said))


@pytest.mark.parametrize("odd", [{"jobId": "J1"}, {"jobStatus": "esriJobSucceeded "}], ids=str)
def test_letter_case_of_an_id_and_blanks_around_a_status_say_nothing_else(odd, job):
    job.status = then({**says("esriJobSucceeded"), **odd})
    assert (job.follow().end, job.follow().status) == (JobEnd.SUCCEEDED, "esriJobSucceeded")


def test_messages_of_other_shapes_are_told_as_far_as_they_have_words(job):
    job.status = then(says("esriJobSucceeded", messages=["plain", message(""), {"type": "x"}, message(7), None]))
    assert job.follow().messages == ("plain", "7", "None")


def test_a_flood_that_starts_anew_is_not_compared_at_every_length(job):
    """To compare them at each length takes hours where some 100,000 messages are alike."""

    class Lengths(list[Any]):
        compared = 0

        def __getitem__(self, at: Any) -> Any:
            Lengths.compared += isinstance(at, slice)
            return super().__getitem__(at)

    flood = [("Retrying", False)] * 5000
    assert job_messages._known_of([*flood, ("a", False)], Lengths([*flood, ("b", False)])) is None
    assert Lengths.compared <= job_messages.LONGEST_OVERLAP + 2


def test_a_flood_of_messages_is_kept_in_part(job):
    job.status = then(says("esriJobExecuting", messages=[message("a")] * 900),
                      says("esriJobSucceeded", messages=[message("a")] * 5000))  # fmt: skip
    assert len(job.follow().messages) == 1000


@pytest.mark.parametrize(
    ("lists", "told"),
    [
        (["ab", "", "abc"], "abc"),
        (["ab", "a", "abc"], "abc"),
        (["abc", "bcd", "cde"], "abcde"),
        (["aba", "bac"], "abac"),
        (["abc", "x", "xy", "xyz"], "abcxyz"),
        (["abc", "xab", "xabc"], "abcxc"),
        (["abc", "ax", "axa"], "abcxa"),
        (["abc", "xyx"], "abcxyx"),
        (["ab", "xy", "abc"], "abxyc"),
        (["aa", "aaa", "aaa"], "aaa"),
    ],
)
def test_a_list_of_messages_that_is_shortened_slides_or_starts_anew_loses_nothing_and_repeats_nothing(lists, told, job):
    said = [[message(letter) for letter in letters] for letters in lists]
    job.status = then(*(says("esriJobExecuting", messages=one) for one in said),
                      says("esriJobFailed", messages=[*said[-1], message("why", "Error")]))  # fmt: skip
    report = job.follow()
    assert ("".join(report.messages[:-1]), report.complaints) == (told, ("why",))
    assert "".join(line.removeprefix("Server: ") for line in job.listener.lines) == told


# Somebody else's job


def test_a_job_that_is_watched_is_never_cancelled(job):
    job.status = then(says("esriJobExecuting"))
    job.cancel_at(5.0)
    report = job.follow(how=watch)
    assert (report.end, report.status, job.cancels) == (JobEnd.RUNNING, "esriJobExecuting", [])
    assert job.clock.seconds < 6
    assert any("wasn't started by this run, so it is left alone" in words for words in job.listener.warnings)


def test_a_job_that_is_watched_is_told_like_ones_own(job):
    job.status = then(says("esriJobExecuting"), says("esriJobSucceeded", messages=[message("Done.")]))
    report = job.follow(how=watch)
    assert (report.end, report.messages) == (JobEnd.SUCCEEDED, ("Done.",))
