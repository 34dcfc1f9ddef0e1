"""A cache's tiling scheme, as far as its service shows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Union

Number = Union[int, float]
"""As the service shows it: a float is written with all the digits that read back as the same one."""


COMPACT_V2 = "esriMapCacheStorageModeCompactV2"
EXPLODED = "esriMapCacheStorageModeExploded"

NAME_IN_WKT = re.compile(r'\s*\w+\["([^"]{1,100})"')
# Scale over resolution and DPI: 12 where the map counts in feet, 39.37 in meters, 4,382,657 in degrees.
INCHES_IN_AN_ANGLE = 100_000
# Create Map Server Cache offers it from Pro 3.4 on, the partner of ArcGIS Enterprise 11.4 (inferred).
READY_TO_SERVE_FROM = 11.4

# How JSON and conf.xml name the grid on which ArcGIS keeps coordinates.
GRID = {
    "falseX": "XOrigin",
    "falseY": "YOrigin",
    "xyUnits": "XYScale",
    "falseZ": "ZOrigin",
    "zUnits": "ZScale",
    "falseM": "MOrigin",
    "mUnits": "MScale",
    "xyTolerance": "XYTolerance",
    "zTolerance": "ZTolerance",
    "mTolerance": "MTolerance",
}
IDS = {"wkid": "WKID", "latestWkid": "LatestWKID", "vcsWkid": "VCSWKID", "latestVcsWkid": "LatestVCSWKID"}
NEVER_SHOWN = ("HighPrecision", "PreciseDPI", "Antialiasing", "BandCount", "LERCError")
NEVER_SHOWN_FOR_READY_TO_SERVE = ("name", "resampling", "layers")


def in_digits(number: Number) -> str:
    """A number with all its digits and no exponent.

    >>> in_digits(591657527.591555), in_digits(81920000.0), in_digits(1e-05)
    ('591657527.591555', '81920000', '0.00001')
    """
    if isinstance(number, int) or number.is_integer():
        return str(int(number))
    return format(Decimal(repr(number)), "f")


@dataclass(frozen=True)
class LevelOfDetail:
    """One level: its scale as the denominator, its resolution in map units a pixel."""

    level: int
    scale: Number
    resolution: Number


@dataclass(frozen=True)
class SpatialReference:
    """A coordinate system: `ids` and `grid` by their names in conf.xml, `wkt` empty where the service shows none."""

    ids: tuple[tuple[str, int], ...]
    grid: tuple[tuple[str, Number], ...]
    wkt: str

    @property
    def number(self) -> int:
        """Its well-known number, the latest one where the service shows two; 0 where it has none."""
        ids = dict(self.ids)
        return ids.get("LatestWKID") or ids.get("WKID") or 0

    @property
    def in_words(self) -> str:
        """By its number, with the newer one in brackets; by the name in its text where it has none.

        >>> SpatialReference((("WKID", 102100), ("LatestWKID", 3857)), (), "").in_words
        'WKID 102100 (3857)'
        >>> SpatialReference((), (), 'PROJCS["A grid",GEOGCS["x"]]').in_words
        'A grid'
        """
        ids = dict(self.ids)
        number, newer = ids.get("WKID"), ids.get("LatestWKID")
        if number:
            return f"WKID {number}" if newer in (None, number) else f"WKID {number} ({newer})"
        named = NAME_IN_WKT.match(self.wkt)
        return named.group(1) if named else ""


@dataclass(frozen=True)
class Extent:
    """A rectangle in map units."""

    xmin: Number
    ymin: Number
    xmax: Number
    ymax: Number

    @property
    def is_area(self) -> bool:
        """True where it has a width and a height."""
        return self.xmin < self.xmax and self.ymin < self.ymax

    def meets(self, other: Extent) -> bool:
        """True where any area is in both."""
        across = self.xmin < other.xmax and other.xmin < self.xmax
        return across and self.ymin < other.ymax and other.ymin < self.ymax

    def common_with(self, other: Extent) -> Extent:
        """What lies in both; no area where they don't meet."""
        return Extent(
            max(self.xmin, other.xmin),
            max(self.ymin, other.ymin),
            min(self.xmax, other.xmax),
            min(self.ymax, other.ymax),
        )


@dataclass(frozen=True)
class TilingScheme:
    """How a cache cuts its map into tiles and keeps them.

    `cols` and `rows` are the pixels of a tile; the origin is the upper left corner of the first one. What the service
    doesn't show is None, or an empty text. `extent` is the service's full extent.
    """

    cols: int
    rows: int
    dpi: Number
    origin_x: Number
    origin_y: Number
    lods: tuple[LevelOfDetail, ...]
    reference: SpatialReference
    tile_format: str
    quality: int | None = None
    storage_format: str = ""
    extent: Extent | None = None
    map_name: str = ""
    units: str = ""
    min_lod: int | None = None
    max_lod: int | None = None
    server_version: float = 0.0

    @property
    def is_geographic(self) -> bool:
        """True where the map counts in degrees, by its coordinate system's text, else by its scales."""
        if self.reference.wkt:
            return self.reference.wkt.lstrip().upper().startswith("GEOG")
        first = self.lods[0]
        return first.scale / (first.resolution * self.dpi) > INCHES_IN_AN_ANGLE

    @property
    def packet_size(self) -> int:
        """Tiles along a bundle's side: 128 in compact storage, 0 in exploded (cache-format.md 2)."""
        return 0 if self.storage_format == EXPLODED else 128

    @property
    def may_be_ready_to_serve(self) -> bool:
        """True where the cache may keep its scheme as root.json; no service is known to say whether it does."""
        return self.storage_format == COMPACT_V2 and self.server_version >= READY_TO_SERVE_FROM

    @property
    def not_shown(self) -> tuple[str, ...]:
        """The keys of conf.xml and root.json that the service doesn't show, by their names in these files."""
        told = dict((*self.reference.ids, *self.reference.grid))
        shown = {
            "WKT": bool(self.reference.wkt),
            **{name: name in told for name in (*GRID.values(), "WKID", "LatestWKID")},
            **({"LeftLongitude": False} if self.is_geographic else {}),
            **dict.fromkeys(NEVER_SHOWN, False),
            "CompressionQuality": self.quality is not None,
            **dict.fromkeys(("StorageFormat", "PacketSize"), bool(self.storage_format)),
            **dict.fromkeys(("XMin", "YMin", "XMax", "YMax"), self.extent is not None),
            **(dict.fromkeys(NEVER_SHOWN_FOR_READY_TO_SERVE, False) if self.may_be_ready_to_serve else {}),
        }
        return tuple(name for name, is_shown in shown.items() if not is_shown)


@dataclass(frozen=True)
class NoScheme:
    """Why there is no tiling scheme, in words."""

    why: str
