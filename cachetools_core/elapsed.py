"""How long something has gone on, how long it may still take, and until when it is waited for, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

ENOUGH_TO_ESTIMATE = 5.0
SECONDS_ARE_SHOWN_UP_TO = 120.0
A_SHORT_WAIT = 600.0
COUNT = re.compile(r"[\d,]+( of [\d,]+)\b")
"""How a label begins that counts, such as `57 of 240 done, 3.1 GB so far`."""


@dataclass(frozen=True)
class Stage:
    """One stage of a run, as whoever shows it needs it: what goes on, since when, and how far it is.

    `began` is in seconds of the run's own clock, `percent` is 0 to 100 or None where nobody knows.
    """

    label: str = ""
    began: float = 0.0
    percent: float | None = None
    counted_from: float | None = None
    counted_since: float = 0.0

    def at(self, label: str, percent: float | None, now: float) -> Stage:
        """The stage after a call of `Messages.progress`: the same one while its label is the same or counts to the same
        number, else a new one.
        """
        if _without_count(label) != _without_count(self.label):
            return Stage(label, now, percent, percent, now)
        # A percentage that falls, or comes late, says nothing of the time before it.
        anew = percent is None or self.percent is None or percent < self.percent
        if anew:
            return replace(self, label=label, percent=percent, counted_from=percent, counted_since=now)
        return replace(self, label=label, percent=percent)

    def left(self, now: float) -> float | None:
        """Seconds that are left if it goes on like this; None until five percent of it were seen to be done."""
        if self.percent is None or self.counted_from is None or self.percent >= 100:
            return None
        done = self.percent - self.counted_from
        return (now - self.counted_since) * (100 - self.percent) / done if done >= ENOUGH_TO_ESTIMATE else None

    def words(self, now: float) -> str:
        """`The job is running, 42 %, 12 min so far, about 17 min left`, as far as each is known."""
        passed, left = now - self.began, self.left(now)
        words = [self.label]
        words += [] if self.percent is None else [f"{int(self.percent)} %"]
        words += [f"{in_words(passed)} so far"] if passed >= 1 else []
        words += [f"about {in_words(left)} left"] if left is not None and left >= 1 else []
        return ", ".join(words)


def _without_count(label: str) -> str:
    count = COUNT.match(label)
    return count[1] if count else label


def in_words(seconds: float) -> str:
    """`45 s`, `12 min`, `3 h`, `3 h 5 min`; from two minutes on in whole minutes."""
    if seconds < SECONDS_ARE_SHOWN_UP_TO:
        return f"{int(seconds)} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def until(now: datetime, seconds: float) -> str:
    """`until 06:00`, in this machine's own time; with seconds for a short wait, and the date for one of a day or more.

    Empty where the wait has no end.
    """
    try:
        end = (now + timedelta(seconds=seconds)).astimezone()
    except (OverflowError, ValueError):
        return ""
    if seconds < A_SHORT_WAIT:
        return f"until {end:%H:%M:%S}"
    return f"until {end:%H:%M}" if seconds < 24 * 3600 else f"until {end:%Y-%m-%d %H:%M}"
