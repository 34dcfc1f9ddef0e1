"""What is known of many services while they are asked: a row a cache, and what is still waited for."""

from __future__ import annotations

from datetime import datetime
from typing import Union

from ..naming.address import safe_text
from ..naming.identity import service_key
from ..naming.service import ServiceReference
from ..naming.site import SitePart
from ..proof.site_caches import CacheRow, Ending, Found, UnreadRow, Why
from ..proof.site_report import SiteReport
from ..proof.words import in_megabytes, plural

What = Union[ServiceReference, SitePart, str]
"""A service, a folder, or a text that isn't understood yet."""

FEW = 3
UNREAD = {Ending.NO_TIME: Why.NO_TIME, Ending.CANCELLED: Why.CANCELLED}


class Survey:
    """Rows are kept and looks aren't, so that thousands of services take little memory. For one thread."""

    def __init__(self, part: SitePart | None, began: datetime) -> None:
        self._part, self._began = part, began
        self._waiting: dict[str, What] = {}
        self._expected: set[str] = set()
        self._caches: list[CacheRow] = []
        self._unread: list[UnreadRow] = []
        self._uncached = 0
        self._bytes = 0

    def expect(self, what: What) -> bool:
        """Wait for this, too; False for what was named before, a service in whatever spelling."""
        key = _key(what)
        if key in self._expected:
            return False
        self._expected.add(key)
        self._waiting[key] = what
        return True

    def note_understood(self, what: SitePart | str) -> None:
        """What a text names, or what a folder lists, is waited for in its place."""
        self._waiting.pop(_key(what), None)

    def note(self, what: What, found: Found) -> None:
        """What is known of it by now: its cache, why nothing is known, or None where it has no cache."""
        self._waiting.pop(_key(what), None)
        if isinstance(found, CacheRow):
            self._caches.append(found)
            self._bytes += found.bytes or 0
        elif found is not None:
            self._unread.append(found)
        else:
            self._uncached += 1

    @property
    def label(self) -> str:
        """How far it is, for people; the last ones by their names, since they may hang."""
        known = f"{self._known:,} or more services" if self._folders_left else plural(self._known, "service")
        last = [UnreadRow(_shown(what), Why.NO_TIME).name for what in self._last]
        waiting = f", waiting for {', '.join(last)}" if last else ""
        return f"{self._done:,} of {known}, {in_megabytes(self._bytes)} so far{waiting}"

    @property
    def percent(self) -> float | None:
        """How far it is; None as long as it isn't known how many there are."""
        return None if self._folders_left or not self._known else 100 * self._done / self._known

    @property
    def _last(self) -> tuple[What, ...]:
        """What is still waited for, where that is little beside what is done."""
        return (*self._waiting.values(),) if self._done and len(self._waiting) <= FEW else ()

    @property
    def _done(self) -> int:
        return len(self._caches) + self._uncached + sum(not row.is_folder for row in self._unread)

    @property
    def _known(self) -> int:
        return self._done + len(self._waiting) - self._folders_left

    @property
    def _folders_left(self) -> int:
        return sum(isinstance(what, SitePart) for what in self._waiting.values())

    def report(self, ending: Ending, finished: datetime, account: str = "", version: str = "") -> SiteReport:
        """The report as it stands; what is still waited for counts as unread."""
        left = [UnreadRow(_shown(what), UNREAD[ending]) for what in self._waiting.values()]
        unread = tuple(sorted((*self._unread, *left), key=lambda row: (row.address.lower(), row.name)))
        return SiteReport(
            self._part, (*self._caches,), unread, self._uncached, self._began, finished, ending, account, version
        )


def _shown(what: What) -> What:
    """A text that wasn't understood may hold a password."""
    return safe_text(what) if isinstance(what, str) else what


def _key(what: What) -> str:
    if isinstance(what, ServiceReference):
        return service_key(what)
    return f"text {what}" if isinstance(what, str) else what.url  # a text may look like the key of a service
