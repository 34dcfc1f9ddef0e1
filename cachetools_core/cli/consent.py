"""Consent to a plan: `--yes`, or an answer on the terminal."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from ..errors import WrongUsage
from ..tools.deletion import Plan
from ..waiting import Run
from .terminal import Terminal


def consent(options: argparse.Namespace, terminal: Terminal, run: Run, question: str) -> Callable[[Plan], bool]:
    """What agrees to a plan that has been shown; it raises Cancelled, DeadlinePassed, WrongUsage.

    Raises WrongUsage where nobody can be asked.
    """
    if not options.yes and not terminal.has_somebody:
        raise WrongUsage("Confirmation needed, but this is no interactive terminal: add --yes.")
    terminal.quiet = options.q and options.yes  # who is asked must see what about

    def agree(plan: Plan) -> bool:
        asked = "Follow it to its end?" if plan.follows else question
        agreed = options.yes or terminal.ask(f"{asked} Type yes: ", run).strip().lower() == "yes"
        terminal.quiet = options.q
        return agreed

    return agree
