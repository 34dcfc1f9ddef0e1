"""What the runs of a bench delete: a whole cache, or some of its tiles; and what the disk still has of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union
from zlib import crc32

from cachetools_core.proof.receipt import Receipt
from cachetools_core.rehearsal.caches import Cache, Extent
from cachetools_core.tools.access import Access
from cachetools_core.tools.delete import delete_map_server_cache
from cachetools_core.tools.delete_tiles import delete_map_server_cache_tiles
from support.story import files_below


@dataclass(frozen=True)
class AllOfIt:
    """The whole cache."""

    words = ""

    def delete(self, service: str, access: Access) -> Receipt:
        return delete_map_server_cache(service, access)

    def tiles(self, cache: Cache) -> int:
        return sum(count for count, _ in cache.counts().values())

    def files(self, cache: Cache) -> int:
        return files_below(cache.folder.parent)

    def rest(self, cache: Cache) -> dict[str, int]:
        """A mark of everything that has to stay."""
        return {}


@dataclass(frozen=True)
class SomeOfIt:
    """The tiles of one level, everywhere or within xmin, ymin, xmax, ymax."""

    level: int
    extent: tuple[float, float, float, float] | None = None

    @property
    def words(self) -> str:
        return "tiles of a scale" if self.extent is None else "tiles in an extent"

    def delete(self, service: str, access: Access) -> Receipt:
        return delete_map_server_cache_tiles(service, [self._scale], self.extent, access)

    def tiles(self, cache: Cache) -> int:
        return sum(inside for _, inside in self._places(cache))

    def files(self, cache: Cache) -> int:
        return self.tiles(cache)

    def rest(self, cache: Cache) -> dict[str, int]:
        """A mark of every other file of the cache, and of every other tile of the level."""
        inside = cache.folder / "_alllayers" / f"L{self.level:02d}"
        files = [file for file in cache.folder.rglob("*") if file.is_file() and inside not in file.parents]
        marks = {str(file.relative_to(cache.folder)): crc32(file.read_bytes()) for file in files}
        tiles = [place for place, chosen in self._places(cache) if not chosen]
        return {**marks, **{str(place): crc32(cache.tile(self.level, *place) or b"") for place in tiles}}

    @property
    def _scale(self) -> float:
        return float(591657527.591555 / 2**self.level)  # as Rainfall's scheme has them

    def _places(self, cache: Cache) -> list[tuple[tuple[int, int], bool]]:
        """Row and column of each tile of the level, and whether it is chosen."""
        held = [(row, column) for level, row, column in cache.tiles() if level == self.level]
        if self.extent is None:
            return [(place, True) for place in held]
        rows, columns = cache.scheme.touched(self.level, Extent(*self.extent))
        return [((row, column), row in rows and column in columns) for row, column in held]


Goes = Union[AllOfIt, SomeOfIt]
ALL_OF_IT = AllOfIt()
A_SCALE = SomeOfIt(6)
IN_AN_EXTENT = SomeOfIt(6, (-20037508.0, -20037508.0, -1.0, 20037508.0))
"""The western half; tiles of the level lie on both sides of its border."""
