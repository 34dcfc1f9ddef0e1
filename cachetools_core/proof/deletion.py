"""One deletion from start to finish, as far as it came."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import CacheToolsError, Unknown
from .evidence import Look
from .look_words import look_in_words
from .verdict import UNSETTLED, Verdict
from .way_back import WayBack
from .words import for_people, in_time


@dataclass(frozen=True)
class Deletion:
    """One deletion; `Receipt` says what each field is."""

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

    @property
    def chosen(self) -> str:
        """The tiles that the run was about; empty where it was about the whole cache."""
        seen = self.before.close_up if self.before is not None else None
        return "" if seen is None else seen.selection.in_full

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What there is to tell, each with what it is called; empty where there is nothing of it."""
        return [
            ("Verdict", self.verdict.value),
            ("Service", self.service),
            ("Output", self.output_url or ""),
            ("Chosen", self.chosen),
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
