"""The tiles of a service that are meant by what somebody asks for, or why there are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..errors import CannotDelete
from ..messages import plain_words
from .scheme import Extent, LevelOfDetail, Number, TilingScheme, in_digits
from .tile_range import touched_within
from .tiles import Asked, Selection, few_digits, in_corners, is_near, same_system


def select(asked: Asked, scheme: TilingScheme | None, service: str) -> Selection:
    """The tiles of this service that are asked for, its coarsest scale first.

    A scale is taken for the service's own where it is equal, or where it lies within a millionth of just one.
    Raises CannotDelete for a scale or an extent that the service doesn't have.
    """
    if scheme is None:
        raise CannotDelete(
            f"{service} shows no tiling scheme that can be read, so no scale of it can be chosen.",
            "Open the service's address in a browser and see what its tileInfo holds.",
        )
    chosen = {_level_of(scale, scheme, service) for scale in asked.scales}
    chosen |= {_level_numbered(number, scheme, service) for number in asked.levels}
    if asked.extent is not None and asked.wkid is not None:
        _refuse_another_system(asked.wkid, scheme, service)
    if asked.extent is not None and scheme.extent is not None and not asked.extent.meets(scheme.extent):
        raise CannotDelete(
            f"The extent lies outside {service}, which reaches from {in_corners(scheme.extent)}.",
            "Give it in the units of the map. Nothing was submitted.",
        )
    levels = tuple(sorted(chosen, key=lambda one: one.level))
    if asked.extent is not None:
        _refuse_untouched(levels, asked.extent, scheme, service)
    return Selection(levels, asked.extent, asked.wkid if isinstance(asked.wkid, int) else None)


def _refuse_another_system(wkid: int | str, scheme: TilingScheme, service: str) -> None:
    """Raises CannotDelete: the same numbers are another place there, and may lie within the service all the same."""
    its_own: list[int | str] = [number for name, number in scheme.reference.ids if name in ("WKID", "LatestWKID")]
    if any(same_system(wkid, one) for one in its_own or [scheme.reference.in_words]):
        return
    given = f"WKID {wkid}" if isinstance(wkid, int) else f"{plain_words(wkid)}, which has no number"
    raise CannotDelete(
        f"The extent is in the coordinate system {given}, and {service} in {scheme.reference.in_words or 'another'}.",
        "Give the extent in the coordinate system of the service. Nothing was submitted.",
    )


def _refuse_untouched(levels: Sequence[LevelOfDetail], extent: Extent, scheme: TilingScheme, service: str) -> None:
    """Raises CannotDelete: a service may reach beyond the tiles of its scheme, which begin at the scheme's origin."""
    untouched = [one for one in levels if touched_within(scheme, extent, one.level) is None]
    if untouched:
        corner = f"{in_digits(scheme.origin_x)}, {in_digits(scheme.origin_y)}"
        scales = _listed(untouched, few_digits)
        raise CannotDelete(
            f"The extent touches no tile of {service} at {scales}; its tiles begin at {corner}.",
            "Give an extent that reaches to the right of that corner and below it. Nothing was submitted.",
        )


def _level_of(scale: float, scheme: TilingScheme, service: str) -> LevelOfDetail:
    exact = [one for one in scheme.lods if one.scale == scale]
    near = exact or [one for one in scheme.lods if is_near(one, scale)]
    if len(near) == 1:
        return near[0]
    if near:
        raise CannotDelete(
            f"1:{in_digits(scale)} may mean more than one scale of {service}: {_listed(near, in_digits)}.",
            "Give all of its digits.",
        )
    raise _has_none(f"scale 1:{in_digits(scale)}", scheme, service)


def _level_numbered(number: int, scheme: TilingScheme, service: str) -> LevelOfDetail:
    found = [one for one in scheme.lods if one.level == number]
    if len(found) != 1:
        raise _has_none(f"level {number}", scheme, service)
    return found[0]


def _has_none(what: str, scheme: TilingScheme, service: str) -> CannotDelete:
    return CannotDelete(
        f"{service} has no {what}. It has {_listed(scheme.lods, few_digits)}.",
        "Choose from these. Nothing was submitted.",
    )


def _listed(levels: Sequence[LevelOfDetail], shown: Callable[[Number], str]) -> str:
    return ", ".join(f"1:{shown(one.scale)} (level {one.level})" for one in levels)
