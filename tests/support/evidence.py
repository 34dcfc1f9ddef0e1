"""Looks, put together witness by witness."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from cachetools_core.proof.evidence import Look, Remark, Says, Scale, ServiceState, Testimony, Why, Witness

THERE, GONE, NOTHING = Says.THERE, Says.GONE, Says.NOTHING


def service(says: Says = NOTHING, state: ServiceState = ServiceState.ANSWERS, words: str = "") -> Testimony:
    return Testimony(Witness.SERVICE, says, Why.UNREADABLE if says is NOTHING else None, words, state=state)


def report(says: Says = NOTHING, tiles: int | None = None, why: Why | None = None, *remarks: Remark) -> Testimony:
    scales = None if tiles is None else (Scale(0, 1.0, tiles, tiles),) if tiles else ()
    return Testimony(Witness.REPORT, says, why, scales=scales, remarks=frozenset(remarks))


def admin(says: Says = NOTHING) -> Testimony:
    return Testimony(Witness.ADMIN, says, Why.REFUSED if says is NOTHING else None)


def disk(says: Says = NOTHING, files: int | None = None) -> Testimony:
    return Testimony(Witness.DISK, says, Why.NO_ANSWER if says is NOTHING else None, files=files)


def on_disk(files: int) -> Testimony:
    return disk(THERE if files else GONE, files)


def counted(tiles: int) -> Testimony:
    return report(THERE if tiles else GONE, tiles)


CACHED, UNCACHED = service(THERE), service(GONE)
STOPPED, MISSING, UNREADABLE = (
    service(state=state) for state in (ServiceState.NOT_STARTED, ServiceState.MISSING, ServiceState.UNREADABLE)
)
SERVICES = (CACHED, UNCACHED, STOPPED, MISSING, UNREADABLE)
REPORTS = (
    *(counted(tiles) for tiles in (0, 3, 5, 9)),
    report(GONE, 0, None, Remark.CLAIMS_A_CACHE),
    report(THERE),
    *(report(NOTHING, None, why) for why in Why),
)
ADMINS = (None, admin(THERE), admin(GONE), admin())
REFUSED, BROKEN = report(why=Why.REFUSED), report(why=Why.UNREADABLE)
DISKS = (None, on_disk(0), on_disk(3), on_disk(5), disk(THERE), disk())


def look(*said: Testimony | None) -> Look:
    return Look(tuple(one for one in said if one is not None))


def every_look() -> Iterator[Look]:
    """Each combination of what the three witnesses on the server may say."""
    yield from (look(*said) for said in product(SERVICES, REPORTS, ADMINS))


def every_look_at_a_disk() -> Iterator[Look]:
    """Each combination of what the disk may say beside a choice of what the others may."""
    counts = (counted(0), counted(3), counted(5), report(THERE), REFUSED, BROKEN)
    admins = (None, admin(THERE), admin(GONE))
    yield from (look(*said) for said in product((CACHED, UNCACHED, STOPPED), counts, admins, DISKS))


def in_short(one: Look) -> str:
    return ", ".join(f"{said.in_words()} {sorted(remark.name for remark in said.remarks)}" for said in one.testimonies)
