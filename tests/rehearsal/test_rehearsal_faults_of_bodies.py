"""Faults in what a site says: each contradiction, and each odd body, as its sentence tells it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import isnan
from typing import Any
from urllib.parse import urlsplit

import pytest
from support.rehearsal_client import ADMIN, DELETE, JOBS, REPORT, SERVICE, Client, Start, error_of, tiles_in, wait_for

from cachetools_core.rehearsal.server import Rehearsal

NAMED = {"name": "Rainfall", "type": "MapServer"}
REPORTS: dict[str, Any] = {
    "report-exists-as-text": {
        **NAMED,
        "status": "EXISTS",
        "lodInfos": [{"levelID": 0, "scale": 1000.0, "tileCount": "21", "tilesSize": 4000}],
    },
    "report-exists-without-levels": {**NAMED, "status": "EXISTS"},
    "report-level-unreadable": {
        **NAMED,
        "status": "EXISTS",
        "lodInfos": [
            {"levelID": 0, "scale": 1000.0, "tileCount": 21, "tilesSize": 4000},
            {"levelID": 1, "scale": 500.0, "tileCount": None, "tilesSize": 4000},
        ],
    },
    "report-failed": {**NAMED, "status": "FAILED", "lodInfos": []},
    "report-nameless-none": {"status": "NONE"},
}


@pytest.mark.parametrize("name", REPORTS)
def test_reports_that_contradict_a_service_without_a_cache(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@report-after")
    assert sum(one["tileCount"] for one in client.report()["lodInfos"]) == tiles_in(server) > 21
    assert client.delete()["jobStatus"] == "esriJobSucceeded"
    assert client.report() == REPORTS[name]
    assert client.service()["singleFusedMapCache"] is False
    assert tiles_in(server) == 0


def test_a_report_about_another_service(server: Rehearsal) -> None:
    server.fault("report-names-another-service")
    value = Client(server).report()
    assert (value["name"], value["status"]) == ("Snowfall", "EXISTS")


def test_a_report_that_ends_in_an_error(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("report-error-500@report-after")
    assert client.report()["status"] == "EXISTS"
    client.delete()
    assert error_of(client.post(REPORT, service_url="Rainfall:MapServer")) == (500, "Error executing tool.")


def test_counts_that_are_text_in_a_true_report(server: Rehearsal) -> None:
    client = Client(server)
    before = client.report()
    server.fault("counts-as-text")
    after = client.report()
    assert all(isinstance(one[key], str) for one in after["lodInfos"] for key in ("tileCount", "tilesSize"))
    assert [int(one["tileCount"]) for one in after["lodInfos"]] == [one["tileCount"] for one in before["lodInfos"]]
    server.fault("report-as-string")
    assert json.loads(client.report()) == after


def test_a_report_that_is_refused_stays_refused(server: Rehearsal) -> None:
    server.fault("report-failed")
    refused = Client(server, "user").post(REPORT, service_url="Rainfall:MapServer")
    assert error_of(refused)[0] == 403


def test_metadata_that_does_not_follow_the_disk(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("service-says-uncached:1")
    body = client.get(SERVICE)
    assert (body["singleFusedMapCache"], "tileInfo" in body) == (False, False)
    assert client.report()["status"] == "EXISTS"
    assert client.get(SERVICE)["singleFusedMapCache"] is True
    server.fault("service-says-cached@service-after")
    client.delete()
    assert client.service()["singleFusedMapCache"] is True
    assert client.report()["status"] == "NONE"


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("service-flag-as-text", "singleFusedMapCache", "true"),
        ("tiles-only-with-blank", "capabilities", "Map, TilesOnly"),
        ("tiles-only-list", "capabilities", ["Map", "TilesOnly"]),
    ],
)
def test_odd_values_in_a_service(server: Rehearsal, name: str, key: str, value: Any) -> None:
    client = Client(server)
    before = client.get(SERVICE)
    server.fault(name)
    assert client.get(SERVICE) == {**before, key: value}
    assert client.get(f"{SERVICE}/0")["type"] == "Raster Layer"


def test_a_body_that_is_hardly_a_service(server: Rehearsal) -> None:
    server.fault("service-body-bare")
    assert Client(server).get(SERVICE) == {"capabilities": "Map"}


def test_an_extent_without_numbers(server: Rehearsal) -> None:
    server.fault("nan-extent")
    answer = Client(server).raw(SERVICE)
    assert b'"xmin":NaN' in answer.content
    assert isnan(answer.json()["initialExtent"]["ymax"])


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        ("tilemap-adjusted", {"adjusted": True, "data": [0]}),
        ("tilemap-no-list", {"data": "0"}),
        ("tilemap-other-size", {"data": [0, 0, 0]}),
        ("tilemap-other-place", {"location": {"left": 0, "top": 1, "width": 1, "height": 1}, "data": [0]}),
        ("tilemap-odd-bits", {"data": [None]}),
    ],
)
def test_odd_tile_maps(fault: str, changed: dict[str, Any], server: Rehearsal) -> None:
    client = Client(server)
    true = client.get(f"{SERVICE}/tilemap/0/0/0/1/1")
    server.fault(fault)
    assert client.get(f"{SERVICE}/tilemap/0/0/0/1/1") == {**true, **changed}
    assert true["data"] == [1] and true["adjusted"] is False


def test_an_admin_api_that_contradicts_the_service(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("admin-says-cached")
    client.delete()
    assert client.get(ADMIN)["properties"]["isCached"] == "true"
    assert client.service()["singleFusedMapCache"] is False


# The list of jobs, and jobs


@pytest.fixture
def listed(server: Rehearsal) -> Iterator[Client]:
    """A client whose two jobs are listed: one that has succeeded, one that waits."""
    client = Client(server)
    client.delete()
    server.rebuild_cache("Rainfall")
    server.fault("job-waits-forever:1")
    job = client.submit()
    wait_for(lambda: client.get(job)["jobStatus"], lambda status: status == "esriJobWaiting")
    yield client


def query(client: Client) -> Any:
    return client.get(f"{JOBS}/query", startTime="0")


def test_a_list_of_jobs_that_is_not_whole(listed: Client) -> None:
    listed.server.fault("job-list-cut")
    body = query(listed)
    assert (body["total"], len(body["results"]), body["nextStart"]) == (2, 1, -1)
    assert body["results"][0]["status"] == "esriJobSucceeded", "the newest one is missing"


def test_a_list_of_jobs_that_spells_the_task_otherwise(listed: Client) -> None:
    listed.server.fault("job-list-respelled")
    urls = [one["url"] for one in query(listed)["results"]]
    assert len(urls) == 2 and all("/GPServer/Delete%20Cache/jobs/j" in url for url in urls)


def test_a_list_of_jobs_that_names_the_servers_own_host(listed: Client) -> None:
    listed.server.fault("job-list-names-own-host")
    own = "https://gisserver.example.com:6443/arcgis/rest/services/System/CachingTools/GPServer/DeleteCache/jobs/"
    results = query(listed)["results"]
    assert len(results) == 2 and all(one["url"] == own + one["jobID"] for one in results)


def test_a_list_of_jobs_that_names_nobody(listed: Client) -> None:
    listed.server.fault("job-list-nameless")
    assert [set(one) & {"jobID", "username"} for one in query(listed)["results"]] == [{"jobID"}] * 2


def test_job_ids_with_hyphens(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("hyphenated-job-ids")
    job = client.submit()
    assert client.ended(job)["jobStatus"] == "esriJobSucceeded"
    head, middle, tail = job.rpartition("/")[2].split("-")
    assert (head, len(middle), len(tail)) == ("j0", 4, 2)
    assert query(client)["results"][0]["jobID"] == f"{head}-{middle}-{tail}"


def test_a_job_that_names_its_service_by_address(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("job-input-respelled")
    job = client.submit()
    client.ended(job)
    value = client.get(f"{job}/inputs/service_url")["value"]
    assert value == f"{server.site}{SERVICE}"


def test_messages_that_do_not_continue_the_last_ones(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("job-messages-roll")
    body = client.delete()
    assert len(body["messages"]) == 2
    assert "Submitted." not in [one["description"] for one in body["messages"]]


def test_answers_that_are_long_and_deep(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("huge-answer@info:1")
    server.fault("deep-answer@service:1")
    content = client.raw("/rest/info").content
    assert len(content) > 32_000_000
    assert content.startswith(b'{"currentVersion":11.3') and content.endswith(b"[0]]}")
    deep = client.raw(SERVICE).content
    assert deep.count(b"[") - deep.count(b"[", 0, 2000) >= 99_000
    assert client.get(SERVICE)["singleFusedMapCache"] is True


# Who gives tokens


@pytest.mark.parametrize("federated", [False, True])
def test_owners_that_send_secrets_elsewhere(rehearsal: Start, federated: bool) -> None:
    server = rehearsal(federated=federated)
    client = Client(server)
    root = server.site.rpartition("/")[0]
    host = f"https://{urlsplit(root).hostname}"
    mallory = "/mallory/rest/services/sharing"
    for name, owner, tokens in (
        ("owner-other-port", f"{root}/portal", f"{host}:44307{mallory}"),
        ("owner-other-path", f"{root}/portal", f"{root}{mallory}"),
    ):
        server.fault(f"{name}:1")
        info = client.get("/rest/info")
        assert (info["owningSystemUrl"], info["authInfo"]["tokenServicesUrl"]) == (owner, tokens)
    assert client.raw(f"{root}{mallory}/rest/generateToken", "POST", username="x").status_code == 404
    assert server.requests[-1].form["username"] == "x", "what arrives there is recorded"


@pytest.mark.parametrize(
    ("name", "owner"),
    [
        ("owner-is-site", "{site}"),
        ("owner-with-command", "https://portal.example$(touch pwned)"),
        ("owner-with-quotes", 'https://portal.example" & touch pwned & "'),
    ],
)
def test_owners_that_are_no_portals(server: Rehearsal, name: str, owner: str) -> None:
    client = Client(server)
    tokens = client.get("/rest/info")["authInfo"]["tokenServicesUrl"]
    server.fault(name)
    info = client.get("/rest/info")
    assert info["owningSystemUrl"] == owner.format(site=server.site)
    assert info["authInfo"]["tokenServicesUrl"] == tokens


def test_an_exchange_that_returns_the_portals_own_token(rehearsal: Start) -> None:
    server = rehearsal(federated=True)
    client = Client(server)
    server.fault("exchange-returns-same-token:1")
    form = {"f": "json", "token": client.token, "serverUrl": server.site}
    answers = [client.session.post(client.token_service, data=form).json()["token"] for _ in range(2)]
    assert [one == client.token for one in answers] == [True, False]


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("token-odd-body", {"token": None}),
        ("account-locked-500", {"error": {"code": 500, "message": "Account locked out", "details": []}}),
    ],
)
def test_refusals_of_a_later_sign_in(server: Rehearsal, name: str, body: Any) -> None:
    server.fault(f"{name}@token-again")
    client = Client(server)
    assert client.get(DELETE)["displayName"] == "DeleteCache"
    assert client.ask_for_token() == body
