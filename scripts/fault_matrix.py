"""The fault matrix: runs every named fault at every step, kills runs, and prints what came.

Each line: fault and step, then verdict, exit code, message id, submits, files left; where the first run left the matter
open, the verdict of a second run once the fault is over. Ends with 1 where any cell lies, submits twice or hangs.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from collections import Counter
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

from support.cells import NOT_ASKED, Cell, cells, complaints
from support.killing import POSSIBLE, Killed, Plan, kill_runs, plans
from support.servers import Servers

from cachetools_core.rehearsal.faults import FAULTS
from cachetools_core.rehearsal.rainfall import draw_rainfall

PROCESSES = 4  # a thread more in one process gains nothing: Python runs one of them at a time


class Worker:
    """What each process has: servers, and all its temporary files in a folder that the first process removes."""

    servers: Servers

    @classmethod
    def begin(cls, folder: Path, rainfall: Path) -> None:
        tempfile.tempdir = str(folder)
        cls.servers = Servers(rainfall).__enter__()


def visit(cell: Cell) -> tuple[str, str, list[str]]:
    """Run a cell; its line, its verdict, its complaints."""
    first, second = cell.run(Worker.servers)
    verdict, code, error_id, submits, files = first.facts
    then = f"  then {second.verdict}, {second.submits} submits" if second is not None else ""
    line = f"{cell.fault:<40} {cell.step:<48} {verdict:<21} {code}  {error_id:<6} {submits}  {files:>3}{then}"
    return line, verdict, complaints(cell, first, second)


def kill(plan: Plan) -> Killed:
    """Kill runs as planned."""
    return kill_runs(Worker.servers, *plan)


def run_cells(pool: Executor, wanted: list[Cell]) -> int:
    """Print the table; the number of cells that complain."""
    verdicts: Counter[str] = Counter()
    bad = 0
    print(f"{'fault':<40} {'step':<48} {'verdict':<21} code id  submits files")
    for line, verdict, found in pool.map(visit, wanted):
        verdicts[verdict] += 1
        bad += bool(found)
        print("\n     WRONG: ".join([line, *found]), flush=True)
    print(
        f"\n{sum(verdicts.values())} cells of {len(FAULTS)} faults: "
        + ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
    )
    print(f"Steps that a deletion doesn't take: {', '.join(NOT_ASKED)}.")
    return bad


def run_kills(pool: Executor, how_many: int) -> int:
    """Print a line for each SIGKILL run; the number that complain."""
    ends: Counter[str] = Counter()
    bad = kills = 0
    wanted = list(islice(plans(how_many), how_many))
    print(f"\n{'killed':<44} {'account':<14} {'what goes':<18} {'verdict of the last run':<24} submits files")
    for plan, killed in zip(wanted, pool.map(kill, wanted)):
        found = killed.complaints()
        kills += killed.kills
        bad += bool(found)
        ends[f"{killed.last.verdict} with {killed.last.submits} submits"] += 1
        where = ", then ".join(map(str, killed.moments))
        about = f"{plan[1]:<14} {plan[3].words or 'the cache':<18}"
        line = f"{where:<44} {about} {killed.last.verdict:<24} {killed.last.submits}  {killed.last.files:>3}"
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
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cachetools-matrix-")))
        rainfall = draw_rainfall(folder).folder
        context = multiprocessing.get_context("spawn")
        pool = stack.enter_context(ProcessPoolExecutor(PROCESSES, context, Worker.begin, (folder, rainfall)))
        bad = run_cells(pool, [cell for cell in cells() if options.only in f"{cell.fault} {cell.step}"])
        if not options.faults_only and POSSIBLE:
            bad += run_kills(pool, options.kills)
    print(f"{time.monotonic() - begun:.0f} seconds.")
    print(f"{bad} cells or runs are wrong." if bad else "No cell lies, submits twice or hangs.")
    return 1 if bad else 0
