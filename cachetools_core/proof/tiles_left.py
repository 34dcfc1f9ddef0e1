"""What is left of some tiles after a job, held against the look before it."""

from __future__ import annotations

from .evidence import Look, Says, ServiceState, Witness
from .tiles import CloseUp, Selection
from .verdict import Remains


def count_of(look: Look, selection: Selection) -> int | None:
    """How many tiles the chosen levels hold; None where nobody counted."""
    if look.scales is None:
        return None
    return sum(scale.tiles for scale in look.scales if scale.level in selection.numbers)


def are_none(look: Look) -> bool:
    """True where it is certain that not one of the chosen tiles is there."""
    if look.close_up is None or look.service is not ServiceState.ANSWERS:
        return False
    seen = look.close_up
    if count_of(look, seen.selection) == 0:
        return not seen.there(inside=True)
    return seen.selection.extent is not None and seen.covers_all and not seen.there(inside=True)


def what_remains_of_tiles(before: Look, after: Look) -> Remains:
    """What the second look shows of the chosen tiles, held against the first.

    They are gone where the service is cached as before, its tiling scheme is the same, no other scale holds fewer
    tiles, and the chosen scales count zero; within an extent, where no tile that was sampled inside is left and all
    that were sampled outside are as before. What can't be read proves nothing.
    """
    was, now = before.close_up, after.close_up
    if was is None or now is None or after.of(Witness.SERVICE).says is not Says.THERE:
        return Remains.UNTOLD
    if not now.scheme or now.scheme != was.scheme or levels_that_lost_tiles(before, after):
        return Remains.UNTOLD
    return _in_scales(before, after, was.selection) if was.selection.extent is None else _in_extent(before, after)


def levels_that_lost_tiles(before: Look, after: Look) -> tuple[int, ...]:
    """The levels that weren't chosen and hold fewer tiles than before; tiles that were added are no loss."""
    if before.scales is None or after.scales is None or before.close_up is None:
        return ()
    left = {scale.level: scale.tiles for scale in after.scales}
    chosen = before.close_up.selection.numbers
    return tuple(
        scale.level for scale in before.scales if scale.level not in chosen and left.get(scale.level, 0) < scale.tiles
    )


def _in_scales(before: Look, after: Look, selection: Selection) -> Remains:
    had, left = count_of(before, selection), count_of(after, selection)
    if had is None or left is None:
        return Remains.UNTOLD
    if left == 0:
        return Remains.NOTHING
    return Remains.FEWER if left < had else Remains.ALL


def _in_extent(before: Look, after: Look) -> Remains:
    was, now = before.close_up, after.close_up
    assert was is not None and now is not None
    if not now.covers_some or not was.covers_some or _is_touched_outside(was, now):
        return Remains.UNTOLD
    had, left = count_of(before, was.selection), count_of(after, was.selection)
    fewer_by_count = had is not None and left is not None and left < had
    same_by_count = had is not None and had == left
    there_before, there_now = was.there(inside=True), now.there(inside=True)
    if there_now:
        return Remains.FEWER if there_now < there_before or fewer_by_count else Remains.ALL
    if there_before and same_by_count:
        return Remains.CONTRADICTORY
    if not there_before and not fewer_by_count and not now.covers_all:
        return Remains.UNTOLD
    return Remains.NOTHING


def _is_touched_outside(was: CloseUp, now: CloseUp) -> bool:
    """True where a tile well outside isn't what it was, or couldn't be looked at again."""
    return was.outside != now.outside
