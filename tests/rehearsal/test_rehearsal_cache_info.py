"""Get Cache Info of the rehearsal server, asked by a plain client."""

from __future__ import annotations

from typing import Any

import pytest
from support.rehearsal_client import Client

from cachetools_core.rehearsal.server import Rehearsal

TASK = "/rest/services/System/PublishingTools/GPServer/Get%20Cache%20Info"


def question(server: Rehearsal, **more: str) -> Any:
    return {
        "in_serverCacheFolder": str(server.cache_directory),
        "in_serviceName": "Rainfall",
        "in_serviceType": "MAPSERVER",
        **more,
    }


def ask(client: Client, **fields: str) -> Any:
    job = client.raw(f"{TASK}/submitJob", "POST", **question(client.server, **fields)).json()
    if "error" in job:
        return job["error"]["code"]
    seen = [client.raw(f"{TASK}/jobs/{job['jobId']}").json()["jobStatus"] for _ in range(3)]
    assert seen[0] == "esriJobExecuting"
    found = client.raw(f"{TASK}/jobs/{job['jobId']}/results/out_cacheFound").json()
    return found.get("value", seen[-1])


def test_it_finds_a_cache_until_that_is_deleted_and_is_no_submit(server: Rehearsal) -> None:
    client = Client(server)
    assert ask(client) is True
    assert ask(client, in_serviceName="Snowfall") is False
    assert ask(client, in_serverCacheFolder="/elsewhere") is False
    assert server.submits == 0
    client.delete()
    client.service()
    assert ask(client) is False


@pytest.mark.parametrize(
    "wrong",
    [
        {"in_serverCacheFolder": ""},
        {"in_serviceName": ""},
        {"in_serviceType": "MapService"},
        {"in_resultFormat": "CSV"},
    ],
)
def test_what_the_task_does_not_take_is_refused(wrong: dict[str, str], server: Rehearsal) -> None:
    assert ask(Client(server), **wrong) == 400


def test_it_is_for_publishers(server: Rehearsal) -> None:
    assert ask(Client(server, "user")) == 403


@pytest.mark.parametrize(
    ("fault", "answer"),
    [
        ("cache-info-not-offered", 404),
        ("cache-info-finds-a-cache", True),
        ("cache-info-fails", "esriJobFailed"),
        ("cache-info-hangs", "esriJobExecuting"),
    ],
)
def test_its_faults(fault: str, answer: Any, server: Rehearsal) -> None:
    server.fault(fault)
    assert ask(Client(server), in_serviceName="Snowfall") == answer
