"""How a job ended, as far as anybody can tell."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum

JOB_ID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
"""What counts as the id of a job: nothing that could lead out of an address."""

# What geoprocessing services say of every job, whatever went wrong (protocol.md 4.7, 4.10); a word alone, in any
# language, says no more than "failed".
SAYS_NOTHING = re.compile(
    r"(error \d{6}: ?)?(submitted|executing|executed|(the )?(job|tool)?( has)? ?failed|cancel(l?ed| complete)?"
    r"|[^\W\d_]+|start time:.*|failed at .*|failed to execute( ?\([^)]*\))?|error (executing|occurred during) .*"
    r"|(an )?(unknown|unexpected|internal|general)?( server)? ?error( has)?( occurred)?|unable to complete operation)?"
    r"[.! ]*",
    re.IGNORECASE,
)


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
    `complaints` those of them that are warnings or errors; `tells_an_error` is true where one is an error. `trouble`
    says what kept the job from being read, `cancel_refused` why the server didn't take a cancel; both empty where there
    was nothing.
    """

    url: str
    status: str = ""
    end: JobEnd = JobEnd.RUNNING
    messages: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()
    tells_an_error: bool = False
    trouble: str = ""
    cancel_refused: str = ""

    def in_words(self) -> str:
        """How the job ended, its status, the server's words on it, and what kept it from being read.

        The words are its last reasons, since the very last word is often no more than "Failed to execute".
        """
        said = f"'{self.last_words}'" if self.last_words else ""
        told = ", ".join(part for part in (self.end.value, self.status, said) if part)
        return f"{told} ({self.trouble.rstrip('.')})" if self.trouble else told

    @property
    def reasons(self) -> tuple[str, ...]:
        """The server's complaints that say more than that the job went wrong."""
        return tuple(words for words in self.complaints if not SAYS_NOTHING.fullmatch(words.strip()))

    @property
    def last_words(self) -> str:
        """The server's last reasons, else its last complaints, else its last message; empty where it said nothing."""
        return " ".join(self.reasons[-2:] or self.complaints[-2:] or self.messages[-1:])

    def doubted(self, trouble: str) -> JobReport:
        """The report where this service's job may not have ended, whatever was said."""
        return replace(self, end=JobEnd.NO_ANSWER, trouble=trouble)
