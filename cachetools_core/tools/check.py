"""Could this cache be deleted from here, and if not, why and what to do; changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import CacheToolsError, NoAnswer, ServerSaysNo
from ..local.old_journal import Journal
from ..messages import QUIET, Messages
from ..naming.files import find_service
from ..proof.receipt import look_in_words
from ..server.cache import CacheLook, ServiceState, look
from ..server.signin import ActivePortal, Given
from ..server.site import find_delete_task, tools_state
from ..server.tokens import Account
from ..waiting import SYSTEM_CLOCK, Clock, Run
from .visit import Visit, visit

DEADLINE = 300.0
# What it means for a deletion where they aren't started: DeleteCache is a task of CachingTools (captured, 10.8.1).
TOOLS = {"CachingTools": False, "CachingControllers": None}
START_IT = "start it in ArcGIS Server Manager"
NEXT = {
    ServiceState.NOT_STARTED: f"; {START_IT}",
    ServiceState.MISSING: "; check folder, name and type",
    ServiceState.UNREADABLE: "; open its address in a browser and see what answers",
}


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: `good` is False where it stops a deletion, None where it couldn't be told."""

    what: str
    good: bool | None
    words: str
    error: CacheToolsError | None = None


@dataclass(frozen=True)
class Check:
    """Everything that was checked, in order."""

    service: str
    findings: tuple[Finding, ...]

    @property
    def possible(self) -> bool:
        """True where nothing was found that stops a deletion."""
        return all(finding.good is not False for finding in self.findings)

    @property
    def exit_code(self) -> int:
        """0 where a deletion is possible, else that of the first thing that stops it."""
        stopper = next((finding for finding in self.findings if finding.good is False), None)
        if stopper is None:
            return 0
        return stopper.error.exit_code if stopper.error is not None else 1

    def to_dict(self) -> dict[str, Any]:
        """The check as JSON has it."""
        return {
            "service": self.service,
            "possible": self.possible,
            "checks": [{"what": f.what, "good": f.good, "words": f.words} for f in self.findings],
            "exit_code": self.exit_code,
        }

    def to_text(self) -> str:
        """A line a finding, and the sum of it."""
        mark = {True: "ok ", False: "NO ", None: " ? "}
        lines = [f"{mark[finding.good]} {finding.what}: {finding.words}" for finding in self.findings]
        outcome = "A deletion is possible from here" if self.possible else "Not possible yet: NO marks what stops it"
        open_questions = any(finding.good is None for finding in self.findings)
        return "\n".join([*lines, "", outcome + ("; ? marks what doesn't stop it." if open_questions else ".")])


def check_deletion(
    service: str,
    *,
    account: Account | None = None,
    username: str | None = None,
    active_portal: ActivePortal | None = None,
    ca_file: str | os.PathLike[str] | None = None,
    deadline: float = DEADLINE,
    messages: Messages = QUIET,
    clock: Clock = SYSTEM_CLOCK,
) -> Check:
    """Check everything that a deletion needs: sign-in, task, caching tools, service, cache, other jobs.

    The right to run the task shows only when it is used, so what is checked is that the account may read it. Takes the
    same arguments as delete_map_server_cache. Raises NotAService, ConnectionFileError, CertificateFileError.
    """
    named = find_service(service)
    run = Run(clock, deadline, messages.cancelled)
    findings: list[Finding] = []
    try:
        here = visit(named, run, Given(account, username), active_portal, ca_file, messages)
    except CacheToolsError as error:
        if error.exit_code == 2:
            raise
        return Check(named.url, (Finding("sign-in" if error.exit_code == 4 else "site", False, str(error), error),))
    who = f"as {here.account} " if here.account else ""
    findings.append(Finding("sign-in", True, f"{who}on {here.site.url}, ArcGIS Server {here.site.version}"))
    findings.extend(_task(here))
    findings.extend(_tools(here))
    findings.extend(_service(here))
    findings.append(_earlier_job(named.url))
    return Check(named.url, tuple(findings))


def _task(here: Visit) -> Iterator[Finding]:
    try:
        task = find_delete_task(here.wire, here.site.url)
    except CacheToolsError as error:
        yield Finding("task DeleteCache", False, str(error), error)
    else:
        yield Finding("task DeleteCache", True, f"listed by System/{task.service}")


def _tools(here: Visit) -> Iterator[Finding]:
    """The administrator API may be closed to this account or this address, which stops nothing."""
    for tools, otherwise in TOOLS.items():
        try:
            state = tools_state(here.wire, here.site.url, tools)
        except (NoAnswer, ServerSaysNo) as error:
            yield Finding(f"System/{tools}", None, f"its state can't be read: {error.what}")
        else:
            started = state == "STARTED"
            yield Finding(f"System/{tools}", started or otherwise, state if started else f"{state}; {START_IT}")


def _service(here: Visit) -> Iterator[Finding]:
    try:
        found = look(here.wire, here.service)
    except CacheToolsError as error:
        yield Finding("service", False, str(error), error)
        return
    answers = found.service is ServiceState.ANSWERS
    yield Finding("service", answers, f"{here.service} {found.service.value}{NEXT.get(found.service, '')}")
    if answers:
        yield from _cache(found)


def _cache(found: CacheLook) -> Iterator[Finding]:
    if found.shows_no_cache:
        yield Finding("cache", None, "there is none, so a deletion would do nothing")
    else:
        yield Finding("cache", found.cached is not None, look_in_words(found))
    if found.tiles_only:
        yield Finding("kind", False, "a hosted tile layer: its tiles are all it has")
    if found.scales is None:
        yield Finding("other jobs", None, f"can't be told: {' '.join(found.trouble)}")
    else:
        at_work = "another caching job is at work; wait for it, or cancel it in ArcGIS Server Manager"
        yield Finding("other jobs", not found.busy, at_work if found.busy else "none at work")


def _earlier_job(service_url: str) -> Finding:
    try:
        entry = Journal(service_url).entry()
    except CacheToolsError as error:
        return Finding("journal", False, str(error), error)
    if entry is None:
        return Finding("journal", True, "no unfinished deletion of this machine's user")
    return Finding(
        "journal", True, f"an unfinished deletion, begun {entry.begun:%Y-%m-%d %H:%M} UTC: a run picks it up"
    )
