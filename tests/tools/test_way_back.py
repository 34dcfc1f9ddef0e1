"""The way back: what is saved of a tiling scheme before its cache goes, beside the original files of real caches."""

from __future__ import annotations

import ast
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rasterio
from rasterio.windows import Window
from support.bench import PATIENCE
from support.clocks import FastClock, StillClock
from support.job_site import SERVICE, JobSite
from support.rehearsal_client import Start
from support.schema import misfits
from support.schemes import keys_of, service, tile_info
from support.story import delete, service_url

from cachetools_core.messages import QUIET
from cachetools_core.proof.receipt import Receipt
from cachetools_core.proof.scheme import TilingScheme
from cachetools_core.proof.scheme_shown import scheme_of
from cachetools_core.proof.verdict import Verdict
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.secrecy import Secrets
from cachetools_core.tools.record import Record

CANARY = "canary-8c1f-Xq"
CACHES = {
    "Streets": "caches/esri_sample_v2",
    "Loose": "caches/esri_sample_exploded",
    "States": "caches/consbio_tpk/states_filled.tpk",
    "Renamed": "caches/consbio_tpk/alt_root_name.tpk",
    "Odd": "caches/consbio_tpk/nonstandard_zoom_levels.tpk",
    "Usa": "caches/esri_usa_tpkx/Usa.tpkx",
}


@pytest.fixture(scope="module")
def published(shared: Path, rainfall: Path) -> Iterator[Rehearsal]:
    """Each cache as a map service, and one as an image service; each is deleted by one test only."""
    caches = {name: shared / path for name, path in CACHES.items()}
    with Rehearsal(rainfall=rainfall, caches={**caches, "F/Relief:ImageServer": shared / CACHES["Loose"]}) as server:
        yield server


def original_of(server: Rehearsal, name: str, target: Path) -> Path:
    """A copy of the cache as it was before the deletion."""
    folder = server.cache(name).folder
    shutil.copytree(folder, target)
    return target


def saved_by(receipt: Receipt) -> tuple[Path, ...]:
    assert receipt.way_back is not None, receipt.warnings
    return tuple(map(Path, receipt.way_back.files))


def assert_same(saved: str | bytes, original: bytes, unknown: tuple[str, ...]) -> None:
    """Each key of the original is in what was saved and equal, numbers as numbers, or is listed as not shown."""
    ours, theirs = keys_of(saved), keys_of(original)
    listed = {key for key in theirs if key[0].rpartition("/")[2] in unknown}
    assert {key: ours.get(key) for key in theirs if key not in listed} == {
        key: value for key, value in theirs.items() if key not in listed
    }
    assert len(theirs) > len(listed)


@pytest.mark.parametrize("name", [*CACHES, "Rainfall", "F/Relief"])
def test_the_scheme_of_a_real_cache_is_rebuilt_key_by_key(
    name: str, published: Rehearsal, shared: Path, tmp_path: Path
) -> None:
    kind = "ImageServer" if name == "F/Relief" else "MapServer"
    before = original_of(published, f"{name}:{kind}" if kind == "ImageServer" else name, tmp_path / "before")
    receipt = delete(published, service_url(published, name, kind), receipts=tmp_path / "receipts")
    assert receipt.verdict is Verdict.DELETED
    conf, cdi = saved_by(receipt)
    (page,) = (tmp_path / "receipts").glob("*.html")
    assert (conf.name, cdi.name) == (f"{page.stem}.conf.xml", f"{page.stem}.conf.cdi")
    unknown = receipt.way_back.not_on_the_wire
    assert_same(conf.read_bytes(), (before / "conf.xml").read_bytes(), unknown)
    assert_same(cdi.read_bytes(), (before / "conf.cdi").read_bytes(), unknown)
    packed = shared / CACHES.get(name, "")
    if packed.suffix == ".tpk":  # as ArcGIS itself wrote it
        with zipfile.ZipFile(packed) as package:
            (path,) = (one for one in package.namelist() if one.endswith("/conf.xml"))
            assert_same(conf.read_bytes(), package.read(path), unknown)
    assert {"StorageFormat", "CompressionQuality"} & set(unknown) == set()


def test_gdal_opens_what_was_saved_and_finds_each_tile_where_it_was(server: Rehearsal, tmp_path: Path) -> None:
    before = original_of(server, "Rainfall", tmp_path / "before")
    receipt = delete(server, receipts=tmp_path / "receipts")
    conf, cdi = saved_by(receipt)
    again = tmp_path / "again"
    shutil.copytree(before, again, ignore=shutil.ignore_patterns("conf.*"))
    shutil.copyfile(conf, again / "conf.xml")
    shutil.copyfile(cdi, again / "conf.cdi")
    seen = []
    for folder in (before, again):
        with rasterio.open(folder / "conf.xml", driver="ESRIC", sharing=False) as raster:
            seen.append((raster.transform, raster.bounds, raster.crs.to_epsg(), middle_of(raster)))
    assert seen[0] == seen[1]
    assert any(seen[0][3])


def test_root_json_is_saved_where_caches_may_be_ready_to_serve(rehearsal: Start, tmp_path: Path) -> None:
    server = rehearsal(version="11.5")
    before = original_of(server, "Rainfall", tmp_path / "before")
    receipt = delete(server, receipts=tmp_path)
    conf, _, root = saved_by(receipt)
    assert root.name == conf.name.replace(".conf.xml", ".root.json")
    again = tmp_path / "again"
    shutil.copytree(before / "_alllayers", again / "tile")
    shutil.copyfile(root, again / "root.json")
    seen = []
    for file in (before / "conf.xml", again / "root.json"):
        # A package's extent would crop the raster.
        with rasterio.open(file, driver="ESRIC", sharing=False, EXTENT_SOURCE="TILING_SCHEME") as raster:
            seen.append((raster.bounds, raster.crs.to_epsg(), middle_of(raster)))
    assert seen[0] == seen[1]
    assert any(seen[0][2])


def middle_of(raster: Any) -> bytes:
    """Some pixels of Rainfall, which lies north of the scheme's middle."""
    return bytes(raster.read(window=Window(raster.width // 2 - 256, raster.height // 3, 512, 512)).tobytes())


def test_the_call_names_the_directory_that_the_administrator_names(place, tmp_path: Path) -> None:
    receipt = delete(place.server, receipts=tmp_path)
    call = {
        one.arg: ast.literal_eval(one.value)
        for node in ast.walk(ast.parse(receipt.way_back.call))
        if isinstance(node, ast.Call)
        for one in node.keywords
    }
    assert call["service_cache_directory"] == str(place.server.cache_directory)
    assert call["input_service"] == receipt.service
    assert Path(call["predefined_tiling_scheme"]).is_file()
    assert (call["num_of_scales"], call["cache_tile_format"], call["storage_format"]) == (9, "PNG8", "COMPACT")


def test_the_scheme_is_on_disk_before_the_submit(place, tmp_path: Path) -> None:
    there: list[list[str]] = []

    def note(request: Any) -> None:
        if request.step == "submit":
            there.append(sorted(file.name.partition(".")[2] for file in tmp_path.iterdir()))

    place.server.before_request = note
    assert delete(place.server, receipts=tmp_path).verdict is Verdict.DELETED
    assert there == [["conf.cdi", "conf.xml"]]


def test_a_rerun_names_the_scheme_that_the_first_run_saved(place, tmp_path: Path) -> None:
    story: dict[str, Any] = {"receipts": tmp_path / "receipts", "journal_folder": tmp_path / "journal"}
    place.server.let_jobs_take(60.0)
    submits = place.server.submits
    first = delete(place.server, clock=FastClock(60), deadline=90.0, **story)
    assert first.verdict is Verdict.STILL_RUNNING
    place.server.let_jobs_take(0.0)
    again = delete(place.server, clock=FastClock(60), patience=PATIENCE, deadline=240.0, **story)
    assert (again.verdict, place.server.submits - submits) == (Verdict.DELETED, 1), again.error
    assert again.way_back == first.way_back
    assert misfits(json.loads(again.to_json())) == []
    assert saved_by(again) and all(file.is_file() for file in saved_by(again))


def test_a_folder_that_cannot_be_written_costs_a_warning(place, tmp_path: Path) -> None:
    blocked = tmp_path / "receipts"
    blocked.write_text("no folder")
    receipt = delete(place.server, receipts=blocked)
    assert (receipt.verdict, receipt.way_back) == (Verdict.DELETED, None)
    assert [words for words in receipt.warnings if words.startswith("The tiling scheme couldn't be saved: ")]


def test_nothing_is_saved_where_nothing_is_deleted(place, tmp_path: Path) -> None:
    delete(place.server, receipts=tmp_path / "first")
    receipt = delete(place.server, receipts=tmp_path / "second")
    assert (receipt.verdict, receipt.way_back) == (Verdict.NOTHING_TO_DELETE, None)
    assert sorted(file.suffix for file in (tmp_path / "second").iterdir()) == [".html", ".json"]


# Odd and hostile services


HOSTILE = "\"'</CacheInfo>]]><script>alert(1)</script>\n'); import os #"
ODD: dict[str, Any] = {
    "no tileInfo": {"tileInfo": None},
    "no lods": {"tileInfo": tile_info(lods=None)},
    "a text for lods": {"tileInfo": tile_info(lods="many")},
    "NaN": {"tileInfo": tile_info(dpi=float("nan"))},
    "Infinity": {"tileInfo": tile_info(origin={"x": float("-inf"), "y": 0})},
    "10,000 lods": {
        "tileInfo": tile_info(lods=[{"level": n, "resolution": 1.5, "scale": 5669.0} for n in range(10_000)])
    },
    "a hostile format": {"tileInfo": tile_info(format=HOSTILE)},
    "a hostile system": {"tileInfo": tile_info(spatialReference={"wkt": HOSTILE})},
}
STILL_SAVED: dict[str, Any] = {
    "numbers as texts": {"tileInfo": tile_info(dpi="96", rows="256")},
    "a hostile name": {"mapName": HOSTILE, "currentVersion": 12, "capabilities": "Tilemap"},
    "a hostile storage format": {"storageInfo": {"storageFormat": HOSTILE}},
    "NaN in the extent": {"fullExtent": {"xmin": float("nan"), "ymin": 0, "xmax": 1, "ymax": 1}},
    "a system that is written by its text": {
        "tileInfo": tile_info(spatialReference={"wkt": 'PROJCS["</WKT>\'&"]', "wkid": 1})
    },
    "1,000 lods": {"tileInfo": tile_info(lods=[{"level": n, "resolution": 1.5, "scale": 5669.0} for n in range(1000)])},
}


def run(site: JobSite, more: dict[str, Any], folder: Path) -> Receipt:
    show(site, service(**more))
    return site.delete(receipts=folder)


def show(site: JobSite, body: dict[str, Any]) -> None:
    """The service shows this until its cache is deleted."""
    site.bodies[SERVICE] = body

    def finish() -> None:
        site.finish(site.jobs[0])
        site.bodies[SERVICE] = service(singleFusedMapCache=False)

    site.at(5, finish)


@pytest.mark.parametrize("name", ODD)
def test_a_scheme_that_cannot_be_read_costs_a_warning(name: str, site: JobSite, tmp_path: Path) -> None:
    receipt = run(site, ODD[name], tmp_path)
    assert (receipt.verdict, receipt.way_back) == (Verdict.DELETED, None)
    (warning,) = (words for words in receipt.warnings if "tiling scheme" in words)
    assert warning.startswith("The tiling scheme couldn't be saved: the service doesn't show ")
    assert sorted(file.suffix for file in tmp_path.iterdir()) == [".html", ".json"]


@pytest.mark.parametrize("name", STILL_SAVED)
def test_what_can_be_read_is_saved_whatever_stands_beside_it(name: str, site: JobSite, tmp_path: Path) -> None:
    receipt = run(site, STILL_SAVED[name], tmp_path)
    assert receipt.verdict is Verdict.DELETED
    for file in saved_by(receipt):
        json.loads(file.read_text()) if file.suffix == ".json" else keys_of(file.read_bytes())
    ast.parse(receipt.way_back.call)
    assert "<script>" not in receipt.to_html()


def test_an_administrator_api_that_is_not_there_leaves_a_place_to_fill_in(site: JobSite, tmp_path: Path) -> None:
    receipt = run(site, {}, tmp_path)
    assert "service_cache_directory='<a cache directory" in receipt.way_back.call


def test_no_secret_stands_in_what_is_saved(tmp_path: Path) -> None:
    told = scheme_of(service(tileInfo=tile_info(spatialReference={"wkt": f'PROJCS["{CANARY}"]'})))
    assert isinstance(told, TilingScheme)
    record = Record("https://gis.example.com/x", QUIET, Secrets([CANARY]), StillClock())
    record.keep_way_back(tmp_path, told, rf"C:\caches\{CANARY}")
    receipt = record.receipt()
    assert [file.name for file in tmp_path.iterdir() if CANARY in file.read_text()] == []
    assert CANARY not in receipt.to_json()
    assert keys_of(saved_by(receipt)[0].read_bytes())["/TileCacheInfo/SpatialReference/WKT", 1] == 'PROJCS["***"]'
