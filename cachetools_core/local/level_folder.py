"""The tiles in the files of one level of a cache, counted without opening a picture (cache-format.md 4 to 6)."""

from __future__ import annotations

import os
import re
import struct
from pathlib import PurePath

from ..proof.tile_range import TileRange

LEVEL = re.compile(r"L(\d{2,3})", re.IGNORECASE)
BUNDLE = re.compile(r"R([0-9a-f]{4,8})C([0-9a-f]{4,8})\.bundle", re.IGNORECASE)
ROW, COLUMN = re.compile(r"R([0-9a-f]{8})", re.IGNORECASE), re.compile(r"C([0-9a-f]{8})\.\w+", re.IGNORECASE)
# The server's own while a job builds tiles (documented), and the index of a bundle, which is read with its bundle.
NO_TILES = (".lock", ".done", ".bundlx")

SIDE = 128  # tiles of a bundle
RECORDS = SIDE * SIDE
INDEX_V2, INDEX_V1 = 64, 16
TILES_V1 = 60 + 4 * RECORDS  # before it lies an empty slot for each tile that isn't there


def level_of(name: str) -> int | None:
    """The level in whose folder a file lies, by its path below the map's folder; None for all other files.

    >>> level_of("Layers/_alllayers/L05/R0000C0000.bundle"), level_of("Layers/conf.xml")
    (5, None)
    """
    folders = PurePath(name).parts[1:-1]
    return next((int(found[1]) for found in map(LEVEL.fullmatch, reversed(folders)) if found), None)


def tiles_in_file(path: str, inside: TileRange | None) -> int:
    """How many tiles of these rows and columns a file of a level holds; of all of them where `inside` is None.

    A bundle whose tiles are all deleted may stay (nobody has seen a server unlink one), and holds none. A file that
    isn't in a known form may be a tile: it counts as one, unless it is known to lie elsewhere. Raises OSError.
    """
    name = os.path.basename(path)
    if name.lower().endswith(NO_TILES):
        return 0
    bundle = BUNDLE.fullmatch(name)
    if bundle is not None:
        return _tiles_in_bundle(path, int(bundle[1], 16), int(bundle[2], 16), inside)
    row, column = ROW.fullmatch(os.path.basename(os.path.dirname(path))), COLUMN.fullmatch(name)
    if row is None or column is None:
        return 1 if inside is None else 0
    return int(_lies(int(row[1], 16), int(column[1], 16), inside))


def _tiles_in_bundle(path: str, first_row: int, first_column: int, inside: TileRange | None) -> int:
    places = _places_v1(path) if os.path.exists(_index_of(path)) else _places_v2(path)
    if places is None:
        square = TileRange(first_row, first_row + SIDE - 1, first_column, first_column + SIDE - 1)
        return int(inside is None or inside.meets(square))
    return sum(_lies(first_row + row, first_column + column, inside) for row, column in places)


def _places_v2(path: str) -> list[tuple[int, int]] | None:
    """Row and column within the bundle of each tile; None where this isn't a bundle."""
    with open(path, "rb") as file:
        head = file.read(INDEX_V2 + 8 * RECORDS)
    if len(head) < INDEX_V2 + 8 * RECORDS:
        return None
    records = struct.unpack_from(f"<{RECORDS}Q", head, INDEX_V2)
    return [divmod(number, SIDE) for number, record in enumerate(records) if record >> 40]


def _places_v1(path: str) -> list[tuple[int, int]] | None:
    """As for version 2; this index runs down the columns, and an empty entry points at its own slot."""
    with open(_index_of(path), "rb") as file:
        file.seek(INDEX_V1)
        index = file.read(5 * RECORDS)
    if len(index) < 5 * RECORDS:
        return None
    offsets = (int.from_bytes(index[at : at + 5], "little") for at in range(0, 5 * RECORDS, 5))
    return [(number % SIDE, number // SIDE) for number, offset in enumerate(offsets) if offset >= TILES_V1]


def _index_of(path: str) -> str:
    return os.path.splitext(path)[0] + ".bundlx"


def _lies(row: int, column: int, inside: TileRange | None) -> bool:
    return inside is None or inside.holds(row, column)
