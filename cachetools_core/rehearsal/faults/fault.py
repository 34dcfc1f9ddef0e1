"""What a fault is, and the names of the requests at which it can strike."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

# Names of requests. "tasks" and "task" are CachingTools' or CachingControllers' list and task, "reporting" the pages of
# ReportingTools, "report" its execution. Requests after the job are the same steps.
STEPS = {
    "info": "rest/info",
    "token": "a token for a username and a password",
    "exchange": "a server's token for a portal's token",
    "catalog": "rest/services and its folders",
    "service": "a map or image service",
    "tile": "a tile",
    "reporting": "ReportingTools' list of tasks and its task",
    "report": "ReportCacheStatus/execute",
    "cache-info": "PublishingTools' list of tasks, Get Cache Info, its job and its result",
    "tasks": "a caching service's list of tasks",
    "task": "a caching task's parameters",
    "submit": "submitJob",
    "job": "jobs/ID",
    "result": "jobs/ID/results",
    "cancel": "jobs/ID/cancel, of REST and of the admin API",
    "admin": "any other admin resource",
    "admin-service": "a service in the admin API",
    "status": "a service's status in the admin API",
    "start": "start a service",
    "stop": "stop a service",
    "jobs-query": "the admin API's list of jobs",
    "portal": "any other portal resource",
}
ANYWHERE = tuple(STEPS)
TOKEN_STEPS = ("token", "exchange")
ADMIN_STEPS = ("token", "cancel", "admin", "admin-service", "status", "start", "stop", "jobs-query")
CHECKED_STEPS = tuple(step for step in STEPS if step not in ("info", *TOKEN_STEPS))


EVIDENCE = {
    "captured": "a published answer of a real server shows it",
    "documented": "Esri documents it",
    "reported": "a public report shows it",
    "common": "networks, proxies and web servers do this",
    "inferred": "it follows from what is known, and nobody has seen it",
    "invented": "made up to see what happens",
}


class Kind(Enum):
    """What a fault does: it answers in the site's place, changes the site's answer, ends a job, or changes the site."""

    ANSWER = "answers"
    AMENDMENT = "amends"
    JOB_END = "ends a job"
    STATE = "state"


@dataclass(frozen=True)
class Fault:
    """A fault: `meaning` in a sentence, the `steps` where it can strike (empty: it belongs to no request).

    `evidence` is a word of EVIDENCE. `end` is what a job says at its end, `effect` what then has become of the cache:
    "stays", "half" or "gone". How a fault of the kinds ANSWER and AMENDMENT strikes stands in
    `cachetools_core.rehearsal.strikes`.
    """

    name: str
    meaning: str
    evidence: str
    steps: tuple[str, ...] = ()
    kind: Kind = Kind.STATE
    end: str = ""
    effect: str = ""

    @property
    def on_the_wire(self) -> bool:
        """Whether it strikes at requests, whatever the site is doing."""
        return self.kind in (Kind.ANSWER, Kind.AMENDMENT)
