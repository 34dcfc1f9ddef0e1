"""How a job ended, as far as anybody can tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum

JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
"""What counts as the id of a job: nothing that could lead out of an address."""


class JobEnd(Enum):
    """How a job ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    TIMED_OUT = "timed out"
    DELETED = "deleted from the server's list"
    GONE = "not known to the server any more"
    NEVER_ARRIVED = "never arrived at the server"
    NO_ANSWER = "no answer"
    RUNNING = "still running"


@dataclass(frozen=True)
class JobReport:
    """What is known of a job.

    `url` is its address and `status` its last status word, empty where nobody knows. `messages` are the server's;
    `complaints` those of them that are warnings or errors. `trouble` says what kept the job from being read,
    `cancel_refused` why the server didn't take a cancel; both empty where there was nothing.
    """

    url: str
    status: str = ""
    end: JobEnd = JobEnd.RUNNING
    messages: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    trouble: str = ""
    cancel_refused: str = ""

    def in_words(self) -> str:
        """How the job ended, its status, the server's words on it, and what kept it from being read.

        The words are its last complaints, since the very last is often no more than "Failed to execute", else its last.
        """
        said = f"'{self.last_words}'" if self.last_words else ""
        return ", ".join(part for part in (self.end.value, self.status, said, self.trouble) if part)

    @property
    def last_words(self) -> str:
        """The server's last complaints, else its last message; empty where it said nothing."""
        return " ".join(self.complaints[-2:] or self.messages[-1:])

    def doubted(self, trouble: str) -> JobReport:
        """The report where this service's job may not have ended, whatever was said."""
        return replace(self, end=JobEnd.NO_ANSWER, trouble=trouble)
