"""One job of a geoprocessing task for one service: submitted once, found again, followed to its end.

Nothing here knows what the task does. What the service shows of the work comes from `Sight`, and what must survive a
crash goes to `Notebook`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol
from urllib.parse import unquote

from ..errors import (
    AlreadyRunning,
    CacheToolsError,
    Cancelled,
    DeadlinePassed,
    JournalError,
    NoAnswer,
    NotArcGIS,
    ServerSaysNo,
)
from ..messages import Messages, plain_words
from ..naming.identity import Means, names_service
from ..naming.service import ServiceReference
from ..proof.ending import JOB_ID, JobEnd, JobReport
from ..proof.entry import Entry
from ..proof.evidence import Look
from .following import STATUSES, Patience, follow, watch
from .site import JobList, ListedJob, Task, is_same_task, list_jobs, service_of_job
from .wire import READ_TRIES, Wire

LOOKS = 20
LONGEST_PAUSE = 5.0
# ArcGIS Server's own refusals of a submit. Other codes, and what a web tier says, may come after the work began.
REFUSALS = (400, 401, 403, 404, 498, 499)


@dataclass(frozen=True)
class Sight:
    """What the service shows of the work.

    `done` is true once the work is seen to be done, `untouched` while nothing of it can be seen and none is at work;
    `mark` changes while the work goes on.
    """

    done: bool
    untouched: bool
    mark: object


class Notebook(Protocol):
    """Keeps an entry where the next run finds it."""

    def write(self, entry: Entry) -> object:
        """Keep the entry before this returns. Raises JournalError."""

    def clear(self) -> None:
        """Nothing is left to find. Raises JournalError."""

    def check_held(self) -> None:
        """Raises AlreadyRunning or JournalError where another run may be at work on the same service by now."""


class Kinship(Enum):
    """Whose a job in the server's list is."""

    THIS_SERVICE = "for this service"
    ANOTHER = "for another service, or another task's"
    UNTOLD = "not to be told apart"


@dataclass(frozen=True)
class Place:
    """Where a job belongs: the service, the site's address, a signed-in wire, and the account's name."""

    service: ServiceReference
    site: str
    wire: Wire
    account: str


class Submission:
    """The job of one task for one service, with two doors: `begin` a new one, or `resume` one that was begun."""

    def __init__(
        self, place: Place, notebook: Notebook, messages: Messages, patience: Patience, see: Callable[[], Sight]
    ) -> None:
        self._place, self._wire, self._run = place, place.wire, place.wire.run
        self._notebook, self._messages, self._patience = notebook, messages, patience
        self._see = see

    def begin(self, task: Task, inputs: Mapping[str, str], before: Look) -> JobReport:
        """Submit the job, once, and follow it to its end.

        A job for this service that the server's list shows as not ended is followed instead. A submit without a good
        answer isn't repeated: its job is looked for.
        Raises ServerSaysNo and its kinds where the server refuses the job, NeverSent where the submit can't have
        reached it, JournalError where it couldn't be noted, AlreadyRunning, Cancelled and DeadlinePassed before the
        submit. After it, nothing is raised.
        """
        entry = Entry(self._place.service.url, self._place.account, self._run.clock.now(), before, task.url, None)
        listed = self._jobs(entry, READ_TRIES)
        others = self._others_at_work(entry, listed)
        if others:
            listed, ended_work = self._outwait(entry, listed, others)
            if ended_work is not None:
                return ended_work
        known = listed.ids if listed is not None and listed.whole else None
        entry = replace(entry, begun=self._run.clock.now(), known_jobs=known)
        self._notebook.check_held()
        self._notebook.write(entry)
        try:
            job_id = self._submit(entry, inputs)
        except CacheToolsError as error:
            return self._after_no_good_answer(entry, error)
        entry = entry.with_job(job_id)
        self._note(entry)
        self._messages.info(f"Submitted: {entry.job_url}")
        return self._follow(entry)

    def resume(self, entry: Entry) -> JobReport:
        """Follow the job of an entry that an earlier run has left, searching for it where its id isn't known.

        Raises nothing: what can't be found is told in the report.
        """
        path = entry.task_url.partition("/rest/services/")[2]
        entry = replace(entry, task_url=f"{self._place.site}/rest/services/{path}")  # as this run spells the site
        if entry.job_id:
            self._messages.info(f"Following {entry.job_url}")
            return self._follow(entry)
        wait = f"{self._patience.arrival:.0f} seconds after it was sent"
        self._messages.info(f"Its submit was never answered, and counts as lost {wait} unless its job is found.")
        return self._search(entry, self._still_on_its_way(entry))

    def service_of_another(self, report: JobReport) -> str:
        """The service that the report's job says it is for, where that is another one; else empty. Raises nothing."""
        if not report.url:
            return ""
        with self._as_far_as_known():
            named = service_of_job(self._wire, report.url)
            if names_service(self._place.service, named) is Means.ANOTHER:
                return named
        return ""

    def _submit(self, entry: Entry, inputs: Mapping[str, str]) -> str:
        answer = self._wire.post_once(f"{entry.task_url}/submitJob", inputs)
        job_id = answer.get("jobId")
        if not isinstance(job_id, str) or not JOB_ID.fullmatch(job_id):
            raise NotArcGIS(f"{entry.task_url}/submitJob was answered without a job id.")
        if job_id in (entry.known_jobs or ()):
            raise NotArcGIS(f"{entry.task_url}/submitJob was answered with an older job.")
        return job_id

    # Before the submit

    def _others_at_work(self, entry: Entry, listed: JobList | None) -> list[tuple[ListedJob, Kinship]]:
        """The jobs of this task that haven't ended, and are or may be for this service."""
        jobs = listed.jobs if listed is not None else ()
        unended = [job for job in jobs if is_same_task(job.task or task_in(entry), task_in(entry))]
        found = [(job, self._kinship(entry, job)) for job in unended if self._is_unended(entry, job)]
        return [(job, kinship) for job, kinship in found if kinship is not Kinship.ANOTHER]

    def _outwait(
        self, entry: Entry, listed: JobList | None, others: list[tuple[ListedJob, Kinship]]
    ) -> tuple[JobList | None, JobReport | None]:
        """Wait until no unended job may be for this service; the list then, and the report of one that did our work.

        A server shows the service of a job only once the job has succeeded, so one that doesn't tell is waited for.
        Raises AlreadyRunning where it hasn't ended by the deadline, Cancelled.
        """
        told = ""
        while others:
            ours = next((job for job, kinship in others if kinship is Kinship.THIS_SERVICE), None)
            if ours is not None:
                return listed, self._follow_other(entry, ours)
            in_words = _in_words([job for job, _ in others])
            if in_words != told:
                told = in_words
                self._messages.warning(
                    f"{in_words}, and the server doesn't say for which service. Waiting for it to end, so that no two"
                    " jobs delete the same cache."
                )
            self._messages.progress("Waiting for another deletion on this site to end")
            self._pause_before_the_submit(in_words)
            last = others
            listed = self._jobs(entry, 1) or listed
            others = self._others_at_work(entry, listed)
        if self._see().done:
            return listed, JobReport("", end=JobEnd.NO_ANSWER, trouble=f"{_in_words([job for job, _ in last])} before")
        return listed, None

    def _pause_before_the_submit(self, in_the_way: str) -> None:
        self._run.pause(LONGEST_PAUSE)
        try:
            self._run.go_on()
        except DeadlinePassed as error:
            raise AlreadyRunning(
                f"{in_the_way}, perhaps on {self._place.service}. The time given for this run is up; nothing was"
                " submitted.",
                "Run this again when that job has ended.",
            ) from error

    def _follow_other(self, entry: Entry, job: ListedJob) -> JobReport:
        entry = replace(entry, job_id=job.id)
        who = f", submitted by {job.user}," if job.user else ""
        self._messages.warning(
            f"The server is at work on {self._place.service} already: following job {job.id}{who} and submitting none."
        )
        by_us = bool(job.user) and job.user == self._place.account
        return (follow if by_us else watch)(self._wire, entry.job_url, self._messages, self._patience)

    def _is_unended(self, entry: Entry, job: ListedJob) -> bool:
        """True unless the job is known to have ended; a list without statuses leaves it to the job's own address."""
        status = job.status
        if not status:
            try:
                status = plain_words(self._wire.get(f"{entry.task_url}/jobs/{job.id}", tries=1).get("jobStatus"))
            except (NoAnswer, ServerSaysNo):
                self._run.go_on()
        return STATUSES.get(status, JobEnd.RUNNING) is JobEnd.RUNNING

    # After the submit

    def _after_no_good_answer(self, entry: Entry, error: CacheToolsError) -> JobReport:
        """Raises the error where it says for certain that no job came of the submit."""
        if _never_sent(error):
            self._notebook.clear()
            raise error
        if not _refused(error):
            self._messages.warning(f"{error.what} The job may have started; looking for it, not submitting again.")
            return self._search(entry, None)
        listed = self._undisturbed_jobs(entry)
        new = self._new_jobs(entry, listed)
        if not new or listed is None:
            self._notebook.clear()
            raise error
        self._messages.warning(f"{error.what} Yet the server has a new job, {new[0][0].id}.")
        return self._search(entry, None)

    def _follow(self, entry: Entry) -> JobReport:
        report = self._settled(entry, follow(self._wire, entry.job_url, self._messages, self._patience))
        if report.end is JobEnd.SUCCEEDED:
            self._tell_result(entry)
        return report

    def _settled(self, entry: Entry, report: JobReport) -> JobReport:
        """A job whose address is refused is gone where the server's whole list lacks it too, and has no new one."""
        if report.end is not JobEnd.GONE:
            return report
        listed = self._undisturbed_jobs(entry)
        if listed is not None and listed.whole and entry.job_id not in listed.ids:
            new = self._new_jobs(entry, listed)
            if not new:
                return report
            self._messages.warning(f"The server doesn't know {report.url}, but has a new job: {new[0][0].id}")
            ours = next((job for job, kinship in new if kinship is Kinship.THIS_SERVICE), None)
            if ours is not None:
                entry = entry.with_job(ours.id)
                self._note(entry)
                report = follow(self._wire, entry.job_url, self._messages, self._patience)
                if report.end is not JobEnd.GONE:
                    return report
        trouble = f"{report.trouble} The server's list of jobs doesn't show that the job is gone."
        return replace(report, end=JobEnd.NO_ANSWER, trouble=trouble)

    def _tell_result(self, entry: Entry) -> None:
        try:
            with self._run.undisturbed():
                value = self._wire.get(f"{entry.job_url}/results/out_service_url", tries=1).get("value")
            self._messages.info(f"The job has succeeded and names {plain_words(value)}.")
        except CacheToolsError as error:
            self._messages.info(f"The job has succeeded; its result can't be read: {error.what}")

    def _note(self, entry: Entry) -> None:
        try:
            self._notebook.write(entry)
        except JournalError as error:
            self._messages.warning(
                f"{error.what} If this run is interrupted, look at {entry.job_url} before running it again."
            )

    # The search for a job whose id isn't known

    def _search(self, entry: Entry, on_its_way: float | None) -> JobReport:
        """Look for the entry's job in the server's list, and at what the service shows, until one of them tells.

        Ends where the work is seen to be done and no job is left that may be ours, and otherwise `patience.settle`
        seconds after the last change. The submit may still be on its way for that many seconds, and counts as lost
        only after them; with None it never does in this run. Neither does it while there is a new job that can't be
        told apart from ours. A cancel, the deadline or a refused sign-in end the search too: whatever was submitted
        stays submitted.
        """
        search = _Search(entry)
        try:
            return self._find(search, on_its_way)
        except Cancelled:
            self._run.take_up_cancel()
            return search.broken_off("the search for it was cancelled")
        except CacheToolsError as error:
            return search.broken_off(error.what)

    def _find(self, search: _Search, on_its_way: float | None) -> JobReport:
        clock, entry = self._run.clock, search.entry
        mark: object = None
        begun = changed = clock.monotonic()
        while True:
            listed = self._jobs(entry, 1)
            new = self._new_jobs(entry, listed)
            ours = next((job for job, kinship in new if kinship is Kinship.THIS_SERVICE), None)
            if ours is not None:
                entry = entry.with_job(ours.id)
                self._note(entry)
                self._messages.info(f"Following {entry.job_url}")
                return self._follow(entry)
            untold = [job for job, _ in new]
            search.pending = [job for job in untold if self._is_unended(entry, job)]
            sight = self._see()
            if sight.done and not search.pending:
                return JobReport("", end=JobEnd.NO_ANSWER, trouble="its submit was never answered")
            if sight.mark != mark or search.pending:
                mark, changed = sight.mark, clock.monotonic()
            if search.pending:
                self._messages.progress(f"{_in_words(search.pending)}, which may be ours; waiting for it to end")
            settled = clock.monotonic() - changed >= self._patience.settle
            idle = listed is not None and listed.whole and entry.known_jobs is not None and sight.untouched
            lost = idle and not untold and on_its_way is not None
            if settled and not lost:
                return JobReport("", end=JobEnd.NO_ANSWER, trouble=_why_untold(untold))
            if settled and clock.monotonic() - begun >= (on_its_way or 0.0):
                return JobReport("", end=JobEnd.NEVER_ARRIVED)
            self._run.pause(min(self._patience.settle / LOOKS, LONGEST_PAUSE))
            self._run.go_on()

    def _new_jobs(self, entry: Entry, listed: JobList | None) -> list[tuple[ListedJob, Kinship]]:
        """The listed jobs of this task that weren't there before the submit, and may be for this service.

        Where nobody knows which jobs were there before, only those that haven't ended may be new.
        """
        if listed is None:
            return []
        if entry.known_jobs is None:
            return self._others_at_work(entry, listed)
        new = [job for job in listed.jobs if job.id not in entry.known_jobs and job.id != entry.job_id]
        found = [(job, self._kinship(entry, job)) for job in new]
        return [(job, kinship) for job, kinship in found if kinship is not Kinship.ANOTHER]

    def _kinship(self, entry: Entry, job: ListedJob) -> Kinship:
        if job.task and not is_same_task(job.task, task_in(entry)):
            return Kinship.ANOTHER
        try:
            named = service_of_job(self._wire, f"{entry.task_url}/jobs/{job.id}")
        except (NoAnswer, ServerSaysNo):
            self._run.go_on()
            return Kinship.UNTOLD
        means = names_service(self._place.service, named)
        if means is Means.UNCLEAR:
            return Kinship.UNTOLD
        return Kinship.THIS_SERVICE if means is Means.THIS else Kinship.ANOTHER

    def _jobs(self, entry: Entry, tries: int) -> JobList | None:
        """The server's list of jobs; None where this account, site or version has none to show."""
        try:
            return list_jobs(self._wire, self._place.site, tools_in(entry), tries=tries)
        except (NoAnswer, ServerSaysNo):
            self._run.go_on()
            return None

    def _undisturbed_jobs(self, entry: Entry) -> JobList | None:
        with self._as_far_as_known():
            return self._jobs(entry, READ_TRIES)
        return None

    @contextmanager
    def _as_far_as_known(self) -> Iterator[None]:
        """What can't be read after the submit proves nothing, and a cancel changes nothing any more."""
        with self._run.undisturbed(), suppress(CacheToolsError):
            yield

    def _still_on_its_way(self, entry: Entry) -> float:
        """Seconds; never more than `patience.arrival`, since the time of day may have jumped."""
        passed = (self._run.clock.now() - entry.begun).total_seconds()
        return min(max(0.0, self._patience.arrival - passed), self._patience.arrival)


class _Search:
    """A search for a job, and the jobs that may be ours and haven't ended."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.pending: list[ListedJob] = []

    def broken_off(self, trouble: str) -> JobReport:
        """What is known where the search ends before its time; a job that may be ours is still running."""
        if not self.pending:
            return JobReport("", end=JobEnd.NO_ANSWER, trouble=trouble)
        job = self.pending[0]
        return JobReport(f"{self.entry.task_url}/jobs/{job.id}", job.status, JobEnd.RUNNING, trouble=trouble)


def task_in(entry: Entry) -> str:
    """The name of the entry's task."""
    return unquote(entry.task_url.rpartition("/")[2])


def tools_in(entry: Entry) -> str:
    """The service of the System folder that offers the entry's task."""
    return entry.task_url.partition("/rest/services/System/")[2].partition("/")[0]


def _never_sent(error: CacheToolsError) -> bool:
    """True where the submit can't have reached the server."""
    if isinstance(error, ServerSaysNo):
        return False
    return not error.sent if isinstance(error, NoAnswer) else True


def _refused(error: CacheToolsError) -> bool:
    """True where ArcGIS Server itself refuses the job, or a web tier wants a sign-in of its own first."""
    if isinstance(error, ServerSaysNo):
        return error.shape == "rest" and error.code in REFUSALS
    return isinstance(error, NotArcGIS) and error.status == 401 and error.challenge


def _in_words(jobs: list[ListedJob]) -> str:
    names = ", ".join(job.id for job in jobs)
    return (
        f"{'Job' if len(jobs) == 1 else 'Jobs'} {names} of the same task {'was' if len(jobs) == 1 else 'were'} at work"
    )


def _why_untold(untold: list[ListedJob]) -> str:
    if not untold:
        return "its submit was never answered"
    names = ", ".join(job.id for job in untold)
    return f"its submit was never answered, and the server doesn't say which service is behind {names}"
