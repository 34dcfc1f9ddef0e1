"""Delete a map or image service's cache: name it, look, submit once, watch, prove."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import (
    CacheToolsError,
    Cancelled,
    CannotDelete,
    JournalError,
    NoAnswer,
    NotArcGIS,
    ServerSaysNo,
    Unexpected,
)
from ..local.old_journal import Entry, Journal, with_job
from ..messages import QUIET, Messages, plain_words
from ..naming.files import find_service
from ..naming.service import safe_text
from ..proof.receipt import (
    ENDED_OR_GONE,
    ERRORS,
    UNSETTLED,
    Receipt,
    Verdict,
    explain,
    job_in_words,
    look_in_words,
    verdict,
)
from ..server.cache import CacheLook, CacheState, ServiceState, compare, look
from ..server.job import JobEnd, JobReport, Patience, follow, id_in, result, submit
from ..server.look_after import look_after
from ..server.recovery import is_forgotten, job_since, jobs_now, known_jobs, search_job, service_of_other_job
from ..server.signin import ActivePortal, Given
from ..server.site import Task, find_delete_task
from ..server.tokens import Account
from ..waiting import SYSTEM_CLOCK, Clock, Run
from .visit import Visit, visit

DEADLINE = 12 * 3600.0
RESULT = "out_service_url"


def delete_map_server_cache(
    service: str,
    *,
    account: Account | None = None,
    username: str | None = None,
    active_portal: ActivePortal | None = None,
    ca_file: str | os.PathLike[str] | None = None,
    deadline: float = DEADLINE,
    messages: Messages = QUIET,
    clock: Clock = SYSTEM_CLOCK,
    patience: Patience = Patience(),  # noqa: B008 - frozen
    journal_folder: Path | None = None,
) -> Receipt:
    """Delete the cache of a map or image service, its files on the server included; this can't be undone.

    `service` is any text that names the service: its REST or SOAP address, a catalog path through a server connection,
    a layer file. `account` is an account to sign in with, `username` one whose password is in the keyring; without
    either, Pro's active portal and the keyring are tried. `ca_file` is a PEM file of certificates that count for this
    site too. `deadline` is in seconds and counts for the whole run; the server's job goes on after it, and the next run
    finds it again. `messages` hears what goes on and may cancel.

    Returns a receipt where the cache is proven to be gone, or there was none. Everything else raises a CacheToolsError
    whose `receipt` says what was found; nothing that can't be proven is called deleted.
    """
    with _on_record(Receipt(safe_text(service), _stamp(clock)), messages, clock) as record:
        named = find_service(service)
        record.receipt.service = record.receipt.output_url = named.url
        run = Run(clock, deadline, messages.cancelled)
        with Journal(named.url, journal_folder).held() as journal:
            record.journal = journal
            here = visit(named, run, Given(account, username), active_portal, ca_file, messages)
            record.receipt.account = here.account
            deletion = _Deletion(here, journal, record, patience)
            if not deletion.settled_earlier() and deletion.has_a_cache():
                deletion.prove(deletion.submit_and_follow())
    return record.receipt


def receipt_of_failure(service: str, error: CacheToolsError, clock: Clock = SYSTEM_CLOCK) -> Receipt:
    """The receipt of a run that ended before its story began."""
    receipt = Receipt(safe_text(service), _stamp(clock), _stamp(clock))
    _enter(error, receipt)
    return receipt


class _Record:
    """Writes the receipt while the story is told."""

    def __init__(self, receipt: Receipt, messages: Messages, clock: Clock) -> None:
        self.receipt = receipt
        self.messages = messages
        self.clock = clock
        self.journal: Journal | None = None

    def say(self, text: str) -> None:
        self.messages.info(text)

    def warn(self, text: str) -> None:
        self.receipt.warnings.append(text)
        self.messages.warning(text)

    def job(self, report: JobReport) -> None:
        self.receipt.job_url = report.url or None
        self.receipt.job_status = report.status or None
        self.receipt.messages.extend(report.messages)

    def end_in(self, error: CacheToolsError) -> None:
        """Where nothing was concluded, a job that the journal still holds may have deleted anything."""
        if self.receipt.after is None and self.journal is not None and self.journal.holds_entry:
            self.receipt.verdict = Verdict.UNKNOWN
            self.warn(f"A deletion that was begun is noted in {self.journal.file}; what became of it isn't known.")
        _enter(error, self.receipt)


@contextmanager
def _on_record(receipt: Receipt, messages: Messages, clock: Clock) -> Iterator[_Record]:
    """Whatever ends the story, its receipt is complete and goes with the error."""
    record = _Record(receipt, messages, clock)
    try:
        yield record
    except CacheToolsError as error:
        record.end_in(error)
        raise
    except Exception as fault:  # a fault of ours must not end in a traceback, nor show what it held in its hands
        where = traceback.extract_tb(fault.__traceback__)[-1]
        unexpected = Unexpected(
            f"CacheTools itself failed: {type(fault).__name__} in {where.name}, line {where.lineno}."
        )
        record.end_in(unexpected)
        raise unexpected from fault
    finally:
        receipt.finished = _stamp(clock)


def _enter(error: CacheToolsError, receipt: Receipt) -> None:
    receipt.error = error
    error.receipt = receipt
    if receipt.verdict is Verdict.NOT_DELETED:
        receipt.verdict = Verdict(error.verdict)


@dataclass
class _Deletion:
    """One service's deletion, step by step."""

    here: Visit
    journal: Journal
    record: _Record
    patience: Patience
    before: CacheLook = CacheLook(ServiceState.UNREADABLE)  # noqa: RUF009 - frozen

    @property
    def run(self) -> Run:
        return self.here.wire.run

    def settled_earlier(self) -> bool:
        """True where an earlier run left a job, and that job's end is the end of this run too."""
        entry = self.journal.entry()
        if entry is None:
            return False
        begun = entry.begun.strftime("%Y-%m-%d %H:%M:%S UTC")
        self.record.say(f"An earlier run began this deletion on {begun}; looking for its job first.")
        self.before = self.record.receipt.before = entry.before
        if not entry.job_url:
            wait = f"{self.patience.arrival:.0f} seconds after it was sent"
            self.record.say(f"Its submit was never answered, and counts as lost {wait} unless its job is found.")
        report, never_arrived = self._find_again(entry, self.patience)
        after = self._look_after(report)
        ended_in_vain = report.end in ENDED_OR_GONE and (after.cached is True or bool(after.tiles))
        if (ended_in_vain or (never_arrived and after.cached is True)) and not self.run.stopping:
            said = "never reached the server" if never_arrived else f"has ended ({report.status or report.end.value})"
            self.record.warn(
                f"The job of {begun} {said}, and the service has a cache, left over or built since. Starting anew."
            )
            self.journal.clear()
            return False
        self._conclude(report, after)
        return True

    def has_a_cache(self) -> bool:
        """Look before: False where there is nothing to delete; raises CannotDelete where a deletion can't start."""
        before = self.before = self.record.receipt.before = look(self.here.wire, self.here.service)
        self._refuse_hopeless(before)
        if before.shows_no_cache:
            self.record.receipt.verdict = Verdict.NOTHING_TO_DELETE
            self.record.receipt.after = before
            counted = "" if before.scales is not None else f" Its tiles couldn't be counted: {' '.join(before.trouble)}"
            self.record.warn(f"{self.here.service} has no cache: nothing to delete, nothing submitted.{counted}")
            return False
        self.record.say(f"Before: {look_in_words(before)}.")
        for scale in before.scales or ():
            self.record.say(
                f"  level {scale.level}, 1:{scale.scale:,.0f}: {scale.tiles:,} tiles, {scale.bytes:,} bytes"
            )
        if before.scales is None:
            self.record.warn(f"The tiles couldn't be counted beforehand: {' '.join(before.trouble)}")
        return True

    def submit_and_follow(self) -> JobReport:
        """Submit the job, once, and follow it to its end."""
        here = self.here
        task = find_delete_task(here.wire, here.site.url)
        inputs = self._inputs(task)
        entry = Entry(
            service=here.service.url,
            account=here.account,
            begun=self.record.clock.now(),
            before=self.before,
            tools=task.service,
            known_jobs=known_jobs(here.wire, here.site.url, task.service),
        )
        try:
            self.journal.write(entry)
            job_url = submit(here.wire, task.url, inputs)
            if id_in(job_url) in (entry.known_jobs or ()):
                raise NotArcGIS(f"{task.url}/submitJob was answered with an older job.")
        except CacheToolsError as error:
            return self._look_instead(entry, error)
        self._note_job(entry, job_url)
        self.record.say(f"Submitted: {job_url}")
        return self._follow(entry, job_url)

    def prove(self, report: JobReport) -> None:
        """Look after, and draw the verdict from the two looks and the job's end."""
        self._conclude(report, self._look_after(report))

    def _refuse_hopeless(self, before: CacheLook) -> None:
        service = self.here.service
        if before.service is ServiceState.MISSING:
            raise CannotDelete(f"{service.url} does not exist.", "Check folder, name and type of the service.")
        if before.service is ServiceState.NOT_STARTED:
            raise CannotDelete(
                f"{service} is stopped; what a deletion does then isn't documented.",
                "Start the service in ArcGIS Server Manager, then run this again.",
            )
        if before.cached is None:
            raise CannotDelete(
                f"{service.url} doesn't say whether it has a cache. {' '.join(before.trouble)}",
                "Open that address in a browser and see what answers.",
            )
        if before.tiles_only:
            raise CannotDelete(
                f"{service} is a hosted tile layer: its tiles are all it has, with no map behind them.",
                "Delete the item in the portal if you want it gone.",
            )
        if before.busy:
            raise CannotDelete(
                f"Another caching job is at work on {service}.",
                "Wait for it to end, or cancel it in ArcGIS Server Manager, then run this again.",
            )

    def _inputs(self, task: Task) -> dict[str, str]:
        """Only what the server lists, and never a cache_path, which nobody has documented."""
        wanted = {"service_url": self.here.service.task_name, "thread_count": "-1"}
        inputs = {name: value for name, value in wanted.items() if name in task.inputs}
        unknown = sorted(task.required - set(inputs))
        if unknown or "service_url" not in inputs:
            wants = plain_words(", ".join(unknown)) or "no service_url"
            raise CannotDelete(
                f"The task {task.url} isn't the one that CacheTools knows: it wants {wants}.",
                "Please report this with the version of ArcGIS Server.",
            )
        return inputs

    def _look_instead(self, entry: Entry, error: CacheToolsError) -> JobReport:
        """A submit without a good answer isn't repeated; raises its error where no job came of it."""
        if _may_have_started(error):
            self.record.warn(f"{error.what} The job may have started; looking for it instead of submitting again.")
            return self._find_again(entry, replace(self.patience, arrival=0))[0]  # nothing hangs on that in this run
        job_url = self._job_since(entry, self._jobs_now(entry)) if isinstance(error, ServerSaysNo) else ""
        if not job_url:
            self.journal.clear()
            raise error
        self.record.warn(f"{error.what} Yet the server has a new job for this service: {job_url}")
        self._note_job(entry, job_url)
        return self._follow(entry, job_url)

    def _note_job(self, entry: Entry, job_url: str) -> None:
        try:
            self.journal.write(with_job(entry, job_url))
        except JournalError as error:
            self.record.warn(f"{error.what} If this run is broken off, look at {job_url} before running it again.")

    def _follow(self, entry: Entry, job_url: str) -> JobReport:
        report = self._watch(job_url)
        return self._settle_gone(entry, report) if report.end is JobEnd.GONE else report

    def _watch(self, job_url: str) -> JobReport:
        report = follow(self.here.wire, job_url, self.record.messages, self.patience)
        if report.end is JobEnd.SUCCEEDED:
            self._tell_result(job_url)
        return report

    def _settle_gone(self, entry: Entry, report: JobReport) -> JobReport:
        """A job whose address is refused is gone where the server's list of jobs lacks it too, and has no other."""
        listed = self._jobs_now(entry)
        forgotten = is_forgotten(report.url, listed)
        job_url = self._job_since(entry, listed) if forgotten else ""
        if job_url:
            self.record.warn(f"The server doesn't know {report.url}, but has a new job for this service: {job_url}")
            self._note_job(entry, job_url)
            report = self._watch(job_url)
        if report.end is JobEnd.GONE and (job_url or not forgotten):
            report.end = JobEnd.NO_ANSWER
            report.trouble += " The server's list of jobs doesn't show that the job is gone."
        return report

    def _jobs_now(self, entry: Entry) -> frozenset[str] | None:
        return jobs_now(self.here.wire, self.here.site.url, entry.tools)

    def _job_since(self, entry: Entry, listed: frozenset[str] | None) -> str:
        return job_since(self.here.wire, self.here.site.url, self.here.service, entry, listed)

    def _tell_result(self, job_url: str) -> None:
        try:
            with self.run.undisturbed():
                self.record.say(f"The job has succeeded and names {result(self.here.wire, job_url, RESULT)}.")
        except CacheToolsError as error:
            self.record.say(f"The job has succeeded; its result can't be read: {error.what}")

    def _find_again(self, entry: Entry, patience: Patience) -> tuple[JobReport, bool]:
        """Follow the entry's job, which may have to be searched for; the second value says that it never arrived."""
        job_url = entry.job_url
        if not job_url:
            found = search_job(self.here.wire, self.here.site.url, self.here.service, entry, patience)
            if not found.job_url:
                return JobReport("", end=JobEnd.NO_ANSWER, trouble=found.trouble), found.never_arrived
            job_url = found.job_url
            self._note_job(entry, job_url)
        self.record.say(f"Following {job_url}")
        return self._follow(entry, job_url), False

    def _look_after(self, report: JobReport) -> CacheLook:
        """The look after, which may also cast doubt on what was said of the job."""
        self.record.messages.progress("Looking at what is left")
        after = look_after(self.here.wire, self.here.service, self.before, report.end, self.patience, self.record.warn)
        if report.end in ENDED_OR_GONE and compare(self.before, after) is not CacheState.NONE:
            doubt = self._doubt(report, after)
            if doubt:
                report.end, report.trouble = JobEnd.NO_ANSWER, doubt
        return after

    def _doubt(self, report: JobReport, after: CacheLook) -> str:
        """Why this service's job may not have ended, whatever is said of it; or empty."""
        if after.busy:
            return "the cache's report says that work on it goes on"
        other = service_of_other_job(self.here.wire, self.here.service, report.url)
        return f"the job at that address is for {other}" if other else ""

    def _conclude(self, report: JobReport, after: CacheLook) -> None:
        """The verdict on the record; raises its error where it isn't a success."""
        receipt, state = self.record.receipt, compare(self.before, after)
        self.record.job(report)
        receipt.after = after
        receipt.verdict = verdict(report.end, state, after.service)
        if receipt.verdict not in UNSETTLED:
            self._close_journal()
        if receipt.verdict is Verdict.DELETED:
            if report.end is not JobEnd.SUCCEEDED:
                self.record.warn(f"The cache is gone, though of the job this is known: {job_in_words(report)}.")
            self.record.say(f"After: {look_in_words(after)}.")
            self.record.say(f"Deleted: the cache of {self.here.service} is gone and the service answers.")
            return
        what, remedy = explain(receipt.verdict, self.here.service, self.before, report, after, str(self.journal.file))
        in_vain = receipt.verdict in (Verdict.NOT_DELETED, Verdict.PARTLY_DELETED)
        raise (Cancelled if self.run.stopping and in_vain else ERRORS[receipt.verdict])(what, remedy)

    def _close_journal(self) -> None:
        try:
            self.journal.clear()
        except JournalError as error:
            self.record.warn(f"{error.what} The entry is out of date and may be deleted.")


def _may_have_started(error: CacheToolsError) -> bool:
    """True where a submit without a good answer may still have started a job.

    An error object with a code of 400 to 499 is the server's refusal, and so is "not started", which is about the
    caching tools.
    """
    if isinstance(error, ServerSaysNo):
        return not 400 <= error.code < 500 and "not started" not in error.server_words.lower()
    return isinstance(error, NoAnswer) and error.sent


def _stamp(clock: Clock) -> str:
    return clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
