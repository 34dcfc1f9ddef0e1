"""The receipt of one deletion: what was asked for, found before, said by the job, found after, and the verdict."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import CacheToolsError, Unknown
from .evidence import Look
from .verdict import UNSETTLED, Verdict
from .way_back import WayBack
from .words import for_people, in_time, look_in_words
from .written_look import look_as_dict

if TYPE_CHECKING:
    from .page import Page

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Receipt:
    """One deletion from start to finish; times are UTC in ISO 8601, sizes are bytes.

    `before` and `after` are None where that look wasn't reached. `messages` are the job's own, `warnings` all that was
    warned of. `error` is None for a success. `seconds` is how long the run took by the machine's steady clock.
    `machine` and `machine_user` say where and by whom it was run; `server_version` is empty where the site wasn't
    reached. `way_back` is the tiling scheme that was saved before the submit, None where none was. `page` is the path
    of the page that the receipt is kept as, with the same as JSON beside it; empty where it isn't kept.
    """

    service: str
    verdict: Verdict
    started: str
    finished: str
    output_url: str | None = None
    job_url: str | None = None
    job_status: str | None = None
    account: str = ""
    before: Look | None = None
    after: Look | None = None
    messages: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: CacheToolsError | None = None
    version: str = ""
    server_version: str = ""
    seconds: float = 0.0
    machine: str = ""
    machine_user: str = ""
    way_back: WayBack | None = None
    page: str = ""

    @property
    def exit_code(self) -> int:
        """0 where the cache is gone or never was, 5 where it isn't known yet whether it is gone, else the error's."""
        if self.error is None:
            return 0
        return Unknown.exit_code if self.verdict in UNSETTLED else self.error.exit_code

    def to_dict(self) -> dict[str, Any]:
        """The receipt as JSON has it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "verdict": self.verdict.value,
            "service": self.service,
            "output_url": self.output_url,
            "job_url": self.job_url,
            "job_status": self.job_status,
            "account": self.account,
            "before": look_as_dict(self.before),
            "after": look_as_dict(self.after),
            "messages": list(self.messages),
            "warnings": list(self.warnings),
            "scheme": None if self.way_back is None else self.way_back.as_dict(),
            "error": None if self.error is None else {"id": self.error.message_id, "text": str(self.error)},
            "exit_code": self.exit_code,
            "started": self.started,
            "finished": self.finished,
            "duration_seconds": round(self.seconds, 1),
            "machine": {"name": self.machine, "user": self.machine_user},
            "versions": {"cachetools": self.version, "server": self.server_version},
        }

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(self.to_dict(), indent=1)

    def to_text(self) -> str:
        """A few lines for people."""
        rows = [(label, value) for label, value in self._rows() if value]
        width = max(len(label) for label, _ in rows)
        return "\n".join(f"{label + ':':<{width + 1}} {value}" for label, value in rows)

    def to_html(self) -> str:
        """A page that stands alone, for a mail or a file; everything that a server said is escaped."""
        from .html import document  # only a run that writes a page needs it

        page = self._page()
        return document(page.title, page.body())

    def _repr_html_(self) -> str:
        """The page as notebooks show it."""
        from .html import fragment

        return fragment(self._page().body())

    def _page(self) -> Page:
        from .page import Page

        elsewhere = ["Verdict", "Service", "Error", "Warning", *(["Output"] if self.output_url == self.service else [])]
        return Page(
            verdict=self.verdict,
            service=self.service,
            error="" if self.error is None else f"{self.error.message_id}: {self.error.what}",
            remedy="" if self.error is None else self.error.remedy,
            facts=tuple(row for row in self._rows() if row[1] and row[0] not in elsewhere),
            before=self.before,
            after=self.after,
            said=self.messages,
            warnings=self.warnings,
            way_back=self.way_back,
        )

    @property
    def _chosen(self) -> str:
        """The tiles that the run was about; empty where it was about the whole cache."""
        seen = self.before.close_up if self.before is not None else None
        return "" if seen is None else seen.selection.in_full

    def _rows(self) -> list[tuple[str, str]]:
        return [
            ("Verdict", self.verdict.value),
            ("Service", self.service),
            ("Output", self.output_url or ""),
            ("Chosen", self._chosen),
            ("Account", self.account),
            ("Before", "" if self.before is None else look_in_words(self.before)),
            ("After", "" if self.after is None else look_in_words(self.after)),
            ("Job", self.job_url or ""),
            ("Job status", self.job_status or ""),
            ("Started", for_people(self.started)),
            ("Finished", for_people(self.finished)),
            ("Duration", in_time(self.seconds) if self.seconds else ""),
            ("Run by", " on ".join(part for part in (self.machine_user, self.machine) if part)),
            ("CacheTools", self.version),
            ("Server", f"ArcGIS Server {self.server_version}" if self.server_version else ""),
            *(("Warning", text) for text in self.warnings),
            ("Error", "" if self.error is None else str(self.error)),
        ]
