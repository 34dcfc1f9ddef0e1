"""Geoprocessing jobs and the register that a site keeps of them (protocol.md 4.6 to 4.10)."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field

from cachetools_core.rehearsal.answers import Refused
from cachetools_core.rehearsal.services import Service

SUBMITTED, WAITING, EXECUTING = "esriJobSubmitted", "esriJobWaiting", "esriJobExecuting"
SUCCEEDED, FAILED = "esriJobSucceeded", "esriJobFailed"
OTHER_USER = "somebody"
CANCELLING, CANCELLED = "esriJobCancelling", "esriJobCancelled"


@dataclass
class Job:
    """A job under its task; times in milliseconds since 1970, `looks` how often its status was asked for.

    `service` is None where there is no such service: a geoprocessing task takes any text, and the job fails.
    `gone` and `says` are faults: the job's address forgets it, or it says another status ("" for none at all).
    """

    tool: str
    task: str
    service: Service | None
    inputs: dict[str, str]
    data_types: dict[str, str]
    user: str
    id: str = field(default_factory=lambda: f"j{uuid.uuid4().hex}")
    status: str = SUBMITTED
    messages: list[dict[str, str]] = field(default_factory=list)
    submitted: int = field(default_factory=lambda: int(time.time() * 1000))
    ended: int | None = None
    percent: int = 0
    looks: int = 0
    late: int = 0
    gone: bool = False
    says: str | None = None
    results: bool = True
    run: asyncio.Task[None] | None = None

    @property
    def target(self) -> str:
        """The service as the submit named it, `Folder/Name:MapServer`."""
        return self.inputs["service_url"]

    def say(self, text: str, kind: str = "Informative") -> None:
        """Adds a message; messages only ever grow."""
        self.messages.append({"type": f"esriJobMessageType{kind}", "description": text})

    def end(self, status: str) -> None:
        """Notes its last status and when it came."""
        self.status = status
        self.ended = int(time.time() * 1000)

    def cancel(self) -> None:
        """Stops its work at once; what it has deleted stays deleted."""
        self.status = CANCELLING
        if self.run is not None:
            self.run.cancel()


class Jobs:
    """The register of a site's jobs.

    `submits` counts all that were ever taken, `most_at_once` is how many hadn't ended at the same time, and `failures`
    are the server's own.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self.submits = 0
        self.most_at_once = 0
        self.failures: list[BaseException] = []

    def all(self) -> list[Job]:
        """Every job that the site remembers, the oldest first."""
        return list(self._jobs.values())

    def of_tool(self, tool: str) -> list[Job]:
        """The jobs of a geoprocessing service that it still lists."""
        return [job for job in self._jobs.values() if job.tool == tool and not job.gone]

    def add(self, job: Job) -> None:
        """Lists a job."""
        self._jobs[job.id] = job

    def drop(self, user: str) -> None:
        """Lists the jobs of an account no longer."""
        self._jobs = {job_id: job for job_id, job in self._jobs.items() if job.user != user}

    def take(self, job: Job) -> None:
        """Takes a submitted job in."""
        self.add(job)
        self.submits += 1
        self.most_at_once = max(self.most_at_once, sum(one.ended is None for one in self._jobs.values()))

    def find(self, tool: str, task: str, job_id: str) -> Job:
        """The job under its task; Refused where there is none (how a real server says so is not known)."""
        job = self._jobs.get(job_id)
        if job is None or (job.tool, job.task) != (tool, task) or job.gone:
            raise Refused(400, "Unable to complete operation.", f"Job '{job_id}' does not exist or is inaccessible.")
        return job

    def turn(self, service: str) -> asyncio.Lock:
        """What a job holds while it works on a service: one at a time does, a second one waits (invented)."""
        return self._locks.setdefault(service, asyncio.Lock())

    def forget(self) -> None:
        """Ends all work where it stands and forgets every job."""
        for job in self._jobs.values():
            if job.run is not None:
                job.run.cancel()
        self._jobs.clear()
        self._locks.clear()
