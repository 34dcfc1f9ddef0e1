"""Work in threads side by side, to which more is added as its outcomes are heard."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from ..waiting import CANCEL_IS_FELT_WITHIN, Run
from .relay import Relay

Outcome = TypeVar("Outcome")


@dataclass
class _Lane(Generic[Outcome]):
    waiting: deque[Callable[[], Outcome]] = field(default_factory=deque)
    workers: int = 0


class Lanes(Generic[Outcome]):
    """Pieces of work in lanes, at most so many of a lane at a time; what comes of them is heard in one thread.

    A piece that hangs holds up its own place only. More may be added while the outcomes are heard.
    """

    def __init__(self, run: Run, relay: Relay, at_a_time: int, meanwhile: Callable[[], None]) -> None:
        """`meanwhile` is called again and again by the thread that hears the outcomes, also while none comes."""
        self._run, self._relay, self._at_a_time, self._meanwhile = run, relay, at_a_time, meanwhile
        self._lanes: dict[str, _Lane[Outcome]] = {}
        self._lock = threading.Lock()
        self._heard: SimpleQueue[tuple[list[Outcome], BaseException | None]] = SimpleQueue()
        self._something = threading.Event()
        self._over = threading.Event()
        self._left = 0

    def add(self, lane: str, work: Callable[[], Outcome]) -> None:
        """One more piece of work, after those of its lane that wait already. Raises nothing."""
        self._left += 1
        with self._lock:
            found = self._lanes.setdefault(lane, _Lane())
            found.waiting.append(work)
            if found.workers < self._at_a_time:
                found.workers += 1
                threading.Thread(target=self._work, args=(found,), name="CacheTools worker", daemon=True).start()

    def outcomes(self) -> Iterator[Outcome]:
        """What comes of each piece, in the order in which they end.

        Raises Cancelled and DeadlinePassed, which leave behind what is under way, and what a piece raises.
        """
        try:
            while self._left:
                found, error = self._next()
                self._left -= 1
                if error is not None:
                    raise error
                yield from found
        finally:
            self._over.set()

    def _next(self) -> tuple[list[Outcome], BaseException | None]:
        while True:
            self._meanwhile()
            self._relay.hand_on()
            self._run.go_on()
            self._something.clear()
            with suppress(Empty):
                return self._heard.get_nowait()
            self._run.clock.wait(self._something, min(CANCEL_IS_FELT_WITHIN, self._run.left()))

    def _work(self, lane: _Lane[Outcome]) -> None:
        while True:
            with self._lock:
                if not lane.waiting or self._over.is_set():
                    lane.workers -= 1
                    return
                work = lane.waiting.popleft()
            try:
                self._heard.put(([work()], None))
            except BaseException as error:  # noqa: BLE001 - carried over to the thread that hears, whatever it is
                self._heard.put(([], error))
            self._something.set()
