"""What the core logs, for whoever wants all of it: requests on the terminal with `-v`, everything in a `--log-file`."""

from __future__ import annotations

import argparse
import io
import logging
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ..errors import WrongUsage
from ..messages import reason
from ..naming.address import safe_path
from ..version import __version__
from ..waiting import Run
from .end import End
from .streams import Stream
from .terminal import Terminal

CORE = logging.getLogger("cachetools_core")
CALLED = logging.getLogger("cachetools_core.cli")
STAMP = "%Y-%m-%dT%H:%M:%SZ"


@contextmanager
def logging_as_wanted(options: argparse.Namespace, terminal: Terminal, run: Run) -> Iterator[None]:
    """While this lasts, what is logged goes where the options say.

    Raises WrongUsage for a file that can't be opened, Cancelled, DeadlinePassed.
    """
    handlers: list[logging.Handler] = [_OnTerminal(terminal)] if options.v else []
    if options.log_file:
        handlers.append(_InFile(_opened(options.log_file, run), options.log_file, terminal))
    level = CORE.level
    with ExitStack() as ends:
        for handler in handlers:
            CORE.addHandler(handler)
            CORE.setLevel(logging.DEBUG)
            ends.callback(handler.close)
            ends.callback(CORE.removeHandler, handler)
        ends.callback(CORE.setLevel, level)
        CALLED.debug("CacheTools %s: %s", __version__, options.command)
        yield


def log_end(end: End) -> None:
    """How a command has ended, as it is printed. Raises nothing."""
    if end.text:
        CALLED.info("%s", end.text)
    if end.error is not None:
        CALLED.error("%s", end.error)
    CALLED.info("Exit code %d", end.exit_code)


class _OnTerminal(logging.Handler):
    """Requests; all else is said there anyway."""

    def __init__(self, terminal: Terminal) -> None:
        super().__init__()
        self._terminal = terminal
        self.addFilter(lambda record: record.name == "cachetools_core.server")

    def emit(self, record: logging.LogRecord) -> None:
        self._terminal.info(record.getMessage())


class _InFile(logging.Handler):
    """Each record as lines with their time (UTC) and level; a file that takes no more costs one warning."""

    def __init__(self, stream: Stream, name: str, terminal: Terminal) -> None:
        super().__init__()
        self._stream, self._name, self._terminal = stream, name, terminal
        self._told = False

    def emit(self, record: logging.LogRecord) -> None:
        stamp = f"{time.strftime(STAMP, time.gmtime(record.created))} {record.levelname:<7} "
        self._stream.write("".join(f"{stamp}{line}\n" for line in record.getMessage().split("\n")))
        if self._stream.failed and not self._told:
            self._told = True
            self._terminal.warning(f"The log file {safe_path(self._name)} can't be written any more; the run goes on.")

    def close(self) -> None:
        self._stream.written_within(2.0)
        super().close()


def _opened(name: str, run: Run) -> Stream:
    """The file, to be appended to; a new one is this user's alone."""

    def opened() -> io.TextIOWrapper:
        handle = os.open(name, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        return open(handle, "w", encoding="utf-8", buffering=1)

    try:
        return Stream(run.in_time("opening the log file", opened))
    except (OSError, ValueError) as error:
        why = reason(error)
    raise WrongUsage(f"The log file {safe_path(name)} can't be opened: {why}.", "Name a file that this user can write.")
