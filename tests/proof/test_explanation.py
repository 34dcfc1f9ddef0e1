"""What is said of a verdict: who says what, what ended the job, what to do next; nothing that the facts don't bear."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from support.choosing import some_of
from support.evidence import (
    CACHED,
    GONE,
    NOTHING,
    REPORTS,
    STOPPED,
    THERE,
    UNCACHED,
    UNREADABLE,
    admin,
    counted,
    every_look,
    in_short,
    look,
    report,
    service,
)
from support.receipts import AFTER, BEFORE, JOB, SERVICE, SITE

from cachetools_core.naming.service import read_service
from cachetools_core.proof import evidence
from cachetools_core.proof.ending import JobEnd, JobReport
from cachetools_core.proof.evidence import Look, Says, ServiceState, Why, Witness
from cachetools_core.proof.explanation import ENDED_BY, Story, explain
from cachetools_core.proof.look_words import look_in_words
from cachetools_core.proof.verdict import Verdict, verdict, what_remains
from cachetools_core.proof.words import in_megabytes
from cachetools_core.proof.written_look import look_as_dict

GOOD = (Verdict.DELETED, Verdict.NOTHING_TO_DELETE)
JOURNAL = "/journal/file.json"
LOST = JobReport("", end=JobEnd.NO_ANSWER, trouble="No answer.")
SUCCEEDED = JobReport(JOB, "esriJobSucceeded", JobEnd.SUCCEEDED)
FAILED = JobReport(JOB, "esriJobFailed", JobEnd.FAILED)
DENIED = "ERROR 999999: The cache folder could not be deleted: access is denied."
START = f"{SITE}/admin/services/Weather/Rainfall.MapServer/start"
NO_TIME = look(evidence.Testimony(Witness.SERVICE, NOTHING, Why.NO_TIME))


def story(job: JobReport, after: Look, before: Look = BEFORE, stopped: bool = False, late: bool = False) -> Story:
    return Story(read_service(SERVICE), before, job, after, JOURNAL, stopped, late)


def said(job: JobReport, after: Look, before: Look = BEFORE, stopped: bool = False, late: bool = False) -> str:
    """What happened and what to do next, for the verdict that these facts have."""
    found = verdict(job.end, what_remains(before, after), after.service)
    assert found not in GOOD
    return " ".join(explain(found, story(job, after, before, stopped, late)))


def with_words(job: JobReport, *complaints: str) -> JobReport:
    return replace(job, messages=("Submitted.", *complaints), complaints=complaints)


# Looks and sizes


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (BEFORE, "4,004 tiles in 2 scales, 1.1 MB"),
        (AFTER, "service answers, no cache, no tiles"),
        (look(CACHED, counted(0)), "service answers, cached, no tiles"),
        (look(CACHED), "service answers, cached, tiles not counted"),
        (
            look(replace(CACHED, scheme_scales=20)),
            "service answers, cached, a tiling scheme of 20 scales, tiles not counted",
        ),
        (look(UNCACHED), "service answers, no cache, tiles not counted"),
        (look(UNREADABLE), "service could not be read, cache not readable, tiles not counted"),
        (look(STOPPED, counted(0)), "service is not started, cache not readable, no tiles"),
        (look(STOPPED, counted(0), admin(GONE)), "service is not started, no cache, no tiles"),
        (look(UNCACHED, counted(21)), "21 tiles in 1 scale, 0.0 kB, though the service says that it has no cache"),
        (NO_TIME, "no time was left to look"),
        (Look(), "no time was left to look"),
    ],
)
def test_a_look_in_words(found: Look, words: str) -> None:
    assert look_in_words(found) == words
    assert look_as_dict(found) is not None


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (1_000_000, "1.0 MB"),
        (1_034_183, "1.0 MB"),
        (999_900_000, "999.9 MB"),
        (1_000_000_000, "1.0 GB"),
        (12_345_600_000_000, "12.3 TB"),
    ],
)
def test_bytes_are_told_in_the_unit_that_people_read(size: int, words: str) -> None:
    assert in_megabytes(size) == words


# The job


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (JobReport(JOB, "esriJobFailed", JobEnd.FAILED, ("a", "b")), "failed, esriJobFailed, 'b'"),
        (JobReport(JOB, end=JobEnd.NO_ANSWER, trouble="Search cancelled."), "no answer (Search cancelled)"),
        (JobReport(JOB), "still running"),
        (with_words(FAILED, "w1", "w2", "w3"), "failed, esriJobFailed, 'w2 w3'"),
        (with_words(FAILED, DENIED, "Failed to execute (DeleteCache).", "Failed at Mon May 6 (1.00 seconds)"),
         f"failed, esriJobFailed, '{DENIED}'"),
        (with_words(FAILED, "Failed."), "failed, esriJobFailed, 'Failed.'"),
    ],
)  # fmt: skip
def test_a_job_in_words(job: JobReport, words: str) -> None:
    assert job.in_words() == words


BOILERPLATE = [
    "Échec.", "Error", "null", "The job failed.", "Failed to execute(DeleteCache).", "An unknown error has occurred.",
    "Failed.", "failed", "Failed to execute (DeleteCache).", "Failed to execute", "Submitted.", "Executing...",
    "Failed at Mon May  6 02:00:00 2024 (Elapsed Time: 1.00 seconds)", "Start Time: Mon May  6 02:00:00 2024", "",
    "ERROR 000582: Error occurred during execution.", "ERROR 999999: Error executing function.", "Cancel complete.",
    "Unable to complete operation.",
]  # fmt: skip
REASONS = [
    DENIED, "Failed to execute: access is denied.", "Access is denied", "Disk full", "E_ACCESSDENIED",
    "ERROR 001394: too few instances",
    "Failed to delete D:\\cache\\Rainfall", "Cancelled by the administrator",
]  # fmt: skip


@pytest.mark.parametrize("words", BOILERPLATE + REASONS)
def test_what_every_failed_job_says_is_no_reason(words: str) -> None:
    assert with_words(FAILED, words).reasons == ((words,) if words in REASONS else ())


# Verdicts


def test_the_servers_words_are_said_to_tell_why_only_where_they_do() -> None:
    told = said(with_words(FAILED, DENIED, "Failed to execute (DeleteCache)."), BEFORE)
    assert f"'{DENIED}'" in told
    assert "The server's own words say why. Running this again is safe." in told
    for silent in (FAILED, *(with_words(FAILED, words) for words in BOILERPLATE)):
        told = said(silent, BEFORE)
        assert "own words" not in told
        assert "Its log" not in told
        assert "The server doesn't say why. The server's log is in ArcGIS Server Manager under Logs" in told
        assert "level Warning and Severe" in told


PART = look(CACHED, counted(3))


# A forgotten job may still wait for its turn where nothing is gone yet.
@pytest.mark.parametrize(
    ("end", "after"),
    [*((end, PART) for end in ENDED_BY), *((end, BEFORE) for end in ENDED_BY if end is not JobEnd.GONE)],
)
def test_a_job_that_did_not_end_by_itself_is_blamed_on_what_ended_it(end: JobEnd, after: Look) -> None:
    told = said(JobReport(JOB, end=end), after)
    assert ENDED_BY[end] in told
    assert "open" not in told
    assert "Run this again" in told or "Running this again is safe." in told


def test_files_that_are_held_open_are_blamed_only_where_nothing_else_is_known() -> None:
    part = look(CACHED, counted(3))
    assert "Files that another program holds open are the usual reason." in said(FAILED, part)
    assert "gone: 4,001 of 4,004 tiles." in said(FAILED, part)
    assert "open" not in said(with_words(FAILED, DENIED), part)


@pytest.mark.parametrize("end", [JobEnd.CANCELLED, JobEnd.FAILED, JobEnd.SUCCEEDED, JobEnd.TIMED_OUT])
def test_after_ones_own_cancel_nobody_else_is_blamed(end: JobEnd) -> None:
    for after in (BEFORE, look(CACHED, counted(3))):
        told = said(with_words(JobReport(JOB, end=end), "Cancel complete."), after, stopped=True)
        assert "You cancelled" in told
        assert "Run this again to delete the" in told
        assert "open" not in told.partition("You cancelled")[2]
        assert "omebody" not in told
        assert "say why" not in told


def test_a_submit_that_never_arrived_is_only_to_be_repeated() -> None:
    told = said(JobReport("", end=JobEnd.NEVER_ARRIVED), BEFORE)
    assert "is still there: the submit never arrived at the server." in told
    assert told.endswith("Run this again.")


def test_a_cache_that_nobody_counted_is_only_said_to_be_advertised() -> None:
    assert "is still advertised, and nobody counted its tiles. " in said(SUCCEEDED, look(CACHED))
    assert "is still there. " in said(SUCCEEDED, BEFORE)


def test_a_service_that_is_down_comes_with_two_ways_to_start_it() -> None:
    told = said(SUCCEEDED, look(STOPPED, counted(0)))
    assert "The cache of Weather/Rainfall:MapServer is gone, but the service is down." in told
    assert "ArcGIS Server Manager" in told
    assert f"a POST to {START}." in told


def test_a_deadline_is_named_as_the_cause() -> None:
    running = JobReport(JOB, "esriJobWaiting")
    assert f"still running: {JOB} (esriJobWaiting). The time limit of this run was reached." in said(
        running, BEFORE, late=True
    )
    assert "time given" not in said(running, BEFORE)
    assert "The time limit of this run was reached." in said(LOST, look(UNREADABLE), late=True)
    assert "time given" not in said(LOST, look(UNREADABLE))
    assert "follows that job and submits no other" in said(running, BEFORE)
    assert "()" not in said(JobReport(JOB), BEFORE)


def test_a_look_there_was_no_time_for_is_not_called_unreadable() -> None:
    told = said(SUCCEEDED, NO_TIME, late=True)
    assert "Afterwards no time was left to look." in told
    assert "read" not in told.replace("already", "")


def test_a_cancel_that_was_refused_is_said_to_be() -> None:
    running = JobReport(JOB, "esriJobWaiting", cancel_refused="It says no.")
    assert "The server didn't accept the cancel: It says no." in said(running, BEFORE)
    assert "cancel" not in said(replace(running, cancel_refused=""), BEFORE)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (
            look(UNCACHED, counted(21)),
            "according to the service there is no cache, according to the cache report there is one.",
        ),
        (
            look(CACHED, counted(0), admin(GONE)),
            "according to the cache report and the administrator API there is no cache, according to the service there"
            " is one.",
        ),
        (
            look(UNCACHED, report(why=Why.REFUSED), admin(THERE)),
            "according to the service there is no cache, according to the administrator API there is one.",
        ),
        (look(UNREADABLE, counted(0)), ""),
        (look(UNCACHED, report()), ""),
    ],
)
def test_a_contradiction_is_told_as_who_says_what(after: Look, words: str) -> None:
    told = said(SUCCEEDED, after)
    assert "Can't tell whether" in told
    assert ("They contradict each other" in told) is bool(words)
    assert words in told


def test_what_could_not_be_read_is_told_in_its_own_words() -> None:
    after = look(service(state=ServiceState.UNREADABLE, words="GET it: HTTP 502."), report())
    assert "GET it: HTTP 502." in said(LOST, after)
    assert f"Look at {SERVICE} and at the jobs" in said(LOST, after)


# The rule over all of it


@pytest.mark.parametrize(
    ("end", "stopped"),
    some_of(
        {f"{end.name}{', stopped' * stopped}": (end, stopped) for end in JobEnd for stopped in (False, True)},
        "SUCCEEDED", "FAILED", "GONE", "NO_ANSWER, stopped", "RUNNING, stopped",
    ),
)  # fmt: skip
def test_no_remedy_turns_the_same_answers_into_a_success(end: JobEnd, stopped: bool) -> None:
    """Who is told to remove the journal's entry must not be told "nothing to delete" by the very same answers."""
    unknown = 0
    for counts, after in product(REPORTS, every_look()):
        before = look(CACHED, counts)
        found = verdict(end, what_remains(before, after), after.service)
        if found in GOOD:
            continue
        what, remedy = explain(found, story(JobReport(JOB, end=end, trouble="No."), after, before, stopped))
        assert what and remedy.endswith(".")
        assert "  " not in what + remedy and ".." not in what + remedy, what
        assert (JOURNAL in remedy) is (found is Verdict.UNKNOWN and not after.has_no_cache), in_short(after)
        if found is Verdict.UNKNOWN:
            unknown += 1
            assert SERVICE in remedy and "Server Manager" in remedy
            assert not after.has_no_cache or "System/ReportingTools" in remedy
    assert unknown or end is JobEnd.RUNNING


def test_who_says_what_is_in_every_verdict_but_one_that_the_running_job_explains() -> None:
    for after in every_look():
        told = said(LOST, after, look(CACHED, counted(5))) if not _is_gone(after) else ""
        for one in after.testimonies:
            if told and one.says is not Says.NOTHING:
                assert one.in_words().removeprefix("the service ") in told


def _is_gone(after: Look) -> bool:
    return verdict(LOST.end, what_remains(look(CACHED, counted(5)), after), after.service) in GOOD


def test_no_file_is_to_be_deleted_where_no_job_is_noted() -> None:
    for one in (story(LOST, BEFORE), replace(story(LOST, BEFORE), journal_file="")):
        remedy = explain(Verdict.UNKNOWN, one)[1]
        assert ("delete" in remedy) is bool(one.journal_file)
