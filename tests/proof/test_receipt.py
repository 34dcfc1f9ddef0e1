"""The receipt as text, JSON and HTML: the documented keys, nulls where nothing was read, nothing unescaped."""

from __future__ import annotations

import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from cachetools_core.server.cache import CacheLook, CacheState, Scale, ServiceState
from cachetools_core.server.job import JobEnd, JobReport

from cachetools_core.errors import CacheToolsError, NotDeleted, every_error
from cachetools_core.naming.service import read_name
from cachetools_core.proof.receipt import (
    ERRORS,
    Receipt,
    Verdict,
    explain,
    in_megabytes,
    job_in_words,
    look_as_dict,
    look_in_words,
    verdict,
)

SITE = "https://gis.example.com:6443/arcgis"
SERVICE = f"{SITE}/rest/services/Weather/Rainfall/MapServer"
RAINFALL: Any = read_name(SERVICE)
JOB = f"{SITE}/rest/services/System/CachingTools/GPServer/DeleteCache/jobs/j0123456789abcdef"
NASTY = "<script>alert('a')</script> & \"<img src=x onerror=alert(1)>"

BEFORE = CacheLook(
    ServiceState.ANSWERS, True, (Scale(0, 591657527.591555, 4, 20_000), Scale(5, 18489297.737236, 4000, 1_034_183))
)
AFTER = CacheLook(ServiceState.ANSWERS, False, ())


def good() -> Receipt:
    return Receipt(
        SERVICE,
        "2026-03-01T02:00:00Z",
        "2026-03-01T02:03:10Z",
        Verdict.DELETED,
        output_url=SERVICE,
        job_url=JOB,
        job_status="esriJobSucceeded",
        account="siteadmin",
        before=BEFORE,
        after=AFTER,
        messages=["Submitted.", "Executing...", "Succeeded."],
    )


def failing(error: CacheToolsError | None = None) -> Receipt:
    return replace(
        good(),
        verdict=Verdict.NOT_DELETED,
        job_status="esriJobFailed",
        after=BEFORE,
        messages=["Submitted.", NASTY, "Failed."],
        warnings=["The tiles couldn't be counted beforehand.", f"The server says {NASTY}"],
        error=error or NotDeleted(f"The cache is still there. {NASTY}", "The server's words tell why."),
    )


class Page(HTMLParser):
    """A page held to what XML would want: every tag closed in order, nothing that runs, nothing fetched."""

    EMPTY = ("meta", "!doctype")

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[str] = []
        self.words: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == [], "every tag is closed"

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not {name for name, _ in attributes} - {"lang", "charset", "name", "content", "class", "colspan"}
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.words.setdefault(self.open[-1], []).append(data.strip())


KEYS = [
    "verdict",
    "service",
    "output_url",
    "job_url",
    "job_status",
    "account",
    "before",
    "after",
    "messages",
    "warnings",
    "error",
    "exit_code",
    "started",
    "finished",
]


@pytest.mark.parametrize("make", [good, failing, lambda: Receipt(SERVICE, "2026-03-01T02:00:00Z")])
def test_json_has_the_documented_keys(make: Any) -> None:
    receipt: Receipt = make()
    told = json.loads(receipt.to_json())
    assert list(told) == KEYS
    assert told == json.loads(json.dumps(receipt.to_dict(), allow_nan=False))
    for look in (told["before"], told["after"]):
        assert look is None or list(look) == ["cached", "tiles", "bytes", "scales"]


def test_json_of_a_success() -> None:
    told = json.loads(good().to_json())
    assert told["verdict"] == "deleted"
    assert (told["exit_code"], told["error"]) == (0, None)
    assert told["before"] == {
        "cached": True,
        "tiles": 4004,
        "bytes": 1_054_183,
        "scales": [
            {"level": 0, "scale": 591657527.591555, "tiles": 4, "bytes": 20_000},
            {"level": 5, "scale": 18489297.737236, "tiles": 4000, "bytes": 1_034_183},
        ],
    }
    assert told["after"] == {"cached": False, "tiles": 0, "bytes": 0, "scales": []}


def test_json_of_a_failure_has_the_error_with_its_id() -> None:
    told = json.loads(failing().to_json())
    assert told["error"]["id"] == "CT701"
    assert told["error"]["text"].startswith("CT701: The cache is still there.")
    assert (told["exit_code"], told["verdict"]) == (1, "not-deleted")
    assert (told["output_url"], told["messages"][1]) == (SERVICE, NASTY)


def test_json_says_null_for_everything_that_was_not_read() -> None:
    told = json.loads(Receipt("x", "2026-03-01T02:00:00Z", before=CacheLook(ServiceState.UNREADABLE)).to_json())
    assert told["before"] == {"cached": None, "tiles": None, "bytes": None, "scales": None}
    missing = ("output_url", "job_url", "job_status", "after", "error")
    assert {key: told[key] for key in missing} == dict.fromkeys(missing)


def test_json_is_ascii_so_that_any_console_takes_it() -> None:
    receipt = replace(good(), messages=["Niederschläge \ud800"])
    assert receipt.to_json().isascii()
    assert json.loads(receipt.to_json())["messages"] == ["Niederschläge \ud800"]


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_the_exit_code_is_the_errors(kind: type[CacheToolsError]) -> None:
    receipt = failing(kind("what happened"))
    assert receipt.exit_code == kind.exit_code != 0
    assert json.loads(receipt.to_json())["error"]["id"] == kind.message_id


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.STILL_RUNNING])
def test_the_exit_code_of_what_is_not_settled_is_5_whatever_the_error(verdict: Verdict, kind: Any) -> None:
    assert replace(failing(kind("what happened")), verdict=verdict).exit_code == 5


def test_every_verdict_but_the_two_good_ones_has_its_error() -> None:
    assert set(Verdict) - set(ERRORS) == {Verdict.DELETED, Verdict.NOTHING_TO_DELETE}
    assert {verdict: kind.exit_code for verdict, kind in ERRORS.items()} == {
        Verdict.NOT_DELETED: 1,
        Verdict.PARTLY_DELETED: 1,
        Verdict.DELETED_SERVICE_DOWN: 1,
        Verdict.STILL_RUNNING: 5,
        Verdict.UNKNOWN: 5,
    }


def test_text_is_a_line_a_fact() -> None:
    lines = good().to_text().splitlines()
    assert lines == [
        "Verdict:    deleted",
        f"Service:    {SERVICE}",
        f"Output:     {SERVICE}",
        "Account:    siteadmin",
        "Before:     4,004 tiles in 2 scales, 1.1 MB",
        "After:      service answers, no cache, no tiles",
        f"Job:        {JOB}",
        "Job status: esriJobSucceeded",
        "Started:    2026-03-01T02:00:00Z",
        "Finished:   2026-03-01T02:03:10Z",
    ]


def test_text_of_a_failure_has_its_warnings_and_its_error_and_nothing_that_is_missing() -> None:
    text = replace(failing(), job_url=None, after=None, account="").to_text()
    assert text.count("Warning:") == 2
    assert "\nError:      CT701: The cache is still there." in text
    assert not {"Job:", "After:", "Account:"} & {line.split()[0] for line in text.splitlines()}


@pytest.mark.parametrize("make", [good, failing, lambda: Receipt(NASTY, NASTY)])
def test_the_page_is_well_formed_and_stands_alone(make: Any) -> None:
    text = make().to_html()
    page = Page(text)
    assert not {"script", "img", "link", "iframe", "a"} & set(page.seen)
    assert "url(" not in text
    assert text.startswith("<!DOCTYPE html>\n")
    assert 'charset="utf-8"' in text


def test_the_page_shows_every_fact_as_it_was_said() -> None:
    receipt = failing()
    page = Page(receipt.to_html())
    assert page.words["li"] == receipt.messages
    assert page.words["h1"] == ["Not deleted"]
    assert page.words["p"] == [SERVICE, str(receipt.error)]
    assert page.words["title"] == [f"Not deleted: the cache of {SERVICE}"]
    for fact in (JOB, "esriJobFailed", *receipt.warnings, "4,004 tiles in 2 scales, 1.1 MB", "2026-03-01T02:03:10Z"):
        assert fact in page.words["td"]


def test_the_page_lists_the_scales_of_each_look_that_counted_tiles() -> None:
    page = Page(good().to_html())
    assert page.words["h2"] == ["Scales before", "What the server said"]
    assert page.words["td"][-8:] == ["0", "1:591,657,528", "4", "20,000", "5", "1:18,489,298", "4,000", "1,034,183"]
    assert Page(failing().to_html()).words["h2"] == ["Scales before", "Scales after", "What the server said"]
    assert "h2" not in Page(Receipt(SERVICE, "now").to_html()).words


@pytest.mark.parametrize("found", list(Verdict))
def test_the_page_of_a_success_looks_otherwise_than_that_of_a_failure(found: Verdict) -> None:
    for receipt, tone in ((good(), "good"), (failing(), "bad")):
        text = replace(receipt, verdict=found).to_html()
        assert f'<header class="{tone}">' in text
        heading = Page(text).words["h1"][0]
        assert heading.lower().replace(", ", "-").replace(" ", "-") == found.value


@pytest.mark.parametrize("make", [good, failing])
def test_the_page_says_its_verdict_service_and_error_once(make: Any) -> None:
    receipt: Receipt = make()
    assert not {"Verdict", "Service", "Error"} & set(Page(receipt.to_html()).words["th"])
    assert receipt.to_html().count('<p class="error">') == (receipt.error is not None)


def test_the_page_has_no_row_for_what_there_is_not() -> None:
    page = Page(Receipt(SERVICE, "2026-03-01T02:00:00Z").to_html())
    assert (page.words["th"], page.words["td"]) == (["Started"], ["2026-03-01T02:00:00Z"])


def test_a_page_without_messages_has_no_list() -> None:
    assert "li" not in Page(replace(good(), messages=[]).to_html()).seen


@pytest.mark.parametrize(
    ("look", "words"),
    [
        (None, ""),
        (BEFORE, "4,004 tiles in 2 scales, 1.1 MB"),
        (AFTER, "service answers, no cache, no tiles"),
        (CacheLook(ServiceState.ANSWERS, True, ()), "service answers, cached, no tiles"),
        (CacheLook(ServiceState.ANSWERS, True), "service answers, cached, tiles not counted"),
        (
            CacheLook(ServiceState.ANSWERS, True, scheme_scales=20),
            "service answers, cached, a tiling scheme of 20 scales, tiles not counted",
        ),
        (CacheLook(ServiceState.ANSWERS, False), "service answers, no cache, tiles not counted"),
        (CacheLook(ServiceState.UNREADABLE), "service could not be read, cache not readable, tiles not counted"),
        (CacheLook(ServiceState.NOT_STARTED, None, ()), "service is not started, cache not readable, no tiles"),
    ],
)
def test_a_look_in_words(look: CacheLook | None, words: str) -> None:
    assert look_in_words(look) == words
    assert (look_as_dict(look) is None) == (look is None)


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0.0 kB"),
        (999_949, "999.9 kB"),
        (1_000_000, "1.0 MB"),
        (1_034_183, "1.0 MB"),
        (999_900_000, "999.9 MB"),
        (1_000_000_000, "1.0 GB"),
        (12_345_600_000_000, "12,345.6 GB"),
    ],
)
def test_bytes_are_told_in_the_unit_that_people_read(size: int, words: str) -> None:
    assert in_megabytes(size) == words


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (JobReport(JOB, "esriJobFailed", JobEnd.FAILED, ["a", "b"]), "failed, esriJobFailed, 'b'"),
        (JobReport(JOB, end=JobEnd.NO_ANSWER, trouble="No answer."), "no answer, No answer."),
        (JobReport(JOB), "still running"),
        (
            JobReport(JOB, "esriJobFailed", JobEnd.FAILED, ["w1", "w2", "w3", "Failed."], ["w1", "w2", "w3"]),
            "failed, esriJobFailed, 'w2 w3'",
        ),
    ],
)
def test_a_job_in_words(report: JobReport, words: str) -> None:
    assert job_in_words(report) == words


FEWER = CacheLook(ServiceState.ANSWERS, True, (Scale(0, 591657527.591555, 4, 20_000),), trouble=("A warning.",))
DOWN = CacheLook(ServiceState.NOT_STARTED, False, ())
UNREAD = CacheLook(ServiceState.UNREADABLE, trouble=("No answer to GET.",))


@pytest.mark.parametrize(
    ("found", "report", "after", "what", "remedy"),
    [
        (
            Verdict.NOT_DELETED,
            JobReport(JOB, end=JobEnd.FAILED),
            BEFORE,
            "still there. The job: failed.",
            "again is safe",
        ),
        (
            Verdict.PARTLY_DELETED,
            JobReport(JOB, end=JobEnd.FAILED),
            FEWER,
            "gone: 4,000 of 4,004 tiles",
            "Run this again",
        ),
        (
            Verdict.DELETED_SERVICE_DOWN,
            JobReport(JOB, end=JobEnd.SUCCEEDED),
            DOWN,
            "is gone, but the service is down",
            f"a POST to {SITE}/admin/services/Weather/Rainfall.MapServer/start",
        ),
        (
            Verdict.STILL_RUNNING,
            JobReport(JOB, "esriJobExecuting"),
            BEFORE,
            f"{JOB} (esriJobExecuting).",
            "follows that",
        ),
        (
            Verdict.STILL_RUNNING,
            JobReport(JOB, "esriJobWaiting"),
            BEFORE,
            f"{JOB} (esriJobWaiting).",
            "instead of submitting another",
        ),
        (
            Verdict.STILL_RUNNING,
            JobReport(JOB, "esriJobWaiting", cancel_refused="It says no."),
            BEFORE,
            "The server didn't take the cancel: It says no.",
            "Run this again",
        ),
        (
            Verdict.UNKNOWN,
            JobReport(JOB, end=JobEnd.NO_ANSWER, trouble="No answer."),
            UNREAD,
            "can't be told. The job: no answer, No answer.. The service: service could not be read",
            f"Look at {SERVICE} and at the jobs",
        ),
    ],
)
def test_every_verdict_that_is_no_success_is_explained_with_what_to_do(
    found: Verdict, report: JobReport, after: CacheLook, what: str, remedy: str
) -> None:
    said = explain(found, RAINFALL, BEFORE, report, after, "/journal/file.json")
    assert what in said[0]
    assert remedy in said[1]
    assert ("/journal/file.json" in said[1]) is (found is Verdict.UNKNOWN)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (CacheLook(ServiceState.ANSWERS, True, ()), " is wrong: the service shows a cache, and the report 0 tiles."),
        (replace(FEWER, cached=False), " is wrong: the service shows no cache, and the report 4 tiles."),
        (FEWER, ""),
    ],
)
def test_a_contradiction_is_told(after: CacheLook, words: str) -> None:
    report = JobReport(JOB, "esriJobSucceeded", JobEnd.SUCCEEDED)
    what = explain(Verdict.UNKNOWN, RAINFALL, BEFORE, report, after, "file")[0]
    assert what.count(" One of the two is wrong") == what.count(words or "no such words") == bool(words)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (BEFORE, "is still there. "),
        (CacheLook(ServiceState.ANSWERS, True), "is still advertised, and nobody counted its tiles. "),
    ],
)
def test_a_cache_that_nobody_counted_is_only_said_to_be_advertised(after: CacheLook, words: str) -> None:
    report = JobReport(JOB, "esriJobSucceeded", JobEnd.SUCCEEDED)
    assert words in explain(Verdict.NOT_DELETED, RAINFALL, BEFORE, report, after, "file")[0]


def test_a_cancel_that_was_not_refused_is_not_said_to_be() -> None:
    report = JobReport(JOB, "esriJobExecuting")
    assert "cancel" not in explain(Verdict.STILL_RUNNING, RAINFALL, BEFORE, report, BEFORE, "file")[0]


@pytest.mark.parametrize("end", list(JobEnd))
@pytest.mark.parametrize("cache", list(CacheState))
@pytest.mark.parametrize("service", list(ServiceState))
def test_deleted_is_never_said_while_anything_still_shows_a_cache(
    end: JobEnd, cache: CacheState, service: ServiceState
) -> None:
    said = verdict(end, cache, service)
    gone = cache is CacheState.NONE or (cache is CacheState.UNADVERTISED and end is JobEnd.SUCCEEDED)
    if said is Verdict.DELETED:
        assert gone
        assert service is ServiceState.ANSWERS
        assert end is not JobEnd.RUNNING
    if said is Verdict.DELETED_SERVICE_DOWN:
        assert gone
    if said is Verdict.PARTLY_DELETED:
        assert cache is CacheState.FEWER
    if end is JobEnd.RUNNING:
        assert said in (Verdict.STILL_RUNNING, Verdict.UNKNOWN)
