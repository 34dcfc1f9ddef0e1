"""Tiles are counted from the files of a level, beside a reader that shares no line with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cachetools_core.local.level_folder import level_of, tiles_in_file
from cachetools_core.proof.tile_range import TileRange
from cachetools_core.rehearsal.caches import Cache, publish

REAL = (
    "esri_sample_v2", "esri_sample_exploded", "esri_usa_tpkx/Usa.tpkx", "consbio_tpk/states_filled.tpk",
    "consbio_tpk/nonstandard_zoom_levels.tpk",
)  # fmt: skip
SOME = TileRange(1, 2, 0, 1)


def counted(cache: Cache, inside: TileRange | None) -> dict[int, int]:
    found: dict[int, int] = {}
    for file in cache.folder.rglob("*"):
        level = level_of(f"{cache.map_name}/{file.relative_to(cache.folder)}") if file.is_file() else None
        if level is not None:
            found[level] = found.get(level, 0) + tiles_in_file(str(file), inside)
    return {level: tiles for level, tiles in found.items() if tiles}


@pytest.mark.parametrize("name", REAL)
def test_the_tiles_of_a_real_cache_are_counted_as_they_are(name: str, shared: Path, tmp_path: Path) -> None:
    cache = publish(shared / "caches" / name, tmp_path, "F_Rain")
    assert counted(cache, None) == {level: tiles for level, (tiles, _) in cache.counts().items()}
    rows, columns = range(SOME.first_row, SOME.last_row + 1), range(SOME.first_column, SOME.last_column + 1)
    inside: dict[int, int] = {}
    for level, row, column in cache.tiles():
        if row in rows and column in columns:
            inside[level] = inside.get(level, 0) + 1
    assert counted(cache, SOME) == inside


@pytest.mark.parametrize(
    ("name", "tiles"),
    [
        ("L00/R0000C0000.bundle", 1),
        ("L00/R0080C0000.bundle", 0),
        ("L00/R0000C0000.bundlx", 0),
        ("L00/R0000C0000.bundle.lock", 0),
        ("L00/R0000C0000.done", 0),
        ("L00/R00000001/C00000001.png", 1),
        ("L00/R00000003/C00000001.png", 0),
        ("L00/what_is_this", 0),
    ],
)
def test_what_is_no_readable_bundle_counts_as_one_where_it_may_lie(name: str, tiles: int, tmp_path: Path) -> None:
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_bytes(b"x")
    assert tiles_in_file(str(file), SOME) == tiles
    anywhere = 0 if name.endswith((".lock", ".done", ".bundlx")) else 1
    assert tiles_in_file(str(file), None) == anywhere


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("Layers/_alllayers/L03/R0000C0000.bundle", 3),
        ("Layers/Roads/L12/R00000001/C00000001.png", 12),
        ("L03/_alllayers/L04/R0000C0000.bundle", 4),
        ("L03/conf.xml", None),
        ("Layers/L03", None),
        ("Status.gdb/a.gdbtable", None),
    ],
)
def test_a_file_belongs_to_the_innermost_folder_that_is_named_as_a_level(name: str, level: int | None) -> None:
    assert level_of(name) == level
