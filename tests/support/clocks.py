"""Clocks: one that runs fast, and one that stands still but for the pauses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from weakref import WeakKeyDictionary


class FastClock:
    """A clock that counts what is waited for, and waits `factor` times as fast; `jump` moves the time of day alone.

    A wait that a busy machine ends too late counts for what it was to be, and work between waits for nothing, so that
    no deadline comes nearer because other programs keep the cores. While a request is on its way, time goes by at its
    own pace until `withheld` says that the server keeps an answer back, or, where nobody can say so, for a second.
    """

    def __init__(self, factor: float = 20.0, withheld: Callable[[], bool] | None = None) -> None:
        self.factor = factor
        self.jump = timedelta()
        self._withheld = withheld
        self._seconds = 0.0
        self._lock = threading.Lock()
        self._known = asking()
        self._left: WeakKeyDictionary[threading.Event, float] = WeakKeyDictionary()

    def now(self) -> datetime:
        return datetime.now(timezone.utc) + self.jump

    def monotonic(self) -> float:
        return self._seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        factor = 1.0 if self._may_still_be_answered(event, seconds) else self.factor
        begun = time.monotonic()
        is_set = event.wait(seconds / factor)
        waited = min(seconds, (time.monotonic() - begun) * factor)
        with self._lock:
            self._seconds += waited if is_set else seconds
        return is_set

    def _may_still_be_answered(self, event: threading.Event, seconds: float) -> bool:
        """Whoever waits for an answer has just begun a thread that asks; in a pause nobody has."""
        if event not in self._left:
            threads = asking()
            self._left[event] = 1.0 if threads - self._known else 0.0
            self._known = threads
        if self._withheld is not None:
            return self._left[event] > 0 and not self._withheld()
        self._left[event] -= seconds
        return self._left[event] >= 0


class ScaledClock:
    """The machine's clock, `factor` times as fast: for several threads, whose waits go by side by side."""

    def __init__(self, factor: float = 20.0) -> None:
        self.factor = factor
        self.jump = 0.0
        self._begun = time.monotonic()

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        return (time.monotonic() - self._begun) * self.factor + self.jump

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(seconds / self.factor)


class StepClock:
    """Time that stands still while any thread of a run is at work, and goes on at once when all of them wait.

    For the thread that makes it, and the workers that run beside it; a request takes no time.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._main = threading.get_ident()
        self._abandoned = set(threading.enumerate()) - {threading.current_thread()}  # by runs of earlier tests
        self._turn = threading.Condition()
        self._waiting: dict[int, tuple[float, threading.Event]] = {}

    def now(self) -> datetime:
        return datetime(2024, 5, 6, tzinfo=timezone.utc) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        me = threading.get_ident()
        with self._turn:
            end = self.seconds + seconds
            self._waiting[me] = end, event
            while not event.is_set() and self.seconds < end:
                if self._all_wait():
                    self.seconds = min(moment for moment, _ in self._waiting.values())
                    self._turn.notify_all()
                else:
                    self._turn.wait(0.001)
            del self._waiting[me]
        return event.is_set()

    def _all_wait(self) -> bool:
        """Whoever has what it waits for is at work by now, though it doesn't know yet."""
        if any(event.is_set() or moment <= self.seconds for moment, event in self._waiting.values()):
            return False
        here = set(threading.enumerate()) - self._abandoned
        mine = [one for one in here if one.name.startswith("CacheTools") or one.ident == self._main]
        return all(one.ident in self._waiting for one in mine)


class StillClock:
    """Time that passes in pauses only, and then at once; a request takes none unless the server is `silent`.

    Each pause lasts `pace` times as long as it was to be.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.pace = 1.0
        self.begun = datetime(2024, 5, 6, tzinfo=timezone.utc)
        self.silent = False
        self.as_time_passes: Callable[[float], None] = lambda seconds: None
        self._abandoned = asking()  # by runs of earlier tests, whose requests nobody answers

    def now(self) -> datetime:
        return self.begun + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        while asking() - self._abandoned and not self.silent and not event.wait(0.002):
            pass
        if event.is_set():
            return True
        self.seconds += seconds * self.pace
        self.as_time_passes(self.seconds)
        return event.is_set()


def asking() -> set[threading.Thread]:
    """The threads in which a request is on its way, also one that nobody waits for any more."""
    return {thread for thread in threading.enumerate() if thread.name == "CacheTools request"}
