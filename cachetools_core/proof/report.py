"""A report on one cache: what a deletion would remove, in every form that it is told in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .cache_found import CacheFound, Row
from .report_table import report_table
from .scheme import TilingScheme
from .words import in_utc
from .written_look import look_as_dict


@dataclass(frozen=True)
class Report(CacheFound):
    """What would go, by one look; `asked_at` is when.

    `findings` are what stands in the way of a deletion, and what doesn't; none where that wasn't checked. `jobs` are
    those at work on the whole site, None where the server doesn't list them to this account: then `no_jobs` says why.
    """

    def to_dict(self) -> dict[str, Any]:
        """The report as JSON has it: the keys of a receipt's `before`, and what only a report tells."""
        fields = look_as_dict(self.found) or {}
        if self.found.scales is not None:
            fields["scales"] = [_row_as_dict(row) for row in self.rows]
        return {
            "service": self.service,
            **fields,
            "warnings": list(self.trouble),
            "asked_at": in_utc(self.asked_at),
            "on_demand": self.found.on_demand,
            "tiles_only": self.found.tiles_only,
            "scheme": None if self.scheme is None else _scheme_as_dict(self.scheme),
            "jobs": None if self.jobs is None else [dict(vars(job)) for job in self.jobs],
            "deletable": self.deletable,
            "checks": [finding.to_dict() for finding in self.findings],
        }

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(self.to_dict(), indent=1, allow_nan=False) + "\n"

    def to_text(self) -> str:
        """The table, what to think of, and what stands in the way."""
        stopped = (f"Not deletable from here: {finding}" for finding in self.stoppers)
        return "\n".join([self.table, *(f"Note: {text}" for text in self.cautions), *stopped])

    def to_csv(self) -> str:
        """A row a scale and the sum, in UTF-8 with the line ends of RFC 4180."""
        return report_table(self)

    def to_html(self) -> str:
        """A page that stands alone; what a server said is escaped."""
        from .report_page import report_page  # only who wants a page loads HTML

        return report_page(self)


def _row_as_dict(row: Row) -> dict[str, Any]:
    percent = None if row.percent is None else round(row.percent, 2)
    return {**vars(row.scale), "expected_tiles": row.expected, "percent": percent}


def _scheme_as_dict(scheme: TilingScheme) -> dict[str, Any]:
    return {
        "cols": scheme.cols,
        "rows": scheme.rows,
        "dpi": scheme.dpi,
        "origin": {"x": scheme.origin_x, "y": scheme.origin_y},
        "levels": [dict(vars(lod)) for lod in scheme.lods],
        "spatial_reference": scheme.reference.in_words,
        "format": scheme.tile_format,
        "quality": scheme.quality,
        "storage_format": scheme.storage_format or None,
        "extent": None if scheme.extent is None else dict(vars(scheme.extent)),
    }
