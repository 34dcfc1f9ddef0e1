"""Ctrl+C and its kin, heard from the first moment of a command to its last."""

from __future__ import annotations

import threading

from ..system import STOPS as STOPS
from ..system import hear_stops


class Stop:
    """Whether somebody wants this command to stop."""

    def __init__(self) -> None:
        self.wanted = False

    def hear(self) -> None:
        """From now on a signal asks for a stop and does nothing else: no exception breaks in anywhere."""
        if threading.current_thread() is threading.main_thread():  # no other thread may set a handler
            hear_stops(self._ask)

    def _ask(self, *_: object) -> None:
        self.wanted = True
