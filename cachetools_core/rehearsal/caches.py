"""Map caches in a server's cache directory: looked at, published, deleted.

Layout: `<cache root>/<service folder>/<map name>/` with conf.xml, conf.cdi and `_alllayers/L00`, `L01`, ...
The service folder is `<service>`, or `<folder>_<service>` inside a catalog folder (inferred from Esri's samples).
"""

from __future__ import annotations

import json
import os
import posixpath
import re
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from cachetools_core.rehearsal.bundles import CacheError, CompactV1, CompactV2
from cachetools_core.rehearsal.conf_files import conf_file, read_scheme, write_scheme
from cachetools_core.rehearsal.exploded import Exploded
from cachetools_core.rehearsal.tile_packages import package_scheme
from cachetools_core.rehearsal.tiling import (
    COMPACT_V1,
    COMPACT_V2,
    EXPLODED,
    NOWHERE,
    Extent,
    LevelOfDetail,
    TilingScheme,
)

__all__ = ["Cache", "CacheError", "Extent", "LevelOfDetail", "TilingScheme", "open_cache", "publish"]

DEFAULT_MAP_NAME = "Layers"
TPK_CONF = re.compile(r"(?P<below>v\d+/(?P<map_name>[^/]+)/)[Cc]onf\.xml")


class Storage(Protocol):
    """How the tiles of one level lie in its folder."""

    def tile(self, level_folder: Path, row: int, column: int) -> bytes | None: ...

    def tiles(self, level_folder: Path) -> Iterator[tuple[int, int, int]]: ...

    def delete_tile(self, level_folder: Path, row: int, column: int) -> None: ...


STORAGES: dict[str, Storage] = {COMPACT_V2: CompactV2(), COMPACT_V1: CompactV1(), EXPLODED: Exploded()}


class Cache:
    """One map's cache on disk. Every look reads the disk: nothing is remembered but the tiling scheme."""

    def __init__(self, folder: Path, scheme: TilingScheme) -> None:
        self.folder = folder
        self.scheme = scheme
        self._storage = STORAGES[scheme.storage_format]

    @property
    def map_name(self) -> str:
        """The name of the map (data frame), which is the folder's name."""
        return self.folder.name

    def tile(self, level: int, row: int, column: int) -> bytes | None:
        """The tile's bytes (PNG or JPEG); None where the cache holds no such tile."""
        return self._storage.tile(self._level_folder(level), row, column)

    def counts(self) -> dict[int, tuple[int, int]]:
        """For each level that holds tiles: how many, and how many bytes the tiles are."""
        sizes = {level: [size for _, _, size in self._level(level)] for level in self._levels()}
        return {level: (len(found), sum(found)) for level, found in sizes.items() if found}

    def tiles(self) -> Iterator[tuple[int, int, int]]:
        """Level, row and column of every tile."""
        return ((level, row, column) for level in self._levels() for row, column, _ in self._level(level))

    def tilemap(self, level: int, row: int, column: int, width: int, height: int) -> list[int]:
        """1 where the cache holds the tile and 0 where not, row by row from the top left."""
        held = {(row, column) for row, column, _ in self._level(level)}
        return [int((row + down, column + right) in held) for down in range(height) for right in range(width)]

    def tiles_reach(self) -> Extent:
        """The extent of the tiles at the finest level that holds any; NOWHERE where none does."""
        for lod in sorted(self.scheme.lods, key=lambda one: one.resolution):
            places = [(row, column) for row, column, _ in self._level(lod.level)]
            if places:
                width, height = self.scheme.cols * lod.resolution, self.scheme.rows * lod.resolution
                rows, columns = zip(*places)
                return Extent(
                    self.scheme.origin_x + min(columns) * width,
                    self.scheme.origin_y - (max(rows) + 1) * height,
                    self.scheme.origin_x + (max(columns) + 1) * width,
                    self.scheme.origin_y - min(rows) * height,
                )
        return NOWHERE

    def exists(self) -> bool:
        """Whether the map's folder is there."""
        return self.folder.is_dir()

    def delete(self) -> None:
        """Removes the map's folder, and the service folder unless it holds another map.

        "If there is only one data frame in the cache directory, the entire directory is removed" (ArcGIS 10.0,
        Delete Map Server Cache): Status.gdb goes with the last map.
        """
        shutil.rmtree(self.folder)
        if not _map_folders(self.folder.parent):
            shutil.rmtree(self.folder.parent)

    def delete_level(self, level: int) -> None:
        """Removes one level, as a deletion does that stops half way."""
        shutil.rmtree(self._level_folder(level))

    def delete_tile(self, level: int, row: int, column: int) -> None:
        """Removes one tile; the folders and the tiling scheme stay. A missing tile is left missing."""
        self._storage.delete_tile(self._level_folder(level), row, column)

    def _level_folder(self, level: int) -> Path:
        return self.folder / "_alllayers" / f"L{level:02d}"

    def _levels(self) -> list[int]:
        return sorted(lod.level for lod in self.scheme.lods if self._level_folder(lod.level).is_dir())

    def _level(self, level: int) -> Iterator[tuple[int, int, int]]:
        try:
            yield from self._storage.tiles(self._level_folder(level))
        except FileNotFoundError:
            # Deleted while it was being looked at: what is gone holds no tiles.
            return


def open_cache(folder: Path) -> Cache:
    """The cache in a map's folder; CacheError where conf.xml is missing, or it or conf.cdi cannot be read.

    A cache without conf.cdi reaches as far as its tiles.
    """
    scheme = read_scheme(folder)
    if scheme.storage_format not in STORAGES:
        raise CacheError(
            f"{folder} is stored as {scheme.storage_format}, which the rehearsal server cannot read. "
            f"Give a cache stored as one of {', '.join(STORAGES)}."
        )
    cache = Cache(folder, scheme)
    return cache if scheme.full_extent != NOWHERE else Cache(folder, replace(scheme, full_extent=cache.tiles_reach()))


def _map_folders(folder: Path) -> list[Path]:
    return sorted(child for child in folder.iterdir() if child.is_dir() and conf_file(child))


def publish(source: Path, cache_root: Path, service_folder: str) -> Cache:
    """Copies a cache into `<cache root>/<service folder>/` and opens the copy; the original is never touched.

    `source` is a map's folder with conf.xml, a service's folder with one or more map folders in it (all are copied;
    the active one is Layers or else the first by name), a .tpkx or a .tpk. Raises CacheError where it is none of
    these, or is damaged, or where the service folder is there already; nothing is left behind then.
    """
    target = cache_root / service_folder
    if target.exists():
        raise CacheError(f"{target} is there already. Publish under another service name, or delete that cache first.")
    cache_root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".publishing-", dir=cache_root) as scratch:
        service = Path(scratch) / service_folder
        _copy(source, service)
        maps = _map_folders(service)
        active = next((folder for folder in maps if folder.name == DEFAULT_MAP_NAME), maps[0])
        cache = open_cache(active)
        if not (active / "_alllayers").is_dir():
            raise CacheError(
                f"{source} has no _alllayers folder: a multilayer cache, which the rehearsal server cannot serve, "
                "or one without tiles. Give a cache whose layers are fused."
            )
        service.rename(target)
    return Cache(target / active.name, cache.scheme)


def _copy(source: Path, service: Path) -> None:
    if source.is_dir():
        _copy_folders(source.resolve(), service)
    elif source.suffix.lower() in (".tpkx", ".tpk") and source.is_file():
        _unpack(source, service)
    else:
        raise CacheError(f"{source} is no cache. Give a folder that holds conf.xml, a .tpkx or a .tpk file.")


def _copy_folders(source: Path, service: Path) -> None:
    folders = [source] if conf_file(source) else _map_folders(source)
    if not folders:
        raise CacheError(
            f"{source} holds no conf.xml, and neither does a folder in it, so it is no map cache. "
            "Give the folder that holds conf.xml."
        )
    for folder in folders:
        _copy_folder(folder, service / folder.name)


def _copy_folder(source: Path, target: Path) -> None:
    # Not shutil.copytree: that would take over read-only permissions, and the copy could not be deleted.
    for folder, _, names in os.walk(source):
        copy = target / os.path.relpath(folder, source)
        copy.mkdir(parents=True)
        for name in names:
            shutil.copyfile(os.path.join(folder, name), copy / name)


def _unpack(source: Path, service: Path) -> None:
    try:
        with zipfile.ZipFile(source) as package:
            _refuse_hostile(package, source, service)
            if "root.json" in package.namelist():
                _unpack_tpkx(package, source, service / DEFAULT_MAP_NAME)
            else:
                _unpack_tpk(package, source, service)
    # RuntimeError: encrypted. NotImplementedError: a compression that Python does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise CacheError(
            f"{source} cannot be unpacked ({error}). The package is damaged or not a zip file: copy it again."
        ) from error


def _refuse_hostile(package: zipfile.ZipFile, source: Path, service: Path) -> None:
    for name in package.namelist():
        if set(name.rstrip("/").split("/")) & {"", ".", ".."} or "\\" in name or ":" in name:
            raise CacheError(
                f"{source} holds {name!r}, a name that could be written outside the cache directory. "
                "Nothing was unpacked; do not use this package."
            )
    size = sum(member.file_size for member in package.infolist())
    free = shutil.disk_usage(service.parent).free
    if size > free:
        raise CacheError(f"{source} unpacks to {size} bytes, and {service.parent} has {free} free. Free some space.")


def _extract(package: zipfile.ZipFile, below: str, folder: Path) -> None:
    for name in package.namelist():
        if name.startswith(below) and not name.endswith("/"):
            file = folder / name[len(below) :]
            file.parent.mkdir(parents=True, exist_ok=True)
            with package.open(name) as packed, file.open("xb") as unpacked:
                shutil.copyfileobj(packed, unpacked)


def _unpack_tpkx(package: zipfile.ZipFile, source: Path, map_folder: Path) -> None:
    try:
        root = json.loads(package.read("root.json"))
    except (ValueError, RecursionError) as error:
        raise CacheError(f"root.json in {source} is not JSON ({error}). Copy the package again.") from error
    scheme = package_scheme(root, str(source))
    tiles = posixpath.normpath(str(root.get("tileBundlesPath", "./tile"))) + "/"
    map_folder.mkdir(parents=True)
    write_scheme(map_folder, scheme)
    _extract(package, tiles, map_folder / "_alllayers")
    for bundle in (map_folder / "_alllayers").rglob("*.bundle"):
        CompactV2.state_record_count(bundle)


def _unpack_tpk(package: zipfile.ZipFile, source: Path, service: Path) -> None:
    found = next(filter(None, (TPK_CONF.fullmatch(name) for name in package.namelist())), None)
    if not found:
        raise CacheError(
            f"{source} holds neither root.json nor v101/<map name>/conf.xml, so it is no tile package. "
            "Give a .tpkx or .tpk with tiles."
        )
    _extract(package, found["below"], service / found["map_name"])
