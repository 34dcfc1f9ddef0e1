"""Deletions that were begun at another address: of the same service, or of another server's?

Ports are folded for every other host. On this machine rehearsals listen side by side, so only the server can tell. So
it is with the contexts of one host, such as /arcgis and /server: they may lead to one site or to two.
"""

from __future__ import annotations

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


def names_at_other_addresses(service: ServiceReference, wire: Wire, session: Session) -> tuple[str, ...]:
    """The addresses of unfinished deletions that are this service's, though another port or context stands in them.

    An entry is another server's where this one doesn't know its job, and where the run does that service too.
    Raises JournalError, Cancelled.
    """
    return tuple(one.service for one in _entries(session) if _meant_by(one, service, wire, session) is Means.THIS)


def check_other_contexts(service: ServiceReference, wire: Wire, session: Session) -> None:
    """To be called before a deletion is planned that would submit.

    Raises AlreadyRunning where one that was begun at another context of the host may be this service's, and isn't
    settled; JournalError, Cancelled.
    """
    for one in _entries(session):
        if _meant_by(one, service, wire, session) is Means.UNCLEAR:
            raise AlreadyRunning(
                f"{service.url} may be {one.service} by another address, whose deletion isn't settled.",
                f"Nothing was submitted. Run this for {one.service} first; that run follows its job.",
            )


def _entries(session: Session) -> list[Entry]:
    return [one for one in unfinished(session.access.journal_folder) if isinstance(one, Entry)]


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
        return Means.THIS if _may_have(wire, here) else Means.ANOTHER
    if service_key_in_any_context(other) != service_key_in_any_context(service):
        return Means.ANOTHER
    return _known_job_of(here, wire)


def _known_job_of(entry: Entry, wire: Wire) -> Means:
    """Whose job it is at another context of the host: this site's if it knows it."""
    try:
        if entry.job_id and wire.get(entry.job_url).get("jobId") == entry.job_id:
            return Means.THIS
    except ServerSaysNo as error:
        if error.code in UNKNOWN_JOB:
            return Means.ANOTHER
    except NoAnswer:
        wire.run.go_on()
    return Means.UNCLEAR


def _may_have(wire: Wire, entry: Entry) -> bool:
    """False where the server certainly doesn't know the job; a job without an id is looked for in its list later."""
    if not entry.job_id:
        return True
    try:
        wire.get(entry.job_url)
    except ServerSaysNo as error:
        return error.code not in UNKNOWN_JOB
    except NoAnswer:
        return True
    return True
