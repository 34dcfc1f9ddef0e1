"""What the rehearsal server answers has the keys and types that real servers were seen or documented to send."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.rehearsal_client import DELETE, Client, wait_for

from cachetools_core.rehearsal.server import Rehearsal

ADDED_SINCE_101 = {"exportTilesAllowed"}
ADDED_AT_11 = {"cimVersion", "storageInfo", "minLOD", "maxLOD"}


@pytest.fixture(scope="module")
def old(rainfall: Path) -> Iterator[Client]:
    with Rehearsal(version="10.8.1", rainfall=rainfall) as server:
        yield Client(server)


@pytest.fixture(scope="module")
def new(rainfall: Path) -> Iterator[Client]:
    with Rehearsal(version="11.3", rainfall=rainfall) as server:
        yield Client(server)


@pytest.fixture(scope="module")
def federated(rainfall: Path) -> Iterator[Client]:
    with Rehearsal(federated=True, rainfall=rainfall) as server:
        yield Client(server)


def shape(value: Any) -> Any:
    """The keys and types of a body; of a list the shapes that its elements have."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        kinds = []
        for part in map(shape, value):
            if part not in kinds:
                kinds.append(part)
        return kinds
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return type(value).__name__
    return "number"


def captured(shared: Path, name: str) -> Any:
    return json.loads((shared / "wire" / f"{name}.json").read_text("utf-8"))


def started(client: Client) -> None:
    client.server.rebuild_cache("Rainfall")


@pytest.mark.parametrize(
    ("capture", "path"),
    [
        ("capture_1081_System_CachingTools_GPServer_pjson", "/rest/services/System/CachingTools/GPServer"),
        ("capture_1081_System_CachingToolsEx_GPServer_pjson", "/rest/services/System/CachingToolsEx/GPServer"),
        ("capture_1081_System_CachingControllers_GPServer_pjson", "/rest/services/System/CachingControllers/GPServer"),
        ("capture_1081_System_ReportingTools_GPServer_pjson", "/rest/services/System/ReportingTools/GPServer"),
        (
            "capture_1081_System_ReportingTools_info_iteminfo_pjson",
            "/rest/services/System/ReportingTools/GPServer/info/iteminfo",
        ),
    ],
)
def test_the_toolboxes_of_1081_are_the_captured_ones_to_the_letter(
    shared: Path, old: Client, capture: str, path: str
) -> None:
    assert old.get(path) == captured(shared, capture)


def test_the_delete_task_of_1081_is_the_captured_one_but_for_the_host_of_its_help(shared: Path, old: Client) -> None:
    capture = captured(shared, "capture_1081_System_CachingTools_DeleteCache_pjson")
    body = old.get(DELETE)
    assert body.pop("helpUrl").split("/rest/")[1] == capture.pop("helpUrl").split("/rest/")[1]
    assert body == capture


def test_the_delete_task_lists_delete_options_from_11_on(new: Client, old: Client) -> None:
    assert [one["name"] for one in new.get(DELETE)["parameters"]] == [
        "service_url",
        "thread_count",
        "cache_path",
        "in_delete_options",
        "out_service_url",
    ]
    assert shape(new.get(DELETE)) == shape(old.get(DELETE))


def test_the_report_task_begins_as_the_cut_capture_does(shared: Path, old: Client) -> None:
    capture = captured(shared, "capture_1081_ReportCacheStatus_pjson_TRUNCATED")
    body = old.get("/rest/services/System/ReportingTools/GPServer/ReportCacheStatus")
    assert body["parameters"][: len(capture["parameters"])] == capture["parameters"]
    assert shape(body) == shape(capture)


def test_a_cached_map_service_has_the_captured_keys(shared: Path, old: Client, new: Client) -> None:
    capture = captured(shared, "capture_1011_cached_MapServer")
    # The captured map has a vertical coordinate system, which belongs to its data.
    for name in ("vcsWkid", "latestVcsWkid"):
        capture["tileInfo"]["spatialReference"].pop(name)
    for client, added in ((old, ADDED_SINCE_101), (new, ADDED_SINCE_101 | ADDED_AT_11)):
        started(client)
        body = client.get("/rest/services/Rainfall/MapServer")
        assert set(body) - set(capture) == added
        assert shape({key: body[key] for key in capture}) == shape(capture)
        in_common = [key for key in body if key in capture]
        assert in_common == list(capture), "the order is the captured one"


def test_a_report_has_the_documented_keys(shared: Path, new: Client) -> None:
    started(new)
    answer = new.post(
        "/rest/services/System/ReportingTools/GPServer/ReportCacheStatus/execute", service_url="Rainfall:MapServer"
    )
    assert shape(answer["results"][0]["value"]) == shape(captured(shared, "arcgis244_docstring_report_cache_status"))


def test_rest_info_is_shaped_as_captured(shared: Path, old: Client, federated: Client) -> None:
    capture = captured(shared, "capture_1061_standalone_rest_info")
    assert shape(old.get("/rest/info", signed_in=False)) == shape(capture)
    documented = captured(shared, "doc_mission_108_federated_rest_root")
    body = federated.get("/rest/info", signed_in=False)
    # The example is a Mission Server's, which has no SOAP interface.
    assert set(body) - set(documented) == {"soapUrl", "secureSoapUrl"}
    assert shape({key: body[key] for key in documented}) == shape(documented)


def test_a_portal_says_where_its_tokens_come_from(shared: Path, federated: Client) -> None:
    body = federated.get(f"{federated.server.portal}/sharing/rest/info", signed_in=False)
    assert shape(body) == shape(captured(shared, "fixture_restjs_sharing_rest_info"))


def test_folder_listings_are_shaped_as_captured(shared: Path, old: Client) -> None:
    capture = captured(shared, "capture_103_rest_services_folder_pjson")
    listing = old.get("/rest/services/System")
    assert shape(listing) == shape(capture)
    assert listing["services"] and all(one["name"].startswith("System/") for one in listing["services"])


def test_tokens_are_shaped_as_documented(shared: Path, new: Client, federated: Client) -> None:
    assert shape(new.signed_in) == shape(captured(shared, "doc_generate_admin_token_response_numeric_expires"))
    assert shape(federated.signed_in) == shape(captured(shared, "capture_community_portal_token_success"))


def test_an_end_can_be_the_documented_string(shared: Path, rainfall: Path) -> None:
    with Rehearsal(rainfall=rainfall, faults=["expires-as-string"]) as server:
        documented = captured(shared, "doc_admin_generateToken_response_string_expires")
        assert shape(Client(server).signed_in) == shape(documented)


def test_refused_sign_in_is_shaped_as_captured(shared: Path, federated: Client) -> None:
    url = f"{federated.server.portal}/sharing/rest/generateToken"
    absent = federated.session.post(url, data={"f": "json"}).json()
    assert absent == captured(shared, "capture_github_portal_generateToken_missing_params")
    wrong = {"username": federated.server.username, "password": "wrong", "client": "requestip", "f": "json"}
    refused = federated.session.post(url, data=wrong).json()
    assert refused == captured(shared, "fixture_restjs_err_400_generate_token")


def test_authorisation_errors_are_the_captured_ones(shared: Path, new: Client) -> None:
    system = "/rest/services/System/CachingTools/GPServer"
    assert new.get(system, signed_in=False) == captured(shared, "capture_server_err_499_token_required")
    assert new.get(system, signed_in=False, token="x") == captured(shared, "capture_server_err_498_invalid_token")
    refused = new.get("/admin/services", signed_in=False)
    assert refused == captured(shared, "doc_admin_err_499_token_not_found")


def test_a_forbidden_service_is_shaped_as_captured(shared: Path, new: Client) -> None:
    account = new.server.accounts["user"]
    fields = {"username": account.username, "password": account.password, "client": "requestip", "f": "json"}
    token = new.session.post(f"{new.server.site}/tokens/", data=fields).json()["token"]
    refused = new.get("/rest/services/System/CachingTools/GPServer", signed_in=False, token=token)
    assert shape(refused) == shape(captured(shared, "fixture_restjs_err_403_no_permission"))
    # protocol.md 2.7, captured: the path is in lower case with a dot.
    message = "User does not have permissions to access 'system/cachingtools.gpserver'."
    assert refused["error"]["message"] == message


def test_missing_and_stopped_services_are_told_in_the_captured_words(shared: Path, new: Client) -> None:
    missing = captured(shared, "capture_err_404_service_not_found")
    missing["error"]["message"] = missing["error"]["message"].replace("Layers_Anno_Pro", "Nothing")
    assert new.get("/rest/services/Nothing/MapServer") == missing
    stopped = captured(shared, "capture_err_500_service_not_started")
    stopped["error"]["message"] = stopped["error"]["message"].replace("2018FEB/Basemap_102100", "Rainfall")
    new.server.stop_service("Rainfall")
    try:
        assert new.get("/rest/services/Rainfall/MapServer") == stopped
    finally:
        new.server.start_service("Rainfall")


def test_an_unknown_admin_operation_is_told_in_the_captured_words(shared: Path, new: Client) -> None:
    assert new.get("/admin/clearRestCache") == captured(shared, "capture_113_admin_err_404_unknown_operation")


def test_the_admin_api_is_shaped_as_documented(shared: Path, new: Client) -> None:
    status = new.get("/admin/services/Rainfall.MapServer/status")
    assert shape(status) == shape(captured(shared, "doc_admin_service_status"))
    assert shape(new.get("/admin/info")) == shape(captured(shared, "doc_admin_info_video_server_120"))
    assert new.post("/admin/services/Rainfall.MapServer/stop") == captured(shared, "doc_admin_success")
    assert new.post("/admin/services/Rainfall.MapServer/start") == captured(shared, "doc_admin_success")
    refused = new.post("/admin/services/System/CachingTools.GPServer/jobs/j1/cancel")
    assert shape(refused) == shape(captured(shared, "doc_admin_cancel_job_error"))


def test_jobs_are_shaped_as_documented(shared: Path, rainfall: Path) -> None:
    with Rehearsal(rainfall=rainfall, version="10.8.1", job_seconds=4) as server:
        client = Client(server)
        submitted = client.post(f"{DELETE}/submitJob", service_url="Rainfall:MapServer")
        for name in ("doc_submitJob_response", "fixture_restjs_submitJob"):
            assert shape(submitted) == shape(captured(shared, name))
            assert submitted["jobStatus"] == captured(shared, name)["jobStatus"]
        path = f"{DELETE}/jobs/{submitted['jobId']}"
        wait_for(lambda: client.get(path)["jobStatus"], lambda status: status == "esriJobExecuting")
        executing = captured(shared, "doc_job_executing")
        body = client.get(path)
        assert shape(body) == shape(executing)
        assert body["messages"][:2] == executing["messages"]
        cancelled = client.post(f"{path}/cancel")
        assert shape(cancelled) == shape(captured(shared, "doc_cancel_job_response"))
        wait_for(lambda: client.get(path)["jobStatus"], lambda status: status == "esriJobCancelled")
        expected = captured(shared, "fixture_restjs_job_cancelled")
        assert shape(client.get(path)) == shape(expected)
        assert client.get(path)["messages"][-1] == expected["messages"][-1]


def test_a_finished_job_lists_results_and_inputs(new: Client) -> None:
    started(new)
    body = new.delete()
    assert body["results"] == {"out_service_url": {"paramUrl": "results/out_service_url"}}
    assert set(body["inputs"]) == {"service_url", "thread_count", "cache_path", "in_delete_options"}
    path = f"{DELETE}/jobs/{body['jobId']}"
    result = new.get(f"{path}/results/out_service_url")
    assert shape(result) == {"paramName": "str", "dataType": "str", "value": "str"}
    assert new.get(f"{path}/results") == [result]
    assert new.get(f"{path}/inputs/service_url")["value"] == "Rainfall:MapServer"
