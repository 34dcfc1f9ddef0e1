"""Consent to a plan: `--yes`, or an answer on the terminal."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import WrongUsage
from ..proof.words import plural
from ..tools.plan import Plan
from ..waiting import Run
from .terminal import Terminal

if TYPE_CHECKING:
    from ..tools.plans import Plans


def consent(options: argparse.Namespace, terminal: Terminal, run: Run, what: str) -> Callable[[Plan], bool]:
    """What agrees to a plan that has been shown; it raises Cancelled, DeadlinePassed, WrongUsage.

    `what` is what the plan deletes of the service, which the question names: a file may have led to it.
    Raises WrongUsage where nobody can be asked.
    """
    _check_that_somebody_can_agree(options, terminal)

    def agree(plan: Plan) -> bool:
        deleting = f"This can't be undone. Delete {what} of {plan.service.url}?"
        return _yes("Follow it to its end?" if plan.follows else deleting, options, terminal, run)

    return agree


def consent_to_many(options: argparse.Namespace, terminal: Terminal, run: Run) -> Callable[[Plans], bool]:
    """What agrees to plans that have been shown, once for all of them; raises as `consent` does."""
    _check_that_somebody_can_agree(options, terminal)

    def agree(plans: Plans) -> bool:
        following = f"Follow {plural(len(plans.following), 'deletion')} to the end?"
        deleting = f"This can't be undone. Delete {plural(len(plans.deleting), 'cache')}?"
        return _yes(deleting if plans.deleting else following, options, terminal, run)

    return agree


def _check_that_somebody_can_agree(options: argparse.Namespace, terminal: Terminal) -> None:
    if not options.yes and not terminal.has_somebody:
        raise WrongUsage("Confirmation needed, but this is no interactive terminal: add --yes.")
    terminal.quiet = options.q and options.yes  # who is asked must see what about


def _yes(question: str, options: argparse.Namespace, terminal: Terminal, run: Run) -> bool:
    agreed: bool = options.yes or terminal.ask(f"{question} Type yes: ", run).strip().lower() == "yes"
    terminal.quiet = options.q
    return agreed
