"""`delete`: shows what would go, asks on a terminal, deletes, and prints the receipt."""

from __future__ import annotations

import argparse

from ..tools.delete import run_deletion
from ..waiting import Run
from .access import access_from
from .consent import consent
from .end import End
from .terminal import Terminal

QUESTION = "This can't be undone. Delete it?"


def run_command(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    """Delete the cache of a service, once that is confirmed; the end is a receipt.

    Raises WrongUsage where nobody can be asked, and as `access_from` does.
    """
    agree = consent(options, terminal, run, QUESTION)
    receipt = run_deletion(options.service, access_from(options, terminal, run), agree)
    return End(receipt.exit_code, receipt.to_text(), receipt.to_dict(), receipt.error, tells_error=True)
