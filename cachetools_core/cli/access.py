"""Access to a site as the command line gives it; a password is never an argument."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ..account import Account, Place
from ..errors import WrongUsage
from ..tools.access import Access
from ..waiting import Run
from .password import AskedFor, piped_in, printed_by
from .terminal import Terminal


def access_from(options: argparse.Namespace, terminal: Terminal, run: Run) -> Access:
    """What the options say of account, trust and time; reads the password where it is piped in or a program prints it.

    Raises WrongUsage where there is none, Cancelled, DeadlinePassed.
    """
    return replace(access_without_account(options, terminal, run), account=_account(options, terminal, run))


def access_without_account(options: argparse.Namespace, terminal: Terminal, run: Run) -> Access:
    """What the options say of all but the password. Raises WrongUsage for a path that can't be one."""
    return Access(
        username=options.user,
        last_resort=AskedFor(terminal, options.user),
        ca_file=options.ca_file,
        cache_directory=getattr(options, "cache_directory", None),
        deadline=run.left(),
        messages=terminal,
        place=Place.TERMINAL,
        clock=run.clock,
        receipts=getattr(options, "receipts", None),
    )


def _account(options: argparse.Namespace, terminal: Terminal, run: Run) -> Account | None:
    if not options.password_stdin and options.password_command is None:
        return None
    if not options.user:
        named = "--password-stdin" if options.password_stdin else "--password-command"
        raise WrongUsage(f"{named} needs --user.", "Name the account: --user NAME.")
    password = (
        piped_in(terminal, run) if options.password_stdin else printed_by(options.password_command, terminal, run)
    )
    return Account(options.user, password)
