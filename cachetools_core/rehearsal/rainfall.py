"""The Rainfall cache: a rain radar over Europe and the Atlantic, drawn here, the same bytes at every run.

Only sums and products that IEEE 754 rounds in one way make the field of rain, and the spline over it adds whole numbers
that a float32 holds exactly: neither the processor nor the linear algebra library changes a pixel.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from cachetools_core.rehearsal.bundles import CompactV2, bundle_name
from cachetools_core.rehearsal.caches import DEFAULT_MAP_NAME, Cache, open_cache
from cachetools_core.rehearsal.conf_files import write_scheme
from cachetools_core.rehearsal.tiling import (
    COMPACT_V2,
    WEB_MERCATOR_WKT,
    Extent,
    LevelOfDetail,
    TilingScheme,
)

SEED = 3
TILE = 256
FINEST = 8
# The full extent is a block of level 4 tiles: 45 degrees either side of Greenwich, 41 to 66.5 degrees north. It ends on
# tile edges from level 3 on, and its finest level lies in two bundles.
FIRST_ROW, FIRST_COLUMN, ROWS, COLUMNS = 4, 6, 2, 4
BLOCK_LEVEL = 4
FINEST_TILES = 2 ** (FINEST - BLOCK_LEVEL)

# The field has one value for eight pixels of the finest level; a cubic spline draws the pixels between, and needs
# three values more than it draws.
SPACING = 8
VALUES_IN_TILE = TILE // SPACING
OVERLAP = 3
ROWS_AT_ONCE = 64
SPLINE_UNIT = 64

# Web Mercator's origin, and level 0 of the scheme that ArcGIS Online, Google and Bing share.
ORIGIN = 20037508.342787
RESOLUTION = 156543.03392800014
SCALE = 591657527.591555

if TYPE_CHECKING:  # NumPy 1.20, which Pro 3.0 to 3.2 carry, has no NDArray.
    import numpy.typing as npt

    Field = npt.NDArray[np.floating[Any]]
    Pixels = npt.NDArray[np.uint8]

# No rain (transparent), then light blue through green, yellow and red to magenta, as on a radar image; RGBA.
COLOURS = np.frombuffer(
    bytes.fromhex(
        "ffffff00 b4d7f5a0 8cbef0b4 5fa0e6c8 3c7ddcd2 2355c8dc 1e8c46dc 32aa32e1"
        "78c832e6 c8dc28eb f5d723f0 faaf1ef5 f5821ef5 e64b1efa c81e28ff b41e96ff"
    ),
    "u1",
).reshape(-1, 4)
CLASS_WIDTH = 256 // len(COLOURS)


def draw_rainfall(cache_root: Path, service_folder: str = "Rainfall") -> Cache:
    """Draws the cache into the cache directory and opens it: 2735 PNG8 tiles in levels 0 to 8, compact V2.

    Raises FileExistsError where the service folder holds such a map already.
    """
    map_folder = cache_root / service_folder / DEFAULT_MAP_NAME
    map_folder.mkdir(parents=True)
    write_scheme(map_folder, _scheme())
    bundles: dict[Path, dict[tuple[int, int], bytes]] = {}
    for level, top, left, image in _images():
        for row, column, pixels in _cut(top, left, image):
            bundle = map_folder / "_alllayers" / f"L{level:02d}" / bundle_name(row, column)
            bundles.setdefault(bundle, {})[row, column] = _png(pixels)
    for bundle, tiles in bundles.items():
        bundle.parent.mkdir(parents=True, exist_ok=True)
        CompactV2.write(bundle, tiles)
    return open_cache(map_folder)


def first_levels(levels: int) -> tuple[TilingScheme, dict[tuple[int, int, int], bytes]]:
    """The tiling scheme, and empty tiles for its first levels by level, row and column: all that the extent touches."""
    scheme, dry = _scheme(), _png(np.zeros((TILE, TILE), np.uint8))
    places = ((level, *scheme.touched(level, scheme.full_extent)) for level in range(levels))
    return scheme, {(level, row, column): dry for level, rows, columns in places for row in rows for column in columns}


def _scheme() -> TilingScheme:
    tile = TILE * RESOLUTION / 2**BLOCK_LEVEL
    return TilingScheme(
        rows=TILE,
        cols=TILE,
        dpi=96,
        origin_x=-ORIGIN,
        origin_y=ORIGIN,
        wkid=102100,
        latest_wkid=3857,
        wkt=WEB_MERCATOR_WKT,
        lods=tuple(LevelOfDetail(level, RESOLUTION / 2**level, SCALE / 2**level) for level in range(FINEST + 1)),
        tile_format="PNG8",
        compression_quality=0,
        storage_format=COMPACT_V2,
        packet_size=128,
        full_extent=Extent(
            xmin=-ORIGIN + FIRST_COLUMN * tile,
            ymin=ORIGIN - (FIRST_ROW + ROWS) * tile,
            xmax=-ORIGIN + (FIRST_COLUMN + COLUMNS) * tile,
            ymax=ORIGIN - FIRST_ROW * tile,
        ),
    )


def _images() -> Iterator[tuple[int, int, int, Pixels]]:
    """Level, top and left pixel in the level, and the image; the finest level comes in strips of one tile's height."""
    top, left = FIRST_ROW * TILE * FINEST_TILES, FIRST_COLUMN * TILE * FINEST_TILES
    strips = []
    for number, strip in enumerate(_strips(_rain())):
        yield FINEST, top + number * TILE, left, strip
        # Every second pixel loses nothing yet: the field has no detail as fine as that.
        strips.append(strip[::2, ::2])
    image = np.concatenate(strips)
    for level in reversed(range(FINEST)):
        top, left = top // 2, left // 2
        yield level, top, left, image
        image = _halved(image)


def _halved(image: Pixels) -> Pixels:
    wide = image.astype(np.uint16)
    total = wide[::2, ::2] + wide[::2, 1::2] + wide[1::2, ::2] + wide[1::2, 1::2]
    return ((total + 2) // 4).astype(np.uint8)


def _cut(top: int, left: int, image: Pixels) -> Iterator[tuple[int, int, Pixels]]:
    height, width = image.shape
    padded = np.pad(image, ((top % TILE, -(top + height) % TILE), (left % TILE, -(left + width) % TILE)))
    for row in range(padded.shape[0] // TILE):
        for column in range(padded.shape[1] // TILE):
            pixels = padded[row * TILE : (row + 1) * TILE, column * TILE : (column + 1) * TILE]
            yield top // TILE + row, left // TILE + column, pixels


def _rain() -> Field:
    """Rain from 0 to 255, drawn some rows at a time, so that they stay in the processor's cache."""
    lattice = np.frombuffer(np.random.RandomState(SEED).bytes(TILE * TILE), "u1").astype(np.float32) / np.float32(255)
    rows, columns = (count * FINEST_TILES * VALUES_IN_TILE + OVERLAP for count in (ROWS, COLUMNS))
    down, right = (np.arange(count, dtype=np.float32) / np.float32(256) for count in (rows, columns))
    some = range(0, rows, ROWS_AT_ONCE)
    return np.concatenate([_rain_at(lattice, right, down[first : first + ROWS_AT_ONCE]) for first in some])


def _rain_at(lattice: Field, right: Field, down: Field) -> Field:
    """Air masses and elongated bands wound up by two lows, and showers that are not."""
    y, x = np.meshgrid(down, right, indexing="ij")
    wound_x, wound_y = _wind_up(*_wind_up(x, y, 2.1, 1.7, 0.55, 1.6), 5.7, 2.6, 0.4, 1.3)
    masses = _noise(lattice, wound_x * 1.1, wound_y * 1.1 + 40, 3)
    bands = _noise(lattice, wound_x * 2.2 + wound_y * 1.2 + 5, wound_y * 7 - wound_x * 3 + 60, 4)
    showers = _noise(lattice, x * 14 + 100, y * 14 + 100, 3)
    rain = (masses - 0.47) * 2.2 + (bands - 0.5) * 1.5 + (showers - 0.5) * 0.55
    whole: Field = np.rint(np.clip(rain * 235, 0, 255))
    return whole


def _wind_up(x: Field, y: Field, low_x: float, low_y: float, radius: float, turns: float) -> tuple[Field, Field]:
    """The points turned around a low, less with the distance from it; by the half-angle's tangent, which is exact."""
    right, down = x - low_x, y - low_y
    tangent = turns / (1 + (right * right + down * down) / (radius * radius))
    cosine = (1 - tangent * tangent) / (1 + tangent * tangent)
    sine = 2 * tangent / (1 + tangent * tangent)
    return low_x + right * cosine - down * sine, low_y + right * sine + down * cosine


def _noise(lattice: Field, x: Field, y: Field, octaves: int) -> Field:
    total: Field = np.zeros_like(x)
    for octave in range(octaves):
        total += _smooth_noise(lattice, x, y) / 2**octave
        x, y = 2 * x + 17.3, 2 * y + 9.7
    mean: Field = total / (2 - 2 / 2**octaves)
    return mean


def _smooth_noise(lattice: Field, x: Field, y: Field) -> Field:
    column, row = np.floor(x), np.floor(y)
    right, down = x - column, y - row
    right, down = right * right * (3 - 2 * right), down * down * (3 - 2 * down)
    # The lattice has 256 by 256 values, and begins again beyond.
    here, below = ((row.astype(np.int32) + step & 255) * 256 for step in (0, 1))
    west, east = (column.astype(np.int32) + step & 255 for step in (0, 1))
    upper = lattice[here + west] + (lattice[here + east] - lattice[here + west]) * right
    lower = lattice[below + west] + (lattice[below + east] - lattice[below + west]) * right
    smooth: Field = upper + (lower - upper) * down
    return smooth


def _strips(rain: Field) -> Iterator[Pixels]:
    """The finest level, a row of tiles at a time: the class of rain of each pixel."""
    weights = _spline_weights()
    to_class = np.float32(1 / (SPLINE_UNIT * SPLINE_UNIT * CLASS_WIDTH))
    for row in range(0, rain.shape[0] - OVERLAP, VALUES_IN_TILE):
        lines = weights @ rain[row : row + VALUES_IN_TILE + OVERLAP]
        yield np.concatenate(
            [
                (lines[:, column : column + VALUES_IN_TILE + OVERLAP] @ weights.T * to_class).astype(np.uint8)
                for column in range(0, rain.shape[1] - OVERLAP, VALUES_IN_TILE)
            ],
            axis=1,
        )


def _spline_weights() -> Field:
    """What each field value gives to each pixel of a tile, in whole 64ths."""
    weights = np.zeros((TILE, VALUES_IN_TILE + OVERLAP), np.float32)
    for pixel in range(TILE):
        first, t = pixel // SPACING, pixel % SPACING / SPACING
        cubic = [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, 3 * (t - t**3 + t**2) + 1, t**3]
        whole = [round(weight * SPLINE_UNIT / 6) for weight in cubic]
        whole[1] += SPLINE_UNIT - sum(whole)
        weights[pixel, first : first + 4] = whole
    return weights


def _png(pixels: Pixels) -> bytes:
    lines = np.zeros((TILE, 1 + TILE), np.uint8)
    lines[:, 1:] = pixels
    # Long runs of one class: run-length matching alone is the fastest here, and the smallest.
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in (
            (b"IHDR", struct.pack(">IIBBBBB", TILE, TILE, 8, 3, 0, 0, 0)),
            (b"PLTE", COLOURS[:, :3].tobytes()),
            (b"tRNS", COLOURS[:, 3].tobytes()),
            (b"IDAT", packer.compress(lines.tobytes()) + packer.flush()),
            (b"IEND", b""),
        )
    )
