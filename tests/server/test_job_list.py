"""The server's list of jobs: what it tells of each, and whether it is whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from support.addresses import DELETE, TOOLS
from support.body_server import BodyServer
from support.clocks import StillClock
from support.job_site import LIST

from cachetools_core.errors import NotArcGIS, ServerSaysNo
from cachetools_core.server.job_list import JobList, is_another_task, is_same_task, list_jobs, service_of_job
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.waiting import Run


class Lister:
    """A site that answers one thing to everything."""

    def __init__(self, server: BodyServer) -> None:
        self.server = server
        self.wire = PlainWire(Trust(), Run(StillClock(), 1000, lambda: False))

    def says(self, answer: object) -> None:
        self.server.answer = lambda path: json.dumps(answer).encode()

    def jobs(self, answer: object) -> JobList:
        self.says(answer)
        return list_jobs(self.wire, self.server.site, "CachingTools")


@pytest.fixture
def lister() -> Iterator[Lister]:
    with BodyServer(lambda path: None) as server:
        yield Lister(server)


@pytest.mark.parametrize("key", ["jobId", "jobid", "JobID", "job_id", "id"])
def test_the_jobs_of_the_caching_tools_of_all_times(key, lister):
    found = lister.jobs({"results": [{key: "j1"}, {key: "j2", "status": "x"}]})
    assert (found.ids, found.whole) == ({"j1", "j2"}, True)
    path, fields = lister.server.asked[0]
    assert (path, fields["startTime"], fields["number"]) == (LIST, ["0"], ["1000"])


def test_what_the_list_tells_of_a_job(lister):
    job = {"jobID": "j1", "status": "esriJobFailed", "username": "anna", "url": f"https://h/a/{DELETE}/jobs/j1"}
    (told,) = lister.jobs({"results": [job]}).jobs
    assert (told.id, told.task, told.status, told.user) == ("j1", "DeleteCache", "esriJobFailed", "anna")


def test_an_id_may_stand_in_the_address_of_a_job_alone(lister):
    assert lister.jobs({"results": [{"url": f"https://h/a/{DELETE}/jobs/j1"}]}).ids == {"j1"}


@pytest.mark.parametrize("job", [{"jobID": "j1"}, {"jobID": "j1", "url": 7, "status": [], "username": None},
                                 {"jobID": "j1", "url": "https://h/x?url=/GPServer/a"}])  # fmt: skip
def test_what_the_list_does_not_tell_is_left_open(job, lister):
    (told,) = lister.jobs({"results": [job]}).jobs
    assert (told.task, told.status, told.user) == ("", "", "")


@pytest.mark.parametrize("task", ["Delete%20Cache", "delete%20cache", "DeleteCache", "DeleteMapCache", "Delete_Cache"])
def test_a_task_may_be_spelled_in_several_ways(task, lister):
    (told,) = lister.jobs({"results": [{"id": "j1", "url": f"https://h/a/{TOOLS}/{task}/jobs/j1/"}]}).jobs
    assert is_same_task(told.task, "DeleteCache")
    assert not is_same_task(told.task, "Manage Map Cache Tiles")


@pytest.mark.parametrize(
    ("task", "another"),
    [("Delete%20Cache", False), ("", False), ("Delete Map Server Cache", False), ("Cache löschen", False),
     ("Manage Map Cache Tiles", True), ("Manage%20Map%20Cache%20Tiles%20Worker", True), ("ImportCache", True)],
)  # fmt: skip
def test_only_a_known_name_makes_a_job_one_of_another_task(task, another):
    assert is_another_task(task, "DeleteCache") is another


@pytest.mark.parametrize("answer", [{}, {"results": None}, {"results": "j1"}, {"results": {"j1": {}}}], ids=str)
def test_what_is_no_list(answer, lister):
    with pytest.raises(NotArcGIS, match="isn't in the documented form"):
        lister.jobs(answer)


def test_a_list_that_is_refused(lister):
    with pytest.raises(ServerSaysNo):
        lister.jobs({"status": "error", "messages": ["No."], "code": 403})


@pytest.mark.parametrize(
    ("answer", "whole"),
    [
        ({"results": []}, True),
        ({"results": [], "nextStart": -1, "total": 0}, True),
        ({"results": [{"id": "j1"}], "nextStart": "-1", "total": "1"}, True),
        ({"results": [{"id": "j1"}], "total": 2}, False),
        ({"results": [{"id": "j1"}], "total": "2"}, False),
        ({"results": [{"id": "j1"}], "total": None}, False),
        ({"results": [{"id": "j1"}], "nextStart": 2}, False),
        ({"results": [{"id": "j1"}], "nextStart": "2", "total": 1}, False),
        ({"results": [{"id": "j1"}, {}]}, False),
        ({"results": [{"id": "j1"}, {"id": 7}]}, False),
        ({"results": [{"id": "j1"}, {"id": "../x"}]}, False),
        ({"results": [{"id": "j1"}, "j2"]}, False),
        ({"results": [], "hasMore": True}, False),
        ({"results": [], "exceededTransferLimit": True}, False),
        ({"Results": [{"id": "j1"}], "Total": 2}, False),
        ({"results": [{"id": f"j{n}"} for n in range(1000)]}, False),
        ({"results": [{"id": f"j{n}"} for n in range(1000)], "total": 1000}, True),
        ({"results": [{"id": f"j{n}"} for n in range(1000)], "nextStart": -1}, True),
    ],
    ids=range(18),
)
def test_whether_the_list_is_whole(answer, whole, lister):
    assert lister.jobs(answer).whole is whole


def test_a_list_is_read_page_after_page(lister):
    pages = {1: ["j1", "j2"], 3: ["j3"]}
    lister.server.answer = lambda path: json.dumps(
        {
            "results": [{"id": job} for job in pages[start()]],
            "total": 3,
            "nextStart": 3 if start() == 1 else -1,
        }
    ).encode()

    def start() -> int:
        return int(lister.server.current.fields["start"][0])

    found = list_jobs(lister.wire, lister.server.site, "CachingTools")
    assert (sorted(found.ids), found.whole) == (["j1", "j2", "j3"], True)


@pytest.mark.parametrize("next_start", [1, 2, "7", 10**9])
def test_a_list_whose_pages_never_end_is_not_whole(next_start, lister):
    assert not lister.jobs({"results": [{"id": "j1"}], "nextStart": next_start}).whole
    assert len(lister.server.asked) <= 2


@pytest.mark.parametrize(
    ("value", "named"), [("F/Rain:MapServer", "F/Rain:MapServer"), ("a\x1b[31mb", "ab"), (7, ""), (None, ""), ({}, "")]
)
def test_the_service_that_a_job_names(value: Any, named: str, lister: Lister) -> None:
    lister.says({"value": value})
    assert service_of_job(lister.wire, f"{lister.server.site}/{DELETE}/jobs/j1") == named
    assert lister.server.asked[0][0] == f"{DELETE}/jobs/j1/inputs/service_url"
