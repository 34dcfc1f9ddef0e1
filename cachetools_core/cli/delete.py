"""`delete`: shows what would go, asks on a terminal, deletes, and prints the receipt, or a summary of several."""

from __future__ import annotations

import argparse
from functools import partial

from ..errors import CacheToolsError
from ..tools.delete import run_deletion
from ..waiting import Run
from .access import access_from, access_without_account
from .consent import consent_to_many
from .deleting import end_of_deletion
from .end import End
from .listed import services_in
from .terminal import Terminal


def run_command(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    """Delete the cache of each service, once that is confirmed; the end is a receipt, or a summary of several.

    Raises WrongUsage where no service is named, or one cache directory for several sites, Cancelled, DeadlinePassed.
    """
    if "service" in options:
        return _delete_one(options, terminal, run)
    listed = [] if options.from_file is None else services_in(options.from_file, run)
    return _delete_many([*options.services, *listed], options, terminal, run)


def _delete_one(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    delete = partial(run_deletion, options.service)
    return end_of_deletion(options, terminal, run, "the cache", delete)


def _delete_many(services: list[str], options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    from ..tools.delete_many import run_deletions  # what one service doesn't need isn't loaded for it

    try:
        agree = consent_to_many(options, terminal, run)
        access = access_from(options, terminal, run)
    except CacheToolsError as error:
        access = access_without_account(options, terminal, run)
        summary = run_deletions(services, access, lambda plans: False, options.per_site, refusal=error)
    else:
        summary = run_deletions(services, access, agree, options.per_site)
    return End(summary.exit_code, summary.to_text(), summary.to_dict())
