"""What a deletion would take away: scales, tiles, bytes; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import CannotDelete
from ..naming.files import find_service
from ..proof.evidence import Look, Says, ServiceState, Witness, look_as_dict, who_says_what
from ..proof.words import in_megabytes, look_in_words
from ..server.looks import look
from .access import Access, Session

NEXT = {
    ServiceState.NOT_STARTED: "Start the service in ArcGIS Server Manager, then run this again.",
    ServiceState.MISSING: "Check folder, name and type of the service.",
    ServiceState.UNREADABLE: "Open that address in a browser and see what answers.",
}


@dataclass(frozen=True)
class Report:
    """What would go: the look at the service's cache."""

    service: str
    found: Look

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it: the keys of a receipt's `before`, the service, and what couldn't be read."""
        return {"service": self.service, **(look_as_dict(self.found) or {}), "warnings": list(self.found.trouble)}

    def to_text(self) -> str:
        """A table for people: a line a scale, and the sum."""
        found = self.found
        if found.has_no_cache:
            return "\n".join([f"{self.service} has no cache.", *self._beware()])
        if not found.scales:
            return "\n".join([f"{self.service}: {look_in_words(found)} ({who_says_what(found)}).", *self._beware()])
        lines = [f"{'level':>5}  {'scale':>16}  {'tiles':>12}  {'bytes':>16}"]
        lines += [f"{s.level:>5}  {f'1:{s.scale:,.0f}':>16}  {s.tiles:>12,}  {s.bytes:>16,}" for s in found.scales]
        lines += [f"{'sum':>5}  {'':>16}  {found.tiles:>12,}  {found.bytes:>16,}"]
        size = in_megabytes(found.bytes or 0)
        title = f"Deleting the cache of {self.service} would take away {size}:"
        return "\n".join([title, *lines, *self._beware()])

    def _beware(self) -> list[str]:
        contradiction = [f"{who_says_what(self.found)}."] if self.found.scales and self.found.contradicts_itself else []
        return [f"Beware: {text}" for text in (*contradiction, *self.found.trouble)]


def report_cache(service: str, access: Access = Access()) -> Report:  # noqa: B008 - frozen
    """What a deletion of this service's cache would take away; changes nothing on the server.

    The counts are ReportCacheStatus's, which may be out of step where tiles were copied in by hand.
    Raises CannotDelete where the service itself doesn't say whether it has a cache, and what `plan_deletion` raises.
    """
    session = Session(access)
    with session.discreetly():
        named = find_service(service, session.run)
        found = look(session.site_of(named).wire, named)
        if found.of(Witness.SERVICE).says is Says.NOTHING:
            why = " ".join((f"{named.url} {found.service.value}.", *found.trouble))
            raise CannotDelete(why, NEXT[found.service])
    report: Report = session.secrets.blotted_value(Report(named.url, found))
    return report
