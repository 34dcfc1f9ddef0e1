"""The command line: one command from its arguments to its exit code."""

from __future__ import annotations

import argparse
import importlib
import json
import traceback
from collections.abc import Sequence

from ..errors import CacheToolsError, Unexpected, WrongUsage
from ..naming.address import safe_text
from ..waiting import SYSTEM_CLOCK, Run
from .arguments import read_arguments, wants_json
from .commands import A_NIGHT, deadline_of, services_in
from .end import End, failure
from .log import log_end, logging_as_wanted
from .signals import Stop
from .terminal import Terminal


def main(arguments: Sequence[str], stop: Stop) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 usage, 3 cancelled, 4 sign-in, 5 unknown."""
    terminal = Terminal(stop)
    run = Run(SYSTEM_CLOCK, A_NIGHT, terminal.cancelled)
    with terminal.in_place():
        try:
            options = read_arguments(arguments)
        except CacheToolsError as error:
            end = failure(error, None)
        except SystemExit:  # help and version are printed by now
            end = End(0, "", {})
        else:
            terminal.quiet = options.q
            run = Run(SYSTEM_CLOCK, deadline_of(options), terminal.cancelled)
            end = _end_of(options, terminal, run)
        _print(end, terminal, wants_json(arguments))
        terminal.finish(run)
    return end.exit_code


def _end_of(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    try:
        with logging_as_wanted(options, terminal, run):
            end = _carried_out(options, terminal, run)
            log_end(end)
    except CacheToolsError as error:  # the log can't be opened
        return failure(error, _service_in(options))
    return end


def _carried_out(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    service = _service_in(options)
    try:
        # Loaded by now and not before: a Ctrl+C meanwhile is heard, and a wrong argument needn't wait.
        command = importlib.import_module(f"{__package__}.{options.command.replace('-', '_')}")
        end: End = command.run_command(options, terminal, run)
    except CacheToolsError as error:
        return failure(error, service)
    except ImportError as missing:
        what = f"A Python package that CacheTools needs can't be loaded: {missing.name}."
        return failure(
            WrongUsage(what, "Run it with Pro's own Python, or: python -m pip install requests keyring"), service
        )
    except Exception as fault:  # noqa: BLE001 - a fault of ours must not end in a traceback, which shows what it held
        where = traceback.extract_tb(fault.__traceback__)[-1]
        what = f"CacheTools itself failed: {type(fault).__name__} in {where.name}, line {where.lineno}."
        return failure(Unexpected(what), service)
    return end


def _service_in(options: argparse.Namespace) -> str | None:
    """The service that the command is about; None where it is about several, or none."""
    given = services_in(options)
    return safe_text(given[0]) if len(given) == 1 else None


def _print(end: End, terminal: Terminal, as_json: bool) -> None:
    if end.error is not None and (as_json or not (end.tells_error and terminal.shows_all_to_one)):
        terminal.error(str(end.error))
    if as_json and end.fields:
        terminal.outcome(json.dumps(end.fields, indent=1))
    elif end.text:
        terminal.outcome(end.text)
