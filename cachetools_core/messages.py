"""The port through which a story speaks and is cancelled; silent by default."""

from __future__ import annotations

from typing import Protocol


class Messages(Protocol):
    """Where a story's words go: the geoprocessing pane, a terminal, or nowhere."""

    def info(self, text: str) -> None:
        """One line of news."""

    def warning(self, text: str) -> None:
        """Something the administrator should know, though the story goes on."""

    def progress(self, label: str, percent: float | None = None) -> None:
        """What is going on now; `percent` is 0 to 100, None where nobody knows."""

    def cancelled(self) -> bool:
        """True once the administrator has asked to stop; asked at least every quarter second while waiting."""


class Quiet:
    """Says nothing and is never cancelled."""

    def info(self, text: str) -> None:
        """Say nothing."""

    def warning(self, text: str) -> None:
        """Say nothing."""

    def progress(self, label: str, percent: float | None = None) -> None:
        """Say nothing."""

    def cancelled(self) -> bool:
        """Never."""
        return False


QUIET = Quiet()
