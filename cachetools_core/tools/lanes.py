"""Work in threads side by side, to which more is added as its outcomes are heard."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from ..waiting import Exchange, started
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

    def __init__(self, relay: Relay, at_a_time: int) -> None:
        self._relay, self._at_a_time = relay, at_a_time
        self._lanes: dict[str, _Lane[Outcome]] = {}
        self._lock = threading.Lock()
        self._heard: deque[Callable[[], Outcome]] = deque()
        self._over = threading.Event()
        self._left = 0

    def add(self, lane: str, work: Callable[[], Outcome]) -> None:
        """One more piece of work, after those of its lane that wait already. Raises nothing."""
        self._left += 1
        with self._lock:
            found = self._lanes.setdefault(lane, _Lane())
            found.waiting.append(work)
            if found.workers == self._at_a_time or self._starts_a_worker(found) or found.workers:
                return
            found.workers = 1
        self._work(found)  # no thread can be had

    def _starts_a_worker(self, lane: _Lane[Outcome]) -> bool:
        is_started = started(partial(self._work, lane), "CacheTools worker")
        lane.workers += is_started
        return is_started

    def outcomes(self, meanwhile: Callable[[], None] = lambda: None) -> Iterator[Outcome]:
        """What comes of each piece, in the order in which they end; what they say meanwhile is handed on.

        `meanwhile` is called again and again, also while none ends. Raises what it raises, what the listener raises and
        what a piece raises; what is under way is asked to stop then, and left behind.
        """
        try:
            while self._left:
                meanwhile()
                self._relay.listen()
                while self._heard:
                    self._left -= 1
                    yield self._heard.popleft()()
        except BaseException:
            self._relay.break_off()
            raise
        finally:
            self._over.set()

    def _work(self, lane: _Lane[Outcome]) -> None:
        while True:
            with self._lock:
                if not lane.waiting or self._over.is_set():
                    lane.workers -= 1
                    return
                work = Exchange(lane.waiting.popleft())
            work.go()
            self._relay.tell(partial(self._heard.append, work.answer))
