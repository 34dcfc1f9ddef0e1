"""A job whose address isn't known, since the answer to its submit was lost: looked for, never submitted again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from ..errors import CacheToolsError, Cancelled, NoAnswer, ServerSaysNo
from ..local.old_journal import Entry
from ..naming.service import ServiceReference
from ..waiting import Run
from .cache import CacheState, compare, look
from .job import Patience, id_in
from .site import is_named, list_jobs, service_of_job
from .wire import READ_TRIES, Wire

LOOKS = 20
LONGEST_PAUSE = 5.0
UNTOUCHED = (CacheState.AS_BEFORE, CacheState.UNCOUNTED)


@dataclass(frozen=True)
class Search:
    """What the search found: the job's address, or nothing; `never_arrived` where the server's list has no such job.

    `trouble` says what ended the search, where something did.
    """

    job_url: str = ""
    never_arrived: bool = False
    trouble: str = ""


def known_jobs(wire: Wire, site_url: str, tools: str, *, tries: int = READ_TRIES) -> frozenset[str] | None:
    """The jobs that the server has now; None where this account, site or version doesn't list them.

    Kept in the journal before the submit, so that a new job can be told from old ones without trusting any clock.
    """
    try:
        return list_jobs(wire, site_url, tools, tries=tries)
    except (NoAnswer, ServerSaysNo):
        return None


def search_job(wire: Wire, site_url: str, service: ServiceReference, entry: Entry, patience: Patience) -> Search:
    """Look for the entry's job among the server's jobs, and at the cache, until one of them tells.

    Ends early where the cache is seen to be gone, and otherwise `patience.settle` seconds after the last change of its
    tiles; but a submit may still be on its way, so it never counts as lost before `patience.arrival` seconds have
    passed since it was sent. A cancel, the deadline or a refused sign-in end the search too: whatever was submitted
    stays submitted, so nothing raises here.
    """
    try:
        return _search(wire, site_url, service, entry, patience)
    except Cancelled:
        wire.run.take_up_cancel()
        return Search(trouble="the search for it was cancelled")
    except CacheToolsError as error:
        return Search(trouble=error.what)


def jobs_now(wire: Wire, site_url: str, tools: str) -> frozenset[str] | None:
    """The jobs that the server lists once a submit is settled one way or another; None where nobody can tell."""
    with _as_far_as_it_can_be_told(wire.run):
        return list_jobs(wire, site_url, tools)
    return None


def is_forgotten(job_url: str, listed: frozenset[str] | None) -> bool:
    """True where the server's list of jobs lacks this one; that its address is refused may come from a web tier."""
    return listed is not None and id_in(job_url) not in listed


def job_since(wire: Wire, site_url: str, service: ServiceReference, entry: Entry, listed: frozenset[str] | None) -> str:
    """The address of a listed job for this service that wasn't there before the submit, as far as it says; or empty.

    For a submit whose answer says that there is none, or names one that nobody knows.
    """
    with _as_far_as_it_can_be_told(wire.run):
        return _new_job(wire, site_url, service, entry, listed)
    return ""


def service_of_other_job(wire: Wire, service: ServiceReference, job_url: str) -> str:
    """The service that the job is for, where the job itself says that it is for another one; else empty."""
    named = ""
    with _as_far_as_it_can_be_told(wire.run):
        named = service_of_job(wire, job_url)
    return "" if is_named(service, named) else named


@contextmanager
def _as_far_as_it_can_be_told(run: Run) -> Iterator[None]:
    """What can't be read here proves nothing, and a cancel changes nothing any more."""
    with run.undisturbed(), suppress(CacheToolsError):
        yield


def _search(wire: Wire, site_url: str, service: ServiceReference, entry: Entry, patience: Patience) -> Search:
    run = wire.run
    tiles, changed = None, run.clock.monotonic()
    arrived_by = changed + _still_on_its_way(entry, run, patience.arrival)
    while True:
        listed = known_jobs(wire, site_url, entry.tools, tries=1) if entry.known_jobs is not None else None
        job_url = _new_job(wire, site_url, service, entry, listed)
        if job_url:
            return Search(job_url)
        now = look(wire, service, tries=1)
        state = compare(entry.before, now)
        if state is CacheState.NONE:
            return Search()
        if now.tiles != tiles:
            tiles, changed = now.tiles, run.clock.monotonic()
        idle = listed is not None and state in UNTOUCHED and not now.busy
        if run.clock.monotonic() - changed >= patience.settle and (not idle or run.clock.monotonic() >= arrived_by):
            return Search(never_arrived=idle)
        run.pause(min(patience.settle / LOOKS, LONGEST_PAUSE))


def _still_on_its_way(entry: Entry, run: Run, arrival: float) -> float:
    """Seconds; never more than `arrival`, since the time of day may have jumped."""
    return min(max(0.0, arrival - (run.clock.now() - entry.begun).total_seconds()), arrival)


def _new_job(wire: Wire, site_url: str, service: ServiceReference, entry: Entry, listed: frozenset[str] | None) -> str:
    """The address of a job for this service that wasn't there before the submit; empty where nobody can tell."""
    if listed is None or entry.known_jobs is None:
        return ""
    jobs = f"{site_url}/rest/services/System/{entry.tools}/GPServer/DeleteCache/jobs"
    for job_id in sorted(listed - entry.known_jobs):
        with suppress(NoAnswer, ServerSaysNo):
            if job_id.isalnum() and is_named(service, service_of_job(wire, f"{jobs}/{job_id}")):
                return f"{jobs}/{job_id}"
    return ""
