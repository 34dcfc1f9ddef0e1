"""Could this cache be deleted from here, and if not, why and what to do; changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import AlreadyRunning, CacheToolsError, Cancelled, NoAnswer, ServerSaysNo
from ..local.ledger import run_under_way
from ..naming.files import find_service
from ..naming.identity import service_key
from ..naming.service import ServiceReference
from ..proof.entry import Entry
from ..proof.evidence import Look, Says, ServiceState, Witness
from ..proof.finding import Check, Finding
from ..proof.look_words import look_in_words, who_says_what
from ..proof.words import for_people, in_utc, plural
from ..server.looks import look, with_administrator
from ..server.signin import OpenSite
from ..server.site import find_task, site_mode, tools_state
from .access import Access
from .cache_work import INPUTS, TASK, inputs_listed
from .plan import journal_of
from .session import Session

# What it means for a deletion where they aren't started: DeleteCache is a task of CachingTools (captured, 10.8.1).
TOOLS = {"CachingTools": False, "CachingControllers": None}
START_IT = "start it in ArcGIS Server Manager"
OTHER_JOBS = "other jobs"
NEXT = {
    ServiceState.NOT_STARTED: f"; {START_IT}",
    ServiceState.MISSING: "; check folder, name and type",
    ServiceState.UNREADABLE: "; open its address in a browser and see what answers",
}


def check_deletion(service: str, access: Access = Access()) -> Check:  # noqa: B008 - frozen
    """Check everything that a deletion needs: sign-in, task, caching tools, service, cache, other jobs.

    The right to run the task shows only when it is used, so what is checked is that the account may read it.
    Raises NotAService, ConnectionFileError, CertificateFileError, Cancelled.
    """
    session = Session(access)
    with session.discreetly():
        named = find_service(service, session.run)
        findings = tuple(_findings(named, session))
        if session.run.cancel_wanted():  # what was broken off says nothing of a deletion
            raise Cancelled("The check was stopped.", "Nothing on the server has changed.")
    return session.secrets.blotted_value(Check(named.url, findings))


def _findings(named: ServiceReference, session: Session) -> Iterator[Finding]:
    try:
        site = session.site_of(named)
    except CacheToolsError as error:
        if error.exit_code == 2:
            raise
        yield Finding("sign-in" if error.exit_code == 4 else "site", False, str(error), error)
        return
    yield from findings_with(_service(site, named, session), site, named, session)


def findings_with(
    about_service: Iterable[Finding], site: OpenSite, named: ServiceReference, session: Session
) -> Iterator[Finding]:
    """What a deletion needs of the site, what was found of the service, and what this machine's journal holds.

    Raises Cancelled, DeadlinePassed, and as what gives the findings about the service.
    """
    who = f"as {site.account} " if site.account else ""
    yield Finding("sign-in", True, f"{who}on {site.url}, ArcGIS Server {site.info.version}")
    yield from _mode(site)
    yield from _task(site)
    yield from _tools(site)
    yield from _beside_own_job(about_service, named, session)
    yield _earlier_job(named, session)


def _mode(site: OpenSite) -> Iterator[Finding]:
    """A site in READ_ONLY mode takes no changes (10.4 and later); who may not read the mode learns nothing."""
    try:
        mode = site_mode(site.wire, site.url)
    except (NoAnswer, ServerSaysNo):
        return
    if mode == "READ_ONLY":
        remedy = "have an administrator set it to EDITABLE in the administrator API under /admin/mode"
        yield Finding("site mode", False, f"the site is in READ_ONLY mode; {remedy}")


def _task(site: OpenSite) -> Iterator[Finding]:
    try:
        task = find_task(site.wire, site.url, TASK)
        inputs_listed(task, dict.fromkeys(INPUTS, ""))
    except CacheToolsError as error:
        yield Finding(f"task {TASK}", False, str(error), error)
    else:
        yield Finding(f"task {TASK}", True, f"listed by System/{task.tools}")


def _tools(site: OpenSite) -> Iterator[Finding]:
    """The administrator API may be closed to this account or this address, which stops nothing."""
    for tools, otherwise in TOOLS.items():
        try:
            state = tools_state(site.wire, site.url, tools)
        except (NoAnswer, ServerSaysNo) as error:
            yield Finding(f"System/{tools}", None, f"its state can't be read: {error.what}")
        else:
            started = state == "STARTED"
            yield Finding(f"System/{tools}", started or otherwise, state if started else f"{state}; {START_IT}")


def _service(site: OpenSite, named: ServiceReference, session: Session) -> Iterator[Finding]:
    """By all whom a deletion asks: what it would refuse is found here too."""
    try:
        found = look(site.wire, named, others=session.others_of(named))
        if found.has_no_cache:
            found = with_administrator(site.wire, named, found)
    except CacheToolsError as error:
        yield Finding("service", False, str(error), error)
        return
    yield from service_findings(named, found)


def service_findings(named: ServiceReference, found: Look) -> Iterator[Finding]:
    """What a look says of a deletion. Raises nothing."""
    answers = found.service is ServiceState.ANSWERS
    why = found.of(Witness.SERVICE).words if found.service is ServiceState.UNREADABLE else ""
    yield Finding("service", answers, f"{named} {found.service.value}{NEXT.get(found.service, '')}. {why}".rstrip(". "))
    if answers:
        yield from _cache(found)


def _cache(found: Look) -> Iterator[Finding]:
    if found.has_no_cache:
        yield Finding("cache", None, "there is none, so a deletion would do nothing")
    elif found.of(Witness.SERVICE).says is Says.GONE and not found.tiles:
        yield Finding("cache", False, f"can't tell whether there is one: {who_says_what(found)}")
    else:
        yield Finding("cache", True, look_in_words(found))
    if found.tiles_only:
        yield Finding("kind", False, "a hosted tile layer: its tiles are all it has")
    if found.busy:
        at_work = "another caching job is running; wait for it, or cancel it in ArcGIS Server Manager"
        yield Finding(OTHER_JOBS, False, at_work)
    elif found.scales is None:
        yield Finding(OTHER_JOBS, None, f"not known: {found.of(Witness.REPORT).words}")
    else:
        yield Finding(OTHER_JOBS, True, "none running, according to the cache report")


def _beside_own_job(findings: Iterable[Finding], named: ServiceReference, session: Session) -> Iterator[Finding]:
    """What is found of the service, where an unfinished deletion may be the other job, or have stopped the service.

    That stops no run: it follows the job before it looks.
    """
    for finding in findings:
        if finding.good is False and finding.error is None and _has_entry(named, session):
            found, _, _ = finding.words.partition(";")  # without what to do about it
            yield Finding(finding.what, None, f"{found}; that may be the work of the unfinished deletion")
        else:
            yield finding


def _has_entry(named: ServiceReference, session: Session) -> bool:
    """False also for a journal that can't be read: _earlier_job says so."""
    try:
        return journal_of(named, session).entry() is not None
    except CacheToolsError:
        return False


def _earlier_job(named: ServiceReference, session: Session) -> Finding:
    """What this machine's journal holds of the service, and whether a run is at work on it. Raises nothing."""
    try:
        journal = journal_of(named, session)
        entry = journal.entry()
        is_at_work = journal.is_held_by_another
        among = run_under_way(service_key(named), session.access.journal_folder)
        journal.check_usable()
    except CacheToolsError as error:
        return Finding("journal", False, str(error), error)
    run = f"another run on this machine, over {plural(among, 'service')}," if among else "another run on this machine"
    if is_at_work:
        busy = AlreadyRunning(f"{run} is working on this service; {_noted(entry)}")
        return Finding("journal", False, f"{busy.what}. {busy.remedy}", busy)
    if among:
        return Finding("journal", None, f"{run} has this one among them and isn't working on it now; {_then(entry)}")
    return Finding("journal", True, _then(entry))


def _noted(entry: Entry | None) -> str:
    """What a run that is at work has noted."""
    if entry is None:
        return "it has submitted no job yet"
    return f"job {entry.job_id or 'without an answer yet'}, begun {for_people(in_utc(entry.begun))}"


def _then(entry: Entry | None) -> str:
    """What the next run does."""
    if entry is None:
        return "no unfinished deletion of this machine's user"
    if entry.job_id:
        then = f"job {entry.job_id}; a run follows it and submits nothing"
    else:
        then = "its submit was never answered; a run looks for its job first"
    return f"an unfinished deletion, begun {for_people(in_utc(entry.begun))}: {then}"
