"""A report as CSV: a row a scale, and the sum."""

from __future__ import annotations

import csv
import io

from .cache_found import CacheFound, Row

HEADS = ("level", "scale", "tiles", "bytes", "expected_tiles", "percent", "service")
# A spreadsheet takes a cell that begins like this for a formula (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def report_table(report: CacheFound) -> str:
    """The table in UTF-8 with the line ends of RFC 4180; a cell is empty where nobody counted. Raises nothing."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADS)
    service = harmless(report.service)
    writer.writerows((*_cells(row), service) for row in report.rows)
    writer.writerow(("sum", "", cell(report.tiles), cell(report.bytes), "", "", service))
    return text.getvalue()


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula, also where semicolons part its cells. Raises nothing.

    >>> harmless("=1+1"), harmless("no; =1+1"), harmless("Rainfall")
    ("'=1+1", "no;' =1+1", 'Rainfall')
    """
    cells = text.split(";")
    return ";".join(f"'{cell}" if cell.lstrip(" ").startswith(FORMULA) else cell for cell in cells)


def _cells(row: Row) -> tuple[str, ...]:
    scale = row.scale
    percent = "" if row.percent is None else f"{row.percent:.2f}"
    return str(scale.level), row.denominator, str(scale.tiles), str(scale.bytes), cell(row.expected), percent


def cell(value: int | bool | None) -> str:
    """The value as a cell, which is empty where nobody knows it. Raises nothing."""
    return "" if value is None else str(value).lower()
