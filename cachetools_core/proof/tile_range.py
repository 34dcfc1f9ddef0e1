"""The tiles that a service's full extent touches, by its tiling scheme: those that a whole cache has."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from .scheme import Extent, TilingScheme

# ArcGIS writes rounded resolutions, so a corner on the edge of a tile comes out a little beside it.
NEARLY = 1e-5


@dataclass(frozen=True)
class TileRange:
    """Rows and columns of tiles, the last ones included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    @property
    def height(self) -> int:
        """How many rows."""
        return self.last_row - self.first_row + 1

    @property
    def width(self) -> int:
        """How many columns."""
        return self.last_column - self.first_column + 1

    @property
    def tiles(self) -> int:
        """How many they are."""
        return self.height * self.width

    def holds(self, row: int, column: int) -> bool:
        """True where that tile is one of them."""
        return self.first_row <= row <= self.last_row and self.first_column <= column <= self.last_column

    def meets(self, other: TileRange) -> bool:
        """True where any tile is in both."""
        rows = self.first_row <= other.last_row and other.first_row <= self.last_row
        return rows and self.first_column <= other.last_column and other.first_column <= self.last_column

    def wider(self, ring: int) -> TileRange:
        """With that many rows and columns around, though none before 0."""
        first_row, first_column = max(0, self.first_row - ring), max(0, self.first_column - ring)
        return TileRange(first_row, self.last_row + ring, first_column, self.last_column + ring)

    def blocks(self, side: int) -> list[TileRange]:
        """Cut into squares of that many tiles along a side, the last ones smaller."""
        return [
            TileRange(row, min(row + side - 1, self.last_row), column, min(column + side - 1, self.last_column))
            for row in range(self.first_row, self.last_row + 1, side)
            for column in range(self.first_column, self.last_column + 1, side)
        ]

    @property
    def corners_and_middles(self) -> list[TileRange]:
        """The tiles at the corners, in the middle of each side and in the centre, each by itself; a corner first."""
        rows = sorted({self.first_row, (self.first_row + self.last_row) // 2, self.last_row})
        columns = sorted({self.first_column, (self.first_column + self.last_column) // 2, self.last_column})
        return [TileRange(row, row, column, column) for row in rows for column in columns]


def touched(scheme: TilingScheme, level: int) -> TileRange | None:
    """The tiles of this level that the full extent touches; None where it touches none, or that can't be told.

    An extent that ends on the edge of a tile doesn't touch the next one. Raises nothing.
    """
    resolution = next((float(lod.resolution) for lod in scheme.lods if lod.level == level), 0.0)
    extent = scheme.extent
    if extent is None or not extent.is_area:
        return None
    columns = _span(extent.xmin - scheme.origin_x, extent.xmax - scheme.origin_x, scheme.cols * resolution)
    rows = _span(scheme.origin_y - extent.ymax, scheme.origin_y - extent.ymin, scheme.rows * resolution)
    return None if columns is None or rows is None else TileRange(*rows, *columns)


def touched_within(scheme: TilingScheme, extent: Extent | None, level: int) -> TileRange | None:
    """The tiles of this level that an extent touches, as far as it lies in the full extent where that is shown.

    Those of the full extent where there is no other. None where it touches none, or that can't be told. Raises nothing.
    """
    whole = scheme.extent
    if extent is None or whole is None:
        return touched(replace(scheme, extent=extent or whole), level)
    return touched(replace(scheme, extent=extent.common_with(whole)), level)


def expected_tiles(scheme: TilingScheme, level: int) -> int | None:
    """How many tiles a whole cache has at this level; None where that can't be told. Raises nothing."""
    found = touched(scheme, level)
    return None if found is None else found.tiles


def _span(start: float, end: float, size: float) -> tuple[int, int] | None:
    """First and last row or column; there are none before 0, and none that is too far away to be counted."""
    if size <= 0 or not math.isfinite(start / size) or not math.isfinite(end / size):
        return None
    first, last = max(0, math.floor(start / size + NEARLY)), math.ceil(end / size - NEARLY) - 1
    if first > last and start >= 0:  # narrower than the allowance for rounded resolutions: what it touches as it is
        first, last = math.floor(start / size), math.ceil(end / size) - 1
    return (first, last) if first <= last else None
