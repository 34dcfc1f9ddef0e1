"""A deletion on the rehearsal server is a deletion on disk, and what it says of it is true."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import rasterio
from rasterio.errors import RasterioIOError
from support.rehearsal_client import SOURCES, TILES, Client, Start, error_of, fingerprint, tiles_in

from cachetools_core.rehearsal.server import Rehearsal


@pytest.mark.parametrize("name", SOURCES)
def test_a_deletion_removes_one_folder_and_leaves_the_neighbours_alone(
    rehearsal: Start, shared: Path, name: str
) -> None:
    sources = {one: shared / path for one, path in SOURCES.items()}
    before = {one: fingerprint(path) for one, path in sources.items()}
    server = rehearsal(caches=sources)
    client = Client(server)
    assert {one: tiles_in(server, one) for one in SOURCES} == TILES
    body = client.delete(f"{name}:MapServer")
    assert body["jobStatus"] == "esriJobSucceeded"
    assert not (server.cache_directory / name).exists()
    assert {one: tiles_in(server, one) for one in SOURCES} == {**TILES, name: 0}
    assert tiles_in(server, "Rainfall") == server.services[0]["tiles"]
    assert {one: fingerprint(path) for one, path in sources.items()} == before
    service = client.service(f"{name}/MapServer")
    assert (service["singleFusedMapCache"], "tileInfo" in service) == (False, False)
    assert client.report(f"{name}:MapServer")["status"] == "NONE"


def test_of_two_maps_in_a_cache_directory_only_the_active_one_goes(server: Rehearsal) -> None:
    cache = server.cache("Rainfall")
    other = cache.folder.parent / "Second map"
    shutil.copytree(cache.folder, other)
    before = fingerprint(other)
    assert Client(server).delete()["jobStatus"] == "esriJobSucceeded"
    assert not cache.folder.exists()
    assert fingerprint(other) == before


def test_an_image_service_in_a_folder(rehearsal: Start, shared: Path) -> None:
    server = rehearsal(caches={"Relief/Loose:ImageServer": shared / SOURCES["Loose"]})
    client = Client(server)
    before = client.get("/rest/services/Relief/Loose/ImageServer")
    assert (before["singleFusedMapCache"], before["cacheType"]) == (True, "Map")
    assert before["storageInfo"] == {"storageFormat": "esriMapCacheStorageModeExploded", "packetSize": 0}
    assert client.get("/rest/services/Relief")["services"] == [{"name": "Relief/Loose", "type": "ImageServer"}]
    assert (server.cache_directory / "Relief_Loose").is_dir()
    assert error_of(client.get("/rest/services/Relief/Loose/MapServer"))[0] == 404
    assert client.raw("/rest/services/Relief/Loose/ImageServer/tile/0/0/0").headers["Content-Type"] == "image/jpeg"
    assert client.delete("Relief/Loose:ImageServer")["jobStatus"] == "esriJobSucceeded"
    assert not (server.cache_directory / "Relief_Loose").exists()
    assert client.service("Relief/Loose/ImageServer")["singleFusedMapCache"] is False


def test_the_service_goes_away_and_comes_back(server: Rehearsal) -> None:
    client = Client(server)
    events = client.get("/admin/services/Rainfall.MapServer/lifecycleinfos")["lifecycleinfos"]
    client.delete()
    client.service()
    later = client.get("/admin/services/Rainfall.MapServer/lifecycleinfos")["lifecycleinfos"]
    assert [one["type"] for one in later[len(events) :]] == ["stopped", "started"]
    properties = client.get("/admin/services/Rainfall.MapServer")["properties"]
    assert properties["isCached"] == "false"


def test_a_service_sees_only_at_its_start_that_its_cache_has_gone(server: Rehearsal) -> None:
    client = Client(server)
    shutil.rmtree(server.cache("Rainfall").folder)
    assert client.get("/rest/services/Rainfall/MapServer")["singleFusedMapCache"] is True
    server.stop_service("Rainfall")
    server.start_service("Rainfall")
    assert client.get("/rest/services/Rainfall/MapServer")["singleFusedMapCache"] is False


def test_gdal_reads_tiles_before_and_none_after(
    rehearsal: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = rehearsal(http=True)
    client = Client(server)
    description = tmp_path / "rainfall.xml"
    scheme = client.get("/rest/services/Rainfall/MapServer")["tileInfo"]
    level = 8
    resolution = scheme["lods"][level]["resolution"]
    row, column = next((row, column) for found, row, column in server.cache("Rainfall").tiles() if found == level)
    x, y = scheme["origin"]["x"], scheme["origin"]["y"]
    side = 256 * resolution * 2**level
    description.write_text(
        f"""<GDAL_WMS><Service name="TMS">
        <ServerUrl>{server.site}/rest/services/Rainfall/MapServer/tile/${{z}}/${{y}}/${{x}}</ServerUrl></Service>
        <DataWindow><UpperLeftX>{x}</UpperLeftX><UpperLeftY>{y}</UpperLeftY><LowerRightX>{x + side}</LowerRightX>
        <LowerRightY>{y - side}</LowerRightY><TileLevel>{level}</TileLevel><TileCountX>1</TileCountX>
        <TileCountY>1</TileCountY><YOrigin>top</YOrigin></DataWindow><Projection>EPSG:3857</Projection>
        <BlockSizeX>256</BlockSizeX><BlockSizeY>256</BlockSizeY><BandsCount>4</BandsCount></GDAL_WMS>"""
    )
    window = rasterio.windows.Window(column * 256, row * 256, 256, 256)

    def read(cache_folder: str) -> Any:
        monkeypatch.setenv("GDAL_DEFAULT_WMS_CACHE_PATH", str(tmp_path / cache_folder))
        with rasterio.Env(GDAL_DEFAULT_WMS_CACHE_PATH=str(tmp_path / cache_folder)), rasterio.open(description) as data:
            return data.read(window=window)

    assert read("before").any()
    client.delete()
    client.service()
    with pytest.raises(RasterioIOError):
        read("after")


def test_every_tile_comes_over_http_and_404_afterwards(server: Rehearsal) -> None:
    client = Client(server)
    cache = server.cache("Rainfall")
    places = [place for place in cache.tiles() if place[0] < 6]
    tile = "/rest/services/Rainfall/MapServer/tile/{}/{}/{}"
    assert places
    for place in places:
        assert client.raw(tile.format(*place)).content == cache.tile(*place)
    assert client.raw(tile.format(1, 900, 900)).status_code == 404
    client.delete()
    client.service()
    assert {client.raw(tile.format(*place)).status_code for place in places} == {404}


def test_a_missing_picture_is_sent_for_missing_tiles_unless_it_is_declined(server: Rehearsal) -> None:
    client = Client(server)
    picture = server.cache("Rainfall").tile(0, 0, 0)
    assert picture is not None
    (server.cache("Rainfall").folder / "_alllayers" / "missing.png").write_bytes(picture)
    path = "/rest/services/Rainfall/MapServer/tile/1/900/900"
    blank = client.raw(path)
    assert (blank.status_code, blank.headers["blank-tile"], blank.content) == (200, "true", picture)
    assert client.raw(path, blankTile="false").status_code == 404


def test_a_tilemap_says_which_tiles_there_are(rehearsal: Start, shared: Path) -> None:
    server = rehearsal(caches={"Loose": shared / SOURCES["Loose"]})
    client = Client(server)
    answer = client.get("/rest/services/Rainfall/MapServer/tilemap/5/0/0/32/32")
    assert sum(answer["data"]) == server.cache("Rainfall").counts()[5][0]
    assert error_of(client.get("/rest/services/Loose/MapServer/tilemap/1/0/0/2/2"))[0] == 400
    assert "Tilemap" in client.get("/rest/services/Rainfall/MapServer")["capabilities"]
