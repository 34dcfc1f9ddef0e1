"""A report as CSV, as JSON and as text."""

from __future__ import annotations

import csv
import io
import json

import pytest
from support.receipts import SERVICE
from support.reports import made, nasty, no_cache, on_demand, uncounted

from cachetools_core.proof.evidence import Scale
from cachetools_core.proof.finding import Finding
from cachetools_core.proof.report import Report
from cachetools_core.proof.report_page import report_page
from cachetools_core.proof.report_table import HEADS, harmless, report_table


def rows(report: Report) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report_table(report), newline="")))


def test_the_table_has_a_row_a_scale_and_the_sum() -> None:
    found = rows(made())
    assert list(found[0]) == list(HEADS)
    assert [row["level"] for row in found] == ["0", "1", "2", "sum"]
    assert list(found[1].values()) == ["1", "500", "32", "999999", "64", "50.00", SERVICE]
    assert list(found[3].values()) == ["sum", "", "51", "1001599", "", "", SERVICE]
    assert report_table(made()).endswith("\r\n")


def test_a_cell_is_empty_where_nobody_counted_and_zero_where_there_is_no_cache() -> None:
    assert [(row["level"], row["tiles"], row["bytes"]) for row in rows(uncounted())] == [("sum", "", "")]
    assert [(row["level"], row["tiles"], row["bytes"]) for row in rows(no_cache())] == [("sum", "0", "0")]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_no_cell_is_taken_for_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    report = Report(text, made().found, made().asked_at)
    assert {row["service"] for row in rows(report)} == {f"'{text}"}


def test_no_part_of_a_cell_is_taken_for_one_where_semicolons_part_the_cells() -> None:
    assert harmless("no;=1+1; @SUM(A1);-") == "no;'=1+1;' @SUM(A1);'-"


def test_json_has_the_keys_of_before_and_what_only_a_report_tells() -> None:
    fields = json.loads(json.dumps(on_demand().to_dict(), allow_nan=False))
    assert fields["scales"][1] == {
        "level": 1, "scale": 500.0, "tiles": 32, "bytes": 999_999, "expected_tiles": 64, "percent": 50.0,
    }  # fmt: skip
    assert (fields["tiles"], fields["bytes"], fields["deletable"], fields["on_demand"]) == (51, 1_001_599, True, True)
    assert fields["asked_at"] == "2026-03-01T02:00:00Z"
    assert fields["scheme"]["storage_format"] == "esriMapCacheStorageModeCompactV2"
    assert fields["scheme"]["levels"][3] == {"level": 3, "scale": 125.0, "resolution": 1.25}
    assert fields["checks"] == [{"what": "sign-in", "good": True, "words": "as siteadmin"}]
    for report in (nasty(), uncounted(), no_cache()):
        json.dumps(report.to_dict(), allow_nan=False)


def test_scales_are_told_as_denominators_with_all_their_digits() -> None:
    scales = (Scale(0, 591657527.591555, 1, 1), Scale(1, 2000000.0, 1, 1))
    assert made(scales=scales).scales == "591657527.591555;2000000"
    assert (no_cache().scales, no_cache().tiles, uncounted().scales, uncounted().tiles) == ("", 0, "", None)


def test_text_tells_what_to_think_of_and_what_stands_in_the_way() -> None:
    lines = on_demand().to_text().splitlines()
    assert lines[5:] == [
        f"{'sum':>5}  {'':>16}  {51:>12,}  {1_001_599:>16,}",
        "Note: Tiles are made on demand, so they come back when somebody views the map.",
    ]
    stopped = made(findings=(Finding("site mode", False, "it is in READ_ONLY mode"),))
    assert stopped.deletable is False
    assert stopped.to_text().endswith("\nNot deletable from here: site mode: it is in READ_ONLY mode")
    assert made().deletable is None


def test_a_script_has_a_report_in_every_form() -> None:
    report = made()
    assert json.loads(report.to_json()) == report.to_dict()
    assert report.to_csv() == report_table(report) and report.to_html() == report_page(report)
