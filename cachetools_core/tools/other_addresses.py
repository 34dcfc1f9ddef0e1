"""Deletions that were begun at another address: of the same service, or of another server's?

Ports are folded for every other host. On this machine rehearsals listen side by side, so only the server can tell. So
it is with the contexts of one host, such as /arcgis and /server: they may lead to one site or to two.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import AlreadyRunning, NoAnswer, NotAService, ServerSaysNo
from ..local.entry_text import spelled_as
from ..local.journal import unfinished
from ..naming.identity import (
    Means,
    is_loopback,
    service_key,
    service_key_at_any_port,
    service_key_in_any_context,
)
from ..naming.service import ServiceReference, read_service
from ..proof.entry import Entry
from ..server.wire import Wire
from .session import Session

UNKNOWN_JOB = (400, 404)


@dataclass(frozen=True)
class Elsewhere:
    """The addresses of unfinished deletions that are this service's, and of those that may be."""

    certain: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()

    def refuse_unclear(self, service: ServiceReference) -> None:
        """Raises AlreadyRunning where a deletion that would submit could be the second one of this service."""
        for one in self.unclear:
            raise AlreadyRunning(
                f"{service.url} may be {one} by another address, whose deletion isn't settled.",
                f"Nothing was submitted. Run this for {one} first; that run follows its job.",
            )


def deletions_elsewhere(service: ServiceReference, wire: Wire, session: Session) -> Elsewhere:
    """What this machine's journal notes for addresses that lead here, or may.

    An entry is another server's where this one doesn't know its job, and where the run does that service too.
    Raises JournalError, Cancelled.
    """
    entries = [one for one in unfinished(session.access.journal_folder) if isinstance(one, Entry)]
    meant = [(one.service, _meant_by(one, service, wire, session)) for one in entries]
    return Elsewhere(
        tuple(address for address, means in meant if means is Means.THIS),
        tuple(address for address, means in meant if means is Means.UNCLEAR),
    )


def _meant_by(entry: Entry, service: ServiceReference, wire: Wire, session: Session) -> Means:
    """Whose deletion an entry of another address is."""
    try:
        other = read_service(entry.service)
    except NotAService:
        return Means.ANOTHER
    if service_key(other) == service_key(service) or session.is_about(other):
        return Means.ANOTHER
    here = spelled_as(entry, service.url)
    if is_loopback(service.url) and service_key_at_any_port(other) == service_key_at_any_port(service):
        # A job without an id is looked for in the server's list later.
        return Means.ANOTHER if _whose_job(here, wire) is Means.ANOTHER else Means.THIS
    if service_key_in_any_context(other) != service_key_in_any_context(service):
        return Means.ANOTHER
    return _whose_job(here, wire)


def _whose_job(entry: Entry, wire: Wire) -> Means:
    """This site's if it knows the job, and certainly another's only if it says that it doesn't."""
    if not entry.job_id:
        return Means.UNCLEAR
    try:
        is_known = wire.get(entry.job_url).get("jobId") == entry.job_id
    except ServerSaysNo as error:
        return Means.ANOTHER if error.code in UNKNOWN_JOB else Means.UNCLEAR
    except NoAnswer:
        return Means.UNCLEAR
    return Means.THIS if is_known else Means.UNCLEAR
