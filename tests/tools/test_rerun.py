"""A rerun: what an earlier run has noted is found again, and never submitted again; and what a spoilt journal does."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.bench import FACTOR, PATIENCE, Bench
from support.clocks import FastClock
from support.journals import holding
from support.listener import CancelWhen, Listener
from support.needs import needed
from support.no_room import NO_ROOM, no_room
from support.story import delete, files_below, service_url

from cachetools_core.errors import AlreadyRunning
from cachetools_core.local.journal import Journal

HALF_WAY = 2.0 * FACTOR  # story seconds: enough to submit a job, on a busy machine too
FOR_HOURS = 36_000.0


def file_of(place: Bench) -> Path:
    return Journal(service_url(place.server), place.journal).file


# A second process


@pytest.fixture
def other_process(place: Bench) -> Iterator[subprocess.Popen[str]]:
    with holding(service_url(place.server), place.journal) as process:
        yield process


def test_a_second_process_is_locked_out_and_submits_nothing(place, other_process):
    seen = place.run()
    assert seen.facts == ("still-running", 5, "CT503", 0, 12)
    with pytest.raises(AlreadyRunning), Journal(service_url(place.server), place.journal).held():
        raise AssertionError("held twice")


def test_the_lock_ends_with_its_process_however_that_ends(place, other_process):
    other_process.kill()
    other_process.wait()
    assert place.run().facts == ("deleted", 0, "-", 1, 0)


def test_another_service_is_not_locked(place, other_process):
    with Journal(service_url(place.server, "Other"), place.journal).held() as held:
        assert held.entry() is None


# A file that can't be understood, or written


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff\xfe", b'{"service": "https://h/rest/services/Other/MapServer"}']
)
def test_a_file_that_cannot_be_understood_stops_everything_and_says_what_to_do(content, place):
    file = file_of(place)
    file.write_bytes(content)
    seen = place.run()
    assert seen.facts == ("unknown", 5, "CT502", 0, 12)
    assert seen.complaints() == []
    assert str(file) in seen.receipt["error"]["text"]
    assert "delete that file" in seen.receipt["error"]["text"]


def test_a_folder_in_place_of_the_file(place):
    file_of(place).mkdir()
    assert place.run().facts == ("unknown", 5, "CT502", 0, 12)


def test_a_file_in_place_of_the_folder(place):
    place.journal.rmdir()
    place.journal.write_text("")
    seen = place.run()
    assert seen.facts == ("not-deleted", 1, "CT502", 0, 12)
    assert f"{place.journal} can't be read: Not a directory." in seen.receipt["error"]["text"]


def test_a_pipe_in_place_of_the_lock(place):
    if not hasattr(os, "mkfifo"):
        needed("needs named pipes, which Windows keeps elsewhere")
    os.mkfifo(file_of(place).with_suffix(".lock"))
    seen = place.run()
    assert seen.facts == ("not-deleted", 1, "CT502", 0, 12)
    assert "can't be written: " in seen.receipt["error"]["text"]


def test_a_full_disk_before_the_submit_stops_it_and_leaves_nothing(place):
    with no_room():
        seen = place.run()
    assert seen.facts == ("not-deleted", 1, "CT502", 0, 12)
    assert f"can't be written: {NO_ROOM}." in seen.receipt["error"]["text"]
    assert {path.suffix for path in place.journal.iterdir()} == {".lock"}
    assert place.run().facts == ("deleted", 0, "-", 1, 0)


def test_a_disk_that_fills_up_after_the_submit_is_said_and_ends_nothing(place):
    with ExitStack() as later:

        def fill(request: Any) -> None:
            if request.step == "submit":
                later.enter_context(no_room())

        place.server.before_request = fill
        seen = place.run()
    assert seen.facts == ("deleted", 0, "-", 1, 0)
    assert f"{NO_ROOM}. If this run is interrupted, look at {seen.receipt['job_url']}" in seen.heard.everything


def test_an_entry_that_cannot_be_removed_at_the_end_is_said(place):
    file = file_of(place)

    def replace_the_entry(request: Any) -> None:
        if request.step == "job" and file.is_file():
            file.unlink()
            (file / "inside").mkdir(parents=True)

    place.server.before_request = replace_the_entry
    seen = place.run()
    assert seen.facts == ("deleted", 0, "-", 1, 0)
    assert any(str(file) in words and "out of date" in words for words in seen.receipt["warnings"])


def test_a_refused_submit_leaves_no_entry(place):
    assert place.run("access-denied@submit").facts == ("not-deleted", 4, "CT303", 0, 12)
    assert not file_of(place).exists()


# A rerun


def test_a_run_that_ended_at_its_deadline_is_taken_up_by_the_next(place):
    place.server.let_jobs_take(FOR_HOURS)
    first = place.run(deadline=HALF_WAY)
    assert (first.verdict, first.error_id) == ("still-running", "CT704")
    assert file_of(place).exists()
    place.server.let_jobs_take(0.0)
    second = place.run()
    assert second.facts == ("deleted", 0, "-", 1, 0)
    assert second.receipt["job_url"] == first.receipt["job_url"]
    assert f"Following {first.receipt['job_url']}" in second.heard.lines
    assert second.receipt["before"]["tiles"] == 2735
    assert not file_of(place).exists()


def test_a_job_that_runs_on_at_every_deadline_is_followed_by_every_run(place):
    first = place.run("job-waits-forever", deadline=HALF_WAY)
    for _ in range(2):
        seen = place.run(deadline=HALF_WAY)
        assert (seen.verdict, seen.receipt["job_url"]) == ("still-running", first.receipt["job_url"])
        assert (seen.submits, seen.posts, seen.complaints()) == (1, 0, [])


def test_a_cancel_that_the_server_did_not_take_is_taken_up_by_the_next(place):
    place.server.let_jobs_take(12.0)  # a tenth of that until it is at work
    patience = replace(PATIENCE, cancel=5)
    first = place.run("http-503@cancel", listener=CancelWhen("The job is running"), patience=patience)
    assert (first.verdict, first.receipt["exit_code"]) == ("still-running", 5)
    assert "didn't accept the cancel" in first.receipt["error"]["text"]
    place.server.clear_faults()
    place.server.let_jobs_take(0.0)
    second = place.run()
    assert second.facts == ("deleted", 0, "-", 1, 0)
    assert second.receipt["job_url"] == first.receipt["job_url"]


def test_a_cancel_that_comes_too_late_changes_nothing(place):
    seen = place.run(listener=CancelWhen("Looking at what is left"))
    assert seen.facts == ("deleted", 0, "-", 1, 0)


def test_a_run_that_fails_before_it_has_found_its_job_never_says_not_deleted(place):
    place.server.let_jobs_take(FOR_HOURS)
    assert place.run(deadline=HALF_WAY).verdict == "still-running"
    place.server.let_jobs_take(0.0)
    down = place.run("http-503@info", deadline=60)
    assert (down.verdict, down.receipt["exit_code"], down.error_id) == ("unknown", 5, "CT206")
    assert any(str(file_of(place)) in words for words in down.receipt["warnings"])
    place.server.clear_faults()
    locked = place.run("account-locked")
    assert (locked.verdict, locked.receipt["exit_code"], locked.error_id) == ("unknown", 5, "CT402")
    place.server.clear_faults()
    stopped = place.run(listener=CancelWhen(""))
    assert (stopped.verdict, stopped.receipt["exit_code"], stopped.error_id) == ("unknown", 5, "CT601")
    assert [run.complaints() for run in (down, locked, stopped)] == [[], [], []]
    assert place.run().facts == ("deleted", 0, "-", 1, 0)


def test_a_job_that_is_gone_and_a_cache_built_since_are_recognised(place):
    assert place.run("job-waits-forever", deadline=HALF_WAY).verdict == "still-running"
    place.server.restart()
    place.server.rebuild_cache("Rainfall")
    place.server.clear_faults()
    seen = place.run()
    assert (seen.verdict, seen.files, seen.posts, seen.submits) == ("deleted", 0, 1, 2)
    assert any(
        "not known to the server any more" in words and "It needs a new job" in words
        for words in seen.receipt["warnings"]
    )


def test_a_job_that_is_gone_after_it_has_done_its_work_is_not_followed_by_another(place):
    place.server.let_jobs_take(FOR_HOURS)
    assert place.run("job-gone", deadline=HALF_WAY).verdict == "still-running"
    place.server.let_jobs_take(0.0)
    second = place.run()
    assert (second.verdict, second.submits, second.posts) == ("deleted", 1, 0)
    assert any(
        "didn't report success: not known to the server any more" in words for words in second.receipt["warnings"]
    )


def test_a_job_that_has_failed_meanwhile_is_said_and_a_new_one_submitted(place):
    place.server.let_jobs_take(FOR_HOURS)
    assert place.run("job-failed:1", deadline=HALF_WAY).verdict == "still-running"
    place.server.let_jobs_take(0.0)
    second = place.run()
    assert (second.verdict, second.files, second.submits, second.overlaps) == ("deleted", 0, 2, False)
    assert any("has ended (esriJobFailed)" in words for words in second.receipt["warnings"])


def test_an_earlier_job_that_has_failed_is_closed_also_where_no_new_one_can_be_submitted(place):
    place.server.let_jobs_take(FOR_HOURS)
    assert place.run("job-failed:1", deadline=HALF_WAY).verdict == "still-running"

    def stop_the_tools(request: Any) -> None:
        if request.step == "job" and place.server.jobs[0].ended is not None:
            place.server.fault("caching-tools-stopped")

    place.server.after_request = stop_the_tools
    place.server.let_jobs_take(0.0)
    seen = place.run()
    assert seen.facts == ("not-deleted", 1, "CT501", 1, 12)
    assert not file_of(place).exists()


@pytest.mark.parametrize("role", ["administrator", "publisher"])
def test_a_lost_answer_is_settled_through_the_list_of_jobs(role, place):
    seen = place.run("lost-submit-answer", role=role)
    assert seen.facts == ("deleted", 0, "-", 1, 0)
    assert seen.receipt["job_url"].endswith(f"/System/CachingTools/GPServer/DeleteCache/jobs/{place.server.jobs[0].id}")
    assert "looking for it, not submitting again" in seen.heard.everything


def test_a_job_that_failed_may_have_been_the_lost_one_and_only_a_later_run_submits_again(place):
    """A server shows the service of a job only once the job has succeeded."""
    seen = place.run("lost-submit-answer", "job-failed")
    assert seen.facts == ("unknown", 5, "CT705", 1, 12)
    assert place.server.jobs[0].id in seen.receipt["error"]["text"]
    place.server.clear_faults()
    second = place.run()
    assert (second.verdict, second.submits, second.overlaps, second.complaints()) == ("deleted", 2, False, [])


def test_a_job_that_was_there_before_is_not_taken_for_the_lost_one(place):
    assert place.run().verdict == "deleted"
    place.server.rebuild_cache("Rainfall")
    seen = place.run("lost-submit-answer")
    assert (seen.verdict, seen.posts) == ("deleted", 1)
    assert seen.receipt["job_url"].endswith(place.server.jobs[1].id)


def test_a_job_for_another_service_is_not_taken_for_the_lost_one(rehearsal, rainfall, tmp_path):
    server = rehearsal(caches={"Other": rainfall}, faults=["reset-before@submit:1"])
    lost = threading.Event()
    story: dict[str, Any] = {"clock": FastClock(FACTOR), "patience": replace(PATIENCE, settle=60)}
    server.after_request = lambda request: lost.set() if request.step == "submit" else None
    with ThreadPoolExecutor(1) as pool:
        rain = pool.submit(delete, server, journal_folder=tmp_path, **story)
        assert lost.wait(20)
        other = delete(server, service_url(server, "Other"), journal_folder=tmp_path, **story)
    assert (other.verdict.value, rain.result().verdict.value, server.submits) == ("deleted", "unknown", 1)
    assert rain.result().job_url is None
    assert files_below(server.cache("Rainfall").folder) == 12


def test_a_lost_answer_where_nobody_lists_the_jobs_is_unknown_and_stays_so(place):
    first = place.run("lost-submit-answer", "admin-closed", "job-waits-forever", role="publisher")
    assert first.facts == ("unknown", 5, "CT705", 1, 12)
    assert first.complaints() == []
    second = place.run(role="publisher")
    assert (second.facts, second.posts) == (("unknown", 5, "CT705", 1, 12), 0)


def test_a_submit_that_never_arrived_is_recognised_by_the_next_run(place):
    first = place.run("reset-before@submit")
    assert first.facts == ("unknown", 5, "CT705", 0, 12)
    place.server.clear_faults()
    second = place.run()
    assert second.facts == ("deleted", 0, "-", 1, 0)
    assert any("never arrived at the server" in words for words in second.receipt["warnings"])


def test_a_submit_is_not_called_lost_while_something_is_caching(place):
    assert place.run("reset-before@submit").verdict == "unknown"
    place.server.clear_faults()
    second = place.run("other-job-running")
    assert (second.facts, second.posts) == (("unknown", 5, "CT705", 0, 12), 0)


def test_a_cancel_while_the_job_is_searched_says_that_nothing_is_known(place):
    listener = CancelWhen("looking for it")
    seen = place.run("lost-submit-answer", "admin-closed", "job-waits-forever", listener=listener)
    assert seen.facts == ("unknown", 5, "CT705", 1, 12)
    assert "the search for it was cancelled" in seen.receipt["error"]["text"]
    assert file_of(place).exists()


def test_a_refused_sign_in_while_the_job_is_searched_says_that_nothing_is_known(place):
    def lock(request: Any) -> None:
        if request.step == "submit":
            place.server.fault("account-locked")
            place.server.fault("token-498")

    place.server.before_request = lock
    seen = place.run("lost-submit-answer", "job-waits-forever")
    assert (seen.verdict, seen.receipt["exit_code"], seen.error_id) == ("unknown", 5, "CT705")
    assert "refused the sign-in" in seen.receipt["error"]["text"]


def test_a_deadline_while_the_job_is_searched_says_that_nothing_is_known(place):
    patience = replace(PATIENCE, settle=600)
    seen = place.run("lost-submit-answer", "admin-closed", "job-waits-forever", patience=patience, deadline=HALF_WAY)
    assert seen.facts == ("unknown", 5, "CT705", 1, 12)


@pytest.mark.parametrize("jump", [timedelta(days=-400), timedelta(hours=-1), timedelta(days=400)], ids=str)
def test_a_clock_that_jumps_changes_nothing(jump, place):
    clock = FastClock(FACTOR)

    class Jumping(Listener):
        def info(self, text: str) -> None:
            clock.jump += jump
            super().info(text)

    seen = place.run("lost-submit-answer", listener=Jumping(), clock=clock)
    assert seen.facts == ("deleted", 0, "-", 1, 0)
