"""A deletion, whatever goes: planned, agreed to, submitted once or followed, settled, concluded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum

from ..errors import (
    AlreadyRunning,
    CacheToolsError,
    Cancelled,
    CannotDelete,
    DeletedServiceDown,
    JournalError,
    NotDeleted,
    NotPermitted,
    PartlyDeleted,
    StillRunning,
    TokenRefused,
    Unknown,
)
from ..local.journal import Journal
from ..naming.address import safe_text
from ..naming.files import find_service
from ..naming.service import ServiceReference
from ..proof.ending import JobEnd, JobReport
from ..proof.entry import Entry
from ..proof.evidence import Look
from ..proof.receipt import Receipt
from ..proof.verdict import ENDED_OR_GONE, UNSETTLED, Remains, Verdict, verdict
from ..proof.words import Story
from ..server.candidates import Place
from ..server.searching import Sight
from ..server.submission import Submission
from .access import Access
from .cache_work import CacheWork
from .other_ports import names_at_other_ports
from .record import Record
from .session import Session
from .settling import Settling
from .work import Wish, Work

SHOWN_FOR = 30.0
ERRORS: dict[Verdict, type[CacheToolsError]] = {
    Verdict.NOT_DELETED: NotDeleted,
    Verdict.PARTLY_DELETED: PartlyDeleted,
    Verdict.DELETED_SERVICE_DOWN: DeletedServiceDown,
    Verdict.STILL_RUNNING: StillRunning,
    Verdict.UNKNOWN: Unknown,
}


@dataclass(frozen=True)
class Plan:
    """What a deletion would do: delete what was seen, follow a job that was begun earlier, or nothing.

    `before` is the look at the cache, for an earlier job the one from before its submit. `entry` is that job's, and
    `work` what it was begun for; `wish` is what this run is asked for, `warnings` what was said while it was made.
    `looked_at` is in seconds of the run's own clock.
    """

    service: ServiceReference
    before: Look
    entry: Entry | None
    looked_at: float = field(compare=False)
    session: Session = field(repr=False, compare=False)
    work: Work = field(repr=False, compare=False)
    wish: Wish = field(repr=False, compare=False)
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def follows(self) -> bool:
        """True where a job that was begun earlier is followed and none is submitted."""
        return self.entry is not None

    @property
    def deletes(self) -> bool:
        """True where a new job would be submitted."""
        return not self.follows and self.work.is_needed(self.before)

    def shows_the_same_as(self, other: Plan) -> bool:
        """True where a person who agreed to the other plan has agreed to this one."""
        same_work = self.entry == other.entry and self.work == other.work
        return same_work and _facts(self.before) == _facts(other.before)

    @property
    def is_old(self) -> bool:
        """True where the cache may have changed since it was looked at."""
        return self.session.run.clock.monotonic() - self.looked_at > SHOWN_FOR


def _facts(one: Look) -> list[tuple[object, ...]]:
    return [(said.witness, said.says, said.scales, said.files, said.level_files) for said in one.testimonies]


def outcome(receipt: Receipt) -> Receipt:
    """The receipt of a success. Raises its error otherwise, with the receipt on it."""
    if receipt.error is not None:
        receipt.error.receipt = receipt
        raise receipt.error
    return receipt


def run_deletion_of(wish: Wish, service: str, access: Access, agree: Callable[[Plan], bool]) -> Receipt:
    """Plan the deletion, have it agreed to, and carry it out; the receipt tells what happened, whatever happened.

    `agree` is asked for every plan that would submit or follow a job. Where its answer takes longer than 30 seconds,
    the look is repeated, and where it shows something else, `agree` is asked again. Raises nothing.
    """
    session = Session(access)
    record = Record(safe_text(service), session.messages, session.secrets, access.clock)
    with record.failing():
        named = find_service(service, session.run)
        record.note_service(named.url)
        wish.check()
        plan = _agreed(wish, named, session, record, agree)
        while _Deletion(plan, record).carry_out() is not Next.NOTHING:
            plan = _agreed(wish, named, session, record, agree, plan)
    return record.keep(access.receipts)


def plan_deletion_of(wish: Wish, service: str, access: Access) -> Plan:
    """What a deletion would do, for `carry_out`; changes nothing.

    Raises NotAService, ConnectionFileError, CertificateFileError, NoAnswer, ServerSaysNo, NoAccount, SignInRefused,
    UnsafeSignIn, JournalError, Cancelled; CannotDelete where a deletion can't start.
    """
    session = Session(access)
    with session.discreetly():
        named = find_service(service, session.run)
        wish.check()
        record = Record(named.url, session.messages, session.secrets, access.clock)
        return replace(make_plan(wish, named, session, record), warnings=record.warnings)


def carry_out(plan: Plan) -> Receipt:
    """Do what the plan shows and nothing else; the receipt tells what happened, whatever happened. Raises nothing.

    Where the plan's look is older than 30 seconds it is repeated, and where it shows something else, nothing is
    submitted. A plan that follows a job submits none, also where that job ended in vain.
    """
    session = plan.session
    record = Record(plan.service.url, session.messages, session.secrets, session.access.clock)
    with record.failing():
        record.note_service(plan.service.url)
        record.recall(plan.warnings)
        do_as_planned(plan, record)
    return record.keep(session.access.receipts)


def do_as_planned(plan: Plan, record: Record) -> Next:
    """What `carry_out` does, on this record, and what is left to do. Raises CacheToolsError as `make_plan` does."""
    step = Next.ANOTHER_LOOK if plan.is_old and not _looks_again(plan) else _Deletion(plan, record).carry_out()
    while step is Next.ANOTHER_LOOK:
        now = make_plan(plan.wish, plan.service, plan.session, record)
        if not now.shows_the_same_as(plan):
            raise CannotDelete(
                f"What the plan shows for {plan.service} has changed in the meantime. Nothing was submitted.",
                "Make a new plan and look at what it shows.",
            )
        step = _Deletion(now, record).carry_out()
    return step


def _looks_again(plan: Plan) -> bool:
    """True where the look is repeated right before the submit: others come first, whose jobs may take hours."""
    return plan.deletes and plan.session.neighbours_at(plan.service.site).are_there


def _agreed(
    wish: Wish,
    named: ServiceReference,
    session: Session,
    record: Record,
    agree: Callable[[Plan], bool],
    agreed_before: Plan | None = None,
) -> Plan:
    """The plan that was agreed to, its look not older than 30 seconds. Raises Cancelled, and what `_plan` raises."""
    plan = make_plan(wish, named, session, record)
    while plan.follows or plan.deletes:
        if agreed_before is not None and plan.shows_the_same_as(agreed_before):
            return plan
        if agreed_before is not None:
            record.warning("What was shown has changed in the meantime.")
        if not agree(plan):
            raise Cancelled("Nothing was deleted: the answer wasn't yes.", "Nothing on the server has changed.")
        if not plan.is_old:
            return plan
        agreed_before, plan = plan, make_plan(wish, named, session, record)
    return plan


def make_plan(wish: Wish, named: ServiceReference, session: Session, record: Record) -> Plan:
    """What a deletion would do, on this record; changes nothing. Raises what `plan_deletion_of` raises."""
    entry = _unfinished(named, session, record)
    noted = "" if entry is None else f"An unfinished deletion is noted in {journal_of(named, session).file}."
    with record.unsettled(noted):
        site = session.site_of(named, record)
        record.note_site(site.account, site.info.version)
        if entry is None:
            names = names_at_other_ports(named, site.wire, session)
            session.note_names(named, names)
            entry = _unfinished(named, session, record) if names else None
        if entry is not None:
            work = _work_begun(entry, named)
            begun = entry.begun.strftime("%Y-%m-%d %H:%M:%S UTC")
            what = "this deletion" if wish.is_met_by(work) else f"to delete {work.in_words} of {named}"
            record.info(f"An earlier run began {what} on {begun}; its job comes first.")
            return Plan(named, entry.before, entry, session.run.clock.monotonic(), session, work, wish)
        work, before = wish.work(site.wire, named, session.others_of(named), record)
    return Plan(named, before, None, session.run.clock.monotonic(), session, work, wish)


def _work_begun(entry: Entry, service: ServiceReference) -> Work:
    """What the job of an entry was begun for."""
    seen = entry.before.close_up
    if seen is None:
        return CacheWork(service)
    from .tile_work import TileWork

    return TileWork(service, seen.selection, seen.by)


def _unfinished(named: ServiceReference, session: Session, record: Record) -> Entry | None:
    """The entry that an earlier run has left, if any. Raises JournalError."""
    journal = journal_of(named, session)
    try:
        return journal.entry()
    except JournalError:
        if journal.holds_entry:
            record.leave_unsettled(f"{journal.file} may note an unfinished deletion.")
        raise


def journal_of(service: ServiceReference, session: Session) -> Journal:
    """The journal of this machine's user for this service. Raises JournalError where there can be none."""
    names = session.names_of(service)
    return Journal(service.url, session.access.journal_folder, also=names, blot=session.secrets.blot)


class Next(Enum):
    """What is left to do once a plan was carried out."""

    NOTHING = "nothing"
    A_NEW_PLAN = "a new plan, since the job that was followed has ended and there is a cache"
    A_SUBMIT = "a new plan, since the submit of the job that was followed never arrived at the server"
    ANOTHER_LOOK = "another look, since another job had to be waited for and nothing was submitted"


class _Deletion:
    """One plan, carried out step by step."""

    def __init__(self, plan: Plan, record: Record) -> None:
        self._plan, self._work, self._record = plan, plan.work, record
        self._service, self._before = plan.service, plan.before
        self._access, self._run = plan.session.access, plan.session.run

    def carry_out(self) -> Next:
        """Carry the plan out. Raises CacheToolsError where nothing was concluded."""
        if not self._plan.follows and not self._plan.deletes:
            self._conclude_nothing()
            return Next.NOTHING
        site = self._plan.session.site_of(self._service, self._record)
        self._record.note_site(site.account, site.info.version)
        self._record.note_before(self._before)
        self._wire, self._others = site.wire, self._plan.session.others_of(self._service)
        with journal_of(self._service, self._plan.session).held() as journal:
            self._journal = journal
            self._check_that_nothing_came_between(journal.entry())
            session = self._plan.session
            self._neighbours = session.neighbours_at(self._service.site)
            place = Place(self._service, site.url, site.wire, site.account, self._neighbours)
            notebook = session.notebook_over(journal, self._service)
            self._submission = Submission(place, notebook, self._record, self._access.patience, self._see)
            return self._submit() if self._plan.entry is None else self._follow(self._plan.entry)

    def _conclude_nothing(self) -> None:
        self._record.note_before(self._before)
        self._record.note_after(self._before)
        self._work.tell_nothing(self._before, self._record)
        self._record.decide(Verdict.NOTHING_TO_DELETE)

    def _check_that_nothing_came_between(self, entry: Entry | None) -> None:
        if entry != self._plan.entry:
            raise AlreadyRunning(
                f"Another run of CacheTools was working on {self._service} in the meantime.",
                "Run this again: it looks at what that run did first.",
            )

    def _submit(self) -> Next:
        task = self._work.find_task(self._wire)
        inputs = self._work.inputs(task)
        self._work.save_what_goes(self._wire, self._before, self._access.receipts, self._record)
        self._neighbours.wait_for_a_place(self._service, self._run)
        if _looks_again(self._plan) and not self._is_as_planned():
            return Next.ANOTHER_LOOK
        try:
            report = self._submission.begin(task, inputs, self._before, self._record.way_back)
        except CacheToolsError:
            if self._journal.holds_entry:
                self._record.leave_unsettled(f"An unfinished deletion is noted in {self._journal.file}.")
            raise
        if report is None:
            return Next.ANOTHER_LOOK
        after = self._look_again(report)
        self._conclude(self._without_doubt(report, after), after)
        return Next.NOTHING

    def _is_as_planned(self) -> bool:
        now = make_plan(self._plan.wish, self._service, self._plan.session, self._record)
        return now.shows_the_same_as(self._plan)

    def _follow(self, entry: Entry) -> Next:
        self._record.note_way_back(entry.way_back)
        report = self._submission.resume(entry)
        after = self._look_again(report)
        report = self._without_doubt(report, after)
        self._conclude(report, after)
        if report.end not in ENDED_OR_GONE or self._run.stopping:
            return Next.NOTHING
        if not self._plan.wish.is_met_by(self._work):
            return self._on_to_what_was_asked(report)
        if not self._work.is_left(self._before, after):
            return Next.NOTHING
        self._journal.clear()  # also where nobody can tell how it ended: its job won't be found again
        said = report.end.value if not report.status else f"has ended ({report.status})"
        left = f"{self._work.what_is_left}, left over or built since"
        self._record.warning(
            f"The job of {entry.begun:%Y-%m-%d %H:%M:%S} UTC {said}, and the service has {left}. It needs a new job."
        )
        certainly_lost = report.end is JobEnd.NEVER_ARRIVED and not report.trouble
        return Next.A_SUBMIT if certainly_lost else Next.A_NEW_PLAN

    def _on_to_what_was_asked(self, report: JobReport) -> Next:
        """After a job for something else, whose end is known, and not where nobody can tell how it ended."""
        if self._journal.holds_entry:
            return Next.NOTHING
        self._record.info(f"The earlier job, for {self._work.in_words}, is settled: {report.in_words().rstrip('.')}.")
        return Next.A_NEW_PLAN

    def _see(self) -> Sight:
        try:
            now = self._work.look(self._wire, self._others, tries=1)
        except (NotPermitted, TokenRefused):  # as a service does while it comes back
            return Sight(done=False, untouched=False, mark=None)
        remains = self._work.what_remains(self._before, now)
        untouched = remains in (Remains.ALL, Remains.SOMETHING) and not now.busy
        return Sight(done=remains is Remains.NOTHING, untouched=untouched, mark=now.tiles)

    def _look_again(self, report: JobReport) -> Look:
        self._record.progress("Looking at what is left")
        settling = Settling(self._wire, self._work, self._before, self._access.patience, self._record, self._others)
        return settling.last_look(report.end)

    def _without_doubt(self, report: JobReport, after: Look) -> JobReport:
        """The report, or one that doesn't claim an end where this service's job may not have ended."""
        if report.end not in ENDED_OR_GONE or self._work.what_remains(self._before, after) is Remains.NOTHING:
            return report
        doubt = "the cache report says that a caching job is still running" if after.busy else ""
        another = "" if doubt else self._submission.service_of_another(report)
        if another:
            doubt = f"the job at that address is for {another}"
        return report.doubted(doubt) if doubt else report

    def _conclude(self, report: JobReport, after: Look) -> None:
        """The verdict on the record, and the journal closed where it is settled."""
        remains = self._work.what_remains(self._before, after)
        found = verdict(report.end, remains, after.service)
        self._record.note_job(report)
        self._record.note_after(after)
        if found not in UNSETTLED:
            self._close_journal()
        if found is Verdict.DELETED:
            self._work.tell_success(report, remains, after, self._record)
            self._record.decide(found)
            return
        what, remedy = self._work.explain(
            found,
            Story(
                service=str(self._service),
                address=self._service.url,
                start_address=f"{self._service.admin_url}/start",
                before=self._before,
                report=report,
                after=after,
                journal_file=str(self._journal.file),
                stopped=self._run.stopping,
                out_of_time=not self._run.left(),
            ),
        )
        in_vain = found in (Verdict.NOT_DELETED, Verdict.PARTLY_DELETED)
        kind = Cancelled if self._run.stopping and in_vain else ERRORS[found]
        self._record.decide(found, kind(what, remedy))

    def _close_journal(self) -> None:
        try:
            self._journal.clear()
        except JournalError as error:
            self._record.warning(f"{error.what} The entry is out of date; you may delete it.")
