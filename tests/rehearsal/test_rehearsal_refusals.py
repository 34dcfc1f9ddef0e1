"""The rehearsal server is strict: what ArcGIS Server refuses, it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from support.rehearsal_client import (
    DELETE,
    REPORT,
    TOOLS,
    Client,
    Start,
    details_of,
    error_of,
)

from cachetools_core.rehearsal.server import Rehearsal


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "'service_url' must be specified."),
        ({"service_url": "Rainfall:MapServer", "thread_count": "many"}, "thread_count"),
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


def test_a_user_name_in_other_letters_is_refused(rehearsal: Start, shared: Path) -> None:
    """cases/user-name-letter-case.json is what a portal says."""
    server = rehearsal(federated=True)
    refused = Client(server).ask_for_token(username=server.username.capitalize())
    assert refused == json.loads((shared / "cases" / "user-name-letter-case.json").read_text())
