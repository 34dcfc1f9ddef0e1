"""One plan, carried out: submit once or follow, look again, conclude; then what is left to do."""

from __future__ import annotations

from contextlib import ExitStack
from enum import Enum

from ..errors import (
    AlreadyRunning,
    CacheToolsError,
    Cancelled,
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
from ..proof.ending import JobEnd, JobReport
from ..proof.entry import Entry
from ..proof.evidence import Look
from ..proof.explanation import Story
from ..proof.verdict import ENDED_OR_GONE, UNSETTLED, Remains, Verdict, verdict
from ..proof.words import for_people, in_utc
from ..server.candidates import Target
from ..server.searching import Sight
from ..server.signin import OpenSite
from ..server.submission import Submission
from .plan import Plan, journal_of, made_anew, noted_in
from .record import Record
from .settling import MAY_BE_STALE, LastLook, Settling
from .work import Work

ERRORS: dict[Verdict, type[CacheToolsError]] = {
    Verdict.NOT_DELETED: NotDeleted,
    Verdict.PARTLY_DELETED: PartlyDeleted,
    Verdict.DELETED_SERVICE_DOWN: DeletedServiceDown,
    Verdict.STILL_RUNNING: StillRunning,
    Verdict.UNKNOWN: Unknown,
}


class Next(Enum):
    """What is left to do once a plan was carried out."""

    NOTHING = "nothing"
    A_NEW_PLAN = "a new plan, since the job that was followed has ended and there is a cache"
    A_SUBMIT = "a new plan, since the submit of the job that was followed never arrived at the server"
    ANOTHER_LOOK = "another look, since another job had to be waited for and nothing was submitted"


def carry_out_once(plan: Plan, record: Record) -> Next:
    """Do what the plan shows, on this record. Raises CacheToolsError where nothing was concluded."""
    if not plan.follows and not plan.deletes:
        return _conclude_nothing(plan.work, plan.before, record)
    site = plan.session.site_of(plan.service, record)
    record.note_site(site.account, site.info.version)
    record.note_before(plan.before)
    with ExitStack() as held:
        journal = _held_until(held, plan, record)
        if journal.entry() != plan.entry:
            raise AlreadyRunning(
                f"Another run of CacheTools was working on {plan.service} in the meantime.",
                "Run this again: it looks at what that run did first.",
            )
        deletion = _Deletion(plan, site, journal, record)
        return deletion.submit() if plan.entry is None else deletion.follow(plan.entry)


def _conclude_nothing(work: Work, before: Look, record: Record) -> Next:
    record.note_before(before)
    record.note_after(before)
    work.tell_nothing(before, record)
    record.decide(Verdict.NOTHING_TO_DELETE)
    return Next.NOTHING


def _held_until(end: ExitStack, plan: Plan, record: Record) -> Journal:
    try:
        return end.enter_context(journal_of(plan.service, plan.session).held())
    except JournalError:
        if plan.follows:
            record.leave_unsettled(plan.noted)
        raise


class _Deletion:
    """One plan, carried out step by step while its journal is held."""

    def __init__(self, plan: Plan, site: OpenSite, journal: Journal, record: Record) -> None:
        self._plan, self._work, self._journal, self._record = plan, plan.work, journal, record
        self._service, self._before, self._wire = plan.service, plan.before, site.wire
        session = self._session = plan.session
        self._access, self._run, self._others = session.access, session.run, session.others_of(plan.service)
        target = Target(plan.service, site.url, site.wire, site.account, session.neighbours)
        notebook = session.notebook_over(journal, plan.service)
        self._submission = Submission(target, notebook, record, session.access.patience, self._see)

    def submit(self) -> Next:
        task = self._session.task(lambda: self._work.find_task(self._wire))
        inputs = self._work.inputs(task)
        self._work.save_what_goes(self._wire, self._before, self._access.receipts, self._record)
        self._session.neighbours.wait_for_a_place(self._service, self._run)
        if self._plan.waits_its_turn:
            self._before = made_anew(self._plan, self._record).before
            if not self._work.is_needed(self._before):
                return _conclude_nothing(self._work, self._before, self._record)
        try:
            report = self._submission.begin(task, inputs, self._before, self._record.way_back)
        except CacheToolsError:
            if self._journal.holds_entry:
                self._record.leave_unsettled(noted_in(self._journal))
            raise
        if report is None:
            return Next.ANOTHER_LOOK
        last = self._look_again(report)
        self._conclude(self._without_doubt(report, last), last)
        return Next.NOTHING

    def follow(self, entry: Entry) -> Next:
        self._record.note_way_back(entry.way_back)
        report = self._submission.resume(entry)
        last = self._look_again(report)
        report = self._without_doubt(report, last)
        self._conclude(report, last)
        if report.end not in ENDED_OR_GONE or self._run.stopping:
            return Next.NOTHING
        if not self._plan.wish.is_met_by(self._work):
            return self._on_to_what_was_asked(report)
        if not self._work.is_left(self._before, last.seen):
            return Next.NOTHING
        self._journal.clear()  # also where nobody can tell how it ended: its job won't be found again
        said = report.end.value if not report.status else f"has ended ({report.status})"
        left = f"{self._work.what_is_left}, left over or built since"
        begun = for_people(in_utc(entry.begun))
        self._record.warning(f"The job of {begun} {said}, and the service has {left}. It needs a new job.")
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

    def _look_again(self, report: JobReport) -> LastLook:
        self._record.progress("Looking at what is left")
        settling = Settling(self._wire, self._work, self._before, self._access.patience, self._record, self._others)
        return settling.last_look(report.end)

    def _without_doubt(self, report: JobReport, last: LastLook) -> JobReport:
        """The report, or one that doesn't claim an end where this service's job may not have ended, or not well."""
        remains = self._work.what_remains(self._before, last.seen)
        if report.end not in ENDED_OR_GONE or remains is Remains.NOTHING:
            return report
        doubt = "the cache report says that a caching job is still running" if last.seen.busy else ""
        if self._run.stopping and last.cut_short and report.end is JobEnd.SUCCEEDED and remains in MAY_BE_STALE:
            doubt = "what the server shows may be older than the job, and you cancelled before it was looked at again"
        if remains is Remains.NOTHING_BY_ONE and report.tells_an_error:
            doubt = "nobody counts the tiles, and the job's messages hold an error"
        another = "" if doubt else self._submission.service_of_another(report)
        if another:
            doubt = f"the job at that address is for {another}"
        return report.doubted(doubt) if doubt else report

    def _conclude(self, report: JobReport, last: LastLook) -> None:
        """The verdict on the record, and the journal closed where it is settled."""
        after = last.seen
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
        self._record.decide(found, self._error_of(found, report, last))

    def _error_of(self, found: Verdict, report: JobReport, last: LastLook) -> CacheToolsError:
        """What a verdict that isn't a success means, and what to do next."""
        story = Story(
            service=self._service,
            before=self._before,
            report=report,
            after=last.seen,
            journal_file=str(self._journal.file) if self._journal.holds_entry else "",
            stopped=self._run.stopping,
            out_of_time=not self._run.left(),
            cut_short=last.cut_short,
        )
        broken_off = found in (Verdict.NOT_DELETED, Verdict.PARTLY_DELETED)
        broken_off |= found is Verdict.DELETED_SERVICE_DOWN and last.cut_short
        kind = Cancelled if self._run.stopping and broken_off else ERRORS[found]
        return kind(*self._work.explain(found, story))

    def _close_journal(self) -> None:
        try:
            self._journal.clear()
        except JournalError as error:
            self._record.warning(f"{error.what} The entry is out of date; you may delete it.")
