"""Reports on many caches as they might come, made without a server."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from cachetools_core.naming.service import ServiceReference
from cachetools_core.naming.site import SitePart
from cachetools_core.proof.site_caches import CacheRow, Ending, UnreadRow, Why
from cachetools_core.proof.site_report import SiteReport
from support.receipts import NASTY

SITE = "https://gis.example.com/server"
BEGAN = datetime(2026, 3, 1, 2, 0, 0, tzinfo=timezone.utc)
FINISHED = BEGAN + timedelta(seconds=90)


def service(name: str, folder: str = "") -> ServiceReference:
    return ServiceReference(SITE, folder, name, "MapServer")


def row(name: str, size: int | None, folder: str = "", **fields: Any) -> CacheRow:
    """A cache of so many bytes; None where nobody counted."""
    counted: dict[str, Any] = {"tiles": None, "scales": None, "first_scale": None, "last_scale": None}
    if size is not None:
        counted = {"tiles": size // 10, "scales": 2, "first_scale": 4000.0, "last_scale": 1000.5}
    usual: dict[str, Any] = {
        "bytes": size, "storage_format": "esriMapCacheStorageModeCompactV2", "tile_format": "PNG8", "on_demand": False,
        "tiles_only": False, "started": True, "busy": False, "remarks": (), **counted,
    }  # fmt: skip
    return CacheRow(service(name, folder), BEGAN, **{**usual, **fields})


def made(*rows: CacheRow, unread: tuple[UnreadRow, ...] = (), **fields: Any) -> SiteReport:
    """A report on these caches, or on four of every kind."""
    found = rows or (
        row("Small", 1_000),
        row("Uncounted", None, "Planning", remarks=("the cache report says nothing (refused to this account)",)),
        row("Large", 3_100_000_000_000, "Planning", on_demand=True),
        row("Hosted", 2_000_000, "Hosted", tiles_only=True, busy=True, started=False),
    )
    usual: dict[str, Any] = {
        "part": SitePart(SITE), "uncached": 7, "started": BEGAN, "finished": FINISHED, "account": "admin",
        "version": "11.3.0",
    }  # fmt: skip
    return SiteReport(**{**usual, "found": found, "unread": unread, **fields})


def incomplete() -> SiteReport:
    unread = (
        UnreadRow(service("Late"), Why.NO_TIME),
        UnreadRow(SitePart(SITE, "Closed"), Why.NOT_PERMITTED, "the server says 'no'"),
        UnreadRow("nonsense", Why.NO_SERVICE, "That's nothing."),
    )
    return made(unread=unread, ending=Ending.NO_TIME)


def nasty() -> SiteReport:
    """Everything that a server may choose is hostile."""
    rows = (row(NASTY, 5, NASTY, storage_format=NASTY, tile_format=NASTY, remarks=(NASTY,)), row("=1+1", None))
    unread = (UnreadRow(service(NASTY), Why.UNREADABLE, NASTY), UnreadRow(NASTY, Why.NO_SERVICE, NASTY))
    return made(*rows, unread=unread, account=NASTY, version=NASTY, part=None)


def empty() -> SiteReport:
    return made(found=(), ending=Ending.CANCELLED)
