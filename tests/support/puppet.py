"""A small site of which a test says what each witness answers, before a job and after it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from cachetools_core.waiting import Patience
from support.body_server import Answer, BodyServer, Page, refusal

SERVICE = "rest/services/F/Rain/MapServer"
ADMIN = "admin/services/F/Rain.MapServer"
TOOLS = "rest/services/System/CachingTools/GPServer"
TASK = f"{TOOLS}/DeleteCache"
REPORT = "rest/services/System/ReportingTools/GPServer/ReportCacheStatus/execute"
JOB = f"{TASK}/jobs/j1"
JOBS = "admin/services/System/CachingTools.GPServer/jobs/query"
NAMESAKES = ("F/Rain/ImageServer", "F_Rain/MapServer", "F_Rain/ImageServer")
SERVICE_URL = {"name": "service_url", "direction": "esriGPParameterDirectionInput",
               "parameterType": "esriGPParameterTypeRequired"}  # fmt: skip


def page(status: int = 200) -> Page:
    """What a web tier says in the site's place."""
    return Page(status, b"<html><body>Please sign in</body></html>")


def level(tiles: Any = 21, size: Any = 4000, number: int = 0, **more: Any) -> dict[str, Any]:
    return {"levelID": number, "scale": 1000.0, "tileCount": tiles, "tilesSize": size, **more}


def report(status: Any = "EXISTS", *levels: Any, **more: Any) -> dict[str, Any]:
    """A report about F/Rain; None for a key leaves it out."""
    value = {"name": "F/Rain", "type": "MapServer", "status": status, "lodInfos": list(levels), **more}
    return executed({key: content for key, content in value.items() if content is not None})


def executed(value: Any) -> dict[str, Any]:
    return {"results": [{"paramName": "out", "dataType": "GPString", "value": value}], "messages": []}


def is_cached(value: Any) -> dict[str, Any]:
    return {"properties": {"isCached": value}}


TILE_INFO = {
    "rows": 256, "cols": 256, "dpi": 96, "format": "PNG", "origin": {"x": 0, "y": 10},
    "spatialReference": {"wkid": 3857}, "lods": [{"level": 0, "scale": 1000, "resolution": 0.1}],
}  # fmt: skip
THERE = {"singleFusedMapCache": True, "tileInfo": TILE_INFO, "capabilities": "Map"}
GONE = {"singleFusedMapCache": False, "capabilities": "Map,Query,Data"}
NONE = report("NONE")
COUNTS_21 = report("EXISTS", level())
STOPPED = refusal(500, "Service F/Rain/MapServer not started ")
MISSING = refusal(404, "Service F/Rain/MapServer not found ")


class Answers(NamedTuple):
    """What the service, its report and the administrator API say; None is a web server's 404."""

    service: Any = THERE
    report: Any = COUNTS_21
    admin: Any = None


LITTLE = Patience(no_answer=3, gone=1, cancel=1, grace=2, restart=2, settle=1, arrival=1)
WITH_A_CACHE = Answers(admin=is_cached("true"))


class Puppet:
    """The site on a BodyServer; jobs end at once with `status`, and from the first submit on `after` holds.

    `submits` counts them, and `at_work` is called as soon as one has come. Of the services whose caches would lie in
    the same folder none exists but those in `namesakes`.
    """

    def __init__(self, server: BodyServer, before: Answers, after: Answers, status: str = "esriJobSucceeded") -> None:
        self.service_url = f"{server.site}/{SERVICE}"
        self.before, self.after, self.status = before, after, status
        self.submits = 0
        self.messages: list[dict[str, str]] = []
        self.at_work: Callable[[], None] = lambda: None
        self.namesakes: set[str] = set()
        server.answer = self._answer

    def _answer(self, path: str) -> Answer:
        now = self.after if self.submits else self.before
        if path == f"{TASK}/submitJob":
            self.submits += 1
            self.at_work()
        jobs = [f"j{number + 1}" for number in range(self.submits)]
        bodies: dict[str, Any] = {
            "rest/info": {"currentVersion": 11.3},
            TOOLS: {"tasks": ["DeleteCache"]},
            TASK: {"name": "DeleteCache", "parameters": [SERVICE_URL]},
            f"{TASK}/submitJob": {"jobId": f"j{self.submits}", "jobStatus": "esriJobSubmitted"},
            JOBS: {"results": [{"jobid": job, "status": self.status} for job in jobs], "total": len(jobs)},
            **{f"rest/services/{name}": GONE if name in self.namesakes else MISSING for name in NAMESAKES},
            SERVICE: now.service,
            REPORT: now.report,
            ADMIN: now.admin,
            **{
                f"{TASK}/jobs/{job}": {"jobId": job, "jobStatus": self.status, "messages": self.messages}
                for job in jobs
            },
            **{f"{TASK}/jobs/{job}/inputs/service_url": {"value": "F/Rain:MapServer"} for job in jobs},
        }
        body = bodies.get(path)
        return body if isinstance(body, (bytes, Page)) or body is None else json.dumps(body).encode()
