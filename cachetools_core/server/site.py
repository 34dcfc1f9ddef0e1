"""One ArcGIS Server site: what it says of itself, its services, their status, its caching tools and their jobs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote, unquote

from ..errors import CannotDelete, NotArcGIS, ServerSaysNo
from ..messages import plain_words
from ..naming.service import ServiceReference
from ..proof.ending import JOB_ID
from .answers import Body
from .wire import READ_TRIES, Wire

CACHING_TOOLS = ("CachingTools", "CachingToolsEx")
LISTED_JOBS = 1000
JOB_ID_KEYS = ("jobid", "job_id", "id")
USER_KEYS = ("username", "user")
STATUS_KEYS = ("status", "jobstatus")
TASK_IN_JOB_ADDRESS = re.compile(r"/GPServer/([^/]+)/jobs/[^/]+/?$", re.IGNORECASE)
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
    """A geoprocessing task as the server lists it.

    `tools` is the service of the System folder that offers it, `name` its name in that service's list, `url` its
    address; `inputs` and `required` name its input parameters.
    """

    tools: str
    name: str
    url: str
    inputs: frozenset[str]
    required: frozenset[str]


@dataclass(frozen=True)
class ListedJob:
    """A job in the server's list; `task`, `status` and `user` are empty where the list doesn't tell."""

    id: str
    task: str
    status: str
    user: str


@dataclass(frozen=True)
class JobList:
    """The jobs of one service of geoprocessing tools that the server still knows; `whole` where none is left out."""

    jobs: tuple[ListedJob, ...]
    whole: bool

    @property
    def ids(self) -> frozenset[str]:
        """The jobs' ids."""
        return frozenset(job.id for job in self.jobs)


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


def find_task(wire: Wire, site: str, name: str, offered_by: tuple[str, ...] = CACHING_TOOLS) -> Task:
    """The task of the first of these services of the System folder that lists it.

    10.8.1 has CachingToolsEx for Pro's own services beside CachingTools. The task's address comes from the service's
    list, since its own `name` is another one (captured, 10.8.1).
    Raises CannotDelete where none offers the task, NotPermitted or TokenRefused where the account may not see them.
    """
    refused: list[str] = []
    missing = True
    for tools in offered_by:
        root = f"{site}/rest/services/System/{tools}/GPServer"
        try:
            listed = wire.get(root).get("tasks")
        except ServerSaysNo as error:
            if error.exit_code != ServerSaysNo.exit_code:
                raise
            refused.append(f"System/{tools}: '{error.server_words}'")
            missing = missing and "not found" in error.server_words.lower()
            continue
        tasks = [task for task in listed if isinstance(task, str)] if isinstance(listed, list) else []
        found = next((task for task in tasks if is_same_task(task, name)), None)
        if found is not None:
            return _read_task(wire, tools, found, f"{root}/{quote(found, safe='')}")
        refused.append(f"System/{tools} lists no task {name}")
    raise CannotDelete(
        f"The caching tools of {site} can't be used: {'; '.join(refused)}.",
        "This account can't see the System folder, or the site has no caching tools: sign in as a publisher or an"
        " administrator, and use the address of an ArcGIS Server, not of a portal."
        if missing
        else "Start System/CachingTools and System/CachingControllers in ArcGIS Server Manager, then run this again.",
    )


def is_same_task(one: str, other: str) -> bool:
    """True where both texts name the same task: `DeleteCache`, `Delete Cache`, `delete%20cache`."""
    return _task_key(one) == _task_key(other)


def _task_key(name: str) -> str:
    return unquote(name).replace(" ", "").lower()


def tools_state(wire: Wire, site: str, tools: str) -> str:
    """`STARTED`, or another word that the administrator API has for the state of a service of the System folder."""
    return plain_words(wire.get(f"{site}/admin/services/System/{tools}.GPServer/status", tries=1).get("realTimeState"))


def site_mode(wire: Wire, site: str) -> str:
    """`EDITABLE` or `READ_ONLY`; 10.4 and later, documented as the administrator API's resource "Site mode".

    Raises what `get` raises.
    """
    return plain_words(wire.get(f"{site}/admin/mode", tries=1).get("siteMode"))


def start_service(wire: Wire, service: ServiceReference) -> None:
    """Start a stopped service through the administrator API; publishers and administrators may (documented)."""
    wire.post_once(f"{service.admin_url}/start", {})


def list_jobs(wire: Wire, site: str, tools: str, *, tries: int = READ_TRIES) -> JobList:
    """The jobs of a service of geoprocessing tools; 10.6.1 and later, for administrators.

    Documented at developers.arcgis.com/rest/enterprise-administration/server/query-jobs; how one job is spelled in
    `results` isn't, so the keys of the documented "Job" resource are taken in any letter case. All times are asked
    for, since clocks differ. A list of which the server says itself that there is more isn't whole, and neither is one
    in which a job has no id.
    Raises NotArcGIS where there is no list, and what `get` raises.
    """
    answer = wire.get(
        f"{site}/admin/services/System/{tools}.GPServer/jobs/query",
        {"startTime": "0", "number": str(LISTED_JOBS), "start": "1"},
        tries=tries,
    )
    results = answer.get("results")
    if not isinstance(results, list):
        raise NotArcGIS(f"The list of jobs of System/{tools} isn't in the documented form.")
    jobs = tuple(_listed(one) for one in results)
    total = plain_words(answer.get("total", len(jobs)))
    whole = total == str(len(jobs)) and plain_words(answer.get("nextStart", -1)) == "-1" and all(job.id for job in jobs)
    return JobList(tuple(job for job in jobs if job.id), whole)


def service_of_job(wire: Wire, job_url: str) -> str:
    """The service that the job was submitted for, as its own input `service_url` has it; empty where it has none.

    A server shows a job's inputs once the job has succeeded (documented, protocol.md 4.7). Raises what `get` raises.
    """
    return _text(wire.get(f"{job_url}/inputs/service_url", tries=1).get("value"))


def _listed(job: Any) -> ListedJob:
    named = {key.lower(): value for key, value in job.items()} if isinstance(job, dict) else {}
    job_id = _first_text(named, JOB_ID_KEYS)
    address = TASK_IN_JOB_ADDRESS.search(_text(named.get("url")))
    return ListedJob(
        id=job_id if JOB_ID.fullmatch(job_id) else "",
        task=unquote(address.group(1)) if address else "",
        status=_first_text(named, STATUS_KEYS),
        user=_first_text(named, USER_KEYS),
    )


def _first_text(named: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((named[key] for key in keys if isinstance(named.get(key), str)), "")


def _read_task(wire: Wire, tools: str, name: str, url: str) -> Task:
    parameters = wire.get(url).get("parameters")
    listed = [p for p in (parameters if isinstance(parameters, list) else []) if isinstance(p, dict)]
    inputs = [p for p in listed if p.get("direction") == INPUT and isinstance(p.get("name"), str)]
    required = frozenset(p["name"] for p in inputs if p.get("parameterType") == "esriGPParameterTypeRequired")
    return Task(tools, name, url, frozenset(p["name"] for p in inputs), required)


def _text(value: Any) -> str:
    return plain_words(value) if isinstance(value, str) else ""
