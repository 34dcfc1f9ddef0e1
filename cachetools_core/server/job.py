"""A geoprocessing job: submitted once, followed, cancelled, its result; not a word about caches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..errors import CacheToolsError, Cancelled, DeadlinePassed, NoAnswer, NotArcGIS, ServerSaysNo, SignInRefused
from ..messages import Messages, plain_words
from .answers import Body
from .wire import Wire

FIRST_WAIT = 0.1
LONGEST_WAIT = 10.0
WAITS_GROW_BY = 0.1
MESSAGES_KEPT = 1000


class JobEnd(Enum):
    """How a job ended, as far as anybody can tell."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"
    DELETED = "deleted from the server's list"
    GONE = "gone"
    NO_ANSWER = "no answer"
    RUNNING = "still running"


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
WARNING_TYPES = ("esriJobMessageTypeWarning", "esriJobMessageTypeError", "esriJobMessageTypeAbort")


@dataclass(frozen=True)
class Patience:
    """How many seconds to go on, with each of the things that may not come."""

    no_answer: float = 300.0
    gone: float = 15.0
    cancel: float = 30.0
    grace: float = 30.0
    restart: float = 180.0
    settle: float = 60.0
    arrival: float = 180.0


@dataclass
class JobReport:
    """What is known of a job: its address, its last status word, its messages, how it ended.

    `complaints` are those of its messages that are warnings or errors.
    """

    url: str
    status: str = ""
    end: JobEnd = JobEnd.RUNNING
    messages: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    trouble: str = ""
    cancel_refused: str = ""


def id_in(job_url: str) -> str:
    """The id at the end of a job's address."""
    return job_url.rpartition("/")[2]


def submit(wire: Wire, task_url: str, inputs: Mapping[str, str]) -> str:
    """Submit the job, once, and return its address; documented for POST `submitJob`.

    Raises NoAnswer where the answer was lost or has no job id in it, which doesn't mean that there is no job.
    """
    answer = wire.post_once(f"{task_url}/submitJob", inputs)
    job_id = answer.get("jobId")
    if not isinstance(job_id, str) or not job_id.isalnum() or len(job_id) > 100:
        raise NotArcGIS(f"{task_url}/submitJob was answered without a job id.")
    return f"{task_url}/jobs/{job_id}"


def follow(wire: Wire, url: str, messages: Messages, patience: Patience) -> JobReport:
    """Follow the job until it ends, the deadline passes, or nobody answers for too long; a cancel is handed on.

    Polling ("not ended yet") and reading again after a failure ("no answer") have limits of their own: the first is the
    run's deadline, the second `patience.no_answer`.
    """
    return _Following(wire, url, messages, patience).until_it_ends()


class _Following:
    def __init__(self, wire: Wire, url: str, messages: Messages, patience: Patience) -> None:
        self.wire, self.run, self.messages, self.patience = wire, wire.run, messages, patience
        self.report, self._id = JobReport(url), id_in(url)
        self._started = self._heard = self._now()
        self._told = 0
        self._cancel_since: float | None = None
        self._cancel_accepted = False
        self._shown: tuple[str, float | None] = ("", None)

    def until_it_ends(self) -> JobReport:
        while True:
            try:
                self._hand_on_cancel()
                self._look()
                if self.report.end is not JobEnd.RUNNING or self._out_of_patience():
                    return self._as_last_seen()
                self.run.pause(self._wait())
                self.run.go_on()
            except Cancelled:
                self._take_up_cancel()
            except DeadlinePassed:
                return self._as_last_seen()

    def _as_last_seen(self) -> JobReport:
        """A job that is left alone is running only where the last look at it said so."""
        if self.report.end is JobEnd.RUNNING and (self.report.trouble or not self.report.status):
            self.report.end = JobEnd.NO_ANSWER
        return self.report

    def _now(self) -> float:
        return self.run.clock.monotonic()

    def _wait(self) -> float:
        """A tenth of the time already spent: short jobs are seen at once, long ones don't bother the server."""
        wait = min(max(FIRST_WAIT, (self._now() - self._started) * WAITS_GROW_BY), LONGEST_WAIT)
        return wait if self._cancel_since is None else min(wait, 1.0)

    def _look(self) -> None:
        """Read the job once; what can't be read is remembered, and ends the following only after a while."""
        try:
            body = self.wire.get(self.report.url, {"returnMessages": "true"}, tries=1)
        except DeadlinePassed:
            raise
        except (NoAnswer, ServerSaysNo) as error:
            self._unanswered(error)
            return
        except SignInRefused as error:
            self.report.end, self.report.trouble = JobEnd.NO_ANSWER, error.what
            return
        self._answered(body)

    def _answered(self, body: Body) -> None:
        if body.get("jobId", self._id) != self._id:
            self._says_nothing("the server answered about another job")
            return
        self._tell(body.get("messages"))
        status = body.get("jobStatus")
        end = STATUSES.get(status) if isinstance(status, str) else None
        if end is None:
            self.report.status = plain_words(status) if status else self.report.status
            self._says_nothing(f"the server gives the job the status '{plain_words(status)}', which isn't documented")
            return
        self._heard = self._now()
        self.report.status, self.report.end, self.report.trouble = str(status), end, ""
        if end is JobEnd.RUNNING:
            self._show_progress(str(status), body.get("progress"))

    def _unanswered(self, error: CacheToolsError) -> None:
        """A job that the server no longer knows is gone; other failures may pass."""
        if isinstance(error, ServerSaysNo) and error.code in (400, 404):
            self.report.trouble = error.what
            self._silent_too_long(self.patience.gone, JobEnd.GONE)
        else:
            self._says_nothing(error.what)

    def _says_nothing(self, trouble: str) -> None:
        self.report.trouble = trouble
        self._silent_too_long(self.patience.no_answer, JobEnd.NO_ANSWER)

    def _silent_too_long(self, seconds: float, end: JobEnd) -> None:
        if self._now() - self._heard >= seconds:
            self.report.end = end

    def _show_progress(self, status: str, progress: Any) -> None:
        """`progress` is documented from 10.8.1 on, with `percent` or `percentage`, and optional (protocol.md 4.7)."""
        label = IN_WORDS.get(status, f"The job says {status}")
        given = progress if isinstance(progress, dict) else {}
        percent = given.get("percent", given.get("percentage"))
        number = float(percent) if isinstance(percent, (int, float)) and 0 <= percent <= 100 else None
        if (label, number) != self._shown:
            self.messages.progress(label, number)
            self._shown = (label, number)

    def _tell(self, said: Any) -> None:
        """Hand on the messages that are new; the server's list only ever grows."""
        news = said[self._told : self._told + MESSAGES_KEPT] if isinstance(said, list) else []
        self._told += len(news)
        for one in news:
            text = plain_words(one.get("description", "")) if isinstance(one, dict) else plain_words(one)
            if not text or len(self.report.messages) >= MESSAGES_KEPT:
                continue
            self.report.messages.append(text)
            if _is_warning(one):
                self.report.complaints.append(text)
            tell = self.messages.warning if _is_warning(one) else self.messages.info
            tell(f"Server: {text}")

    def _take_up_cancel(self) -> None:
        self.run.take_up_cancel()
        self._cancel_since = self._now()
        self.messages.warning("Cancel asked for: asking the server to stop the job. What is deleted stays deleted.")

    def _hand_on_cancel(self) -> None:
        """Ask until the server takes the cancel; it refuses while a job is only submitted (documented)."""
        if self._cancel_since is None or self._cancel_accepted:
            return
        try:
            self.wire.post(f"{self.report.url}/cancel", {}, tries=1)
            self._cancel_accepted = True
            self.messages.info("The server has accepted the cancel.")
        except DeadlinePassed:
            raise
        except CacheToolsError as error:
            self.report.cancel_refused = error.what

    def _out_of_patience(self) -> bool:
        return self._cancel_since is not None and self._now() - self._cancel_since >= self.patience.cancel


def result(wire: Wire, job_url: str, name: str) -> str:
    """The value of one of the job's results, as text; to be told, never to be read for meaning (protocol.md 4.8)."""
    return plain_words(wire.get(f"{job_url}/results/{name}", tries=1).get("value"))


def _is_warning(message: Any) -> bool:
    return isinstance(message, dict) and message.get("type") in WARNING_TYPES
