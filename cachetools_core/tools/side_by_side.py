"""Deletions of one run that go on side by side: what they share, and what each has for itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import replace
from functools import partial
from random import random
from typing import TypeVar

from ..errors import CacheToolsError, Cancelled, DeadlinePassed, JournalError, NoAnswer, NotAService
from ..local.journal import Journal, Unreadable, unfinished
from ..local.ledger import Ledger
from ..messages import Messages
from ..naming.identity import service_key, site_key
from ..naming.service import ServiceReference, read_service
from ..proof.entry import Entry
from ..proof.words import plural
from ..server.connections import SharedConnections
from ..server.neighbours import Neighbours, SameName
from ..server.signin import OpenSite
from ..server.site import Task, open_site
from ..server.submission import Notebook
from ..server.turns import Turn
from ..server.wire import PlainWire
from ..waiting import Run
from .access import Access
from .among_many import Name, Named, WarningsOnly
from .relay import Relay, relayed
from .session import Session

Found = TypeVar("Found")

LOOK_AT_MOST = 120.0
"""Seconds for one service while the plan is made, since all others wait for it; half of those left, if that is less."""
SHORTEST_LOOK = 1.0
RERUN = "Check that the site is up, then run this again."
WORKERS_FOR_A_JOB = 2
"""While one job runs, the service of the one before is looked at until it is back."""


class ManySession(Session):
    """One run over several services: each site is opened and signed in to once, for all of them."""

    def __init__(self, access: Access, relay: Relay, per_site: int) -> None:
        super().__init__(relayed(access, relay))
        self.per_site = per_site
        self._shared: dict[str, SharedSite] = {}
        self._neighbours: dict[str, Neighbours] = {}
        self._same_names: dict[str, SameName] = {}

    @property
    def workers(self) -> int:
        """How many services of one site are worked on at a time, so that enough jobs can run."""
        return self.per_site * WORKERS_FOR_A_JOB

    def for_one(self, service: ServiceReference, name: str, ledger: Ledger) -> SessionOfOne:
        """The session of one of the services, which is called so in messages. Raises nothing.

        What a site gets at one address, such as a token, goes to no other one, though both may be the same site; its
        jobs are the same at each.
        """
        key = site_key(service)
        if key not in self._neighbours:
            self._neighbours[key] = Neighbours(self.per_site, partial(self._jobs_noted, ledger), self._same_names)
        if service.site not in self._shared:
            self._shared[service.site] = SharedSite(self, self._neighbours[key])
        return SessionOfOne(self, self._shared[service.site], Name(service, name), ledger)

    @property
    def for_a_look(self) -> float:
        """How many seconds one service may take while the plan is made."""
        return min(LOOK_AT_MOST, self.run.left() / 2)

    def _jobs_noted(self, ledger: Ledger) -> Mapping[str, str]:
        """The jobs that are noted, by this run or an earlier one, and the keys of their services. Raises nothing."""
        entries: tuple[Entry | Unreadable, ...] = ()
        with suppress(JournalError):
            entries = unfinished(self.access.journal_folder)
        return {**dict(_jobs_in(entries)), **ledger.jobs}


class SharedSite:
    """One site of a run over several services, as it is reached at one address."""

    def __init__(self, session: ManySession, neighbours: Neighbours) -> None:
        self._session = session
        self._turn = Turn()
        self._opened: OpenSite | CacheToolsError | None = None
        self._silent: list[str] = []
        self._turn_to_find = Turn()
        self._task: Task | None = None
        self.neighbours = neighbours

    def opened(self, url: str, asker: Session, hears: Messages) -> OpenSite:
        """The site, opened by whoever asks first; a site that couldn't be opened isn't asked again in this run.

        Raises what `Session.site_of` raises.
        """
        with self._turn.taken(asker.run):
            if self._opened is None:
                self._opened = self._open(url, hears)
        if isinstance(self._opened, CacheToolsError):
            raise copy(self._opened)
        return replace(self._opened, wire=self._opened.wire.heeding(asker.run))

    def task(self, run: Run, find: Callable[[], Task]) -> Task:
        """The task that all services of the run need, found by whoever asks first. Raises what `find` raises."""
        with self._turn_to_find.taken(run):
            self._task = self._task or find()
            return self._task

    def in_time(self, service: ServiceReference, run: Run, look: Callable[[], Found]) -> Found:
        """What a look finds that others wait for. Raises NoAnswer where it takes too long, and what the look raises.

        After each so many looks in a row that took too long as the site is asked at a time, the next have half as
        long, so that some services that hang cost no other one its look; in the end no more are begun.
        """
        seconds = self._session.for_a_look / 2 ** (len(self._silent) // self._session.workers)
        is_silent = seconds < SHORTEST_LOOK and bool(self._silent)
        seconds = 0.0 if is_silent else seconds
        try:
            with run.at_most(seconds):
                found = look()
        except DeadlinePassed:
            if not run.left():
                raise
            if is_silent:
                others = plural(len(self._silent), "other service")
                what = f"{service.site} gave no answer for {others}, and wasn't asked again."
                raise NoAnswer(what, RERUN) from None
            self._silent.append(service.url)
            raise _too_slow(service.url, seconds) from None
        self._silent.clear()
        return found

    def _open(self, url: str, hears: Messages) -> OpenSite | CacheToolsError:
        session = self._session
        run = session.run.beside(session.access.messages.cancelled)
        trust = session.trust()
        rest = PlainWire(trust, run, SharedConnections(trust, session.workers))
        seconds = session.for_a_look
        try:
            with run.at_most(seconds):
                info = open_site(rest, url)
            opened = session.signed_in(rest, info, hears)  # takes its time: somebody may be typing a password
        except Cancelled:
            raise
        except DeadlinePassed:
            if not run.left():
                raise
            return _too_slow(url, seconds)
        except CacheToolsError as error:
            return error
        run.take_up_cancel()  # by each service for itself: the token is renewed for those that still need it
        return opened


def _too_slow(url: str, seconds: float) -> NoAnswer:
    what = f"{url} gave no answer within {seconds:.3g} s, so the other services no longer wait for it."
    return NoAnswer(what, RERUN)


class SessionOfOne(Session):
    """The part of a run that is about one service: its own messages, and its own way to deal with a cancel."""

    def __init__(self, many: ManySession, shared: SharedSite, name: Name, ledger: Ledger) -> None:
        patience = replace(many.access.patience, jitter=random())  # or all would look at their jobs at once
        hears = WarningsOnly(many.access.messages)
        super().__init__(replace(many.access, patience=patience, messages=hears), many.run.beside(hears.cancelled))
        self.messages, self.neighbours = Named(name, self.messages), shared.neighbours
        self._shared, self._ledger = shared, ledger

    def task(self, find: Callable[[], Task]) -> Task:
        """The task, asked for once a site. Raises what `find` raises."""
        return self._shared.task(self.run, find)

    def is_about(self, service: ServiceReference) -> bool:
        """True for each service of the run. Raises nothing."""
        return self._ledger.is_about(service_key(service))

    def in_time(self, service: ServiceReference, hears: Messages, look: Callable[[], Found]) -> Found:
        """What a look finds that the other services wait for. Raises NoAnswer where it takes too long, and what the
        look raises.
        """
        with suppress(CacheToolsError):  # which the look meets again, in its place
            self.site_of(service, hears)  # not in the time of the look: somebody may be asked for a password
        return self._shared.in_time(service, self.run, look)

    def notebook_over(self, journal: Journal, service: ServiceReference) -> Notebook:
        """The journal, and the ledger of the run. Raises nothing."""
        return _Both(journal, self._ledger, service)

    def _open(self, url: str, hears: Messages) -> OpenSite:
        return self._shared.opened(url, self, hears)


class _Both:
    """Notes a job in the journal and then in the ledger, before it is submitted."""

    def __init__(self, journal: Journal, ledger: Ledger, service: ServiceReference) -> None:
        self._journal, self._ledger, self._key = journal, ledger, service_key(service)
        self._noted = False

    def write(self, entry: Entry) -> None:
        """Keep the entry before this returns. Raises JournalError, and then nothing is kept."""
        self._journal.write(entry)
        if not self._noted:
            try:
                self._ledger.note_submit(self._key, entry)
            except JournalError:
                self._journal.clear()
                raise
        self._noted = True

    def clear(self) -> None:
        """Nothing is left to find. Raises JournalError."""
        self._journal.clear()

    def check_held(self) -> None:
        """Raises AlreadyRunning or JournalError where another run may be at work on the same service by now."""
        self._journal.check_held()


def _jobs_in(entries: tuple[Entry | Unreadable, ...]) -> Iterator[tuple[str, str]]:
    for one in entries:
        if isinstance(one, Entry) and one.job_id:
            with suppress(NotAService):
                yield one.job_id, service_key(read_service(one.service))
