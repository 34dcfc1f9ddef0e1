"""A report on many caches as lines for a terminal, and as CSV: a row a service, and the sum."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from ..naming.service import ServiceReference
from ..naming.site import SitePart
from .report_table import cell, harmless
from .scheme import in_digits
from .site_caches import CacheRow, Ending, SiteCaches, Sum, UnreadRow
from .words import STORAGE, in_megabytes, in_utc, plural

HEADS = (
    "service", "folder", "name", "type", "status", "tiles", "bytes", "scales", "first_scale", "last_scale",
    "storage_format", "tile_format", "on_demand", "tiles_only", "asked_at", "remarks",
)  # fmt: skip
INCOMPLETE = {
    Ending.NO_TIME: "Not complete: the time limit of this run was reached. Run it again with more time.",
    Ending.CANCELLED: "Not complete: it was stopped before everything was read.",
}
ROOT = "root folder"


def title_of(report: SiteCaches) -> str:
    """How many caches there are, and how large they are together. Raises nothing."""
    total = report.total
    if not total.caches:
        return f"No caches found, {uncounted_in_words(report)}" if report.unread else "No caches"
    caches = plural(total.caches, "cache")
    if total.uncounted == total.caches:
        return f"{caches}, not counted"
    return f"{caches}, {'at least ' if total.uncounted or report.unread else ''}{in_megabytes(total.bytes)}"


def uncounted_in_words(report: SiteCaches) -> str:
    """What isn't in the sums; empty where everything is. Raises nothing."""
    folders = sum(row.is_folder for row in report.unread)
    missing = (
        (report.total.uncounted, "cache", "not counted"),
        (len(report.unread) - folders, "service", "not read"),
        (folders, "folder", "not read"),
    )
    return ", ".join(f"{plural(number, noun)} {what}" for number, noun, what in missing if number)


def others_in_words(report: SiteCaches) -> str:
    """How many services there are beside those with a cache. Raises nothing."""
    if not report.services and not report.unread:
        return "No map or image services are listed for this account"
    return f"{plural(report.uncached, 'service') if report.uncached else 'No services'} without a cache"


def stored_in_words(row: CacheRow) -> str:
    """How the tiles are kept, and as what. Raises nothing."""
    return ", ".join(filter(None, (STORAGE.get(row.storage_format, row.storage_format), row.tile_format)))


def scales_in_words(row: CacheRow) -> str:
    """How many scales hold tiles, and between which they lie; empty where nobody counted. Raises nothing.

    The scales are 1:n.
    """
    if not row.scales or row.first_scale is None or row.last_scale is None:
        return "" if row.scales is None else "no scale holds tiles"
    last = f" to 1:{row.last_scale:,.0f}" if row.scales > 1 else ""
    return f"{plural(row.scales, 'scale')}, 1:{row.first_scale:,.0f}{last}"


def flags_of(row: CacheRow) -> tuple[str, ...]:
    """What an administrator should know of it before he deletes it. Raises nothing."""
    flags = (
        ("stopped", not row.started),
        ("hosted tile layer", row.tiles_only),
        ("on demand", row.on_demand is True),
        ("a job is running", row.busy),
    )
    return tuple(words for words, holds in flags if holds)


def folder_name(folder: str, site: str) -> str:
    """The folder for people; `site` comes before it where a report is on several. Raises nothing."""
    return " ".join(filter(None, (site, folder or ROOT)))


def report_text(report: SiteCaches) -> str:
    """A line a cache, the sums, what couldn't be read. Raises nothing."""
    return "\n".join(_lines(report))


def _lines(report: SiteCaches) -> Iterator[str]:
    yield title_of(report) if report.part is None else f"{report.part.url}: {title_of(report)}"
    if report.ending is not Ending.WHOLE:
        yield INCOMPLETE[report.ending]
    if report.found:
        yield f"{'size':>12}  {'tiles':>14}  {'scales':>6}  service"
        yield from map(_cache_line, report.caches)
        yield _sum_line(report.total, "sum")
        yield from ("", "By folder:")
        several = len({part.site for part, _ in report.folders}) > 1
        for part, together in report.folders:
            yield _sum_line(together, folder_name(part.folder, part.site if several else ""))
        yield ""
    yield f"{others_in_words(report)}."
    if report.unread:
        yield from ("", "Not read:", *(f"  {row.name}: {row.in_words}" for row in report.unread))


def _cache_line(row: CacheRow) -> str:
    told = "; ".join(filter(None, (", ".join(flags_of(row)), *row.remarks)))
    counted = (
        _size(row.bytes),
        "" if row.tiles is None else f"{row.tiles:,}",
        "" if row.scales is None else row.scales,
    )
    return f"{counted[0]:>12}  {counted[1]:>14}  {counted[2]:>6}  {row.service}{f' ({told})' if told else ''}"


def _sum_line(together: Sum, words: str) -> str:
    tiles = "" if together.counted_tiles is None else f"{together.counted_tiles:,}"
    size, caches = _size(together.counted_bytes), plural(together.caches, "cache")
    return f"{size:>12}  {tiles:>14}  {'':>6}  {words}, {caches}{uncounted_of(together)}"


def uncounted_of(together: Sum) -> str:
    """How many of them nobody counted; empty where somebody counted all. Raises nothing."""
    return f", {together.uncounted:,} not counted" if together.uncounted else ""


def _size(size: int | None) -> str:
    return "not counted" if size is None else in_megabytes(size)


def report_csv(report: SiteCaches) -> str:
    """The table in UTF-8 with the line ends of RFC 4180; a cell is empty where nobody knows. Raises nothing."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADS)
    writer.writerows(map(_cache_cells, report.caches))
    writer.writerows(map(_unread_cells, report.unread))
    writer.writerows(_folder_cells(part, together) for part, together in report.folders)
    sums = dict.fromkeys(HEADS, "")
    sums.update(service="sum", tiles=str(report.total.tiles), bytes=str(report.total.bytes))
    sums.update(status=report.ending.value, remarks=uncounted_in_words(report), asked_at=in_utc(report.finished))
    writer.writerow(sums.values())
    return text.getvalue()


def _cache_cells(row: CacheRow) -> list[str]:
    service = row.service
    status = ("counted" if row.tiles is not None else "not counted") + ("" if row.started else ", stopped")
    scales = ["" if scale is None else in_digits(scale) for scale in (row.first_scale, row.last_scale)]
    told = [status, cell(row.tiles), cell(row.bytes), cell(row.scales), *scales]
    form = [harmless(row.storage_format), harmless(row.tile_format), cell(row.on_demand), cell(row.tiles_only)]
    names = [harmless(text) for text in (service.url, service.folder, service.name)]
    return [*names, service.kind, *told, *form, in_utc(row.asked_at), harmless(" ".join(row.remarks))]


def _unread_cells(row: UnreadRow) -> list[str]:
    cells = dict.fromkeys(HEADS, "")
    cells.update(service=harmless(row.address), status=row.why.value, remarks=harmless(row.words))
    if isinstance(row.what, ServiceReference):
        cells.update(folder=harmless(row.what.folder), name=harmless(row.what.name), type=row.what.kind)
    return [*cells.values()]


def _folder_cells(part: SitePart, together: Sum) -> list[str]:
    cells = dict.fromkeys(HEADS, "")
    cells.update(service=harmless(part.url), folder=harmless(part.folder), status="sum of folder")
    cells.update(tiles=cell(together.counted_tiles), bytes=cell(together.counted_bytes))
    cells.update(remarks=f"{plural(together.caches, 'cache')}{uncounted_of(together)}")
    return [*cells.values()]
