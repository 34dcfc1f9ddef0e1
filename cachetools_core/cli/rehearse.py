"""`rehearse`: the tour, on a rehearsal server that lives as long as the tour."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import CacheToolsError, Cancelled, WrongUsage
from ..waiting import Run
from .end import End
from .terminal import Terminal
from .tour import take_tour

SERVER = ("cachetools_core.rehearsal", "--port", "0", "--job-seconds", "3", "--end-with-parent")
ENDS_WITHIN = 10.0


def run_command(_: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    """Take the tour. Raises Cancelled, WrongUsage where the server doesn't start, CacheToolsError as the deletion."""
    os.environ["no_proxy"] = "localhost"  # the tour stays on this machine, whatever proxy it has
    terminal.outcome("The tour starts a local ArcGIS Server and draws a map cache for it. This takes a few seconds.")
    try:
        with _rehearsal_server(run) as server:
            seen = take_tour(server, Guide(terminal), run)
    except CacheToolsError:
        if not terminal.cancelled():
            raise
    if terminal.cancelled():
        raise Cancelled("The tour was stopped.", "Its server has ended and its files are removed.")
    return End(0 if seen else 1, "", {})


class Guide:
    """What the deletion says, as a part of the tour: on standard output, set in."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def say(self, text: str) -> None:
        """A line of the tour's own."""
        self._terminal.outcome(text)

    def info(self, text: str) -> None:
        """One line, set in."""
        self.say(f"   {text}")

    def warning(self, text: str) -> None:
        """One line, set in, that stands out."""
        self.say(f"   WARNING: {text}")

    def progress(self, label: str, percent: float | None = None) -> None:
        """One line, set in."""
        self.say(f"   ... {label}" + ("" if percent is None else f", {percent:.0f} %"))

    def cancelled(self) -> bool:
        """True once the terminal's user wants to stop."""
        return self._terminal.cancelled()


@contextmanager
def _rehearsal_server(run: Run) -> Iterator[dict[str, Any]]:
    """A rehearsal server in a process of its own, and its ready line; it has ended when this ends.

    It has a session of its own, so that Ctrl+C in this terminal doesn't reach it, and ends when its standard input
    does, so that it ends with this process in every case. Raises WrongUsage where it doesn't start, Cancelled,
    DeadlinePassed.
    """
    apart: dict[str, Any] = {"start_new_session": True}
    if sys.platform == "win32":
        apart = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    server = subprocess.Popen(
        [sys.executable, "-m", *SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        **apart,
    )
    assert server.stdin is not None and server.stdout is not None
    try:
        line: bytes = run.call(lambda _: server.stdout.readline(), float("inf"))  # type: ignore[union-attr]
        if not line:
            raise WrongUsage(
                "The rehearsal server didn't start.",
                "It needs tornado, numpy and cryptography, which Pro has; elsewhere: pip install .[rehearsal]. To see"
                " what it says: python -m cachetools_core.rehearsal",
            )
        yield json.loads(line)
    finally:
        server.stdin.close()
        try:
            server.wait(ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        server.stdout.close()
