"""Threads that wait for each other, each heeding its own run meanwhile: a cancel and the deadline end the wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress

from ..errors import DeadlinePassed
from ..waiting import CANCEL_IS_FELT_WITHIN, Run


def _nothing() -> None:
    """What is checked where there is nothing to check."""


class Places:
    """A number of places, given in the order in which they were asked for; whoever holds one keeps it."""

    def __init__(self, number: float) -> None:
        self._number = number
        self._lock = threading.Lock()
        self._held: set[Hashable] = set()
        self._waiting: list[tuple[Hashable, threading.Event]] = []

    def holds(self, who: Hashable) -> bool:
        """Whether this one has a place."""
        return who in self._held

    def occupy(self, who: Hashable) -> None:
        """A place that is taken whatever the number is, since it is in use by now."""
        with self._lock:
            self._held.add(who)

    def take(self, who: Hashable, run: Run, check: Callable[[], None] = _nothing) -> None:
        """Wait for a place. Raises Cancelled, DeadlinePassed, and what `check` raises, which is asked meanwhile."""
        if self.holds(who):
            return
        mine = threading.Event()
        with self._lock:
            self._waiting.append((who, mine))
            self._let_in()
        try:
            while not run.clock.wait(mine, min(CANCEL_IS_FELT_WITHIN, run.left())):
                check()
                run.go_on()
        except BaseException:
            with self._lock:
                self._waiting = [one for one in self._waiting if one[1] is not mine]
                self._held -= {who} if mine.is_set() else set()
                self._let_in()
            raise

    def take_if_free(self, who: Hashable) -> bool:
        """True where there was a place and nobody waits for one; it is taken then."""
        with self._lock:
            is_free = not self._waiting and len(self._held) < self._number
            self._held |= {who} if is_free else set()
        return is_free

    def give_back(self, who: Hashable) -> None:
        """The place is free again; nothing happens where there was none."""
        with self._lock:
            self._held.discard(who)
            self._let_in()

    def _let_in(self) -> None:
        while self._waiting and len(self._held) < self._number:
            who, event = self._waiting.pop(0)
            self._held.add(who)
            event.set()


class Turn:
    """One thread at a time; one that has its turn may take it again within it."""

    def __init__(self) -> None:
        self._places = Places(1)

    @contextmanager
    def taken(self, run: Run) -> Iterator[None]:
        """Raises Cancelled or DeadlinePassed while it waits."""
        me = threading.get_ident()
        if self._places.holds(me):
            yield
            return
        self._places.take(me, run)
        try:
            yield
        finally:
            self._places.give_back(me)

    @contextmanager
    def taken_with(self, other: Turn, run: Run, at_most: float) -> Iterator[None]:
        """This turn together with another one, or alone once that was awaited for so many seconds.

        Whoever waits for the other one keeps nobody from this one. Raises Cancelled or DeadlinePassed while it waits.
        """
        end = run.clock.monotonic() + at_most
        while True:
            with self.taken(run), other._taken_if_free() as is_taken:
                left = end - run.clock.monotonic()
                if is_taken or left <= 0:
                    yield
                    return
            with suppress(DeadlinePassed), run.at_most(left), other.taken(run):
                """Its turn has come, but not with this one."""
            run.go_on()

    @contextmanager
    def _taken_if_free(self) -> Iterator[bool]:
        me = threading.get_ident()
        is_taken = self._places.take_if_free(me)
        try:
            yield is_taken
        finally:
            if is_taken:
                self._places.give_back(me)
