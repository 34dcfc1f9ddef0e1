"""The story of one deletion, told against the rehearsal server over real HTTPS, and against sites it can't rehearse."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from support.addresses import REPORT
from support.bench import FACTOR, PATIENCE
from support.body_server import BodyServer, refusal
from support.clocks import FastClock
from support.listener import CancelWhen, Listener
from support.story import delete, service_url

from cachetools_core.account import Account
from cachetools_core.errors import CacheToolsError, ConnectionFileError, NotAService, Unexpected, WrongUsage
from cachetools_core.proof.receipt import Receipt
from cachetools_core.proof.verdict import Verdict
from cachetools_core.tools.access import Access
from cachetools_core.tools.delete import delete_map_server_cache
from cachetools_core.tools.report import report_map_server_cache
from cachetools_core.tools.sign_in import remove_sign_in, store_sign_in

UNHURRIED = replace(PATIENCE, cancel=6000)  # a server refuses a cancel while its job is only submitted


def test_a_cache_is_deleted_and_proven_gone(server):
    listener = Listener()
    folder = Path(server.services[0]["cache"])
    assert folder.exists()
    receipt = delete(server, messages=listener)
    assert (receipt.verdict, receipt.exit_code, receipt.error) == (Verdict.DELETED, 0, None)
    assert not folder.exists()
    assert receipt.output_url == service_url(server)
    assert receipt.before.tiles == server.services[0]["tiles"]
    assert (receipt.after.cached, receipt.after.tiles) == (False, 0)
    assert (server.submits, receipt.warnings) == (1, ())
    assert receipt.account == server.accounts["administrator"].username
    assert receipt.messages[0] == "Submitted."


def test_the_story_takes_its_steps_in_their_order(place):
    first = len(place.server.requests)
    place.run()
    steps = [request.step for request in place.server.requests[first:]]
    once = ["info", "token", "service", "report", "tasks", "task", "admin-service", "jobs-query", "submit", "job"]
    assert steps[: len(once)] == once
    assert steps[-2:] == ["service", "report"]
    assert steps.count("jobs-query") == 1


def test_a_service_without_a_cache_is_left_alone_and_that_is_a_success(place):
    assert place.run().verdict == "deleted"
    second = place.run()
    assert second.facts == ("nothing-to-delete", 0, "-", 1, 0)
    assert second.posts == 0
    assert second.receipt["output_url"] == service_url(place.server)
    assert second.receipt["before"] == second.receipt["after"]
    assert second.receipt["warnings"] == ["Rainfall:MapServer has no cache: nothing to delete, nothing submitted."]


def test_a_service_that_does_not_exist(place):
    place.server.remove_service("Rainfall")
    seen = place.run()
    assert (seen.facts, seen.state) == (("not-deleted", 1, "CT501", 0, 12), "MISSING")
    assert "does not exist. Check folder, name and type of the service." in seen.receipt["error"]["text"]


def test_a_stopped_service_is_not_started_behind_the_administrators_back(place):
    place.server.stop_service("Rainfall")
    seen = place.run()
    assert (seen.facts, seen.state) == (("not-deleted", 1, "CT501", 0, 12), "STOPPED")
    assert "Start the service" in seen.receipt["error"]["text"]


@pytest.mark.parametrize("words", ["", "Signed in", "Before:"], ids=["at once", "signed in", "looked before"])
def test_a_cancel_before_the_submit_submits_nothing(words, place):
    seen = place.run(listener=CancelWhen(words))
    assert seen.facts == ("not-deleted", 3, "CT601", 0, 12)
    assert seen.complaints() == []


def test_a_cancel_in_the_middle_reaches_the_job_and_what_is_left_is_told(place):
    place.server.let_jobs_take(12.0)  # a tenth of that until it is at work
    seen = place.run(listener=CancelWhen("The job is running"), patience=UNHURRIED)
    assert (seen.receipt["exit_code"], seen.error_id, seen.submits) == (3, "CT601", 1)
    assert seen.verdict in ("not-deleted", "partly-deleted")
    assert seen.complaints() == []
    assert "cancelled" in seen.receipt["error"]["text"]


def test_a_cancel_after_which_half_is_gone_is_a_cancel_too(place):
    class HalfWay(Listener):
        def cancelled(self) -> bool:
            return any(percent and percent >= 40 for _, percent in self.labels)

    place.server.let_jobs_take(4.0)
    seen = place.run(listener=HalfWay(), patience=UNHURRIED)
    assert (seen.verdict, seen.receipt["exit_code"], seen.error_id) == ("partly-deleted", 3, "CT601")
    assert 0 < seen.tiles < seen.tiles_at_first


def test_a_cancel_while_the_service_restarts_ends_the_wait_and_says_so(place):
    hurried = replace(PATIENCE, parting=30)
    seen = place.run("service-stays-stopped", listener=CancelWhen("Looking at what is left"), patience=hurried)
    assert (seen.verdict, seen.receipt["exit_code"], seen.files) == ("deleted-service-down", 3, 0)
    assert "You cancelled before the service was back." in seen.receipt["error"]["text"]
    assert seen.seconds < PATIENCE.restart and seen.complaints() == []


def test_a_cancel_in_a_rerun_ends_the_earlier_job_and_starts_no_other(place):
    place.server.let_jobs_take(600.0)
    assert place.run(deadline=2.0 * FACTOR).verdict == "still-running"
    place.server.let_jobs_take(20.0)
    seen = place.run(listener=CancelWhen("Following"), patience=UNHURRIED)
    assert (seen.receipt["exit_code"], seen.error_id, seen.submits, seen.running) == (3, "CT601", 1, False)
    assert "never answered" not in seen.heard.everything
    assert seen.verdict in ("not-deleted", "partly-deleted")
    assert seen.complaints() == []


def test_a_service_that_another_caching_job_works_on_is_left_alone(place):
    seen = place.run("other-job-running")
    assert (seen.verdict, seen.receipt["exit_code"], seen.error_id, seen.posts) == ("not-deleted", 1, "CT501", 0)
    assert "Another caching job is running on Rainfall:MapServer." in seen.receipt["error"]["text"]


def test_the_tiles_of_each_scale_are_told_beforehand(place):
    lines = place.run().heard.lines
    told = [line for line in lines if line.startswith("  level ")]
    assert len(told) == len(place.server.cache("Rainfall").scheme.lods)


def test_tiles_that_cannot_be_counted_beforehand_are_said(place):
    seen = place.run("report-refused")
    assert seen.facts == ("deleted", 0, "-", 1, 0)
    assert seen.receipt["before"]["tiles"] is None
    assert any("couldn't be counted beforehand" in words for words in seen.receipt["warnings"])


def test_a_job_that_is_not_found_while_caching_goes_on_has_not_ended(place):
    """Half of the cache is gone by then, but more will go: neither partly deleted nor a second job."""
    place.hold_the_job_half_way()
    seen = place.run("json-code-400@job", patience=replace(PATIENCE, gone=25 * 4))
    assert (seen.verdict, seen.receipt["exit_code"], seen.running) == ("unknown", 5, True)
    assert 0 < seen.tiles < seen.tiles_at_first
    place.server.clear_faults()
    place.let_the_job_go_on()
    second = place.run()
    assert (second.facts, second.posts) == (("deleted", 0, "-", 1, 0), 0)


def test_caching_tools_that_stop_just_before_the_submit_may_have_taken_it_and_the_next_run_tells(place):
    """Only the codes of ArcGIS Server's own refusals are known to come before the work; "not started" is a 500."""

    def stop(request: Any) -> None:
        if request.step == "task":
            place.server.fault("caching-tools-stopped")

    place.server.after_request = stop
    seen = place.run()
    assert seen.facts == ("unknown", 5, "CT705", 0, 12)
    assert any("not started" in words for words in seen.receipt["warnings"])
    place.server.after_request = lambda request: None
    place.server.clear_faults()
    assert place.run().facts == ("deleted", 0, "-", 1, 0)


def test_a_fault_of_our_own_ends_in_an_error_that_has_a_receipt():
    class Broken(FastClock):
        def wait(self, event: threading.Event, seconds: float) -> bool:
            raise ZeroDivisionError

    with pytest.raises(Unexpected) as raised:
        delete_map_server_cache("https://gis.example.com/server/rest/services/Rain/MapServer", Access(clock=Broken()))
    assert raised.value.receipt is not None
    assert (raised.value.receipt.verdict, raised.value.receipt.error) == (Verdict.UNKNOWN, raised.value)


def test_a_fault_of_our_own_is_told_without_a_traceback_and_claims_nothing(place):
    class Broken(FastClock):
        def wait(self, event: threading.Event, seconds: float) -> bool:
            if any(line.startswith("Submitted") for line in heard.lines):
                raise ZeroDivisionError("held in its hands: secret")
            return super().wait(event, seconds)

    heard = Listener()
    seen = place.run(listener=heard, clock=Broken(FACTOR))
    assert (seen.verdict, seen.receipt["exit_code"], seen.error_id, seen.submits) == ("unknown", 5, "CT999", 1)
    assert "ZeroDivisionError in wait" in seen.receipt["error"]["text"]
    assert "secret" not in json.dumps(seen.receipt)
    second = place.run()
    assert second.facts == ("deleted", 0, "-", 1, 0)


def test_whoever_listens_may_fail_and_ends_no_story(place):
    class Failing(Listener):
        def info(self, text: str) -> None:
            raise RuntimeError

        warning = progress = cancelled = info  # type: ignore[assignment]

    assert place.run(listener=Failing()).facts == ("deleted", 0, "-", 1, 0)


def test_a_text_that_names_no_service_has_a_receipt_too_and_shows_no_password():
    with pytest.raises(CacheToolsError) as raised:
        delete_map_server_cache("https://user:secret@h/arcgis/rest/services/a/MapServer")
    receipt = raised.value.receipt
    assert (receipt.verdict, receipt.exit_code, receipt.output_url) == (Verdict.NOT_DELETED, 2, None)
    assert "secret" not in receipt.to_json()


# Sites that the rehearsal server doesn't play: no sign-in, one service, one task


INPUT = {"direction": "esriGPParameterDirectionInput", "dataType": "GPString"}
SERVICE_URL = {**INPUT, "name": "service_url", "parameterType": "esriGPParameterTypeRequired"}
THREADS = {**INPUT, "name": "thread_count", "parameterType": "esriGPParameterTypeOptional"}
CACHE_PATH = {**INPUT, "name": "cache_path", "parameterType": "esriGPParameterTypeOptional"}
OUTPUT = {"name": "out_service_url", "direction": "esriGPParameterDirectionOutput"}
TASK = "rest/services/System/CachingTools/GPServer/DeleteCache"
CACHED = {"singleFusedMapCache": True, "capabilities": "Map"}


def ask(
    parameters: list[Any], service: Any = CACHED, submit: Any = None, **more: Any
) -> tuple[Receipt, list[tuple[str, dict[str, list[str]]]]]:
    """A deletion at a site with these parameters of the task, and what the site was asked."""
    bodies = {
        "rest/info": {"currentVersion": 11.3, "authInfo": {"isTokenBasedSecurity": False}},
        "rest/services/Rain/MapServer": service,
        "rest/services/System/CachingTools/GPServer": {"tasks": ["Other", "DeleteCache"]},
        TASK: {"name": "DeleteMapCache", "parameters": parameters},
        f"{TASK}/submitJob": submit or refusal(400, "Enough."),
        **more,
    }
    with BodyServer(lambda path: json.dumps(bodies[path]).encode() if path in bodies else None) as server:
        with pytest.raises(CacheToolsError) as raised:
            delete_map_server_cache(f"{server.site}/rest/services/Rain/MapServer", Access(clock=FastClock(100)))
        assert raised.value.receipt is not None
        return raised.value.receipt, server.asked


@pytest.mark.parametrize(
    ("parameters", "sent"),
    [
        ([SERVICE_URL, THREADS, CACHE_PATH, OUTPUT], {"service_url": ["Rain:MapServer"], "thread_count": ["-1"]}),
        ([SERVICE_URL], {"service_url": ["Rain:MapServer"]}),
    ],
)
def test_only_what_the_task_lists_is_sent_and_never_a_cache_path(parameters, sent):
    receipt, asked = ask(parameters)
    submits = [fields for path, fields in asked if path == f"{TASK}/submitJob"]
    assert submits == [{**sent, "f": ["json"]}]
    assert (receipt.verdict, receipt.error.message_id) == (Verdict.NOT_DELETED, "CT301")


@pytest.mark.parametrize(
    ("answer", "refused"),
    [
        (refusal(400, "No."), True),
        pytest.param(refusal(404, "No."), True, marks=pytest.mark.thorough),
        (refusal(499, "Token Required"), True),
        (refusal(500, "Service System/CachingTools/GPServer not started "), False),
        (refusal(399, "No."), False),
        pytest.param(refusal(500, "Error performing operation"), False, marks=pytest.mark.thorough),
        pytest.param(refusal(503, "Busy"), False, marks=pytest.mark.thorough),
        ({"status": "error", "messages": ["No."]}, False),
        ({"jobStatus": "esriJobSubmitted"}, False),
    ],
    ids=str,
)
def test_only_a_servers_refusal_says_that_no_job_was_started(answer, refused, own_home):
    receipt, asked = ask([SERVICE_URL], submit=answer)
    assert [path for path, _ in asked].count(f"{TASK}/submitJob") == 1
    assert (receipt.verdict is Verdict.NOT_DELETED) is refused
    assert (receipt.error.message_id == "CT705") is not refused
    assert [path.parent.name for path in own_home.rglob("*.json")].count("journal") == (0 if refused else 1)
    assert (receipt.to_dict()["job_url"], receipt.to_dict()["job_status"]) == (None, None)


@pytest.mark.parametrize(
    ("parameters", "wants"),
    [
        ([THREADS], "no service_url"),
        ([], "no service_url"),
        ([SERVICE_URL, {**CACHE_PATH, "parameterType": "esriGPParameterTypeRequired"}], "cache_path"),
        ([{**SERVICE_URL, "name": "map"}, THREADS], "map"),
    ],
)
def test_a_task_that_wants_what_nobody_knows_gets_nothing(parameters, wants):
    receipt, asked = ask(parameters)
    assert f"{TASK}/submitJob" not in [path for path, _ in asked]
    assert receipt.error.message_id == "CT501"
    assert f"it requires {wants}." in receipt.error.what


def test_a_hosted_tile_layer_keeps_its_tiles():
    receipt, asked = ask([SERVICE_URL], {**CACHED, "capabilities": "Map,TilesOnly,Tilemap"})
    assert f"{TASK}/submitJob" not in [path for path, _ in asked]
    assert (receipt.error.message_id, receipt.exit_code) == ("CT501", 1)
    assert "hosted tile layer" in receipt.error.what


def test_the_error_of_a_failed_job_quotes_what_the_server_complains_of(rehearsal):
    server, listener = rehearsal(faults=["job-failed"]), Listener()
    receipt = delete(server, messages=listener)
    assert receipt.verdict is Verdict.NOT_DELETED
    assert "has succeeded" not in listener.everything
    assert "ERROR 999999: The cache folder could not be deleted" in receipt.error.what


@pytest.mark.parametrize(
    ("named", "found"),
    [("Snow:MapServer", "unknown"), ("Rain:MapServer", "not-deleted"), ("", "not-deleted"), (None, "not-deleted")],
)
def test_the_failure_of_a_job_for_another_service_says_nothing_of_this_one(named, found):
    level = {"levelID": 0, "scale": 1.0, "tileCount": 4, "tilesSize": 50, "isRunning": "false"}
    job = {"jobId": "j9", "jobStatus": "esriJobFailed"}
    receipt, _ = ask(
        [SERVICE_URL],
        submit=job,
        **{
            f"{TASK}/jobs/j9": job,
            f"{TASK}/jobs/j9/inputs/service_url": {"value": named} if named is not None else refusal(404, "No."),
            REPORT: {"results": [{"value": {"status": "EXISTS", "lodInfos": [level]}}]},
        },
    )
    assert receipt.verdict.value == found
    assert ("the job at that address is for Snow:MapServer" in receipt.error.what) is (found == "unknown")


def test_a_service_without_a_cache_whose_tiles_nobody_counts_is_told_to_be_so(server):
    assert delete(server).verdict is Verdict.DELETED
    server.fault("report-refused")
    receipt = delete(server)
    assert (receipt.verdict, receipt.exit_code) == (Verdict.NOTHING_TO_DELETE, 0)
    assert "Nobody counted its tiles: POST " in receipt.warnings[0]


def test_a_service_that_does_not_say_whether_it_is_cached_is_left_alone():
    receipt, asked = ask([SERVICE_URL], {"currentVersion": 11.3})
    assert f"{TASK}/submitJob" not in [path for path, _ in asked]
    assert (receipt.error.message_id, receipt.exit_code, receipt.verdict) == ("CT501", 1, Verdict.NOT_DELETED)
    assert "doesn't say whether it has a cache" in receipt.error.what


@pytest.mark.parametrize("given", [None, 7, b"https://h/rest/services/R/MapServer", ["a"], object()])
def test_what_is_no_text_names_nothing(given: Any) -> None:
    access = Access(account=Account("u", "p"))
    for run in (delete_map_server_cache, store_sign_in, report_map_server_cache, remove_sign_in):
        with pytest.raises(NotAService, match=r"No service is named|isn't the address of a site"):
            run(given, access=access)


@pytest.mark.parametrize(
    "wrong",
    [{"account": Account("u", cast(Any, None))}, {"account": ("u", "p")}, {"deadline": "4h"},
     *({"deadline": time} for time in (float("nan"), 10**400)),
     *({name: path} for name in ("ca_file", "cache_directory", "receipts", "journal_folder")
       for path in (5, "a\0b", "https://ann:canary@nas/x"))],
)  # fmt: skip
def test_what_can_not_be_used_is_said_before_anything_is_done(wrong: Any) -> None:
    with pytest.raises(WrongUsage) as refused:
        Access(**wrong)
    assert "canary" not in str(refused.value)


@pytest.mark.parametrize("output", [5, b"x.html", object(), "x\0.html", "x.html\0", "https://ann@nas/x.html"])
def test_a_report_is_written_to_what_can_be_a_file(output: Any) -> None:
    with pytest.raises(WrongUsage):
        report_map_server_cache("https://gis.example.com/server/rest/services/Rain/MapServer", output)


def test_the_path_of_a_layer_file_is_as_good_as_its_text(tmp_path: Path) -> None:
    with pytest.raises(ConnectionFileError, match=r"layer file|can't be read"):
        delete_map_server_cache(tmp_path / "Rain.lyrx")  # type: ignore[arg-type]
