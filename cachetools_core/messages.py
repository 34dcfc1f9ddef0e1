"""The port through which a story speaks and is cancelled; silent by default."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Callable
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


class PassedOn:
    """Words that are passed on to whoever listens; `_pass` says how, and passes them as they are by itself."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def info(self, text: str) -> None:
        """One line of news."""
        self._pass(self._messages.info, text)

    def warning(self, text: str) -> None:
        """Something the administrator should know."""
        self._pass(self._messages.warning, text)

    def progress(self, label: str, percent: float | None = None) -> None:
        """What is going on now."""
        self._pass(self._messages.progress, label, percent)

    def cancelled(self) -> bool:
        """True once the administrator has asked to stop."""
        return self._messages.cancelled()

    def _pass(self, say: Callable[..., None], text: str, *percent: float | None) -> None:
        say(text, *percent)


LONGEST_MESSAGE = 2000
ESCAPES = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.?")


def plain_words(text: object) -> str:
    """A server's words made safe to show: one line of at most 2000 characters, without controls or terminal escapes."""
    # A list or object where words belong is cut short by depth too, since str() gives up on deep nesting.
    words = reprlib.repr(text) if isinstance(text, (list, dict)) else str(text)[: LONGEST_MESSAGE * 4]
    words = ESCAPES.sub("", words)
    if not words.isprintable():
        words = "".join(letter if letter.isprintable() else " " for letter in words)
    words = " ".join(words.split())
    return words if len(words) <= LONGEST_MESSAGE else words[:LONGEST_MESSAGE] + " ... (shortened)"


def reason(error: BaseException) -> str:
    """Why something failed, in the system's own words, else in the error's, else by its kind. Raises nothing.

    >>> reason(OSError(28, "No space left on device")), reason(TimeoutError())
    ('No space left on device', 'TimeoutError')
    """
    return plain_words(getattr(error, "strerror", None) or error) or type(error).__name__
