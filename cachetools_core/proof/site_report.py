"""A report on the caches of a whole site, or of several services, in every form that it is told in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .site_caches import SiteCaches
from .site_table import report_csv, report_text
from .words import in_utc

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class SiteReport(SiteCaches):
    """The caches of a site, of one of its folders, or of several services.

    `part` is what was asked for, None for several services. `found` are the caches in the order in which they were
    read, `unread` what couldn't be, `uncached` how many services have no cache. `version` is the server's.
    """

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it: sizes are bytes, times UTC."""
        return {
            "schema_version": SCHEMA_VERSION,
            "site": None if self.part is None else self.part.site,
            "folder": None if self.part is None else self.part.folder or None,
            "ending": self.ending.value,
            "services": self.services,
            "uncached": self.uncached,
            "total": dict(vars(self.total)),
            "folders": [
                {"site": part.site, "folder": part.folder, **vars(together)} for part, together in self.folders
            ],
            "caches": [row.to_dict() for row in self.caches],
            "unread": [row.to_dict() for row in self.unread],
            "account": self.account,
            "started": in_utc(self.started),
            "finished": in_utc(self.finished),
            "server_version": self.version or None,
            "exit_code": self.exit_code,
        }

    def to_json(self) -> str:
        """One JSON object, as `docs/site-report.schema.json` describes it."""
        return json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"

    def to_text(self) -> str:
        """A line a cache, the largest first, the sums, and what couldn't be read."""
        return report_text(self)

    def to_csv(self) -> str:
        """A row a cache and the sum, in UTF-8 with the line ends of RFC 4180."""
        return report_csv(self)

    def to_html(self) -> str:
        """A page that stands alone; what a server said is escaped."""
        from .site_page import site_page  # only who wants a page loads HTML

        return site_page(self)
