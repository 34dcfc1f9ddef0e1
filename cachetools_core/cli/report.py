"""`report`: what a deletion would remove, of a service, of several, or of a whole site."""

from __future__ import annotations

import argparse

from ..tools.access import Access
from ..tools.report import report_cache
from ..tools.report_site import report_services, report_site
from ..waiting import Run
from .access import access_from
from .commands import is_about_many
from .end import End
from .terminal import Terminal


def run_command(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    """Report on the service's cache, or on many. Raises CacheToolsError where that can't be made or written."""
    access = access_from(options, terminal, run)
    make = _of_many if is_about_many(options) else _of_one
    end = make(options, access)
    if options.output:
        terminal.info(f"Report: {options.output}")
    return end


def _of_one(options: argparse.Namespace, access: Access) -> End:
    report = report_cache(options.service[0], access, options.output)
    return End(0, report.to_text(), report.to_dict())


def _of_many(options: argparse.Namespace, access: Access) -> End:
    if len(options.service) == 1:
        report = report_site(options.service[0], access, options.output)
    else:
        report = report_services(options.service, access, options.output)
    return End(report.exit_code, report.to_text(), report.to_dict())
