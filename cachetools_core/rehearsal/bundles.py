"""Compact bundles: up to 128 x 128 tiles of one level in one file (V2) or in a pair of files (V1).

V2 is Esri's published format (CompactCacheV2.md in Esri/raster-tiles-compactcache). V1 was never published; what is
here holds for the bundles that ArcGIS 10.3 wrote into .tpk packages. What a server does to a bundle of which only
some tiles are deleted is documented nowhere: emptying the record, and unlinking the bundle with its last tile, is
invented.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

SIDE = 128
RECORDS = SIDE * SIDE
NAME = re.compile(r"R([0-9a-f]{4,})C([0-9a-f]{4,})\.bundle")


class CacheError(ValueError):
    """Not a cache that can be read or published; the message says what is wrong, where, and what to do."""


def bundle_name(row: int, column: int) -> str:
    """The file name of the bundle that holds the tile: its first row and column, in lower-case hexadecimal."""
    return f"R{row // SIDE * SIDE:04x}C{column // SIDE * SIDE:04x}.bundle"


def _bundles(level_folder: Path) -> Iterator[tuple[Path, int, int]]:
    for path in sorted(level_folder.iterdir()):
        named = NAME.fullmatch(path.name)
        if named:
            yield path, int(named[1], 16), int(named[2], 16)


def _part(path: Path, offset: int, size: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(size)
    if len(data) < size:
        raise CacheError(
            f"{path} ends before byte {offset + size}, which its index points at. "
            "The bundle is damaged: copy it again from where it came."
        )
    return data


class CompactV2:
    """Reads and deletes the tiles of one-file bundles."""

    INDEX_AT = 64
    EMPTY = 4
    # Header offset 4 is 16384 in the specification and 0 in bundles that ArcGIS writes. GDAL's ESRIC driver takes a
    # bundle for missing, silently, unless it is 16384.
    RECORDS_AT = 4
    HEADER = struct.Struct("<4I3Q6I")

    def _slot(self, row: int, column: int) -> int:
        return self.INDEX_AT + 8 * (SIDE * (row % SIDE) + column % SIDE)

    def _sizes(self, path: Path) -> npt.NDArray[np.uint64]:
        index = np.frombuffer(_part(path, self.INDEX_AT, 8 * RECORDS), "<u8")
        sizes: npt.NDArray[np.uint64] = index >> np.uint64(40)
        return sizes.reshape(SIDE, SIDE)

    def tile(self, level_folder: Path, row: int, column: int) -> bytes | None:
        """The tile's bytes as they are in the bundle; None where the level holds no such tile."""
        path = level_folder / bundle_name(row, column)
        try:
            record = int.from_bytes(_part(path, self._slot(row, column), 8), "little")
            size, offset = record >> 40, record & (1 << 40) - 1
            return _part(path, offset, size) if size else None
        except FileNotFoundError:
            return None

    def tiles(self, level_folder: Path) -> Iterator[tuple[int, int, int]]:
        """Row, column and size in bytes of every tile of the level."""
        for path, first_row, first_column in _bundles(level_folder):
            sizes = self._sizes(path)
            for row, column in zip(*(positions.tolist() for positions in np.nonzero(sizes))):
                yield first_row + row, first_column + column, int(sizes[row, column])

    def delete_tile(self, level_folder: Path, row: int, column: int) -> None:
        """Empties the tile's record; the bundle goes with its last tile. A missing tile is left missing."""
        path = level_folder / bundle_name(row, column)
        if self.tile(level_folder, row, column) is None:
            return
        with path.open("r+b") as file:
            file.seek(self._slot(row, column))
            file.write(struct.pack("<Q", self.EMPTY))
        if not self._sizes(path).any():
            path.unlink()

    @classmethod
    def write(cls, path: Path, tiles: Mapping[tuple[int, int], bytes]) -> None:
        """Writes a whole bundle at once, from the tiles of that bundle by (row, column)."""
        index = np.full(RECORDS, cls.EMPTY, "<u8")
        body: list[bytes] = []
        end = cls.INDEX_AT + 8 * RECORDS
        for (row, column), data in sorted(tiles.items()):
            body += struct.pack("<I", len(data)), data
            index[SIDE * (row % SIDE) + column % SIDE] = len(data) << 40 | end + 4
            end += 4 + len(data)
        largest = max(map(len, tiles.values()), default=0)
        header = cls.HEADER.pack(3, RECORDS, largest, 5, 0, end, 40, 20 + 8 * RECORDS, 3, 16, RECORDS, 5, 8 * RECORDS)
        path.write_bytes(header + index.tobytes() + b"".join(body))

    @classmethod
    def state_record_count(cls, path: Path) -> None:
        """Writes the specification's 16384 where ArcGIS left 0, so that GDAL's ESRIC driver sees the tiles."""
        with path.open("r+b") as file:
            file.seek(cls.RECORDS_AT)
            file.write(struct.pack("<I", RECORDS))


class CompactV1:
    """Reads and deletes the tiles of .bundle + .bundlx pairs, whose index runs down the columns."""

    INDEX_AT = 16
    SLOTS_AT = 60
    TILES_AT = SLOTS_AT + 4 * RECORDS
    TILE_COUNT_AT = 16

    def _record(self, row: int, column: int) -> int:
        return SIDE * (column % SIDE) + row % SIDE

    def _offsets(self, index: Path) -> npt.NDArray[np.uint64]:
        wide = np.zeros((RECORDS, 8), "u1")
        wide[:, :5] = np.frombuffer(_part(index, self.INDEX_AT, 5 * RECORDS), "u1").reshape(RECORDS, 5)
        return wide.view("<u8").ravel()

    def _size(self, path: Path, offset: int) -> int:
        return int.from_bytes(_part(path, offset, 4), "little")

    def tile(self, level_folder: Path, row: int, column: int) -> bytes | None:
        """The tile's bytes as they are in the bundle; None where the level holds no such tile."""
        path = level_folder / bundle_name(row, column)
        entry = self.INDEX_AT + 5 * self._record(row, column)
        try:
            offset = int.from_bytes(_part(path.with_suffix(".bundlx"), entry, 5), "little")
            size = self._size(path, offset)
            return _part(path, offset + 4, size) if size else None
        except FileNotFoundError:
            return None

    def tiles(self, level_folder: Path) -> Iterator[tuple[int, int, int]]:
        """Row, column and size in bytes of every tile of the level."""
        for path, first_row, first_column in _bundles(level_folder):
            offsets = self._offsets(path.with_suffix(".bundlx"))
            for record in np.flatnonzero(offsets >= self.TILES_AT).tolist():
                size = self._size(path, int(offsets[record]))
                if size:
                    yield first_row + record % SIDE, first_column + record // SIDE, size

    def delete_tile(self, level_folder: Path, row: int, column: int) -> None:
        """Points the tile's entry at its empty slot; both files go with their last tile."""
        path = level_folder / bundle_name(row, column)
        index = path.with_suffix(".bundlx")
        if self.tile(level_folder, row, column) is None:
            return
        record = self._record(row, column)
        with index.open("r+b") as file:
            file.seek(self.INDEX_AT + 5 * record)
            file.write((self.SLOTS_AT + 4 * record).to_bytes(5, "little"))
        left = int(np.count_nonzero(self._offsets(index) >= self.TILES_AT))
        with path.open("r+b") as file:
            file.seek(self.TILE_COUNT_AT)
            file.write(struct.pack("<Q", 4 * left))
        if not left:
            path.unlink()
            index.unlink()
