"""Map caches in a server's cache directory: looked at, published, deleted.

Layout: `<cache root>/<service folder>/<map name>/` with conf.xml, conf.cdi and `_alllayers/L00`, `L01`, ...
The service folder is `<service>`, or `<folder>_<service>` inside a catalog folder (inferred from Esri's samples).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from cachetools_core.rehearsal.bundles import CacheError
from cachetools_core.rehearsal.tiling import Extent, LevelOfDetail, TilingScheme

__all__ = ["Cache", "CacheError", "Extent", "LevelOfDetail", "TilingScheme", "open_cache", "publish"]


class Cache:
    """One map's cache on disk. Every look reads the disk: nothing is remembered but the tiling scheme."""

    def __init__(self, folder: Path, scheme: TilingScheme) -> None:
        self.folder = folder
        self.scheme = scheme

    @property
    def map_name(self) -> str:
        """The name of the map (data frame), which is the folder's name."""
        return self.folder.name

    def tile(self, level: int, row: int, column: int) -> bytes | None:
        """The tile's bytes (PNG or JPEG); None where the cache holds no such tile."""
        raise NotImplementedError

    def counts(self) -> dict[int, tuple[int, int]]:
        """For each level that holds tiles: how many, and how many bytes the tiles are."""
        raise NotImplementedError

    def tiles(self) -> Iterator[tuple[int, int, int]]:
        """Level, row and column of every tile."""
        raise NotImplementedError

    def tilemap(self, level: int, row: int, column: int, width: int, height: int) -> list[int]:
        """1 where the cache holds the tile and 0 where not, row by row from the top left."""
        raise NotImplementedError

    def bytes_on_disk(self) -> int:
        """The bytes of all files in the map's folder."""
        raise NotImplementedError

    def files(self) -> int:
        """The number of files in the map's folder."""
        raise NotImplementedError

    def exists(self) -> bool:
        """Whether the map's folder is there."""
        raise NotImplementedError

    def delete(self) -> None:
        """Removes the map's folder, and the service folder unless it holds another map."""
        raise NotImplementedError

    def delete_level(self, level: int) -> None:
        """Removes one level, as a deletion does that stops half way."""
        raise NotImplementedError

    def delete_tile(self, level: int, row: int, column: int) -> None:
        """Removes one tile; the tiling scheme stays."""
        raise NotImplementedError


def open_cache(folder: Path) -> Cache:
    """The cache in a map's folder; CacheError where conf.xml or conf.cdi is missing or cannot be read."""
    raise NotImplementedError


def publish(source: Path, cache_root: Path, service_folder: str) -> Cache:
    """Copies a cache into the cache directory; the original is never touched. CacheError where it is no cache."""
    raise NotImplementedError
