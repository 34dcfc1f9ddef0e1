"""A job that was begun and whose end nobody has seen yet, as the journal keeps it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from .evidence import Look
from .way_back import WayBack


@dataclass(frozen=True)
class Entry:
    """A job that was begun for one service.

    `service` is the service's REST address, `task_url` the address of the job's task, `begun` the moment before the
    submit was sent (UTC). `job_id` is empty while the answer to the submit isn't there. `known_jobs` are the ids of the
    jobs that the server had before the submit; None where they couldn't be listed. `way_back` is the tiling scheme that
    was saved before it, None where none was.
    """

    service: str
    account: str
    begun: datetime
    before: Look
    task_url: str
    known_jobs: frozenset[str] | None
    job_id: str = ""
    way_back: WayBack | None = None

    @property
    def job_url(self) -> str:
        """The address of the job; empty while its id isn't known."""
        return f"{self.task_url}/jobs/{self.job_id}" if self.job_id else ""

    def with_job(self, job_id: str) -> Entry:
        """The entry once the job's id is known."""
        return replace(self, job_id=job_id)
