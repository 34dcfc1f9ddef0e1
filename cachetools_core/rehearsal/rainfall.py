"""The Rainfall cache: a rain radar over Europe and the Atlantic, drawn here, the same bytes at every run.

The field of rain is made of whole numbers small enough for a float32 to hold every sum of them exactly, so that no
linear algebra library, processor or number of threads changes a pixel.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cachetools_core.rehearsal.bundles import SIDE, CompactV2, bundle_name
from cachetools_core.rehearsal.caches import DEFAULT_MAP_NAME, Cache, open_cache
from cachetools_core.rehearsal.tiling import (
    COMPACT_V2,
    WEB_MERCATOR_WKT,
    Extent,
    LevelOfDetail,
    TilingScheme,
    write_scheme,
)

SEED = 20110704
TILE = 256
FINEST = 8
# Four by two tiles of level 4 are the full extent: 45 degrees either side of Greenwich, 41 to 66.5 degrees north. They
# end on tile edges at every level from 3 on, and the finest level lies in two bundles.
EXTENT_LEVEL, FIRST_ROW, FIRST_COLUMN, ROWS, COLUMNS = 4, 4, 6, 2, 4
# The field has one value for eight pixels of the finest level; a cubic spline draws the pixels between.
SPACING = 8
FIELD_ROWS = ROWS * TILE * 2 ** (FINEST - EXTENT_LEVEL) // SPACING
FIELD_COLUMNS = COLUMNS * TILE * 2 ** (FINEST - EXTENT_LEVEL) // SPACING
MARGIN = 3

Field = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]

# No rain (transparent), then light blue through green, yellow and red to magenta, as radar images have it.
COLOURS = (
    "00000000 b4d7f5a0 8cbef0b4 5fa0e6c8 3c7ddcd2 2355c8dc 1e8c46dc 32aa32e1 "
    "78c832e6 c8dc28eb f5d723f0 faaf1ef5 f5821ef5 e64b1efa c81e28ff b41e96ff"
)
PALETTE = np.frombuffer(bytes.fromhex(COLOURS), "u1").reshape(-1, 4)


def draw_rainfall(cache_root: Path, service_folder: str = "Rainfall") -> Cache:
    """Draws the cache into the cache directory and opens it: 2735 tiles in levels 0 to 8, compact V2, PNG8."""
    map_folder = cache_root / service_folder / DEFAULT_MAP_NAME
    map_folder.mkdir(parents=True)
    write_scheme(map_folder, _scheme())
    bundles: dict[Path, dict[tuple[int, int], bytes]] = {}
    for level, row, column, pixels in _draw_tiles():
        bundle = map_folder / "_alllayers" / f"L{level:02d}" / bundle_name(row, column)
        bundles.setdefault(bundle, {})[row, column] = _png(pixels)
    for bundle, tiles in bundles.items():
        bundle.parent.mkdir(parents=True, exist_ok=True)
        CompactV2.write(bundle, tiles)
    return open_cache(map_folder)
