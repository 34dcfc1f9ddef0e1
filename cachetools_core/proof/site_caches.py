"""The caches of a whole site, or of several services: which of them fill the disk, and what couldn't be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Union

from ..naming.service import ServiceReference
from ..naming.site import SitePart
from .cache_found import CacheFound
from .evidence import Look, Remark, Says, ServiceState, Witness
from .evidence import Why as WitnessWhy
from .look_words import who_says_what
from .words import in_utc


class Why(Enum):
    """Why nothing is known of a service's cache, or of what a folder holds."""

    NO_SERVICE = "names no service"
    NOT_PERMITTED = "not permitted"
    STOPPED = "not started"
    MISSING = "does not exist"
    UNREADABLE = "could not be read"
    NO_TIME = "the time was up"
    CANCELLED = "stopped before it was read"


class Ending(Enum):
    """How a report came to its end: it is whole, or holds what was known until then."""

    WHOLE = "whole"
    NO_TIME = "deadline"
    CANCELLED = "cancelled"


STATES = {ServiceState.NOT_STARTED: Why.STOPPED, ServiceState.MISSING: Why.MISSING}
CLAIMED = "The service says that there is no cache; the cache report says that there is one, and counts no tile in it."
EXIT_CODES = {Ending.WHOLE: 0, Ending.CANCELLED: 3, Ending.NO_TIME: 5}


@dataclass(frozen=True)
class CacheRow:
    """One cache. `tiles` and `bytes` are None where nobody counted, `remarks` say why, and who contradicts whom.

    `scales` is how many scales hold tiles, between `first_scale` and `last_scale` (1:n). `asked_at` is how old the
    numbers are; how old the cache is no server tells. `started` is False where the service is stopped.
    """

    service: ServiceReference
    asked_at: datetime
    tiles: int | None
    bytes: int | None
    scales: int | None
    first_scale: float | None
    last_scale: float | None
    storage_format: str
    tile_format: str
    on_demand: bool | None
    tiles_only: bool
    started: bool
    busy: bool
    remarks: tuple[str, ...]

    @property
    def rank(self) -> tuple[int, int, str]:
        """Its place in a report: the largest first, those that nobody counted last."""
        return -1 if self.bytes is None else -self.bytes - 2, -(self.tiles or 0), str(self.service)

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON has it."""
        return {
            "service": self.service.url,
            "folder": self.service.folder,
            "name": self.service.name,
            "type": self.service.kind,
            "tiles": self.tiles,
            "bytes": self.bytes,
            "scales": self.scales,
            "first_scale": self.first_scale,
            "last_scale": self.last_scale,
            "storage_format": self.storage_format or None,
            "tile_format": self.tile_format or None,
            "on_demand": self.on_demand,
            "tiles_only": self.tiles_only,
            "started": self.started,
            "busy": self.busy,
            "asked_at": in_utc(self.asked_at),
            "remarks": list(self.remarks),
        }


@dataclass(frozen=True)
class UnreadRow:
    """A service, a folder, or a text that names neither, of which nothing is known, and why."""

    what: ServiceReference | SitePart | str
    why: Why
    words: str = ""

    @property
    def address(self) -> str:
        """Its REST address; the text itself where it names nothing."""
        return self.what if isinstance(self.what, str) else self.what.url

    @property
    def name(self) -> str:
        """What it is called for people."""
        return f"folder {self.what.folder}" if isinstance(self.what, SitePart) else str(self.what)

    @property
    def is_folder(self) -> bool:
        """True for a folder: nobody knows how many services it holds."""
        return isinstance(self.what, SitePart)

    @property
    def in_words(self) -> str:
        """Why, for people, and the server's words where there are any."""
        return f"{self.why.value}: {self.words}" if self.words else self.why.value

    def to_dict(self) -> dict[str, Any]:
        """The row as JSON has it."""
        kind = "folder" if self.is_folder else "service" if isinstance(self.what, ServiceReference) else "text"
        return {"what": kind, "address": self.address, "why": self.why.value, "words": self.words}


Found = Union[CacheRow, UnreadRow, None]
"""What is known of one service: its cache, why nothing is known, or None where it has no cache."""


def found_of(service: ServiceReference, look: Look, asked_at: datetime) -> Found:
    """What a look says of one service, by the numbers of its own report. Raises nothing."""
    if look.has_no_cache:
        return None
    if not look.saying(Says.THERE):
        why = STATES.get(look.service, Why.UNREADABLE)
        return UnreadRow(service, why, "" if why in STATES.values() else " ".join(look.trouble) or CLAIMED)
    report = CacheFound(service.url, look, asked_at)
    scales = [row.scale.scale for row in report.rows]
    scheme = report.scheme
    return CacheRow(
        service=service,
        asked_at=asked_at,
        tiles=report.tiles,
        bytes=report.bytes,
        scales=None if look.scales is None else len(scales),
        first_scale=max(scales, default=None),
        last_scale=min(scales, default=None),
        storage_format="" if scheme is None else scheme.storage_format,
        tile_format="" if scheme is None else scheme.tile_format,
        on_demand=look.on_demand,
        tiles_only=look.tiles_only,
        started=look.service is not ServiceState.NOT_STARTED,
        busy=look.busy,
        remarks=_remarks(look),
    )


def _remarks(look: Look) -> tuple[str, ...]:
    """Who contradicts whom, and why nobody counted.

    A report that knows of a cache and counts no tile contradicts nobody: so Create Map Server Cache leaves one.
    """
    denied = any(Remark.CLAIMS_A_CACHE not in one.remarks for one in look.saying(Says.GONE))
    is_doubtful = denied and look.contradicts_itself
    contradiction = f"The witnesses contradict each other: {who_says_what(look)}." if is_doubtful else ""
    silent = look.of(Witness.REPORT)
    uncounted = "" if look.scales is not None else silent.in_words()
    # ArcGIS's own refusal is plain; everything else is shown in the words of whoever answered.
    words = "" if silent.why in (WitnessWhy.REFUSED, WitnessWhy.NOT_OFFERED) else silent.words
    return tuple(filter(None, (contradiction, f"{uncounted}: {words}" if uncounted and words else uncounted)))


@dataclass(frozen=True)
class Sum:
    """How many caches, and what was counted of them; `uncounted` are those that nobody counted."""

    caches: int
    tiles: int
    bytes: int
    uncounted: int

    @property
    def counted_tiles(self) -> int | None:
        """The tiles; None where nobody counted any of the caches."""
        return None if self.caches == self.uncounted else self.tiles

    @property
    def counted_bytes(self) -> int | None:
        """The bytes; None where nobody counted any of the caches."""
        return None if self.caches == self.uncounted else self.bytes


def sum_of(rows: Iterable[CacheRow]) -> Sum:
    """The sum over these caches. Raises nothing."""
    every = list(rows)
    uncounted = sum(row.bytes is None for row in every)
    return Sum(len(every), sum(row.tiles or 0 for row in every), sum(row.bytes or 0 for row in every), uncounted)


@dataclass(frozen=True)
class SiteCaches:
    """What is known of the caches of a site, or of several services; `SiteReport` says what each field is."""

    part: SitePart | None
    found: tuple[CacheRow, ...]
    unread: tuple[UnreadRow, ...]
    uncached: int
    started: datetime
    finished: datetime
    ending: Ending = Ending.WHOLE
    account: str = ""
    version: str = ""

    @property
    def caches(self) -> tuple[CacheRow, ...]:
        """The largest first, those that nobody counted last."""
        return tuple(sorted(self.found, key=lambda row: row.rank))

    @property
    def services(self) -> int:
        """How many map and image services are known of, read or not."""
        return len(self.found) + self.uncached + sum(not row.is_folder for row in self.unread)

    @property
    def total(self) -> Sum:
        """All caches together."""
        return sum_of(self.found)

    @property
    def folders(self) -> tuple[tuple[SitePart, Sum], ...]:
        """The caches of each folder together, the largest folder first."""
        by_folder: dict[SitePart, list[CacheRow]] = {}
        for row in self.found:
            by_folder.setdefault(SitePart(row.service.site, row.service.folder), []).append(row)
        sums = [(part, sum_of(rows)) for part, rows in by_folder.items()]
        return tuple(sorted(sums, key=lambda one: (-one[1].bytes, one[0].url)))

    @property
    def exit_code(self) -> int:
        """0 where everything was asked, 3 where the report was cancelled, 5 where its time was up."""
        return EXIT_CODES[self.ending]
