"""Threads, events and sockets that stand still by chance, so that races in code and tests show themselves.

A busy machine does so now and then; here it happens many times in a test, and most of all to some of its threads.
"""

from __future__ import annotations

import functools
import random
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

HOW_OFTEN = (0.0, 0.0, 0.02, 0.02, 0.1, 0.6)
HOW_LONG = (0.001, 0.005, 0.02, 0.06)
CHANGES = 0.002
AT_THE_START = 0.15
LONG_AT_THE_START = (0.01, 0.05, 0.3)
STALLED: tuple[tuple[type, tuple[str, ...]], ...] = (
    (threading.Event, ("set", "wait", "is_set")),
    (socket.socket, ("send", "sendall", "recv", "recv_into", "close", "connect")),
    (ssl.SSLSocket, ("send", "sendall", "recv", "recv_into", "read", "write", "close", "do_handshake")),
)


class Stalls:
    """Puts the pauses into Python's own classes, for as long as the process lasts; `seed` is for chance."""

    def __init__(self, seed: str) -> None:
        self._chance = random.Random(seed)
        self._sleep = time.sleep
        self._thread = threading.local()

    def begin(self) -> None:
        """From here on."""
        sys.setswitchinterval(0.0005)
        for kind, names in STALLED:
            for name in names:
                setattr(kind, name, self._stalled(getattr(kind, name)))
        late = {"start": self._late_after(threading.Thread.start), "run": self._late_before(threading.Thread.run)}
        for name, method in late.items():
            setattr(threading.Thread, name, method)

    def _stall(self) -> None:
        if not hasattr(self._thread, "often") or self._chance.random() < CHANGES:
            self._thread.often = self._chance.choice(HOW_OFTEN)
        drawn = self._chance.random()
        if drawn < self._thread.often:
            self._sleep(self._chance.choice(HOW_LONG))
        elif drawn > 1 - self._thread.often / 40:
            self._sleep(self._chance.uniform(0.2, 0.8))

    def _stalled(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def stalled(*arguments: Any, **named: Any) -> Any:
            self._stall()
            try:
                return method(*arguments, **named)
            finally:
                self._stall()

        return stalled

    def _late_before(self, run: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
        def late(thread: threading.Thread) -> None:
            self._pause_at_the_start()
            run(thread)

        return late

    def _late_after(self, start: Callable[[threading.Thread], None]) -> Callable[[threading.Thread], None]:
        def late(thread: threading.Thread) -> None:
            start(thread)
            self._pause_at_the_start()

        return late

    def _pause_at_the_start(self) -> None:
        if self._chance.random() < AT_THE_START:
            self._sleep(self._chance.choice(LONG_AT_THE_START))
