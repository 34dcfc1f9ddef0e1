"""Summaries of runs as they might come: every verdict, several sites, what was counted and what wasn't."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cachetools_core.errors import (
    CacheToolsError,
    DeletedServiceDown,
    NotAService,
    NotDeleted,
    PartlyDeleted,
    StillRunning,
    Unknown,
)
from cachetools_core.proof.receipt import Receipt
from cachetools_core.proof.summary import Summary
from cachetools_core.proof.verdict import Verdict
from support.evidence import counted, look
from support.receipts import NASTY, SITE, bare, good

ERRORS: dict[Verdict, CacheToolsError] = {
    Verdict.NOT_DELETED: NotDeleted(f"The cache is still there. {NASTY}", "The server's words tell why."),
    Verdict.PARTLY_DELETED: PartlyDeleted("3 of 9 tiles are gone.", "Run this again."),
    Verdict.DELETED_SERVICE_DOWN: DeletedServiceDown("The service is down.", "Start it."),
    Verdict.STILL_RUNNING: StillRunning("The job goes on.", "Run this again at any time."),
    Verdict.UNKNOWN: Unknown("Can't tell whether it was deleted.", "Look at the service."),
}
TILES = {Verdict.NOT_DELETED: 9, Verdict.PARTLY_DELETED: 6}


def one(verdict: Verdict, name: str = "Rainfall", site: str = SITE, **fields: object) -> Receipt:
    """A receipt with nine tiles before, and what fits the verdict afterwards."""
    address = f"{site}/rest/services/{name}/MapServer"
    before = 0 if verdict is Verdict.NOTHING_TO_DELETE else 9
    after = None if verdict in (Verdict.STILL_RUNNING, Verdict.UNKNOWN) else look(counted(TILES.get(verdict, 0)))
    made = replace(good(), service=address, output_url=address, verdict=verdict, error=ERRORS.get(verdict))
    return replace(made, before=look(counted(before)), after=after, **fields)  # type: ignore[arg-type]


def no_service() -> Receipt:
    """A text that names none."""
    error = NotAService("The text names no service.")
    return bare("Rainfal", error=error, finished="2026-03-01T02:00:00Z", version="1.2.3")


def every_verdict() -> tuple[Receipt, ...]:
    """The good ones first, so that an order of the worst first is another one."""
    return tuple(one(verdict, f"Weather/{verdict.name.title()}") for verdict in Verdict)


def summary_of(receipts: Iterable[Receipt], seconds: float = 190.26) -> Summary:
    return Summary(tuple(receipts), "2026-03-01T02:00:00Z", "2026-03-01T02:03:10Z", seconds)
