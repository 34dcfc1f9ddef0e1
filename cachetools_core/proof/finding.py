"""What was checked before a deletion, and what of it stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import CacheToolsError


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: `good` is False where it stops a deletion, None where it couldn't be told."""

    what: str
    good: bool | None
    words: str
    error: CacheToolsError | None = None

    def __str__(self) -> str:
        return f"{self.what}: {self.words}"

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON has it."""
        return {"what": self.what, "good": self.good, "words": self.words}


def first_stopper(findings: tuple[Finding, ...]) -> Finding | None:
    """The first of them that stops a deletion; None where nothing was found that does."""
    return next((finding for finding in findings if finding.good is False), None)


@dataclass(frozen=True)
class Check:
    """Everything that was checked, in order."""

    service: str
    findings: tuple[Finding, ...]

    @property
    def possible(self) -> bool:
        """True where nothing was found that stops a deletion."""
        return first_stopper(self.findings) is None

    @property
    def exit_code(self) -> int:
        """0 where a deletion is possible, else that of the first thing that stops it."""
        stopper = first_stopper(self.findings)
        if stopper is None:
            return 0
        return stopper.error.exit_code if stopper.error is not None else 1

    def to_dict(self) -> dict[str, Any]:
        """The check as JSON has it."""
        return {
            "service": self.service,
            "possible": self.possible,
            "checks": [finding.to_dict() for finding in self.findings],
            "exit_code": self.exit_code,
        }

    def to_text(self) -> str:
        """A line per finding, and what they mean together."""
        mark = {True: "ok ", False: "NO ", None: " ? "}
        lines = [f"{mark[finding.good]} {finding}" for finding in self.findings]
        outcome = "A deletion is possible from here" if self.possible else "Not possible yet: NO marks what stops it"
        open_questions = any(finding.good is None for finding in self.findings)
        return "\n".join([*lines, "", outcome + ("; ? marks what doesn't stop it." if open_questions else ".")])
