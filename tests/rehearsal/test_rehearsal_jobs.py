"""Jobs of the rehearsal server: their states, their list, their end."""

from __future__ import annotations

from typing import Any

import pytest
from support.rehearsal_client import (
    DELETE,
    REPORT,
    Client,
    Start,
    details_of,
    error_of,
    tiles_in,
    wait_for,
)

from cachetools_core.rehearsal.server import Rehearsal

MANAGE = "/rest/services/System/CachingControllers/GPServer/Manage Map Cache Tiles"


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
    assert messages[-1]["description"] == "Level 0: 1 tile deleted."
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


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"service_url": "Nothing:MapServer"}, "Service Nothing:MapServer does not exist."),
        ({"service_url": "Rainfall"}, "Service Rainfall does not exist."),
        ({"service_url": "System/CachingTools:GPServer"}, "does not exist."),
        ({"service_url": "Rainfall:MapServer", "cache_path": "C:\\elsewhere"}, "cache_path"),
    ],
)
def test_a_job_for_something_else_is_taken_and_fails(server: Rehearsal, fields: dict[str, Any], words: str) -> None:
    client = Client(server)
    answer = client.post(f"{DELETE}/submitJob", **fields)
    assert answer["jobStatus"] == "esriJobSubmitted"
    body = client.ended(f"{DELETE}/jobs/{answer['jobId']}")
    assert (body["jobStatus"], words in body["messages"][-2]["description"]) == ("esriJobFailed", True)
    assert tiles_in(server) == server.services[0]["tiles"]


def test_a_jobs_inputs_are_shown_once_it_has_succeeded(rehearsal: Start) -> None:
    server = rehearsal(faults=["job-waits-forever:1", "job-failed:1"])
    client = Client(server)
    waiting, failed = client.submit(), client.submit()
    client.ended(failed)
    for job in (waiting, failed):
        assert "inputs" not in client.get(job)
        assert error_of(client.get(f"{job}/inputs/service_url")) == (400, "Unable to complete operation.")
    succeeded = client.submit()
    assert client.ended(succeeded)["inputs"]["service_url"] == {"paramUrl": "inputs/service_url"}
    assert client.get(f"{succeeded}/inputs/service_url")["value"] == "Rainfall:MapServer"
    assert client.get(f"{succeeded}/inputs/thread_count")["value"] == -1


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
