"""Delete a map or image service's cache: name it, look, submit once, watch, prove."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .cache import CacheLook, CacheState, ServiceState, compare, look
from .catalog import find_service
from .errors import (
    CacheToolsError,
    Cancelled,
    CannotDelete,
    DeadlinePassed,
    JournalError,
    NoAnswer,
    ServerSaysNo,
    Unexpected,
)
from .job import JobEnd, JobReport, Patience, follow, result, submit
from .journal import Entry, Journal, with_job
from .messages import QUIET, Messages
from .receipt import ENDED, ERRORS, Receipt, Verdict, look_in_words, verdict
from .service import safe_text
from .signin import ActivePortal, Given
from .site import Task, find_delete_task, is_job_for, list_jobs, start_service
from .tokens import Account
from .visit import Visit, visit
from .waiting import SYSTEM_CLOCK, Clock, Run

DEADLINE = 12 * 3600.0
RESULT = "out_service_url"
STALE = {CacheState.FEWER, CacheState.AS_BEFORE, CacheState.UNCOUNTED}


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
        here = visit(named, run, Given(account, username), active_portal, ca_file, messages)
        record.receipt.account = here.account
        with Journal(named.url, journal_folder).held() as journal:
            deletion = _Deletion(here, journal, record, patience)
            if not deletion.settled_earlier() and deletion.has_a_cache():
                deletion.submit_and_follow()
                deletion.prove()
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

    def say(self, text: str) -> None:
        self.messages.info(text)

    def warn(self, text: str) -> None:
        self.receipt.warnings.append(text)
        self.messages.warning(text)

    def job(self, report: JobReport) -> None:
        self.receipt.job_url = report.url or None
        self.receipt.job_status = report.status or None
        self.receipt.messages.extend(report.messages)


@contextmanager
def _on_record(receipt: Receipt, messages: Messages, clock: Clock) -> Iterator[_Record]:
    """Whatever ends the story, its receipt is complete and goes with the error."""
    try:
        yield _Record(receipt, messages, clock)
    except CacheToolsError as error:
        _enter(error, receipt)
        raise
    except Exception as fault:  # a fault of ours must not end in a traceback, nor show what it held in its hands
        where = traceback.extract_tb(fault.__traceback__)[-1]
        unexpected = Unexpected(f"CacheTools itself failed: {type(fault).__name__} in {where.name}, line {where.lineno}.")
        _enter(unexpected, receipt)
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
    report: JobReport | None = None

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
        report, never_arrived = self._find_again(entry)
        after = self._look_after(report.end)
        ended_in_vain = report.end in ENDED and (after.cached is True or bool(after.tiles))
        if ended_in_vain or (never_arrived and after.cached is True):
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
            self.record.warn(f"{self.here.service} has no cache: nothing to delete, nothing submitted.")
            return False
        self.record.say(f"Before: {look_in_words(before)}.")
        for scale in before.scales or ():
            self.record.say(
                f"  level {scale.level}, 1:{scale.scale:,.0f}: {scale.tiles:,} tiles, {scale.bytes:,} bytes"
            )
        if before.scales is None:
            self.record.warn(f"The tiles couldn't be counted beforehand: {' '.join(before.trouble)}")
        return True

    def submit_and_follow(self) -> None:
        """Submit the job, once, and follow it to its end."""
        here = self.here
        task = find_delete_task(here.wire, here.site.url)
        inputs = self._inputs(task)
        entry = self.journal.write(
            Entry(
                service=here.service.url,
                account=here.account,
                begun=self.record.clock.now(),
                before=self.before,
                tools=task.service,
                known_jobs=self._list_jobs(task.service),
            )
        )
        try:
            job_url = submit(here.wire, task.url, inputs)
        except CacheToolsError as error:
            if not _may_have_started(error):
                self.journal.clear()
                raise
            self.record.warn(f"{error.what} The job may have started; looking for it instead of submitting again.")
            self.report, _ = self._find_again(entry)
            return
        self._note_job(entry, job_url)
        self.record.say(f"Submitted: {job_url}")
        self.report = self._follow(job_url)

    def prove(self) -> None:
        """Look after, and draw the verdict from the two looks and the job's end."""
        assert self.report is not None
        self._conclude(self.report, self._look_after(self.report.end))

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
            wants = ", ".join(unknown) or "no service_url"
            raise CannotDelete(
                f"The task {task.url} isn't the one that CacheTools knows: it wants {wants}.",
                "Please report this with the version of ArcGIS Server.",
            )
        return inputs

    def _list_jobs(self, tools: str) -> frozenset[str] | None:
        """The jobs that the server already has; None where this account, site or version doesn't list them."""
        try:
            return list_jobs(self.here.wire, self.here.site.url, tools)
        except (NoAnswer, ServerSaysNo):
            self.run.go_on()
            return None

    def _note_job(self, entry: Entry, job_url: str) -> None:
        try:
            self.journal.write(with_job(entry, job_url))
        except JournalError as error:
            self.record.warn(f"{error.what} If this run is broken off, look at {job_url} before running it again.")

    def _follow(self, job_url: str) -> JobReport:
        report = follow(self.here.wire, job_url, self.record.messages, self.patience)
        if report.end is JobEnd.SUCCEEDED:
            self._tell_result(job_url)
        return report

    def _tell_result(self, job_url: str) -> None:
        self.run.take_up_cancel()
        try:
            self.record.say(f"The job has succeeded and names {result(self.here.wire, job_url, RESULT)}.")
        except (NoAnswer, ServerSaysNo) as error:
            self.record.say(f"The job has succeeded; its result can't be read: {error.what}")

    def _find_again(self, entry: Entry) -> tuple[JobReport, bool]:
        """Follow the entry's job. Where its address isn't known, find it among the server's jobs, or see the cache go.

        The second value is True where the server's own list shows that the submit of an earlier run never arrived.
        """
        if entry.job_url:
            self.record.say(f"Following {entry.job_url}")
            return self._follow(entry.job_url), False
        seen, since = None, self.run.clock.monotonic()
        while True:
            listed = self._list_jobs(entry.tools) if entry.known_jobs is not None else None
            job_url = self._ours_among(entry, listed)
            if job_url:
                self._note_job(entry, job_url)
                self.record.say(f"Found the job: {job_url}")
                return self._follow(job_url), False
            after = look(self.here.wire, self.here.service, tries=1)
            if compare(entry.before, after) is CacheState.NONE:
                return JobReport("", end=JobEnd.NO_ANSWER), False
            if after.tiles != seen:
                seen, since = after.tiles, self.run.clock.monotonic()
            if self.run.clock.monotonic() - since >= self.patience.settle:
                never_arrived = listed is not None and compare(entry.before, after) is CacheState.AS_BEFORE
                return JobReport("", end=JobEnd.NO_ANSWER), never_arrived
            self.run.pause(min(self.patience.settle / 20, 5.0))
            self.run.go_on()

    def _ours_among(self, entry: Entry, listed: frozenset[str] | None) -> str:
        """The address of a new job for this service; empty where there is none."""
        tasks = f"{self.here.site.url}/rest/services/System/{entry.tools}/GPServer/DeleteCache/jobs"
        for job_id in sorted((listed or frozenset()) - (entry.known_jobs or frozenset())):
            try:
                if job_id.isalnum() and is_job_for(self.here.wire, f"{tasks}/{job_id}", self.here.service):
                    return f"{tasks}/{job_id}"
            except (NoAnswer, ServerSaysNo):
                self.run.go_on()
        return ""

    def _look_after(self, end: JobEnd) -> CacheLook:
        """Look until the cache is seen to be gone, or until waiting makes no sense any more.

        REST metadata may be stale for a moment, and the service is away while it restarts; a service that stays stopped
        is started where this account may.
        """
        self.run.take_up_cancel()
        after = CacheLook(ServiceState.UNREADABLE, trouble=("The time was up before a look.",))
        begun = self.run.clock.monotonic()
        restart = min(self.patience.restart, self.run.left() / 2)
        started = False
        try:
            while True:
                after = look(self.here.wire, self.here.service, tries=1)
                waited = self.run.clock.monotonic() - begun
                if end is JobEnd.RUNNING or not self._may_change(end, after, waited, restart * (2 if started else 1)):
                    if after.service is not ServiceState.NOT_STARTED or end is JobEnd.RUNNING or started:
                        return after
                    started = True
                    if not self._start_service():
                        return after
                self.record.messages.progress("Looking at what is left")
                self.run.pause(min(max(0.1, waited / 5), 5.0))
        except DeadlinePassed:
            return after
        except (ServerSaysNo, CacheToolsError) as error:
            return CacheLook(ServiceState.UNREADABLE, trouble=(error.what,))

    def _may_change(self, end: JobEnd, after: CacheLook, waited: float, restart: float) -> bool:
        state = compare(self.before, after)
        if after.service in (ServiceState.NOT_STARTED, ServiceState.UNREADABLE):
            return waited < restart
        contradictory = bool(after.cached) and after.tiles == 0 and bool(self.before.tiles)
        stale = state in STALE and (end is JobEnd.SUCCEEDED or contradictory)
        return stale and waited < self.patience.grace

    def _start_service(self) -> bool:
        service = self.here.service
        self.record.warn(f"{service} was left stopped; starting it.")
        try:
            start_service(self.here.wire, service)
        except (NoAnswer, ServerSaysNo) as error:
            self.record.warn(f"{service} couldn't be started from here: {error.what}")
            return False
        return True

    def _conclude(self, report: JobReport, after: CacheLook) -> None:
        """The verdict on the record; raises its error where it isn't a success."""
        receipt, state = self.record.receipt, compare(self.before, after)
        self.record.job(report)
        receipt.after = after
        receipt.verdict = verdict(report.end, state, after.service)
        if receipt.verdict not in (Verdict.STILL_RUNNING, Verdict.UNKNOWN):
            self._close_journal()
        if receipt.verdict is Verdict.DELETED:
            if report.end is not JobEnd.SUCCEEDED:
                self.record.warn(f"The cache is gone, though of the job this is known: {_job_words(report)}.")
            self.record.say(f"After: {look_in_words(after)}.")
            self.record.say(f"Deleted: the cache of {self.here.service} is gone and the service answers.")
            return
        what, remedy = self._explain(receipt.verdict, report, after)
        stopped = report.end is JobEnd.CANCELLED and receipt.verdict in (Verdict.NOT_DELETED, Verdict.PARTLY_DELETED)
        raise (Cancelled if stopped else ERRORS[receipt.verdict])(what, remedy)

    def _close_journal(self) -> None:
        try:
            self.journal.clear()
        except JournalError as error:
            self.record.warn(f"{error.what} The entry is out of date and may be deleted.")

    def _explain(self, found: Verdict, report: JobReport, after: CacheLook) -> tuple[str, str]:
        service, url = self.here.service, self.here.service.url
        facts = f"The job: {_job_words(report)}. The service: {look_in_words(after)}."
        if found is Verdict.NOT_DELETED:
            return (
                f"The cache of {service} is still there. {facts}",
                "The server's words tell why; running it again is safe.",
            )
        if found is Verdict.PARTLY_DELETED:
            gone = (self.before.tiles or 0) - (after.tiles or 0)
            return (
                f"Only a part of the cache of {service} is gone: {gone:,} of {self.before.tiles:,} tiles. {facts}",
                "Run this again to delete the rest; files that something holds open are the usual reason.",
            )
        if found is Verdict.DELETED_SERVICE_DOWN:
            return (
                f"The cache of {service} is gone, but the service is down. {facts}",
                f"Start it in ArcGIS Server Manager under Services, or with a POST to {service.admin_url}/start.",
            )
        if found is Verdict.STILL_RUNNING:
            return (
                f"The server's job goes on: {report.url} ({report.status or 'no status read yet'})."
                + (f" The server didn't take the cancel: {report.cancel_refused}" if report.cancel_refused else ""),
                "Run this again at any time: it follows that job instead of submitting another.",
            )
        return (
            f"What became of the cache of {service} can't be told. {facts} {' '.join(after.trouble)}".rstrip(),
            f"Look at {url} and at the jobs of System/CachingTools in ArcGIS Server Manager, then run this again: it"
            " looks for its job before it submits anything. If no job runs and you want a new one, delete"
            f" {self.journal.file}.",
        )


def _may_have_started(error: CacheToolsError) -> bool:
    """True where a submit without a good answer may still have started a job.

    An error object below 500 is the server's refusal, and so is "not started", which is about the caching tools.
    """
    if isinstance(error, ServerSaysNo):
        return error.code >= 500 and "not started" not in error.server_words.lower()
    return isinstance(error, NoAnswer) and error.sent


def _job_words(report: JobReport) -> str:
    said = f"'{report.messages[-1]}'" if report.messages else ""
    return ", ".join(part for part in (report.end.value, report.status, said, report.trouble) if part)


def _stamp(clock: Clock) -> str:
    return clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
