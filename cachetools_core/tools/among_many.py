"""What is said of one service among many: its name stands before it, and of all that only the warnings are shown."""

from __future__ import annotations

from ..messages import Messages


class Named:
    """Puts a service's name before all that is said of it."""

    def __init__(self, name: str, messages: Messages) -> None:
        self._name, self._messages = name, messages

    def info(self, text: str) -> None:
        """One line of news."""
        self._messages.info(f"{self._name}: {text}")

    def warning(self, text: str) -> None:
        """Something the administrator should know."""
        self._messages.warning(f"{self._name}: {text}")

    def progress(self, label: str, percent: float | None = None) -> None:
        """What is going on now."""
        self._messages.progress(f"{self._name}: {label}", percent)

    def cancelled(self) -> bool:
        """True once the administrator has asked to stop."""
        return self._messages.cancelled()


class WarningsOnly:
    """Hands on the warnings, each of them once, and nothing else."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._told: set[str] = set()

    def info(self, text: str) -> None:
        """Not among many."""

    def warning(self, text: str) -> None:
        """Something the administrator should know."""
        if text not in self._told:
            self._told.add(text)
            self._messages.warning(text)

    def progress(self, label: str, percent: float | None = None) -> None:
        """Not among many."""

    def cancelled(self) -> bool:
        """True once the administrator has asked to stop."""
        return self._messages.cancelled()
