"""Values of options, read from what was typed; an error repeats nothing of what can't be read."""

from __future__ import annotations

import argparse
import re
from contextlib import suppress
from typing import Any

SECONDS = "takes a number of seconds above 0, or a time such as 4h, 90m or 1h30m"
SCALES = 'takes scales, such as "36111.909643;18055.954822", in quotes'
LEVELS = 'takes level numbers, such as "3,5-7"'
EXTENT = 'takes four numbers: "xmin,ymin,xmax,ymax"'
NUMBER = "takes a whole number from 1 to 100"
ONCE = "can be given only once"
USER = "takes the name alone; a password is never an argument"
WORDS = (SECONDS, SCALES, LEVELS, EXTENT, NUMBER, ONCE, USER)
TIME = re.compile(r"(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?", re.ASCII | re.IGNORECASE)


class Once(argparse.Action):
    """An option that says what is to be done: of two, argparse would silently take the last one."""

    def __call__(self, parser: object, namespace: argparse.Namespace, value: Any, option: object = None) -> None:
        """Keep the value. Raises ArgumentError where there is one."""
        if getattr(namespace, self.dest) is not None:
            raise argparse.ArgumentError(self, ONCE)
        setattr(namespace, self.dest, value)


def service(text: str) -> str:
    r"""What stands for a service or a site; an address is in UTF-8, also where this locale's encoding is ASCII.

    >>> service("https://h/server/rest/services/\udcc3\udc9cbersicht/MapServer")
    'https://h/server/rest/services/Übersicht/MapServer'
    """
    if "://" in text:
        with suppress(UnicodeError):  # half of a letter, which Windows may pass on
            return text.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
    return text


def user(text: str) -> str:
    """The name of an account; other programs take its password behind a colon. Raises ArgumentTypeError."""
    if ":" in text:
        raise argparse.ArgumentTypeError(USER)
    return text


def may_name_a_service(text: str) -> bool:
    """False for a word that is no address and no path, such as a password in a wrong place."""
    return bool({*"/\\"}.intersection(text)) or text.lower().endswith((".lyrx", ".lyr"))


def seconds(text: str) -> float:
    """`14400`, `4h`, `90m`, `1h30m` or `45s` in seconds. Raises ArgumentTypeError."""
    found = TIME.fullmatch(text)
    try:
        if found and text:
            hours, minutes, rest = (float(part or 0) for part in found.groups())
            time = hours * 3600 + minutes * 60 + rest
        else:
            time = float(text)
    except ValueError:
        time = 0.0
    if not 0 < time < 1e9:
        raise argparse.ArgumentTypeError(SECONDS)
    return time


def scales(text: str) -> tuple[float, ...]:
    """`36111.909643;18055.954822` as numbers. Raises ArgumentTypeError."""
    return _numbers(text, ";", SCALES)


def extent(text: str) -> tuple[float, ...]:
    """`xmin,ymin,xmax,ymax` as four numbers. Raises ArgumentTypeError."""
    corners = _numbers(text, ",", EXTENT)
    if len(corners) != 4:
        raise argparse.ArgumentTypeError(EXTENT)
    return corners


def levels(text: str) -> tuple[int, ...]:
    """`3,5-7` as 3, 5, 6, 7. Raises ArgumentTypeError."""
    found: set[int] = set()
    for part in text.split(","):
        first, _, last = part.strip().partition("-")
        if not first.isdecimal() or not (last or first).isdecimal() or not len(first) < 4 > len(last):
            raise argparse.ArgumentTypeError(LEVELS)
        some = range(int(first), int(last or first) + 1)
        if not some:
            raise argparse.ArgumentTypeError(LEVELS)
        found.update(some)
    return tuple(sorted(found))


def number(text: str) -> int:
    """A whole number from 1 to 100. Raises ArgumentTypeError."""
    if not re.fullmatch("[1-9][0-9]?|100", text):
        raise argparse.ArgumentTypeError(NUMBER)
    return int(text)


def _numbers(text: str, between: str, words: str) -> tuple[float, ...]:
    try:
        return tuple(map(float, text.split(between)))
    except ValueError:
        raise argparse.ArgumentTypeError(words) from None
