"""A report on many caches: sorted, summed, and the same in every form."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support.receipts import NASTY
from support.site_reports import empty, incomplete, made, nasty, row
from support.source import ROOT

from cachetools_core.naming.site import SitePart
from cachetools_core.proof.site_caches import Ending, UnreadRow, Why
from cachetools_core.proof.site_page import site_page
from cachetools_core.proof.site_report import SiteReport
from cachetools_core.proof.site_table import HEADS, report_csv, report_text

SCHEMA: dict[str, Any] = json.loads((ROOT / "docs" / "site-report.schema.json").read_text(encoding="utf-8"))
EVERY = pytest.mark.parametrize("make", [made, incomplete, nasty, empty])


def names(report: SiteReport) -> list[str]:
    return [one.service.name for one in report.caches]


def rows(report: SiteReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report_csv(report), newline="")))


def test_the_largest_come_first_and_those_that_nobody_counted_last() -> None:
    assert names(made()) == ["Large", "Hosted", "Small", "Uncounted"]
    assert names(made(row("B", 5), row("None", 0), row("A", 5), row("Never", None))) == ["A", "B", "None", "Never"]
    assert [one["name"] for one in made().to_dict()["caches"]] == names(made())
    assert [one["name"] for one in rows(made())][:4] == names(made())


def test_the_sums_leave_out_what_nobody_counted() -> None:
    report = made()
    assert vars(report.total) == {"caches": 4, "tiles": 310000200100, "bytes": 3100002001000, "uncounted": 1}
    assert [(part.folder, one.bytes, one.uncounted) for part, one in report.folders] == [
        ("Planning", 3_100_000_000_000, 1), ("Hosted", 2_000_000, 0), ("", 1_000, 0),
    ]  # fmt: skip
    assert (report.services, incomplete().services) == (11, 13)
    assert sum(one.bytes for _, one in report.folders) == report.total.bytes


@EVERY
def test_json_fits_the_published_schema(make: Callable[[], SiteReport]) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    fields = json.loads(json.dumps(make().to_dict(), allow_nan=False))
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(fields)] == []


def test_the_words_of_the_schema_are_those_of_the_program() -> None:
    assert SCHEMA["$defs"]["unread"]["properties"]["why"]["enum"] == [one.value for one in Why]
    assert SCHEMA["properties"]["ending"]["enum"] == [one.value for one in Ending]
    assert set(SCHEMA["properties"]["exit_code"]["enum"]) == {0, 3, 5}


def test_the_table_has_a_row_a_service_and_the_sum() -> None:
    found = rows(incomplete())
    assert list(found[0]) == list(HEADS)
    assert [one["service"].rpartition("/services/")[2] for one in found] == [
        "Planning/Large/MapServer", "Hosted/Hosted/MapServer", "Small/MapServer", "Planning/Uncounted/MapServer",
        "Late/MapServer", "Closed", "nonsense", "Planning", "Hosted",
        "https://gis.example.com/server/rest/services", "sum",
    ]  # fmt: skip
    assert (found[0]["bytes"], found[0]["first_scale"], found[0]["last_scale"]) == ("3100000000000", "4000", "1000.5")
    assert (found[1]["status"], found[1]["tiles_only"], found[3]["bytes"]) == ("counted, stopped", "true", "")
    assert [found[4][head] for head in ("folder", "name", "type", "status")] == [
        "",
        "Late",
        "MapServer",
        "the time was up",
    ]
    assert (found[-1]["status"], found[-1]["bytes"]) == ("deadline", "3100002001000")


def test_the_table_has_the_sum_of_each_folder() -> None:
    folders = [one for one in rows(made()) if one["status"] == "sum of folder"]
    assert [(one["folder"], one["bytes"], one["remarks"]) for one in folders] == [
        ("Planning", "3100000000000", "2 caches, 1 not counted"), ("Hosted", "2000000", "1 cache"),
        ("", "1000", "1 cache"),
    ]  # fmt: skip


def test_no_cell_is_taken_for_a_formula() -> None:
    cells = [cell for one in rows(nasty()) for cell in one.values()]
    assert "'=1+1" in cells and not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_the_text_has_a_line_a_cache_with_what_to_think_of() -> None:
    lines = report_text(incomplete()).splitlines()
    assert lines[0].endswith(": 4 caches, at least 3.1 TB") and "the time limit of this run was reached" in lines[1]
    assert lines[3].split()[:2] == ["3.1", "TB"] and lines[3].endswith("Planning/Large:MapServer (on demand)")
    assert lines[4].endswith("(stopped, hosted tile layer, a job is running)")
    assert lines[6].split()[:2] == ["not", "counted"] and "refused to this account" in lines[6]
    assert lines[-1] == "  nonsense: names no service: That's nothing."
    assert report_text(empty()).splitlines()[-1] == "7 services without a cache."


class Page(HTMLParser):
    """The words and links of a page whose tags are closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        assert tag not in ("script", "img", "link", "iframe") and not {name for name in named if name.startswith("on")}
        self.links += [str(named["href"])] if "href" in named else []
        self.open += [tag] if tag not in ("meta", "br") else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1] != "style":
            self.words.append(" ".join(data.split()))


@EVERY
def test_the_page_is_well_formed_and_fetches_nothing(make: Callable[[], SiteReport]) -> None:
    report = make()
    text = site_page(report)
    seen = Page(text)
    parts = {SitePart("https://gis.example.com/server").url}
    assert set(seen.links) <= {one.service.url for one in report.caches} | parts
    assert "url(" not in text and "@import" not in text and NASTY not in text.replace("&amp;", "&")


def test_a_site_that_shows_no_service_is_told_as_one() -> None:
    nothing = made(found=(), uncached=0)
    assert report_text(nothing).splitlines()[-1] == "No map or image services are listed for this account."
    assert "No map or image services are listed for this account." in Page(site_page(nothing)).words


def test_a_bar_is_as_long_as_a_cache_is_large() -> None:
    widths = re.findall(r'<i style="width:([\d.]+)%">', site_page(made(row("A", 1000), row("B", 250), row("C", 0))))
    assert widths == ["100.0", "25.0"]


def test_a_page_tells_first_what_is_missing() -> None:
    seen = Page(site_page(incomplete()))
    head = " ".join(seen.words[:6])
    assert "Not complete" in head and "1 cache not counted, 2 services not read, 1 folder not read" in head
    assert "folder Closed: not permitted: the server says 'no'" in seen.words


@EVERY
def test_a_script_has_it_in_every_form(make: Callable[[], SiteReport]) -> None:
    report = make()
    assert json.loads(report.to_json()) == report.to_dict()
    forms = (report.to_text(), report.to_csv(), report.to_html())
    assert forms == (report_text(report), report_csv(report), site_page(report))


def test_what_was_not_read_is_in_the_title_where_no_cache_was_found() -> None:
    none = replace(empty(), unread=(UnreadRow(SitePart("https://h/s", "F"), Why.NOT_PERMITTED),))
    assert "No caches found, 1 folder not read" in report_text(none).splitlines()[0]
    assert "<h1>No caches found, 1 folder not read</h1>" in site_page(none)
    assert report_text(empty()).splitlines()[0].endswith("No caches")
