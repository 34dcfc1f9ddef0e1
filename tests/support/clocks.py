"""Clocks: one that runs fast, and one that stands still but for the pauses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone


class FastClock:
    """A clock on which `factor` seconds pass in one real second; `jump` moves the time of day alone."""

    def __init__(self, factor: float = 20.0) -> None:
        self.factor = factor
        self.jump = timedelta()

    def now(self) -> datetime:
        return datetime.now(timezone.utc) + self.jump

    def monotonic(self) -> float:
        return time.monotonic() * self.factor

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(seconds / self.factor)


class StillClock:
    """Time that passes in pauses only, and then at once; a request takes none unless the server is `silent`."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.silent = False
        self.as_time_passes: Callable[[float], None] = lambda seconds: None

    def now(self) -> datetime:
        return datetime(2024, 5, 6, tzinfo=timezone.utc) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        while self._asking() and not self.silent and not event.wait(0.002):
            pass
        if event.is_set():
            return True
        self.seconds += seconds
        self.as_time_passes(self.seconds)
        return event.is_set()

    @staticmethod
    def _asking() -> bool:
        return any(thread.name == "CacheTools request" for thread in threading.enumerate())
