"""Follows a geoprocessing job to its end: its status, its messages, a cancel; not a word about caches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..elapsed import until
from ..errors import CacheToolsError, Cancelled, DeadlinePassed, NoAnswer, ServerSaysNo, SignInRefused
from ..messages import Messages, plain_words
from ..proof.ending import JobEnd, JobReport
from ..waiting import Patience, next_look
from .body import Body
from .job_messages import JobMessages
from .wire import Wire

WHILE_CANCELLING = 1.0
# Every status that is documented (protocol.md 4.7); a word that isn't here is never taken for anything.
STATUSES: Mapping[str, JobEnd] = {
    "esriJobNew": JobEnd.RUNNING,
    "esriJobSubmitted": JobEnd.RUNNING,
    "esriJobWaiting": JobEnd.RUNNING,
    "esriJobExecuting": JobEnd.RUNNING,
    "esriJobCancelling": JobEnd.RUNNING,
    "esriJobDeleting": JobEnd.RUNNING,
    "esriJobSucceeded": JobEnd.SUCCEEDED,
    "esriJobFailed": JobEnd.FAILED,
    "esriJobTimedOut": JobEnd.TIMED_OUT,
    "esriJobCancelled": JobEnd.CANCELLED,
    "esriJobDeleted": JobEnd.DELETED,
}
IN_WORDS = {
    "esriJobNew": "The server is preparing the job",
    "esriJobSubmitted": "The job is submitted",
    "esriJobWaiting": "The job waits for a free instance of the caching tools",
    "esriJobExecuting": "The job is running",
    "esriJobCancelling": "The server is cancelling the job",
}


def follow(wire: Wire, url: str, messages: Messages, patience: Patience) -> JobReport:
    """Follow our own job until it ends, the deadline passes, or nobody answers for too long; a cancel is handed on.

    Polling ("not ended yet") and reading again after a failure ("no answer") have limits of their own: the first is the
    run's deadline, the second `patience.no_answer`. Raises nothing: why the following ended is in the report.
    """
    return _Following(wire, url, messages, patience).until_it_ends()


def follow_from_the_start(wire: Wire, url: str, messages: Messages, patience: Patience) -> JobReport:
    """Follow a job of ours that was submitted a moment ago: as `follow`, but there is nothing to look at just yet."""
    return _FollowingFromTheStart(wire, url, messages, patience).until_it_ends()


def watch(wire: Wire, url: str, messages: Messages, patience: Patience) -> JobReport:
    """Follow somebody else's job: as `follow`, but a cancel only ends the watching, and the job goes on."""
    return _Watching(wire, url, messages, patience).until_it_ends()


class _Following:
    def __init__(self, wire: Wire, url: str, messages: Messages, patience: Patience) -> None:
        self.wire, self.run, self.messages, self.patience = wire, wire.run, messages, patience
        self.url, self._id = url, url.rpartition("/")[2]
        self.end, self.status, self.trouble, self.cancel_refused = JobEnd.RUNNING, "", "", ""
        self._said = JobMessages(messages)
        self._started = self._heard = self._now()
        self._cancel_since: float | None = None
        self._cancel_accepted = False
        self._limit = self.run.until

    def until_it_ends(self) -> JobReport:
        while True:
            try:
                self._hand_on_cancel()
                self._look()
                if self.end is not JobEnd.RUNNING or self._out_of_patience():
                    return self._report()
                self._pause()
            except Cancelled:
                self._take_up_cancel()
            except DeadlinePassed:
                return self._report()

    def _report(self) -> JobReport:
        """A job that is left alone is running only where the last look at it said so."""
        unread = self.end is JobEnd.RUNNING and (self.trouble or not self.status)
        return JobReport(
            url=self.url,
            status=self.status,
            end=JobEnd.NO_ANSWER if unread else self.end,
            messages=tuple(self._said.messages),
            complaints=tuple(self._said.complaints),
            tells_an_error=self._said.an_error,
            trouble=self.trouble,
            cancel_refused="" if self._cancel_accepted else self.cancel_refused,
        )

    def _now(self) -> float:
        return self.run.clock.monotonic()

    def _pause(self) -> None:
        wait = next_look(self._now() - self._started, self.patience.jitter)
        self.run.pause(wait if self._cancel_since is None else min(wait, WHILE_CANCELLING))
        self.run.go_on()

    def _look(self) -> None:
        """Read the job once; what can't be read is remembered, and ends the following only after a while."""
        try:
            body = self.wire.get(self.url, {"returnMessages": "true"}, tries=1)
        except DeadlinePassed:
            raise
        except (NoAnswer, ServerSaysNo) as error:
            self._unanswered(error)
            return
        except SignInRefused as error:
            self.end, self.trouble = JobEnd.NO_ANSWER, error.what
            return
        self._answered(body)

    def _answered(self, body: Body) -> None:
        if plain_words(body.get("jobId", self._id)).lower() != self._id.lower():
            self._says_nothing("the server answered about another job")
            return
        self._said.hear(body.get("messages"))
        status = body.get("jobStatus")
        end = STATUSES.get(status.strip()) if isinstance(status, str) else None
        if end is None:
            self.status = plain_words(status) if status else self.status
            given = f"the status '{plain_words(status)}', which isn't documented" if status else "no status"
            self._says_nothing(f"the server gives the job {given}")
            return
        self._heard = self._now()
        self.status, self.end, self.trouble = str(status).strip(), end, ""
        if end is JobEnd.RUNNING:
            self._show_progress(self.status, body.get("progress"))

    def _unanswered(self, error: CacheToolsError) -> None:
        """A job that the server no longer knows is gone; other failures may pass."""
        if isinstance(error, ServerSaysNo) and error.code in (400, 404):
            self.trouble = error.what
            self._silent_too_long(self.patience.gone, JobEnd.GONE)
        else:
            self._says_nothing(error.what)

    def _says_nothing(self, trouble: str) -> None:
        self.trouble = trouble
        self._silent_too_long(self.patience.no_answer, JobEnd.NO_ANSWER)

    def _silent_too_long(self, seconds: float, end: JobEnd) -> None:
        if self._now() - self._heard >= seconds:
            self.end = end

    def _show_progress(self, status: str, progress: Any) -> None:
        """Told at each look, so that whoever shows it can tell the time that has passed.

        `progress` is documented from 10.8.1 on, with `percent` or `percentage`, and optional (protocol.md 4.7).
        """
        given = progress if isinstance(progress, dict) else {}
        percent = given.get("percent", given.get("percentage"))
        number = float(percent) if isinstance(percent, (int, float)) and 0 <= percent <= 100 else None
        label = IN_WORDS.get(status, f"The job says {status}")
        self.messages.progress(f"{label}, followed {self._limit}" if self._limit else label, number)

    def _take_up_cancel(self) -> None:
        self.run.take_up_cancel()
        self._cancel_since = self._now()
        self._limit = until(self.run.clock.now(), min(self.run.left(), self.patience.cancel))
        self.messages.warning("Cancelling: asking the server to stop the job. What is deleted stays deleted.")

    def _hand_on_cancel(self) -> None:
        """Ask until the server takes the cancel; it refuses while a job is only submitted (documented)."""
        if self._cancel_since is None or self._cancel_accepted:
            return
        try:
            self.wire.post(f"{self.url}/cancel", {}, tries=1)
            self._cancel_accepted = True
            self.messages.info("The server has accepted the cancel.")
        except DeadlinePassed:
            raise
        except CacheToolsError as error:
            self.cancel_refused = error.what

    def _out_of_patience(self) -> bool:
        return self._cancel_since is not None and self._now() - self._cancel_since >= self.patience.cancel


class _FollowingFromTheStart(_Following):
    def until_it_ends(self) -> JobReport:
        try:
            self._pause()
        except Cancelled:
            self._take_up_cancel()
        except DeadlinePassed:
            return self._report()
        return super().until_it_ends()


class _Watching(_Following):
    """Nobody's cancel but its owner's may end somebody else's job."""

    def _take_up_cancel(self) -> None:
        self.run.take_up_cancel()
        self._cancel_since = float("-inf")
        self.messages.warning(f"Cancelled. {self.url} wasn't started by this run, so it is left alone.")

    def _hand_on_cancel(self) -> None:
        return None
