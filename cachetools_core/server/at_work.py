"""Jobs that were at work on the same service, or may have been, when a run came to submit its own."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import AlreadyRunning, DeadlinePassed
from ..messages import Messages
from ..proof.ending import JobEnd, JobReport
from ..waiting import Patience
from .candidates import Candidate, Candidates, Target, doubtfully_gone, in_words
from .following import follow, watch
from .searching import LONGEST_PAUSE, Sight


class JobsAtWork:
    """The jobs of others: followed or waited for, since a second job beside them would delete the same cache."""

    def __init__(
        self,
        target: Target,
        candidates: Candidates,
        see: Callable[[], Sight],
        messages: Messages,
        patience: Patience,
    ) -> None:
        self._target, self._wire, self._run = target, target.wire, target.wire.run
        self._candidates, self._see = candidates, see
        self._messages, self._patience = messages, patience

    def to_their_end(self, at_work: tuple[Candidate, ...]) -> JobReport | None:
        """Follow the one for this service, or wait for those that may be; None where they have left work.

        A server shows the service of a job only once the job has succeeded, so one that doesn't tell is waited for.
        Raises AlreadyRunning where they haven't ended by the deadline, Cancelled.
        """
        try:
            at_work, last = self._wait_for(at_work)
            if at_work:
                return self._follow(at_work[0])
            done = self._see().done
        except DeadlinePassed as error:
            raise AlreadyRunning(
                f"{in_words(at_work)} may be deleting the cache of {self._target.service}, and hadn't ended when this"
                " run's time was up. Nothing was submitted.",
                "Run this again when that job has ended.",
            ) from error
        words = f"the same task was running before: {in_words(last)}"
        return JobReport("", end=JobEnd.NO_ANSWER, trouble=words) if done else None

    def _wait_for(self, at_work: tuple[Candidate, ...]) -> tuple[tuple[Candidate, ...], tuple[Candidate, ...]]:
        """The first job that turns out to be for this service, or nothing once all have ended; and the last of them."""
        told, last = "", at_work
        while at_work:
            ours = tuple(one for one in at_work if one.is_for_service)
            if ours:
                return ours, last
            if in_words(at_work) != told:
                told = in_words(at_work)
                self._messages.warning(
                    f"The server is running the same task, and doesn't say for which service: {told}. Waiting until"
                    " that has ended, so that no two jobs delete the same cache."
                )
            self._messages.progress(f"Waiting for another deletion on this site to end, {self._run.until}".rstrip(", "))
            self._run.pause(LONGEST_PAUSE)
            self._run.go_on()
            last, listed = at_work, self._candidates.listed(1)
            at_work = self._candidates.unended(at_work) if listed is None else self._candidates.at_work(listed)
        return (), last

    def _follow(self, other: Candidate) -> JobReport:
        """Nobody's cancel but its owner's may end somebody else's job."""
        self._messages.warning(
            f"The server already has a job for {self._target.service}, so nothing is submitted; following"
            f" {in_words([other])}."
        )
        ours = bool(other.job.user) and not other.by_another
        url = self._candidates.url_of(other.id)
        report = (follow if ours else watch)(self._wire, url, self._messages, self._patience)
        listed = self._candidates.listed_undisturbed() if report.end is JobEnd.GONE else None
        gone = listed is not None and listed.whole and other.id not in listed.ids
        return doubtfully_gone(report) if report.end is JobEnd.GONE and not gone else report
