"""One thing that was checked before a deletion, and whether it stands in the way."""

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

    def to_dict(self) -> dict[str, Any]:
        """The finding as JSON has it."""
        return {"what": self.what, "good": self.good, "words": self.words}


def first_stopper(findings: tuple[Finding, ...]) -> Finding | None:
    """The first of them that stops a deletion; None where nothing was found that does."""
    return next((finding for finding in findings if finding.good is False), None)
