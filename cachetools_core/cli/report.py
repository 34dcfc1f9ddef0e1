"""`report`: what a deletion would take away."""

from __future__ import annotations

import argparse

from ..tools.report import report_cache
from ..waiting import Run
from .access import access_from
from .end import End
from .terminal import Terminal


def run_command(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    """Report on the service's cache. Raises CacheToolsError where it can't be looked at, or written to the file."""
    report = report_cache(options.service, access_from(options, terminal, run), options.output)
    if options.output:
        terminal.info(f"Report: {options.output}")
    return End(0, report.to_text(), report.to_dict())
