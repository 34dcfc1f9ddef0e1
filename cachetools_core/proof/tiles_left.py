"""What is left of some tiles after a job, held against the look before it."""

from __future__ import annotations

import math

from .evidence import Look, Says, ServiceState, Witness
from .scheme import LevelOfDetail
from .tiles import Selection
from .verdict import Remains, by_counts

SAME_SCALE = 0.001


def count_of(look: Look, selection: Selection) -> int | None:
    """How many tiles the chosen levels hold; None where nobody counted.

    A level that a report leaves out isn't one without tiles: empty ones are listed too (captured, protocol.md 5.1).
    """
    if look.scales is None or unlisted(look, selection):
        return None
    return sum(scale.tiles for scale in look.scales if scale.level in selection.numbers)


def unlisted(look: Look, selection: Selection) -> tuple[int, ...]:
    """The chosen levels that aren't in the report with their scale, though it counts tiles."""
    listed = None if look.scales is None else look.of(Witness.REPORT).listed
    return () if listed is None else tuple(sorted(one.level for one in selection.levels if not _is_in(one, listed)))


def _is_in(chosen: LevelOfDetail, listed: frozenset[tuple[int, float]]) -> bool:
    """A report may number levels otherwise than the service does, and then its counts are another scale's."""
    scales = [scale for level, scale in listed if level == chosen.level]
    return bool(scales) and all(math.isclose(scale, chosen.scale, rel_tol=SAME_SCALE) for scale in scales)


def tiles_on_disk(look: Look, selection: Selection) -> int | None:
    """How many of the chosen tiles lie on disk, at least; None where the disk wasn't counted."""
    counted = [one.tiles for one in look.of(Witness.DISK).level_files if one.level in selection.numbers]
    return None if not counted or None in counted else sum(tiles for tiles in counted if tiles is not None)


def are_none(look: Look) -> bool:
    """True where it is certain that not one of the chosen tiles is there."""
    if look.close_up is None or look.service is not ServiceState.ANSWERS:
        return False
    seen = look.close_up
    if tiles_on_disk(look, seen.selection):
        return False
    if count_of(look, seen.selection) == 0:
        return not seen.there(inside=True)
    return seen.covers_all and seen.service_answers and not seen.there(inside=True)


def what_remains_of_tiles(before: Look, after: Look) -> Remains:
    """What the second look shows of the chosen tiles, held against the first.

    They are gone where the service is cached as before, its tiling scheme is the same, no other scale holds fewer
    tiles, and the chosen scales count zero; within an extent, where no tile that was sampled inside is left and all
    that were sampled outside are as before. Chosen tiles that lie on disk are there, whatever service and report say;
    where they have gone from it, the disk counts in place of the report. What can't be read proves nothing.
    """
    was, now = before.close_up, after.close_up
    if was is None or now is None or _levels_that_lost_files(before, after):
        return Remains.UNTOLD
    if tiles_on_disk(after, was.selection):
        return _of_what_lies_there(before, after, was.selection)
    if after.of(Witness.SERVICE).says is not Says.THERE:
        return Remains.UNTOLD
    if not now.scheme or now.scheme != was.scheme or levels_that_lost(before, after):
        return Remains.UNTOLD
    return _in_scales(before, after, was.selection) if was.selection.extent is None else _in_extent(before, after)


def levels_that_lost(before: Look, after: Look) -> tuple[int, ...]:
    """The levels that weren't chosen and hold fewer tiles or files than before; what was added is no loss."""
    lost = {*_levels_that_lost_files(before, after)}
    if before.scales is not None and after.scales is not None and before.close_up is not None:
        left = {scale.level: scale.tiles for scale in after.scales}
        chosen = before.close_up.selection.numbers
        lost |= {one.level for one in before.scales if one.level not in chosen and left.get(one.level, 0) < one.tiles}
    return tuple(sorted(lost))


def _levels_that_lost_files(before: Look, after: Look) -> tuple[int, ...]:
    was, now = before.of(Witness.DISK), after.of(Witness.DISK)
    if before.close_up is None or was.files is None or now.files is None:
        return ()
    left = {one.level: one.files for one in now.level_files}
    chosen = before.close_up.selection.numbers
    return tuple(one.level for one in was.level_files if one.level not in chosen and left.get(one.level, 0) < one.files)


def _of_what_lies_there(before: Look, after: Look, selection: Selection) -> Remains:
    """Those on disk tell how many have gone where they were counted both times, and for whole scales the report too."""
    whole = before.of(Witness.DISK).files is not None and after.of(Witness.DISK).files is not None
    counts = [(tiles_on_disk(before, selection), tiles_on_disk(after, selection))] if whole else []
    if selection.extent is None and count_of(after, selection):
        counts.append((count_of(before, selection), count_of(after, selection)))
    return by_counts(counts)


def _have_gone_from_disk(before: Look, after: Look, selection: Selection) -> bool:
    whole = after.of(Witness.DISK).files is not None
    return whole and bool(tiles_on_disk(before, selection)) and tiles_on_disk(after, selection) == 0


def _in_scales(before: Look, after: Look, selection: Selection) -> Remains:
    had, left = count_of(before, selection), count_of(after, selection)
    if left != 0 and _have_gone_from_disk(before, after, selection):
        return Remains.CONTRADICTORY if left else Remains.NOTHING
    if left == 0:
        return Remains.NOTHING
    if had is None or left is None:
        return Remains.UNTOLD
    return Remains.FEWER if left < had else Remains.ALL


def _in_extent(before: Look, after: Look) -> Remains:
    was, now = before.close_up, after.close_up
    assert was is not None and now is not None
    if not (now.covers_some and was.covers_some and was.service_answers) or was.outside != now.outside:
        return Remains.UNTOLD
    had, left = count_of(before, was.selection), count_of(after, was.selection)
    fewer_by_count = had is not None and left is not None and left < had
    same_by_count = had is not None and had == left
    there_before, there_now = was.there(inside=True), now.there(inside=True)
    gone_from_disk = _have_gone_from_disk(before, after, was.selection)
    if there_now and gone_from_disk:
        return Remains.CONTRADICTORY
    if there_now:
        return Remains.FEWER if there_now < there_before or fewer_by_count else Remains.ALL
    if there_before and same_by_count:
        return Remains.CONTRADICTORY
    if not there_before and not fewer_by_count and not now.covers_all and not gone_from_disk:
        return Remains.UNTOLD
    if now.service_answers or fewer_by_count or gone_from_disk:
        return Remains.NOTHING
    return Remains.NOTHING_BY_ONE if after.nobody_may_count else Remains.UNTOLD
