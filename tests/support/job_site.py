"""A site without sign-in, with one cached service and jobs that do what a test says."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cachetools_core.errors import CacheToolsError
from cachetools_core.proof.receipt import Receipt
from cachetools_core.tools.access import Access
from cachetools_core.tools.delete import delete_map_server_cache
from cachetools_core.waiting import Patience
from support.addresses import DELETE, REPORT, TOOLS
from support.body_server import Answer, BodyServer, refusal
from support.clocks import StillClock
from support.listener import Listener

LIST = "admin/services/System/CachingTools.GPServer/jobs/query"
SERVICE = "rest/services/Rain/MapServer"
RAIN, SNOW = "Rain:MapServer", "Snow:MapServer"
WAITING, EXECUTING, SUCCEEDED, FAILED = "esriJobWaiting", "esriJobExecuting", "esriJobSucceeded", "esriJobFailed"
PATIENCE = Patience(no_answer=30, gone=8, cancel=12, grace=10, restart=20, settle=40, arrival=120)


@dataclass
class Job:
    """A job of the caching tools; `shown` is the value of its input, which a server shows once it has succeeded."""

    id: str = "j1"
    shown: Any = RAIN
    status: str = WAITING
    user: str = ""
    task: str = "DeleteCache"
    early: bool = False
    known: bool = True

    @property
    def shows_inputs(self) -> bool:
        return self.early or self.status == SUCCEEDED


def as_listed(job: Job) -> dict[str, Any]:
    """A job in the list, with the keys of the documented "Job" resource."""
    url = f"https://gisserver.example.com:6443/arcgis/{TOOLS}/{job.task}/jobs/{job.id}"
    return {"jobID": job.id, "status": job.status, "username": job.user, **({"url": url} if job.task else {})}


class JobSite:
    """Rain's cache has `tiles` until none are left; `submits` says when a job was submitted.

    A submit is answered with `answer`, else with the id of the job that it makes, a copy of `makes`, if any.
    """

    def __init__(self, server: BodyServer) -> None:
        self.server, self.clock = server, StillClock()
        self.patience = PATIENCE
        self.jobs: list[Job] = []
        self.makes: Callable[[], Job | None] = lambda: Job()
        self.answer: Answer | dict[str, Any] = None
        self.answers = False
        self.tiles: int | None = 5
        self.running = "false"
        self.listed: Callable[[list[Job]], Any] = lambda jobs: {"results": [as_listed(job) for job in jobs]}
        self.bodies: dict[str, Any] = {}
        self.submits: list[float] = []
        self.heard = Listener()
        server.answer = self.answer_to

    @property
    def url(self) -> str:
        return f"{self.server.site}/{SERVICE}"

    def job_url(self, job_id: str = "j1") -> str:
        return f"{self.server.site}/{DELETE}/jobs/{job_id}"

    def lose_the_answer(self, answer: Any) -> None:
        """Submits are answered so from now on, whether or not they make a job."""
        self.answer, self.answers = answer, True

    def delete(self, spelled: str = "", deadline: float = 3600.0, folder: Path | None = None, **access: Any) -> Receipt:
        """The receipt of a deletion, whatever happened."""
        self.heard = access.pop("messages", None) or Listener()
        try:
            return delete_map_server_cache(
                spelled or self.url,
                Access(
                    clock=self.clock, patience=self.patience, messages=self.heard, deadline=deadline,
                    journal_folder=folder,
                    **access,
                ),
            )  # fmt: skip
        except CacheToolsError as error:
            assert isinstance(error.receipt, Receipt)
            return error.receipt

    def at(self, seconds: float, do: Callable[[], object]) -> None:
        """Do something once the clock has come that far from now."""
        done: list[float] = []
        moment, before = self.clock.seconds + seconds, self.clock.as_time_passes

        def pass_time(now: float) -> None:
            before(now)
            if now >= moment and not done:
                done.append(now)
                do()

        self.clock.as_time_passes = pass_time

    def finish(self, job: Job, status: str = SUCCEEDED) -> None:
        """End a job; one for Rain that succeeds deletes its cache."""
        job.status = status
        if status == SUCCEEDED and "snow" not in str(job.shown).lower():
            self.tiles = 0

    def answer_to(self, path: str) -> Answer:
        body = self._body(path)
        return json.dumps(body).encode() if isinstance(body, (dict, list)) else body

    def _body(self, path: str) -> Any:
        if path in self.bodies:
            return self.bodies[path]
        if path == f"{DELETE}/submitJob":
            return self._submitted()
        if path == LIST:
            return self.listed(self.jobs)
        if path in SITE:
            return SITE[path]
        if path.lower() == SERVICE.lower():
            return {"singleFusedMapCache": self.tiles != 0}
        if path == REPORT:
            return None if self.tiles is None else _report(self.tiles, self.running)
        return self._of_a_job(path)

    def _submitted(self) -> Any:
        self.submits.append(self.clock.seconds)
        made = self.makes()
        if made is not None:
            self.jobs.append(made)
        if self.answers:
            return self.answer
        assert made is not None
        return {"jobId": made.id, "jobStatus": "esriJobSubmitted"}

    def _of_a_job(self, path: str) -> Any:
        job_id, _, below = path[len(f"{DELETE}/jobs/") :].partition("/")
        job = next((one for one in self.jobs if one.id == job_id and one.known), None)
        if job is None:
            return refusal(400, "No such job.")
        if not below:
            return {"jobId": job.id, "jobStatus": job.status}
        return {"value": job.shown} if below == "inputs/service_url" and job.shows_inputs else refusal(400)


SITE: Mapping[str, Any] = {
    "rest/info": {"currentVersion": 11.3},
    TOOLS: {"tasks": ["DeleteCache"]},
    DELETE: {"parameters": [{"name": "service_url", "direction": "esriGPParameterDirectionInput"}]},
}


def _report(tiles: int, running: str) -> dict[str, Any]:
    if not tiles:
        return {"results": [{"value": {"status": "NONE"}}]}
    level = {"levelID": 0, "scale": 1.0, "tileCount": tiles, "tilesSize": 50, "isRunning": running}
    return {"results": [{"value": {"status": "EXISTS", "lodInfos": [level]}}]}


@contextmanager
def job_site() -> Iterator[JobSite]:
    with BodyServer(lambda path: None) as server:
        yield JobSite(server)
