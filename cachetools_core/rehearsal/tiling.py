"""The tiling scheme of a cache: how it cuts the map into tiles, and how it stores them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

COMPACT_V2 = "esriMapCacheStorageModeCompactV2"
COMPACT_V1 = "esriMapCacheStorageModeCompact"
EXPLODED = "esriMapCacheStorageModeExploded"

WEB_MERCATOR_WKT = (
    'PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",'
    'SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],PARAMETER["Auxiliary_Sphere_Type",0.0],'
    'UNIT["Meter",1.0],AUTHORITY["EPSG",3857]]'
)


@dataclass(frozen=True)
class LevelOfDetail:
    """One level of the scheme; resolution in map units a pixel, scale as the denominator."""

    level: int
    resolution: float
    scale: float


@dataclass(frozen=True)
class Extent:
    """A rectangle in map units."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


NOWHERE = Extent(0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class TilingScheme:
    """How a cache cuts the map into tiles, and how it stores them.

    `rows` and `cols` are the pixels of a tile, `origin_x` and `origin_y` the top-left corner of tile row 0, column 0.
    `wkid` is 0 for a coordinate system that has no number, `wkt` is empty where only the number is known.
    `packet_size` is 128 for compact storage, 0 for exploded.
    """

    rows: int
    cols: int
    dpi: int
    origin_x: float
    origin_y: float
    wkid: int
    latest_wkid: int
    wkt: str
    lods: tuple[LevelOfDetail, ...]
    tile_format: str
    compression_quality: int
    storage_format: str
    packet_size: int
    full_extent: Extent

    def expected_tiles(self, level: int) -> int:
        """The number of tiles that the full extent touches at the level; KeyError for a level outside the scheme."""
        rows, columns = self.touched(level, self.full_extent)
        return len(rows) * len(columns)

    def touched(self, level: int, extent: Extent) -> tuple[range, range]:
        """The rows and columns of tiles that an extent touches; KeyError for a level outside the scheme."""
        resolution = {lod.level: lod.resolution for lod in self.lods}[level]
        rows = _touched(self.origin_y - extent.ymax, self.origin_y - extent.ymin, self.rows * resolution)
        columns = _touched(extent.xmin - self.origin_x, extent.xmax - self.origin_x, self.cols * resolution)
        return rows, columns


def _touched(start: float, end: float, tile: float) -> range:
    # A hundred-thousandth of a tile absorbs the rounded resolutions that ArcGIS writes.
    found = range(max(0, math.floor(start / tile + 1e-5)), math.ceil(end / tile - 1e-5))
    # An extent that is narrower than that still lies in a tile.
    return found if found or start < 0 else range(math.floor(start / tile), math.ceil(end / tile))


def finite(value: Any) -> float:
    """A number that has an end; ValueError or TypeError for anything else."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is not a finite number")
    return number


def positive(value: Any) -> Any:
    """The same value, which is greater than 0; ValueError or TypeError for anything else."""
    if finite(value) <= 0:
        raise ValueError(f"{value} is not greater than 0")
    return value
