"""Exploded storage: one file a tile, as `L05/R0000001a/C0000002b.png`, row and column in hexadecimal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROW = re.compile(r"R([0-9a-f]{8})")
COLUMN = re.compile(r"C([0-9a-f]{8})\.(?:png|jpg)")


class Exploded:
    """Reads and deletes the tiles of an exploded level. PNG and JPEG may lie side by side (MIXED)."""

    def _file(self, level_folder: Path, row: int, column: int) -> Path | None:
        stem = level_folder / f"R{row:08x}" / f"C{column:08x}"
        return next((file for file in (stem.with_suffix(".png"), stem.with_suffix(".jpg")) if file.is_file()), None)

    def tile(self, level_folder: Path, row: int, column: int) -> bytes | None:
        """The tile's bytes; None where the level holds no such tile."""
        file = self._file(level_folder, row, column)
        return file.read_bytes() if file else None

    def tiles(self, level_folder: Path) -> Iterator[tuple[int, int, int]]:
        """Row, column and size in bytes of every tile of the level."""
        for row_folder in sorted(level_folder.iterdir()):
            row = ROW.fullmatch(row_folder.name)
            for file in sorted(row_folder.iterdir()) if row else ():
                column = COLUMN.fullmatch(file.name)
                if row and column:
                    yield int(row[1], 16), int(column[1], 16), file.stat().st_size

    def delete_tile(self, level_folder: Path, row: int, column: int) -> None:
        """Unlinks the tile's file. A missing tile is left missing."""
        file = self._file(level_folder, row, column)
        if file:
            file.unlink()
