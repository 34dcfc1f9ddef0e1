"""What is said of one service among many: its name stands before it, and of all that only the warnings are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..messages import Messages, PassedOn, Quiet
from ..naming.service import ServiceReference


@dataclass(frozen=True)
class Name:
    """What a service is called among the others of its run: its name, or its address where there are several sites."""

    service: ServiceReference
    name: str

    def before(self, text: str) -> str:
        """What is said of the service, with its name before it, once."""
        own = f"{self.service} "
        return f"{self.name} {text[len(own) :]}" if text.startswith(own) else f"{self.name}: {text}"


class Named(PassedOn):
    """Puts a service's name before all that is said of it."""

    def __init__(self, name: Name, messages: Messages) -> None:
        super().__init__(messages)
        self._name = name

    def _pass(self, say: Callable[..., None], text: str, *percent: float | None) -> None:
        say(self._name.before(text), *percent)


class WarningsOnly(Quiet):
    """Hands on the warnings, each of them once, and nothing else."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._told: set[str] = set()

    def warning(self, text: str) -> None:
        """Something the administrator should know."""
        if text not in self._told:
            self._told.add(text)
            self._messages.warning(text)

    def cancelled(self) -> bool:
        """True once the administrator has asked to stop."""
        return self._messages.cancelled()
