"""One request, the site that it came to, and the connection that its answer goes to."""

from __future__ import annotations

from cachetools_core.rehearsal.answering import answer, refusal
from cachetools_core.rehearsal.answers import Answer, Refused
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.routes import Found
from cachetools_core.rehearsal.site import Site
from cachetools_core.rehearsal.wire import Wire


class Exchange:
    """What a fault can strike at."""

    def __init__(self, site: Site, request: Request, found: Found | None, wire: Wire) -> None:
        self.site = site
        self.request = request
        self.wire = wire
        self._found = found

    def process(self) -> Answer:
        """Processes the request as the site does."""
        return answer(self.site, self.request, self._found)

    def refuse(self, refused: Refused) -> Answer:
        """An error in the shape of the address's area, without processing the request."""
        return refusal(refused, self.request, self._found)
