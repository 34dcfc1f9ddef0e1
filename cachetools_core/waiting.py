"""Time as one run sees it: a clock, a deadline, pauses that a cancel ends, calls that can't hang."""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from typing import Generic, Protocol, TypeVar

from .elapsed import until
from .errors import CacheToolsError, Cancelled, DeadlinePassed, NeverSent
from .secrecy import Secrets, proxy_passwords

Answer = TypeVar("Answer")

CANCEL_IS_FELT_WITHIN = 0.25

FIRST_LOOK, SHORT_STEP, SHORT_STEPS_UNTIL = 0.19, 0.14, 1.5
A_SIXTH, SIXTHS_UNTIL, A_TENTH = 0.163, 120.0, 0.09
LONGEST_STEP = 30.0
MOST_JITTER = 0.03
TOO_SOON = 0.01


def next_look(spent: float, jitter: float = 0.0) -> float:
    """Seconds to wait before the next look at something that began `spent` seconds ago and may end at any time.

    The looks stand at fixed times after the beginning: every 0.14 s at first, then a sixth further out each, from two
    minutes on a tenth, and 30 s in the end. So a short job is seen to end at once, and a long one doesn't bother the
    server; a slow answer makes no look come later. `jitter`, 0 to 1, brings all of them forward by up to three percent:
    give each of several jobs its own, and they don't ask in step.
    """
    scale, look = 1 - MOST_JITTER * jitter, FIRST_LOOK
    while look * scale < spent + TOO_SOON:
        look += _step_after(look)
    return look * scale - spent


def _step_after(look: float) -> float:
    if look < SHORT_STEPS_UNTIL:
        return SHORT_STEP
    return min((A_SIXTH if look < SIXTHS_UNTIL else A_TENTH) * look, LONGEST_STEP)


class Clock(Protocol):
    """What time it is, and waiting; passed in, so that tests need not wait."""

    def now(self) -> datetime:
        """The time of day in UTC; may jump."""

    def monotonic(self) -> float:
        """Seconds that only ever grow; for measuring."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set, at most that long; True where it is set."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The time of day in UTC."""
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        """Seconds that only ever grow."""
        return time.monotonic()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set, at most that long."""
        return event.wait(seconds)


SYSTEM_CLOCK = SystemClock()


@dataclass(frozen=True)
class Patience:
    """How many seconds to go on, with each of the things that may not come.

    `parting` is for looks at what is left once the administrator wants to stop.
    `jitter` is this run's own number from 0 to 1, where several run: their looks at jobs don't fall together then.
    """

    no_answer: float = 300.0
    gone: float = 15.0
    cancel: float = 30.0
    grace: float = 30.0
    restart: float = 180.0
    settle: float = 60.0
    arrival: float = 180.0
    parting: float = 1.0
    jitter: float = 0.0


class Run:
    """One run: its clock, its deadline in seconds from now, and whether the administrator has asked to stop.

    `until` is the deadline in words, as in `until 06:00`; empty where there is none. `secrets` are all that the run has
    held; what is printed or kept goes through them. `spent` are passwords that were sent to an address and brought no
    token, with what is raised instead of sending them again.
    """

    def __init__(self, clock: Clock, deadline: float, cancelled: Callable[[], bool]) -> None:
        self.clock = clock
        self.secrets = Secrets(proxy_passwords())
        self.spent: dict[tuple[str, str, str], CacheToolsError] = {}
        self.until = until(clock.now(), deadline)
        self._end = clock.monotonic() + deadline
        self._cancelled = cancelled
        self._heeds_cancel = True
        self.stopping = False

    def beside(self, cancelled: Callable[[], bool]) -> Run:
        """A run for work side by side: the same clock, deadline and secrets, and a cancel of its own to deal with."""
        other = copy.copy(self)
        other.secrets = self.secrets.beside()
        other._cancelled, other._heeds_cancel, other.stopping = cancelled, True, False
        return other

    def left(self) -> float:
        """Seconds until the deadline; never negative."""
        return max(0.0, self._end - self.clock.monotonic())

    def cancel_wanted(self) -> bool:
        """True once the administrator has asked to stop and nobody has taken it up yet."""
        return self._heeds_cancel and self._cancelled()

    def take_up_cancel(self) -> None:
        """From now on the cancel is being dealt with, so it interrupts nothing more; `stopping` says so."""
        self._heeds_cancel = False
        self.stopping = True

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """While something is finished that a cancel must not break off; it is heeded again afterwards."""
        heeded, self._heeds_cancel = self._heeds_cancel, False
        try:
            yield
        finally:
            self._heeds_cancel = heeded

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """While this lasts, the deadline is in this many seconds, unless it comes earlier by itself."""
        end, self._end = self._end, min(self._end, self.clock.monotonic() + seconds)
        try:
            yield
        finally:
            self._end = end

    def go_on(self) -> None:
        """Raises Cancelled or DeadlinePassed where this run has no reason to go on."""
        if self.cancel_wanted():
            raise _stopped()
        if not self.left():
            raise DeadlinePassed("The time limit of this run was reached.", sent=False)

    def pause(self, seconds: float) -> None:
        """Wait that long, or until a cancel or the deadline, whichever comes first."""
        never = threading.Event()
        end = self.clock.monotonic() + min(seconds, self.left())
        while not self.cancel_wanted():
            rest = end - self.clock.monotonic()
            if rest <= 0:
                return
            self.clock.wait(never, min(rest, CANCEL_IS_FELT_WITHIN))

    def call(
        self, function: Callable[[threading.Event], Answer], seconds: float, *, until_answered: bool = False
    ) -> Answer:
        """What the function returns, asked for in a thread of its own, so that nothing it does can hang this run.

        The function gets an event that is set once nobody waits any more. With `until_answered` a cancel waits for the
        answer: a request that starts work isn't abandoned while its answer may still come.
        Raises TimeoutError after that many seconds, DeadlinePassed, Cancelled, NeverSent where no thread can be
        started, and whatever the function raises.
        """
        abandoned = threading.Event()
        exchange = Exchange(partial(function, abandoned))
        end = self.clock.monotonic() + min(seconds, self.left())
        if not started(exchange.go, "CacheTools request"):
            raise NeverSent(
                "This machine starts no more threads for this user.",
                "End programs that aren't needed, or raise this user's limit of processes, then run this again.",
            )
        try:
            while not self.clock.wait(exchange.done, self._next_look(end)):
                if self.clock.monotonic() >= end:
                    if not self.left():
                        raise DeadlinePassed("The time limit of this run was reached.")
                    raise TimeoutError(f"no answer within {seconds:.0f} seconds")
                if not until_answered and self.cancel_wanted():
                    raise _stopped()
        finally:
            abandoned.set()
        return exchange.answer()

    def in_time(self, doing: str, function: Callable[[], Answer]) -> Answer:
        """What the function returns, however long that takes: the deadline and a cancel end the wait, nothing else.

        For what may hang and sends nothing, such as a file on a share that doesn't answer; `doing` says what it is, as
        in `reading service.lyrx`. The thread that hangs is left behind and doesn't keep the process from ending; so the
        function mustn't hold standard input or output, whose locks Python takes when it ends.
        Raises DeadlinePassed, Cancelled, and whatever the function raises.
        """
        self.go_on()
        try:
            return self.call(lambda _: function(), self.left())
        except (DeadlinePassed, TimeoutError) as error:
            if self.left():
                raise
            raise DeadlinePassed(
                f"The time limit of this run was reached while {doing}.",
                "Check that it can be opened, or run this again with more time.",
                sent=False,
            ) from error

    def _next_look(self, end: float) -> float:
        return max(0.0, min(CANCEL_IS_FELT_WITHIN, end - self.clock.monotonic()))


def started(work: Callable[[], object], name: str) -> bool:
    """Start work in a thread of its own, which keeps no process from ending; False where a limit forbids one more."""
    try:
        threading.Thread(target=work, name=name, daemon=True).start()
    except RuntimeError:
        return False
    return True


def _stopped() -> Cancelled:
    return Cancelled("Stopped before anything was submitted.", "Nothing on the server has changed.")


class Exchange(Generic[Answer]):
    """What one thread has another one do; `done` is set once its answer can be had."""

    def __init__(self, function: Callable[[], Answer]) -> None:
        self._function = function
        self._answers: list[Answer] = []
        self._error: BaseException | None = None
        self.done = threading.Event()

    def go(self) -> None:
        """Do it, in the other thread. Raises nothing."""
        try:
            self._answers.append(self._function())
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that asks, whatever it is
            self._error = error
        finally:
            self.done.set()

    def answer(self) -> Answer:
        """What came of it, for the thread that asks. Raises what was raised there."""
        if self._error is not None:
            raise self._error
        return self._answers[0]
