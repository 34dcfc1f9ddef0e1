"""The cells of the fault matrix: every named fault at every step of a deletion, and what is wrong with a cell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from cachetools_core.rehearsal.faults import CHECKED_STEPS, FAULTS
from support.bench import PATIENCE, UNSETTLED, Bench, Outcome
from support.listener import CancelWhen
from support.servers import Servers
from support.what_goes import A_SCALE, ALL_OF_IT, IN_AN_EXTENT, Goes

LOST = "reset-after@submit:1"
AWAY = "service-stays-stopped"
NOT_ASKED = ("catalog", "reporting", "admin", "status", "stop", "portal")
"""Steps that no deletion takes."""


@dataclass(frozen=True)
class Cell:
    """One run: `fault` is the one that is looked at, `with_these` bring the story to the step; `goes` is deleted."""

    fault: str
    where: str
    with_these: tuple[str, ...] = ()
    federated: bool = False
    cancel: bool = False
    job_seconds: float = 0.0
    story: dict[str, Any] = field(default_factory=dict)
    goes: Goes = ALL_OF_IT

    @property
    def step(self) -> str:
        """Where the fault strikes, and what goes, for people."""
        return ", ".join(filter(None, (self.goes.words, self.where)))

    def run(self, servers: Servers) -> tuple[Outcome, Outcome | None]:
        """A run, and where that left the matter open, a second one once all faults are over."""
        with servers.lend(federated=self.federated) as place:
            first = self._first(place.about(self.goes))
            if first.verdict not in UNSETTLED:
                return first, None
            place.server.clear_faults()
            return first, place.run()

    def _first(self, place: Bench) -> Outcome:
        place.server.let_jobs_take(self.job_seconds)
        story = dict(self.story)
        if self.cancel:
            story["listener"] = CancelWhen("The job is running", "waits for a free instance")
        return place.run(*self.with_these, self.fault, **story)


# Where a request stands in the story, and what brings the story there.
PLACES = (
    Cell("@info", "info"),
    Cell("@token", "token"),
    Cell("@exchange", "exchange", federated=True),
    Cell("@service-before", "service, before"),
    Cell("@report-before", "report, before"),
    Cell("@tasks", "tasks"),
    Cell("@task", "task"),
    Cell("@jobs-query-before", "jobs-query, before"),
    Cell("@submit", "submit"),
    Cell("@job", "job"),
    Cell("@cancel", "cancel", cancel=True, job_seconds=0.5),
    Cell("@token-after", "token, after", ("token-expires-mid-job",), job_seconds=0.1),
    Cell("@service-after", "service, after"),
    Cell("@report-after", "report, after"),
    Cell("@cache-info", "cache-info, report refused", ("report-refused",)),
    Cell("@admin-service", "admin-service, after", (AWAY,)),
    Cell("@start", "start, after", (AWAY,)),
    Cell("@jobs-query-after", "jobs-query, answer lost", (LOST,)),
    Cell("@result", "job's input, answer lost", (LOST,)),
    Cell("@job", "job, answer lost", (LOST,)),
)
ONCE = ("info", "token", "service, before", "job", "service, after", "report, after", "jobs-query, answer lost")
SLOW: dict[str, Any] = {"story": {"patience": replace(PATIENCE, restart=900, grace=600), "deadline": 2000.0}}
STATES: tuple[Cell, ...] = (
    *(Cell(name, "the job") for name, fault in FAULTS.items() if fault.end),
    Cell("job-failed", "the job, cancel asked for", cancel=True, job_seconds=0.3),
    Cell("job-waits-forever", "the job, cancel asked for", cancel=True),
    Cell("token-short-lived@token", "token", job_seconds=0.2),
    Cell("token-short-lived@exchange", "exchange", federated=True, job_seconds=0.2),
    Cell("token-expires-mid-job", "the job", job_seconds=0.2),
    Cell("account-locked@token", "token"),
    Cell("account-locked@token", "token, federated", federated=True),
    Cell("account-locked@token-after", "token, after", ("token-expires-mid-job",), job_seconds=0.2),
    Cell("expires-as-string@token", "token"),
    Cell("expires-as-string@exchange", "exchange", federated=True),
    Cell("wrong-token-host", "info"),
    Cell("job-no-results", "the job"),
    Cell("job-late-results", "the job"),
    Cell("job-no-messages", "the job"),
    Cell("job-waits-forever", "the job"),
    Cell("server-restarts", "the job", job_seconds=0.2),
    Cell("json-code-400@job", "job, long job", job_seconds=1.5),
    Cell("json-code-400@job", "job, waits for ever", ("job-waits-forever",)),
    Cell("http-502@job", "job, long job", job_seconds=1.5),
    Cell("caching-tools-stopped", "the site"),
    Cell("caching-tools-missing", "the site"),
    Cell("controllers-stopped", "the site"),
    Cell("reporting-tools-missing", "the site"),
    Cell("report-refused", "report"),
    Cell("report-refused@report-after", "report, after"),
    Cell("report-as-string", "report"),
    *(
        Cell(f"cache-info-{name}", "after, report refused", ("report-refused",))
        for name in ("finds-a-cache", "not-offered", "fails", "hangs")
    ),
    Cell("other-job-running", "the site"),
    Cell("other-job-running", "the site, report refused", ("report-refused",)),
    Cell("service-stays-stopped", "the service"),
    Cell("service-stays-stopped", "the service, admin closed", ("admin-closed@start", "admin-closed@admin-service")),
    Cell("service-stays-stopped", "the service, nobody says", ("admin-closed@admin-service", "report-refused")),
    Cell("slow-restart", "the service", **SLOW),
    Cell("slow-restart", "the service, short patience"),
    Cell("service-removed-meanwhile", "the service"),
    Cell("service-renamed-meanwhile", "the service"),
    Cell("cache-rebuilt-meanwhile", "the service"),
    Cell("stale-metadata", "the service", **SLOW),
    *(Cell(f"admin-closed@{step}", step) for step in ("jobs-query",)),
    Cell("admin-closed", "answer lost", (LOST,)),
    Cell("service-says-uncached", "the service, always"),
    Cell("service-says-uncached", "the service, report refused, isCached", ("report-refused", "admin-says-cached")),
    Cell("service-says-uncached", "the service, report as text", ("report-exists-as-text",)),
    Cell("service-says-cached", "the service, always"),
    Cell("report-nameless-none", "report, sign-in page for the service", ("html-login@service",)),
    Cell("counts-as-text", "report, always"),
    Cell("nan-extent", "the service, always"),
    Cell("no-token-security", "the site"),
    Cell("read-only-site", "the site"),
    Cell("hyphenated-job-ids", "submit"),
    Cell("hyphenated-job-ids", "submit, answer lost, job waits", ("http-502-after@submit:1", "job-waits-forever")),
    Cell("job-list-cut", "jobs-query, answer lost, job waits", (LOST, "job-waits-forever")),
    Cell("job-list-respelled", "jobs-query, answer lost, job waits", (LOST, "job-waits-forever")),
    Cell("job-list-nameless", "jobs-query, answer lost, job waits", (LOST, "job-waits-forever")),
    *(
        Cell(f"{name}@submit", "submit, job waits", ("job-waits-forever",))
        for name in ("submit-error-408", "submit-error-409", "submit-error-425", "submit-error-429", "http-403-after")
    ),
    *(
        Cell(f"{name}@token-again", "token, second sign-in", ("token-expires-mid-job",), job_seconds=0.2)
        for name in ("basic-401", "http-403", "http-429", "html-login", "redirect-gateway", "account-locked-500")
    ),
    Cell("echo-in-job-id", "submit"),
    Cell("other-deletion-waits", "the site"),
    Cell("other-deletion-waits", "the site, answer lost", (LOST,)),
    Cell("huge-message", "the job"),
    Cell("control-characters", "the job"),
    Cell("html-in-messages", "the job"),
    Cell("hostile-job-id", "submit"),
    Cell("hostile-job-id", "submit, admin closed", ("admin-closed@jobs-query",)),
    Cell("hostile-result-url", "job"),
    Cell("lost-submit-answer", "submit"),
    Cell("lost-submit-answer", "submit, admin closed", ("admin-closed@jobs-query",)),
    Cell("lost-submit-answer", "submit, long job", job_seconds=0.5),
    *(Cell(LOST, f"submit, then {name}", (name,)) for name in ("job-failed", "job-gone", "job-waits-forever")),
)  # fmt: skip


# What a deletion of tiles asks for beside the others, or judges by.
TILE_PLACES = (
    Cell("@service-before", "service, before", goes=A_SCALE),
    Cell("@report-before", "report, before", goes=A_SCALE),
    Cell("@tasks", "tasks", goes=A_SCALE),
    Cell("@task", "task", goes=A_SCALE),
    Cell("@submit", "submit", goes=A_SCALE),
    Cell("@job", "job", goes=A_SCALE),
    Cell("@service-after", "service, after", goes=A_SCALE),
    Cell("@report-after", "report, after", goes=A_SCALE),
    Cell("@jobs-query-after", "jobs-query, answer lost", (LOST,), goes=A_SCALE),
    Cell("@result", "job's input, answer lost", (LOST,), goes=A_SCALE),
    Cell("@tile-before", "tile, before", goes=IN_AN_EXTENT),
    Cell("@service-after", "service, after", goes=IN_AN_EXTENT),
    Cell("@report-after", "report, after", goes=IN_AN_EXTENT),
    Cell("@tile-after", "tile, after", goes=IN_AN_EXTENT),
)
OF_EACH_KIND = {
    "reset-before", "reset-after", "blackhole-after", "truncated-json", "html-login", "http-502-after", "json-500",
    "token-498", "access-denied",
}  # fmt: skip
"""Faults that may strike anywhere, one of each kind: the wire is the same for all deletions, and has all of them."""
FEW_STEPS = 8
"""A fault with fewer steps is about one of them, so it is no other fault's kind."""
OF_TILES = (
    Cell("job-waits-forever", "the job"),
    Cell("server-restarts", "the job", job_seconds=0.2),
    Cell("other-job-running", "the site"),
    Cell("report-refused", "report"),
    Cell("report-refused@report-after", "report, after"),
    Cell("service-says-uncached@service-after", "the service, after"),
    Cell("service-removed-meanwhile", "the service"),
    Cell("cache-rebuilt-meanwhile", "the service"),
    Cell("nan-extent", "the service, always"),
    *(Cell(LOST, f"submit, then {name}", (name,)) for name in ("job-failed", "job-gone", "job-waits-forever")),
)
OF_A_SCALE = (
    *(Cell(name, "the job") for name, fault in FAULTS.items() if fault.end),
    Cell("job-waits-forever", "the job, cancel asked for", cancel=True),
    Cell("job-failed", "the job, cancel asked for", cancel=True, job_seconds=0.3),
    Cell("token-expires-mid-job", "the job", job_seconds=0.2),
    Cell("account-locked@token-after", "token, after", ("token-expires-mid-job",), job_seconds=0.2),
    Cell("other-deletion-waits", "the site, answer lost", (LOST,)),
    Cell("controllers-stopped", "the site"),
    Cell("counts-as-text", "report, always"),
    Cell("hostile-job-id", "submit"),
    Cell("html-in-messages", "the job"),
    Cell("job-list-cut", "jobs-query, answer lost, job waits", (LOST, "job-waits-forever")),
    Cell("submit-error-409@submit", "submit, job waits", ("job-waits-forever",)),
)
OF_AN_EXTENT = (
    *(Cell(name, "the job") for name, fault in FAULTS.items() if fault.effect == "half"),
    *(
        Cell(name, f"tile, {also}", (also,))
        for name in ("tilemap-odd-bits@tile-after", "http-404@tile-after")
        for also in ("report-refused", "job-says-succeeded-cache-stays", "job-succeeded-half-deleted")
    ),
)


def cells() -> Iterator[Cell]:
    """Faults that answer in the server's place at each place of the story, for good and once; then all others."""
    for place in PLACES:
        for name in _that_strike_at(place):
            yield replace(place, fault=name + place.fault)
            if place.where in ONCE and _step(place) in CHECKED_STEPS:
                yield replace(place, fault=f"{name}{place.fault}:1", where=f"{place.where}, once")
    yield from STATES
    for place in TILE_PLACES:
        for name in _that_strike_at(place):
            if name in OF_EACH_KIND or len(FAULTS[name].steps) < FEW_STEPS:
                yield replace(place, fault=name + place.fault)
    yield from (replace(cell, goes=A_SCALE) for cell in (*OF_TILES, *OF_A_SCALE))
    yield from (replace(cell, goes=IN_AN_EXTENT) for cell in (*OF_TILES, *OF_AN_EXTENT))


def _step(place: Cell) -> str:
    return place.fault[1:].removesuffix("-before").removesuffix("-after")


def _that_strike_at(place: Cell) -> Iterator[str]:
    return (name for name, fault in FAULTS.items() if fault.on_the_wire and _step(place) in fault.steps)


def complaints(cell: Cell, first: Outcome, second: Outcome | None) -> list[str]:
    """What is wrong with a cell; one whose fault never struck shows nothing, so that is wrong too."""
    found = first.complaints()
    name = "reset-after" if cell.fault == "lost-submit-answer" else cell.fault.partition("@")[0].partition(":")[0]
    if FAULTS[name].on_the_wire and name not in first.faults:
        found.append(f"{cell.fault} never struck")
    if second is not None:
        found += [f"second run: {words}" for words in second.complaints()]
    return found
