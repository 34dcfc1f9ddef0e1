"""Runs over many services of rehearsal servers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from cachetools_core.proof.summary import Summary
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.tools.access import Access
from cachetools_core.tools.delete_many import run_deletions
from cachetools_core.tools.plans import Plans
from support.bench import PATIENCE
from support.clocks import ScaledClock
from support.listener import Listener
from support.story import account_of, files_below


class Many:
    """Several services of one server, in one run or in several that share a journal."""

    def __init__(self, server: Rehearsal, folder: Path) -> None:
        self.server = server
        self.services = [str(one["url"]) for one in server.services[1:]]
        self.folder = folder
        self.heard = Listener()
        self.clock = ScaledClock()

    @property
    def receipts(self) -> Path:
        return self.folder / "receipts"

    @property
    def ledgers(self) -> list[Path]:
        """The ledgers of runs that aren't over."""
        return list((self.folder / "journal" / "runs").glob("*.jsonl"))

    def access(self, **more: Any) -> Access:
        given: dict[str, Any] = {
            "account": account_of(self.server),
            "ca_file": self.server.ca_file,
            "messages": self.heard,
            "clock": self.clock,
            "patience": PATIENCE,
            "deadline": 3600.0,
            "receipts": self.receipts,
            "journal_folder": self.folder / "journal",
            **more,
        }
        return Access(**given)

    def delete(
        self,
        services: Sequence[str] | None = None,
        agree: Callable[[Plans], bool] = lambda plans: True,
        per_site: int = 4,
        **more: Any,
    ) -> Summary:
        self.heard = more.pop("messages", None) or Listener()
        return run_deletions(
            self.services if services is None else services, self.access(messages=self.heard, **more), agree, per_site
        )

    def files_of(self, name: str) -> int:
        """How many files of a service's cache are left."""
        return files_below(self.server.cache(name).folder.parent)

    def steps(self, step: str) -> int:
        """How many requests of this kind came."""
        return sum(request.step == step for request in self.server.requests)
