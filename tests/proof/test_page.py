"""The receipt as a page: well formed, nothing that runs or is fetched, nothing unescaped, every fact in its place."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from support.evidence import NOTHING, UNREADABLE, look, report
from support.pages import Page
from support.receipts import BEFORE, JOB, NASTY, SERVICE, SITE, bare, failing, good

from cachetools_core.errors import Cancelled
from cachetools_core.proof.evidence import Says, Scale, Why, Witness
from cachetools_core.proof.evidence import Testimony as Saying
from cachetools_core.proof.html import STYLE, linked
from cachetools_core.proof.receipt import Receipt
from cachetools_core.proof.scheme import LevelOfDetail
from cachetools_core.proof.tiles import CloseUp, Selection
from cachetools_core.proof.verdict import Verdict

RUN = "Run by"


def page_of(receipt: Receipt) -> Page:
    return Page(receipt.to_html())


def tone_of(receipt: Receipt) -> str:
    found = re.search(r'<header class="(\w+)">', receipt.to_html())
    assert found is not None
    return found[1]


@pytest.mark.parametrize("make", [good, failing, lambda: bare(NASTY, NASTY, warnings=(NASTY,), account=NASTY)])
def test_the_page_is_well_formed_and_stands_alone(make: Any) -> None:
    text = make().to_html()
    page = Page(text)
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(page.seen)
    assert "url(" not in text and "@import" not in text
    assert text.startswith("<!DOCTYPE html>\n")
    assert 'charset="utf-8"' in text
    assert 'name="viewport"' in text


def test_the_page_links_to_the_service_and_its_job_and_nowhere_else() -> None:
    assert page_of(good()).links == [SERVICE, JOB]
    assert page_of(bare(NASTY)).links == []


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)", "JAVASCRIPT:alert(1)", "data:text/html,x", "file:///etc/passwd", "//gis.example.com/",
        "https:", "https://", "https://a b/", "https://a/\n", " https://a/", "http://[", "Rainfall", "", NASTY,
    ],
)  # fmt: skip
def test_what_is_no_address_on_the_web_is_no_link(text: str) -> None:
    assert "<a" not in linked(text)


def test_an_address_with_quotes_stays_in_its_attribute() -> None:
    address = f"{SITE}/rest/services/\"'><b>/MapServer"
    page = page_of(replace(good(), service=address, output_url=address, job_url=None))
    assert page.links == [address]
    assert "b" not in page.seen


def test_the_head_says_verdict_service_error_and_what_to_do_next() -> None:
    page = page_of(failing())
    assert page.words["title"] == [f"Not deleted: the cache of {SERVICE}"]
    assert page.words["h1"] == ["Not deleted"]
    assert page.words["p"] == [f"CT701: The cache is still there. {NASTY}", "The server's words tell why."]
    assert "p" not in page_of(good()).words
    assert page.words["a"][0] == SERVICE


def test_the_head_says_that_only_some_tiles_were_meant() -> None:
    some = replace(BEFORE, close_up=CloseUp(Selection((LevelOfDetail(3, 5000, 1.3),)), "s"))
    page = page_of(replace(good(), before=some))
    assert page.words["h1"] == ["Deleted: the tiles of 1 scale"]
    assert page.words["title"] == [f"Deleted: the tiles of 1 scale of {SERVICE}"]


def test_a_name_is_shown_in_its_own_letters_and_asked_as_it_is_spelled() -> None:
    spelled = f"{SITE}/rest/services/%E5%9C%B0%E5%9B%BE/MapServer"
    page = page_of(replace(good(), service=spelled))
    assert page.links[0] == spelled and page.words["a"][0] == f"{SITE}/rest/services/地图/MapServer"
    assert page.words["title"] == [f"Deleted: the cache of {SITE}/rest/services/地图/MapServer"]


TONES = {
    Verdict.DELETED: "gone",
    Verdict.NOTHING_TO_DELETE: "gone",
    Verdict.NOT_DELETED: "failed",
    Verdict.PARTLY_DELETED: "failed",
    Verdict.DELETED_SERVICE_DOWN: "failed",
    Verdict.STILL_RUNNING: "undecided",
    Verdict.UNKNOWN: "undecided",
}


@pytest.mark.parametrize("found", list(Verdict))
def test_a_verdict_has_its_words_and_its_colour(found: Verdict) -> None:
    receipt = replace(failing(), verdict=found)
    assert tone_of(receipt) == TONES[found]
    heading = page_of(receipt).words["h1"][0]
    assert heading.lower().replace(", ", "-").replace(" ", "-") == found.value


def test_the_facts_of_a_ticket() -> None:
    assert page_of(good()).facts == {
        "Account": "siteadmin",
        "Before": "4,004 tiles in 2 scales, 1.1 MB",
        "After": "service answers, no cache, no tiles",
        "Job": JOB,
        "Job status": "esriJobSucceeded",
        "Started": "2026-03-01 02:00:00 UTC",
        "Finished": "2026-03-01 02:03:10 UTC",
        "Duration": "3 min 10 s",
        RUN: "ann on GISWS12",
        "CacheTools": "1.2.3",
        "Server": "ArcGIS Server 11.3",
    }


def test_an_output_that_is_another_address_than_the_service_has_its_row() -> None:
    assert page_of(replace(good(), output_url=f"{SERVICE}/other")).facts["Output"] == f"{SERVICE}/other"


def test_where_only_the_user_or_the_machine_is_known_that_is_said() -> None:
    assert page_of(replace(good(), machine="")).facts[RUN] == "ann"
    assert page_of(replace(good(), machine_user="")).facts[RUN] == "GISWS12"
    assert RUN not in page_of(replace(good(), machine="", machine_user="")).facts


def test_the_page_has_no_row_and_no_part_for_what_there_is_not() -> None:
    page = page_of(bare())
    assert page.facts == {"Started": "2026-03-01 02:00:00 UTC"}
    assert not {"h2", "ol", "ul"} & set(page.seen)


def test_the_parts_of_the_page() -> None:
    assert page_of(failing()).words["h2"] == ["Warnings", "Scales", "Witnesses", "What the job said"]
    assert page_of(good()).words["h2"] == ["Scales", "Witnesses", "What the job said"]


def test_warnings_and_the_jobs_words_stand_as_they_were_said() -> None:
    receipt = failing()
    assert page_of(receipt).words["li"] == [*receipt.warnings, *receipt.messages]


HEADS = ["Level", "Scale", "Tiles before size", "Tiles after size"]


def test_one_table_has_the_scales_of_both_looks_side_by_side_with_a_sum() -> None:
    assert page_of(good()).sections["Scales"] == [
        HEADS,
        ["0", "1:591,657,528", "4 20.0 kB", "0 0 kB"],
        ["5", "1:18,489,298", "4,000 1.0 MB", "0 0 kB"],
        ["Sum", "4,004 1.1 MB", "0 0 kB"],
    ]


def test_a_scale_that_only_one_look_shows_has_its_row() -> None:
    fewer = look(BEFORE.of(Witness.SERVICE), Saying(Witness.REPORT, Says.THERE, scales=(Scale(7, 4622324.4, 9, 90),)))
    assert page_of(replace(failing(), after=fewer)).sections["Scales"] == [
        HEADS,
        ["0", "1:591,657,528", "4 20.0 kB", "0 0 kB"],
        ["5", "1:18,489,298", "4,000 1.0 MB", "0 0 kB"],
        ["7", "1:4,622,324", "0 0 kB", "9 0.1 kB"],
        ["Sum", "4,004 1.1 MB", "9 0.1 kB"],
    ]


@pytest.mark.parametrize("after", [None, look(UNREADABLE, report(NOTHING, None, Why.REFUSED))], ids=["none", "refused"])
def test_what_nobody_counted_is_not_called_zero(after: Any) -> None:
    page = page_of(replace(failing(), after=after))
    assert page.sections["Scales"][1:] == [
        ["0", "1:591,657,528", "4 20.0 kB", "– –"],
        ["5", "1:18,489,298", "4,000 1.0 MB", "– –"],
        ["Sum", "4,004 1.1 MB", "– –"],
    ]
    assert "– not counted" in page.words["p"]


def test_each_witness_has_a_row_that_tells_what_it_said_before_and_after() -> None:
    refused = Saying(Witness.REPORT, Says.NOTHING, Why.REFUSED, words=f"POST x: {NASTY}")
    page = page_of(replace(failing(), after=look(UNREADABLE, refused)))
    assert page.sections["Witnesses"] == [
        ["", "Before", "After"],
        ["The service", "Answers. Says that there is a cache.", "Could not be read. Says nothing (unreadable)."],
        ["The cache report", "Counts 4,004 tiles.", f"Says nothing (refused to this account). POST x: {NASTY}"],
    ]
    declined = page_of(replace(failing(Cancelled("You said no.")), after=None))
    assert [row[2] for row in declined.sections["Witnesses"]] == ["After", *["No look was taken"] * 2]


def test_a_notebook_shows_the_same_page_without_touching_its_own_look() -> None:
    receipt = failing()
    shown = receipt._repr_html_()
    page = Page(shown)
    assert page.words["h1"] == ["Not deleted"]
    assert not {"html", "head", "body", "title"} & set(page.seen)
    rules = re.findall(r"([^{}]+)\{[^{}]*\}", re.sub(r"@media[^{]*\{", "", STYLE))
    selectors = [one.strip() for rule in rules for one in rule.split(",")]
    assert all(one.startswith(".cachetools") for one in selectors if one)


def test_the_look_is_made_for_the_dark_a_phone_and_paper() -> None:
    for case in ("prefers-color-scheme:dark", "max-width:36rem", "@media print"):
        assert case in STYLE
