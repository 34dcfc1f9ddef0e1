"""The tiling scheme in a service's JSON, read with care: a part that can't be read is left out."""

from __future__ import annotations

import re
from typing import Any

from ...messages import plain_words
from ...proof.evidence import LARGEST
from ...proof.tiling import Extent, Level, Tiling
from ..answers import Body
from .numbers import number, whole

MOST_LEVELS = 1000
FINEST = 1e-12  # map units a pixel; all that is reckoned with these numbers stays finite
NAME_IN_WKT = re.compile(r'\w+\["([^"]{1,100})"')


def tiling_in(body: Body) -> Tiling | None:
    """The scheme, with the keys of a cached map service (captured, 10.11) and `storageInfo` (map services from 11.1).

    None where the service shows no scheme that can be reckoned with.
    """
    info = _object(body.get("tileInfo"))
    origin, lods = _object(info.get("origin")), info.get("lods")
    width, height = whole(info.get("cols")), whole(info.get("rows"))
    left, top = number(origin.get("x")), number(origin.get("y"))
    levels = tuple(filter(None, map(_level, lods[:MOST_LEVELS] if isinstance(lods, list) else [])))
    if not width or not height or not levels or not all(map(_is_near, (left, top))):
        return None
    dpi = number(info.get("dpi"))
    return Tiling(
        width,
        height,
        left,
        top,
        levels,
        tile_format=_word(info.get("format")),
        quality=whole(info.get("compressionQuality")),
        dpi=dpi if _is_near(dpi) else None,
        storage_format=_word(_object(body.get("storageInfo")).get("storageFormat")) or _word(info.get("storageFormat")),
        reference=_reference(_object(info.get("spatialReference") or body.get("spatialReference"))),
        extent=_extent(_object(body.get("fullExtent"))),
    )


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _word(value: Any) -> str:
    return plain_words(value) if isinstance(value, str) else ""


def _level(lod: Any) -> Level | None:
    fields = _object(lod)
    level, scale, resolution = whole(fields.get("level")), number(fields.get("scale")), number(fields.get("resolution"))
    readable = level is not None and 0 < scale < LARGEST and FINEST < resolution < LARGEST
    return Level(level, scale, resolution) if level is not None and readable else None


def _extent(fields: dict[str, Any]) -> Extent | None:
    """A server was seen to write NaN here (a map service in the Netherlands)."""
    corners = [number(fields.get(name)) for name in ("xmin", "ymin", "xmax", "ymax")]
    extent = Extent(*corners)
    return extent if all(map(_is_near, corners)) and extent.width > 0 and extent.height > 0 else None


def _is_near(value: float) -> bool:
    return abs(value) < LARGEST


def _reference(fields: dict[str, Any]) -> str:
    """By number, with the newer one in brackets; by the name in its WKT where it has none."""
    wkid, latest = whole(fields.get("wkid")), whole(fields.get("latestWkid"))
    if wkid:
        return f"WKID {wkid}" if latest in (None, wkid) else f"WKID {wkid} ({latest})"
    named = NAME_IN_WKT.match(_word(fields.get("wkt")))
    return named.group(1) if named else ""
