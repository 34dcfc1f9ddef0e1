"""Options that every command has, and that a command which asks no site of the user's has no use for."""

from __future__ import annotations

import argparse

from .terminal import Terminal

FOR_A_SITE = ("user", "password_stdin", "password_command", "ca_file")


def tell_unused(options: argparse.Namespace, terminal: Terminal) -> None:
    """Say which of the options that are for a site were given. Raises nothing."""
    given = [f"--{name.replace('_', '-')}" for name in FOR_A_SITE if getattr(options, name)]
    if given:
        terminal.warning(f"Not used: {', '.join(given)}, since {options.command} contacts none of your sites.")
