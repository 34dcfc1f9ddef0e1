"""Faults of a site, of its tokens and of its services do what their sentences say."""

from __future__ import annotations

import json
from typing import Any

from support.rehearsal_client import ADMIN, DELETE, JOBS, REPORT, SERVICE, TOOLS, Client, Start, tiles_in, wait_for

from cachetools_core.rehearsal.server import Rehearsal


def test_short_lived_tokens_say_so_and_end(server: Rehearsal) -> None:
    server.fault("token-short-lived")
    client = Client(server)
    usual = 60 * 60 * 1000
    server.clear_faults()
    assert client.ask_for_token()["expires"] - client.signed_in["expires"] > usual - 10_000
    wait_for(lambda: client.get(TOOLS), lambda body: body.get("error", {}).get("code") == 498)


def test_tokens_end_unannounced_in_the_middle_of_a_job(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("token-expires-mid-job:1")
    job = client.submit()
    assert wait_for(lambda: client.get(job), lambda body: "error" in body)["error"]["code"] == 498
    assert Client(server).ended(job)["jobStatus"] == "esriJobSucceeded"


def test_a_locked_account(server: Rehearsal) -> None:
    server.fault("account-locked")
    client = Client(server)
    assert client.signed_in["error"]["details"] == ["Too many invalid attempts. Please try again later."]


def test_a_tokens_end_as_a_string(server: Rehearsal) -> None:
    server.fault("expires-as-string@token:1")
    assert Client(server).signed_in["expires"].isdigit()
    assert isinstance(Client(server).signed_in["expires"], int)


def test_a_token_address_on_another_host(rehearsal: Start) -> None:
    for options, path in (({}, "/arcgis/tokens/"), ({"federated": True}, "/portal/sharing/rest/generateToken")):
        server = rehearsal(faults=["wrong-token-host"], **options)
        address = Client(server).get("/rest/info")["authInfo"]["tokenServicesUrl"]
        assert address == f"https://tokens.invalid{path}"


def test_caching_tools_that_are_stopped_or_missing(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("caching-tools-stopped")
    for answer in (client.get(TOOLS), client.get(DELETE), client.post(f"{DELETE}/submitJob", service_url="x")):
        assert answer["error"]["message"] == "Service System/CachingTools/GPServer not started "
    status = client.get("/admin/services/System/CachingTools.GPServer/status")
    assert status["realTimeState"] == "STOPPED"
    server.clear_faults()
    server.fault("caching-tools-missing")
    assert client.get(TOOLS)["error"]["message"] == "Service System/CachingTools/GPServer not found "
    assert "System/CachingTools" not in [one["name"] for one in client.get("/rest/services/System")["services"]]
    assert client.get("/admin/services/System/CachingTools.GPServer")["code"] == 404
    assert server.submits == 0


def test_stopped_controllers_do_not_keep_a_cache_from_being_deleted(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("controllers-stopped")
    controllers = client.get("/rest/services/System/CachingControllers/GPServer")
    assert controllers["error"]["message"] == "Service System/CachingControllers/GPServer not started "
    status = client.get("/admin/services/System/CachingControllers.GPServer/status")
    assert status["realTimeState"] == "STOPPED"
    assert client.delete()["jobStatus"] == "esriJobSucceeded"


def test_reports_that_are_missing_refused_or_a_string(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("report-as-string@report:1")
    assert json.loads(client.report())["status"] == "EXISTS"
    server.fault("report-refused:1")
    assert client.post(REPORT, service_url="Rainfall:MapServer")["error"]["code"] == 403
    assert client.report()["status"] == "EXISTS"
    server.fault("reporting-tools-missing")
    assert client.post(REPORT, service_url="Rainfall:MapServer")["error"]["code"] == 404


def test_another_job_on_the_service(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("other-job-running")
    value = client.report()
    assert value["cacheExecutionStatus"] == "PROCESSING"
    assert {one["isRunning"] for one in value["lodInfos"]} == {"true"}
    listed = client.get(f"{JOBS}/query", startTime="0")["results"]
    assert [(one["status"], one["username"]) for one in listed] == [("esriJobExecuting", "somebody")]
    busy = client.get("/admin/services/System/CachingTools.GPServer/statistics")["summary"]["busy"]
    assert busy == 1
    job = client.submit()
    wait_for(lambda: client.get(job)["jobStatus"], lambda status: status == "esriJobWaiting")
    server.clear_faults()
    assert client.ended(job)["jobStatus"] == "esriJobSucceeded"
    assert client.report()["cacheExecutionStatus"] == "NONE"


def test_a_service_that_does_not_come_back_until_it_is_started(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("service-stays-stopped:1")
    client.delete()
    assert client.get(f"{ADMIN}/status") == {"configuredState": "STARTED", "realTimeState": "STOPPED"}
    assert client.get(SERVICE)["error"]["message"] == "Service Rainfall/MapServer not started "
    assert client.get(ADMIN)["properties"]["isCached"] == "false"
    assert client.post(f"{ADMIN}/start") == {"status": "success"}
    assert client.get(SERVICE)["singleFusedMapCache"] is False


def test_a_service_that_comes_back_slowly(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("slow-restart:1")
    client.delete()
    assert client.get(f"{ADMIN}/status")["realTimeState"] == "STARTING"
    looks = 0

    def look() -> Any:
        nonlocal looks
        looks += 1
        return client.get(SERVICE)

    assert wait_for(look, lambda body: "error" not in body)["singleFusedMapCache"] is False
    assert looks > 1


def test_a_service_that_changes_meanwhile(server: Rehearsal) -> None:
    client = Client(server)
    full = tiles_in(server)
    server.fault("cache-rebuilt-meanwhile:1")
    assert client.delete()["jobStatus"] == "esriJobSucceeded"
    assert (client.service()["singleFusedMapCache"], tiles_in(server)) == (True, full)
    server.fault("service-renamed-meanwhile:1")
    client.delete()
    assert client.get(SERVICE)["error"]["code"] == 404
    assert client.service("Rainfall_renamed/MapServer")["singleFusedMapCache"] is False
    server.rebuild_cache("Rainfall")
    server.fault("service-removed-meanwhile:1")
    client.delete()
    assert client.get(SERVICE)["error"]["code"] == 404


def test_metadata_that_is_stale_for_a_while(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("stale-metadata:1")
    client.delete()
    assert client.service()["singleFusedMapCache"] is True
    assert client.report()["status"] == "NONE"
    assert client.raw(f"{SERVICE}/tile/0/0/0").status_code == 404
    assert client.get(ADMIN)["properties"]["isCached"] == "false"
    wait_for(lambda: client.get(SERVICE)["singleFusedMapCache"], lambda cached: cached is False)


def test_an_admin_api_that_the_web_adaptor_hides(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("admin-closed")
    for path in ("/admin", ADMIN, f"{ADMIN}/status", f"{JOBS}/query", "/admin/generateToken"):
        page = client.raw(path)
        assert (page.status_code, page.text.startswith("<html>")) == (404, True)
    assert client.get(SERVICE)["singleFusedMapCache"] is True


def test_a_site_without_token_security_for_users(server: Rehearsal) -> None:
    server.fault("no-token-security")
    client = Client(server)
    assert client.get("/rest/info", signed_in=False)["authInfo"] == {"isTokenBasedSecurity": False}
    assert "token" not in client.signed_in
    assert client.get(TOOLS, signed_in=False)["error"]["code"] == 499
    client.token = client.ask_for_token(f"{server.site}/admin/generateToken")["token"]
    assert client.delete()["jobStatus"] == "esriJobSucceeded"


def test_a_site_that_is_read_only(server: Rehearsal) -> None:
    client, publisher = Client(server), Client(server, "publisher")
    assert publisher.get("/admin/mode")["siteMode"] == "EDITABLE"
    assert publisher.get("/admin/mode", signed_in=False)["code"] == 499
    server.fault("read-only-site")
    mode = client.get("/admin/mode")
    assert (mode["siteMode"], mode["copyConfigLocal"], mode["lastModified"] > 0) == ("READ_ONLY", True, True)
    refused = client.post(f"{DELETE}/submitJob", service_url="Rainfall:MapServer")
    assert (refused["error"]["code"], "read-only" in refused["error"]["details"][0]) == (400, True)
    assert server.submits == 0
