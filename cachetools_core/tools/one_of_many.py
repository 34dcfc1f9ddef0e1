"""One service of a run over several: looked at, deleted as planned, told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import replace

from ..errors import AlreadyRunning, CacheToolsError, Cancelled, CannotDelete, JournalError, NotDeleted, every_error
from ..local.ledger import Ended, Ledger, Submitted
from ..messages import Messages
from ..naming.identity import service_key, service_key_in_any_context
from ..naming.service import ServiceReference
from ..proof.ending import JobEnd, JobReport
from ..proof.evidence import Look
from ..proof.look_words import look_in_words
from ..proof.receipt import Receipt
from ..proof.verdict import UNSETTLED, Remains, Verdict, what_remains
from ..proof.words import for_people, in_megabytes, plural
from .cache_work import WholeCache
from .carrying_out import Next
from .deletion import do_as_planned
from .plan import Plan, make_plan
from .record import Record
from .side_by_side import ManySession

WISH = WholeCache()


class OneOfMany:
    """One service; `plan` is what would be done, None where nothing is left to do; `receipt` comes at the end."""

    def __init__(self, service: ServiceReference, name: str, session: ManySession, ledger: Ledger) -> None:
        self.service, self.name = service, name
        self.plan: Plan | None = None
        self.receipt: Receipt | None = None
        self._ledger, self._key = ledger, service_key(service)
        self._session = session.for_one(service, name, ledger)
        self._neighbours = self._session.neighbours
        clock = session.access.clock
        self._record = Record(service.url, self._session.messages, self._session.secrets, clock)
        self._record.note_service(service.url)

    @property
    def is_good(self) -> bool:
        """True once its cache is gone, or never was."""
        return self.receipt is not None and self.receipt.exit_code == 0

    def look(self) -> None:
        """Plan what to do; a service that can't be looked at ends here, with its receipt. Raises nothing."""
        earlier = self._ledger.submitted(self._key)
        noted = "" if earlier is None else f"A job was submitted on {for_people(earlier.at)}, see {self._ledger.file}."
        with self._record.failing(), self._record.unsettled(noted):
            plan = self._session.in_time(
                self.service, self._record, lambda: make_plan(WISH, self.service, self._session, self._record)
            )
            if not WISH.is_met_by(plan.work):
                raise CannotDelete(
                    f"An earlier run began to delete {plan.work.in_words} of {self.service}, and its job comes first.",
                    "Delete the cache of this service in a run of its own, which follows that job first.",
                )
            if earlier is None or plan.follows:
                self.plan = plan
            else:
                self._conclude(earlier, plan)
        if self.plan is None:
            self._end()
        elif self.plan.entry is not None:
            self._neighbours.note_at_work(self.service)
            if self.plan.entry.job_id:
                self._neighbours.note_job(self.plan.entry.job_id, self.service)

    def delete(self, refusal: CacheToolsError | None) -> None:
        """Do what was planned, unless it was refused, and end with a receipt. Raises nothing."""
        assert self.plan is not None
        with self._record.failing():
            if refusal is not None:
                with self._record.unsettled(self.plan.noted):
                    raise copy(refusal)
            with self._noted_where_it_follows(self.plan):
                step = do_as_planned(self.plan, self._record)
            if step is Next.A_SUBMIT:
                self._submit_at_last(self.plan)
        self._end()

    def planned(self) -> str:
        """What is planned, in one line. Raises nothing."""
        if self.receipt is not None:
            return f"{self.name}: {_in_words(self.receipt)}"
        assert self.plan is not None
        if self.plan.follows:
            return f"{self.name}: following an earlier deletion to its end, or submitting it again if it never arrived"
        return f"{self.name}: {look_in_words(self.plan.before)}"

    @contextmanager
    def _noted_where_it_follows(self, plan: Plan) -> Iterator[None]:
        """A job that another run has begun belongs to this run from now on, unless that one is still at work on it."""
        entry = plan.entry if self._ledger.submitted(self._key) is None else None
        if entry is not None:
            with self._warning_of_the_ledger():
                self._ledger.note_submit(self._key, entry)
        try:
            yield
        except AlreadyRunning:
            if entry is not None:
                with self._warning_of_the_ledger():
                    self._ledger.note_withdrawal(self._key)
            raise

    @contextmanager
    def _warning_of_the_ledger(self) -> Iterator[None]:
        try:
            yield
        except JournalError as error:
            self._record.warning(error.what)

    def _submit_at_last(self, lost: Plan) -> None:
        """A submit that never arrived is made up for, if the cache is what it was then: that was agreed to."""
        now = make_plan(WISH, self.service, self._session, self._record)
        if now.shows_the_same_as(replace(lost, entry=None)):
            do_as_planned(now, self._record)

    def _conclude(self, earlier: Submitted, plan: Plan) -> None:
        """What an earlier part of this run has done stays done; nothing is submitted for it a second time."""
        record, ended, now = self._record, earlier.ended, plan.before
        record.note_before(earlier.before)
        record.note_after(now)
        if ended is not None and ended.job_url:
            record.note_job(JobReport(ended.job_url, ended.job_status, JobEnd.NO_ANSWER))
        submitted = f"An earlier part of this run submitted a job for {self.service} on {for_people(earlier.at)}"
        remains = what_remains(earlier.before, now)
        was_deleted = ended is not None and ended.verdict == Verdict.DELETED.value
        if remains is Remains.NOTHING or (was_deleted and remains is Remains.NOTHING_BY_ONE):
            record.warning(f"{submitted}; the cache is gone.")
            record.decide(Verdict.DELETED)
            return
        record.decide(*_still_there(submitted, ended, now))

    def _end(self) -> None:
        receipt = self._record.keep(self._session.access.receipts)
        with self._record.failing():
            self._note(receipt)
        if receipt.verdict in UNSETTLED and not isinstance(receipt.error, AlreadyRunning):  # which sees to its own jobs
            self._neighbours.note_unseen(self.service)
        else:
            self._neighbours.note_ended(self.service)
        self.receipt = receipt

    def _note(self, receipt: Receipt) -> None:
        submitted = self._ledger.submitted(self._key)
        if submitted is None or submitted.ended is not None or receipt.verdict in UNSETTLED:
            return
        try:
            if receipt.after is not None and not isinstance(receipt.error, Cancelled):
                self._ledger.note_end(self._key, _ended(receipt))
            elif self.plan is not None and (receipt.after is not None or not self.plan.follows):
                self._ledger.note_withdrawal(self._key)  # a job that was never begun, or cancelled
        except JournalError as error:
            self._record.warning(f"{error.what} A rerun looks at this service again.")


def maybe_the_same(ones: Iterable[OneOfMany]) -> list[list[OneOfMany]]:
    """Services that only their server could tell apart, since their addresses differ in its context; one after the
    other, they are never submitted together, and what went with the first is nothing to delete by then.
    """
    found: dict[str, list[OneOfMany]] = {}
    for one in ones:
        found.setdefault(service_key_in_any_context(one.service), []).append(one)
    return list(found.values())


def doubt_of(earlier: Sequence[OneOfMany], one: OneOfMany) -> CannotDelete | None:
    """Why no job may be submitted: one that isn't settled may be for the same service."""
    for other in earlier:
        if one.plan and one.plan.deletes and other.receipt and other.receipt.verdict in UNSETTLED:
            return CannotDelete(
                f"{one.service.url} may be {other.service.url} by another address, whose deletion isn't settled.",
                "Nothing was submitted. Run this again once that one is settled.",
            )
    return None


def tell(one: OneOfMany, messages: Messages) -> None:
    """How it ended, in one line. Raises nothing."""
    assert one.receipt is not None
    (messages.info if one.is_good else messages.warning)(f"{one.name}: {_in_words(one.receipt)}")


def _still_there(submitted: str, ended: Ended | None, now: Look) -> tuple[Verdict, CacheToolsError]:
    """What a cache means that is there after a job of an earlier part of the run: the verdict, and its error."""
    if ended is None:
        what = f"has seen its end, and the service has a cache: {look_in_words(now)}"
    elif ended.verdict == Verdict.DELETED.value:
        what = "has deleted its cache, and there is one again"
    else:
        kind = next((one for one in every_error() if one.message_id == ended.error_id), NotDeleted)
        told = f"{submitted}, which ended on {for_people(ended.at)}: {ended.what}"
        return Verdict(ended.verdict), kind(told, ended.remedy)
    # Not by running this again: as long as one of the others isn't settled, that goes on with the same run.
    again = "To delete that one too, delete the cache of this service in a run of its own."
    return Verdict.NOT_DELETED, CannotDelete(f"{submitted}, {what}. Nothing was submitted.", again)


def _in_words(receipt: Receipt) -> str:
    if receipt.error is not None:
        return f"{receipt.verdict.value}. {receipt.error}"
    before = receipt.before
    if receipt.verdict is Verdict.NOTHING_TO_DELETE or before is None or before.tiles is None:
        return receipt.verdict.value
    return f"{receipt.verdict.value}, {plural(before.tiles, 'tile')}, {in_megabytes(before.bytes or 0)}"


def _ended(receipt: Receipt) -> Ended:
    error = receipt.error
    return Ended(
        verdict=receipt.verdict.value,
        at=receipt.finished,
        job_url=receipt.job_url or "",
        job_status=receipt.job_status or "",
        error_id="" if error is None else error.message_id,
        what="" if error is None else error.what,
        remedy="" if error is None else error.remedy,
    )
