"""What a deletion would take away: scales, tiles, bytes; changes nothing."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from ..errors import CannotDelete
from ..messages import QUIET, Messages
from ..naming.files import find_service
from ..proof.receipt import in_megabytes, look_as_dict, look_in_words
from ..server.cache import CacheLook, look
from ..server.signin import ActivePortal, Given
from ..server.tokens import Account
from ..waiting import SYSTEM_CLOCK, Clock, Run
from .visit import visit

DEADLINE = 300.0


@dataclass(frozen=True)
class Report:
    """What would go: the look at the service's cache, and what the look couldn't see."""

    service: str
    found: CacheLook
    trouble: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it: the keys of a receipt's `before`, the service, and what couldn't be read."""
        return {"service": self.service, **(look_as_dict(self.found) or {}), "warnings": self.trouble}

    def to_text(self) -> str:
        """A table for people: a line a scale, and the sum."""
        found = self.found
        if found.shows_no_cache:
            return f"{self.service} has no cache."
        if found.scales is None:
            return f"{self.service}: {look_in_words(found)}. {' '.join(self.trouble)}".rstrip()
        lines = [f"{'level':>5}  {'scale':>16}  {'tiles':>12}  {'bytes':>16}"]
        lines += [f"{s.level:>5}  {f'1:{s.scale:,.0f}':>16}  {s.tiles:>12,}  {s.bytes:>16,}" for s in found.scales]
        lines += [f"{'sum':>5}  {'':>16}  {found.tiles:>12,}  {found.bytes:>16,}"]
        size = in_megabytes(found.bytes or 0)
        title = f"Deleting the cache of {self.service} would take away {size}:"
        return "\n".join([title, *lines, *(f"Beware: {text}" for text in self.trouble)])


def report_cache(
    service: str,
    *,
    account: Account | None = None,
    username: str | None = None,
    active_portal: ActivePortal | None = None,
    ca_file: str | os.PathLike[str] | None = None,
    deadline: float = DEADLINE,
    messages: Messages = QUIET,
    clock: Clock = SYSTEM_CLOCK,
) -> Report:
    """What a deletion of this service's cache would take away; changes nothing on the server.

    The counts are ReportCacheStatus's, which may be out of step where tiles were copied in by hand. Takes the same
    arguments as delete_map_server_cache. Raises CannotDelete where the service can't be looked at.
    """
    named = find_service(service)
    run = Run(clock, deadline, messages.cancelled)
    here = visit(named, run, Given(account, username), active_portal, ca_file, messages)
    found = look(here.wire, named)
    if found.cached is None:
        raise CannotDelete(f"{named.url} {found.service.value}. {' '.join(found.trouble)}".rstrip())
    return Report(named.url, found, list(found.trouble))
