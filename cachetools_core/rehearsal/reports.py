"""ReportCacheStatus: what is in a service's cache, counted on disk (protocol.md 5.1)."""

from __future__ import annotations

import json
from typing import Any

from cachetools_core.rehearsal.answers import unable
from cachetools_core.rehearsal.jobs import EXECUTING
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.services import Service
from cachetools_core.rehearsal.site import Site


def execute(site: Site, request: Request) -> dict[str, Any]:
    """The synchronous task's answer. The output parameter's name is invented: the captured task is cut before it."""
    mode = request.parameter("report_mode", "esriCacheStatus")
    if mode != "esriCacheStatus":
        raise unable(f"This server rehearses report_mode esriCacheStatus only, not {mode}.")
    level = request.parameter("levelID") or request.parameter("level_id")
    if level and not level.isdigit():
        raise unable("Invalid value for parameter 'levelID'.")
    value: Any = status(site, _service(site, request.parameter("service_url")), int(level) if level else None)
    if site.faults.take("report-as-string", "report"):
        value = json.dumps(value)
    return {"results": [{"paramName": "out_cache_status", "dataType": "GPString", "value": value}], "messages": []}


def _service(site: Site, text: str) -> Service:
    """By `Folder/Name:MapServer` or by URL: clients pass the result of another job (clients.md 3)."""
    if not text:
        raise unable("'service_url' must be specified.")
    key = text
    if "/rest/services/" in text:
        path, _, kind = text.rstrip("/").partition("/rest/services/")[2].rpartition("/")
        key = f"{path}:{kind}"
    service = site.services.get(key)
    if service is None or service.cache is None:
        raise unable(f"Service '{text}' does not exist or is inaccessible.")
    return service


def status(site: Site, service: Service, level: int | None = None) -> dict[str, Any]:
    """The report's value (arcgis244_docstring_report_cache_status.json).

    That a service without a cache reports NONE and no levels is inferred; so is the status Incomplete.
    """
    cache = site.cache_of(service)
    running = site.faults.on("other-job-running") or any(
        job.service is service and job.status == EXECUTING for job in site.jobs.all()
    )
    head = {"name": service.path, "type": service.kind}
    tail = {"cacheExecutionStatus": "PROCESSING" if running else "NONE"}
    if not cache.exists():
        return {**head, "status": "NONE", "lodInfos": [], **tail}
    counts = cache.counts()
    levels = []
    for lod in cache.scheme.lods:
        if level not in (None, lod.level):
            continue
        tiles, size = counts.get(lod.level, (0, 0))
        expected = cache.scheme.expected_tiles(lod.level)
        levels.append(
            {
                "scale": lod.scale,
                "levelID": lod.level,
                "pixelSize": lod.resolution,
                "percent": min(100, 100 * tiles // expected) if expected else 0,
                "expectedTileCount": expected,
                "tileCount": tiles,
                "status": "Empty" if not tiles else "Complete" if tiles >= expected else "Incomplete",
                "tilesSize": size,
                "isRunning": "true" if running else "false",
            }
        )
    return {**head, "status": "EXISTS", "lodInfos": levels, **tail}
