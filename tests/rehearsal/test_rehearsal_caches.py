"""The rehearsal server's caches on disk, held against Esri's own caches and against GDAL as an independent reader."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import struct
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioIOError
from rasterio.io import MemoryFile
from rasterio.windows import Window
from support.real_caches import (
    DAMAGED,
    EXPLODED,
    RENAMED,
    SAMPLE_V2,
    STATES,
    TILES,
    USA,
    files_below,
    tiles_in,
)

from cachetools_core.rehearsal.bundles import CompactV1, CompactV2
from cachetools_core.rehearsal.caches import Cache, CacheError, Extent, open_cache, publish
from cachetools_core.rehearsal.conf_files import read_scheme, write_scheme
from cachetools_core.rehearsal.rainfall import draw_rainfall

LEVEL_4 = "f0232ae03465cc27d5bcc4a974e0637096699b0cc190b8db92ad64a93c548a6c"


@pytest.fixture(scope="module")
def rainfall(rainfall: Path) -> Cache:
    """Only read."""
    return open_cache(rainfall)


def decoded(tile: bytes) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with MemoryFile(tile) as file, file.open() as image:
            bands = image.read()
            if len(bands) > 1:
                return bands
            colours = np.zeros((256, 4), np.uint8)
            for value, colour in image.colormap(1).items():
                colours[value] = colour
            return colours[bands[0]].transpose(2, 0, 1)


def decodable(cache: Cache) -> dict[tuple[int, int, int], np.ndarray]:
    found = {}
    for address in cache.tiles():
        with contextlib.suppress(RasterioIOError):
            found[address] = decoded(cache.tile(*address) or b"")
    return found


def assert_gdal_reads(cache: Cache, images: dict[tuple[int, int, int], np.ndarray]) -> None:
    finest = max(lod.level for lod in cache.scheme.lods)
    for level in {level for level, _, _ in images}:
        overview = {} if level == finest else {"OVERVIEW_LEVEL": finest - level - 1}
        # The extent of a package would move the raster's corner away from the tiles' edges; ESRIC keeps a bundle's
        # index as long as a dataset is open.
        with rasterio.open(
            cache.folder / "conf.xml", driver="ESRIC", sharing=False, EXTENT_SOURCE="TILING_SCHEME", **overview
        ) as raster:
            for (_, row, column), image in ((a, i) for a, i in images.items() if a[0] == level):
                seen = raster.read(window=Window(column * 256, row * 256, 256, 256))
                assert np.array_equal(seen[: len(image)], image), (level, row, column)
                assert (seen[len(image) :] == 255).all(), "a tile without transparency is opaque"


@pytest.mark.parametrize("source", TILES)
def test_a_published_cache_holds_the_tiles_of_its_origin_and_the_origin_is_untouched(
    source: str, shared: Path, tmp_path: Path
) -> None:
    before = files_below(shared / "caches")
    cache = publish(shared / source, tmp_path, "Published")
    assert tiles_in(cache) == TILES[source]
    assert {level: cache.scheme.expected_tiles(level) for level in TILES[source]} == TILES[source]
    assert cache.folder.parent == tmp_path / "Published"
    assert cache.map_name == ("TPK Root Name" if source == RENAMED else "Layers")
    assert set(cache.tiles()) - set(decodable(cache)) == DAMAGED.get(source, set())
    assert {level: size for level, (_, size) in cache.counts().items()} == {
        level: sum(len(cache.tile(*address) or b"") for address in cache.tiles() if address[0] == level)
        for level in TILES[source]
    }
    cache.delete()
    assert files_below(shared / "caches") == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("source", [SAMPLE_V2, USA])
def test_gdal_reads_every_tile_of_a_published_compact_v2_cache(source: str, shared: Path, tmp_path: Path) -> None:
    cache = publish(shared / source, tmp_path, "Published")
    images = decodable(cache)
    assert len(images) == sum(TILES[source].values()) - len(DAMAGED.get(source, set()))
    assert_gdal_reads(cache, images)


def test_exploded_and_compact_copies_of_the_same_tiles_agree(shared: Path, tmp_path: Path) -> None:
    compact = publish(shared / SAMPLE_V2, tmp_path, "Compact")
    exploded = publish(shared / EXPLODED, tmp_path, "Exploded")
    assert {a: compact.tile(*a) for a in compact.tiles()} == {a: exploded.tile(*a) for a in exploded.tiles()}


def test_the_scheme_of_a_package_is_kept_up_to_its_last_level(shared: Path, tmp_path: Path) -> None:
    scheme = publish(shared / USA, tmp_path, "Usa").scheme
    assert [lod.level for lod in scheme.lods] == [0, 1, 2, 3, 4, 5]
    assert (scheme.wkid, scheme.latest_wkid, scheme.tile_format, scheme.packet_size) == (102100, 3857, "PNG", 128)
    assert scheme.lods[5].resolution == 4891.96981024998
    assert scheme.full_extent.xmin == -19839092.300098713


@pytest.mark.parametrize("source", [SAMPLE_V2, USA])
def test_an_extent_that_ends_on_tile_edges_touches_no_tile_beyond_them(
    source: str, shared: Path, tmp_path: Path
) -> None:
    scheme = publish(shared / source, tmp_path, "Published").scheme
    half = 20037508.342787
    world = replace(scheme, full_extent=Extent(-half, -half, half, half))
    assert [world.expected_tiles(level) for level in range(6)] == [4**level for level in range(6)]
    quarter = replace(scheme, full_extent=Extent(0, 0, half, half))
    assert [quarter.expected_tiles(level) for level in range(1, 6)] == [4**level for level in range(5)]
    beyond = replace(scheme, full_extent=Extent(-3 * half, 0, 0, 3 * half))
    assert beyond.expected_tiles(1) == 1
    with pytest.raises(KeyError):
        world.expected_tiles(99)


def test_rainfall_is_whole_at_every_level(rainfall: Cache) -> None:
    counts = tiles_in(rainfall)
    assert counts == {level: rainfall.scheme.expected_tiles(level) for level in range(9)}
    assert sum(counts.values()) == 2735


@pytest.mark.parametrize("every", [20, pytest.param(1, marks=pytest.mark.thorough)], ids="every {}".format)
def test_gdal_reads_the_tiles_of_rainfall(rainfall: Cache, every: int) -> None:
    addresses = list(rainfall.tiles())[::every]
    images = {address: decoded(rainfall.tile(*address) or b"") for address in addresses}
    assert len(images) >= 2735 // every
    assert_gdal_reads(rainfall, images)


@pytest.mark.thorough
def test_rainfall_is_the_same_bytes_at_every_run(rainfall: Cache, tmp_path: Path) -> None:
    again = draw_rainfall(tmp_path)
    assert files_below(again.folder) == files_below(rainfall.folder)
    assert len(files_below(again.folder)) == 12
    assert sum(file.stat().st_size for file in again.folder.rglob("*.*")) < 15_000_000


def classes(cache: Cache, level: int, rows: range, columns: range) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)

        def one(row: int, column: int) -> np.ndarray:
            with MemoryFile(cache.tile(level, row, column)) as file, file.open() as image:
                return image.read(1)

        return np.block([[one(row, column) for column in columns] for row in rows])


def test_rainfall_shows_rain_that_runs_on_across_tiles_and_bundles_and_agrees_between_scales(rainfall: Cache) -> None:
    image = classes(rainfall, 8, range(72, 80), range(124, 132))
    assert {0, 1, 2, 3, 4, 5, 6, 7, 8} <= set(np.unique(image).tolist())
    steps = np.abs(np.diff(image.astype(int), axis=1))
    assert steps[:, 255::256].max() <= np.delete(steps, np.s_[255::256], axis=1).max() <= 2
    assert np.array_equal(image[::2, ::2], classes(rainfall, 7, range(36, 40), range(62, 66)))
    overview = classes(rainfall, 4, range(4, 6), range(6, 10))
    assert hashlib.sha256(overview.tobytes()).hexdigest() == LEVEL_4, "the same pixels with every NumPy and processor"
    assert 0.3 < (overview > 0).mean() < 0.7, "a rain radar shows rain, and dry land between"
    whole = classes(rainfall, 0, range(1), range(1))
    outside = np.ones_like(whole, dtype=bool)
    outside[64:96, 96:160] = False
    assert (whole[outside] == 0).all()
    assert (whole[~outside] > 0).any()


def test_deleting_a_cache_leaves_its_neighbours_byte_for_byte(shared: Path, tmp_path: Path) -> None:
    cache = publish(shared / SAMPLE_V2, tmp_path, "Streets")
    publish(shared / STATES, tmp_path, "States")
    publish(shared / EXPLODED, tmp_path, "Streets2")
    (cache.folder.parent / "Status.gdb").mkdir()
    neighbours = {name: files for name, files in files_below(tmp_path).items() if not name.startswith("Streets/")}
    cache.delete()
    assert not cache.exists()
    assert not (tmp_path / "Streets").exists()
    assert files_below(tmp_path) == neighbours
    assert cache.counts() == {}
    assert cache.tile(0, 0, 0) is None


def test_deleting_one_map_leaves_the_other_map_of_the_service(shared: Path, tmp_path: Path) -> None:
    both = tmp_path / "source"
    shutil.copytree(shared / SAMPLE_V2 / "Layers", both / "Layers")
    shutil.copytree(shared / EXPLODED / "Layers", both / "Another Map")
    root = tmp_path / "arcgiscache"
    active = publish(both, root, "Streets")
    assert active.map_name == "Layers"
    other = open_cache(root / "Streets" / "Another Map")
    (root / "Streets" / "Status.gdb").mkdir()
    before = files_below(other.folder)
    active.delete()
    assert sorted(child.name for child in (root / "Streets").iterdir()) == ["Another Map", "Status.gdb"]
    assert files_below(other.folder) == before
    other.delete()
    assert list(root.iterdir()) == []


def test_a_copy_of_a_read_only_cache_can_be_written(shared: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(shared / SAMPLE_V2 / "Layers", source)
    for path in [*source.rglob("*"), source]:
        path.chmod(0o500 if path.is_dir() else 0o400)
    cache = publish(source, tmp_path / "arcgiscache", "Streets")
    for path in [source, *source.rglob("*")]:
        path.chmod(0o700)
    assert all(path.stat().st_mode & 0o200 for path in [cache.folder, *cache.folder.rglob("*")])


@pytest.mark.parametrize("source", [SAMPLE_V2, USA, STATES, EXPLODED])
def test_deleting_tiles_one_by_one_empties_the_level_and_nothing_else(
    source: str, shared: Path, tmp_path: Path
) -> None:
    cache = publish(shared / source, tmp_path, "Published")
    kept = {address: cache.tile(*address) for address in cache.tiles() if address[0] != 2}
    left = TILES[source][2]
    for level, row, column in [address for address in cache.tiles() if address[0] == 2]:
        cache.delete_tile(level, row, column)
        assert cache.tile(level, row, column) is None
        left -= 1
        assert tiles_in(cache).get(2, 0) == left
        cache.delete_tile(level, row, column)
    assert left == 0
    assert [path for path in (cache.folder / "_alllayers" / "L02").rglob("*") if path.is_file()] == []
    assert {address: cache.tile(*address) for address in cache.tiles()} == kept


def test_gdal_sees_that_a_tile_was_deleted(shared: Path, tmp_path: Path) -> None:
    cache = publish(shared / SAMPLE_V2, tmp_path, "Published")
    images = decodable(cache)
    assert_gdal_reads(cache, images)
    assert images[2, 1, 3].any()
    cache.delete_tile(2, 1, 3)
    images[2, 1, 3] = np.zeros_like(images[2, 1, 3])
    assert_gdal_reads(cache, images)


def test_a_level_can_go_alone(shared: Path, tmp_path: Path) -> None:
    cache = publish(shared / STATES, tmp_path, "Published")
    cache.delete_level(4)
    assert tiles_in(cache) == {0: 1, 1: 1, 2: 2, 3: 4}


@pytest.mark.parametrize("source", [SAMPLE_V2, STATES, EXPLODED])
def test_the_tilemap_says_which_tiles_are_there(source: str, shared: Path, tmp_path: Path) -> None:
    cache = publish(shared / source, tmp_path, "Published")
    held = set(cache.tiles())
    level, row, column = min(address for address in held if address[0] == 2)
    cache.delete_tile(level, row, column)
    tilemap = cache.tilemap(2, row, column, 5, 3)
    assert tilemap == [
        int(cache.tile(2, row + down, column + right) is not None) for down in range(3) for right in range(5)
    ]
    assert tilemap[0] == 0
    assert 1 in tilemap


def test_lock_and_done_files_are_no_tiles(shared: Path, tmp_path: Path) -> None:
    for source in (SAMPLE_V2, EXPLODED):
        cache = publish(shared / source, tmp_path, source.rsplit("/", 1)[1])
        level = cache.folder / "_alllayers" / "L00"
        for folder in (level, level / "R00000000"):
            folder.mkdir(exist_ok=True)
            (folder / "R0000C0000.bundle.lock").write_bytes(b"")
            (folder / "C00000000.done").write_bytes(b"")
        assert tiles_in(cache) == TILES[source]


def test_what_is_deleted_while_it_is_counted_holds_no_tiles(shared: Path, tmp_path: Path) -> None:
    cache = publish(shared / STATES, tmp_path, "Published")
    tiles = cache.tiles()
    assert next(tiles)[0] == 0
    cache.delete()
    assert list(tiles) == []


def test_a_bundle_is_written_as_the_specification_says(tmp_path: Path) -> None:
    bundle = tmp_path / "R0080C0100.bundle"
    CompactV2.write(bundle, {(128, 256): b"first", (255, 383): b"the last"})
    written = bundle.read_bytes()
    assert struct.unpack("<4I3Q6I", written[:64]) == (
        3, 16384, 8, 5, 0, 131157, 40, 131092, 3, 16, 16384, 5, 131072
    )  # fmt: skip
    index = struct.unpack("<16384Q", written[64:131136])
    assert index[0] == 5 << 40 | 131140
    assert index[16383] == 8 << 40 | 131149
    assert set(index[1:16383]) == {4}
    assert written[131136:] == struct.pack("<I", 5) + b"first" + struct.pack("<I", 8) + b"the last"
    assert CompactV2().tile(tmp_path, 255, 383) == b"the last"
    assert list(CompactV2().tiles(tmp_path)) == [(128, 256, 5), (255, 383, 8)]
    CompactV2().delete_tile(tmp_path, 128, 256)
    assert bundle.read_bytes()[64:72] == struct.pack("<Q", 4)
    assert len(bundle.read_bytes()) == len(written), "the bytes of a deleted tile stay as slack"


def test_a_v1_bundle_states_how_many_tiles_are_left(shared: Path, tmp_path: Path) -> None:
    cache = publish(shared / STATES, tmp_path, "Published")
    level = cache.folder / "_alllayers" / "L04"
    (row, column, _) = next(CompactV1().tiles(level))
    cache.delete_tile(4, row, column)
    head = next(level.glob("*.bundle")).read_bytes()[:24]
    assert struct.unpack("<Q", head[16:24]) == (4 * 15,)


@pytest.mark.parametrize("cut", [100, 70_000, 131_200])
def test_a_truncated_bundle_is_named(cut: int, shared: Path, tmp_path: Path) -> None:
    cache = publish(shared / SAMPLE_V2, tmp_path, "Published")
    bundle = cache.folder / "_alllayers" / "L00" / "R0000C0000.bundle"
    os.truncate(bundle, cut)
    with pytest.raises(CacheError, match=r"R0000C0000\.bundle ends before byte \d+.*damaged"):
        [cache.tile(*address) for address in cache.tiles()]
        cache.counts()


@pytest.mark.parametrize("source", [USA, STATES, EXPLODED])
def test_a_scheme_is_written_as_it_is_read(source: str, shared: Path, tmp_path: Path) -> None:
    scheme = publish(shared / source, tmp_path, "Published").scheme
    write_scheme(tmp_path, scheme)
    assert read_scheme(tmp_path) == scheme
