"""A rehearsal server used again and again, and whether what a run says is true by the server's own truth."""

from __future__ import annotations

import json
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.waiting import Patience
from support.clocks import FastClock
from support.listener import CancelWhen, Listener
from support.schema import misfits
from support.story import account_of, delete_by, tokens_in, withheld_by
from support.what_goes import ALL_OF_IT, Goes

__all__ = ["Bench", "CancelWhen", "Outcome"]
FACTOR = 60.0
DEADLINE = 240.0
PATIENCE = Patience(no_answer=45, gone=12, cancel=20, grace=45, restart=90, settle=20, arrival=20, parting=90)
IN_TIME = 30.0  # story seconds that a busy machine may add to a deadline
LAST_SEEN = 75.0  # story seconds that may lie between the last answer about a job and the end of the run

UNSETTLED = ("unknown", "still-running")
EXIT_CODES = {
    "deleted": {0},
    "nothing-to-delete": {0},
    "not-deleted": {1, 2, 3, 4},
    "partly-deleted": {1, 3},
    "deleted-service-down": {1, 3},
    "still-running": {5},
    "unknown": {5},
}


@dataclass(frozen=True)
class Outcome:
    """What a run said, and what the server holds; `seconds` is how long it took on the story's own clock.

    `tiles` and `files` are what is left of what was to go, `touched` what has changed that was to stay, and `leaks` how
    many secrets stand in what was said and written. `seen_running` is true where the job ran on, hadn't ended when it
    was asked about for the last time, or ended so shortly before the run that it may not have been asked again.
    """

    receipt: dict[str, Any]
    heard: Listener
    seconds: float
    deadline: float
    submits: int
    posts: int
    overlaps: bool
    tiles: int
    files: int
    tiles_at_first: int
    touched: tuple[str, ...]
    leaks: int
    state: str
    running: bool
    seen_running: bool
    struck: frozenset[str]
    faults: frozenset[str]

    @property
    def verdict(self) -> str:
        return str(self.receipt["verdict"])

    @property
    def error_id(self) -> str:
        return self.receipt["error"]["id"] if self.receipt["error"] else "-"

    @property
    def what_to_look_at(self) -> bool:
        """True where the reader is told where to look: the service and Server Manager, or the journal's file."""
        said = " ".join([self.receipt["error"]["text"], *self.receipt["warnings"]])
        return (self.receipt["service"] in said and "Server Manager" in said) or ".json" in said

    @property
    def facts(self) -> tuple[str, int, str, int, int]:
        """Verdict, exit code, message id, submits, files left."""
        return self.verdict, self.receipt["exit_code"], self.error_id, self.submits, self.files

    def complaints(self) -> list[str]:
        """Everything that is wrong with the run; empty where it neither lies, nor submits twice, nor hangs."""
        found = [*_double(self), *_lies(self), *_misfits(self)]
        if self.touched:
            found.append(
                f"{len(self.touched)} tiles or files have changed that were to stay, such as {self.touched[0]}"
            )
        if self.leaks:
            found.append(f"{self.leaks} secrets in what was said or written")
        if self.seconds > self.deadline + IN_TIME:
            found.append(f"took {self.seconds:.0f} seconds with a deadline of {self.deadline:.0f}")
        return found


def _double(run: Outcome) -> Iterator[str]:
    """A run submits once; a later run submits again only once the first job has ended."""
    if run.posts > 1 or run.overlaps:
        yield f"{run.posts} submits sent in one run, {run.submits} jobs made"


def _lies(run: Outcome) -> Iterator[str]:
    """A verdict against the server's own truth; "unknown" is never a lie, and a cache whose tiles nobody may count is
    not deleted as long as it has any.
    """
    served = run.state == "STARTED"
    away = not served or "service" in run.struck
    counted = (run.receipt["after"] or {}).get("tiles") is not None
    whole = run.tiles == run.tiles_at_first or (run.tiles > 0 and not counted)
    true = {
        "deleted": run.files == 0 and served,
        "nothing-to-delete": run.files == 0 and run.posts == 0,
        "deleted-service-down": run.files == 0 and away,
        "partly-deleted": 0 < run.tiles < run.tiles_at_first and not run.running,
        "not-deleted": whole and not run.running,
        "still-running": run.seen_running,
        "unknown": True,
    }
    if not true[run.verdict]:
        yield f"says {run.verdict}; {run.tiles} of {run.tiles_at_first} tiles, {run.files} files, service {run.state}"


def _misfits(run: Outcome) -> Iterator[str]:
    receipt, error = run.receipt, run.receipt["error"]
    for misfit in misfits(receipt):
        yield f"the receipt doesn't fit its schema: {misfit}"
    if receipt["exit_code"] not in EXIT_CODES[run.verdict]:
        yield f"exit code {receipt['exit_code']} with {run.verdict}"
    if (receipt["exit_code"] == 0) != (error is None):
        yield f"exit code {receipt['exit_code']} with error {error}"
    if error is not None and not (error["id"] and error["text"].startswith(f"{error['id']}: ")):
        yield f"an error without its id: {error}"
    if run.error_id == "CT999" or "Traceback" in json.dumps(receipt) + run.heard.everything:
        yield f"a fault of ours: {error}"
    if run.verdict == "unknown" and not run.what_to_look_at:
        yield f"unknown, without what to look at: {error}, {receipt['warnings']}"
    if run.verdict == "deleted" and receipt["job_status"] != "esriJobSucceeded" and not receipt["warnings"]:
        yield "deleted without a warning, though the job didn't say so"
    if not _moment(receipt["started"]) <= _moment(receipt["finished"]):
        yield "finished before it started"


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class Bench:
    """A server; each `fresh` brings it back to its first state. `story` keeps the journal from run to run."""

    def __init__(self, server: Rehearsal, folder: Path) -> None:
        self.server = server
        self._folder = folder

    def fresh(self) -> Bench:
        """Jobs forgotten, faults off, the cache as it was first published, an empty journal."""
        server = self.server
        server.before_request = server.after_request = lambda request: None
        server.restart()
        server.clear_faults()
        server.let_jobs_take(0.0)
        self._await_open_door()
        server.rebuild_cache("Rainfall")
        self.cache = server.cache("Rainfall")
        self._submits = server.submits
        self.journal = Path(tempfile.mkdtemp(dir=self._folder))
        return self.about(ALL_OF_IT)

    def about(self, goes: Goes) -> Bench:
        """From here on runs delete this, and are judged by what is left of it."""
        self.goes = goes
        self.tiles_at_first, self._rest = self._tiles(), goes.rest(self.cache)
        return self

    @property
    def receipts(self) -> Path:
        """Where the runs keep their receipts."""
        return self.journal.with_name(f"{self.journal.name}-receipts")

    def run(
        self,
        *faults: str,
        role: str = "administrator",
        patience: Patience = PATIENCE,
        deadline: float = DEADLINE,
        listener: Listener | None = None,
        clock: FastClock | None = None,
        **story: Any,
    ) -> Outcome:
        """One run of the story with these faults on, added to those that are on already."""
        for fault in faults:
            self.server.fault(fault)
        heard = listener or Listener()
        clock = clock or FastClock(FACTOR, withheld_by(self.server))
        first, begun = len(self.server.requests), clock.monotonic()
        receipt = delete_by(
            self.goes.delete,
            self.server,
            account=account_of(self.server, role),
            clock=clock,
            patience=patience,
            deadline=deadline,
            messages=heard,
            journal_folder=self.journal,
            **{"receipts": self.receipts, **story},
        )
        seconds = clock.monotonic() - begun
        return self.judge(json.loads(receipt.to_json()), heard, seconds, deadline, first)

    def judge(self, receipt: dict[str, Any], heard: Listener, seconds: float, deadline: float, first: int) -> Outcome:
        """A receipt beside what the server holds now."""
        server = self.server
        jobs = server.jobs
        pairs = [(one, other) for one, other in zip(jobs, jobs[1:]) if one.task == other.task]
        running = any(job.ended is None for job in jobs)
        ended = max((job.ended or 0 for job in jobs), default=0) / 1000
        asked = max((one.received for one in server.requests[first:] if one.step == "job"), default=float("inf"))
        return Outcome(
            receipt=receipt,
            heard=heard,
            seconds=seconds,
            deadline=deadline,
            submits=server.submits - self._submits,
            posts=sum(1 for request in server.requests[first:] if request.step == "submit"),
            overlaps=any(earlier.ended is None or earlier.ended > later.submitted for earlier, later in pairs),
            tiles=self._tiles(),
            files=self.goes.files(self.cache),
            tiles_at_first=self.tiles_at_first,
            touched=self._touched(),
            leaks=self._leaks(receipt, heard, first),
            state=self._state(),
            running=running,
            seen_running=running or asked <= ended or (time.time() - ended) * FACTOR < LAST_SEEN,
            struck=frozenset(request.step for request in server.requests[first:] if request.fault),
            faults=frozenset(request.fault for request in server.requests[first:]),
        )

    def hold_the_job_half_way(self) -> None:
        """The next job deletes some tiles, and goes on only when it is told to."""

        def hold(_: object) -> None:
            if self._tiles() < self.tiles_at_first:
                self.server.let_jobs_take(36_000.0)

        self.server.let_jobs_take(4.0)
        self.server.before_request = hold

    def let_the_job_go_on(self) -> None:
        """A job that was held ends at once."""
        self.server.before_request = lambda request: None
        self.server.let_jobs_take(0.0)

    def _tiles(self) -> int:
        return self.goes.tiles(self.cache)

    def _touched(self) -> tuple[str, ...]:
        now = self.goes.rest(self.cache)
        return tuple(name for name in {*self._rest, *now} if self._rest.get(name) != now.get(name))

    def _leaks(self, receipt: dict[str, Any], heard: Listener, first: int) -> int:
        secrets = {one.password for one in self.server.accounts.values()} | tokens_in(self.server.requests[first:])
        files = [file for folder in (self.journal, self.receipts) for file in folder.glob("*") if file.is_file()]
        written = [file.read_text(encoding="utf-8", errors="replace") for file in files]
        told = "\n".join([json.dumps(receipt), heard.everything, *written])
        return sum(secret in told for secret in secrets if len(secret) > 8)

    def _state(self) -> str:
        try:
            return self.server.state("Rainfall")
        except KeyError:
            return "MISSING"

    def _await_open_door(self) -> None:
        address = urlsplit(self.server.site)
        for _ in range(200):
            try:
                socket.create_connection((address.hostname, address.port or 443), timeout=1.0).close()
                return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("the rehearsal server doesn't listen any more")
