"""At which addresses the rehearsal server answers, and which ones it names."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from support.rehearsal_client import (
    DELETE,
    TOOLS,
    Client,
    Start,
    error_of,
)

from cachetools_core.rehearsal.server import Rehearsal


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


def test_the_letter_case_of_a_context_counts(server: Rehearsal) -> None:
    client = Client(server)
    root = server.site.rpartition("/")[0]
    for context in ("ArcGIS", "ARCGIS", "Server"):
        assert client.raw(f"{root}/{context}/rest/info").status_code == 404


def test_a_site_answers_at_the_context_that_it_was_given_and_nowhere_else(rehearsal: Start) -> None:
    server = rehearsal(context="ArcGIS")
    client = Client(server)
    root = server.site.rpartition("/")[0]
    assert server.site == f"{root}/ArcGIS"
    assert client.get("/rest/info")["authInfo"]["tokenServicesUrl"] == f"{root}/ArcGIS/tokens/"
    assert client.delete()["jobStatus"] == "esriJobSucceeded"
    for context in ("arcgis", "server", ""):
        assert client.raw(f"{root}/{context}/rest/info").status_code == 404


@pytest.mark.parametrize("federated", [False, True])
def test_a_site_may_lie_at_the_root_of_its_host(rehearsal: Start, federated: bool) -> None:
    server = rehearsal(context="", federated=federated)
    client = Client(server)
    assert urlsplit(server.site).path == ""
    assert server.services[0]["url"] == f"{server.site}/rest/services/Rainfall/MapServer"
    assert client.get("/REST/services/Rainfall/MapServer")["singleFusedMapCache"] is True
    assert client.raw("/arcgis/rest/info").status_code == 404
    assert client.delete()["jobStatus"] == "esriJobSucceeded"
    listed = client.get("/admin/services/System/CachingTools.GPServer/jobs/query", startTime="0")["results"]
    assert listed[0]["url"].startswith(f"{server.site}/rest/services/System/")
    if federated:
        servers = client.get(f"{server.portal}/sharing/rest/portals/self/servers")["servers"]
        assert [(one["url"], one["adminUrl"]) for one in servers] == [(server.site, server.site)]
