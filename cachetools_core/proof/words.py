"""Sizes, times and numbers as people read them."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import unquote

# How a cache keeps its tiles.
STORAGE = {
    "esriMapCacheStorageModeCompactV2": "compact, version 2",
    "esriMapCacheStorageModeCompact": "compact, version 1",
    "esriMapCacheStorageModeExploded": "exploded",
}


def capitalized(text: str) -> str:
    """The text as a sentence begins: its first letter a capital, the others as they are. Raises nothing.

    >>> capitalized("the cache of GIS"), capitalized("")
    ('The cache of GIS', '')
    """
    return text[:1].upper() + text[1:]


def readable(address: str) -> str:
    """An address with its names in their own letters, where all of them can be shown. Raises nothing.

    >>> readable("https://gis.example.com/rest/services/%C3%9Cbersicht/MapServer")
    'https://gis.example.com/rest/services/Übersicht/MapServer'
    """
    plain = unquote(address)
    return plain if plain.isprintable() and "\ufffd" not in plain else address


def in_utc(moment: datetime) -> str:
    """A moment as JSON and CSV have it.

    >>> from datetime import timezone
    >>> in_utc(datetime(2026, 3, 1, 2, tzinfo=timezone.utc))
    '2026-03-01T02:00:00Z'
    """
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def for_people(moment: str) -> str:
    """A moment that JSON has, as people read it; empty for none. Raises nothing.

    >>> for_people("2026-03-01T02:00:00Z"), for_people("2026-03-01T02:00:00+00:00")
    ('2026-03-01 02:00:00 UTC', '2026-03-01 02:00:00 UTC')
    """
    return moment.replace("T", " ").replace("Z", " UTC").replace("+00:00", " UTC")


def in_megabytes(size: int) -> str:
    """Bytes in the unit that people read: 1 MB is 1,000,000 bytes.

    >>> in_megabytes(0), in_megabytes(1034183), in_megabytes(3_120_000_000_000)
    ('0 kB', '1.0 MB', '3.1 TB')
    """
    if not size:
        return "0 kB"
    amount, unit = size / 1000, "kB"
    for larger in ("MB", "GB", "TB"):
        if round(amount, 1) < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:,.1f} {unit}"


def in_time(seconds: float) -> str:
    """A time in the units that people read.

    >>> in_time(0.42), in_time(190), in_time(7265)
    ('0.4 s', '3 min 10 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s"
    return f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"


def plural(number: int | None, noun: str) -> str:
    """A number with its noun.

    >>> plural(1, 'tile'), plural(2735, 'tile')
    ('1 tile', '2,735 tiles')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
