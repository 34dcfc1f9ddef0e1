"""One site: what it says of itself, its mode, its tasks, its services' state."""

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
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.server.site import SiteInfo, find_task, open_site, site_mode, tools_state
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.waiting import Patience, Run

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
        found = find_task(wire, site, "DeleteCache")
    assert (found.tools, found.url) == ("CachingTools", f"{site}/{TOOLS}/Delete%20Cache")
    assert found.inputs == {"service_url", "thread_count"} and found.required == {"service_url"}


@pytest.mark.parametrize("first", [NOT_FOUND, {"tasks": ["ManageMapCacheTiles"]}, {"tasks": None}, {}])
def test_the_task_in_the_tools_of_pros_own_services(first: object) -> None:
    with answering({TOOLS: first, EX: {"tasks": ["DeleteCache"]}, f"{EX}/DeleteCache": {}}) as (wire, site, _):
        found = find_task(wire, site, "DeleteCache")
    assert (found.tools, found.inputs, found.required) == ("CachingToolsEx", frozenset(), frozenset())


def test_no_tools_with_the_task_names_both_and_what_to_start() -> None:
    with (
        answering({TOOLS: NOT_FOUND, EX: {"tasks": ["x"]}}) as (wire, site, _),
        pytest.raises(
            CannotDelete,
            match="System/CachingTools: 'Service not found'; System/CachingToolsEx lists no task DeleteCache",
        ) as caught,
    ):
        find_task(wire, site, "DeleteCache")
    assert "Start System/CachingTools" in caught.value.remedy


def test_tools_that_the_account_may_not_see_are_a_matter_of_permission() -> None:
    refused = {"error": {"code": 403, "message": "You do not have permissions", "details": []}}
    with answering({TOOLS: refused}) as (wire, site, server), pytest.raises(NotPermitted):
        find_task(wire, site, "DeleteCache")
    assert [path for path, _ in server.asked] == [TOOLS], "the other tools aren't asked for"


def test_the_state_of_the_tools() -> None:
    path = "admin/services/System/CachingTools.GPServer/status"
    with answering({path: {"configuredState": "STARTED", "realTimeState": "STOPPED"}}) as (wire, site, _):
        assert tools_state(wire, site, "CachingTools") == "STOPPED"


def test_the_mode_of_the_site() -> None:
    with answering({"admin/mode": {"siteMode": "Read_Only"}}) as (wire, site, _):
        assert site_mode(wire, site) == "READ_ONLY"


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
                find_task(wire, site, "DeleteCache")
            assert caught.value.message_id == kind
