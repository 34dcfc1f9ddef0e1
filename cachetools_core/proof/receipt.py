"""The receipt of one deletion: what was asked for, found before, said by the job, found after, and the verdict."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from .deletion import Deletion
from .written_look import look_as_dict

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Receipt(Deletion):
    """One deletion from start to finish; times are UTC in ISO 8601, sizes are bytes.

    `before` and `after` are None where that look wasn't reached. `messages` are the job's own, `warnings` all that was
    warned of. `error` is None for a success. `seconds` is how long the run took by the machine's steady clock.
    `machine` and `machine_user` say where and by whom it was run; `server_version` is empty where the site wasn't
    reached. `way_back` is the tiling scheme that was saved before the submit, None where none was. `page` is the path
    of the page that the receipt is kept as, with the same as JSON beside it; empty where it isn't kept.
    """

    def to_dict(self) -> dict[str, Any]:
        """The receipt as JSON has it."""
        return {
            "schema_version": SCHEMA_VERSION,
            "verdict": self.verdict.value,
            "service": self.service,
            "output_url": self.output_url,
            "job_url": self.job_url,
            "job_status": self.job_status,
            "account": self.account,
            "before": look_as_dict(self.before),
            "after": look_as_dict(self.after),
            "messages": list(self.messages),
            "warnings": list(self.warnings),
            "scheme": None if self.way_back is None else self.way_back.as_dict(),
            "error": None if self.error is None else {"id": self.error.message_id, "text": str(self.error)},
            "exit_code": self.exit_code,
            "started": self.started,
            "finished": self.finished,
            "duration_seconds": round(self.seconds, 1),
            "machine": {"name": self.machine, "user": self.machine_user},
            "versions": {"cachetools": self.version, "server": self.server_version},
        }

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(self.to_dict(), indent=1)

    def to_text(self) -> str:
        """A few lines for people."""
        rows = [(label, value) for label, value in self.rows if value]
        width = max(len(label) for label, _ in rows)
        return "\n".join(f"{label + ':':<{width + 1}} {value}" for label, value in rows)

    def to_html(self) -> str:
        """A page that stands alone, for a mail or a file; everything that a server said is escaped."""
        from .html import document  # only a run that writes a page needs these
        from .page import body_of, title_of

        return document(title_of(self), body_of(self))

    def _repr_html_(self) -> str:
        """The page as notebooks show it."""
        from .html import fragment
        from .page import body_of

        return fragment(body_of(self))
