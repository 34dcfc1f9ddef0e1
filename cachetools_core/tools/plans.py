"""What a run over several services would do, to be agreed to once for all of them."""

from __future__ import annotations

from dataclasses import dataclass

from ..proof.words import in_megabytes, plural
from .plan import Plan


@dataclass(frozen=True)
class Plans:
    """The plans for the services that the run is about; `settled` is how many an earlier part of it has deleted.

    `failed` is how many can't be deleted.
    """

    plans: tuple[Plan, ...]
    settled: int
    failed: int

    @property
    def deleting(self) -> tuple[Plan, ...]:
        """Those for which a job is submitted."""
        return tuple(plan for plan in self.plans if plan.deletes)

    @property
    def following(self) -> tuple[Plan, ...]:
        """Those whose job was begun earlier."""
        return tuple(plan for plan in self.plans if plan.follows)

    @property
    def without(self) -> int:
        """How many have no cache."""
        return len(self.plans) - len(self.deleting) - len(self.following)

    def in_words(self) -> str:
        """The sum, in one line. Raises nothing."""
        counted = [plan.before for plan in self.deleting if plan.before.tiles is not None]
        tiles, size = sum(one.tiles or 0 for one in counted), sum(one.bytes or 0 for one in counted)
        caches = plural(len(self.deleting), "cache")
        parts = [f"{caches} to delete, {plural(tiles, 'tile')}, {in_megabytes(size)}"]
        uncounted = len(self.deleting) - len(counted)
        parts += [f"{uncounted} of them not counted"] if uncounted else []
        parts += [f"{len(self.following)} begun earlier"] if self.following else []
        parts += [f"{self.settled} deleted by an earlier part of this run"] if self.settled else []
        parts += [f"{self.without} without a cache"] if self.without else []
        parts += [f"{self.failed} that can't be deleted"] if self.failed else []
        return f"In all: {', '.join(parts)}."
