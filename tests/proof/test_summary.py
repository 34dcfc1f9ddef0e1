"""The summary of a run over many services: the worst first, sums of what was counted, nothing unescaped."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support.pages import Page
from support.receipts import NASTY, SITE
from support.schema import SUMMARY_SCHEMA, summary_misfits
from support.summaries import every_verdict, no_service, one, summary_of

from cachetools_core.proof.page import HEADINGS
from cachetools_core.proof.summary import Summary
from cachetools_core.proof.summary_page import STYLE
from cachetools_core.proof.summary_rows import Total
from cachetools_core.proof.verdict import WORST_FIRST, Verdict

OTHER_SITE = "https://gis2.example.com/server"
MIXED = (*every_verdict(), one(Verdict.DELETED, "Wind", OTHER_SITE), no_service())


def as_json(summary: Summary) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(summary.to_json())
    return told


def rows_of(summary: Summary) -> list[list[str]]:
    return Page(summary.to_html()).sections["Services"]


def test_counts_have_the_worst_first_and_only_what_there_is():
    assert list(summary_of(MIXED).counts.items()) == [
        ("deleted-service-down", 1), ("partly-deleted", 1), ("not-deleted", 2), ("unknown", 1), ("still-running", 1),
        ("nothing-to-delete", 1), ("deleted", 2),
    ]  # fmt: skip
    assert set(WORST_FIRST) == set(Verdict)


@pytest.mark.parametrize(
    ("receipts", "code"),
    [
        ((), 0),
        ((one(Verdict.DELETED), one(Verdict.NOTHING_TO_DELETE)), 0),
        ((one(Verdict.DELETED), one(Verdict.NOT_DELETED)), 1),
        ((no_service(), one(Verdict.NOT_DELETED)), 2),
        ((one(Verdict.STILL_RUNNING), no_service()), 5),
    ],
)
def test_the_exit_code_is_the_worst(receipts, code):
    assert summary_of(receipts).exit_code == code


def test_only_what_was_counted_is_in_the_sum_and_how_many_that_were_is_told():
    summary = summary_of((one(Verdict.DELETED), one(Verdict.PARTLY_DELETED), one(Verdict.UNKNOWN), no_service()))
    assert summary.before == Total(27, 27, 3)
    assert summary.after == Total(6, 6, 2)
    assert summary_of((no_service(),)).before == Total(None, None, 0)


def test_json_has_the_receipts_in_the_order_given():
    told = as_json(summary_of(MIXED))
    assert list(told) == [
        "schema_version", "receipts", "counts", "exit_code", "before", "after", "started", "finished",
        "duration_seconds",
    ]  # fmt: skip
    assert told["receipts"] == [receipt.to_dict() for receipt in MIXED]
    assert (told["exit_code"], told["duration_seconds"]) == (5, 190.3)
    assert told["after"] == {"tiles": 15, "bytes": 15, "services": 6}


@pytest.mark.parametrize("receipts", [(), MIXED, (no_service(),)], ids=["none", "mixed", "no service"])
def test_summaries_fit_their_published_schema(receipts):
    Draft202012Validator.check_schema(SUMMARY_SCHEMA)
    assert summary_misfits(as_json(summary_of(receipts))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"counts": {"gone": 1}},
        {"counts": {"deleted": 0}},
        {"exit_code": 6},
        {"more": 1},
        {"receipts": [{}]},
        {"before": {"tiles": 1, "bytes": 1, "services": 0}},
        {"finished": "now"},
    ],
)
def test_the_schema_refuses_what_a_summary_never_says(wrong):
    assert summary_misfits({**as_json(summary_of(MIXED)), **wrong})


def test_text_is_a_line_a_service_the_worst_first_and_a_sum():
    assert summary_of(every_verdict()).to_text().splitlines() == [
        f"verdict               tiles  left    size  service below {SITE}/rest/services/",
        "deleted-service-down      9     0  0.0 kB  Weather/Deleted_Service_Down/MapServer",
        "partly-deleted            9     6  0.0 kB  Weather/Partly_Deleted/MapServer",
        "not-deleted               9     9  0.0 kB  Weather/Not_Deleted/MapServer",
        "unknown                   9     -  0.0 kB  Weather/Unknown/MapServer",
        "still-running             9     -  0.0 kB  Weather/Still_Running/MapServer",
        "nothing-to-delete         0     0    0 kB  Weather/Nothing_To_Delete/MapServer",
        "deleted                   9     0  0.0 kB  Weather/Deleted/MapServer",
        "sum                      54    15  0.1 kB  7 services",
        "1 deleted-service-down, 1 partly-deleted, 1 not-deleted, 1 unknown, 1 still-running, 1 nothing-to-delete,"
        " 1 deleted, in 3 min 10 s",
    ]


def test_services_of_several_sites_are_named_whole():
    text = summary_of(MIXED).to_text()
    assert f"  {OTHER_SITE}/rest/services/Wind/MapServer" in text
    assert "not-deleted               -     -       -  Rainfal\n" in text


def test_a_row_of_several_sites_has_its_site_below_its_name():
    rows = rows_of(summary_of(MIXED))
    assert rows[-2][1] == f"Wind/MapServer {OTHER_SITE}"
    assert rows[-3][1] == f"Weather/Deleted/MapServer {SITE}"
    assert rows[4][1].startswith("Rainfal CT101: The text names no service. ")


def test_the_page_stands_alone_and_everything_is_escaped():
    text = summary_of((*MIXED, one(Verdict.NOT_DELETED, NASTY, page=f"/x/{NASTY}.html", account=NASTY))).to_html()
    page = Page(text)
    assert not {"script", "img", "link", "iframe", "object", "form"} & set(page.seen)
    assert "url(" not in text and "@import" not in text


@pytest.mark.parametrize(
    ("receipts", "tone", "title"),
    [
        (MIXED, "failed", "6 of 9 services need attention"),
        ((one(Verdict.DELETED), one(Verdict.UNKNOWN)), "undecided", "1 of 2 services needs attention"),
        ((one(Verdict.DELETED), one(Verdict.NOTHING_TO_DELETE, "Wind")), "gone", "All 2 caches are gone"),
        ((one(Verdict.DELETED),), "gone", "The cache is gone"),
    ],
)
def test_the_head_says_how_many_need_somebody(receipts, tone, title):
    text = summary_of(receipts).to_html()
    found = re.search(r'<header class="(\w+)">', text)
    assert found is not None and found[1] == tone
    assert Page(text).words["h1"] == Page(text).words["title"] == [title]


def test_the_page_has_a_row_a_service_the_worst_first_with_why_and_what_next():
    rows = rows_of(summary_of(every_verdict()))
    assert rows[0] == ["Verdict", "Service", "Before", "After"]
    assert [row[0] for row in rows[1:]] == [*(HEADINGS[verdict][0] for verdict in WORST_FIRST), "Sum"]
    assert rows[3] == [
        "Not deleted",
        f"Weather/Not_Deleted/MapServer CT701: The cache is still there. {NASTY} The server's words tell why.",
        "Before: 9 tiles 0.0 kB",
        "After: 9 tiles 0.0 kB",
    ]
    assert rows[4][3] == "After: not counted"
    assert rows[-1] == ["Sum", "7 services", "Before: 54 tiles 0.1 kB", "After: 15 tiles 0.0 kB"]


def test_a_row_has_the_colour_of_its_verdict():
    tones = re.findall(r'<tr class="(\w+)">', summary_of(every_verdict()).to_html())
    assert tones == [HEADINGS[verdict][1] for verdict in WORST_FIRST]


def test_a_row_leads_to_the_service_and_to_its_receipt_beside_the_page():
    kept = one(Verdict.DELETED, page="/receipts/20260301T020000Z-a b-c0de.html")
    assert Page(summary_of((kept,)).to_html()).links == [
        f"{SITE}/rest/services/", "20260301T020000Z-a%20b-c0de.html", kept.service,
    ]  # fmt: skip
    assert Page(summary_of((no_service(),)).to_html()).links == []
    assert "javascript:" not in summary_of((replace(kept, page="javascript:alert(1)"),)).to_html()


def test_warnings_of_a_row_are_counted():
    rows = rows_of(summary_of((one(Verdict.DELETED, warnings=("a",)), one(Verdict.DELETED, warnings=("a", "b")))))
    assert [row[1].rpartition("MapServer ")[2] for row in rows[1:3]] == [
        "1 warning, in the receipt", "2 warnings, in the receipt",
    ]  # fmt: skip


def test_the_facts_say_who_and_what_was_counted():
    facts = Page(summary_of(MIXED).to_html()).facts
    assert facts == {
        "Account": "siteadmin",
        "Before": "63 tiles, 0.1 kB, counted in 8 of 9 services",
        "After": "15 tiles, 0.0 kB, counted in 6 of 9 services",
        "Started": "2026-03-01 02:00:00 UTC",
        "Finished": "2026-03-01 02:03:10 UTC",
        "Duration": "3 min 10 s",
        "Run by": "ann on GISWS12",
        "CacheTools": "1.2.3",
    }


def test_a_notebook_shows_the_page_and_keeps_its_own_look():
    kept = one(Verdict.DELETED, page="/receipts/a.html")
    shown = summary_of((kept, *MIXED))._repr_html_()
    assert "a.html" not in shown
    assert not {"html", "head", "body", "title"} & set(Page(shown).seen)
    rules = re.findall(r"([^{}]+)\{[^{}]*\}", re.sub(r"@media[^{]*\{", "", STYLE))
    assert all(part.strip().startswith(".cachetools") for rule in rules for part in rule.split(",") if part.strip())


def test_240_services_have_240_rows():
    receipts = [one(Verdict.DELETED, f"F/S{number}") for number in range(240)]
    assert len(rows_of(summary_of(receipts))) == 242
