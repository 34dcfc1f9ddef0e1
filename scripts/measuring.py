"""How the benchmark measures: whole processes, and stories on a simulated clock."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from support.job_site import SUCCEEDED, Job, JobSite, job_site
from support.story import account_of

from cachetools_core.rehearsal.server import Rehearsal

BYTES = re.compile(r"HTTP \d+, ([\d,]+) bytes")
# Modules are compiled once, as on a user's machine, also where this environment says that nothing is to be kept.
_FOLDER = tempfile.TemporaryDirectory(prefix="cachetools-bench-")
COMPILED = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": _FOLDER.name}
# More certificates to read than a user's machine has.
OF_THIS_MACHINE = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
MEASURE = """
import json, os, resource, subprocess, sys, time
begun = time.monotonic()
done = subprocess.run(sys.argv[1:], capture_output=True, input=sys.stdin.buffer.read())
wall, used = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
cpu, memory = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
print(json.dumps([done.returncode, wall, cpu, memory, done.stderr[-300:].decode()]))
"""


@dataclass(frozen=True)
class Process:
    """What a whole process took: seconds by the clock, seconds of processor time, megabytes at most."""

    wall: float
    cpu: float
    memory: float


def process(arguments: Sequence[str], typed: str = "", python: str = sys.executable, **environment: str) -> Process:
    """A Python process. Raises RuntimeError where it fails."""
    command = [sys.executable, "-c", MEASURE, python, *arguments]
    env = {name: value for name, value in os.environ.items() if name not in OF_THIS_MACHINE}
    env |= {**COMPILED, **environment}
    done = subprocess.run(command, input=typed, capture_output=True, text=True, env=env, check=True)
    code, wall, cpu, memory, said = json.loads(done.stdout)
    if code:
        raise RuntimeError(f"{arguments[:4]} ended with {code}: {said}")
    return Process(wall, cpu, memory)


def command(servers: Sequence[Rehearsal], folder: str, *arguments: str) -> Process:
    """A command of CacheTools, signed in to these servers by the first one's account, with its files in that folder."""
    account, certificates = account_of(servers[0]), Path(folder, "certificates.pem")
    certificates.write_bytes(b"".join(Path(str(one.ca_file)).read_bytes() for one in servers))
    signed_in = ["--password-stdin", "--user", account.username, "--ca-file", str(certificates)]
    own = {"XDG_DATA_HOME": folder, "CACHETOOLS_RECEIPTS": folder}
    return process(["-m", "cachetools_core", *arguments, *signed_in], f"{account.password}\n", **own)


def scripts(times: int, *texts: str) -> list[Process]:
    """The least that each of these scripts takes, since other programs only ever add to that.

    They are run by turns, so that what else goes on on the machine is the same for all of them.
    """
    rounds = [[process(["-c", text]) for text in texts] for _ in range(times)]
    return [_least(took) for took in zip(*rounds)]


def _least(took: Sequence[Process]) -> Process:
    return Process(min(one.wall for one in took), min(one.cpu for one in took), min(one.memory for one in took))


@dataclass(frozen=True)
class Deletion:
    """A deletion by the command line, in a process of its own."""

    whole: Process
    job: float
    delay: float
    status_requests: int
    other_requests: int
    connections: int
    bytes: int


def deletion(rainfall: Path, seconds: float, times: int) -> Deletion:
    """The best of several deletions whose jobs take that long."""
    return _best([_one_deletion(rainfall, seconds, "") for _ in range(times)])


def beside_another(rainfall: Path, seconds: float, times: int, other: str) -> tuple[Deletion, Deletion]:
    """The best of several deletions by turns: those of `other`, a Python with the ArcGIS API for Python, and ours."""
    rounds = [(_one_deletion(rainfall, seconds, other), _one_deletion(rainfall, seconds, "")) for _ in range(times)]
    return _best([theirs for theirs, _ in rounds]), _best([ours for _, ours in rounds])


def _best(done: Sequence[Deletion]) -> Deletion:
    """The one with the least beside its job; its processor time and memory are the least of all."""
    best = min(done, key=lambda one: one.whole.wall - one.job)
    return replace(best, whole=replace(_least([one.whole for one in done]), wall=best.whole.wall))


def _one_deletion(rainfall: Path, seconds: float, other: str) -> Deletion:
    with Rehearsal(rainfall=rainfall, job_seconds=seconds) as server, tempfile.TemporaryDirectory() as folder:
        log, account = Path(folder, "log.txt"), account_of(server)
        log.touch()
        if other:
            client = str(Path(__file__).with_name("arcgis_client.py"))
            arguments = [client, server.site, account.username, "Rainfall:MapServer", str(server.ca_file)]
            whole = process(arguments, f"{account.password}\n", other)
        else:
            service = str(server.services[0]["url"])
            whole = command([server], folder, "delete", service, "--yes", "--log-file", str(log))
        looks = [request for request in server.requests if request.step == "job"]
        ended, begun = (server.jobs[0].ended or 0) / 1000, _submitted(server)
        sizes = [int(size.replace(",", "")) for size in BYTES.findall(log.read_text(encoding="utf-8"))]
        others = len(server.requests) - len(looks)
        delay = looks[-1].received - ended
        return Deletion(whole, ended - begun, delay, len(looks), others, server.connections, sum(sizes))


def _submitted(server: Rehearsal) -> float:
    return next(request.received for request in server.requests if request.step == "submit")


def simulated(seconds: float) -> tuple[int, float]:
    """How often a job of that many seconds was asked, and how late its end was seen; time passes in pauses only."""
    with job_site() as site, tempfile.TemporaryDirectory() as folder:
        job, looks = Job(), _note_looks(site)
        site.makes = lambda: job
        site.at(seconds, lambda: site.finish(job, SUCCEEDED))
        site.delete(deadline=2 * seconds + 600, folder=Path(folder), receipts=folder)
        return len(looks), looks[-1] - seconds


def _note_looks(site: JobSite) -> list[float]:
    looks: list[float] = []
    answer = site.server.answer

    def noted(path: str) -> Any:
        if path.endswith("/jobs/j1"):
            looks.append(site.clock.seconds)
        return answer(path)

    site.server.answer = noted
    return looks


@contextlib.contextmanager
def sites(count: int, services: int, rainfall: Path, job_seconds: float) -> Iterator[list[Rehearsal]]:
    """Several sites with a number of small caches in all, and one account for all of them."""
    shares = [services // count + (number < services % count) for number in range(count)]
    with contextlib.ExitStack() as stack:
        servers = [
            stack.enter_context(Rehearsal(rainfall=rainfall, services=share, job_seconds=job_seconds))
            for share in shares
            if share
        ]
        for one in servers[1:]:
            one.accounts.update(servers[0].accounts)
        yield servers
