"""The verdict: every cell of the table by the rules, and every cell that a server can show against its own truth."""

from __future__ import annotations

from itertools import product

import pytest
from cachetools_core.server.cache import CacheState, ServiceState
from cachetools_core.server.job import JobEnd, Patience
from support.bench import FACTOR, Bench, Outcome
from support.servers import Servers, at_once

from cachetools_core.proof.receipt import ERRORS, Verdict, verdict

SAID_SO = {JobEnd.SUCCEEDED, JobEnd.FAILED, JobEnd.CANCELLED, JobEnd.TIMED_OUT, JobEnd.DELETED}
GONE_FOR_CERTAIN, NOT_ADVERTISED = CacheState.NONE, CacheState.UNADVERTISED


def by_the_rules(end: JobEnd, cache: CacheState, service: ServiceState) -> Verdict:
    """Design 5 in sentences, without the table."""
    if end is JobEnd.RUNNING:
        return Verdict.STILL_RUNNING
    believed = cache is GONE_FOR_CERTAIN or (cache is NOT_ADVERTISED and end is JobEnd.SUCCEEDED)
    if believed and service is ServiceState.ANSWERS:
        return Verdict.DELETED
    if believed and service is ServiceState.NOT_STARTED:
        return Verdict.DELETED_SERVICE_DOWN
    if cache is CacheState.FEWER and end in SAID_SO | {JobEnd.GONE}:
        return Verdict.PARTLY_DELETED
    if cache is CacheState.AS_BEFORE and end in SAID_SO:
        return Verdict.NOT_DELETED
    if cache is CacheState.UNCOUNTED and end is JobEnd.SUCCEEDED:
        return Verdict.NOT_DELETED
    return Verdict.UNKNOWN


@pytest.mark.parametrize(("end", "cache", "service"), list(product(JobEnd, CacheState, ServiceState)))
def test_every_cell_has_the_verdict_that_the_rules_give(end: JobEnd, cache: CacheState, service: ServiceState) -> None:
    assert verdict(end, cache, service) is by_the_rules(end, cache, service)


def test_every_verdict_but_the_two_good_ones_is_an_error_that_names_it():
    good = {Verdict.DELETED, Verdict.NOTHING_TO_DELETE}
    assert set(ERRORS) == set(Verdict) - good
    assert {found: (kind.message_id, kind.exit_code) for found, kind in ERRORS.items()} == {
        Verdict.NOT_DELETED: ("CT701", 1),
        Verdict.PARTLY_DELETED: ("CT702", 1),
        Verdict.DELETED_SERVICE_DOWN: ("CT703", 1),
        Verdict.STILL_RUNNING: ("CT704", 5),
        Verdict.UNKNOWN: ("CT705", 5),
    }


# On a server: how the job ends, what became of the cache, how the service is then, whether the report can be read.
ENDS = {
    "succeeded": {"stays": "job-says-succeeded-cache-stays", "half": "job-succeeded-half-deleted", "gone": ""},
    **{
        end: {"stays": f"{fault}{stays}", "half": f"{fault}-half-deleted", "gone": f"{fault}{gone}"}
        for end, fault, stays, gone in (
            ("failed", "job-failed", "", "-cache-gone"),
            ("timed out", "job-timed-out", "", "-cache-gone"),
            ("cancelled", "job-cancelled-elsewhere", "", "-cache-gone"),
            ("deleted", "job-deleted", "", "-cache-gone"),
            ("gone", "job-gone", "-cache-stays", ""),
            ("unknown status", "job-unknown-status", "-cache-stays", ""),
        )
    },
}
SERVICES = ("answers", "stopped", "startable", "missing", "unreadable")
QUICK = Patience(no_answer=6, gone=3, cancel=6, grace=6, restart=30, settle=6)


def on_a_server(end: str, effect: str, service: str, report: bool) -> str:
    """What may be said where the job ended so, by who can be asked about what; the rules once more, in a server's
    words."""
    report_tells = report and service != "missing"
    up, silent = service in ("answers", "startable"), end == "unknown status"
    if effect == "gone" and (report_tells or end == "succeeded") and (up or service == "stopped"):
        return "deleted" if up else "deleted-service-down"
    if effect == "half" and report_tells:
        return "unknown" if silent else "partly-deleted"
    if effect == "stays" and report_tells:
        return "unknown" if silent or end == "gone" else "not-deleted"
    advertised = effect != "gone" and (up or service == "stopped")
    return "not-deleted" if advertised and end == "succeeded" else "unknown"


def bring_about(place: Bench, service: str) -> list[str]:
    """The faults that make the service so after the job; what needs a moment is done when the client next asks."""
    server = place.server
    done: list[bool] = []

    def when_the_job_has_ended(request: object) -> None:
        if not done and server.jobs and server.jobs[-1].ended is not None:
            done.append(True)
            (server.remove_service if service == "missing" else server.stop_service)("Rainfall")

    if service in ("stopped", "startable", "missing"):
        server.before_request = when_the_job_has_ended
    return {"stopped": ["admin-closed@start"], "unreadable": ["http-503@service-after"]}.get(service, [])


def visit(place: Bench, end: str, effect: str, service: str, report: bool) -> Outcome:
    faults = bring_about(place, service)
    fault = ENDS[end][effect]
    refused = [] if report else ["access-denied@report-after"]
    return place.run(*([fault] if fault else []), *faults, *refused, patience=QUICK)


@pytest.mark.parametrize("end", ENDS)
def test_every_state_of_cache_and_service_after_this_end(end: str, servers: Servers) -> None:
    cells = list(product(("stays", "half", "gone"), SERVICES, (True, False)))

    def one(cell: tuple[str, str, bool]) -> tuple[str, list[str], int]:
        with servers.lend() as place:
            seen = visit(place, end, *cell)
        return seen.verdict, seen.complaints(), seen.submits

    found = dict(zip(cells, at_once(one, cells)))
    assert found == {cell: (on_a_server(end, *cell), [], 1) for cell in cells}


@pytest.mark.parametrize("service", SERVICES)
def test_a_job_that_still_runs_at_the_deadline_is_called_that_whatever_else_is_seen(service, place):
    faults = bring_about(place, service)
    seen = place.run("job-waits-forever", *faults, patience=QUICK, deadline=30)
    assert (seen.verdict, seen.receipt["exit_code"], seen.error_id) == ("still-running", 5, "CT704")
    assert seen.complaints() == []
    assert seen.receipt["job_url"] in seen.receipt["error"]["text"]


def test_half_a_cache_at_the_deadline_is_still_running(place):
    place.server.let_jobs_take(8.0)
    seen = place.run(patience=QUICK, deadline=4.0 * FACTOR)
    assert (seen.verdict, seen.running) == ("still-running", True)
    assert 0 < seen.tiles < seen.tiles_at_first


def test_metadata_that_stays_stale_longer_than_the_grace_time_is_an_error_with_both_facts(place):
    seen = place.run("job-says-succeeded-cache-stays", patience=QUICK)
    assert (seen.verdict, seen.error_id) == ("not-deleted", "CT701")
    text = seen.receipt["error"]["text"]
    assert "succeeded" in text
    assert "2,735 tiles" in text
