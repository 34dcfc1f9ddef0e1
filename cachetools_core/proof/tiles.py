"""Some tiles of a cache: which are chosen, what a look at them shows, and what of them is left."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, field, replace
from enum import Enum
from typing import Any

from .asked import check_corners, check_scales
from .scheme import Extent, LevelOfDetail, Number, TilingScheme, in_digits
from .tile_range import TileRange, touched

NEAR = 1e-6
"""How far a scale that is typed may lie from the service's own, as a part of it: 591657527.6 means 591657527.591555."""

WEB_MERCATOR = {3857, 102100, 102113, 900913}
"""Numbers that the one coordinate system of web maps has had."""


@dataclass(frozen=True)
class Asked:
    """The tiles that somebody asks for: by scales (1:n) or by numbers of levels, in an extent or everywhere.

    The extent is in the map's own units; `wkid` is the number of its coordinate system, or the name of one that has no
    number, None where nobody says.
    """

    scales: tuple[float, ...] = ()
    levels: tuple[int, ...] = ()
    extent: Extent | None = None
    wkid: int | str | None = None

    def check(self) -> None:
        """Raises WrongUsage for what no service could have."""
        if self.scales or not self.levels:
            check_scales(self.scales)
        if self.extent is not None:
            check_corners(astuple(self.extent))


@dataclass(frozen=True)
class Selection:
    """Tiles of a service that are chosen: whole levels, or the part of them that an extent touches.

    `wkid` is the number that was given for the extent's coordinate system, which is the map's own.
    """

    levels: tuple[LevelOfDetail, ...]
    extent: Extent | None = None
    wkid: int | None = field(default=None, compare=False)

    @property
    def numbers(self) -> frozenset[int]:
        """The numbers of the levels."""
        return frozenset(one.level for one in self.levels)

    @property
    def denominators(self) -> str:
        """The scales as the caching tools take them, with all digits that the service shows.

        >>> Selection((LevelOfDetail(0, 591657527.591555, 156543.0), LevelOfDetail(9, 5000, 1.3))).denominators
        '591657527.591555;5000'
        """
        return ";".join(in_digits(one.scale) for one in self.levels)

    @property
    def in_words(self) -> str:
        """What is chosen, as a subject in the plural.

        >>> Selection((LevelOfDetail(0, 5000, 1.3),)).in_words
        'the tiles of 1 scale'
        """
        number = len(self.levels)
        within = "" if self.extent is None else " in the extent"
        return f"the tiles of {number} {'scale' if number == 1 else 'scales'}{within}"

    @property
    def in_full(self) -> str:
        """Every scale, and the extent where there is one."""
        scales = ", ".join(f"1:{few_digits(one.scale)}" for one in self.levels)
        return scales if self.extent is None else f"{scales} within {in_corners(self.extent)}"


def few_digits(scale: Number) -> str:
    """A scale with no more digits than it takes to choose it: within a tenth of `NEAR`.

    >>> few_digits(591657527.591555), few_digits(564.248588), few_digits(5000.0)
    ('591657528', '564.2486', '5000')
    """
    shorter = (f"{scale:.{places}f}" for places in range(12))
    return next((text for text in shorter if abs(float(text) - scale) <= NEAR / 10 * scale), in_digits(scale))


class By(Enum):
    """How single tiles are looked at."""

    TILEMAP = "tile map"
    TILES = "tiles"


@dataclass(frozen=True)
class Sampled:
    """Tiles of one level that were looked at one by one, inside the extent or well outside of it.

    `looked` is how many, `there` how many of them are there; `whole` is true where the extent touches no other tile.
    `mark` changes with any answer.
    """

    level: int
    inside: bool
    looked: int
    there: int
    whole: bool
    mark: str


@dataclass(frozen=True)
class CloseUp:
    """A look at some tiles: which, a mark of the tiling scheme, and what sampling them one by one shows.

    `scheme` is empty where the service shows no scheme. Nothing is sampled where the scales are counted as a whole.
    """

    selection: Selection
    scheme: str
    by: By | None = None
    sampled: tuple[Sampled, ...] = ()

    def there(self, *, inside: bool) -> int:
        """How many tiles of those looked at are there."""
        return sum(one.there for one in self.sampled if one.inside is inside)

    @property
    def covers_all(self) -> bool:
        """True where every tile that the extent touches was looked at."""
        return self._looked_at == self.selection.numbers and all(one.whole for one in self.sampled if one.inside)

    @property
    def covers_some(self) -> bool:
        """True where tiles of every chosen level were looked at."""
        return self._looked_at == self.selection.numbers

    @property
    def service_answers(self) -> bool:
        """True where the service itself has answered: with a tile map, or with any tile that was looked at.

        A web tier's page for an address that it doesn't know (404) looks like the one for a tile that isn't there.
        """
        return self.by is By.TILEMAP or any(one.there for one in self.sampled)

    @property
    def _looked_at(self) -> frozenset[int]:
        return frozenset(one.level for one in self.sampled if one.inside and one.looked)

    @property
    def outside(self) -> dict[int, str]:
        """The mark of what lies well outside, for each level; another one where it couldn't be looked at."""
        return {one.level: one.mark for one in self.sampled if not one.inside}


def tiles_to_count(selection: Selection, scheme: TilingScheme | None) -> dict[int, TileRange | None]:
    """The rows and columns that are chosen of each level, None for the whole level.

    Left out is a level of which the extent touches no tile, or nobody can tell which. Raises nothing.
    """
    if selection.extent is None:
        return dict.fromkeys(selection.numbers)
    within = None if scheme is None else replace(scheme, extent=selection.extent)
    found = {} if within is None else {level: touched(within, level) for level in sorted(selection.numbers)}
    return {level: tiles for level, tiles in found.items() if tiles is not None}


def same_system(one: int | str, other: int | str) -> bool:
    """True where both numbers, or both names, mean the same coordinate system. Raises nothing."""
    return one == other or {one, other} <= WEB_MERCATOR


def is_near(level: LevelOfDetail, scale: float) -> bool:
    """True where the scale lies within a millionth of the level's. Raises nothing."""
    return abs(level.scale - scale) <= NEAR * level.scale


def in_corners(extent: Extent) -> str:
    """From corner to corner, with all digits. Raises nothing."""
    return "{}, {} to {}, {}".format(*map(in_digits, astuple(extent)))


def close_up_as_dict(one: CloseUp) -> dict[str, Any]:
    """What was seen of some tiles, as a receipt and the journal have it."""
    extent = one.selection.extent
    return {
        "levels": [vars(level) for level in one.selection.levels],
        "extent": None if extent is None else list(astuple(extent)),
        "wkid": one.selection.wkid,
        "scheme": one.scheme,
        "by": None if one.by is None else one.by.value,
        "sampled": [vars(sample) for sample in one.sampled],
    }


def close_up_from_dict(fields: dict[str, Any]) -> CloseUp:
    """What close_up_as_dict has written. Raises ValueError, LookupError or TypeError for anything else."""
    levels = tuple(LevelOfDetail(int(s["level"]), float(s["scale"]), float(s["resolution"])) for s in fields["levels"])
    extent = None if fields["extent"] is None else Extent(*map(float, fields["extent"]))
    sampled = tuple(
        Sampled(int(s["level"]), s["inside"] is True, int(s["looked"]), int(s["there"]), s["whole"] is True, s["mark"])
        for s in fields["sampled"]
    )
    if not levels or not all(math.isfinite(one.scale) and one.scale > 0 for one in levels):
        raise ValueError("it chooses no scale")
    by = None if fields["by"] is None else By(fields["by"])
    wkid = None if fields.get("wkid") is None else int(fields["wkid"])  # need not be there
    return CloseUp(Selection(levels, extent, wkid), str(fields["scheme"]), by, sampled)
