"""One site: what it says of itself, its deletion task, its services' state, its jobs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from support.body_server import BodyServer
from support.clocks import FastClock
from support.story import delete, service_url

from cachetools_core.errors import CannotDelete, NotArcGIS, NotPermitted, ServerSaysNo
from cachetools_core.naming.service import ServiceReference
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.server.following import Patience
from cachetools_core.server.site import (
    SiteInfo,
    advertised_in_admin,
    find_delete_task,
    is_named,
    list_jobs,
    open_site,
    service_of_job,
    tools_state,
)
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.waiting import Run

JOBS = "admin/services/System/CachingTools.GPServer/jobs/query"
TOOLS = "rest/services/System/CachingTools/GPServer"
EX = "rest/services/System/CachingToolsEx/GPServer"
NOT_FOUND = {"error": {"code": 404, "message": "Service not found", "details": []}}


@contextmanager
def answering(answers: dict[str, object]) -> Iterator[tuple[Any, str, BodyServer]]:
    """A wire to a site without sign-in that gives these answers, its address and its server."""
    given = {path: json.dumps(answer).encode() for path, answer in answers.items()}
    with BodyServer(given.get) as server:
        yield PlainWire(Trust(), Run(FastClock(), 1e6, lambda: False)), server.site, server


def info(**answer: object) -> SiteInfo:
    with answering({"rest/info": answer}) as (wire, site, _):
        return open_site(wire, site)


def test_what_a_stand_alone_site_says(server: Rehearsal) -> None:
    wire = PlainWire(Trust(ca_file=server.ca_file), Run(FastClock(), 1e6, lambda: False))
    assert open_site(wire, server.site) == SiteInfo(server.site, "11.3.0", f"{server.site}/tokens/", "", 120)


def test_what_a_federated_site_says(rehearsal: Callable[..., Rehearsal]) -> None:
    server = rehearsal(federated=True)
    found = open_site(
        PlainWire(Trust(ca_file=server.ca_file), Run(FastClock(), 1e6, lambda: False)),
        f"{server.site[:-7]}/server",
    )
    assert (found.portal, found.token_service) == (server.portal, f"{server.portal}/sharing/rest/generateToken")
    assert found.token_minutes is None


@pytest.mark.parametrize("said", [{}, {"currentVersion": None}, {"fullVersion": ["11"]}, {"services": []}])
def test_an_answer_without_a_version_is_no_arcgis_server(said: dict[str, object]) -> None:
    with pytest.raises(NotArcGIS, match="doesn't say a version"):
        info(**said)


@pytest.mark.parametrize(
    ("said", "token_service", "portal", "minutes"),
    [
        ({}, "", "", None),
        ({"authInfo": None}, "", "", None),
        ({"authInfo": "x"}, "", "", None),
        ({"authInfo": {"tokenServicesUrl": 7}}, "", "", None),
        ({"authInfo": {"tokenServicesUrl": "t", "shortLivedTokenValidity": 30}}, "t", "", 30),
        ({"authInfo": {"tokenServicesUrl": "t", "shortLivedTokenValidity": 0}}, "t", "", None),
        ({"authInfo": {"tokenServicesUrl": "t", "shortLivedTokenValidity": "60"}}, "t", "", None),
        ({"owningSystemUrl": "https://p/portal/", "authInfo": {"tokenServicesUrl": "https://h/tokens"}},
         "https://h/tokens", "", None),
        ({"owningSystemUrl": "https://p/portal/", "authInfo": {"tokenServicesUrl": "https://p/portal/Sharing/x"}},
         "https://p/portal/Sharing/x", "https://p/portal", None),
        ({"owningSystemUrl": 7, "authInfo": {"tokenServicesUrl": "https://p/sharing/x"}},
         "https://p/sharing/x", "", None),
    ],
)  # fmt: skip
def test_where_tokens_come_from(said: dict[str, object], token_service: str, portal: str, minutes: int | None) -> None:
    found = info(currentVersion=10.81, **said)
    assert (found.version, found.token_service, found.portal, found.token_minutes) == (
        "10.81", token_service, portal, minutes,
    )  # fmt: skip


def task(*parameters: object) -> dict[str, object]:
    return {"name": "DeleteCache", "parameters": list(parameters)}


def parameter(name: str, kind: str = "Optional", direction: str = "Input") -> dict[str, str]:
    return {
        "name": name,
        "direction": f"esriGPParameterDirection{direction}",
        "parameterType": f"esriGPParameterType{kind}",
    }


def test_the_task_as_the_server_lists_it() -> None:
    listed = task(
        parameter("service_url", "Required"), parameter("thread_count"), parameter("x", direction="Output"), 7
    )
    answers = {TOOLS: {"tasks": [7, "ManageCache", "Delete Cache"]}, f"{TOOLS}/Delete%20Cache": listed}
    with answering(answers) as (wire, site, _):
        found = find_delete_task(wire, site)
    assert (found.service, found.url) == ("CachingTools", f"{site}/{TOOLS}/Delete%20Cache")
    assert found.inputs == {"service_url", "thread_count"} and found.required == {"service_url"}


@pytest.mark.parametrize("first", [NOT_FOUND, {"tasks": ["ManageMapCacheTiles"]}, {"tasks": None}, {}])
def test_the_task_in_the_tools_of_pros_own_services(first: object) -> None:
    with answering({TOOLS: first, EX: {"tasks": ["DeleteCache"]}, f"{EX}/DeleteCache": {}}) as (wire, site, _):
        found = find_delete_task(wire, site)
    assert (found.service, found.inputs, found.required) == ("CachingToolsEx", frozenset(), frozenset())


def test_no_tools_with_the_task_names_both_and_what_to_start() -> None:
    with (
        answering({TOOLS: NOT_FOUND, EX: {"tasks": ["x"]}}) as (wire, site, _),
        pytest.raises(
            CannotDelete,
            match="System/CachingTools: 'Service not found'; System/CachingToolsEx lists no task DeleteCache",
        ) as caught,
    ):
        find_delete_task(wire, site)
    assert "Start System/CachingTools" in caught.value.remedy


def test_tools_that_the_account_may_not_see_are_a_matter_of_permission() -> None:
    refused = {"error": {"code": 403, "message": "You do not have permissions", "details": []}}
    with answering({TOOLS: refused}) as (wire, site, server), pytest.raises(NotPermitted):
        find_delete_task(wire, site)
    assert [path for path, _ in server.asked] == [TOOLS], "the other tools aren't asked for"


def test_the_state_of_the_tools() -> None:
    path = "admin/services/System/CachingTools.GPServer/status"
    with answering({path: {"configuredState": "STARTED", "realTimeState": "STOPPED"}}) as (wire, site, _):
        assert tools_state(wire, site, "CachingTools") == "STOPPED"


@pytest.mark.parametrize(
    ("properties", "cached"),
    [
        ({"isCached": "true"}, True), ({"isCached": "FALSE"}, False), ({"isCached": True}, True),
        ({"isCached": "maybe"}, None), ({}, None), (None, None), ([], None),
    ],
)  # fmt: skip
def test_what_the_administrator_api_holds_for_cached(properties: object, cached: bool | None) -> None:
    with answering({"admin/services/F/Rain.MapServer": {"properties": properties}}) as (wire, site, _):
        assert advertised_in_admin(wire, ServiceReference(site, "F", "Rain", "MapServer")) is cached


@pytest.mark.parametrize("key", ["jobId", "jobid", "JobID", "job_id", "id"])
def test_the_jobs_of_the_caching_tools(key: str) -> None:
    with answering({JOBS: {"results": [{key: "j1"}, {key: "j2", "status": "x"}]}}) as (wire, site, server):
        assert list_jobs(wire, site, "CachingTools") == {"j1", "j2"}
    assert server.asked[0][1]["startTime"] == ["0"]


@pytest.mark.parametrize(
    "answer",
    [
        {}, {"results": None}, {"results": "j1"}, {"results": [{"jobId": "j1"}, {}]}, {"results": [{"jobId": 7}]},
        {"results": ["j1"]}, {"results": [{"jobId": "j1"}], "nextStart": 1001},
    ],
)  # fmt: skip
def test_a_list_of_jobs_that_proves_nothing(answer: object) -> None:
    with answering({JOBS: answer}) as (wire, site, _), pytest.raises(NotArcGIS, match="isn't in the documented form"):
        list_jobs(wire, site, "CachingTools")


def test_an_empty_list_of_jobs_is_one() -> None:
    with answering({JOBS: {"results": [], "nextStart": -1}}) as (wire, site, _):
        assert list_jobs(wire, site, "CachingTools") == frozenset()


@pytest.mark.parametrize(
    ("value", "ours"),
    [
        ("F/Rain:MapServer", True), ("f/rain:mapserver", True), ("{url}", True), ("{url}/", True),
        ("F/Snow:MapServer", False), ("Rain:MapServer", False), ("", False), (7, False), (None, False),
    ],
)  # fmt: skip
def test_whose_job_it_is(value: object, ours: bool) -> None:
    with BodyServer(lambda path: json.dumps({"value": given}).encode()) as server:
        service = ServiceReference(server.site, "F", "Rain", "MapServer")
        given = value.format(url=service.url) if isinstance(value, str) else value
        wire: Any = PlainWire(Trust(), Run(FastClock(), 1e6, lambda: False))
        assert is_named(service, service_of_job(wire, f"{server.site}/{TOOLS}/DeleteCache/jobs/j1")) is ours


def test_a_service_left_stopped_is_started(rehearsal: Callable[..., Rehearsal]) -> None:
    server = rehearsal(faults=["service-stays-stopped"])
    receipt = delete(server, patience=Patience(restart=10.0))
    assert receipt.verdict.value == "deleted" and server.state("Rainfall") == "STARTED"
    (start,) = [request for request in server.requests if request.step == "start"]
    assert start.method == "POST" and start.form["token"], (
        "documented: a POST of the admin API has its token in the body"
    )
    assert service_url(server) == receipt.output_url


def test_refused_tools_are_no_missing_tools() -> None:
    """401, 403, 498 and 499 end the search; anything else goes on to the next tools."""
    for code, kind in ((498, "CT302"), (499, "CT302"), (403, "CT303")):
        with answering({TOOLS: {"error": {"code": code, "message": "no"}}}) as (wire, site, _):
            with pytest.raises(ServerSaysNo) as caught:
                find_delete_task(wire, site)
            assert caught.value.message_id == kind
