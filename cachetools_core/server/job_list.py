"""The server's list of the jobs of its caching tools, and what a job says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from ..errors import NotArcGIS
from ..messages import plain_words
from ..proof.ending import JOB_ID
from .body import Body, in_small_letters
from .wire import READ_TRIES, Wire
from .witnesses.numbers import whole

LISTED_JOBS = 1000
MOST_PAGES = 100
JOB_ID_KEYS = ("jobid", "job_id", "id")
USER_KEYS = ("username", "user")
STATUS_KEYS = ("status", "jobstatus")
JOB_ADDRESS = re.compile(r"/GPServer/(?P<task>[^/]+)/jobs/(?P<id>[^/]+)/?$", re.IGNORECASE)
MORE = re.compile("more|exceeded|truncated|partial")
ENDS = ("succeeded", "failed", "timedout", "cancelled", "deleted")
# DeleteCache has another name in its own JSON (captured, 10.8.1).
OTHER_NAMES = {"deletemapcache": "deletecache"}
# The tasks of CachingTools and CachingControllers (captured, 10.8.1); each also runs as a "Worker".
KNOWN_TASKS = {
    "deletecache",
    "createmapcache",
    "convertcachestorageformat",
    "exportcache",
    "importcache",
    "managemapcachescales",
    "managemapcachestatus",
    "managemapcachetiles",
    "suggestdefaultscales",
    "upgradecachestorageformat",
}


@dataclass(frozen=True)
class ListedJob:
    """A job in the server's list; `task`, `status` and `user` are empty where the list doesn't tell."""

    id: str
    task: str
    status: str
    user: str

    @property
    def has_ended(self) -> bool:
        """True where the list says so; how a status is spelled in it isn't documented, so `esriJob` may be left out."""
        return self.status.lower().replace("esrijob", "") in ENDS


@dataclass(frozen=True)
class JobList:
    """The jobs of one service of geoprocessing tools that the server still knows; `whole` where none is left out."""

    jobs: tuple[ListedJob, ...]
    whole: bool

    @property
    def ids(self) -> frozenset[str]:
        """The jobs' ids."""
        return frozenset(job.id for job in self.jobs)


def list_jobs(wire: Wire, site: str, tools: str, *, tries: int = READ_TRIES) -> JobList:
    """The jobs of a service of geoprocessing tools; 10.6.1 and later, for administrators.

    Documented at developers.arcgis.com/rest/enterprise-administration/server/query-jobs; how one job is spelled in
    `results` isn't, so the keys of the documented "Job" resource are taken in any letter case. All times are asked
    for, since clocks differ, and page after page, since a server may give fewer than it is asked for. A list of which
    the server says itself that there is more isn't whole, and neither is a full page without a word about the rest, nor
    one in which a job has no id.
    Raises NotArcGIS where there is no list, and what `get` raises.
    """
    jobs: list[ListedJob] = []
    answer: Body = {}
    next_start = 1
    for _ in range(MOST_PAGES):
        start = next_start
        listed = wire.get(
            f"{site}/admin/services/System/{tools}.GPServer/jobs/query",
            {"startTime": "0", "number": str(LISTED_JOBS), "start": str(start)},
            tries=tries,
        )
        answer = in_small_letters(listed)
        results = answer.get("results")
        if not isinstance(results, list):
            raise NotArcGIS(f"The list of jobs of System/{tools} isn't in the documented form.")
        jobs += map(_listed, results)
        next_start = whole(answer.get("nextstart")) or 0
        if not results or next_start <= start:
            break
    is_whole = _says_that_this_is_all(answer, len(jobs)) and all(job.id for job in jobs)
    return JobList(tuple(job for job in jobs if job.id), is_whole)


def service_of_job(wire: Wire, job_url: str) -> str:
    """The service that the job was submitted for, as its own input `service_url` has it; empty where it has none.

    A server shows a job's inputs once the job has succeeded (documented, protocol.md 4.7). Raises what `get` raises.
    """
    value = wire.get(f"{job_url}/inputs/service_url", tries=1).get("value")
    return plain_words(value) if isinstance(value, str) else ""


def is_same_task(one: str, other: str) -> bool:
    """True where both texts name the same task: `DeleteCache`, `Delete Cache`, `delete%20cache`."""
    return _task_key(one) == _task_key(other)


def is_another_task(one: str, other: str) -> bool:
    """True where the first text certainly names another task; a name that nobody knows may be one for the same task."""
    return not is_same_task(one, other) and re.sub("worker$", "", _task_key(one)) in KNOWN_TASKS


def _task_key(name: str) -> str:
    key = re.sub(r"[\W_]", "", unquote(name)).lower()
    return OTHER_NAMES.get(key, key)


def _says_that_this_is_all(answer: Mapping[str, Any], listed: int) -> bool:
    if "total" not in answer and "nextstart" not in answer and listed >= LISTED_JOBS:
        return False
    total, next_start = plain_words(answer.get("total", listed)), plain_words(answer.get("nextstart", -1))
    says_more = any(value is True and MORE.search(name) for name, value in answer.items())
    return total == str(listed) and next_start == "-1" and not says_more


def _listed(job: Any) -> ListedJob:
    named = in_small_letters(job)
    url = named.get("url")
    address = JOB_ADDRESS.search(url) if isinstance(url, str) else None
    job_id = _first_text(named, JOB_ID_KEYS) or (address["id"] if address else "")
    return ListedJob(
        id=job_id if JOB_ID.fullmatch(job_id) else "",
        task=unquote(address["task"]) if address else "",
        status=_first_text(named, STATUS_KEYS),
        user=plain_words(_first_text(named, USER_KEYS)),
    )


def _first_text(named: dict[str, Any], keys: tuple[str, ...]) -> str:
    return next((named[key] for key in keys if isinstance(named.get(key), str)), "")
