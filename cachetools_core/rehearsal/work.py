"""What jobs do to caches, from the submit to their end (protocol.md 4.6 to 4.10, 5.2 and 7).

No message of a real DeleteCache job is known: all texts here but "Submitted.", "Executing..." and "Cancel complete."
are invented, in the manner of geoprocessing tools.
"""

from __future__ import annotations

import asyncio
import time

from cachetools_core.rehearsal.caches import Cache, CacheError
from cachetools_core.rehearsal.faults import Fault
from cachetools_core.rehearsal.jobs import CANCELLED, CANCELLING, EXECUTING, FAILED, OTHER_USER, SUCCEEDED, WAITING, Job
from cachetools_core.rehearsal.services import Service
from cachetools_core.rehearsal.site import Site
from cachetools_core.rehearsal.tile_work import BadInput, extent_in, levels_in, tiles_in

_AS_IT_SHOULD = Fault("", "", "", end=SUCCEEDED, effect="gone")
_LATE_RESULTS = 3
SLICE = 0.05  # seconds after which a job at work hears that it takes another time
# Invented: how long stale metadata shows a cache, in seconds.
STALE = 3.0


class _Failed(Exception):
    """The job cannot do its work; the text is its error message."""


def begin(site: Site, job: Job) -> None:
    """Takes a job into the site's register and starts its work."""
    site.jobs.take(job)
    site.faults.submitted = True
    job.say("Submitted.")
    job.run = asyncio.get_running_loop().create_task(_Work(site, job).run())
    job.run.add_done_callback(lambda run: _note_failure(site, run))


def list_other_deletion(site: Site) -> None:
    """Lists another account's job on the first service with a cache; it waits for ever and counts as no submit."""
    service = next(one for one in site.services.values() if one.cache is not None)
    inputs = {"service_url": service.key, "thread_count": "-1", "cache_path": ""}
    types = {"service_url": "GPString", "thread_count": "GPLong", "cache_path": "GPString"}
    job = Job("CachingTools", "DeleteCache", service, inputs, types, OTHER_USER, status=WAITING)
    job.say("Submitted.")
    site.jobs.drop(OTHER_USER)
    site.jobs.add(job)


def _note_failure(site: Site, run: asyncio.Task[None]) -> None:
    error = None if run.cancelled() else run.exception()
    if error is not None:
        site.jobs.failures.append(error)


class _Work:
    """The work of one job."""

    def __init__(self, site: Site, job: Job) -> None:
        self._site = site
        self._job = job

    async def run(self) -> None:
        """Waits, works and notes how it ended."""
        job = self._job
        try:
            await self._pass(0.05)
            job.status = WAITING
            if self._site.faults.take("job-waits-forever"):
                await asyncio.Event().wait()
            while self._site.faults.on("other-job-running"):
                await asyncio.sleep(0.05)
            async with self._site.jobs.turn(job.target):
                await self._pass(0.05)
                await self._execute()
        except asyncio.CancelledError:
            if job.status == CANCELLING:
                job.say("Cancel complete.")
                job.end(CANCELLED)
        except (_Failed, BadInput, CacheError, OSError) as error:
            job.say(str(error), "Error")
            job.say(f"Failed to execute ({job.task}).", "Error")
            job.end(FAILED)

    async def _execute(self) -> None:
        job, site = self._job, self._site
        job.status = EXECUTING
        job.say("Executing...")
        if site.faults.take("token-expires-mid-job"):
            site.tokens.revoke()
        job.say(f"Start Time: {time.ctime()}")
        self._say_hostile_things()
        if job.task == "Manage Map Cache Tiles":
            script = site.faults.take_job_end() or _AS_IT_SHOULD
            await self._delete_tiles(self._tiled(), script)
        else:
            service = self._deletable()
            script = site.faults.take_job_end() or _AS_IT_SHOULD
            await self._delete_cache(service, script)
        self._finish(script)

    def _service(self) -> Service:
        """The service that the job is about; it may be gone since the submit, or never have been there."""
        service = self._job.service
        if service is None or self._site.services.get(service.key) is not service:
            raise _Failed(f"ERROR 999999: Service {self._job.target} does not exist.")
        return service

    def _deletable(self) -> Service:
        """The service, unless the deletion fails before it begins; which of these fail on a real server isn't known."""
        threads = int(self._job.inputs.get("thread_count") or -1)
        if threads == 0 or threads < -1:
            raise _Failed(
                "ERROR 001394: The number of caching service instances is less than the minimum required; increase "
                "num_of_caching_instances to at least 1."
            )
        service = self._service()
        if self._job.inputs.get("cache_path", "") not in ("", str(self._site.cache_root / service.cache_folder)):
            raise _Failed("ERROR 999999: cache_path is not the service's cache folder.")
        if not self._site.runs(service):
            raise _Failed(f"ERROR 999999: Service {service.key} is not started.")
        if not service.cached or not self._site.cache_of(service).exists():
            raise _Failed(f"ERROR 999999: Service {service.key} has no cache.")
        return service

    async def _delete_cache(self, service: Service, script: Fault) -> None:
        """Level by level as time passes, so that a job that stops leaves half a cache."""
        job, site = self._job, self._site
        cache = site.cache_of(service)
        tiles = cache.counts()
        restarts = site.faults.take("server-restarts")
        doomed = list(tiles)
        if script.effect == "stays":
            doomed = []
        elif script.effect == "half":
            doomed = doomed[: len(doomed) // 2]
            if not doomed:
                _delete_half_of_the_tiles(cache)
        job.say(f"Deleting the cache of {service.key}.")
        for number, level in enumerate(doomed):
            await self._pass(0.9 / len(doomed))
            if restarts and number == len(doomed) // 2:
                await self._restart_server()
            cache.delete_level(level)
            job.percent = 100 * (number + 1) // len(doomed)
            job.say(_deleted(level, tiles[level][0]))
        if script.effect != "gone":
            return
        cache.delete()
        service.cached = False
        if site.faults.take("stale-metadata"):
            service.stale_until = time.monotonic() + STALE
        site.restart(service, job.user)
        self._meanwhile(service)

    async def _restart_server(self) -> None:
        while not self._job.looks:
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

    def _finish(self, script: Fault) -> None:
        job = self._job
        if script.end == SUCCEEDED:
            self._succeed()
            return
        if script.end == "gone":
            job.gone = True
        elif script.end == "failed without messages":
            job.messages.clear()
            job.end(FAILED)
        elif script.end == "failed with a word":
            job.messages.clear()
            job.say("Failed.", "Error")
            job.end(FAILED)
        elif script.end == FAILED:
            raise _Failed("ERROR 999999: The cache folder could not be deleted: access is denied.")
        elif script.end == "no status":
            job.says = ""
        elif script.end == "esriJobPaused":
            job.says = script.end
        else:
            job.end(script.end)
        if job.ended is None:
            self._succeed()

    def _succeed(self) -> None:
        job = self._job
        job.late = job.looks + _LATE_RESULTS if self._site.faults.take("job-late-results") else 0
        job.results = not self._site.faults.take("job-no-results")
        seconds = (time.time() * 1000 - job.submitted) / 1000
        job.say(f"Succeeded at {time.ctime()} (Elapsed Time: {seconds:.2f} seconds)")
        job.end(SUCCEEDED)

    def _tiled(self) -> Service:
        """The service, unless there are no tiles to manage; that the job fails then is invented."""
        service = self._service()
        if not self._site.runs(service):
            raise _Failed(f"ERROR 999999: Service {service.key} is not started.")
        if not service.cached or not self._site.cache_of(service).exists():
            raise _Failed(f"ERROR 999999: Service {service.key} has no cache.")
        return service

    async def _delete_tiles(self, service: Service, script: Fault) -> None:
        """DELETE_TILES: tiles of some scales go, tiling scheme and folders stay, and nothing restarts (family.md 9)."""
        job, cache = self._job, self._site.cache_of(service)
        if job.inputs.get("update_mode") != "DELETE_TILES":
            raise _Failed("ERROR 999999: This server rehearses update_mode DELETE_TILES only.")
        levels, extent = levels_in(job.inputs, cache), extent_in(job.inputs)
        restarts = self._site.faults.take("server-restarts")
        for number, level in enumerate(levels):
            await self._pass(0.9 / len(levels))
            doomed = tiles_in(cache, level, extent)
            if restarts and number == len(levels) // 2:
                for row, column in doomed[: len(doomed) // 2]:
                    cache.delete_tile(level, row, column)
                await self._restart_server()
            doomed = doomed[: {"stays": 0, "half": (len(doomed) + 1) // 2}.get(script.effect, len(doomed))]
            for row, column in doomed:
                cache.delete_tile(level, row, column)
            job.percent = 100 * (number + 1) // len(levels)
            job.say(_deleted(level, len(doomed)))
        if script.effect == "gone":
            self._meanwhile(service)

    def _say_hostile_things(self) -> None:
        job, faults = self._job, self._site.faults
        if faults.take("huge-message"):
            job.say("x" * 10_000_000)
        if faults.take("control-characters"):
            job.say("\x1b[2J\x1b[31mDeleted\x1b[0m\r\n\x07\x00\u202eevil\x9b0m", "Warning")
        if faults.take("html-in-messages"):
            job.say("<script>alert(1)</script><b>Done</b> & 'quoted' \"twice\"", "Warning")

    async def _pass(self, part: float) -> None:
        """A part of the job's time; how much that is may change while it passes."""
        begun, left = time.monotonic(), self._site.job_seconds * part
        while left > 0:
            await asyncio.sleep(min(left, SLICE))
            left = begun + self._site.job_seconds * part - time.monotonic()
        await asyncio.sleep(0)


def _delete_half_of_the_tiles(cache: Cache) -> None:
    tiles = list(cache.tiles())
    for level, row, column in tiles[: (len(tiles) + 1) // 2]:
        cache.delete_tile(level, row, column)


def _deleted(level: int, tiles: int) -> str:
    return f"Level {level}: {tiles} {'tile' if tiles == 1 else 'tiles'} deleted."
