"""`delete`: shows what would go, asks on a terminal, deletes, and prints the receipt, or a summary of several."""

from __future__ import annotations

import argparse

from ..tools.delete import run_deletion
from ..waiting import Run
from .access import access_from
from .consent import consent, consent_to_many
from .end import End
from .listed import services_in
from .terminal import Terminal

QUESTION = "This can't be undone. Delete it?"


def run_command(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    """Delete the cache of each service, once that is confirmed; the end is a receipt, or a summary of several.

    Raises WrongUsage where nobody can be asked or no service is named, and as `access_from` does.
    """
    if "service" in options:
        return _delete_one(options, terminal, run)
    listed = [] if options.from_file is None else services_in(options.from_file, run)
    return _delete_many([*options.services, *listed], options, terminal, run)


def _delete_one(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    agree = consent(options, terminal, run, QUESTION)
    receipt = run_deletion(options.service, access_from(options, terminal, run), agree)
    return End(receipt.exit_code, receipt.to_text(), receipt.to_dict(), receipt.error, tells_error=True)


def _delete_many(services: list[str], options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    from ..tools.delete_many import run_deletions  # what one service doesn't need isn't loaded for it

    agree = consent_to_many(options, terminal, run)
    summary = run_deletions(services, access_from(options, terminal, run), agree, options.per_site)
    return End(summary.exit_code, summary.to_text(), summary.to_dict())
