"""Asynchronous geoprocessing under /rest: submitJob, jobs, results, inputs, cancel (protocol.md 4.6 to 4.9)."""

from __future__ import annotations

import re
from typing import Any

from cachetools_core.rehearsal import tools, work
from cachetools_core.rehearsal.access import check_access, running
from cachetools_core.rehearsal.answers import Refused, unable
from cachetools_core.rehearsal.jobs import EXECUTING, SUCCEEDED, WAITING, Job
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.site import Site


def toolbox(site: Site, request: Request, name: str) -> dict[str, Any]:
    """`System/NAME/GPServer`."""
    running(site, request, f"System/{name}", "GPServer")
    return tools.toolbox(name, site.version)


def task(site: Site, request: Request, name: str, task_name: str) -> dict[str, Any]:
    """`System/NAME/GPServer/TASK`; how an unknown task is refused is invented."""
    running(site, request, f"System/{name}", "GPServer")
    try:
        return tools.task(name, task_name, request.site, site.version)
    except KeyError as error:
        raise unable(f"Task '{task_name}' does not exist in System/{name}.") from error


def submit(site: Site, request: Request, name: str, task_name: str) -> dict[str, Any]:
    """`submitJob`, by GET or POST (doc_submitJob_response.json). Fields that the task doesn't list are taken.

    That parameters of a wrong type are refused here and not in the job is invented, and so are the details. A service
    that doesn't exist is a text like another: the job is taken, and fails.
    """
    description = task(site, request, name, task_name)
    if task_name not in ("DeleteCache", "Manage Map Cache Tiles"):
        raise unable(f"This server does not rehearse the task '{task_name}'.")
    listed = [one for one in description["parameters"] if one["direction"] == tools.INPUT]
    inputs = {one["name"]: request.parameter(one["name"]) for one in listed}
    for one in listed:
        if one["parameterType"] == "esriGPParameterTypeRequired" and not inputs[one["name"]]:
            raise unable(f"'{one['name']}' must be specified.")
        if one["dataType"] == "GPLong" and not _is_long(inputs[one["name"]]):
            raise unable(f"Invalid value for parameter '{one['name']}': a whole number is expected.")
    if site.faults.on("read-only-site"):
        # Invented: what a site in this mode says to a caching job is not known.
        raise unable("The site is in read-only mode.")
    target = site.services.get(inputs["service_url"])
    if target is not None and target.cache is None:
        target = None
    if target is not None:
        check_access(request, target)
    assert request.account is not None
    types = {one["name"]: one["dataType"] for one in listed}
    job = Job(name, task_name, target, inputs, types, request.account.username)
    if site.faults.take("hyphenated-job-ids", "submit"):
        job.id = f"j{site.jobs.submits}-{job.id[1:5]}-{job.id[5:7]}"
    if site.faults.take("echo-in-job-id", "submit"):
        job.id = f"j{request.token}"
    work.begin(site, job)
    shown = "../../../../../../evil" if site.faults.take("hostile-job-id", "submit") else job.id
    return {"jobId": shown, "jobStatus": job.status}


def _is_long(text: str) -> bool:
    return re.fullmatch(r"(-?\d+)?", text) is not None


def _job(site: Site, request: Request, name: str, task_name: str, job_id: str) -> Job:
    running(site, request, f"System/{name}", "GPServer")
    return site.jobs.find(name, task_name, job_id)


def job(site: Site, request: Request, name: str, task_name: str, job_id: str) -> dict[str, Any]:
    """`jobs/ID` (doc_job_executing.json; results and inputs with success, protocol.md 4.7)."""
    found = _job(site, request, name, task_name, job_id)
    found.looks += 1
    body: dict[str, Any] = {"jobId": found.id, "jobStatus": found.status}
    if found.says is not None and found.ended is not None:
        body = {"jobId": found.id, "jobStatus": found.says} if found.says else {"jobId": found.id}
    elif found.status == SUCCEEDED and found.results and found.looks > found.late:
        body["results"] = {"out_service_url": {"paramUrl": _result_address(site)}}
        body["inputs"] = {name: {"paramUrl": f"inputs/{name}"} for name in found.inputs}
    elif found.status == EXECUTING and not site.version.arcmap_runtime:
        # Whether CachingTools sends progress is not known; its type is invented (protocol.md 4.7).
        body["progress"] = {"type": "default", "message": "Deleting the cache", "percent": found.percent}
    if request.parameter("returnMessages", "true").lower() != "false":
        body["messages"] = [] if site.faults.on("job-no-messages") else list(found.messages)
    return body


def _result_address(site: Site) -> str:
    host = "https://evil.invalid/" if site.faults.take("hostile-result-url", "job") else ""
    return f"{host}results/out_service_url"


def results(site: Site, request: Request, name: str, task_name: str, job_id: str) -> list[dict[str, Any]]:
    """`jobs/ID/results`: all at once, from 11.1 on."""
    found = _job(site, request, name, task_name, job_id)
    if not site.version.results_and_lifecycle:
        raise Refused(400, "Invalid URL", "Invalid URL")
    return [_result(found, "out_service_url")]


def result(site: Site, request: Request, name: str, task_name: str, job_id: str, which: str) -> dict[str, Any]:
    """`jobs/ID/results/NAME`."""
    return _result(_job(site, request, name, task_name, job_id), which)


def _result(found: Job, name: str) -> dict[str, Any]:
    """That the value reads like `service_url` is inferred (protocol.md 4.8)."""
    if name != "out_service_url" or found.status != SUCCEEDED:
        raise unable(f"Parameter '{name}' has no value.")
    return {"paramName": name, "dataType": "GPString", "value": found.target}


def job_input(site: Site, request: Request, name: str, task_name: str, job_id: str, which: str) -> dict[str, Any]:
    """`jobs/ID/inputs/NAME`: to be read once the job has succeeded, as documented for both of a job's lists."""
    found = _job(site, request, name, task_name, job_id)
    if which not in found.inputs or found.status != SUCCEEDED or found.says is not None:
        raise unable(f"Parameter '{which}' has no value.")
    value: Any = found.inputs[which]
    if found.data_types[which] == "GPLong":
        value = int(value) if value else None
    return {"paramName": which, "dataType": found.data_types[which], "value": value}


def cancel(site: Site, request: Request, name: str, task_name: str, job_id: str) -> dict[str, Any]:
    """`jobs/ID/cancel` (doc_cancel_job_response.json): refused while submitted and when ended (protocol.md 4.9)."""
    found = _job(site, request, name, task_name, job_id)
    if found.status not in (WAITING, EXECUTING):
        raise Refused(400, "Invalid or missing input parameters")
    found.cancel()
    return {"jobId": found.id, "jobStatus": found.status}
