"""How faults strike: what each fault of the catalogue does to a request, its answer and the connection."""

from __future__ import annotations

from cachetools_core.rehearsal.strikes.striking import serve
from cachetools_core.rehearsal.strikes.tables import AMENDMENTS, ANSWERS

__all__ = ["AMENDMENTS", "ANSWERS", "serve"]
