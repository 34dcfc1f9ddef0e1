"""Geoprocessing jobs: submitted, run, cancelled, and what they do to caches (protocol.md 4.6 to 4.10).

No message of a real DeleteCache job is known: all texts here but "Submitted.", "Executing..." and "Cancel complete."
are invented, in the manner of geoprocessing tools.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cachetools_core.rehearsal.answers import Refused, unable
from cachetools_core.rehearsal.caches import Cache, CacheError
from cachetools_core.rehearsal.faults import Fault
from cachetools_core.rehearsal.services import Service

if TYPE_CHECKING:
    from cachetools_core.rehearsal.site import Site

SUBMITTED, WAITING, EXECUTING = "esriJobSubmitted", "esriJobWaiting", "esriJobExecuting"
SUCCEEDED, FAILED = "esriJobSucceeded", "esriJobFailed"
CANCELLING, CANCELLED = "esriJobCancelling", "esriJobCancelled"

_AS_IT_SHOULD = Fault("", "", "", end=SUCCEEDED, effect="gone")
_LATE_RESULTS = 3
# Invented: how long stale metadata shows a cache, in seconds.
STALE = 3.0


class _Failed(Exception):
    """The job cannot do its work; the text is its error message."""


@dataclass
class Job:
    """A job under its task; times in milliseconds since 1970, `looks` how often its status was asked for.

    `gone` and `says` are faults: the job's address forgets it, or it says another status ("" for none at all).
    """

    tool: str
    task: str
    service: Service
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

    def say(self, text: str, kind: str = "Informative") -> None:
        """Adds a message; messages only ever grow."""
        self.messages.append({"type": f"esriJobMessageType{kind}", "description": text})


class Jobs:
    """The jobs of a site. One caching job at a time works on a service; a second one waits (invented)."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._jobs: dict[str, Job] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self.submits = 0
        self.failures: list[BaseException] = []

    def all(self) -> list[Job]:
        """Every job that the site remembers, the oldest first."""
        return list(self._jobs.values())

    def submit(self, job: Job) -> None:
        """Takes a job and starts it."""
        self._jobs[job.id] = job
        self.submits += 1
        self._site.faults.submitted = True
        job.say("Submitted.")
        job.run = asyncio.get_running_loop().create_task(self._run(job))
        job.run.add_done_callback(self._note_failure)

    def _note_failure(self, run: asyncio.Task[None]) -> None:
        error = None if run.cancelled() else run.exception()
        if error is not None:
            self.failures.append(error)

    def find(self, tool: str, task: str, job_id: str) -> Job:
        """The job under its task; Refused where there is none (how a real server says so is not known)."""
        job = self._jobs.get(job_id)
        if job is None or (job.tool, job.task) != (tool, task) or job.gone:
            raise Refused(400, "Unable to complete operation.", f"Job '{job_id}' does not exist or is inaccessible.")
        return job

    def cancel(self, job: Job) -> None:
        """Refused while the job is submitted and when it has ended (protocol.md 4.9)."""
        if job.status not in (WAITING, EXECUTING):
            raise Refused(400, "Invalid or missing input parameters")
        self.cancel_at_once(job)

    def cancel_at_once(self, job: Job) -> None:
        """Cancels a running job; what it has deleted stays deleted."""
        assert job.run is not None
        job.status = CANCELLING
        job.run.cancel()

    def forget(self) -> None:
        """Ends all work where it stands and forgets every job."""
        for job in self._jobs.values():
            if job.run is not None:
                job.run.cancel()
        self._jobs.clear()
        self._locks.clear()

    async def _run(self, job: Job) -> None:
        try:
            await self._pass(0.05)
            job.status = WAITING
            if self._site.faults.take("job-waits-forever"):
                await asyncio.Event().wait()
            while self._site.faults.on("other-job-running"):
                await asyncio.sleep(0.05)
            async with self._locks.setdefault(job.service.key, asyncio.Lock()):
                await self._pass(0.05)
                await self._execute(job)
        except asyncio.CancelledError:
            if job.status == CANCELLING:
                job.say("Cancel complete.")
                self._end(job, CANCELLED)
        except (_Failed, CacheError, OSError) as error:
            job.say(str(error), "Error")
            job.say(f"Failed to execute ({job.task}).", "Error")
            self._end(job, FAILED)

    async def _execute(self, job: Job) -> None:
        job.status = EXECUTING
        job.say("Executing...")
        site = self._site
        if site.faults.take("token-expires-mid-job"):
            site.tokens.revoke()
        job.say(f"Start Time: {time.ctime()}")
        self._add_hostile_messages(job)
        if job.task == "Manage Map Cache Tiles":
            await self._delete_tiles(job)
            self._succeed(job)
            return
        self._check(job)
        script = site.faults.take_job_end() or _AS_IT_SHOULD
        await self._delete_cache(job, script)
        self._finish(job, script)

    def _check(self, job: Job) -> None:
        """What makes a deletion fail before it begins; which of these fail on a real server is not known."""
        service = job.service
        threads = int(job.inputs.get("thread_count") or -1)
        if threads == 0 or threads < -1:
            raise _Failed(
                "ERROR 001394: The number of caching service instances is less than the minimum required; increase "
                "num_of_caching_instances to at least 1."
            )
        if self._site.services.get(service.key) is not service:
            raise _Failed(f"ERROR 999999: Service {service.key} does not exist.")
        if not self._site.runs(service):
            raise _Failed(f"ERROR 999999: Service {service.key} is not started.")
        if not service.cached or not self._site.cache_of(service).exists():
            raise _Failed(f"ERROR 999999: Service {service.key} has no cache.")

    async def _delete_cache(self, job: Job, script: Fault) -> None:
        """Level by level as time passes, so that a job that stops leaves half a cache."""
        cache = self._site.cache_of(job.service)
        tiles = cache.counts()
        restarts = self._site.faults.take("server-restarts")
        doomed = list(tiles)
        if script.effect == "stays":
            doomed = []
        elif script.effect == "half":
            doomed = doomed[: len(doomed) // 2]
            if not doomed:
                _delete_half_of_the_tiles(cache)
        job.say(f"Deleting the cache of {job.service.key}.")
        for number, level in enumerate(doomed):
            await self._pass(0.9 / len(doomed))
            if restarts and number == len(doomed) // 2:
                await self._restart_server(job)
            cache.delete_level(level)
            job.percent = 100 * (number + 1) // len(doomed)
            job.say(f"Level {level}: {tiles[level][0]} tiles deleted.")
        if script.effect != "gone":
            return
        cache.delete()
        job.service.cached = False
        if self._site.faults.take("stale-metadata"):
            job.service.stale_until = time.monotonic() + STALE
        self._site.restart(job.service, job.user)
        self._meanwhile(job.service)

    async def _restart_server(self, job: Job) -> None:
        while not job.looks:
            await asyncio.sleep(0.01)
        asyncio.get_running_loop().call_soon(self._site.restart_server)
        await asyncio.Event().wait()

    def _meanwhile(self, service: Service) -> None:
        site = self._site
        if site.faults.take("service-removed-meanwhile"):
            site.remove(service)
        if site.faults.take("service-renamed-meanwhile"):
            site.rename(service)
        if site.faults.take("cache-rebuilt-meanwhile"):
            site.rebuild_cache(service)

    def _finish(self, job: Job, script: Fault) -> None:
        if script.end == SUCCEEDED:
            self._succeed(job)
            return
        if script.end == "gone":
            job.gone = True
        elif script.end == "failed without messages":
            job.messages.clear()
            self._end(job, FAILED)
        elif script.end == FAILED:
            raise _Failed("ERROR 999999: The cache folder could not be deleted: access is denied.")
        elif script.end == "no status":
            job.says = ""
        elif script.end == "esriJobPaused":
            job.says = script.end
        else:
            self._end(job, script.end)
        if job.ended is None:
            self._succeed(job)

    def _succeed(self, job: Job) -> None:
        job.late = job.looks + _LATE_RESULTS if self._site.faults.take("job-late-results") else 0
        job.results = not self._site.faults.take("job-no-results")
        seconds = (time.time() * 1000 - job.submitted) / 1000
        job.say(f"Succeeded at {time.ctime()} (Elapsed Time: {seconds:.2f} seconds)")
        self._end(job, SUCCEEDED)

    def _end(self, job: Job, status: str) -> None:
        job.status = status
        job.ended = int(time.time() * 1000)

    async def _delete_tiles(self, job: Job) -> None:
        """DELETE_TILES: the tiles of some scales go, tiling scheme and service stay as they are (protocol.md 5.2)."""
        if job.inputs.get("update_mode") != "DELETE_TILES":
            raise _Failed("ERROR 999999: This server rehearses update_mode DELETE_TILES only.")
        cache = self._site.cache_of(job.service)
        try:
            scales = [float(scale) for scale in job.inputs["levels"].split(";")]
        except ValueError as error:
            raise _Failed("ERROR 000800: The scales are not numbers with semicolons between them.") from error
        levels = [lod.level for lod in cache.scheme.lods if any(abs(lod.scale - scale) < 1 for scale in scales)]
        for level in levels:
            await self._pass(0.9 / len(levels))
            cache.delete_level(level)

    def _add_hostile_messages(self, job: Job) -> None:
        if self._site.faults.take("huge-message"):
            job.say("x" * 10_000_000)
        if self._site.faults.take("control-characters"):
            job.say("\x1b[2J\x1b[31mDeleted\x1b[0m\r\n\x07\x00\u202eevil\x9b0m", "Warning")
        if self._site.faults.take("html-in-messages"):
            job.say("<script>alert(1)</script><b>Done</b> & 'quoted' \"twice\"", "Warning")

    async def _pass(self, part: float) -> None:
        await asyncio.sleep(self._site.job_seconds * part)

    def body(self, job: Job) -> dict[str, Any]:
        """`jobs/ID` (doc_job_executing.json; results and inputs with success, protocol.md 4.7)."""
        job.looks += 1
        body: dict[str, Any] = {"jobId": job.id, "jobStatus": job.status}
        if job.says is not None and job.ended is not None:
            body = {"jobId": job.id, "jobStatus": job.says} if job.says else {"jobId": job.id}
        elif job.status == SUCCEEDED and job.results and job.looks > job.late:
            body["results"] = {"out_service_url": {"paramUrl": "results/out_service_url"}}
            body["inputs"] = {name: {"paramUrl": f"inputs/{name}"} for name in job.inputs}
        elif job.status == EXECUTING and not self._site.version.arcmap_runtime:
            # Whether CachingTools sends progress is not known; its type is invented (protocol.md 4.7).
            body["progress"] = {"type": "default", "message": "Deleting the cache", "percent": job.percent}
        body["messages"] = [] if self._site.faults.on("job-no-messages") else list(job.messages)
        return body

    def result(self, job: Job, name: str) -> dict[str, Any]:
        """`results/NAME`. That the value reads like `service_url` is inferred (protocol.md 4.8)."""
        if name != "out_service_url" or job.status != SUCCEEDED:
            raise unable(f"Parameter '{name}' has no value.")
        return {"paramName": name, "dataType": "GPString", "value": job.service.key}

    def input(self, job: Job, name: str) -> dict[str, Any]:
        """`inputs/NAME`."""
        if name not in job.inputs:
            raise unable(f"Parameter '{name}' has no value.")
        value: Any = job.inputs[name]
        if job.data_types[name] == "GPLong":
            value = int(value) if value else None
        return {"paramName": name, "dataType": job.data_types[name], "value": value}


def _delete_half_of_the_tiles(cache: Cache) -> None:
    tiles = list(cache.tiles())
    for level, row, column in tiles[: (len(tiles) + 1) // 2]:
        cache.delete_tile(level, row, column)
