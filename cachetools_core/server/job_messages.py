"""What a job's messages say, each of them handed on once."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..messages import Messages, plain_words
from .body import in_small_letters

MESSAGES_KEPT = 1000
LONGEST_OVERLAP = 1000
Said = tuple[str, bool]
"""A message's text, and whether it complains."""
ERROR_TYPES = ("esriJobMessageTypeError", "esriJobMessageTypeAbort")
WARNING_TYPES = ("esriJobMessageTypeWarning", *ERROR_TYPES)


class JobMessages:
    """What a job's messages said until now; each is handed on once.

    A server's list mostly grows. One that starts again, drops its oldest or lags behind still brings its new messages:
    the last message is often the error that tells why.
    """

    def __init__(self, messages: Messages) -> None:
        self._port = messages
        self._heard: list[Said] = []
        self._told: Counter[Said] = Counter()
        self.messages: list[str] = []
        self.complaints: list[str] = []
        self.an_error = False

    def hear(self, said: Any) -> None:
        """Hand on what is new in the server's list."""
        listed = _as_messages(said)
        self.an_error |= any(isinstance(one, dict) and one.get("type") in ERROR_TYPES for one in listed)
        for text, complains in self._news([*map(_said, listed)]):
            self._told[text, complains] += 1
            if text:
                self._tell(text, complains)

    def _news(self, now: list[Said]) -> list[Said]:
        known = _known_of(now, self._heard)
        if known is None:
            self._heard = now
            return _without(now, self._told)
        self._heard = self._heard + now[known:]
        return now[known:]

    def _tell(self, text: str, complains: bool) -> None:
        if len(self.messages) < MESSAGES_KEPT or (complains and len(self.complaints) < MESSAGES_KEPT):
            self.messages.append(text)
            self.complaints.extend([text] if complains else [])
            (self._port.warning if complains else self._port.info)(f"Server: {text}")


def _as_messages(said: Any) -> list[Any]:
    """The messages, their fields in small letters; a server's words count in whatever form they come."""
    if isinstance(said, dict):
        said = [said] if {"type", "description", "message"} & {*in_small_letters(said)} else [*said.values()]
    listed = said if isinstance(said, list) else [said or ""]
    return [in_small_letters(one) if isinstance(one, dict) else one for one in listed]


def _said(message: Any) -> Said:
    """A message's text, and whether it is a warning or an error."""
    if not isinstance(message, dict):
        return plain_words(message), False
    return plain_words(message.get("description", message.get("message", ""))), message.get("type") in WARNING_TYPES


def _known_of(now: list[Said], heard: list[Said]) -> int | None:
    """How many messages at the beginning of a list were heard before; None for a list that starts again."""
    if not heard or now == heard[: len(now)]:
        return min(len(now), len(heard))
    # Of a longer overlap that isn't the whole list only its end is looked for, or a flood would take hours.
    lengths = [len(heard), *range(min(len(heard), len(now), LONGEST_OVERLAP), 0, -1)]
    return next((n for n in lengths if heard[-n] == now[0] and heard[-n:] == now[:n]), None)


def _without(now: list[Said], told: Counter[Said]) -> list[Said]:
    """The messages less those that were told, in their order."""
    left, news = Counter(told), []
    for one in now:
        if left[one]:
            left[one] -= 1
        else:
            news.append(one)
    return news
