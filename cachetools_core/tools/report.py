"""What a deletion would remove: scales, tiles, bytes; changes nothing."""

from __future__ import annotations

import os

from ..errors import CannotDelete, NoAnswer, ServerSaysNo
from ..local.folders import whole_path
from ..local.report_file import named_file
from ..messages import QUIET, Messages, plain_words
from ..naming.files import find_service
from ..proof.cache_found import CachingJob
from ..proof.evidence import Look, Says, ServiceState, Witness
from ..proof.finding import Finding
from ..proof.report import Report
from ..server.job_list import list_jobs
from ..server.looks import closer_look
from ..server.signin import OpenSite
from .access import Access
from .check import TOOLS, findings_with, service_findings
from .session import Session

FORMS = {".html": Report.to_html, ".json": Report.to_json, ".csv": Report.to_csv}
NEXT = {
    ServiceState.NOT_STARTED: "Start the service in ArcGIS Server Manager, then run this again.",
    ServiceState.MISSING: "Check folder, name and type of the service.",
    ServiceState.UNREADABLE: "Open its address in a browser and see what answers.",
}


def report_map_server_cache(
    input_service: str,
    output_report: str | os.PathLike[str] | None = None,
    access: Access = Access(),  # noqa: B008 - frozen
) -> Report:
    """Report on a cache, and tell it to `access.messages`: the scales, then a message for each thing that was checked.

    Raises what report_cache raises.
    """
    session = Session(access)
    report = _report(input_service, output_report, session, session.messages)
    session.messages.info(report.table)
    for caution in report.cautions:
        session.messages.warning(caution)
    if output_report:
        session.messages.info(f"Report: {whole_path(output_report)}")
    return report


def report_cache(
    service: str,
    access: Access = Access(),  # noqa: B008 - frozen
    output: str | os.PathLike[str] | None = None,
) -> Report:
    """What a deletion of this service's cache would remove; changes nothing on the server.

    The counts are ReportCacheStatus's, which may be out of step where tiles were copied in by hand. `output` is a file
    for the report, as a page, as JSON or as a table by its ending: .html, .json or .csv.
    Raises CannotDelete where the service doesn't say whether it has a cache and nobody counts one, WrongUsage for a
    file with another ending before anything is asked, ReportNotWritten, and what `plan_deletion` raises.
    """
    return _report(service, output, Session(access), QUIET)


def _report(text: str, output: str | os.PathLike[str] | None, session: Session, hears: Messages) -> Report:
    with session.discreetly():
        file = named_file(output, session.run)
        named = find_service(text, session.run)
        site = session.site_of(named)
        found = closer_look(site.wire, named, others=session.others_of(named))
        findings = tuple(findings_with(service_findings(named, found), site, named, session))
        tell(findings, hears)
        if found.of(Witness.SERVICE).says is Says.NOTHING and not _is_counted(found):
            why = " ".join((f"{named.url} {found.service.value}.", *found.trouble))
            raise CannotDelete(why, NEXT[found.service])
        jobs, no_jobs = _jobs_at_work(site)
        asked_at = session.access.clock.now()
        made = session.secrets.blotted_value(Report(named.url, found, asked_at, findings, jobs, no_jobs))
        if file is not None:
            content = FORMS[file.ending](made)
            session.run.in_time(f"writing {file.path.name}", lambda: file.write(content))
    return made


def tell(findings: tuple[Finding, ...], hears: Messages) -> None:
    """Say each finding: a warning for what stops a deletion, or may. Raises nothing."""
    for finding in findings:
        (hears.info if finding.good else hears.warning)(str(finding))


def _is_counted(found: Look) -> bool:
    """True where tiles of a service are counted that doesn't answer itself, as of one that is stopped."""
    return bool(found.scales) and found.service is not ServiceState.MISSING


def _jobs_at_work(site: OpenSite) -> tuple[tuple[CachingJob, ...] | None, str]:
    """The caching jobs that haven't ended, whatever service they are for; else why the server doesn't list them."""
    jobs: list[CachingJob] = []
    for tools in TOOLS:
        try:
            listed = list_jobs(site.wire, site.url, tools).jobs
        except (NoAnswer, ServerSaysNo) as error:
            site.wire.run.go_on()
            return None, error.what
        jobs += (
            CachingJob(job.id, tools, *map(plain_words, (job.task, job.status, job.user)))
            for job in listed
            if not job.has_ended
        )
    return tuple(jobs), ""
