"""`delete --from FILE` over several sites, as processes that are killed and run again."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cachetools_core.rehearsal.server import Rehearsal
from support.command_line import command
from support.needs import needed
from support.source import ROOT
from support.story import files_below

AT_MOST = 600.0


@dataclass
class Sites:
    """Several rehearsal servers with many small services each, and what one needs to run over all of them."""

    servers: Sequence[Rehearsal]
    folder: Path
    per_site: int = 4
    peak: int = 0
    arguments: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """The list of services, all certificates in one file, and the accounts in a keyring."""
        try:
            from keyrings.alt.file import PlaintextKeyring
        except ImportError:
            needed("needs the Python package keyrings.alt")
        for server in self.servers:
            PlaintextKeyring().set_password(f"CacheTools:{server.site}", server.username, server.password)
        ca_file, listed = self.folder / "ca.pem", self.folder / "services.txt"
        ca_file.write_text(
            "".join(server.ca_file.read_text() for server in self.servers if server.ca_file), encoding="utf-8"
        )
        listed.write_text("\ufeff# all of them\n\n" + "\n".join(self.services) + "\n", encoding="utf-8")
        self.arguments = [
            "delete", "--from", str(listed), "--ca-file", str(ca_file), "--user", self.servers[0].username, "--yes",
            "--json", "--per-site", str(self.per_site), "--receipts", str(self.folder / "receipts"),
        ]  # fmt: skip

    @property
    def services(self) -> list[str]:
        return [str(one["url"]) for server in self.servers for one in server.services[1:]]

    @property
    def submits(self) -> int:
        return sum(server.submits for server in self.servers)

    def killed_after(self, submits: int) -> None:
        """A run that is killed once so many jobs were submitted in all."""
        self._killed_when(lambda: self.submits >= submits)

    def killed_while_all_are_busy(self, submits: int) -> None:
        """A run that is killed once each site has as many jobs as it may have, and so many were submitted in all.

        So no submit is on its way; one that is counts as lost only after minutes. The jobs end after that.
        """
        self._let_jobs_take(AT_MOST)
        self._killed_when(lambda: self.submits >= submits and not self._idle)
        self._let_jobs_take(0.2)
        until = time.monotonic() + AT_MOST
        while any(job.ended is None for server in self.servers for job in server.jobs):
            assert time.monotonic() < until, "a job never ends"
            time.sleep(0.01)

    def _let_jobs_take(self, seconds: float) -> None:
        for server in self.servers:
            server.let_jobs_take(seconds)

    def _killed_when(self, it_is_time: Callable[[], bool]) -> None:
        process = self._started()
        for _ in self._meanwhile(process):
            if it_is_time():
                os.kill(process.pid, signal.SIGKILL)
                break
        process.wait(AT_MOST)
        assert process.returncode == -signal.SIGKILL, "it ended before it could be killed"

    @property
    def _idle(self) -> bool:
        running = [sum(job.looks > 0 and job.ended is None for job in server.jobs) for server in self.servers]
        return any(number < self.per_site for number in running)

    def run(self) -> tuple[int, dict[str, Any], str]:
        """A run to its end: exit code, summary, what it said."""
        process = self._started()
        for _ in self._meanwhile(process):
            continue
        out, err = (self._written(name).read_text(encoding="utf-8") for name in ("out", "err"))
        return process.returncode, json.loads(out), err

    def complaints(self, summary: dict[str, Any], code: int) -> list[str]:
        """Everything in which the summary and the servers don't agree."""
        receipts = {one["service"]: one for one in summary["receipts"]}
        found = [] if list(receipts) == self.services else ["the receipts aren't those of the services, in their order"]
        found += [f"{url} says {one['verdict']}" for url, one in receipts.items() if not self._is_true(one)]
        if summary["counts"] != Counter(one["verdict"] for one in receipts.values()):
            found.append("the counts aren't those of the receipts")
        if not code == summary["exit_code"] == max(one["exit_code"] for one in receipts.values()):
            found.append(f"exit code {code}, {summary['exit_code']} in the summary")
        for server in self.servers:
            jobs = Counter(job.target for job in server.jobs)
            found += [f"{number} jobs for {target}" for target, number in jobs.items() if number > 1]
            if server.most_jobs_at_once > self.per_site:
                found.append(f"{server.most_jobs_at_once} jobs at a time on {server.site}")
        return found

    def _is_true(self, receipt: dict[str, Any]) -> bool:
        server = next(one for one in self.servers if receipt["service"].startswith(f"{one.site}/"))
        name = receipt["service"].partition("/rest/services/")[2].rpartition("/")[0]
        files = files_below(server.cache(name).folder.parent)
        if receipt["verdict"] in ("deleted", "nothing-to-delete", "deleted-service-down"):
            return files == 0
        return receipt["verdict"] in ("unknown", "still-running") or files > 0

    def _written(self, name: str) -> Path:
        return self.folder / f"{name}.txt"

    def _started(self) -> subprocess.Popen[str]:
        with self._written("out").open("w") as out, self._written("err").open("w") as err:
            return subprocess.Popen(
                command(*self.arguments), text=True, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=err
            )

    def _meanwhile(self, process: subprocess.Popen[str]) -> Iterator[None]:
        """Until the process ends; the most memory that it has had is noted."""
        until = time.monotonic() + AT_MOST
        while process.poll() is None:
            assert time.monotonic() < until, "the run hangs"
            with suppress(OSError):
                status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii", errors="replace")
                found = re.search(r"VmHWM:\s+(\d+) kB", status)
                self.peak = max(self.peak, int(found[1]) if found else 0)
            yield
            time.sleep(0.01)
