"""Starts the command line: `python -m cachetools_core`."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

if not __package__:  # as `python path/to/cachetools_core` starts it
    sys.stderr.write("Start it as `python -m cachetools_core`, in the folder that holds cachetools_core.\n")
    raise SystemExit(2)

from .cli.signals import Stop


def start() -> NoReturn:
    """Run the command that this process was started with, and end the process with the command's exit code."""
    stop = Stop()
    stop.hear()
    _fill_gaps()
    from .cli.main import main  # not before: Ctrl+C is heard while it loads

    code = main(sys.argv[1:], stop)
    # Python's own end would wait for threads that still read or write, and flush streams with an exit code of its own.
    os._exit(code)


def _fill_gaps() -> None:
    """A file that is opened where a closed standard stream was would be taken for that stream by C libraries."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


if __name__ == "__main__":
    start()
