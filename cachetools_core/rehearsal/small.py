"""Small caches for a site of many services: a few exploded tiles each, drawn in milliseconds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from cachetools_core.rehearsal.caches import DEFAULT_MAP_NAME
from cachetools_core.rehearsal.conf_files import write_scheme
from cachetools_core.rehearsal.rainfall import first_levels
from cachetools_core.rehearsal.tiling import EXPLODED

FOLDERS = ("", "Planning", "Transport", "Water")
SIZES = 3


def small_caches(folder: Path, number: int) -> dict[str, Path]:
    """Draws caches of three sizes, and gives so many services, in four folders, a name and one of the caches each."""
    drawn = [_drawn(folder / str(levels), levels) for levels in range(1, SIZES + 1)] if number else []
    names = (f"{FOLDERS[at % len(FOLDERS)]}/Map{at:04d}".lstrip("/") for at in range(number))
    return {name: drawn[at % SIZES] for at, name in enumerate(names)}


def _drawn(folder: Path, levels: int) -> Path:
    """A cache with tiles in its first levels only."""
    cache = folder / DEFAULT_MAP_NAME
    scheme, tiles = first_levels(levels)
    cache.mkdir(parents=True)
    write_scheme(cache, replace(scheme, storage_format=EXPLODED, packet_size=0))
    for (level, row, column), picture in tiles.items():
        file = cache / "_alllayers" / f"L{level:02d}" / f"R{row:08x}" / f"C{column:08x}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(picture)
    return cache
