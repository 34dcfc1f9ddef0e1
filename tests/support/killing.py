"""Runs that are killed with SIGKILL at a chosen moment and run again until they end.

The runs are processes of their own, forked from a server of forks that has everything imported; the rehearsal server
stays in this process, so its hooks know when which request is there.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cachetools_core.errors import CacheToolsError
from cachetools_core.server.tokens import Account
from cachetools_core.tools.access import Access
from support.bench import DEADLINE, FACTOR, PATIENCE, Bench, Outcome
from support.clocks import FastClock
from support.listener import Listener
from support.servers import Servers
from support.story import account_of, service_url
from support.what_goes import A_SCALE, ALL_OF_IT, IN_AN_EXTENT, Goes

POSSIBLE = hasattr(signal, "SIGKILL")
MOST_RUNS = 6
HANGS = 60.0


@dataclass(frozen=True)
class Moment:
    """When to kill: "before" or "after" the request of that number, before that change of the "journal", or "later",
    after as many milliseconds."""

    kind: str
    number: int

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


@dataclass(frozen=True)
class Killed:
    """Runs in a row with one journal: where each was killed, and how the last one ended."""

    moments: tuple[Moment, ...]
    kills: int
    last: Outcome
    journal: Path
    receipts: Path

    def complaints(self) -> list[str]:
        """Exactly one job and the cache gone, or `unknown` with what to look at."""
        found = self.last.complaints()
        good = self.last.verdict in ("deleted", "nothing-to-delete") and self.last.files == 0
        if self.last.submits != 1 and not (self.last.verdict == "unknown" and self.last.submits == 0):
            found.append(f"{self.last.submits} jobs in all")
        if not good and self.last.verdict != "unknown":
            found.append(f"ended with {self.last.verdict}")
        return found


def kill_runs(
    servers: Servers,
    moments: tuple[Moment, ...],
    role: str = "administrator",
    faults: tuple[str, ...] = (),
    goes: Goes = ALL_OF_IT,
) -> Killed:
    """A run for each moment, killed then, and runs after them until one ends by itself."""
    with servers.lend() as place:
        return _kill_runs(place.about(goes), moments, role, faults)


def _kill_runs(place: Bench, moments: tuple[Moment, ...], role: str, faults: tuple[str, ...]) -> Killed:
    server = place.server
    for fault in faults:
        server.fault(fault)
    kills = 0
    for moment in [*moments, *[None] * (MOST_RUNS - len(moments))]:
        first = len(server.requests)
        file = place.journal.parent / f"{place.journal.name}.receipt-{kills}"
        process = _CONTEXT.Process(target=_story, args=(moment, *_arguments(place, role, file)), daemon=True)
        with _armed(place, moment, process):
            process.start()
            process.join(HANGS)
        assert process.exitcode is not None, f"a run hangs after {moment}"
        # Not by the exit code: threads that start processes side by side may take it from each other (multiprocessing).
        if file.exists():
            end = json.loads(file.read_text(encoding="utf-8"))
            last = place.judge(end["receipt"], Listener(), end["seconds"], DEADLINE, first)
            return Killed(moments, kills, last, place.journal, place.receipts)
        kills += 1
    raise AssertionError(f"still killed after {kills} runs")


_CONTEXT: Any = multiprocessing.get_context("forkserver") if POSSIBLE else None
if POSSIBLE:
    _CONTEXT.set_forkserver_preload(["support.killing"])


def _arguments(place: Bench, role: str, file: Path) -> tuple[Any, ...]:
    server, account = place.server, account_of(place.server, role)
    return place.goes, service_url(server), account, str(server.ca_file), place.journal, place.receipts, str(file)


def _story(
    moment: Moment | None,
    goes: Goes,
    service: str,
    account: Account,
    ca_file: str,
    journal: Path,
    receipts: Path,
    file: str,
) -> None:
    """What a killed process does: one deletion; its receipt and how long it took on its own clock, in a file."""
    if moment is not None and moment.kind == "journal":
        sys.addaudithook(_KilledBefore(moment.number, journal))
    clock = FastClock(FACTOR)
    begun = clock.monotonic()
    access = Access(
        account=account,
        ca_file=ca_file,
        deadline=DEADLINE,
        clock=clock,
        patience=PATIENCE,
        journal_folder=journal,
        receipts=receipts,  # not by a variable: a forked server of processes keeps its first ones
    )
    try:
        receipt = goes.delete(service, access)
    except CacheToolsError as error:
        assert error.receipt is not None
        receipt = error.receipt
    end = {"receipt": receipt.to_dict(), "seconds": clock.monotonic() - begun}
    whole = Path(f"{file}.whole")
    whole.write_text(json.dumps(end), encoding="utf-8")
    whole.replace(file)
    os._exit(receipt.exit_code)


class _KilledBefore:
    """Kills this process right before the journal's change of that number: a file opened to be written, renamed or
    removed."""

    def __init__(self, number: int, journal: Path) -> None:
        self._left, self._journal = number, str(journal)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        writes = event in ("os.rename", "os.remove") or (event == "open" and (arguments[2] or 0) & os.O_CREAT)
        if writes and str(arguments[0]).startswith(self._journal + os.sep):
            self._left -= 1
            if not self._left:
                os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def _armed(place: Bench, moment: Moment | None, process: Any) -> Iterator[None]:
    """Kill the process at the moment, while this lasts."""
    server, seen, over = place.server, [0], threading.Event()

    def kill() -> None:
        while process.pid is None and not over.is_set():
            time.sleep(0.001)
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)

    def at_request(_: object) -> None:
        seen[0] += 1
        if moment is not None and seen[0] == moment.number:
            kill()

    def kill_after(seconds: float) -> None:
        if not over.wait(seconds):
            kill()

    watcher = None
    if moment is not None and moment.kind in ("before", "after"):
        setattr(server, f"{moment.kind}_request", at_request)
    elif moment is not None and moment.kind == "later":
        watcher = threading.Thread(target=kill_after, args=(moment.number / 1000,), daemon=True)
        watcher.start()
    try:
        yield
    finally:
        over.set()
        server.before_request = server.after_request = lambda request: None
        if watcher is not None:
            watcher.join()


Plan = tuple[tuple[Moment, ...], str, tuple[str, ...], Goes]
REQUESTS = [Moment(kind, number) for number in range(1, 15) for kind in ("before", "after")]
JOURNAL = [Moment("journal", number) for number in range(1, 10)]
OF_TILES = [moment for moment in (*REQUESTS, *JOURNAL) if moment.kind != "before" or 5 < moment.number < 13]


def plans(how_many: int) -> Iterator[Plan]:
    """Moments, role, faults and what goes: every request and every change of the journal, for the cache and for tiles
    of it, then second kills and chance.
    """
    chance = random.Random(1)
    single = [*REQUESTS, *JOURNAL]
    for moment in single:
        yield (moment,), "administrator", (), ALL_OF_IT
    for moment in single:
        yield (moment,), "publisher", ("admin-closed",), ALL_OF_IT
    for moment in OF_TILES:
        yield (moment,), "administrator", (), A_SCALE
    for moment in JOURNAL:
        yield (moment,), "publisher", ("admin-closed",), IN_AN_EXTENT
    for _ in range(max(0, how_many - 2 * len(single) - len(OF_TILES) - len(JOURNAL))):
        later = Moment("later", chance.randrange(1, 400))
        row = tuple(chance.choice([*REQUESTS, *JOURNAL, later]) for _ in range(chance.choice((1, 2, 2, 3))))
        role, faults = (
            chance.choice(("administrator", "publisher")),
            chance.choice(((), (), ("admin-closed@jobs-query",))),
        )
        yield row, role, faults, chance.choice((ALL_OF_IT, ALL_OF_IT, A_SCALE, IN_AN_EXTENT))
