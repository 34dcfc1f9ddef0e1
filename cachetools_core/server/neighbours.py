"""What the deletions of one run on one site must know of each other, so that none takes another's job for its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from ..errors import CannotDelete
from ..naming.identity import names_in_key, service_key
from ..naming.service import ServiceReference
from ..proof.words import plural
from ..waiting import Run
from .turns import Places, Turn

A_SUBMIT_TAKES = 5.0
"""Seconds that the submit at another address is awaited: the server's list shows its job by then."""


@dataclass(frozen=True)
class SameName:
    """Services of one folder, name and type at several addresses of a run: only their servers know whether they are
    one. `jobs` are those that the run has submitted for any of them, and the key of the service at its address.
    """

    turn: Turn = field(default_factory=Turn)
    jobs: dict[str, str] = field(default_factory=dict)


class Neighbours:
    """The deletions of one run that are at work on one site; a deletion by itself has none.

    A server shows for which service a job is only once the job has succeeded (documented, protocol.md 4.7). So each
    tells the others which job it has submitted; and since a list may show a job whose submit isn't answered yet, they
    take turns: within its turn one reads the list, submits, and has the answer, and no other one reads or submits.
    """

    def __init__(
        self,
        jobs_at_once: float = float("inf"),
        noted: Callable[[], Mapping[str, str]] = dict,
        names: dict[str, SameName] | None = None,
    ) -> None:
        """`noted` gives the jobs that are known from elsewhere, such as the journal: their ids, and whose they are.

        `names` is what the deletions on all sites of the run share.
        """
        self._noted = noted
        self._names: dict[str, SameName] = {} if names is None else names
        self._turn = Turn()
        self._jobs: dict[str, str] = {}
        self._jobs_at_once = jobs_at_once
        self._at_work = Places(jobs_at_once)
        self._unseen: set[str] = set()

    @property
    def are_there(self) -> bool:
        """True in a run over several services, where all are looked at before the first of them is deleted."""
        return self._jobs_at_once < float("inf")

    def turn(self, run: Run) -> AbstractContextManager[None]:
        """The turn to read the list of jobs and to submit. Raises Cancelled and DeadlinePassed while it waits."""
        return self._turn.taken(run)

    def turn_to_submit(self, service: ServiceReference, run: Run) -> AbstractContextManager[None]:
        """The same, and no other address of what may be the same service has it, so that each sees the other's job.

        Raises Cancelled and DeadlinePassed while it waits.
        """
        return self._turn.taken_with(self._of_the_name(service).turn, run, A_SUBMIT_TAKES)

    def note_job(self, job_id: str, service: ServiceReference) -> None:
        """From now on all know whose job this is."""
        self._jobs[job_id] = self._of_the_name(service).jobs[job_id] = service_key(service)

    def jobs_at_other_addresses(self, service: ServiceReference) -> frozenset[str]:
        """The jobs of this run for services of the same name on other sites; where this server lists one, it is for
        this service.
        """
        key = service_key(service)
        jobs = dict(self._of_the_name(service).jobs)
        return frozenset(one for one, whose in jobs.items() if whose != key and one not in self._jobs)

    def jobs_of_others(self, job_ids: Iterable[str], service: ServiceReference) -> frozenset[str]:
        """Those of the jobs that are known to be for another service; one that was noted for a service of the same name
        isn't, whatever address it has there: this server lists the job, so it may be this service by another address.
        """
        key = service_key(service)
        unknown = [one for one in job_ids if one not in self._jobs]
        known = {**(self._noted() if unknown else {}), **self._jobs}
        return frozenset(one for one in job_ids if names_in_key(known.get(one, key)) != names_in_key(key))

    def wait_for_a_place(self, service: ServiceReference, run: Run) -> None:
        """Wait until one job less than the site may have at a time is at work; it counts as at work from then on.

        Raises CannotDelete where there is no hope of one, Cancelled, DeadlinePassed.
        """
        self._at_work.take(service_key(service), run, self._check_for_hope)

    def note_at_work(self, service: ServiceReference) -> None:
        """A job for it was submitted earlier and may be at work."""
        self._at_work.occupy(service_key(service))

    def note_ended(self, service: ServiceReference) -> None:
        """Its job is at work no longer, or never was."""
        self._at_work.give_back(service_key(service))

    def note_unseen(self, service: ServiceReference) -> None:
        """Its job may be at work for ever, as far as this run can tell."""
        if self._at_work.holds(service_key(service)):
            self._unseen.add(service_key(service))

    def _of_the_name(self, service: ServiceReference) -> SameName:
        return self._names.setdefault(names_in_key(service_key(service)), SameName())

    def _check_for_hope(self) -> None:
        if len(self._unseen) >= self._jobs_at_once:
            raise CannotDelete(
                f"This run didn't see the end of {plural(len(self._unseen), 'job')} on this site, and no more may be"
                " at work there at a time. Nothing was submitted for this service.",
                "Run this again: it looks for those jobs first.",
            )
