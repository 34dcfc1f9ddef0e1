"""The command line: the same stories, for people and schedulers without Pro."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from .. import __version__
from ..errors import CacheToolsError, Cancelled, WrongUsage
from ..server.tokens import Account
from ..tools.access import Access
from ..tools.check import check_deletion
from ..tools.delete import Plan, run_deletion
from ..tools.report import report_cache
from .rehearse import rehearse


class Terminal:
    """Messages go to standard error, so that standard output holds nothing but the outcome."""

    def __init__(self) -> None:
        self._cancelled = False
        self._reading = False
        self._label = ""

    def info(self, text: str) -> None:
        """One line."""
        print(text, file=sys.stderr, flush=True)

    def warning(self, text: str) -> None:
        """One line that stands out."""
        print(f"WARNING: {text}", file=sys.stderr, flush=True)

    def progress(self, label: str, percent: float | None = None) -> None:
        """One line a change."""
        line = label if percent is None else f"{label}, {percent:.0f} %"
        if line != self._label:
            self._label = line
            print(f"... {line}", file=sys.stderr, flush=True)

    def cancelled(self) -> bool:
        """True after Ctrl+C or a termination signal."""
        return self._cancelled

    def cancel(self, *_: object) -> None:
        """A signal's handler: the story asks at least every quarter second and ends in order."""
        self._cancelled = True
        if self._reading:
            raise KeyboardInterrupt  # Python goes on reading after a signal whose handler returns

    def read_line(self) -> str:
        """One line of standard input; empty where there is none. Raises Cancelled, and WrongUsage for no text."""
        trouble: CacheToolsError = Cancelled("Stopped before anything was submitted.", "Nothing has changed.")
        try:
            self._reading = True
            if self._cancelled:
                raise KeyboardInterrupt
            line = sys.stdin.readline() if sys.stdin is not None else ""
            line.encode("utf-8")
            return line.rstrip("\r\n")
        except KeyboardInterrupt:
            pass
        except UnicodeError:
            trouble = WrongUsage(
                "What came on standard input can't be read as text.", "Send it in the encoding of this terminal."
            )
        finally:
            self._reading = False
        raise trouble  # not within a clause: the error there may quote a password


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 failed, 2 usage, 3 cancelled, 4 sign-in, 5 unknown."""
    for stream in (sys.stdout, sys.stderr):
        # A console of Windows may not have every letter of a service's name.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    options = _parser().parse_args(arguments)
    terminal = Terminal()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, terminal.cancel)
    try:
        return int(options.run(options, terminal))
    except CacheToolsError as error:
        _print_failure(error, options)
        return error.exit_code


def _delete(options: argparse.Namespace, terminal: Terminal) -> int:
    if not options.yes and (sys.stdin is None or not sys.stdin.isatty()):
        raise WrongUsage("Confirmation needed, but this is no interactive terminal.", "Add --yes.")
    agree = _always if options.yes else lambda plan: _confirm(plan, terminal)
    receipt = run_deletion(options.service, _access(options, terminal), agree)
    if receipt.error is not None:
        print(receipt.error, file=sys.stderr)
    print(receipt.to_json() if options.json else receipt.to_text())
    return receipt.exit_code


def _report(options: argparse.Namespace, terminal: Terminal) -> int:
    report = report_cache(options.service, _access(options, terminal))
    print(json.dumps(report.to_dict(), indent=1) if options.json else report.to_text())
    return 0


def _check(options: argparse.Namespace, terminal: Terminal) -> int:
    check = check_deletion(options.service, _access(options, terminal))
    print(json.dumps(check.to_dict(), indent=1) if options.json else check.to_text())
    return check.exit_code


def _rehearse(_: argparse.Namespace, terminal: Terminal) -> int:
    os.environ["no_proxy"] = "localhost"  # the tour stays on this machine, whatever proxy it has
    with _rehearsal_server() as server:
        return 0 if rehearse(server, lambda text: print(text, flush=True), Tour(terminal)) else 1


class Tour(Terminal):
    """What the story says, as a part of the tour: on standard output, set in."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal

    def info(self, text: str) -> None:
        """One line, set in."""
        print(f"   {text}", flush=True)

    def warning(self, text: str) -> None:
        """One line, set in, that stands out."""
        print(f"   WARNING: {text}", flush=True)

    def progress(self, label: str, percent: float | None = None) -> None:
        """One line, set in."""
        print(f"   ... {label}" + ("" if percent is None else f", {percent:.0f} %"), flush=True)

    def cancelled(self) -> bool:
        """True once the terminal's user wants to stop."""
        return self._terminal.cancelled()


@contextmanager
def _rehearsal_server() -> Iterator[dict[str, Any]]:
    """A rehearsal server in a process of its own, and its ready line. Raises WrongUsage where it doesn't start."""
    command = [sys.executable, "-m", "cachetools_core.rehearsal", "--port", "0", "--job-seconds", "3"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8") as server:
        try:
            line = server.stdout.readline() if server.stdout is not None else ""
            if not line:
                raise WrongUsage(
                    "The rehearsal server didn't start.",
                    "It needs tornado, numpy and cryptography, which Pro has; elsewhere: pip install .[rehearsal]",
                )
            yield json.loads(line)
        finally:
            server.terminate()


def _access(options: argparse.Namespace, terminal: Terminal) -> Access:
    """A password comes from standard input, never from an argument."""
    account = None
    if options.password_stdin:
        if not options.user:
            raise WrongUsage("--password-stdin needs --user.", "Name the account: --user NAME.")
        password = terminal.read_line()
        if not password:
            raise WrongUsage("There is no password on standard input.", "Pipe it in, one line, or use the keyring.")
        account = Account(options.user, password)
    access = Access(account=account, username=options.user, ca_file=options.ca_file, messages=terminal)
    return replace(access, deadline=options.deadline) if options.deadline else access


def _always(_: Plan) -> bool:
    return True


def _confirm(plan: Plan, terminal: Terminal) -> bool:
    asked = "Follow it?" if plan.follows else "This can't be undone. Delete it?"
    print(f"{asked} Type yes: ", end="", file=sys.stderr, flush=True)
    return terminal.read_line().strip().lower() == "yes"


def _print_failure(error: CacheToolsError, options: argparse.Namespace) -> None:
    print(error, file=sys.stderr)
    if getattr(options, "json", False):
        failure = {"id": error.message_id, "text": str(error)}
        print(json.dumps({"service": options.service, "error": failure, "exit_code": error.exit_code}, indent=1))


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cachetools_core",
        description="Delete the cache of a map or image service on ArcGIS Server, and prove that it is gone.",
        epilog="Exit codes: 0 deleted or nothing to delete, 1 failed, 2 usage, 3 cancelled, 4 sign-in or permission,"
        " 5 still running or unknown.",
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    delete = _command(commands, "delete", _delete, "delete the cache; this can't be undone")
    delete.add_argument("--yes", action="store_true", help="don't ask; needed where nobody sits at a terminal")
    _command(commands, "report", _report, "what would go: scales, tiles, bytes; changes nothing")
    _command(commands, "check", _check, "could it be deleted from here, and if not, why and what to do")
    tour = commands.add_parser("rehearse", help="the main job on a local server with a real cache, explained")
    tour.set_defaults(run=_rehearse)
    return parser


def _command(commands: Any, name: str, run: Callable[..., int], text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=text)
    parser.add_argument("service", metavar="SERVICE", help="a REST or SOAP address, a catalog path, or a .lyrx file")
    parser.add_argument("--user", metavar="NAME", help="the account; its password is looked up in the keyring")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input, one line")
    parser.add_argument("--ca-file", metavar="F", help="PEM file of certificates that count for this site too")
    parser.add_argument(
        "--deadline", type=_seconds, metavar="SECONDS", help="for the whole run; the job goes on after it"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)
    return parser
