"""Sites without sign-in whose jobs take a second of a simulated clock, and count what they are asked."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from support.addresses import DELETE, REPORT
from support.body_server import Answer, BodyServer, refusal
from support.clocks import StepClock
from support.job_site import LIST, SITE, as_listed
from support.job_site import Job as ScriptedJob

JOB_SECONDS = 1.0


@dataclass
class SimulatedSite:
    """`services` cached services, S0 and so on; `most` is how many jobs ran at the same time.

    `submit_takes` is how long the answer to a submit takes, in real seconds (a list takes half of that, but the first
    one), and `listed_meanwhile` how often the jobs were listed in that time.
    """

    server: BodyServer
    clock: StepClock
    services: int
    jobs: dict[str, tuple[str, float]] = field(default_factory=dict)
    most: int = 0
    submit_takes: float = 0.0
    listed_meanwhile: int = 0
    submitting: bool = False
    listed: bool = False

    @property
    def urls(self) -> list[str]:
        # Services of the same name on two ports of this machine are two services.
        return [f"{self.server.site}/rest/services/S{at}/MapServer" for at in range(self.services)]

    def answer(self, path: str) -> Answer:
        body = self._body(path)
        return json.dumps(body).encode()

    def _body(self, path: str) -> Any:
        if path in SITE:
            return SITE[path]
        if path == LIST:
            time.sleep(self.submit_takes / 2 * self.listed)
            self.listed = True
            self.listed_meanwhile += self.submitting
            return {"results": [as_listed(self._job(one)) for one in list(self.jobs)]}
        named = self.server.current.fields.get("service_url", [""])[0]
        if path == REPORT:
            return {"results": [{"value": self._report(named)}]}
        if path == f"{DELETE}/submitJob":
            return self._submitted(named)
        if path.startswith(f"{DELETE}/jobs/"):
            job_id, _, below = path[len(f"{DELETE}/jobs/") :].partition("/")
            job = self._job(job_id)
            if not below:
                return {"jobId": job.id, "jobStatus": job.status}
            return {"value": job.shown} if job.shows_inputs else refusal(400)
        if path.startswith("rest/services/S"):
            return {"singleFusedMapCache": not self._is_deleted(path.split("/")[2] + ":MapServer")}
        return refusal(404)

    def _job(self, job_id: str) -> ScriptedJob:
        service, begun = self.jobs[job_id]
        ended = self.clock.seconds >= begun + JOB_SECONDS
        return ScriptedJob(job_id, service, "esriJobSucceeded" if ended else "esriJobExecuting")

    def _submitted(self, service: str) -> Any:
        job_id = f"j{len(self.jobs)}"
        self.jobs[job_id] = service, self.clock.seconds
        running = sum(self.clock.seconds < begun + JOB_SECONDS for _, begun in self.jobs.values())
        self.most = max(self.most, running)
        self.submitting = True
        time.sleep(self.submit_takes)
        self.submitting = False
        return {"jobId": job_id, "jobStatus": "esriJobSubmitted"}

    def _is_deleted(self, service: str) -> bool:
        jobs = list(self.jobs.values())
        return any(one == service and self.clock.seconds >= begun + JOB_SECONDS for one, begun in jobs)

    def _report(self, service: str) -> Any:
        if self._is_deleted(service):
            return {"status": "NONE"}
        level = {"levelID": 0, "scale": 1.0, "tileCount": 5, "tilesSize": 50, "isRunning": "false"}
        return {"status": "EXISTS", "lodInfos": [level]}


@contextmanager
def simulated_sites(sites: int, services: int) -> Iterator[tuple[StepClock, list[SimulatedSite]]]:
    """So many sites with so many services each, on one clock."""
    clock = StepClock()
    with ExitStack() as running:
        found = [
            SimulatedSite(running.enter_context(BodyServer(lambda path: None)), clock, services) for _ in range(sites)
        ]
        for one in found:
            one.server.answer = one.answer
        yield clock, found
