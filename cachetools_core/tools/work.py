"""What a job is to do to the cache of one service, and how it is seen that it is done."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

from ..naming.service import ServiceReference
from ..proof.ending import JobReport
from ..proof.evidence import Look
from ..proof.explanation import Story
from ..proof.verdict import Remains, Verdict
from ..server.looks import NOBODY_ASKED, Other
from ..server.site import Task
from ..server.wire import READ_TRIES, Wire
from .record import Record


class Work(Protocol):
    """One kind of work; a value, so that equal works ask for the same. What isn't said to raise raises nothing."""

    @property
    def service(self) -> ServiceReference:
        """The service that it is for."""

    @property
    def in_words(self) -> str:
        """What goes, such as "the cache"."""

    @property
    def what_is_left(self) -> str:
        """What a service still has where the work isn't done, such as "a cache"."""

    def find_task(self, wire: Wire) -> Task:
        """The task that does it. Raises what server.site.find_task raises."""

    def inputs(self, task: Task) -> dict[str, str]:
        """What to submit: only what the server lists. Raises CannotDelete."""

    def look(
        self, wire: Wire, others: Sequence[Other], *, tries: int = READ_TRIES, so_far: Look = NOBODY_ASKED
    ) -> Look:
        """What the witnesses say, these others among them; `so_far` is what the service itself said a moment ago.

        Raises what server.looks.look raises.
        """

    def is_needed(self, before: Look) -> bool:
        """Whether there is anything to delete."""

    def what_remains(self, before: Look, after: Look) -> Remains:
        """What is left of it, held against the look before."""

    def is_left(self, before: Look, after: Look) -> bool:
        """Whether a new job is needed after one that has ended."""

    def show(self, before: Look, record: Record) -> None:
        """Tell what would go."""

    def save_what_goes(self, wire: Wire, before: Look, receipts: str | os.PathLike[str] | None, record: Record) -> None:
        """Save what can't be had any more afterwards; `receipts` is the folder for it."""

    def tell_nothing(self, before: Look, record: Record) -> None:
        """Tell that there is nothing to delete."""

    def tell_success(self, report: JobReport, remains: Remains, after: Look, record: Record) -> None:
        """Tell that it is gone."""

    def explain(self, verdict: Verdict, story: Story) -> tuple[str, str]:
        """What any other verdict means, and what to do next."""


class Wish(Protocol):
    """What somebody asks for, before the service was asked what it has."""

    def check(self) -> None:
        """Raises WrongUsage for what no service could have."""

    def work(self, wire: Wire, service: ServiceReference, others: Sequence[Other], record: Record) -> tuple[Work, Look]:
        """The work, and the look before it, which is on the record by then.

        Raises CannotDelete where it can't start, and what server.looks.look raises.
        """

    def is_met_by(self, work: Work) -> bool:
        """Whether nothing is left to ask for once this work is done."""
