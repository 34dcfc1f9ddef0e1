"""Ctrl+C and its kin, heard from the first moment of a command to its last."""

from __future__ import annotations

import signal
import threading

# Ctrl+C, a scheduler's way to end a task, and Ctrl+Break, which Windows alone has.
STOPS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGBREAK") if hasattr(signal, name))


class Stop:
    """Whether somebody wants this command to stop."""

    def __init__(self) -> None:
        self.wanted = False

    def hear(self) -> None:
        """From now on a signal asks for a stop and does nothing else: no exception breaks in anywhere."""
        if threading.current_thread() is threading.main_thread():  # no other thread may set a handler
            for number in STOPS:
                signal.signal(number, self._ask)

    def _ask(self, *_: object) -> None:
        self.wanted = True
