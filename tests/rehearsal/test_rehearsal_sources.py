"""What a cache of the rehearsal server is made from: packages and folders, and what is refused of them."""

from __future__ import annotations

import json
import re
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
from support.real_caches import (
    EXPLODED,
    SAMPLE_V2,
    STATES,
    TILES,
    USA,
    files_below,
    tiles_in,
)

from cachetools_core.rehearsal.caches import CacheError, publish
from cachetools_core.rehearsal.tile_packages import package_scheme


def package(file: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w") as written:
        for name, content in members.items():
            written.writestr(name, content)
    return file


def members_of(file: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(file) as read:
        return {name: read.read(name) for name in read.namelist() if not name.endswith("/")}


def assert_refused(source: Path, root: Path, words: str) -> None:
    outside = files_below(root.parent)
    with pytest.raises(CacheError, match=words) as refusal:
        publish(source, root, "Refused")
    assert source.name in str(refusal.value) or words.startswith("(?s)")
    assert list(root.iterdir()) == []
    assert files_below(root.parent) == outside


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "arcgiscache"
    folder.mkdir()
    return folder


HOSTILE = ["../../evil.bundle", "/evil", "tile/../../evil", "C:/evil", "tile\\..\\evil", "tile//evil", "./evil"]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("source", [USA, STATES])
def test_a_package_that_reaches_outside_is_refused_whole(
    name: str, source: str, shared: Path, tmp_path: Path, root: Path
) -> None:
    hostile = package(tmp_path / Path(source).name, {**members_of(shared / source), name: b"evil"})
    assert_refused(hostile, root, "outside the cache directory")


def test_a_tile_path_that_reaches_outside_unpacks_nothing_there(shared: Path, tmp_path: Path, root: Path) -> None:
    members = members_of(shared / USA)
    description = json.loads(members["root.json"])
    description["tileBundlesPath"] = "../../.."
    members["root.json"] = json.dumps(description).encode()
    assert_refused(package(tmp_path / "Usa.tpkx", members), root, "_alllayers")


@pytest.mark.parametrize("source", [USA, STATES])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.999])
def test_a_truncated_package_is_refused(source: str, share: float, shared: Path, tmp_path: Path, root: Path) -> None:
    whole = (shared / source).read_bytes()
    cut = tmp_path / Path(source).name
    cut.write_bytes(whole[: int(len(whole) * share)])
    assert_refused(cut, root, "cannot be unpacked .*copy it again")


def test_a_package_with_a_flipped_byte_is_refused(shared: Path, tmp_path: Path, root: Path) -> None:
    damaged = bytearray((shared / STATES).read_bytes())
    with zipfile.ZipFile(shared / STATES) as read:
        member = max(read.infolist(), key=lambda info: info.compress_size)
    damaged[member.header_offset + member.compress_size // 2] ^= 0xFF
    file = tmp_path / "states.tpk"
    file.write_bytes(damaged)
    assert_refused(file, root, "cannot be unpacked .*copy it again")


@pytest.mark.parametrize(
    "description",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b'{"tileInfo": 1}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
)
def test_a_package_without_a_sound_description_is_refused(
    description: bytes, shared: Path, tmp_path: Path, root: Path
) -> None:
    members = {**members_of(shared / USA), "root.json": description}
    assert_refused(package(tmp_path / "Usa.tpkx", members), root, "root.json in .*(package again|is not JSON)")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("tileInfo", "rows"), 0),
        (("tileInfo", "lods", 2, "resolution"), float("nan")),
        (("tileInfo", "lods", 2, "resolution"), -1),
        (("tileInfo", "origin", "x"), float("inf")),
        (("fullExtent", "xmax"), None),
        (("fullExtent", "xmax"), 10**400),
        (("maxLOD",), "five"),
        (("spatialReference",), 3857),
    ],
)
def test_a_package_with_an_impossible_scheme_is_refused(
    path: tuple[str, ...], value: object, shared: Path, tmp_path: Path, root: Path
) -> None:
    members = members_of(shared / USA)
    description = place = json.loads(members["root.json"])
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    members["root.json"] = json.dumps(description).encode()
    assert_refused(package(tmp_path / "Usa.tpkx", members), root, "not the description of a tile package")


def test_packages_and_folders_that_are_no_caches_are_refused(tmp_path: Path, root: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no cache")
    assert_refused(tmp_path / "empty", root, r"holds no conf\.xml.*Give the folder")
    assert_refused(tmp_path / "notes.txt", root, r"is no cache\. Give a folder")
    assert_refused(tmp_path / "missing.tpkx", root, r"is no cache\. Give a folder")
    assert_refused(package(tmp_path / "other.tpk", {"readme": b""}), root, "so it is no tile package")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<TileRows>256</TileRows>", "", "TileCacheInfo: no TileRows"),
        ("<TileRows>256</TileRows>", "<TileRows>many</TileRows>", "TileRows is not a number"),
        ("<TileRows>256</TileRows>", "<TileRows>nan</TileRows>", "TileRows is not a number"),
        ("<TileRows>256</TileRows>", "<TileRows>0.5</TileRows>", "TileRows is less than 1"),
        ("<Scale>591657527.591555</Scale>", "<Scale>0</Scale>", "Scale is not greater than 0"),
        ("<Scale>591657527.591555</Scale>", "", "LODInfo: no Scale"),
        ("CacheInfo>", "Cache>", "is not XML|holds Cache"),
        ("</CacheInfo>", "", "is not XML"),
        ("ModeCompactV2", "ModeQuantum", "stored as esriMapCacheStorageModeQuantum"),
        ("<CacheInfo", "<!DOCTYPE CacheInfo [<!ENTITY a 'aaaa'>]><CacheInfo", "declares a document type"),
    ],
)
def test_a_damaged_conf_xml_is_explained(
    old: str, new: str, words: str, shared: Path, tmp_path: Path, root: Path
) -> None:
    source = tmp_path / "Layers"
    shutil.copytree(shared / SAMPLE_V2 / "Layers", source)
    conf = (source / "conf.xml").read_text()
    assert old in conf
    (source / "conf.xml").write_text(conf.replace(old, new))
    assert_refused(source, root, words)


def test_a_cache_without_an_extent_reaches_as_far_as_its_tiles(shared: Path, tmp_path: Path, root: Path) -> None:
    """As those of 9.2 and 9.3, which wrote neither conf.cdi nor how the tiles are stored."""
    source = tmp_path / "Layers"
    shutil.copytree(shared / EXPLODED / "Layers", source)
    (source / "conf.cdi").unlink()
    conf = (source / "conf.xml").read_text()
    (source / "conf.xml").write_text(re.sub("<CacheStorageInfo.*</CacheStorageInfo>", "", conf))
    cache = publish(source, root, "Old")
    world = 20037508.342787
    reach = cache.scheme.full_extent
    assert (reach.xmin, reach.ymax) == (-world, world)
    assert reach.xmax == pytest.approx(world) and reach.ymin == pytest.approx(-world)
    assert [cache.scheme.expected_tiles(level) for level in cache.counts()] == [1, 4, 16]


def test_a_cache_without_fused_layers_is_refused(shared: Path, tmp_path: Path, root: Path) -> None:
    source = tmp_path / "Layers"
    shutil.copytree(shared / SAMPLE_V2 / "Layers", source)
    (source / "_alllayers").rename(source / "Roads")
    assert_refused(source, root, "has no _alllayers folder")


def test_a_service_folder_is_never_overwritten(shared: Path, root: Path) -> None:
    first = publish(shared / SAMPLE_V2, root, "Streets")
    with pytest.raises(CacheError, match="Streets is there already"):
        publish(shared / EXPLODED, root, "Streets")
    assert tiles_in(first) == TILES[SAMPLE_V2]
    assert [child.name for child in root.iterdir()] == ["Streets"]


def test_conf_xml_is_found_in_either_spelling_and_without_storage_information(shared: Path, tmp_path: Path) -> None:
    source = tmp_path / "Layers"
    shutil.copytree(shared / EXPLODED / "Layers", source)
    conf = (source / "conf.xml").read_text()
    start, end = conf.index("<CacheStorageInfo"), conf.index("</CacheInfo>")
    (source / "conf.xml").unlink()
    (source / "Conf.xml").write_text(conf[:start] + conf[end:])
    cache = publish(source, tmp_path / "arcgiscache", "Old")
    assert cache.scheme.storage_format == "esriMapCacheStorageModeExploded"
    assert tiles_in(cache) == TILES[EXPLODED]


def test_a_level_without_a_scale_gets_it_from_its_resolution(shared: Path, tmp_path: Path, root: Path) -> None:
    """It is optional in the specification of packages."""
    members = members_of(shared / USA)
    description = json.loads(members["root.json"])
    scales = {lod["level"]: lod.pop("scale") for lod in description["tileInfo"]["lods"]}
    members["root.json"] = json.dumps(description).encode()
    cache = publish(package(tmp_path / "Usa.tpkx", members), root, "Usa")
    for lod in cache.scheme.lods:
        assert lod.scale == pytest.approx(scales[lod.level], rel=1e-6)


@pytest.mark.parametrize(
    ("reference", "resolution", "scale"),
    [
        ({"wkid": 4326}, 0.703125, 295829355.45),
        ({"wkt": 'GEOGCS["GCS_North_American_1983",UNIT["Degree",0.0174532925199433]]'}, 0.703125, 295829355.45),
        ({"wkid": 28992}, 1.0, 3779.52),
        ({"wkt": 'PROJCS["X",GEOGCS["Y",UNIT["Degree",0.0174532925199433]],UNIT["Foot_US",0.3048006]]'}, 1.0, 1152.0),
    ],
)
def test_a_scale_counts_in_the_units_of_the_map(
    reference: dict[str, Any], resolution: float, scale: float, shared: Path
) -> None:
    description = json.loads(members_of(shared / USA)["root.json"])
    description.update({"spatialReference": reference, "maxLOD": 0})
    description["tileInfo"]["lods"] = [{"level": 0, "resolution": resolution}]
    assert package_scheme(description, "here").lods[0].scale == pytest.approx(scale, rel=1e-5)
