"""Reports as they might come, made without a server."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from cachetools_core.proof.cache_found import CachingJob
from cachetools_core.proof.evidence import Look, Remark, Says, Scale, ServiceState, Testimony, Why, Witness
from cachetools_core.proof.finding import Finding
from cachetools_core.proof.report import Report
from cachetools_core.proof.scheme import Extent, LevelOfDetail, NoScheme, SpatialReference, TilingScheme
from support.receipts import NASTY, SERVICE

MOMENT = datetime(2026, 3, 1, 2, 0, 0, tzinfo=timezone.utc)
WEB_MERCATOR = SpatialReference((("WKID", 3857),), (), "")
LEVELS = tuple(LevelOfDetail(number, 1000.0 / 2**number, 10.0 / 2**number) for number in range(4))
SCHEME = TilingScheme(
    100, 100, 96, 0.0, 4000.0, LEVELS, WEB_MERCATOR, "PNG8", 0, "esriMapCacheStorageModeCompactV2",
    Extent(0.0, 0.0, 4000.0, 4000.0),
)  # fmt: skip
SCALES = (Scale(0, 1000.0, 16, 1_600), Scale(1, 500.0, 32, 999_999), Scale(2, 250.0, 3, 0))


def made(
    *extra: Testimony,
    scheme: TilingScheme | NoScheme | None = SCHEME,
    scales: tuple[Scale, ...] = SCALES,
    **fields: Any,
) -> Report:
    """A report on a cache of these scales."""
    service = Testimony(Witness.SERVICE, Says.THERE, state=ServiceState.ANSWERS, scheme_scales=4, scheme=scheme)
    counts = Testimony(Witness.REPORT, Says.THERE, scales=scales, remarks=fields.pop("remarks", frozenset()))
    return Report(SERVICE, Look((service, counts, *extra)), MOMENT, **fields)


def on_demand() -> Report:
    admin = Testimony(Witness.ADMIN, Says.THERE, remarks=frozenset({Remark.ON_DEMAND}))
    return made(admin, findings=(Finding("sign-in", True, "as siteadmin"),), jobs=())


def nasty() -> Report:
    """Everything that a server may choose is hostile."""
    said = Testimony(Witness.ADMIN, Says.NOTHING, Why.REFUSED, NASTY)
    reference = SpatialReference((), (), f'PROJCS["{NASTY.replace(chr(34), "")}"]')
    scheme = TilingScheme(
        256, 256, 96, 0, 0, (LevelOfDetail(0, 1, 1),), reference, NASTY, 1, NASTY, Extent(0, -9e17, 1e-9, 0)
    )
    findings = (Finding(NASTY, False, NASTY), Finding("cache", None, NASTY))
    jobs = tuple(CachingJob(NASTY, "CachingTools", NASTY, NASTY, NASTY) for _ in range(60))
    return made(said, scheme=scheme, findings=findings, jobs=jobs)


def uncounted() -> Report:
    service = Testimony(Witness.SERVICE, Says.THERE, state=ServiceState.ANSWERS, scheme_scales=4, scheme=SCHEME)
    refused = Testimony(Witness.REPORT, Says.NOTHING, Why.REFUSED, "The report is refused.")
    return Report(SERVICE, Look((service, refused)), MOMENT, no_jobs="The list is refused.")


def no_cache() -> Report:
    service = Testimony(Witness.SERVICE, Says.GONE, state=ServiceState.ANSWERS)
    return Report(SERVICE, Look((service, Testimony(Witness.REPORT, Says.GONE, scales=()))), MOMENT, jobs=())
