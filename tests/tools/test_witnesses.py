"""Promises 1 and 2 from end to end: whatever the witnesses answer, over a real connection, before and after a job."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from support.body_server import BodyServer, Page, refusal
from support.choosing import by_name, one_in, some_of
from support.clocks import FastClock
from support.journals import environment
from support.listener import Listener
from support.puppet import (
    COUNTS_21,
    GONE,
    LITTLE,
    MISSING,
    NONE,
    STOPPED,
    THERE,
    WITH_A_CACHE,
    Answers,
    Puppet,
    executed,
    is_cached,
    level,
    page,
    report,
)
from support.servers import at_once
from support.source import ROOT
from support.story import said

from cachetools_core.errors import CacheToolsError
from cachetools_core.proof.receipt import Receipt
from cachetools_core.tools.access import Access
from cachetools_core.tools.check import check_deletion
from cachetools_core.tools.delete import run_deletion
from cachetools_core.tools.report import report_cache

ZERO = level(0, 0)
NAN = float("nan")
DELETED, UNKNOWN, KEPT = ("deleted", 0), ("unknown", 5), ("not-deleted", 1)
NOTHING = ("nothing-to-delete", 0)

# What the report may answer once the service says that it has no cache.
BROKEN_REPORTS: dict[str, Any] = {
    "a count as text": report("EXISTS", level("21")),
    "a count as text with a fraction": report("EXISTS", level("21.0")),
    "a count as a float": report("EXISTS", level(21.0)),
    "a count that isn't whole": report("EXISTS", level(21.5)),
    "a count beside NONE": report("NONE", level(21)),
    "a size and no count": report("EXISTS", level(0, 4000)),
    "a size as text": report("EXISTS", level("0", "4000")),
    "a size and an unreadable count": report("EXISTS", level(None, 4000)),
    "a negative count": report("NONE", level(-1, 0)),
    "a negative count as text": report("NONE", level("-21", 0)),
    "no number": report("NONE", level("many", 0)),
    "NaN": report("NONE", level(NAN, 0)),
    "NaN in a text": executed(json.dumps({"status": "NONE", "lodInfos": [level(NAN, 0)]})),
    "a number of 400 digits in a text": executed(json.dumps({"status": "EXISTS", "lodInfos": [level(10**400, 0)]})),
    "true": report("NONE", level(True, 0)),
    "one level unreadable beside 21 tiles": report("EXISTS", level(), None),
    "one level unreadable beside none": report("EXISTS", ZERO, level("x", 0)),
    "one level no object": report("NONE", "x"),
    "EXISTS without lodInfos": report("EXISTS", lodInfos=None),
    "EXISTS with no level": report("EXISTS"),
    "COMPLETED with no level": report("COMPLETED"),
    "lodInfos in an object": report("EXISTS", lodInfos={"0": level()}),
    "lodInfos in an object, NONE": report("NONE", lodInfos={}),
    "too many levels": report("NONE", *[ZERO] * 1001),
    "FAILED with zero": report("FAILED", ZERO),
    "FAILED with no level": report("FAILED"),
    "FAILED with 21": report("FAILED", level()),
    "FAILURE": report("FAILURE"),
    "FAILING": report("FAILING", ZERO),
    "another status": report("PERHAPS", ZERO),
    "no status": report(None, ZERO),
    "another name": report("NONE", name="F/Other"),
    "another name, with zero": report("EXISTS", ZERO, name="Rain2"),
    "no folder": report("NONE", name="Rain"),
    "another folder": report("NONE", name="G/Rain"),
    "another type": report("NONE", type="ImageServer"),
    "a count outside the levels": report("NONE", tileCount=21),
    "a size outside the levels, as text": report("NONE", tilesSize="4000"),
    "levels of another name": report("NONE", lods=[level()]),
    "levels in other letter case": report("NONE", lodInfos=None, LODInfos=[level()]),
    "a count below a level": report("NONE", level(0, 0, parts=[level()])),
    "two counts": report("NONE", level(0, 0, tilecount=21)),
    "two statuses": report("NONE", Status="EXISTS"),
    "two statuses in a text": executed('{"status": "EXISTS", "status": "NONE"}'),
    "two lists of levels in a text": executed('{"status": "NONE", "lodInfos": [{"tileCount": 21}], "lodInfos": []}'),
    "another type and no name": report("NONE", name=None, type="ImageServer"),
    "another serviceName": report("NONE", name=None, serviceName="F/Other"),
    "another service_url": report("NONE", name=None, service_url="F/Other:MapServer"),
    "an error within": report("NONE", error={"code": 500, "message": "The directory isn't reachable."}),
    "an error message": {
        **report("NONE"),
        "messages": [{"type": "esriJobMessageTypeError", "description": "ERROR 001395"}],
    },
    "error 403 with HTTP 503": Page(503, json.dumps(refusal(403)).encode()),
    "no report": {"results": []},
    "no result": {},
    "text": executed("NONE"),
    "null": executed(None),
    "error 400": refusal(400),
    "error 401": refusal(401),
    "error 498": refusal(498, "Invalid Token"),
    "error 500": refusal(500, "Error executing tool."),
    "error 503": refusal(503),
    "a page": page(),
    "a page with 403": page(403),
    "a page with 404": page(404),
    "a page with 499": page(499),
    "a page with 500": page(500),
    "the administrator API's 403": {"status": "error", "messages": ["No."], "code": 403},
    "a bare 404": {"code": 404, "message": "No."},
}
REFUSALS = {code: refusal(code) for code in (403, 404, 499)}


class Sites:
    """Runs a deletion at a puppet site; the journal stays from run to run."""

    def __init__(self, server: BodyServer, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.heard = Listener()

    def access(self) -> Access:
        self.heard = Listener()
        clock = FastClock(100)
        return Access(clock=clock, patience=LITTLE, deadline=600, messages=self.heard, journal_folder=self.folder)

    def delete(self, puppet: Puppet) -> Receipt:
        return run_deletion(puppet.service_url, self.access(), lambda plan: True)

    def puppet(self, before: Answers, after: Answers = WITH_A_CACHE, **options: str) -> Puppet:
        return Puppet(self.server, before, after, **options)

    @property
    def entries(self) -> list[Path]:
        return [file for file in self.folder.rglob("*.json") if file.is_file()]


@pytest.fixture
def sites(tmp_path: Path):
    with BodyServer(lambda path: None) as server:
        yield Sites(server, tmp_path)


# Promise 1

AFTERWARDS: dict[str, tuple[Answers, tuple[str, int]]] = {
    "plain success": (Answers(GONE, NONE), DELETED),
    "all levels zero": (Answers(GONE, report("EXISTS", ZERO, level("0", "0", 1))), DELETED),
    "NONE without a name": (Answers(GONE, executed({"status": "NONE"})), DELETED),
    "NONE as text": (Answers(GONE, executed('{"status": "NONE", "name": "f/rain", "type": "mapserver"}')), DELETED),
    "a tiling scheme beside false": (Answers({**GONE, "tileInfo": {"lods": [{}]}}, NONE), DELETED),
    "no more than false": (Answers({"singleFusedMapCache": False}, NONE), DELETED),
    **{f"report: {name}": (Answers(GONE, body), UNKNOWN) for name, body in BROKEN_REPORTS.items()},
    **{f"admin gone, report: {name}": (Answers(GONE, BROKEN_REPORTS[name], is_cached("false")), UNKNOWN)
       for name in ("error 500", "a page", "FAILED with no level", "another name", "a negative count")},
    **{f"{code}, admin silent": (Answers(GONE, body), DELETED) for code, body in REFUSALS.items()},
    **{f"{code}, admin false": (Answers(GONE, body, is_cached("false")), DELETED) for code, body in REFUSALS.items()},
    **{f"{code}, admin true": (Answers(GONE, body, is_cached("true")), UNKNOWN) for code, body in REFUSALS.items()},
    "a sign-in page for the service": (Answers(page(), NONE), UNKNOWN),
    "a 404 page for the service": (Answers(page(404), NONE), UNKNOWN),
    "an error for the service": (Answers(refusal(500, "Error"), NONE, is_cached("false")), UNKNOWN),
    "capabilities only": (Answers({"capabilities": "Map"}, NONE, is_cached("false")), UNKNOWN),
    "false as text": (Answers({**GONE, "singleFusedMapCache": "false"}, NONE, is_cached("false")), UNKNOWN),
    "the service is missing": (Answers(MISSING, NONE), UNKNOWN),
    "the service still cached, none counted": (Answers(THERE, NONE, is_cached("false")), UNKNOWN),
    "as before": (WITH_A_CACHE, KEPT),
    "fewer": (Answers(THERE, report("EXISTS", level(7))), ("partly-deleted", 1)),
    "the service still cached, nobody counts": (Answers(THERE, refusal(403)), KEPT),
    "stopped, none counted": (Answers(STOPPED, NONE, is_cached("false")), ("deleted-service-down", 1)),
    "stopped, still cached": (Answers(STOPPED, NONE, is_cached("true")), UNKNOWN),
    "stopped, admin about another, nobody counts": (
        Answers(STOPPED, refusal(403), {"serviceName": "Other", **is_cached("false")}), UNKNOWN
    ),
}  # fmt: skip


NOT_AS_A_REPORT = [name for name in AFTERWARDS if not name.startswith(("report: ", "admin gone, ", "404", "499"))]
SOME_REPORTS = "a count beside NONE", "one level unreadable beside none", "another name", "error 500"


@pytest.mark.parametrize(
    "name", some_of(by_name(AFTERWARDS), *NOT_AS_A_REPORT, *(f"report: {name}" for name in SOME_REPORTS))
)
def test_what_is_said_after_a_job_that_succeeded(name: str, sites: Sites) -> None:
    after, expected = AFTERWARDS[name]
    puppet = sites.puppet(WITH_A_CACHE, after)
    receipt = sites.delete(puppet)
    assert (said(receipt), puppet.submits) == (expected, 1)
    assert bool(sites.entries) is (expected == UNKNOWN)
    if expected == UNKNOWN:
        assert receipt.error is not None
        _holds_the_remedy(sites, puppet, str(receipt.error))


def _holds_the_remedy(sites: Sites, puppet: Puppet, told: str) -> None:
    """The same answers once more, and again once the entry was removed as the message says: no exit code 0."""
    assert sites.delete(puppet).exit_code != 0
    if any(str(entry) in told for entry in sites.entries):
        sites.entries[0].unlink()
    if ".json" in told:
        puppet.before = puppet.after
        puppet.submits = 0
        assert sites.delete(puppet).exit_code != 0


@pytest.mark.parametrize("code", REFUSALS)
def test_a_success_that_nobody_counted_comes_with_a_warning(code: int, sites: Sites) -> None:
    receipt = sites.delete(sites.puppet(WITH_A_CACHE, Answers(GONE, REFUSALS[code])))
    assert said(receipt) == DELETED
    assert [text for text in receipt.warnings if text.startswith("Nobody counted the tiles")]
    assert list(receipt.warnings) == sites.heard.warnings


def test_a_plain_success_has_no_warning(sites: Sites) -> None:
    assert sites.delete(sites.puppet(WITH_A_CACHE, Answers(GONE, NONE))).warnings == ()


def test_a_report_of_zero_that_calls_the_cache_existing_is_told(sites: Sites) -> None:
    receipt = sites.delete(sites.puppet(WITH_A_CACHE, Answers(GONE, report("EXISTS", ZERO))))
    assert said(receipt) == DELETED
    assert "still says that the cache exists" in receipt.warnings[0]


@pytest.mark.parametrize("code", REFUSALS)
def test_a_refused_report_is_replaced_only_where_the_service_said_true_before(code: int, sites: Sites) -> None:
    puppet = sites.puppet(Answers(GONE, COUNTS_21), Answers(GONE, REFUSALS[code]))
    receipt = sites.delete(puppet)
    assert (said(receipt), puppet.submits) == (UNKNOWN, 1)
    told = str(receipt.error)
    assert str(sites.entries[0]) not in told, "without the entry the same answers are 'nothing to delete'"
    assert "System/ReportingTools" in told
    assert sites.delete(puppet).exit_code == 5


@pytest.mark.parametrize("status", ["esriJobFailed", "esriJobTimedOut", "esriJobCancelled", "esriJobDeleted"])
def test_a_refused_report_is_replaced_only_by_a_job_that_succeeded(status: str, sites: Sites) -> None:
    puppet = sites.puppet(WITH_A_CACHE, Answers(GONE, refusal(403)), status=status)
    receipt = sites.delete(puppet)
    assert said(receipt) == UNKNOWN
    assert ".json" not in str(receipt.error)


@pytest.mark.parametrize(("kind", "expected"), [("Error", UNKNOWN), ("Abort", UNKNOWN), ("Warning", DELETED)])
def test_a_success_whose_messages_hold_an_error_replaces_no_report(kind: str, expected: Any, sites: Sites) -> None:
    puppet = sites.puppet(WITH_A_CACHE, Answers(GONE, refusal(403)))
    puppet.messages = [{"type": f"esriJobMessageType{kind}", "description": "A folder is left."}]
    assert said(sites.delete(puppet)) == expected


def test_a_job_that_failed_over_a_cache_that_is_gone_is_a_success_with_a_warning(sites: Sites) -> None:
    receipt = sites.delete(sites.puppet(WITH_A_CACHE, Answers(GONE, NONE), status="esriJobFailed"))
    assert said(receipt) == DELETED
    assert "esriJobFailed" in receipt.warnings[0]


@pytest.mark.parametrize("counts", [COUNTS_21, report("EXISTS", level("21"))], ids=["a number", "text"])
def test_uncached_with_21_tiles_before_and_after_is_not_deleted(counts: Any, sites: Sites) -> None:
    puppet = sites.puppet(Answers(GONE, counts), Answers(GONE, counts))
    receipt = sites.delete(puppet)
    assert (said(receipt), puppet.submits) == (KEPT, 1)
    assert [text for text in receipt.warnings if "says that it has no cache, and yet 21 tiles" in text]


def test_a_report_that_counted_before_and_breaks_afterwards_proves_nothing(sites: Sites) -> None:
    receipt = sites.delete(sites.puppet(WITH_A_CACHE, Answers(GONE, refusal(500, "Error executing tool."))))
    assert said(receipt) == UNKNOWN
    assert "Error executing tool." in str(receipt.error)


def test_a_contradiction_names_who_says_what(sites: Sites) -> None:
    receipt = sites.delete(sites.puppet(WITH_A_CACHE, Answers(GONE, COUNTS_21, is_cached("true"))))
    there = "according to the cache report and the administrator API there is one"
    assert f"according to the service there is no cache, {there}" in str(receipt.error)
    assert receipt.after is not None
    assert [(one.witness.value, one.says.value) for one in receipt.after.testimonies] == [
        ("service", "gone"), ("report", "there"), ("administrator", "there"),
    ]  # fmt: skip


# Promise 2

BEFOREHAND: dict[str, tuple[Answers, tuple[str, int]]] = {
    "none": (Answers(GONE, NONE), NOTHING),
    "none, nameless": (Answers(GONE, executed({"status": "NONE"})), NOTHING),
    "a tiling scheme beside false": (Answers({**GONE, "tileInfo": {"lods": [{}]}}, NONE), NOTHING),
    **{f"{code}, admin silent": (Answers(GONE, body), NOTHING) for code, body in REFUSALS.items()},
    **{f"{code}, admin false": (Answers(GONE, body, is_cached("false")), NOTHING) for code, body in REFUSALS.items()},
    **{f"{code}, admin unreadable": (Answers(GONE, body, is_cached("x")), NOTHING) for code, body in REFUSALS.items()},
    **{f"{code}, admin true": (Answers(GONE, body, is_cached("true")), KEPT) for code, body in REFUSALS.items()},
    "none, admin true": (Answers(GONE, NONE, is_cached("true")), KEPT),
    **{f"none, admin {word!r}": (Answers(GONE, NONE, is_cached(word)), KEPT) for word in (True, " True ", 1, "yes")},
    "none, admin true in other letter case": (Answers(GONE, NONE, {"Properties": {"iscached": "true"}}), KEPT),
    "none, EXISTS with zeros": (Answers(GONE, report("EXISTS", ZERO)), KEPT),
    "a sign-in page": (Answers(page(), NONE), KEPT),
    "a 404 page": (Answers(page(404), NONE), KEPT),
    "a 500 page": (Answers(page(500), executed({"status": "NONE"})), KEPT),
    "error 500": (Answers(refusal(500, "Error"), NONE, is_cached("false")), KEPT),
    "missing": (Answers(MISSING, NONE, is_cached("false")), KEPT),
    "stopped": (Answers(STOPPED, NONE, is_cached("false")), KEPT),
    "capabilities only": (Answers({"capabilities": "Map"}, NONE, is_cached("false")), KEPT),
    "a sign-in page for all": (Answers(page(), page(), page()), KEPT),
    "cached, TilesOnly": (Answers({**THERE, "capabilities": "Map,TilesOnly"}), KEPT),
    "cached, TilesOnly after a space": (Answers({**THERE, "capabilities": "Map, TilesOnly"}), KEPT),
    "cached, TilesOnly in a list": (Answers({**THERE, "capabilities": ["Map", "TilesOnly"]}), KEPT),
    "cached, another job": (Answers(THERE, report("EXISTS", level(), cacheExecutionStatus="PROCESSING")), KEPT),
}  # fmt: skip


@pytest.mark.parametrize("name", BEFOREHAND)
def test_what_is_said_where_nothing_is_submitted(name: str, sites: Sites) -> None:
    answers, expected = BEFOREHAND[name]
    puppet = sites.puppet(answers, answers)
    receipt = sites.delete(puppet)
    assert (said(receipt), puppet.submits, sites.entries) == (expected, 0, [])
    if expected == NOTHING and answers.report in REFUSALS.values():
        assert "Nobody counted its tiles: " in receipt.warnings[0]


@pytest.mark.parametrize("name", one_in(2, BROKEN_REPORTS))
def test_a_broken_report_never_means_that_there_is_nothing_to_delete(name: str, sites: Sites) -> None:
    """Where it counts something, the deletion is tried, and the same answers afterwards are no success either."""
    answers = Answers(GONE, BROKEN_REPORTS[name], is_cached("false"))
    puppet = sites.puppet(answers, answers)
    receipt = sites.delete(puppet)
    assert receipt.exit_code != 0
    assert receipt.verdict.value in ("not-deleted", "unknown")
    assert puppet.submits <= 1
    if not puppet.submits:
        assert sites.entries == []


# report and check


@pytest.mark.parametrize(
    "service", [page(), page(404), refusal(500, "Error"), MISSING, STOPPED, {"capabilities": "Map"}], ids=str
)
def test_report_never_says_no_cache_of_a_service_that_it_cannot_read(service: Any, sites: Sites) -> None:
    puppet = sites.puppet(Answers(service, NONE, is_cached("false")))
    with pytest.raises(CacheToolsError) as caught:
        report_cache(puppet.service_url, sites.access())
    assert "has no cache" not in str(caught.value)
    assert ("Start the service" in caught.value.remedy) is (service is STOPPED)
    assert ("Check folder, name and type" in caught.value.remedy) is (service is MISSING)


@pytest.mark.parametrize(
    ("answers", "words", "warned"),
    [
        (Answers(GONE, NONE), "has no cache.", False),
        (Answers(GONE, refusal(403)), "has no cache.", True),
        (Answers(GONE, refusal(500)), "service answers, no cache, tiles not counted (", True),
        (Answers(GONE, report("EXISTS")), "the cache report says that there is a cache", True),
        (Answers(GONE, COUNTS_21), "the service answers and says that there is no cache,", True),
        (Answers(THERE, refusal(403)), "cached, a tiling scheme of 1 scale, tiles not counted (", True),
        (Answers(), "would remove 4.0 kB:", False),
    ],
    ids=str,
)
def test_report_says_who_says_what_where_there_is_a_doubt(
    answers: Answers, words: str, warned: bool, sites: Sites
) -> None:
    found = report_cache(sites.puppet(answers).service_url, sites.access())
    text = found.to_text()
    assert words in text
    assert ("has no cache." in text) is found.found.has_no_cache
    assert ("Note: " in text) is warned
    assert {"service", "cached", "tiles", "bytes", "scales", "witnesses", "warnings"} <= set(found.to_dict())


@pytest.mark.parametrize(
    ("running", "good", "words"),
    [
        ("true", False, "another caching job is running"),
        ("false", None, "not known: The report's counts can't be read."),
    ],
)
def test_a_job_is_seen_at_work_also_by_a_report_that_counts_nothing(
    running: str, good: bool | None, words: str, sites: Sites
) -> None:
    answers = Answers(THERE, report("EXISTS", level(), level(0.5, isRunning=running)))
    check = check_deletion(sites.puppet(answers).service_url, sites.access())
    (finding,) = [one for one in check.findings if one.what == "other jobs"]
    assert finding.good is good and words in finding.words


@pytest.mark.parametrize(
    ("answers", "good", "words"),
    [
        (Answers(), True, "21 tiles in 1 scale, 4.0 kB"),
        (Answers(GONE, NONE), None, "there is none, so a deletion would do nothing"),
        (Answers(GONE, refusal(403)), None, "there is none, so a deletion would do nothing"),
        (
            Answers(GONE, refusal(500)),
            False,
            "can't tell whether there is one: the service answers and says that there is no cache, ",
        ),
        (Answers(GONE, report("EXISTS")), False, "can't tell whether there is one: "),
        (Answers(GONE, refusal(403), is_cached("true")), False, "can't tell whether there is one: "),
        (Answers(GONE, COUNTS_21), True, "21 tiles in 1 scale, 4.0 kB, though the service says that it has no cache"),
    ],
    ids=str,
)
def test_check_says_of_the_cache_what_a_deletion_would(
    answers: Answers, good: bool | None, words: str, sites: Sites
) -> None:
    puppet = sites.puppet(answers, answers)
    check = check_deletion(puppet.service_url, sites.access())
    (finding,) = [one for one in check.findings if one.what == "cache"]
    assert finding.good is good
    assert words in finding.words
    receipt = sites.delete(puppet)
    assert (puppet.submits == 0) is (good is not True)
    assert (said(receipt) == NOTHING) is (good is None)


@pytest.mark.parametrize(
    ("service", "cure"),
    [(STOPPED, "start it"), (MISSING, "check folder, name and type"), (page(), "open its address"), ({}, "open its")],
    ids=["stopped", "missing", "a page", "no service"],
)
def test_check_names_the_cure_that_fits(service: Any, cure: str, sites: Sites) -> None:
    check = check_deletion(sites.puppet(Answers(service, NONE)).service_url, sites.access())
    (finding,) = [one for one in check.findings if one.what == "service"]
    assert finding.good is False
    assert cure in finding.words
    assert service == STOPPED or "start it" not in finding.words
    assert not check.possible


def test_check_says_that_a_run_follows_ones_own_unfinished_job(sites: Sites) -> None:
    puppet = sites.puppet(WITH_A_CACHE, Answers(GONE, refusal(500)))
    assert said(sites.delete(puppet)) == UNKNOWN
    check = check_deletion(puppet.service_url, sites.access())
    (finding,) = [one for one in check.findings if one.what == "journal"]
    assert "an unfinished deletion, begun " in finding.words
    assert ": job j1; a run follows it and submits nothing" in finding.words


# By the command line

# Where the witnesses leave a doubt, the command waits for them until its time is up.
BY_COMMAND: dict[str, tuple[Answers, Answers, tuple[str, int], int]] = {
    "plain success": (WITH_A_CACHE, Answers(GONE, NONE), DELETED, 1),
    "report refused": (WITH_A_CACHE, Answers(GONE, refusal(403)), DELETED, 1),
    "21 as text": (WITH_A_CACHE, Answers(GONE, BROKEN_REPORTS["a count as text"]), UNKNOWN, 1),
    "uncached with 21": (Answers(GONE, COUNTS_21), Answers(GONE, COUNTS_21), KEPT, 1),
    "a sign-in page": (Answers(page(), NONE), Answers(), KEPT, 0),
    "nothing to delete": (Answers(GONE, NONE), Answers(), NOTHING, 0),
    "refused, admin true": (Answers(GONE, refusal(403), is_cached("true")), Answers(), KEPT, 0),
}


def by_command(server: BodyServer, home: Path, before: Answers, after: Answers) -> tuple[dict[str, Any], int, int, str]:
    """With a home of its own, since ports tell no services apart."""
    puppet = Puppet(server, before, after)
    options = ["delete", puppet.service_url, "--yes", "--json", "--deadline", "15"]
    command, own = [sys.executable, "-m", "cachetools_core", *options], environment({"XDG_DATA_HOME": str(home)})
    done = subprocess.run(command, env=own, cwd=ROOT, capture_output=True, text=True, timeout=120)
    return json.loads(done.stdout), done.returncode, puppet.submits, done.stderr


@pytest.mark.thorough
def test_the_command_line_says_the_same(tmp_path: Path) -> None:
    def run(case: tuple[Answers, Answers, tuple[str, int], int]) -> tuple[tuple[str, int], int, int]:
        with BodyServer(lambda path: None) as server:
            home = Path(tempfile.mkdtemp(dir=tmp_path))
            receipt, code, submits, errors = by_command(server, home, *case[:2])
        assert "Traceback" not in errors
        return (receipt["verdict"], receipt["exit_code"]), code, submits

    found = dict(zip(BY_COMMAND, at_once(run, BY_COMMAND.values(), len(BY_COMMAND))))
    assert found == {name: (said, said[1], submits) for name, (_, _, said, submits) in BY_COMMAND.items()}
