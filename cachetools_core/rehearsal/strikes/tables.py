"""Every strike and every amendment by the name of its fault."""

from __future__ import annotations

from collections.abc import Callable

from cachetools_core.rehearsal.answers import Answer
from cachetools_core.rehearsal.exchange import Exchange
from cachetools_core.rehearsal.strikes.kinds import Strike
from cachetools_core.rehearsal.strikes.wire import WIRE

ANSWERS: dict[str, Strike] = {**WIRE}
AMENDMENTS: dict[str, Callable[[Exchange, Answer], Answer]] = {}
