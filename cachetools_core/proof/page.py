"""A receipt as a page for a ticket; everything that a server said is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from .deletion import Deletion
from .evidence import Look, Scale, Witness
from .html import facts_table, linked, listed, section
from .verdict import Verdict
from .way_back import WayBack
from .words import capitalized, in_megabytes, readable

# The heading of each verdict, and its colour: red for failed, amber for undecided, green for gone.
HEADINGS: dict[Verdict, tuple[str, str]] = {
    Verdict.DELETED: ("Deleted", "gone"),
    Verdict.NOTHING_TO_DELETE: ("Nothing to delete", "gone"),
    Verdict.NOT_DELETED: ("Not deleted", "failed"),
    Verdict.PARTLY_DELETED: ("Partly deleted", "failed"),
    Verdict.DELETED_SERVICE_DOWN: ("Deleted, service down", "failed"),
    Verdict.STILL_RUNNING: ("Still running", "undecided"),
    Verdict.UNKNOWN: ("Unknown", "undecided"),
}
NOT_COUNTED = "–"
# Rows that the page shows in a place of their own.
ELSEWHERE = ("Verdict", "Service", "Error", "Warning")


def title_of(deletion: Deletion) -> str:
    """The verdict and the service, in one line. Raises nothing."""
    what = _chosen_in(deletion) or "the cache"
    return f"{HEADINGS[deletion.verdict][0]}: {what} of {readable(deletion.service)}"


def _chosen_in(deletion: Deletion) -> str:
    """The tiles that it was about; empty where it was about the whole cache."""
    seen = deletion.before.close_up if deletion.before is not None else None
    return "" if seen is None else seen.selection.in_words


def body_of(deletion: Deletion) -> str:
    """The page as HTML, without its frame. Raises nothing."""
    before, after = deletion.before, deletion.after
    told_elsewhere = (*ELSEWHERE, *(["Output"] if deletion.output_url == deletion.service else []))
    return "".join((
        _head(deletion),
        facts_table((label, fact) for label, fact in deletion.rows if fact and label not in told_elsewhere),
        section("Warnings", listed(deletion.warnings)),
        section("Scales", _scales(before, after)),
        section("Witnesses", _witnesses(before, after)),
        section("What the job said", listed(deletion.messages, ordered=True)),
        section("The way back", _way_back(deletion.way_back)),
    ))  # fmt: skip


def _head(deletion: Deletion) -> str:
    heading, tone = HEADINGS[deletion.verdict]
    error = deletion.error
    what = "" if error is None else f'<p class="error">{escape(f"{error.message_id}: {error.what}")}</p>\n'
    remedy = f"<p>{escape(error.remedy)}</p>\n" if error is not None and error.remedy else ""
    heading = ": ".join(filter(None, (heading, _chosen_in(deletion))))
    service = f"<p>{linked(deletion.service, readable(deletion.service))}</p>\n"
    return f'<header class="{tone}"><h1>{escape(heading)}</h1>\n{service}{what}{remedy}</header>\n'


def _scales(before: Look | None, after: Look | None) -> str:
    """One row for each scale that held tiles at either look, with a sum; empty where none did."""
    counted = [None if look is None or look.scales is None else _by_scale(look.scales) for look in (before, after)]
    shown = sorted({key for scales in counted for key in scales or {}})
    if not shown:
        return ""
    rows = "\n".join(
        f"<tr><td>{level}</td><td>1:{scale:,.0f}</td>{_cells([_at(scales, (level, scale)) for scales in counted])}</tr>"
        for level, scale in shown
    )
    sums = [None if scales is None else _sum(scales.values()) for scales in counted]
    missing = "" if None not in counted else f'<p class="faint">{NOT_COUNTED} not counted</p>\n'
    heads = "".join(f'<th>{when} <span class="size">size</span></th>' for when in ("Tiles before", "Tiles after"))
    return (
        '<div class="wide"><table class="numbers">\n'
        f"<thead><tr><th>Level</th><th>Scale</th>{heads}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody>\n"
        f'<tfoot><tr><th colspan="2">Sum</th>{_cells(sums)}</tr></tfoot>\n</table></div>\n{missing}'
    )


Counts = tuple[int, int]


def _by_scale(scales: Iterable[Scale]) -> dict[tuple[int, float], Counts]:
    return {(one.level, one.scale): (one.tiles, one.bytes) for one in scales}


def _at(scales: dict[tuple[int, float], Counts] | None, key: tuple[int, float]) -> Counts | None:
    return None if scales is None else scales.get(key, (0, 0))


def _sum(counts: Iterable[Counts]) -> Counts:
    every = list(counts)
    return sum(tiles for tiles, _ in every), sum(size for _, size in every)


def _cells(counts: list[Counts | None]) -> str:
    return "".join(f"<td>{_in_cell(one)}</td>" for one in counts)


def _in_cell(one: Counts | None) -> str:
    tiles, size = (NOT_COUNTED, NOT_COUNTED) if one is None else (f"{one[0]:,}", in_megabytes(one[1]))
    return f'{tiles} <span class="size">{size}</span>'


def _witnesses(before: Look | None, after: Look | None) -> str:
    """Who says what, before and after; empty where nobody was asked."""
    looks = (before, after)
    asked = {one.witness for look in looks if look is not None for one in look.testimonies}
    rows = "\n".join(
        f"<tr><th>{escape(capitalized(witness.in_words))}</th>"
        f"{''.join(_testimony(look, witness) for look in looks)}</tr>"
        for witness in Witness
        if witness in asked
    )
    if not rows:
        return ""
    heads = "<thead><tr><th></th><th>Before</th><th>After</th></tr></thead>"
    return f'<div class="wide"><table class="witnesses">\n{heads}\n<tbody>\n{rows}\n</tbody>\n</table></div>\n'


def _testimony(look: Look | None, witness: Witness) -> str:
    if look is None:
        return "<td>No look was taken</td>"
    said = look.of(witness)
    parts = [f"{said.state.value}." if said.state is not None else "", f"{said.claim}.", said.words]
    return f"<td>{escape(' '.join(capitalized(part) for part in parts if part))}</td>"


def _way_back(saved: WayBack | None) -> str:
    """The files of the tiling scheme and the call that makes an empty cache of it; empty where nothing was saved."""
    if saved is None:
        return ""
    unknown = ", ".join(saved.not_on_the_wire)
    return (
        f"{listed(saved.files)}"
        "<p>In Python of ArcGIS Pro, this makes an empty cache with the same tiling scheme:</p>\n"
        f"<pre>{escape(saved.call)}</pre>\n"
        f"<p>The service doesn't show these keys of the files: {escape(unknown)}.</p>\n"
    )
