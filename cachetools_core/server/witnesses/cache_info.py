"""Get Cache Info of System/PublishingTools: whether the server finds a cache in its directory.

Captured at 10.8.1 are the task's inputs and the name `out_cacheFound`; what it answers once a cache is deleted is
*inferred* (family.md 7). So it never decides alone: it confirms what others say, or contradicts it.
"""

from __future__ import annotations

from functools import partial

from ...errors import CannotDelete, DeadlinePassed, NoAnswer, NotArcGIS, ServerSaysNo
from ...naming.service import ServiceReference
from ...proof.ending import JOB_ID, JobEnd
from ...proof.evidence import Says, Testimony, Why, Witness, silent
from ..following import STATUSES
from ..site import find_task
from ..wire import Wire
from .administrator import cache_directory, why_silent

TASK, OUTPUT = "Get Cache Info", "out_cacheFound"
OFFERED_BY = ("PublishingTools", "PublishingToolsEx")
LIMIT, PAUSE = 60.0, 0.5

_nothing = partial(silent, Witness.CACHE_INFO)


def ask(wire: Wire, service: ServiceReference, tries: int) -> Testimony:
    """Submit a job that only looks, follow it for a minute at most, and read what it has found.

    Needs the server's cache directory, which the administrator API tells; a submit without a good answer isn't
    repeated. Raises SignInRefused, DeadlinePassed, Cancelled.
    """
    directory = cache_directory(wire, service)
    if not directory:
        return _nothing(Why.REFUSED, "The server's cache directory, which Get Cache Info asks for, isn't known.")
    try:
        return _answer_of(wire, service, directory)
    except DeadlinePassed:
        raise
    except CannotDelete as error:
        return _nothing(Why.NOT_OFFERED, error.what)
    except (ServerSaysNo, NoAnswer) as error:
        return _nothing(why_silent(error, wire.run), error.what)


def _answer_of(wire: Wire, service: ServiceReference, directory: str) -> Testimony:
    task = find_task(wire, service.site, TASK, OFFERED_BY)
    wanted = {
        "in_serverCacheFolder": directory,
        "in_serviceName": service.name,
        "in_serviceType": service.kind.upper(),
        "in_serviceFolder": service.folder,
        "in_resultFormat": "JSON",
    }
    if not {"in_serverCacheFolder", "in_serviceName"} <= task.inputs or task.required - set(wanted):
        return _nothing(Why.UNREADABLE, f"{task.url} isn't the task that CacheTools knows.")
    inputs = {name: value for name, value in wanted.items() if name in task.inputs}
    job_id = wire.post_once(f"{task.url}/submitJob", inputs).get("jobId")
    if not isinstance(job_id, str) or not JOB_ID.fullmatch(job_id):
        raise NotArcGIS(f"{task.url}/submitJob was answered without a job id.")
    url = f"{task.url}/jobs/{job_id}"
    end = _followed(wire, url)
    if end is JobEnd.RUNNING:
        return _nothing(Why.NO_ANSWER, f"Its job {job_id} hasn't ended in time.")
    if end is not JobEnd.SUCCEEDED:
        return _nothing(Why.UNREADABLE, f"Its job {job_id} has {end.value}.")
    found = wire.get(f"{url}/results/{OUTPUT}", tries=1).get("value")
    if not isinstance(found, bool):
        return _nothing(Why.UNREADABLE, f"{OUTPUT} of its job {job_id} is neither true nor false.")
    return Testimony(Witness.CACHE_INFO, Says.THERE if found else Says.GONE)


def _followed(wire: Wire, url: str) -> JobEnd:
    """How the job ended, and that it runs where it hasn't within a minute, or half of the time that is left."""
    run, seconds = wire.run, min(LIMIT, wire.run.left() / 2)
    begun = run.clock.monotonic()
    while True:
        status = wire.get(url, {"returnMessages": "false"}, tries=1).get("jobStatus")
        end = STATUSES.get(status, JobEnd.RUNNING) if isinstance(status, str) else JobEnd.RUNNING
        if end is not JobEnd.RUNNING or run.clock.monotonic() - begun >= seconds:
            return end
        run.pause(PAUSE)
