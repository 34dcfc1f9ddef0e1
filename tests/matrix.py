"""The fault matrix: `python tests/matrix.py` runs every named fault at every step, kills runs, and prints what came.

Each line: fault and step, then verdict, exit code, message id, submits, files left; where the first run left the matter
open, the verdict of a second run once the fault is over. Ends with 1 where any cell lies, submits twice or hangs.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # a clone need not be installed

from killing import POSSIBLE, kill_runs, plans
from support.bench import PATIENCE, UNSETTLED, Bench, Outcome, bench
from support.listener import CancelWhen

from cachetools_core.rehearsal.faults import CHECKED_STEPS, FAULTS
from cachetools_core.rehearsal.rainfall import draw_rainfall

WORKERS = 3
LOST = "reset-after@submit:1"
AWAY = "service-stays-stopped"
NOT_ASKED = ("catalog", "tile", "reporting", "admin", "status", "stop", "portal")
"""Steps that no deletion takes."""


@dataclass(frozen=True)
class Cell:
    """One run: `fault` is the one that is looked at, `with_these` bring the story to the step."""

    fault: str
    where: str
    with_these: tuple[str, ...] = ()
    federated: bool = False
    cancel: bool = False
    job_seconds: float = 0.0
    story: dict[str, Any] = field(default_factory=dict)

    def run(self, place: Bench) -> Outcome:
        """The first run."""
        place.fresh().server.let_jobs_take(self.job_seconds)
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
    Cell("@result", "result"),
    Cell("@cancel", "cancel", cancel=True, job_seconds=0.5),
    Cell("@token-after", "token, after", ("token-expires-mid-job",), job_seconds=0.1),
    Cell("@service-after", "service, after"),
    Cell("@report-after", "report, after"),
    Cell("@admin-service", "admin-service, after", (AWAY,)),
    Cell("@start", "start, after", (AWAY,)),
    Cell("@jobs-query-after", "jobs-query, answer lost", (LOST,)),
    Cell("@result", "job's input, answer lost", (LOST,)),
    Cell("@job", "job, answer lost", (LOST,)),
)
ONCE = ("info", "token", "service, before", "job", "service, after", "report, after", "jobs-query, answer lost")
SLOW = {"story": {"patience": replace(PATIENCE, restart=900, grace=600), "deadline": 2000.0}}
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


def cells() -> Iterator[Cell]:
    """Faults that answer in the server's place at each place of the story, for good and once; then all others."""
    for place in PLACES:
        step = place.fault[1:].removesuffix("-before").removesuffix("-after")
        for name, fault in FAULTS.items():
            if not fault.on_the_wire or step not in fault.steps:
                continue
            yield replace(place, fault=name + place.fault)
            if place.where in ONCE and step in CHECKED_STEPS:
                yield replace(place, fault=f"{name}{place.fault}:1", where=f"{place.where}, once")
    yield from STATES


def again(place: Bench, first: Outcome) -> Outcome | None:
    """A second run, once all faults are over, where the first one left the matter open."""
    if first.verdict not in UNSETTLED:
        return None
    place.server.clear_faults()
    return place.run()


def complaints(cell: Cell, first: Outcome, second: Outcome | None) -> list[str]:
    """What is wrong with a cell; one whose fault never struck shows nothing, so that is wrong too."""
    found = first.complaints()
    name = "reset-after" if cell.fault == "lost-submit-answer" else cell.fault.partition("@")[0].partition(":")[0]
    if FAULTS[name].on_the_wire and name not in first.faults:
        found.append(f"{cell.fault} never struck")
    if second is not None:
        found += [f"second run: {words}" for words in second.complaints()]
    return found


def visit(cell: Cell, places: dict[bool, Bench]) -> tuple[str, str, list[str]]:
    """Run a cell; its line, its verdict, its complaints."""
    place = places[cell.federated]
    first = cell.run(place)
    second = again(place, first)
    verdict, code, error_id, submits, files = first.facts
    then = f"  then {second.verdict}, {second.submits} submits" if second is not None else ""
    line = f"{cell.fault:<40} {cell.where:<28} {verdict:<21} {code}  {error_id:<6} {submits}  {files:>3}{then}"
    return line, verdict, complaints(cell, first, second)


@contextmanager
def workers(rainfall: Path, folder: Path) -> Iterator[Callable[..., Iterator[Any]]]:
    """Maps a function of two servers, stand-alone and federated, and of a thing over things; results in their order."""
    with ExitStack() as servers, ThreadPoolExecutor(WORKERS) as pool:
        free: SimpleQueue[dict[bool, Bench]] = SimpleQueue()
        for _ in range(WORKERS):
            free.put(
                {
                    federated: servers.enter_context(bench(rainfall, folder, federated=federated))
                    for federated in (False, True)
                }
            )

        def each(do: Callable[[dict[bool, Bench], Any], Any], things: list[Any]) -> Iterator[Any]:
            def one(thing: Any) -> Any:
                places = free.get()
                try:
                    return do(places, thing)
                finally:
                    free.put(places)

            return pool.map(one, things)

        yield each


def run_cells(rainfall: Path, folder: Path, wanted: list[Cell]) -> int:
    """Print the table; the number of cells that complain."""
    verdicts: Counter[str] = Counter()
    bad = 0
    print(f"{'fault':<40} {'step':<28} {'verdict':<21} code id  submits files")
    with workers(rainfall, folder) as each:
        for line, verdict, found in each(lambda places, cell: visit(cell, places), wanted):
            verdicts[verdict] += 1
            bad += bool(found)
            print("\n     WRONG: ".join([line, *found]), flush=True)
    print(
        f"\n{sum(verdicts.values())} cells of {len(FAULTS)} faults: "
        + ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    )
    print(f"Steps that a deletion doesn't take: {', '.join(NOT_ASKED)}.")
    return bad


def run_kills(rainfall: Path, folder: Path, how_many: int) -> int:
    """Print a line for each SIGKILL run; the number that complain."""
    ends: Counter[str] = Counter()
    bad = kills = 0
    wanted = list(islice(plans(how_many), how_many))
    print(f"\n{'killed':<44} {'account':<14} {'verdict of the last run':<24} submits files")
    with workers(rainfall, folder) as each:
        for plan, killed in zip(wanted, each(lambda places, plan: kill_runs(places[False], *plan), wanted)):
            found = killed.complaints()
            kills += killed.kills
            bad += bool(found)
            ends[f"{killed.last.verdict} with {killed.last.submits} submits"] += 1
            where = ", then ".join(map(str, killed.moments))
            line = f"{where:<44} {plan[1]:<14} {killed.last.verdict:<24} {killed.last.submits}  {killed.last.files:>3}"
            print("\n     WRONG: ".join([line, *found]), flush=True)
    print(
        f"\n{len(wanted)} SIGKILL runs, {kills} processes killed: "
        + ", ".join(f"{count} {end}" for end, count in ends.most_common())
    )
    return bad


def main() -> int:
    """The whole command; 0 where nothing is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults-only", action="store_true", help="no SIGKILL runs")
    parser.add_argument("--kills", type=int, default=210, metavar="N", help="how many SIGKILL runs (210)")
    parser.add_argument("--only", default="", metavar="WORD", help="only cells with this word in them")
    options = parser.parse_args()
    begun = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="cachetools-matrix-"))
    try:
        rainfall = draw_rainfall(folder / "drawn").folder
        wanted = [cell for cell in cells() if options.only in f"{cell.fault} {cell.where}"]
        bad = run_cells(rainfall, folder, wanted)
        if not options.faults_only and POSSIBLE:
            bad += run_kills(rainfall, folder, options.kills)
    finally:
        shutil.rmtree(folder)
    print(f"{time.monotonic() - begun:.0f} seconds.")
    print(f"{bad} cells or runs are wrong." if bad else "No cell lies, submits twice or hangs.")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
