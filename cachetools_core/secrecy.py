"""What a run must never let out, and the one place where it is blotted out of all that is printed or kept."""

from __future__ import annotations

import copy
import logging
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar
from urllib.parse import unquote_to_bytes

from .codings import decoded, fold, fold_packed, in_base64, seen_as_latin, seldom_packed, spellings
from .messages import Messages, PassedOn

Error = TypeVar("Error", bound=BaseException)
Value = TypeVar("Value")

LOG = logging.getLogger("cachetools_core")
LOG.addHandler(logging.NullHandler())  # whoever wants to hear of it says where
BLOT = "***"
SHORTEST = 4
"""A secret of fewer characters would blot out half of every text: it counts only where a word says what it is."""
PART = 8
"""That many characters in a row count as the secret, unless they look like a word: a text may be cut short in one."""
HEX_PART = 2 * PART

_SAYS_WHAT_FOLLOWS = r"(?:pass\w*|pwd|pw|token|secret|credentials?)\W{0,6}(?:(?:is|was)\W{1,4})?"
_CLUE = 4
_CLUE_EVERY = PART - _CLUE + 1  # so that every part holds one


class Secrets:
    """Every secret that a run has held, old ones included, and how to blot them out of a text.

    A secret is found in any letter case, percent codes, HTML entities, JSON escapes, base64, base32 and hex, also where
    several of these are mixed, where control characters, terminal escapes or blanks stand in it, and where only a part
    of at least eight characters is left of it. Several threads may use it at once.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.RLock()
        self._known: set[str] = set()
        self._spared: set[str] = set()
        self._spelled: set[str] = set()
        self._whole: set[str] = set()
        self._parts: dict[int, set[str]] = {}
        self._clues: set[str] = set()
        self._short: set[str] = set()
        self.remember(*secrets)

    def __repr__(self) -> str:
        return f"Secrets({len(self._known)} of them)"

    def beside(self) -> Secrets:
        """The same secrets, whoever learns one, for a story of its own: what is spared here isn't spared elsewhere."""
        other = copy.copy(self)
        other._spared = set(self._spared)
        return other

    def remember(self, *secrets: str) -> None:
        """From now on each of these is blotted out; an empty text is no secret."""
        with self._lock:
            for secret in secrets:
                if secret and secret not in self._known:
                    self._known.add(secret)
                    self._learn(secret)

    def spare(self, *texts: str) -> None:
        """Texts that everybody knows, such as the service's address: a secret that is a word of one stays there.

        To blot the word out of a text that the reader has would tell him the secret.
        """
        self._spared.update(text for text in texts if text)

    def blot(self, text: str) -> str:
        """The text with `***` in place of every secret."""
        if not self._known or not text:
            return text
        spared = list(_found(text, self._spared))
        with self._lock:
            found = _joined([*self._in_folded(text), *_found(text, self._spelled), *self._in_short(text)])
        hidden = [
            (start, end) for start, end in found if not any(first <= start and end <= last for first, last in spared)
        ]
        for start, end in reversed(hidden):
            text = text[:start] + BLOT + text[end:]
        return text

    def blotted_value(self, value: Value) -> Value:
        """A copy of a value with every text in it blotted: as JSON has it, a frozen record or named tuple, or an error.

        Keys and fields are names of ours and stay.
        """
        copied: Value = self._copied(value)
        return copied

    def _copied(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.blot(value)
        if isinstance(value, dict):
            return {key: self._copied(held) for key, held in value.items()}
        if isinstance(value, (list, tuple)):
            blotted = (self._copied(held) for held in value)
            return value._make(blotted) if hasattr(value, "_make") else type(value)(blotted)
        if isinstance(value, BaseException):
            return self.blotted(value)
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{one.name: self._copied(getattr(value, one.name)) for one in fields(value)})
        return value

    def blotted(self, error: Error) -> Error:
        """The same error, its words blotted; what led to it is cut off where that tells a secret.

        Its frames go, and those of what led to it: what shows a traceback's variables would show what was sent.
        """
        for name, held in vars(error).items():
            if isinstance(held, str):
                vars(error)[name] = self.blot(held)
        error.args = tuple(self.blot(held) if isinstance(held, str) else held for held in error.args)
        behind = [*_behind(error)]
        if any(map(self._tells, behind)):
            error.__cause__ = error.__context__ = None
        for one in behind:
            one.__traceback__ = None
        error.__traceback__ = None
        return error

    def _tells(self, error: BaseException) -> bool:
        try:
            told = f"{error} {error!r} {error.args}"
        except Exception:  # noqa: BLE001 - other people's errors raise what they like, and then nobody knows what they tell
            return True
        return self.blot(told) != told

    def _learn(self, secret: str) -> None:
        if len(secret) < SHORTEST:
            self._short.add(secret)
            return
        self._spelled.update(spellings(secret))
        for text in {secret, seen_as_latin(secret)}:
            self._learn_parts(_telling_parts(text))
            raw = text.encode("utf-8", "surrogatepass")
            in_64 = [*map(fold_packed, in_base64(raw))]
            self._learn_whole(fold(text), raw.hex(), *in_64)
            self._learn_parts(_runs(raw.hex(), HEX_PART))
            for core in in_64:
                self._learn_parts(_runs(core, PART))
            # Whole only, and none that may be a part of an ordinary word.
            self._learn_whole(*(one for one in map(fold_packed, seldom_packed(text)) if len(one) >= PART))

    def _learn_whole(self, *folded: str) -> None:
        self._whole.update(one for one in folded if len(one) >= SHORTEST)

    def _learn_parts(self, parts: Iterable[str]) -> None:
        for part in parts:
            self._parts.setdefault(len(part), set()).add(part)
            self._clues.update(_runs(part, _CLUE))

    def _in_folded(self, text: str) -> Iterator[tuple[int, int]]:
        folded, starts, ends = decoded(text)
        for start, end in [*_found(folded, self._whole), *self._parts_in(folded)]:
            yield starts[start], ends[end - 1]

    def _parts_in(self, folded: str) -> Iterator[tuple[int, int]]:
        clues = [at for at in range(0, len(folded), _CLUE_EVERY) if folded[at : at + _CLUE] in self._clues]
        for size, parts in self._parts.items():
            for clue in clues:
                for at in range(max(0, clue + _CLUE - size), clue + 1):
                    if folded[at : at + size] in parts:
                        yield at, at + size

    def _in_short(self, text: str) -> Iterator[tuple[int, int]]:
        for secret in self._short:
            forms = "|".join(re.escape(form) for form in sorted(spellings(secret), key=len, reverse=True))
            for match in re.finditer(rf"(?i:{_SAYS_WHAT_FOLLOWS})(?P<secret>{forms})(?!\w)", text):
                yield match.span("secret")


class Discreet(PassedOn):
    """Messages out of which the secrets of a run are blotted before anybody hears them; they are logged, too."""

    def __init__(self, messages: Messages, secrets: Secrets) -> None:
        super().__init__(messages)
        self._secrets = secrets
        self._last = ""

    def info(self, text: str) -> None:
        """One line of news."""
        told = self._secrets.blot(text)
        LOG.info("%s", told)
        super().info(told)

    def warning(self, text: str) -> None:
        """Something the administrator should know."""
        told = self._secrets.blot(text)
        LOG.warning("%s", told)
        super().warning(told)

    def progress(self, label: str, percent: float | None = None) -> None:
        """What is going on now; logged where it changes."""
        told = self._secrets.blot(label)
        line = told if percent is None else f"{told}, {percent:.0f} %"
        if line != self._last:
            self._last = line
            LOG.info("... %s", line)
        super().progress(told, percent)


def proxy_passwords() -> Iterator[str]:
    """The passwords in the proxies of this machine's settings, as they stand there and as they are sent."""
    from urllib.request import getproxies  # loads ssl, which naming must not

    for proxy in getproxies().values():
        credentials = proxy.partition("://")[2].rpartition("@")[0] or proxy.rpartition("@")[0]
        user, colon, password = credentials.partition(":")
        secret = password if colon else user
        yield from (secret, unquote_to_bytes(secret).decode("utf-8", "replace"))


def _behind(error: BaseException) -> Iterator[BaseException]:
    """Everything that a traceback of the error would tell beside it."""
    waiting, seen = [error.__cause__, error.__context__], {id(error)}
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__cause__, one.__context__]


def _telling_parts(secret: str) -> Iterator[str]:
    """Folded parts of a secret; not a word in it, since to blot out "password" everywhere would tell that it is one."""
    folded, starts, ends = decoded(secret)
    for at in range(len(folded) - PART + 1):
        spelled = "".join(secret[starts[at] : ends[at + PART - 1]].split())
        if not (spelled.isalpha() and (spelled.islower() or spelled.isupper() or spelled.istitle())):
            yield folded[at : at + PART]


def _runs(text: str, size: int) -> set[str]:
    return {text[at : at + size] for at in range(len(text) - size + 1)}


def _found(text: str, wanted: Iterable[str]) -> Iterator[tuple[int, int]]:
    for one in wanted:
        at = text.find(one)
        while at >= 0:
            yield at, at + len(one)
            at = text.find(one, at + 1)


def _joined(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, those that touch made one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
