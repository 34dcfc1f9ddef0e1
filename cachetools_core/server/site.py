"""One ArcGIS Server site: what it says of itself, its services, their status, its caching tools and their jobs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from ..errors import CannotDelete, NotArcGIS, ServerSaysNo
from ..messages import plain_words
from ..naming.service import ServiceReference
from .answers import Body
from .wire import READ_TRIES, Wire

CACHING_TOOLS = ("CachingTools", "CachingToolsEx")
DELETE_TASK = "deletecache"
LISTED_JOBS = "1000"
JOB_ID_KEYS = ("jobid", "job_id", "id")
INPUT = "esriGPParameterDirectionInput"


@dataclass(frozen=True)
class SiteInfo:
    """What `rest/info` says: the version, and where tokens come from; empty strings where it says nothing.

    `portal` is the address of the portal that the site is federated with, without a trailing slash.
    """

    url: str
    version: str
    token_service: str
    portal: str
    token_minutes: int | None


@dataclass(frozen=True)
class Task:
    """The DeleteCache task as the server lists it; `inputs` and `required` name its input parameters."""

    service: str
    url: str
    inputs: frozenset[str]
    required: frozenset[str]


class Reader(Protocol):
    """Anything that can read a resource."""

    def get(self, url: str) -> Body:
        """GET a resource."""


def open_site(wire: Reader, url: str) -> SiteInfo:
    """What the site says of itself at `rest/info`, which needs no sign-in (protocol.md 1).

    Raises NoAnswer where nothing readable comes back, NotArcGIS where it isn't an ArcGIS Server site.
    """
    answer = wire.get(f"{url}/rest/info")
    version = answer.get("fullVersion") or answer.get("currentVersion")
    if not isinstance(version, (str, int, float)):
        raise NotArcGIS(f"{url}/rest/info doesn't say a version, so this isn't an ArcGIS Server site.")
    sign_in = answer.get("authInfo")
    sign_in = sign_in if isinstance(sign_in, dict) else {}
    minutes = sign_in.get("shortLivedTokenValidity")
    token_service = _text(sign_in.get("tokenServicesUrl"))
    # Only a token service of a portal, recognised by /sharing as other clients do, makes the owning system the portal.
    portal = _text(answer.get("owningSystemUrl")).rstrip("/") if "/sharing" in token_service.lower() else ""
    return SiteInfo(
        url=url,
        version=plain_words(version),
        token_service=token_service,
        portal=portal,
        token_minutes=minutes if isinstance(minutes, int) and minutes > 0 else None,
    )


def find_delete_task(wire: Wire, site: str) -> Task:
    """The DeleteCache task of System/CachingTools, else of CachingToolsEx (10.8.1's tools for Pro's own services).

    The task's address comes from the service's list, since its own `name` is another one (captured, 10.8.1).
    Raises CannotDelete where neither offers the task.
    """
    refused: list[str] = []
    for tools in CACHING_TOOLS:
        root = f"{site}/rest/services/System/{tools}/GPServer"
        try:
            listed = wire.get(root).get("tasks")
        except ServerSaysNo as error:
            if error.exit_code != ServerSaysNo.exit_code:
                raise
            refused.append(f"System/{tools}: '{error.server_words}'")
            continue
        tasks = listed if isinstance(listed, list) else []
        name = next((task for task in tasks if _is_delete_task(task)), None)
        if name is not None:
            return _read_task(wire, tools, f"{root}/{quote(name, safe='')}")
        refused.append(f"System/{tools} lists no task DeleteCache")
    raise CannotDelete(
        f"The caching tools of {site} can't be used: {'; '.join(refused)}.",
        "Start System/CachingTools and System/CachingControllers in ArcGIS Server Manager, then run this again.",
    )


def tools_state(wire: Wire, site: str, tools: str) -> str:
    """`STARTED`, or another word that the administrator API has for the state of a service of the System folder."""
    return plain_words(wire.get(f"{site}/admin/services/System/{tools}.GPServer/status", tries=1).get("realTimeState"))


def start_service(wire: Wire, service: ServiceReference) -> None:
    """Start a stopped service through the administrator API; publishers and administrators may (documented)."""
    wire.post_once(f"{service.admin_url}/start", {})


def advertised_in_admin(wire: Wire, service: ServiceReference) -> bool | None:
    """Whether the administrator API holds the service for cached: readable while the service is stopped.

    `properties.isCached` is a string (seen in publishing scripts); None where it says neither "true" nor "false".
    """
    properties = wire.get(service.admin_url, tries=1).get("properties")
    word = plain_words(properties.get("isCached")).lower() if isinstance(properties, dict) else ""
    return {"true": True, "false": False}.get(word)


def list_jobs(wire: Wire, site: str, tools: str, *, tries: int = READ_TRIES) -> frozenset[str]:
    """The ids of the caching tools' jobs that the server still knows; 10.6.1 and later, for administrators.

    Documented at developers.arcgis.com/rest/enterprise-administration/server/query-jobs; how one job is spelled in
    `results` isn't, so ids are taken from any of the usual names. All times are asked for, since clocks differ.
    Raises NotArcGIS for a list that isn't whole or whose jobs have no ids, since a job that isn't in it counts as one
    that never was.
    """
    answer = wire.get(
        f"{site}/admin/services/System/{tools}.GPServer/jobs/query",
        {"startTime": "0", "number": LISTED_JOBS, "start": "1"},
        tries=tries,
    )
    results = answer.get("results")
    ids = [_id_of(job) for job in results] if isinstance(results, list) else [""]
    if not all(ids) or answer.get("nextStart", -1) != -1:
        raise NotArcGIS(f"The list of jobs of System/{tools} isn't in the documented form, or isn't whole.")
    return frozenset(ids)


def service_of_job(wire: Wire, job_url: str) -> str:
    """The service that the job was submitted for, as its own input `service_url` has it; empty where it has none."""
    return _text(wire.get(f"{job_url}/inputs/service_url", tries=1).get("value"))


def is_named(service: ServiceReference, text: str) -> bool:
    """True where the text of a job's input means this service."""
    return text.strip("/").lower() in (service.task_name.lower(), service.url.lower())


def _id_of(job: Any) -> str:
    named = {key.lower(): value for key, value in job.items()} if isinstance(job, dict) else {}
    return next((named[key] for key in JOB_ID_KEYS if isinstance(named.get(key), str)), "")


def _is_delete_task(task: Any) -> bool:
    return isinstance(task, str) and task.replace(" ", "").lower() == DELETE_TASK


def _read_task(wire: Wire, tools: str, url: str) -> Task:
    parameters = wire.get(url).get("parameters")
    listed = [p for p in (parameters if isinstance(parameters, list) else []) if isinstance(p, dict)]
    inputs = [p for p in listed if p.get("direction") == INPUT and isinstance(p.get("name"), str)]
    required = frozenset(p["name"] for p in inputs if p.get("parameterType") == "esriGPParameterTypeRequired")
    return Task(tools, url, frozenset(p["name"] for p in inputs), required)


def _text(value: Any) -> str:
    return plain_words(value) if isinstance(value, str) else ""
