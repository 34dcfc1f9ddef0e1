"""The verdict: every combination of witnesses by the rules, and every cell that a server can show against its truth."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import islice, product

import pytest
from support.bench import FACTOR, Bench, Outcome
from support.choosing import one_in, some_of
from support.evidence import (
    BROKEN,
    CACHED,
    DISKS,
    GONE,
    NOTHING,
    REFUSED,
    REPORTS,
    THERE,
    UNCACHED,
    UNREADABLE,
    admin,
    counted,
    every_look,
    every_look_at_a_disk,
    in_short,
    look,
    on_disk,
    report,
)
from support.servers import Servers, at_once

from cachetools_core.proof.ending import JobEnd
from cachetools_core.proof.evidence import Look, ServiceState, Why, Witness
from cachetools_core.proof.verdict import VERDICTS, Remains, Verdict, verdict, what_remains
from cachetools_core.tools.carrying_out import ERRORS
from cachetools_core.waiting import Patience

LOOKS, LOOKS_AT_A_DISK = list(every_look()), list(every_look_at_a_disk())
BEFORE = [look(said, counts) for said, counts in product((CACHED, UNCACHED, UNREADABLE), REPORTS)]


def by_the_rules(end: JobEnd, before: Look, after: Look) -> Verdict:
    """Promise 1 and design 3 in sentences, without the table."""
    said, counts, is_cached, on_disk, _ = (after.of(witness) for witness in Witness)
    if end is JobEnd.RUNNING:
        return Verdict.STILL_RUNNING
    everybody = (said, counts, is_cached, on_disk)
    somebody_says_there = THERE in [one.says for one in everybody]
    somebody_says_gone = GONE in [one.says for one in everybody]
    if not somebody_says_there:
        # A folder that nobody ever saw proves nothing: another directory may have been named.
        files_have_gone = on_disk.says is GONE and before.of(Witness.DISK).says is THERE
        counted_none = counts.says is GONE or files_have_gone
        # A report refused by ArcGIS is replaced only by a succeeded job on a service that said true before.
        replaced = (
            counts.why in (Why.REFUSED, Why.NOT_OFFERED)
            and end is JobEnd.SUCCEEDED
            and before.of(Witness.SERVICE).says is THERE
        )
        if said.state is ServiceState.ANSWERS and said.says is GONE and (counted_none or replaced):
            return Verdict.DELETED
        # A stopped service can't speak: the administrator API does, or the job's success beside a count of none.
        if said.state is ServiceState.NOT_STARTED:
            if is_cached.says is GONE and (counted_none or replaced):
                return Verdict.DELETED_SERVICE_DOWN
            if counted_none and end is JobEnd.SUCCEEDED:
                return Verdict.DELETED_SERVICE_DOWN
        return Verdict.UNKNOWN
    if on_disk.says is THERE:
        return by_the_files(end, before, after)
    both_counted = before.tiles is not None and after.tiles is not None
    if somebody_says_gone:
        # A contradiction proves nothing, unless it was there before: then it is no news, and the counts speak.
        speak = [one for one in everybody if one.says is not NOTHING]
        if not both_counted or any(before.of(one.witness).says is not one.says for one in speak):
            return Verdict.UNKNOWN
    ended = end not in (JobEnd.NO_ANSWER, JobEnd.GONE)
    if both_counted and (after.tiles or 0) < (before.tiles or 0):
        return Verdict.PARTLY_DELETED if ended or end is JobEnd.GONE else Verdict.UNKNOWN
    if both_counted:
        return Verdict.NOT_DELETED if ended else Verdict.UNKNOWN
    return Verdict.NOT_DELETED if end in (JobEnd.SUCCEEDED, JobEnd.NEVER_ARRIVED) else Verdict.UNKNOWN


def by_the_files(end: JobEnd, before: Look, after: Look) -> Verdict:
    """Files are left: the cache isn't gone, whatever service and report say, and what is counted tells how much."""
    pairs = [(before.of(Witness.DISK).files, after.of(Witness.DISK).files)]
    if after.of(Witness.REPORT).says is THERE:
        pairs.append((before.tiles, after.tiles))
    known = [(was, now) for was, now in pairs if was is not None and now is not None]
    if not known:
        return Verdict.NOT_DELETED if end in (JobEnd.SUCCEEDED, JobEnd.NEVER_ARRIVED) else Verdict.UNKNOWN
    if any(now < was for was, now in known):
        return Verdict.UNKNOWN if end is JobEnd.NO_ANSWER else Verdict.PARTLY_DELETED
    return Verdict.UNKNOWN if end in (JobEnd.NO_ANSWER, JobEnd.GONE) else Verdict.NOT_DELETED


def found(end: JobEnd, before: Look, after: Look) -> Verdict:
    return verdict(end, _remains(before, after), after.service)


_remains = cache(what_remains)  # the same for every end


def broken_rules(end: JobEnd, looks: Iterable[tuple[Look, Look]]) -> list[tuple[str, str, Verdict, Verdict]]:
    return [
        (in_short(before), in_short(after), said, right)
        for before, after in looks
        for said, right in [(found(end, before, after), by_the_rules(end, before, after))]
        if said is not right
    ]


BY_END = {end.name: end for end in JobEnd}


@pytest.mark.parametrize("end", some_of(BY_END, "SUCCEEDED", "RUNNING"))
def test_every_combination_of_witnesses_has_the_verdict_that_the_rules_give(end: JobEnd) -> None:
    assert broken_rules(end, product(BEFORE, LOOKS)) == []


BEFORE_ON_A_DISK = [
    look(*said) for said in product((CACHED, UNCACHED), (counted(0), counted(5), report(why=Why.REFUSED)), DISKS)
]


@pytest.mark.parametrize("end", some_of(BY_END, "SUCCEEDED", "RUNNING"))
def test_every_combination_with_a_disk_has_the_verdict_that_the_rules_give(end: JobEnd) -> None:
    assert broken_rules(end, product(BEFORE_ON_A_DISK, LOOKS_AT_A_DISK)) == []


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.thorough)], ids="every {}".format)
def test_files_that_are_left_are_never_called_deleted_and_after_a_success_never_unknown(every: int) -> None:
    for before, after, end in islice(product(BEFORE_ON_A_DISK, LOOKS_AT_A_DISK, JobEnd), 0, None, every):
        if after.of(Witness.DISK).says is THERE:
            said = found(end, before, after)
            assert said not in (Verdict.DELETED, Verdict.DELETED_SERVICE_DOWN)
            if end is JobEnd.SUCCEEDED:
                assert said in (Verdict.PARTLY_DELETED, Verdict.NOT_DELETED)


@pytest.mark.parametrize("end", some_of(BY_END, "SUCCEEDED", "GONE", "NO_ANSWER"))
def test_deleted_is_never_said_while_a_witness_contradicts_or_none_has_counted(end: JobEnd) -> None:
    for before, after in product(BEFORE, LOOKS):
        said = found(end, before, after)
        if said in (Verdict.DELETED, Verdict.DELETED_SERVICE_DOWN):
            assert not after.saying(THERE)
            assert after.counted_gone or (end is JobEnd.SUCCEEDED and before.of(Witness.SERVICE).says is THERE)
        if said is Verdict.DELETED:
            assert after.service is ServiceState.ANSWERS
            assert after.of(Witness.SERVICE).says is GONE
        if said is Verdict.PARTLY_DELETED:
            assert (after.tiles or 0) < (before.tiles or 0)
        if said is Verdict.NOT_DELETED:
            assert after.saying(THERE)


BEFORE_ALL = look(CACHED, counted(21))
EXAMPLES = [
    ("plain success", BEFORE_ALL, look(UNCACHED, counted(0)), Verdict.DELETED),
    ("the report is refused", BEFORE_ALL, look(UNCACHED, report(why=Why.REFUSED)), Verdict.DELETED),
    ("there is no report", BEFORE_ALL, look(UNCACHED, report(why=Why.NOT_OFFERED)), Verdict.DELETED),
    ("the report breaks", BEFORE_ALL, look(UNCACHED, report(why=Why.UNREADABLE)), Verdict.UNKNOWN),
    ("the report names another", BEFORE_ALL, look(UNCACHED, report(why=Why.ABOUT_ANOTHER)), Verdict.UNKNOWN),
    ("the report counts", BEFORE_ALL, look(UNCACHED, counted(21)), Verdict.UNKNOWN),
    ("the report says EXISTS", BEFORE_ALL, look(UNCACHED, report(THERE)), Verdict.UNKNOWN),
    ("the administrator API objects", BEFORE_ALL, look(UNCACHED, report(why=Why.REFUSED), admin(THERE)),
     Verdict.UNKNOWN),
    ("the service says there", BEFORE_ALL, look(CACHED, counted(0), admin(GONE)), Verdict.UNKNOWN),
    ("no service answers", BEFORE_ALL, look(UNREADABLE, counted(0), admin(GONE)), Verdict.UNKNOWN),
    ("uncached with 21 tiles before and after", look(UNCACHED, counted(21)), look(UNCACHED, counted(21)),
     Verdict.NOT_DELETED),
    ("uncached with 21 tiles before, fewer after", look(UNCACHED, counted(21)), look(UNCACHED, counted(3)),
     Verdict.PARTLY_DELETED),
    ("uncached with 21 tiles, then refused", look(UNCACHED, counted(21)), look(UNCACHED, report(why=Why.REFUSED)),
     Verdict.UNKNOWN),
    ("refused, and the files have gone", look(CACHED, REFUSED, on_disk(9)), look(UNCACHED, REFUSED, on_disk(0)),
     Verdict.DELETED),
    ("broken, and the files have gone", look(CACHED, BROKEN, on_disk(9)), look(UNCACHED, BROKEN, on_disk(0)),
     Verdict.DELETED),
    ("broken, and there never were files", look(CACHED, BROKEN, on_disk(0)), look(UNCACHED, BROKEN, on_disk(0)),
     Verdict.UNKNOWN),
    ("files are left", look(CACHED, counted(21), on_disk(9)), look(UNCACHED, counted(0), on_disk(1)),
     Verdict.PARTLY_DELETED),
    ("all files are left", look(CACHED, counted(21), on_disk(9)), look(UNCACHED, counted(0), on_disk(9)),
     Verdict.NOT_DELETED),
    ("the files have gone and the service says there", look(CACHED, counted(21), on_disk(9)),
     look(CACHED, counted(0), on_disk(0)), Verdict.UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "said"), [one[1:] for one in EXAMPLES], ids=[one[0] for one in EXAMPLES])
def test_what_is_said_after_a_success(before: Look, after: Look, said: Verdict) -> None:
    assert found(JobEnd.SUCCEEDED, before, after) is said


def test_every_row_of_the_table_is_needed() -> None:
    """Each row decides a cell that no row above decides, and the table has an answer for all of them."""
    cells = list(product(JobEnd, Remains, ServiceState))

    def row_of(end: JobEnd, remains: Remains, state: ServiceState) -> int:
        fits = (end in row[0] and remains in row[1] and state in row[2] for row in VERDICTS)
        return list(fits).index(True)

    first = [row_of(*cell) for cell in cells]
    assert set(first) == set(range(len(VERDICTS)))


def test_every_verdict_but_the_two_good_ones_is_an_error_that_names_it() -> None:
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
    silent = end == "unknown status"
    up = service == "answers" or (service == "startable" and not silent)  # no start while a job may be at work
    if effect == "gone" and (report_tells or end == "succeeded") and service in ("answers", "startable", "stopped"):
        return "deleted" if up else "deleted-service-down"
    if effect == "half" and report_tells:
        return "unknown" if silent else "partly-deleted"
    if effect == "stays" and report_tells:
        return "unknown" if silent or end == "gone" else "not-deleted"
    advertised = effect != "gone" and service != "missing"  # if not by the service, then in the administrator API
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


@pytest.mark.thorough
@pytest.mark.parametrize("end", ENDS)
def test_every_state_of_cache_and_service_after_this_end(end: str, servers: Servers) -> None:
    cells = list(product(("stays", "half", "gone"), SERVICES, (True, False)))

    def one(cell: tuple[str, str, bool]) -> tuple[str, list[str], int]:
        with servers.lend() as place:
            seen = visit(place, end, *cell)
        return seen.verdict, seen.complaints(), seen.submits

    found = dict(zip(cells, at_once(one, cells)))
    assert found == {cell: (on_a_server(end, *cell), [], 1) for cell in cells}


@pytest.mark.parametrize("service", one_in(2, SERVICES))
def test_a_job_that_still_runs_at_the_deadline_is_called_that_whatever_else_is_seen(service, place):
    faults = bring_about(place, service)
    seen = place.run("job-waits-forever", *faults, patience=QUICK, deadline=30)
    assert (seen.verdict, seen.receipt["exit_code"], seen.error_id) == ("still-running", 5, "CT704")
    assert seen.complaints() == []
    assert seen.receipt["job_url"] in seen.receipt["error"]["text"]


def test_half_a_cache_at_the_deadline_is_still_running(place):
    place.hold_the_job_half_way()
    seen = place.run(patience=QUICK, deadline=4.0 * FACTOR)
    assert (seen.verdict, seen.running) == ("still-running", True)
    assert 0 < seen.tiles < seen.tiles_at_first


def test_metadata_that_stays_stale_longer_than_the_grace_time_is_an_error_with_both_facts(place):
    seen = place.run("job-says-succeeded-cache-stays", patience=QUICK)
    assert (seen.verdict, seen.error_id) == ("not-deleted", "CT701")
    text = seen.receipt["error"]["text"]
    assert "succeeded" in text
    assert "2,735 tiles" in text
