"""The look afterwards: repeated until the cache is seen to be gone and the service is back, or waiting is no use."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..elapsed import until
from ..errors import CacheToolsError, Cancelled, DeadlinePassed, NoAnswer, NotPermitted, ServerSaysNo, TokenRefused
from ..messages import Messages
from ..proof.ending import JobEnd
from ..proof.evidence import Look, ServiceState, Why, Witness, silent
from ..proof.verdict import ENDED_OR_GONE, NOT_TO_END, Remains
from ..server.looks import Other, glance, last_words
from ..server.site import start_service
from ..server.wire import Wire
from ..waiting import Patience, next_look
from .work import Work

AWAY = {ServiceState.NOT_STARTED, ServiceState.UNREADABLE}
MAY_BE_STALE = {Remains.FEWER, Remains.ALL, Remains.SOMETHING}
NO_LONGER_AT_WORK = ENDED_OR_GONE - NOT_TO_END
NO_TIME = Look((silent(Witness.SERVICE, Why.NO_TIME),))


@dataclass(frozen=True)
class _Wait:
    """How many seconds what is seen may take to change, and how that is told."""

    seconds: float
    label: str


NO_WAIT = _Wait(0.0, "")


@dataclass(frozen=True)
class LastLook:
    """The look that counts; `cut_short` where a cancel or the deadline came before all was settled."""

    seen: Look
    cut_short: bool = False


class Settling:
    """The looks after a job, until what they show won't change any more."""

    def __init__(
        self,
        wire: Wire,
        work: Work,
        before: Look,
        patience: Patience,
        messages: Messages,
        others: Sequence[Other] = (),
    ) -> None:
        self._wire, self._run, self._work, self._service = wire, wire.run, work, work.service
        self._before, self._patience, self._messages = before, patience, messages
        self._others = others
        self._seen = NO_TIME

    def last_look(self, end: JobEnd) -> LastLook:
        """The look that counts, after a job that ended like this. Raises nothing.

        REST metadata may be stale for a moment, and the service is away while it restarts (documented). A service that
        stays stopped is started where this account may do that and no job can be at work on it any more. Whoever
        cancels meanwhile wants an answer now: what can be seen within a moment counts, else what was seen before.
        """
        try:
            return LastLook(self._settled(end))
        except Cancelled:
            self._run.take_up_cancel()
        except DeadlinePassed:
            return LastLook(self._seen, cut_short=True)
        except CacheToolsError as error:
            return LastLook(Look((silent(Witness.SERVICE, Why.UNREADABLE, error.what),)))
        with suppress(CacheToolsError), self._run.at_most(self._patience.parting):
            self._seen = self._look_until_settled(end)
        return LastLook(self._seen, cut_short=self._seen.service in AWAY or self._may_change(self._seen, end))

    def _settled(self, end: JobEnd) -> Look:
        after = self._look_until_settled(end)
        left_stopped = after.service is ServiceState.NOT_STARTED and not after.busy
        if left_stopped and end in NO_LONGER_AT_WORK and self._started():
            after = self._look_until_settled(end)
        if end is JobEnd.SUCCEEDED and self._work.what_remains(self._before, after) is Remains.NOTHING_BY_ONE:
            with suppress(CacheToolsError):  # what was seen so far isn't less true without them
                after = last_words(self._wire, self._service, after)
        return after

    def _look_until_settled(self, end: JobEnd) -> Look:
        restart = self._wait(f"{self._service} to restart", min(self._patience.restart, self._run.left() / 2))
        grace = self._wait("the server to show whether the cache is gone", self._patience.grace)
        begun = last_away = self._run.clock.monotonic()
        while True:
            waited = self._run.clock.monotonic() - begun
            after = self._seen = self._look_once(is_the_last=end is JobEnd.RUNNING or waited >= restart.seconds)
            wait = restart if after.service in AWAY else grace if self._may_change(after, end) else NO_WAIT
            if after.service in AWAY:
                last_away = begun + waited
            else:  # grace is for what a service shows, so it counts from its return
                waited = self._run.clock.monotonic() - last_away
            if end is JobEnd.RUNNING or waited >= wait.seconds:
                return after
            self._messages.progress(wait.label)
            self._run.pause(min(next_look(waited, self._patience.jitter), wait.seconds - waited))

    def _wait(self, what: str, seconds: float) -> _Wait:
        return _Wait(seconds, f"Waiting for {what}, {until(self._run.clock.now(), seconds)}")

    def _look_once(self, *, is_the_last: bool) -> Look:
        """While the service is away, nobody else is asked, unless no look comes after this one.

        A service that refuses this account while it comes back isn't read yet, and may be read in a moment.
        """
        try:
            found = glance(self._wire, self._service)
            if found.service in AWAY and not is_the_last:
                return found
            return self._work.look(self._wire, self._others, tries=1, so_far=found)
        except (NotPermitted, TokenRefused) as error:
            return Look((silent(Witness.SERVICE, Why.REFUSED, error.what),))

    def _may_change(self, after: Look, end: JobEnd) -> bool:
        """True where what is seen contradicts the job, or itself, or lacks the count that there was before."""
        remains = self._work.what_remains(self._before, after)
        stale = remains in MAY_BE_STALE and end is JobEnd.SUCCEEDED
        uncounted = after.tiles is None and self._before.tiles is not None
        return stale or remains is Remains.CONTRADICTORY or uncounted

    def _started(self) -> bool:
        """Start it; True as well where the answer to that was lost, since the service may come up all the same."""
        self._messages.warning(f"{self._service} was left stopped; starting it.")
        try:
            start_service(self._wire, self._service)
        except (NoAnswer, ServerSaysNo) as error:
            self._messages.warning(f"{self._service} couldn't be started from here: {error.what}")
            return isinstance(error, NoAnswer) and error.passing
        return True
