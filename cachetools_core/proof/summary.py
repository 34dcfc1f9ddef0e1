"""The summary of one run over many services: their receipts, how many ended how, and what went in all."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from ..errors import NotAllDeleted
from .html import document, fragment
from .summary_page import body_of, title_of
from .summary_rows import ManyReceipts, Total, one_site, short_name, total_of, worst_first
from .words import in_megabytes, in_time, plural

SCHEMA_VERSION = 1
NOT_COUNTED = "-"


@dataclass(frozen=True)
class Summary(ManyReceipts):
    """A run over many services; times are UTC in ISO 8601, sizes are bytes.

    `receipts` has one for each service, in the order in which the services were given. `seconds` is how long the whole
    run took by the machine's steady clock. `page` is the path of the page that the summary is kept as, with the same as
    JSON beside it; empty where it isn't kept.
    """

    def check(self) -> None:
        """Raises NotAllDeleted where a cache isn't gone, or its service is down."""
        if not self.failed:
            return
        every = plural(len(self.receipts), "service")
        ended = ", ".join(f"{number} {verdict}" for verdict, number in self.counts.items())
        where = f" The summary has them all: {self.page}" if self.page else ""
        raise NotAllDeleted(
            f"{self.failed:,} of {every} {'needs' if self.failed == 1 else 'need'} attention: {ended}.",
            f"The warnings say what to do about each. Running this again is safe, and does only what is left.{where}",
        )

    def to_dict(self) -> dict[str, Any]:
        """The summary as JSON has it, with every receipt whole."""
        return {
            "schema_version": SCHEMA_VERSION,
            "receipts": [receipt.to_dict() for receipt in self.receipts],
            "counts": self.counts,
            "exit_code": self.exit_code,
            "before": dict(vars(self.before)),
            "after": dict(vars(self.after)),
            "started": self.started,
            "finished": self.finished,
            "duration_seconds": round(self.seconds, 1),
        }

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(self.to_dict(), indent=1)

    def to_text(self) -> str:
        """A line a service, the worst first, and the sum."""
        site = one_site(self.receipts)
        rows = [("verdict", "tiles", "left", "size", f"service below {site}" if site else "service")]
        rows += [
            (one.verdict.value, *_in_columns(total_of([one.before]), total_of([one.after])), short_name(one, site))
            for one in worst_first(self.receipts)
        ]
        counted = ", ".join(f"{number} {verdict}" for verdict, number in self.counts.items())
        rows.append(("sum", *_in_columns(self.before, self.after), f"{plural(len(self.receipts), 'service')}"))
        first, *others = (max(len(row[column]) for row in rows) for column in range(4))
        lines = [
            "  ".join((row[0].ljust(first), *(cell.rjust(wide) for cell, wide in zip(row[1:4], others)), row[4]))
            for row in rows
        ]
        return "\n".join([*lines, f"{counted or 'nothing done'}, in {in_time(self.seconds)}"])

    def to_html(self) -> str:
        """A page that stands alone, in the folder of the receipts, which it links to; what a server said is escaped."""
        return document(title_of(self), body_of(self))

    def _repr_html_(self) -> str:
        """The page as notebooks show it, which can't lead to the files of the receipts."""
        return fragment(body_of(replace(self, receipts=tuple(replace(receipt, page="") for receipt in self.receipts))))


def _in_columns(before: Total, after: Total) -> tuple[str, str, str]:
    """Tiles before, tiles after, and the size before."""
    tiles, left = (NOT_COUNTED if one.tiles is None else f"{one.tiles:,}" for one in (before, after))
    return tiles, left, NOT_COUNTED if before.bytes is None else in_megabytes(before.bytes)
