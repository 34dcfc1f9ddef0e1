"""Get Cache Info of System/PublishingTools: whether a cache lies in a folder (family.md 7).

Captured are the inputs and the name of one output. That the output is a boolean result of its own, what it says after
a deletion, and everything about its jobs but their form is inferred: nobody has seen this task run.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cachetools_core.rehearsal.access import running
from cachetools_core.rehearsal.answers import Refused, unable
from cachetools_core.rehearsal.jobs import EXECUTING, FAILED, SUBMITTED, SUCCEEDED
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.site import Site
from cachetools_core.rehearsal.tools import INPUT, task

SERVICE, TASK, OUTPUT = "PublishingTools", "Get Cache Info", "out_cacheFound"


@dataclass
class Question:
    """One job of the task; it counts as no submit, since it changes nothing. It executes at the first look at it."""

    inputs: dict[str, str]
    ends: str
    found: bool
    id: str = field(default_factory=lambda: f"j{uuid.uuid4().hex}")
    looks: int = 0

    @property
    def status(self) -> str:
        """What it says at this look."""
        return SUBMITTED if not self.looks else EXECUTING if self.looks == 1 else self.ends


def submit(site: Site, request: Request) -> dict[str, Any]:
    """`submitJob`: every required input, and words of the choice lists only; how others are refused is invented."""
    running(site, request, f"System/{SERVICE}", "GPServer")
    listed = [one for one in task(SERVICE, TASK, "", site.version)["parameters"] if one["direction"] == INPUT]
    inputs = {one["name"]: request.parameter(one["name"]) for one in listed}
    for one in listed:
        if one["parameterType"] == "esriGPParameterTypeRequired" and not inputs[one["name"]]:
            raise unable(f"'{one['name']}' must be specified.")
        if inputs[one["name"]] and inputs[one["name"]] not in one.get("choiceList", [inputs[one["name"]]]):
            raise unable(f"Invalid value for parameter '{one['name']}'.")
    ends = FAILED if site.faults.take("cache-info-fails") else SUCCEEDED
    ends = EXECUTING if site.faults.take("cache-info-hangs") else ends
    question = Question(inputs, ends, site.faults.take("cache-info-finds-a-cache") or _lies_there(site, inputs))
    site.questions[question.id] = question
    return {"jobId": question.id, "jobStatus": question.status}


def _lies_there(site: Site, inputs: dict[str, str]) -> bool:
    folder, name = inputs["in_serviceFolder"], inputs["in_serviceName"]
    lies = Path(inputs["in_serverCacheFolder"]) / (f"{folder}_{name}" if folder else name)
    return lies.parent == site.cache_root and lies.is_dir()


def job(site: Site, request: Request, job_id: str) -> dict[str, Any]:
    """`jobs/ID`."""
    found = _find(site, request, job_id)
    found.looks += 1
    body: dict[str, Any] = {"jobId": found.id, "jobStatus": found.status, "messages": []}
    if found.status == SUCCEEDED:
        body["results"] = {OUTPUT: {"paramUrl": f"results/{OUTPUT}"}}
        body["inputs"] = {name: {"paramUrl": f"inputs/{name}"} for name in found.inputs}
    return body


def result(site: Site, request: Request, job_id: str, name: str) -> dict[str, Any]:
    """`jobs/ID/results/out_cacheFound`."""
    found = _find(site, request, job_id)
    if name != OUTPUT or found.status != SUCCEEDED:
        raise unable(f"Parameter '{name}' has no value.")
    return {"paramName": OUTPUT, "dataType": "GPBoolean", "value": found.found}


def _find(site: Site, request: Request, job_id: str) -> Question:
    running(site, request, f"System/{SERVICE}", "GPServer")
    if job_id not in site.questions:
        raise Refused(400, "Unable to complete operation.", f"Job '{job_id}' does not exist or is inaccessible.")
    question: Question = site.questions[job_id]
    return question
