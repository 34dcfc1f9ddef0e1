"""The search for a job whose submit had no good answer: in the server's list, and by what the service shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import CacheToolsError, Cancelled
from ..messages import Messages
from ..proof.ending import JobEnd, JobReport
from ..proof.entry import Entry
from ..waiting import Patience, Run
from .candidates import Candidate, Candidates, in_words
from .job_list import JobList

LOOKS = 20
LONGEST_PAUSE = 5.0
NEVER_ANSWERED = "its submit was never answered"


@dataclass(frozen=True)
class Sight:
    """What the service shows of the work.

    `done` is true once the work is seen to be done, `untouched` while nothing of it can be seen and none is at work;
    `mark` changes while the work goes on.
    """

    done: bool
    untouched: bool
    mark: object


class Search:
    """One search for an entry's job, until the list or the service shows how it ended.

    A new job may be ours, somebody else's, or not to be told apart. As long as one that may be ours hasn't ended,
    nothing is concluded but that it is still running.
    """

    def __init__(
        self,
        entry: Entry,
        candidates: Candidates,
        see: Callable[[], Sight],
        run: Run,
        messages: Messages,
        patience: Patience,
    ) -> None:
        self._entry, self._candidates, self._see = entry, candidates, see
        self._run, self._messages, self._patience = run, messages, patience
        self._new: tuple[Candidate, ...] = ()
        self._pending: tuple[Candidate, ...] = ()
        self._mark: object = None
        self._changed = self._now()

    def find(self, on_its_way: float | None) -> Candidate | JobReport:
        """The job, or a report where it isn't found.

        The submit may still be on its way for that many seconds, and counts as lost only after them; with None it
        never does in this run. A cancel, the deadline or a refused sign-in end the search too: whatever was submitted
        stays submitted. Raises nothing.
        """
        try:
            return self._until_told(on_its_way)
        except Cancelled:
            self._run.take_up_cancel()
            return self._broken_off("the search for it was cancelled")
        except CacheToolsError as error:
            return self._broken_off(error.what)

    def _until_told(self, on_its_way: float | None) -> Candidate | JobReport:
        begun = self._now()
        while True:
            listed = self._read_list()
            ours = self._ours()
            if ours is not None:
                return ours
            sight = self._look()
            settled = self._now() - self._changed >= self._patience.settle
            could_be_listed = listed is None and self._entry.known_jobs is not None
            if sight.done and not self._pending and (settled or not could_be_listed):
                return JobReport("", end=JobEnd.NO_ANSWER, trouble=NEVER_ANSWERED)
            if settled and (on_its_way is None or not self._can_be_lost(listed, sight)):
                return JobReport("", end=JobEnd.NO_ANSWER, trouble=self._why_it_is_not_found(listed))
            if settled and self._now() - begun >= (on_its_way or 0.0):
                return JobReport("", end=JobEnd.NEVER_ARRIVED, trouble=self._what_it_may_have_been())
            self._run.pause(min(self._patience.settle / LOOKS, LONGEST_PAUSE))
            self._run.go_on()

    def _now(self) -> float:
        return self._run.clock.monotonic()

    def _read_list(self) -> JobList | None:
        """A list that can't be read this time takes nothing back of what an earlier one has shown."""
        listed = self._candidates.listed(1)
        if listed is not None:
            self._pending = self._new = self._candidates.since(listed, self._entry)
        self._pending = self._candidates.unended(self._new)
        return listed

    def _ours(self) -> Candidate | None:
        """The new job for this service, once no other one is left that may be ours and hasn't ended."""
        mine = next((one for one in self._new if one.is_for_service and not one.by_another), None)
        rivals = [one for one in self._pending if one is not mine and not one.by_another]
        return None if rivals else mine

    def _look(self) -> Sight:
        sight = self._see()
        if sight.mark not in (None, self._mark) or self._pending:
            self._mark, self._changed = sight.mark, self._now()
        if self._pending:
            self._messages.progress(f"{in_words(self._pending)} may be this deletion's; waiting until it has ended")
        return sight

    def _can_be_lost(self, listed: JobList | None, sight: Sight) -> bool:
        """True where no job that hasn't ended can be ours, as far as the server's whole list and the service show."""
        whole = listed is not None and listed.whole and self._entry.known_jobs is not None
        return whole and sight.untouched and not self._pending

    def _why_it_is_not_found(self, listed: JobList | None) -> str:
        if self._new:
            return f"{NEVER_ANSWERED}, and the server doesn't say for which service this is: {in_words(self._new)}"
        if listed is None:
            return f"{NEVER_ANSWERED}, and the server's list of jobs can't be read"
        return NEVER_ANSWERED

    def _what_it_may_have_been(self) -> str:
        return f"unless it was one that has ended: {in_words(self._new)}" if self._new else ""

    def _broken_off(self, trouble: str) -> JobReport:
        """What is known where the search ends before its time."""
        if not self._pending:
            return JobReport("", end=JobEnd.NO_ANSWER, trouble=trouble)
        job = self._pending[0].job
        doubt = f"which may be this deletion's, since {NEVER_ANSWERED}"
        return JobReport(self._candidates.url_of(job.id), job.status, JobEnd.RUNNING, trouble=doubt)
