"""Real caches that lie beside the developers' checkout: how many tiles each of their levels has."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cachetools_core.rehearsal.caches import Cache

SAMPLE_V2 = "caches/esri_sample_v2"
USA = "caches/esri_usa_tpkx/Usa.tpkx"
STATES = "caches/consbio_tpk/states_filled.tpk"
RENAMED = "caches/consbio_tpk/alt_root_name.tpk"
NONSTANDARD = "caches/consbio_tpk/nonstandard_zoom_levels.tpk"
EXPLODED = "caches/esri_sample_exploded"

TILES = {
    SAMPLE_V2: {0: 1, 1: 4, 2: 16},
    USA: {0: 1, 1: 1, 2: 4, 3: 9, 4: 30, 5: 99},
    STATES: {0: 1, 1: 1, 2: 2, 3: 4, 4: 16},
    RENAMED: {0: 1, 1: 1},
    NONSTANDARD: {0: 2, 1: 4, 2: 16},
    EXPLODED: {0: 1, 1: 4, 2: 16},
}
# The first four bytes of these two tiles are missing in Esri's own Usa.tpkx.
DAMAGED = {USA: {(0, 0, 0), (1, 0, 0)}}


def files_below(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.rglob("*")
        if file.is_file()
    }


def tiles_in(cache: Cache) -> dict[int, int]:
    return {level: tiles for level, (tiles, _) in cache.counts().items()}
