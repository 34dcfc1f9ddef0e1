"""The caches of a whole site, or of several services, by size; changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ..errors import WrongUsage
from ..local.report_file import ReportFile, named_file
from ..naming.several import list_of_texts
from ..naming.site import read_site_part
from ..proof.site_caches import Ending
from ..proof.site_report import SiteReport
from ..waiting import Run
from .access import Access
from .inquiry import InquirySession, NamedInquiry, SiteInquiry
from .session import Session

FORMS = {".html": SiteReport.to_html, ".json": SiteReport.to_json, ".csv": SiteReport.to_csv}
TO_WRITE_WHAT_IS_KNOWN = 10.0


def report_site(
    site: str,
    access: Access = Access(),  # noqa: B008 - frozen
    output: str | os.PathLike[str] | None = None,
) -> SiteReport:
    """The caches of every map and image service of a site, or of one of its folders; changes nothing on the server.

    `site` is an address such as `https://gis.example.com/server`, or a folder's in the services directory. Progress is
    told to `access.messages`. Where the deadline passes or somebody cancels, what is known until then is returned, and
    `ending` says so. `output` is a file for it, by its ending: .html, .json or .csv.
    Raises NotAService, WrongUsage and ReportNotWritten, and where the site can't be listed at all, as a single report
    does where the service can't be looked at.
    """
    session, file = _begun(access, output)
    with session.discreetly():
        inquiry = SiteInquiry(session, read_site_part(site))
        return _written(inquiry.until_its_end(), file, session)


def report_services(
    services: Iterable[str],
    access: Access = Access(),  # noqa: B008 - frozen
    output: str | os.PathLike[str] | None = None,
) -> SiteReport:
    """The caches of these services in one report, as `report_site` has it; one that can't be read stops no other.

    Raises as `report_site` does, and where none of the services could even be asked, what stopped the first of them.
    """
    texts = list_of_texts(services)
    session, file = _begun(access, output)
    with session.discreetly():
        inquiry = NamedInquiry(session, dict.fromkeys(texts))
        report = inquiry.until_its_end()
        if inquiry.first_error is not None and not inquiry.opened and report.ending is Ending.WHOLE:
            raise inquiry.first_error
        return _written(report, file, session)


def _begun(access: Access, output: str | os.PathLike[str] | None) -> tuple[InquirySession, ReportFile | None]:
    if access.cache_directory:
        raise WrongUsage(
            "A cache directory can be used for one service at a time.", "Leave it out, or report on one service."
        )
    session = InquirySession(access)
    return session, named_file(output, session.run)


def _written(report: SiteReport, file: ReportFile | None, session: Session) -> SiteReport:
    """The same report, once it stands in its file. Raises ReportNotWritten."""
    if file is None:
        return report
    content = FORMS[file.ending](report)
    # What is known is kept, also where there is no time left, or somebody wants to stop.
    time = (
        session.run if report.ending is Ending.WHOLE else Run(session.run.clock, TO_WRITE_WHAT_IS_KNOWN, lambda: False)
    )
    time.in_time(f"writing {file.path.name}", lambda: file.write(content))
    return report
