"""A submission at a site of jobs: begun there, or resumed."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cachetools_core.local.journal import Journal
from cachetools_core.naming.service import ServiceReference
from cachetools_core.proof.ending import JobEnd, JobReport
from cachetools_core.proof.entry import Entry
from cachetools_core.server.candidates import Target
from cachetools_core.server.searching import Sight
from cachetools_core.server.site import Task
from cachetools_core.server.submission import Submission
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire, Wire
from cachetools_core.waiting import Run
from support.addresses import DELETE
from support.body_server import refusal
from support.entries import look
from support.job_site import PATIENCE, RAIN, JobSite
from support.listener import Listener

START = datetime(2024, 5, 6, tzinfo=timezone.utc)  # when StillClock begins
BEFORE = look("there", [{"level": 0, "scale": 1.0, "tiles": 5, "bytes": 50}])
PAST_ARRIVAL = PATIENCE.arrival + 10  # a deadline for runs that have nothing else to end them
REFUSED = refusal(400, "No such job.")


class Desk:
    """A submission at a site of jobs; `deadline` is the run's, `account` the one that is signed in."""

    def __init__(self, site: JobSite, folder: Path) -> None:
        self.site, self._folder = site, folder
        self.heard = Listener()
        self.deadline = 200.0
        self.account = "anna"
        self.sign_in: Any = lambda wire: wire
        self.journal = Journal(site.url, folder)
        self.entry = Entry(
            site.url, "anna", START, BEFORE, f"{site.server.site}/{DELETE}", known_jobs=frozenset({"j0"})
        )

    def see(self) -> Sight:
        untouched = self.site.tiles in (5, None) and self.site.running == "false"
        return Sight(done=self.site.tiles == 0, untouched=untouched, mark=self.site.tiles)

    def submission(self) -> Submission:
        run = Run(self.site.clock, self.deadline, self.heard.cancelled)
        wire: Wire = self.sign_in(PlainWire(Trust(), run))
        self.run = run
        service = ServiceReference(self.site.server.site, "", "Rain", "MapServer")
        target = Target(service, self.site.server.site, wire, self.account)
        return Submission(target, self.journal, self.heard, PATIENCE, self.see)

    def begin(self) -> JobReport | None:
        task = Task("CachingTools", self.entry.task_url, frozenset({"service_url"}), frozenset())
        with self.journal.held():
            return self.submission().begin(task, {"service_url": RAIN}, BEFORE)

    def resume(self, entry: Entry | None = None) -> JobReport:
        with self.journal.held():
            return self.submission().resume(entry or self.entry)

    def cancel_at(self, seconds: float) -> None:
        self.site.at(seconds, lambda: setattr(self.heard, "cancel_now", True))

    def asked(self, path: str) -> int:
        return [one for one, _ in self.site.server.asked].count(path)


def ended(report: JobReport | None) -> tuple[JobEnd, str]:
    assert report is not None
    return report.end, report.url
