"""Access to a site as the command line gives it: a password comes from standard input, never from an argument."""

from __future__ import annotations

import argparse

from ..account import Account, Place
from ..errors import WrongUsage
from ..tools.access import Access
from ..waiting import Run
from .terminal import Terminal


def access_from(options: argparse.Namespace, terminal: Terminal, run: Run) -> Access:
    """What the options say of account, trust and time; reads the password where it is piped in.

    Raises WrongUsage where there is none, Cancelled, DeadlinePassed.
    """
    account = _piped_in(options.user, terminal, run) if options.password_stdin else None
    return Access(
        account=account,
        username=options.user,
        ca_file=options.ca_file,
        cache_directory=getattr(options, "cache_directory", None),
        deadline=run.left(),
        messages=terminal,
        place=Place.TERMINAL,
        clock=run.clock,
        receipts=getattr(options, "receipts", None),
    )


def _piped_in(username: str, terminal: Terminal, run: Run) -> Account:
    if not username:
        raise WrongUsage("--password-stdin needs --user.", "Name the account: --user NAME.")
    password = terminal.read_line(run, "the password")
    if not password:
        raise WrongUsage("There is no password on standard input.", "Pipe it in, one line.")
    return Account(username, password)
