"""Whoever hears a run, so that its failures end no story: a bar that can't be drawn deletes no less."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..messages import Messages, PassedOn
from ..secrecy import LOG


class Steady(PassedOn):
    """Hands on what is said. Where that fails it is logged, by the failure's class, since its text could hold anything.

    A cancel that can't be asked for is none.
    """

    def __init__(self, messages: Messages) -> None:
        super().__init__(messages)
        self._told: set[str] = set()

    def cancelled(self) -> bool:
        """True once the administrator has asked to stop. Raises nothing."""
        return bool(self._try(self._messages.cancelled))

    def _pass(self, say: Callable[..., None], text: str, *percent: float | None) -> None:
        self._try(partial(say, text, *percent))

    def _try(self, what: Callable[[], object]) -> object:
        try:
            return what()
        except Exception as error:  # noqa: BLE001 - listeners are other people's code, such as arcpy's
            failed = type(error).__name__
            if failed not in self._told:
                self._told.add(failed)
                LOG.warning("Whoever listens to this run failed to: %s", failed)
            return None
