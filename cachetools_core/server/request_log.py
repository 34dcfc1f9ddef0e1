"""Each request in the log, with its time: method, address, what came back; nothing that may be a secret."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..waiting import Run
from .request import Request

LOG = logging.getLogger("cachetools_core.server")
Note = Callable[[str], None]


def timed(request: Request, run: Run) -> Note:
    """Takes the time from now on; what is returned logs the request at DEBUG, with what is said of its end."""
    began = run.clock.monotonic()

    def note(end: str) -> None:
        if LOG.isEnabledFor(logging.DEBUG):
            took = (run.clock.monotonic() - began) * 1000
            LOG.debug("%s", run.secrets.blot(f"{request.in_words}: {end}, {took:.0f} ms"))

    return note
