"""A report on many caches as a page: a bar a cache by its size, sums by folder, and what couldn't be read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from .cache_found import OUT_OF_STEP
from .html import document, facts_table, linked, listed, section, stacking
from .site_caches import CacheRow, Ending, SiteCaches
from .site_table import (
    INCOMPLETE,
    flags_of,
    folder_name,
    others_in_words,
    scales_in_words,
    stored_in_words,
    title_of,
    uncounted_in_words,
    uncounted_of,
)
from .words import capitalized, for_people, in_megabytes, in_utc, plural, readable

OWN_STYLE = """
.cachetools .possible{--tone:var(--link)}
.cachetools .sizes th,.cachetools .sizes td{width:auto;padding-right:1.25rem}
.cachetools .sizes th:last-child,.cachetools .sizes td:last-child{padding-right:0}
.cachetools .sizes .amount{width:16%}
.cachetools .sizes .form{width:31%}
.cachetools .sizes .tiles{text-align:right;white-space:nowrap}
.cachetools .sizes td.tiles,.cachetools .sizes td.amount{font-variant-numeric:tabular-nums}
.cachetools .sizes .bar{display:block;height:.5rem;margin-top:.2rem;background:var(--line)}
.cachetools .sizes .bar i{display:block;height:100%;min-width:1px;background:var(--link)}
.cachetools .sizes .flag{color:var(--undecided);font-weight:600}
.cachetools .sizes .label{display:none}
"""
WHERE_STACKED = """
@media (max-width:36rem){
.cachetools .sizes td,.cachetools .sizes .amount,.cachetools .sizes .form{border:0;padding:0;width:auto}
.cachetools .sizes .tiles{text-align:left}
.cachetools .sizes .label{display:inline;color:var(--faint)}}
@media print{
.cachetools .sizes .bar,.cachetools .sizes .bar i{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
STYLE = OWN_STYLE + stacking("sizes") + WHERE_STACKED


def site_page(report: SiteCaches) -> str:
    """The whole page; its bars are linear, so that a glance tells what fills the disk. It stands alone.

    Everything that a server said is escaped. Raises nothing.
    """
    return document(_title(report), "".join(_parts(report)))


def _title(report: SiteCaches) -> str:
    where = "" if report.part is None else f" on {report.part.site}"
    return f"{title_of(report)}{where}"


def _parts(report: SiteCaches) -> Iterator[str]:
    yield f"<style>{STYLE}</style>\n"
    yield _head(report)
    yield facts_table(row for row in _facts(report) if row[1])
    yield section("By folder", _folders(report))
    yield section("Caches", _caches(report))
    yield section("Not read", listed(f"{row.name}: {row.in_words}" for row in report.unread))


def _head(report: SiteCaches) -> str:
    whole = report.ending is Ending.WHOLE
    uncounted = uncounted_in_words(report)
    tone = "failed" if not whole else "undecided" if uncounted else "possible"
    where = "" if report.part is None else f"<p>{linked(report.part.url, readable(report.part.url))}</p>\n"
    ending = "" if whole else f'<p class="error">{escape(INCOMPLETE[report.ending])}</p>\n'
    missing = f'<p class="error">Not in the sums: {escape(uncounted)}.</p>\n' if uncounted else ""
    title = re.sub(r"(\d) (\w?B)$", "\\1\u00a0\\2", title_of(report))  # a number stays on one line with its unit
    return f'<header class="{tone}"><h1>{escape(title)}</h1>\n{where}{ending}{missing}</header>\n'


def _facts(report: SiteCaches) -> list[tuple[str, str]]:
    counted = report.total.counted_tiles is not None
    return [
        (
            "Services",
            f"{report.services:,}, {report.uncached:,} of them without a cache"
            if report.uncached
            else f"{report.services:,}",
        ),
        ("Tiles", f"{report.total.tiles:,}" if counted else ""),
        ("Account", report.account),
        ("Server", report.version),
        ("Asked", f"{for_people(in_utc(report.started))} to {for_people(in_utc(report.finished))}"),
        ("Counts", f"Counted by the cache reports. {OUT_OF_STEP}" if counted else ""),
    ]


def _folders(report: SiteCaches) -> str:
    if len(report.folders) < 2:
        return ""
    several = len({part.site for part, _ in report.folders}) > 1
    largest = max((together.bytes for _, together in report.folders), default=0)
    rows = "\n".join(
        f"<tr><td>{escape(folder_name(part.folder, part.site if several else ''))}"
        f'<br><span class="faint">{plural(together.caches, "cache")}{uncounted_of(together)}</span></td>'
        f"{_amount(together.counted_bytes, largest)}{_tiles(together.counted_tiles)}</tr>"
        for part, together in report.folders
    )
    heads = '<th>Folder</th><th class="amount">Size</th><th class="tiles">Tiles</th>'
    return f'<table class="sizes">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n'


def _caches(report: SiteCaches) -> str:
    if not report.found:
        return f"<p>{escape(others_in_words(report))}.</p>\n"
    caches, total = report.caches, report.total
    largest = max((row.bytes or 0 for row in caches), default=0)
    rows = "\n".join(_row(row, largest, report.part is None) for row in caches)
    columns = (("", "Service"), ("amount", "Size"), ("tiles", "Tiles"), ("form", "Scales and form"))
    heads = "".join(f'<th class="{kind}">{head}</th>' for kind, head in columns)
    sums = f"{_amount(total.counted_bytes, 0)}{_tiles(total.counted_tiles)}"
    return (
        f'<table class="sizes">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n'
        f"<tfoot><tr><td>Sum{uncounted_of(total)}</td>{sums}<td></td></tr></tfoot>\n</table>\n"
    )


def _row(row: CacheRow, largest: int, several: bool) -> str:
    flags = ", ".join(flags_of(row))
    flagged = f'<br><span class="flag">{escape(flags)}</span>' if flags else ""
    remarks = "".join(f'<br><span class="faint">{escape(capitalized(one))}</span>' for one in row.remarks)
    site = f'<br><span class="faint">{escape(row.service.site)}</span>' if several else ""
    form = "<br>".join(escape(one) for one in (scales_in_words(row), stored_in_words(row)) if one)
    return (
        f"<tr><td>{linked(row.service.url, str(row.service))}{site}{flagged}{remarks}</td>"
        f'{_amount(row.bytes, largest)}{_tiles(row.tiles)}<td class="form">{form}</td></tr>'
    )


def _amount(size: int | None, largest: int) -> str:
    if size is None:
        return '<td class="amount"><span class="faint">not counted</span></td>'
    length = f'<i style="width:{100 * size / largest:.1f}%"></i>' if size and largest else ""
    bar = f'<span class="bar" aria-hidden="true">{length}</span>' if largest else ""
    return f'<td class="amount">{in_megabytes(size)}{bar}</td>'


def _tiles(tiles: int | None) -> str:
    told = "" if tiles is None else f'<span class="label">Tiles </span>{tiles:,}'
    return f'<td class="tiles">{told}</td>'
