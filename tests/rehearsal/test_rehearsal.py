"""The rehearsal server is strict, and what it says is true on disk."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import rasterio
import requests
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from rasterio.errors import RasterioIOError
from support.rehearsal_client import DELETE, REPORT, TOOLS, Client, wait_for

from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.rehearsal.versions import Version

Start = Callable[..., Rehearsal]

SOURCES = {
    "Streets": "caches/esri_sample_v2",
    "Usa": "caches/esri_usa_tpkx/Usa.tpkx",
    "States": "caches/consbio_tpk/states_filled.tpk",
    "Loose": "caches/esri_sample_exploded",
}
TILES = {"Streets": 21, "Usa": 144, "States": 24, "Loose": 21}
MANAGE = "/rest/services/System/CachingControllers/GPServer/Manage Map Cache Tiles"


def fingerprint(path: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            digest.update(str(file.relative_to(path)).encode() + file.read_bytes())
    return digest.hexdigest()


def tiles_in(server: Rehearsal, name: str) -> int:
    cache = server.cache(name)
    return sum(count for count, _ in cache.counts().values()) if cache.exists() else 0


def error_of(body: Any) -> tuple[int, str]:
    return body["error"]["code"], body["error"]["message"]


def details_of(body: Any) -> str:
    return " ".join(body["error"]["details"])


# Deletion on disk


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
    away = client.get("/rest/services/Rainfall/MapServer")
    assert error_of(away) == (500, "Service Rainfall/MapServer not started ")
    status = client.get("/admin/services/Rainfall.MapServer/status")
    assert status == {"configuredState": "STARTED", "realTimeState": "STARTING"}
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


# Jobs


def test_a_job_goes_through_its_states_and_its_messages_grow(rehearsal: Start) -> None:
    server = rehearsal(job_seconds=8.0)
    client = Client(server)
    job = client.submit()
    seen: list[str] = []
    messages: list[Any] = []
    full = tiles_in(server, "Rainfall")

    def look() -> int:
        body = client.get(job)
        assert body["messages"][: len(messages)] == messages
        messages[:] = body["messages"]
        if body["jobStatus"] not in seen:
            seen.append(body["jobStatus"])
        return tiles_in(server, "Rainfall")

    assert wait_for(look, lambda tiles: tiles < full) > 0, "half-way states are real"
    look()
    assert seen == ["esriJobSubmitted", "esriJobWaiting", "esriJobExecuting"]
    assert [one["description"] for one in messages][:2] == ["Submitted.", "Executing..."]
    assert messages[-1]["description"] == "Level 0: 1 tiles deleted."
    progress = client.get(job)["progress"]
    assert (progress["type"], progress["percent"] > 0) == ("default", True)


def test_cancel_is_refused_before_and_after_and_taken_in_between(rehearsal: Start) -> None:
    server = rehearsal(job_seconds=10.0)
    client = Client(server)
    job = client.submit()
    assert error_of(client.post(f"{job}/cancel")) == (400, "Invalid or missing input parameters")
    full = tiles_in(server, "Rainfall")
    wait_for(lambda: tiles_in(server, "Rainfall"), lambda tiles: tiles < full)
    assert client.post(f"{job}/cancel")["jobStatus"] == "esriJobCancelling"
    body = client.ended(job)
    assert (body["jobStatus"], body["messages"][-1]["description"]) == ("esriJobCancelled", "Cancel complete.")
    assert error_of(client.post(f"{job}/cancel"))[0] == 400
    assert 0 < tiles_in(server, "Rainfall") < full
    assert client.get("/rest/services/Rainfall/MapServer")["singleFusedMapCache"] is True


def test_an_administrator_may_cancel_a_submitted_job_through_the_admin_api(rehearsal: Start) -> None:
    server = rehearsal(job_seconds=20.0)
    client, publisher = Client(server), Client(server, "publisher")
    job = publisher.submit()
    path = f"/admin/services/System/CachingTools.GPServer/jobs/{job.rpartition('/')[2]}"
    assert publisher.post(f"{path}/cancel")["code"] == 403
    assert client.post(f"{path}/cancel") == {"status": "success"}
    assert client.ended(job)["jobStatus"] == "esriJobCancelled"
    assert client.post(f"{path}/cancel")["messages"] == [f"Unable to cancel job :[{job.rpartition('/')[2]}]"]
    assert client.get(path)["username"] == "publisher"


def test_a_second_job_waits_for_the_first_and_finds_nothing_to_delete(rehearsal: Start) -> None:
    server = rehearsal(job_seconds=3.0)
    client = Client(server)
    first, second = client.submit(), client.submit()
    wait_for(lambda: client.get(first)["jobStatus"], lambda status: status == "esriJobExecuting")
    assert client.get(second)["jobStatus"] == "esriJobWaiting"
    assert client.ended(first)["jobStatus"] == "esriJobSucceeded"
    body = client.ended(second)
    assert (body["jobStatus"], body["messages"][-2]["type"]) == ("esriJobFailed", "esriJobMessageTypeError")
    assert server.submits == 2


def test_jobs_that_cannot_work_fail_with_a_message(server: Rehearsal) -> None:
    client = Client(server)
    server.stop_service("Rainfall")
    assert "not started" in client.delete()["messages"][-2]["description"]
    server.start_service("Rainfall")
    job = client.post(f"{DELETE}/submitJob", service_url="Rainfall:MapServer", thread_count="0")["jobId"]
    assert "ERROR 001394" in client.ended(f"{DELETE}/jobs/{job}")["messages"][-2]["description"]
    assert tiles_in(server, "Rainfall") == server.services[0]["tiles"]
    client.delete()
    client.service()
    assert "no cache" in client.delete()["messages"][-2]["description"]


def test_the_tiles_of_a_scale_go_and_the_tiling_scheme_stays(server: Rehearsal) -> None:
    client = Client(server)
    before = server.cache("Rainfall").counts()
    scales = {lod.level: lod.scale for lod in server.cache("Rainfall").scheme.lods}
    fields: Any = {"service_url": "Rainfall:MapServer", "thread_count": "-1", "update_mode": "DELETE_TILES"}
    job = client.post(f"{MANAGE}/submitJob", levels=f"{scales[6]};{scales[8]}", **fields)["jobId"]
    assert client.ended(f"{MANAGE}/jobs/{job}")["jobStatus"] == "esriJobSucceeded"
    assert set(before) - set(server.cache("Rainfall").counts()) == {6, 8}
    assert (server.cache("Rainfall").folder / "conf.xml").is_file()
    assert client.get("/rest/services/Rainfall/MapServer")["singleFusedMapCache"] is True
    broken = client.post(f"{MANAGE}/submitJob", levels="all", **fields)["jobId"]
    assert client.ended(f"{MANAGE}/jobs/{broken}")["jobStatus"] == "esriJobFailed"


def test_the_report_counts_what_is_on_disk(server: Rehearsal) -> None:
    client = Client(server)
    counts = server.cache("Rainfall").counts()
    value = client.report()
    assert (value["name"], value["type"], value["status"]) == ("Rainfall", "MapServer", "EXISTS")
    assert {one["levelID"]: (one["tileCount"], one["tilesSize"]) for one in value["lodInfos"]} == counts
    assert {one["percent"] for one in value["lodInfos"]} == {100}
    assert {one["isRunning"] for one in value["lodInfos"]} == {"false"}
    server.cache("Rainfall").delete_level(8)
    last = client.report(f"{server.site}/rest/services/Rainfall/MapServer", levelID="8")["lodInfos"]
    assert [(one["levelID"], one["tileCount"], one["status"]) for one in last] == [(8, 0, "Empty")]
    assert error_of(client.post(REPORT, service_url="Nothing:MapServer"))[0] == 400
    assert error_of(client.post(REPORT, service_url="Rainfall:MapServer", report_mode="esriJobErrors"))[0] == 400


def test_the_list_of_jobs_is_filtered_and_paged(server: Rehearsal) -> None:
    client, publisher = Client(server), Client(server, "publisher")
    path = "/admin/services/System/CachingTools.GPServer/jobs"
    client.delete()
    for _ in range(2):
        publisher.delete()
    everything = client.get(f"{path}/query", startTime="0")
    assert (everything["total"], everything["nextStart"]) == (3, -1)
    first = everything["results"][0]
    assert first["url"].endswith(f"/System/CachingTools/GPServer/DeleteCache/jobs/{first['jobID']}")
    page = client.get(f"{path}/query", startTime="0", number="2")
    assert (len(page["results"]), page["nextStart"]) == (2, 3)
    assert len(client.get(f"{path}/query", startTime="0", number="2", start="3")["results"]) == 1
    assert client.get(f"{path}/query", startTime="0", userName="publisher")["total"] == 2
    assert client.get(f"{path}/query", startTime="0", jobStatus="esriJobSucceeded")["total"] == 1
    assert client.get(f"{path}/query")["code"] == 400
    assert client.get(f"{path}/statistics") == {"total": 3, "cancelled": 0, "failed": 2, "succeeded": 1}
    assert client.get(path) == {"resources": ["statistics"]}


def test_a_restart_of_the_server_forgets_jobs_and_leaves_half_a_cache(rehearsal: Start) -> None:
    server = rehearsal(job_seconds=3.0)
    client = Client(server)
    full = tiles_in(server, "Rainfall")
    job = client.submit()
    wait_for(lambda: tiles_in(server, "Rainfall"), lambda tiles: tiles < full)
    server.restart()
    body = wait_for(lambda: Client(server).get(job), lambda seen: "error" in seen)
    assert "does not exist" in details_of(body)
    assert 0 < tiles_in(server, "Rainfall") < full
    assert (server.submits, server.jobs) == (1, [])


# What is refused


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "'service_url' must be specified."),
        ({"service_url": "Nothing:MapServer"}, "Service 'Nothing' of type 'MapServer' does not exist"),
        ({"service_url": "Rainfall"}, "does not exist or is inaccessible"),
        ({"service_url": "System/CachingTools:GPServer"}, "does not exist or is inaccessible"),
        ({"service_url": "Rainfall:MapServer", "thread_count": "many"}, "thread_count"),
        ({"service_url": "Rainfall:MapServer", "cache_path": "C:\\elsewhere"}, "cache_path"),
    ],
)
def test_a_wrong_submit_creates_no_job(server: Rehearsal, fields: dict[str, Any], words: str) -> None:
    refused = Client(server).post(f"{DELETE}/submitJob", **fields)
    assert error_of(refused) == (400, "Unable to complete operation.")
    assert words in details_of(refused)
    assert server.submits == 0


def test_a_submit_takes_unknown_and_empty_fields_its_own_cache_path_and_get(server: Rehearsal) -> None:
    client = Client(server)
    fields: Any = {"env:outSR": "", "returnZ": "False", "in_delete_options": "", "context": ""}
    own = str(server.cache_directory / "Rainfall")
    answer = client.get(f"{DELETE}/submitJob", service_url="Rainfall:MapServer", cache_path=own, **fields)
    assert answer["jobStatus"] == "esriJobSubmitted"
    assert server.submits == 1


def test_only_administrators_and_publishers_use_the_caching_tools(server: Rehearsal) -> None:
    user, publisher = Client(server, "user"), Client(server, "publisher")
    for path in (TOOLS, DELETE, f"{DELETE}/submitJob", REPORT, "/rest/services/System"):
        assert error_of(user.post(path, service_url="Rainfall:MapServer"))[0] == 403
        assert error_of(user.post(path, signed_in=False, service_url="Rainfall:MapServer"))[0] == 499
    assert user.get("/admin/services")["code"] == 403
    assert publisher.get("/admin/services")["folderName"] == "/"
    assert publisher.get("/admin/system")["code"] == 403
    assert server.submits == 0
    assert publisher.delete()["jobStatus"] == "esriJobSucceeded"


def test_a_secured_service_is_hidden_from_others(server: Rehearsal) -> None:
    server.secure_service("Rainfall")
    user, publisher = Client(server, "user"), Client(server, "publisher")
    path = "/rest/services/Rainfall/MapServer"
    assert error_of(user.get(path, signed_in=False))[0] == 499
    assert error_of(user.get(path)) == (403, "User does not have permissions to access 'rainfall.mapserver'.")
    assert user.get("/rest/services")["services"] == []
    assert publisher.get(path)["singleFusedMapCache"] is True


def test_a_removed_service_is_not_found_and_its_cache_stays(server: Rehearsal) -> None:
    server.remove_service("Rainfall")
    body = Client(server).get("/rest/services/Rainfall/MapServer")
    assert error_of(body) == (404, "Service Rainfall/MapServer not found ")
    assert Path(server.services[0]["cache"]).is_dir()
    server.rebuild_cache("Rainfall")
    assert Client(server).get("/rest/services/Rainfall/MapServer")["singleFusedMapCache"] is True


def test_credentials_are_taken_from_the_body_of_a_post_only(server: Rehearsal) -> None:
    client = Client(server)
    secret = {"username": server.username, "password": server.password, "client": "requestip", "f": "json"}
    url = f"{server.site}/tokens/generateToken"
    assert error_of(client.session.get(url, params=secret).json()) == (405, "Unable to generate token.")
    refused = client.session.post(url, params={"password": server.password}, data=secret).json()
    assert details_of(refused) == "Credentials are not accepted in the query string."
    for path in ("/tokens", "/tokens/", "/tokens/generateToken", "/admin/generateToken"):
        assert client.ask_for_token(server.site + path)["expires"] > 1_500_000_000_000


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"password": "wrong"}, "Invalid username or password specified."),
        ({"username": ""}, "'username' must be specified."),
        ({"password": ""}, "'password' must be specified."),
        ({"client": ""}, "'referer' must be specified."),
        ({"client": "ip"}, "'ip' must be specified."),
        ({"client": "browser"}, "'client' must be specified."),
        ({"expiration": "long"}, "'expiration' must be a number."),
    ],
)
def test_a_wrong_token_request_is_refused(server: Rehearsal, fields: dict[str, str], words: str) -> None:
    refused = Client(server).ask_for_token(**fields)
    assert error_of(refused) == (400, "Unable to generate token.")
    assert details_of(refused) == words


def test_the_admin_token_service_refuses_in_the_admin_shape(server: Rehearsal) -> None:
    refused = Client(server).ask_for_token(f"{server.site}/admin/generateToken", password="wrong")
    assert (refused["status"], refused["messages"][-1]) == ("error", "Invalid username or password specified.")


def test_a_token_is_good_only_where_it_is_bound_to(server: Rehearsal) -> None:
    client = Client(server)
    client.token = client.ask_for_token(client="referer", referer="cachetools")["token"]
    assert error_of(client.get(TOOLS)) == (498, "Invalid Token")
    client.session.headers["Referer"] = "elsewhere"
    assert error_of(client.get(TOOLS)) == (498, "Invalid Token")
    client.session.headers["Referer"] = "cachetools"
    assert "tasks" in client.get(TOOLS)
    client.token = client.ask_for_token(client="ip", ip="192.0.2.1")["token"]
    assert error_of(client.get(TOOLS)) == (498, "Invalid Token")
    assert client.get("/admin/services")["code"] == 498


def test_every_carrier_of_a_token_is_taken_on_every_path(server: Rehearsal) -> None:
    client = Client(server)
    for path in (TOOLS, "/admin/services/Rainfall.MapServer/status"):
        url, form = server.site + path, {"f": "json"}
        bearer = f"Bearer {client.token}"
        for answer in (
            client.session.post(url, data={**form, "token": client.token}),
            client.session.post(url, data=form, params={"token": client.token}),
            client.session.get(url, params=form, headers={"X-Esri-Authorization": bearer}),
            client.session.get(url, params=form, headers={"Authorization": bearer}),
            client.session.get(url, params=form, headers={"Cookie": f"agstoken={client.token}"}),
        ):
            assert "error" not in answer.json() and "code" not in answer.json()
        asked_for_none = client.session.get(url, params=form, headers={"X-Esri-Authorization": "Bearer None"}).json()
        assert asked_for_none.get("code") == 498 or error_of(asked_for_none)[0] == 498


def test_a_password_may_come_encrypted_over_plain_http(rehearsal: Start) -> None:
    server = rehearsal(http=True)
    client = Client(server)
    key = client.get("/admin/publicKey", signed_in=False)
    public = rsa.RSAPublicNumbers(int(key["publicKey"], 16), int(key["modulus"], 16)).public_key()
    plain = {"username": server.username, "password": server.password, "client": "requestip"}
    form = {name: public.encrypt(value.encode(), padding.PKCS1v15()).hex() for name, value in plain.items()}
    url = f"{server.site}/tokens/"
    assert client.session.post(url, data={**form, "encrypted": "true", "f": "json"}).json()["token"]
    refused = client.session.post(url, data={**plain, "encrypted": "true", "f": "json"}).json()
    assert error_of(refused)[0] == 400


def test_admin_operations_need_post(server: Rehearsal) -> None:
    client = Client(server)
    path = "/admin/services/Rainfall.MapServer"
    assert client.get(f"{path}/stop")["code"] == 405
    assert client.get(f"{path}/status")["realTimeState"] == "STARTED"
    assert client.post(f"{path}/stop") == {"status": "success"}
    assert client.get(f"{path}/status") == {"configuredState": "STOPPED", "realTimeState": "STOPPED"}
    many = json.dumps({"services": [{"folderName": "/", "serviceName": "Rainfall", "type": "MapServer"}]})
    assert client.post("/admin/services/startServices", services=many) == {"status": "success"}
    assert client.get(f"{path}/status")["realTimeState"] == "STARTED"
    assert client.post("/admin/services/stopServices", services="Rainfall.MapServer")["code"] == 400


@pytest.mark.parametrize(
    "path",
    [
        "/admin",
        "/admin/info",
        "/admin/machines",
        "/admin/services/System",
        "/admin/services/report",
        "/admin/services/System/CachingTools.GPServer/statistics",
        "/admin/services/Rainfall.MapServer/iteminfo",
        "/admin/services/Rainfall.MapServer/iteminfo/manifest/manifest.json",
        "/admin/services/Rainfall.MapServer/permissions",
        "/admin/system/directories/arcgiscache",
        "/admin/logs",
        "/admin/data",
        "/admin/security/psa",
        "/rest/services/Rainfall/MapServer/0",
        "/rest/services/Rainfall/MapServer/layers",
        "/rest/services/Rainfall/MapServer/legend",
        "/rest/services/Rainfall/MapServer/info/iteminfo",
        "/rest/info/healthCheck",
    ],
)
def test_what_clients_read_when_they_start_is_there(server: Rehearsal, path: str) -> None:
    for body in (Client(server).get(path), Client(server).post(path)):
        assert "error" not in body and body.get("status") != "error"


def test_the_cache_directory_of_the_admin_api_is_the_one_on_disk(server: Rehearsal) -> None:
    body = Client(server).get("/admin/system/directories")["directories"]
    cache = next(one for one in body if one["directoryType"] == "CACHE")
    assert Path(cache["physicalPath"]) == server.cache_directory


# Addresses


@pytest.mark.parametrize(
    "path",
    [
        "/rest/services/Rainfall/MapServer/",
        "/rest//services///Rainfall/MapServer",
        "/REST/Services/Rainfall/mapserver",
        "/admin/services///Rainfall.MapServer/status/",
    ],
)
def test_slashes_and_the_case_of_fixed_words_do_not_matter(server: Rehearsal, path: str) -> None:
    assert "error" not in Client(server).get(path)


def test_the_site_answers_under_both_contexts_and_nowhere_else(server: Rehearsal) -> None:
    client = Client(server)
    root = server.site.rpartition("/")[0]
    assert client.get(f"{root}/server/rest/info")["authInfo"]["tokenServicesUrl"] == f"{root}/server/tokens/"
    assert client.raw(f"{root}/other/rest/info").status_code == 404
    assert client.raw(f"{root}/portal/sharing/rest").status_code == 404


def test_addresses_follow_the_host_that_was_asked_and_the_proxy_before_it(server: Rehearsal) -> None:
    client = Client(server)
    parts = urlsplit(server.site)
    url = f"https://127.0.0.1:{parts.port}/arcgis/rest/info?f=json"
    assert client.session.get(url).json()["authInfo"]["tokenServicesUrl"].startswith("https://127.0.0.1:")
    forwarded = {"X-Forwarded-Host": "gis.example.com", "X-Forwarded-Proto": "https"}
    body = client.session.get(url, headers=forwarded).json()
    assert body["authInfo"]["tokenServicesUrl"] == "https://gis.example.com/arcgis/tokens/"


def test_a_reverse_proxy_may_give_the_site_another_context(server: Rehearsal) -> None:
    client = Client(server)
    update = "/admin/system/properties/update"
    assert client.post(update, properties="x")["code"] == 400
    properties = json.dumps({"WebContextURL": "https://gis.example.com/maps/"})
    assert client.post(update, properties=properties) == {"status": "success"}
    assert client.get("/admin/system/properties") == {"WebContextURL": "https://gis.example.com/maps"}
    info = client.get("/rest/info")
    assert info["authInfo"]["tokenServicesUrl"] == "https://gis.example.com/maps/tokens/"
    server.set_web_context("")
    assert client.get("/rest/info")["soapUrl"] == f"{server.site}/services"


def test_names_may_hold_blanks_and_other_letters(rehearsal: Start, rainfall: Path) -> None:
    name = "Öffentlich/Regen 100%"
    server = rehearsal(caches={name: rainfall})
    client = Client(server)
    path = f"/rest/services/{quote(name)}/MapServer"
    assert client.get(path)["mapName"] == server.cache(name).map_name
    assert client.get(f"/rest/services/{quote('Öffentlich')}")["services"] == [{"name": name, "type": "MapServer"}]
    assert client.delete(f"{name}:MapServer")["jobStatus"] == "esriJobSucceeded"
    assert not server.cache(name).exists()


def test_head_sends_no_body_and_pages_are_html_without_json_asked_for(server: Rehearsal) -> None:
    client = Client(server)
    url = f"{server.site}/rest/info"
    head = client.session.head(url)
    assert (head.status_code, head.content, int(head.headers["Content-Length"]) > 0) == (200, b"", True)
    page = client.session.get(url)
    assert page.headers["Content-Type"].startswith("text/html") and "currentVersion" in page.text
    login = client.session.get(server.site + TOOLS)
    assert (login.status_code, "Sign in" in login.text) == (200, True)
    assert "\n" in client.session.get(url, params={"f": "pjson"}).text


def test_unknown_addresses_are_refused(server: Rehearsal) -> None:
    client = Client(server)
    assert error_of(client.get("/rest/nothing"))[0] == 400
    assert error_of(client.get("/rest/services/Nothing"))[0] == 404
    assert error_of(client.get("/rest/services/Rainfall/FeatureServer"))[0] == 404
    assert error_of(client.get(f"{TOOLS}/Delete Cache"))[0] == 400
    assert error_of(client.post(f"{TOOLS}/Create Map Cache/submitJob", service_url="Rainfall:MapServer"))[0] == 400
    assert error_of(client.get(f"{DELETE}/jobs/j0"))[0] == 400
    job = client.submit()
    assert error_of(client.get(job.replace("DeleteCache", "Manage Map Cache Tiles")))[0] == 400
    assert client.get("/admin/services/Nothing.MapServer")["code"] == 404


# Versions, federation, transport


@pytest.mark.parametrize(
    ("text", "current"),
    [("10.8.1", 10.81), ("10.9", 10.9), ("10.9.1", 10.91), ("11.1", 11.1), ("11.3", 11.3), ("12.0", 12)],
)
def test_versions_are_numbers_without_their_later_dots(text: str, current: float) -> None:
    assert Version(text).current == current


def test_what_depends_on_the_version(rehearsal: Start) -> None:
    old, new = Client(rehearsal(version="10.8.1")), Client(rehearsal(version="11.3"))
    assert "System/CachingToolsEx" in [one["name"] for one in old.get("/rest/services/System")["services"]]
    assert "System/CachingToolsEx" not in [one["name"] for one in new.get("/rest/services/System")["services"]]
    assert "cimVersion" not in old.get("/rest/services/Rainfall/MapServer")
    assert new.get("/rest/services/Rainfall/MapServer")["storageInfo"]["packetSize"] == 128
    second = f"{TOOLS.replace('CachingTools', 'CachingToolsEx')}/DeleteCache"
    job = old.post(f"{second}/submitJob", service_url="Rainfall:MapServer")["jobId"]
    assert old.ended(f"{second}/jobs/{job}")["jobStatus"] == "esriJobSucceeded"
    assert error_of(old.get(f"{second}/jobs/{job}/results"))[0] == 400
    assert old.get("/admin/services/Rainfall.MapServer/lifecycleinfos")["code"] == 404


def test_a_federated_site_takes_its_portals_tokens(rehearsal: Start) -> None:
    server = rehearsal(federated=True)
    client = Client(server)
    info = client.get("/rest/info", signed_in=False)
    assert info["owningSystemUrl"] == server.portal
    assert info["authInfo"] == {"isTokenBasedSecurity": True, "tokenServicesUrl": client.token_service}
    assert client.get(f"{server.portal}/sharing/rest/portals/self")["user"]["username"] == server.username
    assert "user" not in client.get(f"{server.portal}/sharing/rest/portals/self", signed_in=False)
    address = server.site.replace("/arcgis", "/server")
    servers = client.get(f"{server.portal}/sharing/rest/portals/self/servers")["servers"]
    assert [one["url"] for one in servers] == [address]
    assert error_of(client.ask_for_token(f"{server.site}/tokens/"))[0] == 400
    assert client.ask_for_token(f"{server.site}/admin/generateToken")["token"]
    assert client.delete()["jobStatus"] == "esriJobSucceeded"


def test_a_portals_token_is_exchanged_for_this_site_only(rehearsal: Start) -> None:
    server = rehearsal(federated=True)
    client = Client(server)

    def exchange(**fields: str) -> Any:
        return client.session.post(client.token_service, data={"f": "json", **fields}).json()

    for name in ("serverUrl", "serverURL"):
        exchanged = exchange(token=client.token, **{name: server.site})
        assert exchanged["ssl"] is True
        assert "tasks" in client.get(TOOLS, signed_in=False, token=exchanged["token"])
    foreign = exchange(token=client.token, serverUrl="https://gis.example.com/server")
    assert "not federated" in details_of(foreign)
    assert error_of(exchange(token=client.token))[0] == 400
    assert error_of(exchange(token="x", serverUrl=server.site)) == (498, "Invalid Token")
    assert error_of(client.session.get(client.token_service, params={"f": "json"}).json())[0] == 405


def test_the_certificate_holds_under_strict_rules(server: Rehearsal) -> None:
    context = ssl.create_default_context(cafile=str(server.ca_file))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    port = urlsplit(server.site).port
    assert port is not None
    for name in ("localhost", "127.0.0.1"):
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            assert secure.version() in ("TLSv1.2", "TLSv1.3")
    with pytest.raises(requests.exceptions.SSLError):
        session = requests.Session()
        session.trust_env = False
        session.get(f"{server.site}/rest/info")


def test_the_server_listens_on_one_address_of_loopback_only(server: Rehearsal) -> None:
    """127.0.0.2 is this machine too, and would be answered by a server that listens on every address."""
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", urlsplit(server.site).port or 0), timeout=5)


def test_the_account_of_each_start_has_a_new_password(rehearsal: Start) -> None:
    assert rehearsal().password != rehearsal().password


def test_requests_are_recorded_and_seen_before_they_are_answered(server: Rehearsal) -> None:
    steps: list[tuple[str, int | None]] = []
    answered = threading.Semaphore(0)

    def after(request: Any) -> None:
        steps.append((request.step, request.status))
        answered.release()

    server.before_request = lambda request: steps.append((request.step, request.status))
    server.after_request = after
    client = Client(server)
    client.post(f"{DELETE}/submitJob", service_url="Rainfall:MapServer")
    assert answered.acquire(timeout=10) and answered.acquire(timeout=10)
    assert steps == [("token", None), ("token", 200), ("submit", None), ("submit", 200)]
    record = server.requests[-1]
    assert (record.method, record.path) == ("POST", f"/arcgis{DELETE}/submitJob")
    assert record.form["service_url"] == "Rainfall:MapServer"
    assert (record.query, record.headers["x-esri-authorization"]) == ({}, f"Bearer {client.token}")


def test_a_server_that_fails_itself_says_so_when_it_is_left(rainfall: Path) -> None:
    def break_down(_: Any) -> None:
        raise ZeroDivisionError("the test's own")

    with pytest.raises(ZeroDivisionError, match="the test's own"), Rehearsal(rainfall=rainfall) as server:
        client = Client(server)
        server.before_request = break_down
        with pytest.raises(requests.ConnectionError):
            client.get("/rest/info")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"version": "9.3"}, ValueError),
        ({"version": "eleven"}, ValueError),
        ({"faults": ["nonsense"]}, ValueError),
        ({"caches": {"A/B/C": Path()}}, ValueError),
        ({"caches": {"System/C": Path()}}, ValueError),
        ({"caches": {"C:FeatureServer": Path()}}, ValueError),
        ({"caches": {"Rainfall": Path()}}, ValueError),
    ],
)
def test_a_server_that_cannot_be_is_refused(rainfall: Path, options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error), Rehearsal(rainfall=rainfall, **options):
        pytest.fail("It started.")


# The command


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cachetools_core.rehearsal", *arguments]


def test_the_command_prints_one_line_serves_and_cleans_up(shared: Path) -> None:
    publish = f"Streets={shared / SOURCES['Streets']}"
    with subprocess.Popen(command("--port", "0", "--cache", publish), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert set(ready) == {"site", "portal", "ca_file", "username", "password", "cache_directory", "services"}
        assert [(one["url"].rpartition("/rest/")[2], one["tiles"]) for one in ready["services"]] == [
            ("services/Rainfall/MapServer", 2735),
            ("services/Streets/MapServer", 21),
        ]
        session = requests.Session()
        session.trust_env = False
        info = session.get(f"{ready['site']}/rest/info", params={"f": "json"}, verify=ready["ca_file"]).json()
        assert info["currentVersion"] == 11.3
        process.send_signal(signal.SIGTERM)
        assert (process.wait(20), process.stdout.read()) == (0, "")
    assert not Path(ready["cache_directory"]).exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fault", "nonsense"], "no fault named 'nonsense'"),
        (["--fault", "drip@nowhere"], "cannot strike at 'nowhere'"),
        (["--fault", "drip:often"], "'often' is not a number of times"),
        (["--cache", "Streets"], "not NAME=PATH"),
        (["--cache", "Streets=/no/such/cache", "--port", "0"], "/no/such/cache is no cache"),
        (["--version", "9.3"], "Version 9.3 cannot be rehearsed"),
    ],
)
def test_the_command_refuses_what_cannot_be(arguments: list[str], words: str) -> None:
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, words in done.stderr) == (2, "", True)


def test_the_command_says_when_its_port_is_taken(server: Rehearsal) -> None:
    port = str(urlsplit(server.site).port)
    done = subprocess.run(command("--port", port), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, "Give another --port." in done.stderr) == (1, "", True)
