"""Where and how often a named fault strikes, and that each one is known to the code and to a test."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isnan
from pathlib import Path

import pytest
import requests
from support.choosing import one_in
from support.rehearsal_client import ADMIN, DELETE, JOBS, REPORT, SERVICE, TOOLS, Client, Start

from cachetools_core.rehearsal.faults import FAULTS, STEPS, Kind, UnknownFault
from cachetools_core.rehearsal.faults.bodies import BODY_FAULTS
from cachetools_core.rehearsal.faults.fault import EVIDENCE
from cachetools_core.rehearsal.faults.jobs import JOB_FAULTS
from cachetools_core.rehearsal.faults.secrets import SECRET_FAULTS
from cachetools_core.rehearsal.faults.site import SITE_FAULTS
from cachetools_core.rehearsal.faults.wire import WIRE_FAULTS
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.rehearsal.strikes import AMENDMENTS, ANSWERS

HERE = Path(__file__).parent

CACHE_INFO = "/rest/services/System/PublishingTools/GPServer/Get%20Cache%20Info"


def test_every_fault_is_known_to_the_tests() -> None:
    """By name in a test, by the wire's tables, or as an end of a job."""
    text = "".join(file.read_text(encoding="utf-8") for file in HERE.glob("test_rehearsal_*.py"))
    named = set(re.findall(r"[\"']([a-z0-9-]+)(?:@[a-z-]+)?(?::\d+)?[\"']", text))
    assert [name for name, fault in FAULTS.items() if name not in named and fault.kind is not Kind.JOB_END] == []


def test_every_fault_of_the_wire_has_its_strike_and_no_other_has() -> None:
    assert set(ANSWERS) == {name for name, fault in FAULTS.items() if fault.kind is Kind.ANSWER}
    assert set(AMENDMENTS) == {name for name, fault in FAULTS.items() if fault.kind is Kind.AMENDMENT}
    assert all(fault.steps for fault in FAULTS.values() if fault.on_the_wire)


def test_every_fault_is_told_in_a_sentence_and_has_its_evidence() -> None:
    for fault in FAULTS.values():
        assert fault.meaning.endswith(".") and fault.evidence in EVIDENCE, fault.name
    assert len(FAULTS) == len(WIRE_FAULTS + BODY_FAULTS + JOB_FAULTS + SITE_FAULTS + SECRET_FAULTS)


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
        "cache-info": lambda client: client.raw(CACHE_INFO),
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


@pytest.mark.parametrize("step", one_in(3, STEPS))
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


def test_a_fault_can_leave_the_first_request_alone(server: Rehearsal) -> None:
    server.fault("http-503@token-again")
    client = Client(server)
    assert client.token
    for _ in range(2):
        assert client.raw("/tokens/", "POST", username="x").status_code == 503
    assert client.raw(SERVICE).status_code == 200
    server.clear_faults()
    server.fault("http-503@token-again")
    assert client.raw("/tokens/", "POST", username="x").status_code == 200


def test_faults_that_change_an_answer_add_up(server: Rehearsal) -> None:
    server.fault("nan-extent")
    server.fault("service-says-uncached:1")
    client = Client(server)
    first, second = client.get(SERVICE), client.get(SERVICE)
    assert [one["singleFusedMapCache"] for one in (first, second)] == [False, True]
    assert [isnan(one["fullExtent"]["xmin"]) for one in (first, second)] == [True, True]
    assert server.requests[-1].fault == "nan-extent"


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
