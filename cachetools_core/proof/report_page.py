"""A report as a page: a bar a scale, the form of the cache, its extent drawn, and who says what."""

from __future__ import annotations

import math
from html import escape

from .cache_found import CacheFound, Row
from .evidence import Testimony, Witness
from .extent_drawing import drawn_extent
from .finding import Finding
from .html import document, facts_table, linked, listed, section
from .look_words import look_in_words
from .scheme import NoScheme, TilingScheme
from .words import STORAGE, capitalized, in_megabytes, plural, readable

STYLE = """
.cachetools .possible{--tone:var(--link)}
.cachetools .bars td{width:30%}
.cachetools .bars td:first-child{width:10%;white-space:nowrap}
.cachetools .bars .bar{display:block;height:.5rem;margin-top:.2rem;background:var(--line)}
.cachetools .bars .bar i{display:block;height:100%;min-width:1px;background:var(--link)}
.cachetools .bars .whole i{background:var(--gone)}
.cachetools .bars tfoot td{font-weight:600;border-bottom:0;border-top:2px solid var(--line)}
.cachetools svg{display:block;width:100%;max-width:24rem;height:auto;max-height:24rem}
.cachetools svg rect{fill:none;stroke:var(--link);stroke-width:2}
.cachetools svg line{stroke:var(--faint);stroke-width:1}
.cachetools .checks li{padding-left:2.25rem}
.cachetools .checks b{display:inline-block;width:2rem;margin-left:-2.25rem}
.cachetools .checks .failed,.cachetools .checks .undecided,.cachetools .checks .gone{color:var(--tone)}
.cachetools ul.checks{list-style:none;padding-left:0}
@media (max-width:36rem){
.cachetools .bars{font-size:.75rem}
.cachetools .bars th,.cachetools .bars td,.cachetools .bars td:first-child{padding-right:.375rem;width:auto}
.cachetools .bars th{overflow-wrap:normal}}
@media print{
.cachetools .bars .bar,.cachetools .bars .bar i{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""
# From this ratio on the small values would be lost beside the large ones.
LOGARITHMIC_FROM = 50
MARKS = {True: ("ok", "gone"), False: ("NO", "failed"), None: ("?", "undecided")}
MADE = {
    True: "made on demand, so they come back when somebody views the map",
    False: "made by jobs only",
    None: "not known whether they are made on demand",
}
MOST_JOBS = 50


def report_page(report: CacheFound) -> str:
    """The whole page; it stands alone, and everything that a server said is escaped. Raises nothing."""
    body = "".join((
        f"<style>{STYLE}</style>\n",
        _head(report),
        section("Note", listed(report.cautions)),
        section("Scales", _scales(report)),
        section("The cache", facts_table(_facts(report))),
        section("Extent", _extent(report.scheme)),
        section("Running caching jobs", _jobs(report)),
        section("Could it be deleted from here?", _findings(report.findings)),
        section("Witnesses", facts_table(_said(one) for one in report.found.testimonies)),
    ))  # fmt: skip
    return document(f"The cache of {readable(report.service)}", body)


def _head(report: CacheFound) -> str:
    stoppers = report.stoppers
    tone = "failed" if stoppers else "undecided" if report.cautions else "possible"
    title = f"<h1>{escape(_title(report))}</h1>\n<p>{linked(report.service, readable(report.service))}</p>\n"
    said = {True: "A deletion is possible from here.", False: "Not deletable from here:", None: ""}[report.deletable]
    outcome = f'<p class="error">{said}</p>\n' if said else ""
    return f'<header class="{tone}">{title}{outcome}{listed(map(str, stoppers))}</header>\n'


def _title(report: CacheFound) -> str:
    if report.found.has_no_cache:
        return "No cache"
    if report.found.scales:
        return f"A deletion would remove {plural(report.tiles, 'tile')}, {_unbroken(in_megabytes(report.bytes or 0))}"
    return capitalized(look_in_words(report.found))


def _unbroken(text: str) -> str:
    """A number stays on one line with its unit."""
    return text.replace(" ", "\u00a0")


def _scales(report: CacheFound) -> str:
    if not report.rows:
        return f'<p class="faint">{escape(report.counted_by)}</p>\n'
    by_tiles = Ruler([row.scale.tiles for row in report.rows])
    by_bytes = Ruler([row.scale.bytes for row in report.rows])
    rows = "\n".join(_row(row, by_tiles, by_bytes) for row in report.rows)
    total = f"<td>Sum</td><td>{report.tiles:,}</td><td>{report.bytes:,}</td>"
    heads = "<tr><th>Scale</th><th>Tiles</th><th>Bytes</th><th>Complete</th></tr>"
    return (
        f'<table class="bars">\n<thead>{heads}</thead>\n<tbody>\n{rows}\n</tbody>\n'
        f"<tfoot><tr>{total}<td></td></tr></tfoot>\n</table>\n{_notes(report, (by_tiles, by_bytes))}"
    )


def _row(row: Row, by_tiles: Ruler, by_bytes: Ruler) -> str:
    scale = row.scale
    return (
        f'<tr><td title="1:{escape(row.denominator)}">1:{scale.scale:,.0f}<br>'
        f'<span class="faint">level {scale.level}</span></td>'
        f"<td>{scale.tiles:,}{_bar(by_tiles(scale.tiles))}</td>"
        f"<td>{scale.bytes:,}{_bar(by_bytes(scale.bytes))}</td><td>{_complete(row)}</td></tr>"
    )


def _complete(row: Row) -> str:
    if row.percent is None:
        return '<span class="faint">not known</span>'
    whole = row.percent == 100
    text = "100 %" if whole else f"{math.floor(row.percent * 10) / 10:g} %"
    return f'{text}{_bar(row.percent, "whole" if whole else "")}<span class="faint">of {row.expected:,}</span>'


def _bar(percent: float, kind: str = "") -> str:
    length = f'<i style="width:{percent:.1f}%"></i>' if percent else ""
    return f'<span class="bar {kind}" aria-hidden="true">{length}</span>'


class Ruler:
    """How long the bar of each value is, in percent of the longest; by logarithm where the values lie far apart.

    A logarithmic ruler begins at half the smallest value, so that its bar can be seen.
    """

    def __init__(self, values: list[int]) -> None:
        positive = [value for value in values if value > 0]
        self._smallest, self._largest = min(positive, default=1), max(positive, default=1)
        self.is_logarithmic = self._largest >= LOGARITHMIC_FROM * self._smallest

    def __call__(self, value: int) -> float:
        """The length of the bar; 0 only for 0. Raises nothing."""
        if not self.is_logarithmic or value <= 0:
            return 100 * value / self._largest
        return 100 * math.log(2 * value / self._smallest) / math.log(2 * self._largest / self._smallest)


def _notes(report: CacheFound, rulers: tuple[Ruler, Ruler]) -> str:
    empty = report.found.scheme_scales - len(report.rows)
    more = (
        f"{plural(empty, 'more scale')} of the tiling scheme {'holds' if empty == 1 else 'hold'} no tiles."
        if empty > 0
        else ""
    )
    logarithmic = "The bars of tiles and bytes are logarithmic." if any(one.is_logarithmic for one in rulers) else ""
    complete = "Complete means every tile that the service's full extent touches."
    return f'<p class="faint">{escape(" ".join(filter(None, (report.counted_by, complete, more, logarithmic))))}</p>\n'


def _facts(report: CacheFound) -> list[tuple[str, str]]:
    made = [] if report.found.has_no_cache else [("Tiles", MADE[report.found.on_demand])]
    return [("Service", report.found.service.value), *made, *_shown(report.found.of(Witness.SERVICE).scheme)]


def _shown(scheme: TilingScheme | NoScheme | None) -> list[tuple[str, str]]:
    if isinstance(scheme, NoScheme):
        return [("Tiling scheme", scheme.why)]
    return [] if scheme is None else _scheme_facts(scheme)


def _scheme_facts(scheme: TilingScheme) -> list[tuple[str, str]]:
    first, last = scheme.lods[0], scheme.lods[-1]
    between = f"1:{first.scale:,.0f}" + (f" to 1:{last.scale:,.0f}" if len(scheme.lods) > 1 else "")
    quality = f", compression quality {scheme.quality}" if scheme.quality else ""
    origin = f"from {scheme.origin_x:,.10g}, {scheme.origin_y:,.10g}"
    return [
        ("Stored", STORAGE.get(scheme.storage_format, scheme.storage_format) or "not shown by this service"),
        ("Format", f"{scheme.tile_format}{quality}"),
        ("Tile size", f"{scheme.cols} x {scheme.rows} pixels, {scheme.dpi:g} dots per inch"),
        ("Tiling scheme", f"{plural(len(scheme.lods), 'scale')}, {between}, {origin}"),
        ("Coordinates", scheme.reference.in_words or "not shown"),
    ]


def _extent(scheme: TilingScheme | None) -> str:
    if scheme is None or scheme.extent is None or not scheme.extent.is_area:
        return ""
    box = scheme.extent
    corners = f"x {box.xmin:,.10g} to {box.xmax:,.10g}, y {box.ymin:,.10g} to {box.ymax:,.10g}"
    return f"{drawn_extent(scheme, box)}<p>{escape(corners)}</p>\n"


def _jobs(report: CacheFound) -> str:
    if report.jobs is None:
        return f"<p>They can't be listed: {escape(report.no_jobs)}</p>\n"
    if not report.jobs:
        return "<p>None on this site.</p>\n"
    told = [
        f"{job.task or job.tools}, {job.status or 'status unknown'}{f', of {job.user}' if job.user else ''} ({job.id})"
        for job in report.jobs[:MOST_JOBS]
    ]
    rest = len(report.jobs) - len(told)
    more = f"<p>And {rest:,} more.</p>\n" if rest else ""
    return f"<p>On the whole site; the list doesn't say for which service.</p>\n{listed(told)}{more}"


def _findings(findings: tuple[Finding, ...]) -> str:
    items = "\n".join(
        f'<li><b class="{MARKS[one.good][1]}">{MARKS[one.good][0]}</b> {escape(str(one))}</li>' for one in findings
    )
    return f'<ul class="checks">\n{items}\n</ul>\n' if items else ""


def _said(one: Testimony) -> tuple[str, str]:
    state = f"{one.state.value}, and " if one.state is not None else ""
    return capitalized(one.witness.in_words), " ".join(filter(None, (f"{state}{one.claim}.", one.words)))
