"""`rehearse`: the tour, on a rehearsal server that lives as long as the tour."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..errors import CacheToolsError, Cancelled, WrongUsage
from ..system import ask_to_end, end, started_apart
from ..waiting import Run
from .end import End
from .terminal import Terminal
from .unused import tell_unused

SERVER = ("cachetools_core.rehearsal", "--port", "0", "--job-seconds", "3", "--end-with-parent")
ENDS_WITHIN = 10.0


def run_command(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    """Take the tour. Raises Cancelled, WrongUsage where the server doesn't start, CacheToolsError as the deletion."""
    os.environ["no_proxy"] = "localhost"  # the tour stays on this machine, whatever proxy it has
    tell_unused(options, terminal)
    guide = Guide(terminal, terminal.info if options.json else terminal.outcome)
    guide.say(
        "The tour starts a local stand-in for ArcGIS Server and draws a map cache for it. This takes a few seconds."
    )
    try:
        with _rehearsal_server(run) as ready:
            # Loads while the server draws, and where Ctrl+C needn't wait for it.
            tour = run.call(lambda _: importlib.import_module(f"{__package__}.tour"), float("inf"))
            receipt, seen = tour.take_tour(ready(), guide, run)
    except CacheToolsError:
        if not terminal.cancelled():
            raise
    if terminal.cancelled():
        raise Cancelled("The tour was stopped.", "Its server has ended and its files are removed.")
    code = 0 if seen else 1
    return End(code, "", {**receipt.to_dict(), "exit_code": code})


class Guide:
    """What the deletion says, as a part of the tour: where the tour's own lines go, set in."""

    def __init__(self, terminal: Terminal, say: Callable[[str], None]) -> None:
        self._terminal, self._say = terminal, say
        self._goes_on = ""

    def say(self, text: str) -> None:
        """A line of the tour's own."""
        self._say(text)

    def info(self, text: str) -> None:
        """One line, set in."""
        self.say(f"   {text}")

    def warning(self, text: str) -> None:
        """One line, set in, that stands out."""
        self.say(f"   WARNING: {text}")

    def progress(self, label: str, percent: float | None = None) -> None:
        """One line, set in, unless it says the same as the one before."""
        goes_on = f"   ... {label}" + ("" if percent is None else f", {percent:.0f} %")
        if goes_on != self._goes_on:
            self.say(goes_on)
        self._goes_on = goes_on

    def cancelled(self) -> bool:
        """True once the terminal's user wants to stop."""
        return self._terminal.cancelled()


@contextmanager
def _rehearsal_server(run: Run) -> Iterator[Callable[[], Mapping[str, Any]]]:
    """A rehearsal server, which has ended when this ends; what is given waits for its ready line.

    It is a process with a group of its own, so that Ctrl+C in this terminal doesn't reach it, and ends when its
    standard input does, so that it ends with this process in every case, a kill included. Waiting raises WrongUsage
    where it doesn't start, Cancelled, DeadlinePassed.
    """
    server = started_apart(
        [sys.executable, "-m", *SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert server.stdin is not None and server.stdout is not None
    said = server.stdout

    def ready() -> Mapping[str, Any]:
        line: bytes = run.call(lambda _: said.readline(), float("inf"))
        if not line:
            raise WrongUsage(
                "The rehearsal server didn't start.",
                "It needs tornado, numpy and cryptography, which Pro has; elsewhere: python -m pip install tornado"
                " numpy cryptography. To see what it says: python -m cachetools_core.rehearsal",
            )
        found: Mapping[str, Any] = json.loads(line)
        return found

    try:
        yield ready
    finally:
        server.stdin.close()
        ask_to_end(server)
        try:
            server.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            end(server)
        said.close()
