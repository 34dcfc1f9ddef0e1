"""The receipt of one deletion, and its verdict: what was asked, found before, said by the job, found after."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..errors import (
    CacheToolsError,
    DeletedServiceDown,
    NotDeleted,
    PartlyDeleted,
    StillRunning,
    Unknown,
)
from ..naming.service import ServiceReference
from ..server.cache import CacheLook, CacheState, ServiceState, compare
from ..server.job import JobEnd, JobReport


class Verdict(Enum):
    """What became of the cache."""

    DELETED = "deleted"
    NOTHING_TO_DELETE = "nothing-to-delete"
    NOT_DELETED = "not-deleted"
    PARTLY_DELETED = "partly-deleted"
    DELETED_SERVICE_DOWN = "deleted-service-down"
    STILL_RUNNING = "still-running"
    UNKNOWN = "unknown"


ANY_END = frozenset(JobEnd)
ENDED = ANY_END - {JobEnd.RUNNING, JobEnd.NO_ANSWER, JobEnd.GONE}
ENDED_OR_GONE = ENDED | {JobEnd.GONE}
SUCCEEDED = frozenset({JobEnd.SUCCEEDED})
ANY_SERVICE = frozenset(ServiceState)
ANSWERS = frozenset({ServiceState.ANSWERS})
NOT_STARTED = frozenset({ServiceState.NOT_STARTED})
ANY_CACHE = frozenset(CacheState)

# The verdict: the first row that fits how the job ended, what the cache shows and how the service answers.
# A job that is gone has ended where tiles are missing; where none are, it may still be waiting for its turn.
VERDICTS: tuple[tuple[frozenset[JobEnd], frozenset[CacheState], frozenset[ServiceState], Verdict], ...] = (
    (frozenset({JobEnd.RUNNING}), ANY_CACHE, ANY_SERVICE, Verdict.STILL_RUNNING),
    (ANY_END, frozenset({CacheState.NONE}), ANSWERS, Verdict.DELETED),
    (ANY_END, frozenset({CacheState.NONE}), NOT_STARTED, Verdict.DELETED_SERVICE_DOWN),
    (SUCCEEDED, frozenset({CacheState.UNADVERTISED}), ANSWERS, Verdict.DELETED),
    (SUCCEEDED, frozenset({CacheState.UNADVERTISED}), NOT_STARTED, Verdict.DELETED_SERVICE_DOWN),
    (ENDED_OR_GONE, frozenset({CacheState.FEWER}), ANY_SERVICE, Verdict.PARTLY_DELETED),
    (ENDED, frozenset({CacheState.AS_BEFORE}), ANY_SERVICE, Verdict.NOT_DELETED),
    (SUCCEEDED, frozenset({CacheState.UNCOUNTED}), ANY_SERVICE, Verdict.NOT_DELETED),
    (ANY_END, ANY_CACHE, ANY_SERVICE, Verdict.UNKNOWN),
)
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
:root{{color-scheme:light dark}}
body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}}
header{{border-left:.5rem solid #1a7f37;padding-left:1rem}}
header.bad{{border-color:#d1242f}}
h1{{font-size:1.75rem;line-height:1.2;margin:0}}
h2{{font-size:1.1rem;margin:2rem 0 .5rem}}
p{{margin:.5rem 0}}
.error{{font-weight:600}}
table{{border-collapse:collapse;width:100%;margin-top:1.5rem}}
th,td{{text-align:left;vertical-align:top;padding:.4rem .75rem .4rem 0;border-bottom:1px solid #8885}}
th{{width:8rem;font-weight:600}}
.scales{{width:auto;margin:0;font-variant-numeric:tabular-nums}}
.scales th,.scales td{{width:auto;text-align:right;padding-right:2rem}}
ol{{margin:0;padding-left:2.5rem}}
</style></head><body>
<header class="{tone}"><h1>{verdict}</h1><p>{service}</p>
{error}</header>
<table>
{facts}
</table>
{scales}{messages}</body></html>
"""
UNSETTLED = frozenset({Verdict.STILL_RUNNING, Verdict.UNKNOWN})
ERRORS: Mapping[Verdict, type[CacheToolsError]] = {
    Verdict.NOT_DELETED: NotDeleted,
    Verdict.PARTLY_DELETED: PartlyDeleted,
    Verdict.DELETED_SERVICE_DOWN: DeletedServiceDown,
    Verdict.STILL_RUNNING: StillRunning,
    Verdict.UNKNOWN: Unknown,
}


def verdict(end: JobEnd, cache: CacheState, service: ServiceState) -> Verdict:
    """The verdict for one cell of the matrix.

    >>> verdict(JobEnd.FAILED, CacheState.FEWER, ServiceState.ANSWERS)
    <Verdict.PARTLY_DELETED: 'partly-deleted'>
    """
    return next(row[3] for row in VERDICTS if end in row[0] and cache in row[1] and service in row[2])


def explain(
    found: Verdict, service: ServiceReference, before: CacheLook, report: JobReport, after: CacheLook, journal_file: str
) -> tuple[str, str]:
    """What a verdict that isn't a success means here, and what to do next."""
    facts = f"The job: {job_in_words(report)}. The service: {look_in_words(after)}."
    if compare(before, after) is CacheState.CONTRADICTORY:
        advertised = "a cache" if after.cached else "no cache"
        facts += f" One of the two is wrong: the service shows {advertised}, and the report {after.tiles:,} tiles."
    if found is Verdict.NOT_DELETED:
        seen = "there" if after.tiles is not None else "advertised, and nobody counted its tiles"
        return (
            f"The cache of {service} is still {seen}. {facts}",
            "The server's words tell why; running it again is safe.",
        )
    if found is Verdict.PARTLY_DELETED:
        gone = (before.tiles or 0) - (after.tiles or 0)
        return (
            f"Only a part of the cache of {service} is gone: {gone:,} of {before.tiles:,} tiles. {facts}",
            "Run this again to delete the rest; files that something holds open are the usual reason.",
        )
    if found is Verdict.DELETED_SERVICE_DOWN:
        return (
            f"The cache of {service} is gone, but the service is down. {facts}",
            f"Start it in ArcGIS Server Manager under Services, or with a POST to {service.admin_url}/start.",
        )
    if found is Verdict.STILL_RUNNING:
        refused = f" The server didn't take the cancel: {report.cancel_refused}" if report.cancel_refused else ""
        return (
            f"The server's job goes on: {report.url} ({report.status}).{refused}",
            "Run this again at any time: it follows that job instead of submitting another.",
        )
    return (
        f"What became of the cache of {service} can't be told. {facts} {' '.join(after.trouble)}".rstrip(),
        f"Look at {service.url} and at the jobs of System/CachingTools in ArcGIS Server Manager, then run this again:"
        " it looks for its job before it submits anything. If no job runs and you want a new one, delete"
        f" {journal_file}.",
    )


@dataclass
class Receipt:
    """One deletion from start to finish; times are UTC in ISO 8601, sizes are bytes.

    `before` and `after` are None where that look wasn't reached; `error` is None for a success.
    """

    service: str
    started: str
    finished: str = ""
    verdict: Verdict = Verdict.NOT_DELETED
    output_url: str | None = None
    job_url: str | None = None
    job_status: str | None = None
    account: str = ""
    before: CacheLook | None = None
    after: CacheLook | None = None
    messages: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    error: CacheToolsError | None = None

    @property
    def exit_code(self) -> int:
        """0 where the cache is gone or never was, 5 where what became of it isn't known yet, else the error's."""
        if self.error is None:
            return 0
        return Unknown.exit_code if self.verdict in UNSETTLED else self.error.exit_code

    def to_dict(self) -> dict[str, Any]:
        """The receipt as JSON has it."""
        return {
            "verdict": self.verdict.value,
            "service": self.service,
            "output_url": self.output_url,
            "job_url": self.job_url,
            "job_status": self.job_status,
            "account": self.account,
            "before": look_as_dict(self.before),
            "after": look_as_dict(self.after),
            "messages": self.messages,
            "warnings": self.warnings,
            "error": None if self.error is None else {"id": self.error.message_id, "text": str(self.error)},
            "exit_code": self.exit_code,
            "started": self.started,
            "finished": self.finished,
        }

    def to_json(self) -> str:
        """One JSON object."""
        return json.dumps(self.to_dict(), indent=1)

    def to_text(self) -> str:
        """A few lines for people."""
        rows = [(label, value) for label, value in self._rows() if value]
        width = max(len(label) for label, _ in rows)
        return "\n".join(f"{label + ':':<{width + 1}} {value}" for label, value in rows)

    def to_html(self) -> str:
        """A page that stands alone, for a mail or a file; everything that a server said is escaped."""
        tone = "good" if self.error is None else "bad"
        verdict_in_words = self.verdict.value.replace("-service", ", service").replace("-", " ").capitalize()
        in_the_head = ("Verdict", "Service", "Error")
        facts = [row for row in self._rows() if row[1] and row[0] not in in_the_head]
        return PAGE.format(
            title=html.escape(f"{verdict_in_words}: the cache of {self.service}"),
            tone=tone,
            verdict=html.escape(verdict_in_words),
            service=html.escape(self.service),
            error="" if self.error is None else f'<p class="error">{html.escape(str(self.error))}</p>\n',
            facts="\n".join(
                f"<tr><th>{html.escape(label)}</th><td>{html.escape(fact)}</td></tr>" for label, fact in facts
            ),
            scales=_scales_in_html("before", self.before) + _scales_in_html("after", self.after),
            messages=_messages_in_html(self.messages),
        )

    def _rows(self) -> list[tuple[str, str]]:
        return [
            ("Verdict", self.verdict.value),
            ("Service", self.service),
            ("Output", self.output_url or ""),
            ("Account", self.account),
            ("Before", look_in_words(self.before)),
            ("After", look_in_words(self.after)),
            ("Job", self.job_url or ""),
            ("Job status", self.job_status or ""),
            ("Started", self.started),
            ("Finished", self.finished),
            *(("Warning", text) for text in self.warnings),
            ("Error", "" if self.error is None else str(self.error)),
        ]


def _scales_in_html(when: str, one: CacheLook | None) -> str:
    rows = "\n".join(
        f"<tr><td>{scale.level}</td><td>1:{scale.scale:,.0f}</td><td>{scale.tiles:,}</td><td>{scale.bytes:,}</td></tr>"
        for scale in (one.scales if one is not None else None) or ()
    )
    heads = "<tr><th>Level</th><th>Scale</th><th>Tiles</th><th>Bytes</th></tr>"
    return f'<h2>Scales {when}</h2>\n<table class="scales">\n{heads}\n{rows}\n</table>\n' if rows else ""


def _messages_in_html(said: list[str]) -> str:
    rows = "\n".join(f"<li>{html.escape(text)}</li>" for text in said)
    return f"<h2>What the server said</h2>\n<ol>\n{rows}\n</ol>\n" if rows else ""


def look_as_dict(one: CacheLook | None) -> dict[str, Any] | None:
    """A look as JSON has it; null for everything that couldn't be read."""
    if one is None:
        return None
    scales = None if one.scales is None else [vars(scale) for scale in one.scales]
    return {"cached": one.cached, "tiles": one.tiles, "bytes": one.bytes, "scales": scales}


def job_in_words(report: JobReport) -> str:
    """How a job ended, its status, the server's words on it, and what kept it from being read.

    The words are its last complaints, since the very last is often no more than "Failed to execute", else its last.
    """
    words = " ".join(report.complaints[-2:] or report.messages[-1:])
    said = f"'{words}'" if words else ""
    return ", ".join(part for part in (report.end.value, report.status, said, report.trouble) if part)


def look_in_words(one: CacheLook | None) -> str:
    """A look in one line."""
    if one is None:
        return ""
    if not one.scales:
        advertised = {True: "cached", False: "no cache", None: "cache not readable"}[one.cached]
        scheme = f", a tiling scheme of {one.scheme_scales} scales" if one.scheme_scales else ""
        counted = "tiles not counted" if one.scales is None else "no tiles"
        return f"service {one.service.value}, {advertised}{scheme}, {counted}"
    return f"{one.tiles:,} tiles in {len(one.scales)} scales, {in_megabytes(one.bytes or 0)}"


def in_megabytes(size: int) -> str:
    """Bytes in the unit that people read: 1 MB is 1,000,000 bytes.

    >>> in_megabytes(1034183)
    '1.0 MB'
    """
    if size < 1_000_000:
        return f"{size / 1000:,.1f} kB"
    return f"{size / 1e6:,.1f} MB" if size < 1e9 else f"{size / 1e9:,.1f} GB"
