"""Faults of jobs do what their sentences say."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from support.choosing import one_in
from support.rehearsal_client import JOBS, SERVICE, Client, tiles_in, wait_for

from cachetools_core.rehearsal.faults import FAULTS, Kind
from cachetools_core.rehearsal.server import Rehearsal

JOB_ENDS = sorted(name for name, fault in FAULTS.items() if fault.kind is Kind.JOB_END)


@pytest.mark.parametrize("name", one_in(3, JOB_ENDS))
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
    elif end == "failed with a word":
        assert [one["description"] for one in body["messages"]] == ["Failed."]
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


def test_another_accounts_deletion_that_waits(server: Rehearsal) -> None:
    client = Client(server)
    server.fault("other-deletion-waits")
    listed = client.get(f"{JOBS}/query", startTime="0")["results"]
    assert [(one["status"], one["username"]) for one in listed] == [("esriJobWaiting", "somebody")]
    job = listed[0]["url"]
    assert client.get(job)["jobStatus"] == "esriJobWaiting"
    assert client.get(f"{job}/inputs/service_url")["error"]["code"] == 400
    assert client.delete()["jobStatus"] == "esriJobSucceeded"
    assert server.submits == 1
    server.clear_faults()
    assert len(client.get(f"{JOBS}/query", startTime="0")["results"]) == 1
