"""The administrator API's list of geoprocessing jobs, since 10.6.1 (protocol.md 4.9 and 6)."""

from __future__ import annotations

import time
from typing import Any

from cachetools_core.rehearsal.admin import SUCCESS, check_post, check_right, nothing_there
from cachetools_core.rehearsal.admin_services import find
from cachetools_core.rehearsal.answers import Refused
from cachetools_core.rehearsal.jobs import CANCELLED, EXECUTING, FAILED, OTHER_USER, SUBMITTED, SUCCEEDED, Job
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.services import Service
from cachetools_core.rehearsal.site import Site


def resource(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`…/jobs`, since 10.6.1; its operations are below it."""
    find(site, request, path, kind)
    return {"resources": ["statistics"]}


def statistics(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`…/jobs/statistics`, documented in "Job Statistics" of the ArcGIS Server Administrator API."""
    found = site.jobs.of_tool(find(site, request, path, kind).name)
    return {
        "total": len(found),
        "cancelled": sum(job.status == CANCELLED for job in found),
        "failed": sum(job.status == FAILED for job in found),
        "succeeded": sum(job.status == SUCCEEDED for job in found),
    }


def query(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`…/jobs/query`, documented in "Query Jobs": filtered by time, status, user and machine, a page at a time.

    `startTime` is required, in milliseconds since 1970. Documented are total, query, num, start, nextStart (-1 on the
    last page) and results; that a result has the keys of the documented "Job" resource is inferred, the keys of
    `query` but serviceName and userName are invented.
    """
    found = find(site, request, path, kind)
    start_time, end_time = request.parameter("startTime"), request.parameter("endTime")
    number, start = request.parameter("number", "10"), request.parameter("start", "1")
    if not (start_time.isdigit() and number.isdigit() and start.isdigit() and (end_time or "0").isdigit()):
        # Invented text.
        raise Refused(400, "Invalid or missing input parameters: 'startTime' is needed, in milliseconds since 1970.")
    last = int(end_time) if end_time else int(time.time() * 1000)
    wanted = [
        _job_summary(site, request, job)
        for job in site.jobs.of_tool(found.name)
        if int(start_time) <= job.submitted <= last
        and request.parameter("jobStatus", job.status) == job.status
        and request.parameter("userName", job.user) == job.user
    ]
    if site.faults.on("other-job-running"):
        wanted.append(_other_job(request, found))
    first, size = max(int(start), 1), max(int(number), 1)
    more = first + size <= len(wanted)
    return {
        "total": len(wanted),
        "query": {
            "serviceName": found.name,
            "userName": request.parameter("userName"),
            "jobStatus": request.parameter("jobStatus"),
            "startTime": int(start_time),
            "endTime": last,
        },
        "num": size,
        "start": first,
        "nextStart": first + size if more else -1,
        "results": wanted[first - 1 : first - 1 + size],
    }


def _job_summary(site: Site, request: Request, job: Job) -> dict[str, Any]:
    """The keys that "Job" in the ArcGIS Server Administrator API documents."""
    address = f"{request.site}/rest/services/System/{job.tool}/GPServer/{job.task.replace(' ', '%20')}"
    return {
        "jobID": job.id,
        "submittedTime": job.submitted,
        "endTime": job.ended,
        "status": job.status,
        "username": job.user,
        "machinename": "LOCALHOST",
        "url": f"{address}/jobs/{job.id}",
    }


def _other_job(request: Request, tool: Service) -> dict[str, Any]:
    job_id = "j" + "0" * 31 + "1"
    address = f"{request.site}/rest/services/System/{tool.name}/GPServer/Manage%20Map%20Cache%20Tiles"
    return {
        "jobID": job_id,
        "submittedTime": int(time.time() * 1000) - 60_000,
        "endTime": None,
        "status": EXECUTING,
        "username": OTHER_USER,
        "machinename": "LOCALHOST",
        "url": f"{address}/jobs/{job_id}",
    }


def job(site: Site, request: Request, path: str, kind: str, job_id: str) -> dict[str, Any]:
    """`…/jobs/ID`."""
    return _job_summary(site, request, _listed(site, find(site, request, path, kind), job_id))


def _listed(site: Site, tool: Service, job_id: str) -> Job:
    for found in site.jobs.of_tool(tool.name):
        if found.id == job_id:
            return found
    raise nothing_there(job_id)


def cancel(site: Site, request: Request, path: str, kind: str, job_id: str) -> dict[str, Any]:
    """`…/jobs/ID/cancel`: only while submitted or executing, else doc_admin_cancel_job_error.json."""
    tool = find(site, request, path, kind)
    check_right(site, request, administrator=True)
    check_post(request, "cancel")
    found = [one for one in site.jobs.of_tool(tool.name) if one.id == job_id and one.status in (SUBMITTED, EXECUTING)]
    if not found:
        raise Refused(500, f"Unable to cancel job :[{job_id}]")
    found[0].cancel()
    return SUCCESS
