"""Every named fault of the rehearsal server does what its sentence says, where it says, as often as it is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from support.rehearsal_client import DELETE, REPORT, TOOLS, Client, wait_for

from cachetools_core.rehearsal.faults import FAULTS, STEPS, UnknownFault
from cachetools_core.rehearsal.server import Rehearsal

Start = Callable[..., Rehearsal]

SERVICE = "/rest/services/Rainfall/MapServer"
ADMIN = "/admin/services/Rainfall.MapServer"
JOBS = "/admin/services/System/CachingTools.GPServer/jobs"

PAGES = {
    "negotiate-401": 401,
    "http-403": 403,
    "http-404": 404,
    "http-429": 429,
    "http-500": 500,
    "http-502": 502,
    "http-503": 503,
    "http-504": 504,
    "http-502-after": 502,
    "http-504-after": 504,
    "html-login": 200,
}
BROKEN_BODIES = {"truncated-json", "empty-body", "not-json"}
ERROR_BODIES = {
    "json-500": {"error": {"code": 500, "message": "Error performing operation", "details": []}},
    "json-status-error": {"status": "error", "messages": ["Server machine is not available."], "code": 500},
    "json-status-failed": {"status": "failed", "statusMessage": "The operation failed."},
    "json-code-400": {"code": 400, "message": "Invalid or missing input parameters", "details": []},
}
BROKEN_CONNECTIONS = {"refuse", "reset-before", "reset-during", "reset-after"}
SILENT = {"blackhole-before", "blackhole-during", "blackhole-after", "drip"}
REDIRECTS = {
    "redirect-https": "https://localhost:{port}/arcgis{path}",
    "redirect-loop": "https://localhost:{port}/arcgis{path}",
    "redirect-other-host": "https://gis.invalid/arcgis{path}",
}
AUTHORISATION = {"token-498": 498, "token-499": 499, "access-denied": 403}
TESTED_ALONE = {
    "bom",
    "endless-body",
    "lost-submit-answer",
    "token-short-lived",
    "token-expires-mid-job",
    "account-locked",
    "expires-as-string",
    "wrong-token-host",
    "job-no-results",
    "job-late-results",
    "job-no-messages",
    "job-waits-forever",
    "server-restarts",
    "caching-tools-stopped",
    "caching-tools-missing",
    "controllers-stopped",
    "reporting-tools-missing",
    "report-refused",
    "report-as-string",
    "other-job-running",
    "service-stays-stopped",
    "slow-restart",
    "service-removed-meanwhile",
    "service-renamed-meanwhile",
    "cache-rebuilt-meanwhile",
    "stale-metadata",
    "admin-closed",
    "huge-message",
    "control-characters",
    "html-in-messages",
    "hostile-job-id",
    "hostile-result-url",
}
JOB_ENDS = {name for name, fault in FAULTS.items() if fault.end}
PROCESSED = {
    "reset-during",
    "reset-after",
    "blackhole-during",
    "blackhole-after",
    "drip",
    "truncated-json",
    "empty-body",
    "not-json",
    "http-502-after",
    "http-504-after",
}


def test_every_fault_is_tested_here() -> None:
    groups: list[Any] = [PAGES, BROKEN_BODIES, ERROR_BODIES, BROKEN_CONNECTIONS, SILENT, REDIRECTS, AUTHORISATION]
    tested = [name for group in [*groups, TESTED_ALONE, JOB_ENDS] for name in group]
    assert sorted(tested) == sorted(FAULTS)
    assert len(FAULTS) >= 60


def tiles_in(server: Rehearsal) -> int:
    cache = server.cache("Rainfall")
    return sum(count for count, _ in cache.counts().values()) if cache.exists() else 0


# What comes over the wire


@pytest.mark.parametrize("name", PAGES)
def test_pages_instead_of_answers(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@service:1")
    page = client.raw(SERVICE)
    assert page.status_code == PAGES[name]
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.text.startswith("<html>")
    assert page.headers.get("WWW-Authenticate") == ("Negotiate" if name == "negotiate-401" else None)
    assert page.headers.get("Retry-After") == ("1" if name == "http-429" else None)
    assert client.get(SERVICE)["singleFusedMapCache"] is True


@pytest.mark.parametrize("name", sorted(BROKEN_BODIES))
def test_bodies_that_are_no_json(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@service:1")
    answer = client.raw(SERVICE)
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        json.loads(answer.content)


@pytest.mark.parametrize("name", ERROR_BODIES)
def test_error_objects_with_http_200(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@service:1")
    answer = client.raw(SERVICE)
    assert (answer.status_code, answer.json()) == (200, ERROR_BODIES[name])


def test_a_byte_order_mark_before_a_right_answer(server: Rehearsal) -> None:
    server.fault("bom@service")
    content = Client(server).raw(SERVICE).content
    assert content.startswith(b"\xef\xbb\xbf")
    assert json.loads(content.decode("utf-8-sig"))["singleFusedMapCache"] is True


@pytest.mark.parametrize("name", sorted(BROKEN_CONNECTIONS))
def test_connections_that_break(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@service:1")
    # urllib3 before 2 takes half a body for a whole one, so that only the JSON in it shows what is missing.
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError, ValueError)):
        client.raw(SERVICE).json()


def test_a_server_that_refuses_connections_comes_back(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("refuse@service:1")
    refusals: list[str] = []

    def look() -> bool:
        try:
            return "error" not in client.get(SERVICE)
        except requests.ConnectionError as error:
            refusals.append(str(error))
            return False

    wait_for(look, bool)
    assert any("refused" in text for text in refusals)


@pytest.mark.parametrize("name", sorted(SILENT))
def test_answers_that_do_not_come(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@service:1")
    with pytest.raises((requests.Timeout, requests.ConnectionError)) as caught:
        client.session.get(server.site + SERVICE, params={"f": "json"}, timeout=0.1)
    assert "Read timed out" in str(caught.value)


def test_a_dripping_answer_is_right_in_the_end(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("drip@info:1")
    assert client.get("/rest/info/healthCheck") == {"success": True}


def test_a_body_without_an_end(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("endless-body@service:1")
    with client.session.get(server.site + SERVICE, params={"f": "json"}, stream=True, timeout=20) as answer:
        assert sum(len(answer.raw.read(65536)) for _ in range(200)) > 10_000_000
    assert client.get(SERVICE)["singleFusedMapCache"] is True


@pytest.mark.parametrize("name", REDIRECTS)
def test_redirects(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(f"{name}@service:1")
    answer = client.raw(SERVICE)
    target = REDIRECTS[name].format(port=urlsplit(server.site).port, path=SERVICE)
    assert (answer.status_code, answer.headers["Location"]) == (302, target)


def test_a_redirect_from_http_to_https(rehearsal: Start) -> None:
    server = rehearsal(http=True, faults=["redirect-https@info"])
    answer = Client(server).raw("/rest/info")
    assert answer.headers["Location"].startswith("https://localhost:")


@pytest.mark.parametrize("name", AUTHORISATION)
def test_authorisation_errors(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(name)
    assert client.get(SERVICE)["error"]["code"] == AUTHORISATION[name]
    assert client.get(ADMIN)["code"] == AUTHORISATION[name]
    assert "currentVersion" in client.get("/rest/info")
    assert "token" in client.ask_for_token()


@pytest.mark.parametrize("name", sorted(name for name, fault in FAULTS.items() if "submit" in fault.steps))
def test_whether_a_submit_was_processed(server: Rehearsal, name: str) -> None:
    client = Client(server)
    server.fault(name if name in ("lost-submit-answer", "hostile-job-id") else f"{name}@submit:1")
    try:
        url = f"{server.site}{DELETE}/submitJob"
        form = {"service_url": "Rainfall:MapServer", "token": client.token, "f": "json"}
        patience = 0.3 if name in SILENT else 20
        with client.session.post(url, data=form, timeout=patience, allow_redirects=False, stream=True) as answer:
            answer.raw.read(10)
    except requests.RequestException:
        assert name in BROKEN_CONNECTIONS | SILENT | {"lost-submit-answer"}
    wait_for(lambda: server.requests[-1].step, lambda step: step == "submit")
    assert len(server.jobs) == server.submits
    processed = PROCESSED | {"lost-submit-answer", "bom", "endless-body", "hostile-job-id"}
    assert server.submits == int(name in processed)


# Where and how often


def requests_by_step(server: Rehearsal) -> dict[str, Callable[[Client], requests.Response]]:
    token = {"username": server.username, "password": server.password, "client": "requestip"}
    portal = f"{server.portal}/sharing/rest"
    job = f"{DELETE}/jobs/j0"
    return {
        "info": lambda client: client.raw("/rest/info"),
        "token": lambda client: client.raw(f"{portal}/generateToken", "POST", **token),
        "exchange": lambda client: client.raw(
            f"{portal}/generateToken", "POST", token=client.token, serverUrl=server.site
        ),
        "catalog": lambda client: client.raw("/rest/services/System"),
        "service": lambda client: client.raw(SERVICE),
        "tile": lambda client: client.raw(f"{SERVICE}/tile/0/0/0"),
        "reporting": lambda client: client.raw(REPORT.rpartition("/")[0]),
        "report": lambda client: client.raw(REPORT, "POST", service_url="Rainfall:MapServer"),
        "tasks": lambda client: client.raw(TOOLS),
        "task": lambda client: client.raw(DELETE),
        "submit": lambda client: client.raw(f"{DELETE}/submitJob", "POST", service_url="Rainfall:MapServer"),
        "job": lambda client: client.raw(job),
        "result": lambda client: client.raw(f"{job}/results/out_service_url"),
        "cancel": lambda client: client.raw(f"{job}/cancel", "POST"),
        "admin": lambda client: client.raw("/admin/info"),
        "admin-service": lambda client: client.raw(ADMIN),
        "status": lambda client: client.raw(f"{ADMIN}/status"),
        "start": lambda client: client.raw(f"{ADMIN}/start", "POST"),
        "stop": lambda client: client.raw(f"{ADMIN}/stop", "POST"),
        "jobs-query": lambda client: client.raw(f"{JOBS}/query", startTime="0"),
        "portal": lambda client: client.raw(f"{portal}/portals/self"),
    }


@pytest.mark.parametrize("step", STEPS)
def test_a_fault_strikes_at_its_step_only_and_so_many_times(rehearsal: Start, step: str) -> None:
    server = rehearsal(federated=True)
    client = Client(server)
    asked = requests_by_step(server)
    server.fault(f"http-503@{step}:2")
    for other in STEPS:
        if other != step:
            assert asked[other](client).status_code != 503, other
    assert [asked[step](client).status_code for _ in range(3)][:2] == [503, 503]
    assert asked[step](client).status_code != 503
    assert {record.step for record in server.requests if record.fault} == {step}


def test_a_fault_can_wait_for_the_submit_or_end_with_it(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("http-502@service-before")
    server.fault("http-504@service-after")
    assert client.raw(SERVICE).status_code == 502
    client.delete()
    assert client.raw(SERVICE).status_code == 504
    server.clear_faults()
    client.service()
    server.fault("http-504@service-after")
    assert client.raw(SERVICE).status_code == 200


def test_a_fault_without_a_step_strikes_everywhere_until_it_is_switched_off(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("http-503")
    assert [client.raw(path).status_code for path in (SERVICE, TOOLS, "/rest/info", ADMIN)] == [503] * 4
    server.clear_faults()
    assert client.raw(SERVICE).status_code == 200


@pytest.mark.parametrize(
    "text", ["nonsense", "drip@nowhere", "drip:0", "drip:-1", "job-failed@job", "report-refused@job"]
)
def test_a_fault_that_cannot_be_is_refused(server: Rehearsal, text: str) -> None:
    with pytest.raises(UnknownFault):
        server.fault(text)


# Tokens


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


# How jobs end


@pytest.mark.parametrize("name", sorted(JOB_ENDS))
def test_a_job_ends_as_told_and_the_cache_is_as_told(server: Rehearsal, name: str) -> None:
    client = Client(server)
    full = tiles_in(server)
    server.fault(f"{name}:1")
    job = client.submit()
    wait_for(lambda: server.jobs[0].ended, bool)
    body = client.get(job)
    end = FAULTS[name].end
    if end == "gone":
        assert "does not exist" in body["error"]["details"][0]
    elif end == "no status":
        assert "jobStatus" not in body and body["jobId"]
    elif end == "failed without messages":
        assert (body["jobStatus"], body["messages"]) == ("esriJobFailed", [])
    else:
        assert body["jobStatus"] == end
        assert ("results" in body) == (end == "esriJobSucceeded")
    left = {"stays": {full}, "half": set(range(1, full)), "gone": {0}}[FAULTS[name].effect]
    assert tiles_in(server) in left
    gone = FAULTS[name].effect == "gone"
    assert server.cache("Rainfall").exists() is not gone
    assert client.service()["singleFusedMapCache"] is not gone
    server.rebuild_cache("Rainfall")
    assert client.delete()["jobStatus"] == "esriJobSucceeded", "the fault was told to strike once"


def test_a_job_without_results_and_one_with_late_results(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("job-no-results:1")
    job = client.submit()
    client.ended(job)
    assert ["results" in client.get(job) for _ in range(6)] == [False] * 6
    server.rebuild_cache("Rainfall")
    server.fault("job-late-results:1")
    job = client.submit()
    wait_for(lambda: server.jobs[-1].ended, bool)
    assert ["results" in client.get(job) for _ in range(5)] == [False, False, False, True, True]


def test_a_job_without_messages(server: Rehearsal) -> None:
    server.fault("job-no-messages")
    body = Client(server).delete()
    assert (body["jobStatus"], body["messages"]) == ("esriJobSucceeded", [])


def test_a_job_that_waits_forever_can_be_cancelled(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("job-waits-forever:1")
    job = client.submit()
    wait_for(lambda: client.get(job)["jobStatus"], lambda status: status == "esriJobWaiting")
    assert client.delete()["jobStatus"] == "esriJobSucceeded", "the other job is not held up"
    assert client.get(job)["jobStatus"] == "esriJobWaiting"
    client.post(f"{job}/cancel")
    assert client.ended(job)["jobStatus"] == "esriJobCancelled"


def test_a_server_that_restarts_in_the_middle_of_a_job(server: Rehearsal) -> None:
    client = Client(server)
    full = tiles_in(server)
    server.fault("server-restarts:1")
    job = client.submit()
    client.get(job)
    body = wait_for(lambda: _again(client, job), lambda seen: "error" in seen)
    assert "does not exist" in body["error"]["details"][0]
    assert 0 < tiles_in(server) < full
    assert client.get(SERVICE)["singleFusedMapCache"] is True


def _again(client: Client, path: str) -> Any:
    try:
        return client.get(path)
    except requests.ConnectionError:
        return {}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("control-characters", "\x1b[2J"),
        ("html-in-messages", "<script>alert(1)</script>"),
        ("huge-message", "x" * 10_000_000),
    ],
)
def test_hostile_messages(server: Rehearsal, name: str, words: str) -> None:
    server.fault(name)
    body = Client(server).delete()
    assert body["jobStatus"] == "esriJobSucceeded"
    assert any(one["description"].startswith(words) for one in body["messages"])


def test_hostile_addresses(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("hostile-job-id:1")
    assert client.submit().endswith("/jobs/../../../../../../evil")
    wait_for(lambda: server.jobs[0].ended, bool)
    server.rebuild_cache("Rainfall")
    server.fault("hostile-result-url:1")
    assert client.delete()["results"]["out_service_url"]["paramUrl"].startswith("https://evil.invalid/")


# The services around


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
    assert looks > 100


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
