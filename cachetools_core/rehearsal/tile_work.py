"""DELETE_TILES: which tiles of a cache a Manage Map Cache Tiles job is asked to delete (family.md 2, 9 and 10).

That an unknown scale or an extent in no known form fails the job is invented, and so are the texts. Only tiles that
the extent touches go here; a real server works by supertiles of 4096 pixels, so more may go there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from cachetools_core.rehearsal.caches import Cache, Extent

# How near a scale must be to match isn't known; clients are told to send all digits that the service shows.
NEAR = 1e-9
SIDES = ("xmin", "ymin", "xmax", "ymax")


class BadInput(Exception):
    """The job fails with this text."""


def levels_in(inputs: Mapping[str, str], cache: Cache) -> list[int]:
    """The levels of the job's scales, in the scheme's order. Raises BadInput."""
    try:
        scales = [float(scale) for scale in inputs["levels"].split(";")]
    except ValueError as error:
        raise BadInput("ERROR 000800: The scales are not numbers with semicolons between them.") from error
    found = {scale: lod.level for lod in cache.scheme.lods for scale in scales if _is_near(lod.scale, scale)}
    unknown = next((scale for scale in scales if scale not in found), None)
    if unknown is not None:
        raise BadInput(f"ERROR 999999: The cache has no scale {unknown}.")
    return [lod.level for lod in cache.scheme.lods if lod.level in found.values()]


def _is_near(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=NEAR)


def extent_in(inputs: Mapping[str, str]) -> Extent | None:
    """The constraining extent in its three forms: DEFAULT, JSON, and `xmin;ymin;xmax;ymax`. None for everything.

    Raises BadInput.
    """
    text = inputs.get("constraining_extent", "").strip()
    if text in ("", "DEFAULT"):
        return None
    try:
        fields = json.loads(text) if text.startswith("{") else dict(zip(SIDES, text.split(";")))
        xmin, ymin, xmax, ymax = (float(fields[side]) for side in SIDES)
    except (ValueError, TypeError, LookupError) as error:
        raise BadInput("ERROR 000800: The constraining extent is in no known form.") from error
    if not (all(map(math.isfinite, (xmin, ymin, xmax, ymax))) and xmin <= xmax and ymin <= ymax):
        raise BadInput("ERROR 999999: The constraining extent is empty.")
    return Extent(xmin, ymin, xmax, ymax)


def tiles_in(cache: Cache, level: int, extent: Extent | None) -> list[tuple[int, int]]:
    """Row and column of the level's tiles that the extent touches, of all of them without one."""
    held = [(row, column) for found, row, column in cache.tiles() if found == level]
    if extent is None:
        return held
    rows, columns = cache.scheme.touched(level, extent)
    return [(row, column) for row, column in held if row in rows and column in columns]
