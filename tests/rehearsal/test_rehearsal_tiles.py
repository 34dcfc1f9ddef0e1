"""Manage Map Cache Tiles on the rehearsal server deletes tiles of real bundles, and nothing beside them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rasterio
from support.rehearsal_client import NORTH_WEST, SOURCES, Client, Start, files_but, tiles_of, wait_for

from cachetools_core.rehearsal.server import Rehearsal

MANAGE = "/rest/services/System/CachingControllers/GPServer/Manage Map Cache Tiles"
SIDES = ("xmin", "ymin", "xmax", "ymax")
FORMS = {
    "JSON": json.dumps(dict(zip(SIDES, NORTH_WEST))),
    "semicolons": ";".join(map(str, NORTH_WEST)),
}


def manage(server: Rehearsal, name: str, numbers: list[int], **fields: Any) -> Any:
    """The body of a job that deletes tiles of these levels, once it has ended."""
    scales = {lod.level: lod.scale for lod in server.cache(name).scheme.lods}
    asked = {
        "service_url": f"{name}:MapServer", "levels": ";".join(str(scales[level]) for level in numbers),
        "thread_count": "-1", "update_mode": "DELETE_TILES", **fields,
    }  # fmt: skip
    client = Client(server)
    answer = client.post(f"{MANAGE}/submitJob", **asked)
    return client.ended(f"{MANAGE}/jobs/{answer['jobId']}")


@pytest.mark.parametrize("name", SOURCES)
def test_one_scale_goes_and_every_other_file_stays_byte_for_byte(rehearsal: Start, shared: Path, name: str) -> None:
    server = rehearsal(caches={name: shared / SOURCES[name]})
    cache = server.cache(name)
    others, counts = files_but(cache, 2), cache.counts()
    scheme = Client(server).service(f"{name}/MapServer")["tileInfo"]
    assert manage(server, name, [2])["jobStatus"] == "esriJobSucceeded"
    assert files_but(cache, 2) == others
    assert cache.counts() == {level: count for level, count in counts.items() if level != 2}
    assert (cache.folder / "_alllayers" / "L02").is_dir(), "the folders stay"
    service = Client(server).get(f"/rest/services/{name}/MapServer")
    assert (service["singleFusedMapCache"], service["tileInfo"]) == (True, scheme)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["Streets", "States", "Loose"])
def test_an_extent_takes_the_tiles_that_it_touches(rehearsal: Start, shared: Path, name: str, form: str) -> None:
    server = rehearsal(caches={name: shared / SOURCES[name]})
    cache = server.cache(name)
    before, others = tiles_of(cache), files_but(cache, 2)
    rows, columns = range(2), range(2)  # the north-western quarter of 4 x 4 tiles
    assert manage(server, name, [2], constraining_extent=FORMS[form])["jobStatus"] == "esriJobSucceeded"
    gone = {place for place in before if place[0] == 2 and place[1] in rows and place[2] in columns}
    assert gone and tiles_of(cache) == {place: tile for place, tile in before.items() if place not in gone}
    assert files_but(cache, 2) == others


def test_default_is_the_whole_extent(server: Rehearsal) -> None:
    assert manage(server, "Rainfall", [3], constraining_extent="DEFAULT")["jobStatus"] == "esriJobSucceeded"
    assert 3 not in server.cache("Rainfall").counts()


def test_gdal_still_opens_the_cache(rehearsal: Start, shared: Path) -> None:
    server = rehearsal(caches={"Streets": shared / SOURCES["Streets"]})
    manage(server, "Streets", [2], constraining_extent=FORMS["JSON"])
    conf = server.cache("Streets").folder / "conf.xml"
    options = {"driver": "ESRIC", "sharing": False, "EXTENT_SOURCE": "TILING_SCHEME"}
    finest = max(lod.level for lod in server.cache("Streets").scheme.lods)
    with rasterio.open(conf, OVERVIEW_LEVEL=finest - 3, **options) as raster:
        seen = raster.read(1)
        assert not seen[:512, :512].any() and seen[512:, :].any()


@pytest.mark.parametrize(
    ("levels", "extent"),
    [("12345", ""), ("all", ""), ("", "no extent"), ("", "1;2;3"), ("", '{"xmin": 1}'), ("", "5;5;1;1")],
)
def test_an_unknown_scale_or_extent_fails_the_job_and_deletes_nothing(
    server: Rehearsal, levels: str, extent: str
) -> None:
    before = server.cache("Rainfall").counts()
    asked = {"levels": levels} if levels else {}
    body = manage(server, "Rainfall", [3], constraining_extent=extent, **asked)
    assert body["jobStatus"] == "esriJobFailed" and "ERROR" in body["messages"][-2]["description"]
    assert server.cache("Rainfall").counts() == before


def test_the_service_is_not_restarted(server: Rehearsal) -> None:
    client = Client(server)
    life = "/admin/services/Rainfall.MapServer/lifecycleinfos"
    events = client.get(life)
    manage(server, "Rainfall", [1, 2])
    assert client.get(life) == events
    assert client.get("/rest/services/Rainfall/MapServer")["singleFusedMapCache"] is True


@pytest.mark.parametrize(
    ("fault", "left", "status"),
    [
        ("job-says-succeeded-cache-stays", 8, "esriJobSucceeded"),
        ("job-succeeded-half-deleted", 4, "esriJobSucceeded"),
        ("job-failed", 8, "esriJobFailed"),
    ],
)
def test_jobs_lie_about_tiles_too(server: Rehearsal, fault: str, left: int, status: str) -> None:
    held = server.cache("Rainfall").counts()[4][0]
    assert held == 8
    server.fault(fault)
    assert manage(server, "Rainfall", [4])["jobStatus"] == status
    assert server.cache("Rainfall").counts()[4][0] == left


def test_a_cache_that_is_gone_has_no_tiles_to_manage(server: Rehearsal) -> None:
    client = Client(server)
    client.delete()
    wait_for(client.service, bool)
    assert manage(server, "Rainfall", [4])["jobStatus"] == "esriJobFailed"
