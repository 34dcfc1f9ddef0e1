"""Deletions that were begun through another port of this machine: of the same service, or of another server's?

Ports are folded for every other host. On this machine rehearsals listen side by side, so only the server can tell.
"""

from __future__ import annotations

from ..errors import NoAnswer, NotAService, ServerSaysNo
from ..local.entry_text import spelled_as
from ..local.journal import unfinished
from ..naming.identity import is_loopback, service_key, service_key_at_any_port
from ..naming.service import ServiceReference, read_service
from ..proof.entry import Entry
from ..server.wire import Wire
from .session import Session

UNKNOWN_JOB = (400, 404)


def names_at_other_ports(service: ServiceReference, wire: Wire, session: Session) -> tuple[str, ...]:
    """The addresses of unfinished deletions that may be this service's, though another port stands in them.

    An entry is another server's where this one doesn't know its job, and where the run does that service too.
    Raises JournalError, Cancelled.
    """
    if not is_loopback(service.url):
        return ()
    entries = [one for one in unfinished(session.access.journal_folder) if isinstance(one, Entry)]
    return tuple(
        entry.service
        for entry in entries
        if _differs_in_port(service, entry.service, session) and _may_have(wire, spelled_as(entry, service.url))
    )


def _differs_in_port(service: ServiceReference, address: str, session: Session) -> bool:
    try:
        other = read_service(address)
    except NotAService:
        return False
    is_same_at_any_port = service_key_at_any_port(other) == service_key_at_any_port(service)
    return is_same_at_any_port and service_key(other) != service_key(service) and not session.is_about(other)


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
