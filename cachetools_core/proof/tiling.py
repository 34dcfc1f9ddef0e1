"""How a cache cuts the map into tiles and stores them, as far as its service shows that."""

from __future__ import annotations

import math
from dataclasses import dataclass

STORAGE = {
    "esriMapCacheStorageModeCompactV2": "compact, version 2",
    "esriMapCacheStorageModeCompact": "compact, version 1",
    "esriMapCacheStorageModeExploded": "exploded",
}


@dataclass(frozen=True)
class Extent:
    """A rectangle in map units."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float

    @property
    def width(self) -> float:
        """From west to east, in map units."""
        return self.xmax - self.xmin

    @property
    def height(self) -> float:
        """From south to north, in map units."""
        return self.ymax - self.ymin


@dataclass(frozen=True)
class Level:
    """One level of the tiling scheme: its number, its scale (1:n), and the map units that a pixel covers."""

    level: int
    scale: float
    resolution: float


@dataclass(frozen=True)
class TileRange:
    """The tiles that an extent touches at a level, the last ones included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    @property
    def tiles(self) -> int:
        """How many they are."""
        return (self.last_row - self.first_row + 1) * (self.last_column - self.first_column + 1)


@dataclass(frozen=True)
class Tiling:
    """The tiling scheme and the form of the tiles.

    `width` and `height` are a tile's pixels, (`left`, `top`) is the top-left corner of row 0, column 0. `tile_format`,
    `storage_format` and `reference` are empty, `dpi`, `quality` and `extent` None, where the service doesn't show them:
    a map service tells its storage format from 11.1 on.
    """

    width: int
    height: int
    left: float
    top: float
    levels: tuple[Level, ...]
    tile_format: str = ""
    quality: int | None = None
    dpi: float | None = None
    storage_format: str = ""
    reference: str = ""
    extent: Extent | None = None

    @property
    def storage_in_words(self) -> str:
        """The storage format for people.

        >>> Tiling(256, 256, 0.0, 0.0, (), storage_format="esriMapCacheStorageModeExploded").storage_in_words
        'exploded'
        """
        return STORAGE.get(self.storage_format, self.storage_format) or "not shown by this service"

    def touched(self, level: int) -> TileRange | None:
        """The tiles that the full extent touches; None where it touches none, or that can't be told.

        An extent that ends on the edge of a tile doesn't touch the next one.
        """
        resolution = next((one.resolution for one in self.levels if one.level == level), 0.0)
        extent, across, down = self.extent, self.width * resolution, self.height * resolution
        if extent is None or across <= 0 or down <= 0:
            return None
        columns = _span(extent.xmin - self.left, extent.xmax - self.left, across)
        rows = _span(self.top - extent.ymax, self.top - extent.ymin, down)
        return None if columns is None or rows is None else TileRange(*rows, *columns)

    def expected_tiles(self, level: int) -> int | None:
        """How many tiles a whole cache has at this level; None where that can't be told."""
        touched = self.touched(level)
        return None if touched is None else touched.tiles


# ArcGIS writes rounded resolutions, so a corner on the edge of a tile comes out a little beside it.
NEARLY = 1e-5


def _span(start: float, end: float, size: float) -> tuple[int, int] | None:
    """First and last row or column; there are none before 0."""
    first, last = max(0, math.floor(start / size + NEARLY)), math.ceil(end / size - NEARLY) - 1
    return (first, last) if first <= last else None
