"""Receipts of a success and of a failure, as they might come."""

from __future__ import annotations

from dataclasses import replace

from cachetools_core.errors import CacheToolsError, NotDeleted
from cachetools_core.proof.evidence import Look, Says, Scale, Testimony, Witness
from cachetools_core.proof.receipt import Receipt
from cachetools_core.proof.verdict import Verdict
from support.evidence import CACHED, UNCACHED, counted, look

SITE = "https://gis.example.com:6443/arcgis"
SERVICE = f"{SITE}/rest/services/Weather/Rainfall/MapServer"
JOB = f"{SITE}/rest/services/System/CachingTools/GPServer/DeleteCache/jobs/j0123456789abcdef"
NASTY = "<script>alert('a')</script> & \"<img src=x onerror=alert(1)>"

COUNTED = (Scale(0, 591657527.591555, 4, 20_000), Scale(5, 18489297.737236, 4000, 1_034_183))
BEFORE: Look = look(CACHED, Testimony(Witness.REPORT, Says.THERE, scales=COUNTED))
AFTER: Look = look(UNCACHED, counted(0))


def bare(service: str = SERVICE, started: str = "2026-03-01T02:00:00Z", **fields: object) -> Receipt:
    """A receipt of a run that found nothing out."""
    return replace(Receipt(service, Verdict.NOT_DELETED, started, ""), **fields)  # type: ignore[arg-type]


def good() -> Receipt:
    return Receipt(
        SERVICE,
        Verdict.DELETED,
        "2026-03-01T02:00:00Z",
        "2026-03-01T02:03:10Z",
        output_url=SERVICE,
        job_url=JOB,
        job_status="esriJobSucceeded",
        account="siteadmin",
        before=BEFORE,
        after=AFTER,
        messages=("Submitted.", "Executing...", "Succeeded."),
        version="1.2.3",
        server_version="11.3",
        seconds=190.26,
        machine="GISWS12",
        machine_user="ann",
    )


def failing(error: CacheToolsError | None = None) -> Receipt:
    return replace(
        good(),
        verdict=Verdict.NOT_DELETED,
        job_status="esriJobFailed",
        after=BEFORE,
        messages=("Submitted.", NASTY, "Failed."),
        warnings=("The tiles couldn't be counted beforehand.", f"The server says {NASTY}"),
        error=error or NotDeleted(f"The cache is still there. {NASTY}", "The server's words tell why."),
    )
