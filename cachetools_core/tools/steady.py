"""Whoever hears a run, so that its failures end no story: a bar that can't be drawn deletes no less."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..messages import Messages
from ..secrecy import LOG


class Steady:
    """Hands on what is said. Where that fails it is logged, by the failure's class, since its text could hold anything.

    A cancel that can't be asked for is none.
    """

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._told: set[str] = set()

    def info(self, text: str) -> None:
        """One line of news. Raises nothing."""
        self._try(partial(self._messages.info, text))

    def warning(self, text: str) -> None:
        """Something the administrator should know. Raises nothing."""
        self._try(partial(self._messages.warning, text))

    def progress(self, label: str, percent: float | None = None) -> None:
        """What is going on now. Raises nothing."""
        self._try(partial(self._messages.progress, label, percent))

    def cancelled(self) -> bool:
        """True once the administrator has asked to stop. Raises nothing."""
        return bool(self._try(self._messages.cancelled))

    def _try(self, what: Callable[[], object]) -> object:
        try:
            return what()
        except Exception as error:  # noqa: BLE001 - listeners are other people's code, such as arcpy's
            failed = type(error).__name__
            if failed not in self._told:
                self._told.add(failed)
                LOG.warning("Whoever listens to this run failed to: %s", failed)
            return None
