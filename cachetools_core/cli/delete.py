"""`delete`: shows what would go, asks on a terminal, deletes, and prints the receipt."""

from __future__ import annotations

import argparse

from ..errors import WrongUsage
from ..tools.delete import Plan, run_deletion
from ..waiting import Run
from .access import access_from
from .end import End
from .terminal import Terminal


def run_command(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    """Delete the cache of a service, once that is confirmed; the end is a receipt.

    Raises WrongUsage where nobody can be asked, and as `access_from` does.
    """
    if not options.yes and not terminal.has_somebody:
        raise WrongUsage("Confirmation needed, but this is no interactive terminal: add --yes.")

    def agree(plan: Plan) -> bool:
        return options.yes or _is_confirmed(plan, terminal, run)

    receipt = run_deletion(options.service, access_from(options, terminal, run), agree)
    return End(receipt.exit_code, receipt.to_text(), receipt.to_dict(), receipt.error, tells_error=True)


def _is_confirmed(plan: Plan, terminal: Terminal, run: Run) -> bool:
    """Ask about a plan that has been shown. Raises Cancelled, DeadlinePassed, WrongUsage."""
    question = "Follow it to its end?" if plan.follows else "This can't be undone. Delete it?"
    return terminal.ask(f"{question} Type yes: ", run).strip().lower() == "yes"
