"""One job of a geoprocessing task for one service: submitted once, found again, followed to its end.

Nothing here knows what the task does. What the service shows of the work comes from `Sight`, and what must survive a
crash goes to `Notebook`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Protocol

from ..errors import CacheToolsError, JournalError, NoAnswer, NotArcGIS, ServerSaysNo
from ..messages import Messages
from ..naming.identity import Means, names_service
from ..proof.ending import JOB_ID, JobEnd, JobReport
from ..proof.entry import Entry
from ..proof.evidence import Look
from ..proof.way_back import WayBack
from ..waiting import Patience
from .at_work import JobsAtWork
from .candidates import Candidate, Candidates, Target, doubtfully_gone, in_words
from .following import follow, follow_from_the_start
from .job_list import JobList, service_of_job
from .searching import Search, Sight
from .site import Task
from .wire import Wire

# ArcGIS Server's own refusals of a submit. Other codes, and what a web tier says, may come after the work began.
REFUSALS = (400, 401, 403, 404, 498, 499)


Follow = Callable[[Wire, str, Messages, Patience], JobReport]


class Notebook(Protocol):
    """Keeps an entry where the next run finds it."""

    def write(self, entry: Entry) -> None:
        """Keep the entry before this returns. Raises JournalError."""

    def clear(self) -> None:
        """Nothing is left to find. Raises JournalError."""

    def check_held(self) -> None:
        """Raises AlreadyRunning or JournalError where another run may be at work on the same service by now."""


class Submission:
    """The job of one task for one service, with two doors: `begin` a new one, or `resume` one that was begun."""

    def __init__(
        self, target: Target, notebook: Notebook, messages: Messages, patience: Patience, see: Callable[[], Sight]
    ) -> None:
        self._target, self._wire, self._run = target, target.wire, target.wire.run
        self._notebook, self._messages, self._patience = notebook, messages, patience
        self._see = see

    def begin(
        self, task: Task, inputs: Mapping[str, str], before: Look, way_back: WayBack | None = None
    ) -> JobReport | None:
        """Submit the job, once, and follow it to its end.

        `way_back` is what was saved for the case, and is noted with the job.
        A job for this service that the server's list shows as not ended is followed instead, and one that may be for
        it is waited for. None where that has ended and the work isn't done: `before` is out of date then, and nothing
        was submitted. A submit without a good answer isn't repeated: its job is looked for.
        Raises ServerSaysNo and its kinds where the server refuses the job, NeverSent where the submit can't have
        reached it, JournalError where it couldn't be noted, AlreadyRunning where the deadline passed while another job
        was waited for, Cancelled and DeadlinePassed before the submit. After it, nothing is raised.
        """
        candidates = Candidates(self._target, task.url)
        with self._target.neighbours.turn_to_submit(self._target.service, self._run):
            listed = candidates.listed()
            self._tell_what_is_missing_in(listed)
            at_work = candidates.at_work(listed)
            entry = None if at_work else self._submitted(task, inputs, before, way_back, listed)
        if entry is None:
            return JobsAtWork(self._target, candidates, self._see, self._messages, self._patience).to_their_end(at_work)
        return self._seen(self._follow(entry, follow_from_the_start) if entry.job_id else self._search(entry, None))

    def resume(self, entry: Entry) -> JobReport:
        """Follow the job of an entry that an earlier run has left, searching for it where its id isn't known.

        Raises nothing: what can't be found is in the report.
        """
        path = entry.task_url.partition("/rest/services/")[2]
        entry = replace(entry, task_url=f"{self._target.site}/rest/services/{path}")  # as this run spells the site
        if entry.job_id:
            self._messages.info(f"Following {entry.job_url}")
            return self._seen(self._follow(entry))
        wait = f"{self._patience.arrival:.0f} seconds after it was sent"
        self._messages.info(f"Its submit was never answered; it counts as lost {wait} unless its job is found.")
        return self._seen(self._search(entry, self._still_on_its_way(entry)))

    def _tell_what_is_missing_in(self, listed: JobList | None) -> None:
        if listed is None or not listed.whole:
            trouble = "can't be read with this account" if listed is None else "leaves jobs or their ids out"
            self._messages.info(
                f"The server's list of jobs {trouble}, so this run may not see a deletion that was begun elsewhere, or"
                " find its own job if the answer to the submit gets lost."
            )

    def _seen(self, report: JobReport) -> JobReport:
        """The same report, once the neighbours know whether the job may be at work still."""
        if report.end not in (JobEnd.RUNNING, JobEnd.NO_ANSWER):
            self._target.neighbours.note_ended(self._target.service)
        return report

    def service_of_another(self, report: JobReport) -> str:
        """The service that the report's job says it is for, where that is another one; else empty. Raises nothing."""
        if not report.url:
            return ""
        with self._as_far_as_known():
            named = service_of_job(self._wire, report.url)
            if names_service(self._target.service, named) is Means.ANOTHER:
                return named
        return ""

    def _submitted(
        self, task: Task, inputs: Mapping[str, str], before: Look, way_back: WayBack | None, listed: JobList | None
    ) -> Entry:
        """The entry of a job that was submitted, without its id where there was no good answer to that.

        Raises the error where it says for certain that no job came of the submit, and JournalError.
        """
        known = listed.ids if listed is not None and listed.whole else None
        begun = self._run.clock.now()
        entry = Entry(self._target.service.url, self._target.account, begun, before, task.url, known, way_back=way_back)
        self._notebook.write(entry)
        self._notebook.check_held()
        try:
            entry = entry.with_job(self._submit(entry, inputs, listed))
        except CacheToolsError as error:
            self._check_for_a_job(entry, error)
            return entry
        self._target.neighbours.note_job(entry.job_id, self._target.service)
        self._note(entry)
        self._messages.info(f"Submitted: {entry.job_url}")
        return entry

    def _submit(self, entry: Entry, inputs: Mapping[str, str], older: JobList | None) -> str:
        answer = self._wire.post_once(f"{entry.task_url}/submitJob", inputs)
        job_id = answer.get("jobId")
        if not isinstance(job_id, str) or not JOB_ID.fullmatch(job_id):
            raise NotArcGIS(f"{entry.task_url}/submitJob was answered without a job id.")
        if older is not None and job_id in older.ids:
            raise NotArcGIS(f"{entry.task_url}/submitJob was answered with an older job.")
        return job_id

    def _check_for_a_job(self, entry: Entry, error: CacheToolsError) -> None:
        """Raises the error where it says for certain that no job came of the submit."""
        if _never_sent(error):
            self._close()
            raise error
        if not _refused(error):
            self._messages.warning(f"{error.what} The job may have started; looking for it, not submitting again.")
            return
        candidates = Candidates(self._target, entry.task_url)
        new = self._new_jobs(candidates, candidates.listed_undisturbed(), entry)
        if not new:
            self._close()
            raise error
        self._messages.warning(f"{error.what} But the server has a new job: {in_words(new)}.")

    def _search(self, entry: Entry, on_its_way: float | None) -> JobReport:
        candidates = Candidates(self._target, entry.task_url)
        search = Search(entry, candidates, self._see, self._run, self._messages, self._patience)
        found = search.find(on_its_way)
        if isinstance(found, JobReport):
            return found
        entry = entry.with_job(found.id)
        self._target.neighbours.note_job(entry.job_id, self._target.service)
        self._note(entry)
        self._messages.info(f"Following {entry.job_url}")
        return self._follow(entry)

    def _follow(self, entry: Entry, to_its_end: Follow = follow) -> JobReport:
        return self._settled(entry, to_its_end(self._wire, entry.job_url, self._messages, self._patience))

    def _settled(self, entry: Entry, report: JobReport) -> JobReport:
        """A job whose address is refused is gone where the server's whole list lacks it too, and has no new one."""
        if report.end is not JobEnd.GONE:
            return report
        candidates = Candidates(self._target, entry.task_url)
        listed = candidates.listed_undisturbed()
        if listed is None or not listed.whole or entry.job_id in listed.ids:
            return doubtfully_gone(report)
        new = self._new_jobs(candidates, listed, entry)
        if new == ():
            return report
        if new:
            self._messages.warning(f"The server doesn't know {report.url}, but has a new job: {in_words(new)}.")
        ours = next((one for one in new or () if one.is_for_service), None)
        if ours is None:
            return doubtfully_gone(report)
        entry = entry.with_job(ours.id)
        self._note(entry)
        report = follow(self._wire, entry.job_url, self._messages, self._patience)
        return doubtfully_gone(report) if report.end is JobEnd.GONE else report

    def _note(self, entry: Entry) -> None:
        try:
            self._notebook.write(entry)
        except JournalError as error:
            self._messages.warning(
                f"{error.what} If this run is interrupted, look at {entry.job_url} before running it again."
            )

    def _close(self) -> None:
        try:
            self._notebook.clear()
        except JournalError as error:
            self._messages.warning(f"{error.what} The entry is out of date: its submit has started no job.")

    def _new_jobs(self, candidates: Candidates, listed: JobList | None, entry: Entry) -> tuple[Candidate, ...] | None:
        """The candidates that weren't there before the submit; None where that can't be told."""
        with self._as_far_as_known():
            return candidates.since(listed, entry)
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
