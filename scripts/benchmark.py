"""What CacheTools costs beside the server's own work: each number beside its floor."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from itertools import chain
from pathlib import Path
from typing import Any

from measuring import beside_another, command, deletion, scripts, simulated, sites
from support.rainfall import drawn_once

from cachetools_core.proof.words import plural
from cachetools_core.rehearsal.site import RESTART

ROOT = Path(__file__).resolve().parent.parent
JOBS = (0.2, 0.5, 1.5, 5.0, 20.0)
SIMULATED = {5.0: 20, 120.0: 45, 3600.0: 190, 28800.0: 1200}
CONNECTIONS = 2
COMPARED = (0.2, 1.5, 5.0)
ONE_BY_ONE, SIDE_BY_SIDE = 0.2, 1.0
"""Seconds of each job where several services are deleted: side by side, submits follow each other, and jobs that are
shorter than a few of them would never be at work together."""
STORY = "import cachetools_core.cli.delete, cachetools_core.tools.cache_work, cachetools_core.tools.deletion"
VALIDATION = """
import sys
sys.path[:0] = ["tests", "."]
from arcpy_standin import Pro
pro = Pro(portal_url="https://p/portal")
"""
LOADING = """
with pro:
    pro.add_toolbox("CacheTools.pyt")
"""
NOTHING_READ = """
    for tool in pro._tools.values():
        tool.updateMessages = lambda self, parameters: None
"""
VALIDATING = """
    for name in pro._tools:
        pane = pro.open_in_pane(name)
        if name not in ("StoreServerSignIn", "RemoveServerSignIn", "DeleteMapServerCaches"):
            pane.edit("input_service", "https://h/server/rest/services/F/Rainfall/MapServer")
"""


@dataclass(frozen=True)
class Number:
    """One number, what it counts, and the least that it could be."""

    of: str
    what: str
    value: float
    unit: str
    floor: float
    floor_is: str


def jobs(rainfall: Path, lengths: tuple[float, ...]) -> Iterator[Number]:
    """Deletions in processes of their own."""
    (empty,) = scripts(5, "pass")
    for length in lengths:
        one, of = deletion(rainfall, length, 3 if length < 10 else 1), f"delete, job of {length:g} s"
        yield Number(of, "delay after the end", one.delay, "s", 0.0, "none")
        yield Number(of, "status requests", one.status_requests, "", 1, "one")
        yield Number(of, "other requests", one.other_requests, "", 11, "none while the service restarts")
        yield Number(of, "connections", one.connections, "", 1, "one")
        yield Number(of, "bytes of answers", one.bytes, "B", 0, "none")
        floor = one.job + RESTART + empty.wall
        yield Number(of, "whole process", one.whole.wall, "s", floor, "job, restart, empty process")
        yield Number(of, "processor time", one.whole.cpu, "s", empty.cpu, "an empty process")
        yield Number(of, "peak memory", one.whole.memory, "MB", empty.memory, "an empty process")


def beside(rainfall: Path, python: str) -> Iterator[Number]:
    """The same deletions by the ArcGIS API for Python, each beside CacheTools' own."""
    for length in COMPARED:
        theirs, ours = beside_another(rainfall, length, 3, python)
        of, floor = f"ArcGIS API for Python, job of {length:g} s", "CacheTools"
        yield Number(of, "delay after the end", theirs.delay, "s", ours.delay, floor)
        yield Number(of, "status requests", theirs.status_requests, "", ours.status_requests, floor)
        yield Number(of, "other requests", theirs.other_requests, "", ours.other_requests, floor)
        yield Number(of, "connections", theirs.connections, "", ours.connections, floor)
        other, own = theirs.whole.wall - theirs.job, ours.whole.wall - ours.job
        yield Number(of, "beside the job", other, "s", own, floor)
        yield Number(of, "beside the server's work", other, "s", own - RESTART, floor)
        yield Number(of, "processor time", theirs.whole.cpu, "s", ours.whole.cpu, floor)
        yield Number(of, "peak memory", theirs.whole.memory, "MB", ours.whole.memory, floor)


def long_jobs() -> Iterator[Number]:
    """Jobs on the simulated clock."""
    for length in SIMULATED:
        looks, delay = simulated(length)
        yield Number(f"job of {length:g} s, simulated", "delay after the end", delay, "s", 0.0, "none")
        yield Number(f"job of {length:g} s, simulated", "status requests", looks, "", 1, "one")


def imports() -> Iterator[Number]:
    """What is loaded, and a validation round of every tool."""
    empty, core, requests, story = scripts(9, "pass", "import cachetools_core", "import requests", STORY)
    for of, took in {"cachetools_core": core, "requests": requests, "all of a deletion": story}.items():
        yield Number(f"import {of}", "processor time", took.cpu, "s", empty.cpu, "an empty process")
    start = VALIDATION + LOADING
    standin, loaded, opened, validated = scripts(
        15, VALIDATION, start, start + NOTHING_READ + VALIDATING, start + VALIDATING
    )
    for of, took in {"the .pyt loaded": loaded, "every tool of the .pyt, validated": validated}.items():
        yield Number(of, "processor time", took.cpu, "s", standin.cpu, "the stand-in alone")
        yield Number(of, "whole process", took.wall, "s", standin.wall, "the stand-in alone")
    of, floor = "every tool of the .pyt, validated", "the same without reading any text"
    yield Number(of, "processor time", validated.cpu, "s", opened.cpu, floor)


def many(rainfall: Path, services: int, count: int, per_site: int, seconds: float) -> Iterator[Number]:
    """A run over several services."""
    with sites(count, services, rainfall, seconds) as servers, tempfile.TemporaryDirectory() as folder:
        listed = Path(folder, "services.txt")
        named = [str(one["url"]) for server in servers for one in server.services[1:]]
        listed.write_text("\n".join(named), encoding="utf-8")
        took = command(servers, folder, "delete", "--from", str(listed), "--yes", "--per-site", str(per_site))
        of = f"{plural(services, 'service')}, {plural(count, 'site')}, {per_site} at a time, jobs of {seconds:g} s"
        rounds = max(math.ceil(len(server.services[1:]) / per_site) for server in servers)
        asked = [request for server in servers for request in server.requests if request.step != "job"]
        at_once = max(server.most_jobs_at_once for server in servers)
        yield Number(of, "whole process", took.wall, "s", rounds * seconds, "the jobs alone")
        yield Number(of, "processor time", took.cpu, "s", 0.0, "none")
        yield Number(of, "peak memory", took.memory, "MB", 0.0, "none")
        yield Number(of, "requests a service, status apart", len(asked) / services, "", 9, "none while it restarts")
        yield Number(of, "jobs at once on a site", at_once, "", min(per_site, services), "as many as allowed")
        yield Number(of, "submits", sum(server.submits for server in servers), "", services, "one a service")


def site_report(rainfall: Path, services: int) -> Iterator[Number]:
    """The report on a whole site."""
    with sites(1, services, rainfall, 0.0) as servers, tempfile.TemporaryDirectory() as folder:
        took, of = command(servers, folder, "report", servers[0].site), f"report on a site of {services} services"
        yield Number(of, "whole process", took.wall, "s", 0.0, "none")
        yield Number(of, "processor time", took.cpu, "s", 0.0, "none")
        yield Number(of, "peak memory", took.memory, "MB", 0.0, "none")
        yield Number(of, "requests a service", len(servers[0].requests) / (services + 1), "", 2, "service and report")


def short(rainfall: Path) -> Iterator[Number]:
    """What can be counted, without a word about seconds."""
    yield from long_jobs()
    one = deletion(rainfall, 0.2, 1)
    yield Number("delete", "other requests", one.other_requests, "", 11, "none while the service restarts")
    yield Number("delete", "connections", one.connections, "", 1, "one")
    yield from many(rainfall, 2, 1, 2, 0.1)
    yield from many(rainfall, 12, 3, 2, 0.1)


def whole(rainfall: Path) -> Iterator[Number]:
    """Everything; takes some minutes."""
    yield from jobs(rainfall, JOBS)
    yield from long_jobs()
    yield from imports()
    for count in (1, 3):
        for services in (1, 24, 240):
            for per_site in (1, 4, 8):
                if services > 1 or count == per_site == 1:
                    seconds = ONE_BY_ONE if per_site == 1 else SIDE_BY_SIDE
                    yield from many(rainfall, services, count, per_site, seconds)
    yield from site_report(rainfall, 240)


def wrong(numbers: list[Number]) -> Iterator[str]:
    """The counts that are more than they may be."""
    for one in numbers:
        if one.what == "status requests" and one.of.endswith("simulated"):
            most: float = SIMULATED[float(one.of.split()[2])]
        elif one.what == "jobs at once on a site" or one.what == "submits":
            most = one.floor
        elif one.what == "connections" and one.of.startswith("delete"):
            most = CONNECTIONS
        else:
            continue
        if one.value > most:
            yield f"{one.of}: {one.what} {one.value:g}, at most {most:g}"


def main() -> int:
    """Measure and print; 1 where a count is more than it may be."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("--short", action="store_true", help="only what can be counted, checked; no seconds")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.add_argument("--arcgis", metavar="PYTHON", help="a Python with the ArcGIS API for Python, to be held beside")
    parser.add_argument("--write", action="store_true", help="write docs/speed.md too")
    given = parser.parse_args()
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        rainfall = drawn_once(Path(folder))
        measured = short(rainfall) if given.short else whole(rainfall)
        compared = beside(rainfall, given.arcgis) if given.arcgis else iter(())
        numbers = list(_told(chain(compared, measured), _quietly if given.json else _plainly))
    if given.json:
        machine = {"date": _today(), "machine": _machine(), "numbers": [asdict(one) for one in numbers]}
        print(json.dumps(machine, indent=1))
    if given.write:
        (ROOT / "docs" / "speed.md").write_text(as_page(numbers), encoding="utf-8")
    found = list(wrong(numbers))
    for words in found:
        print(f"WRONG: {words}", file=sys.stderr)
    return 1 if found else 0


def _told(numbers: Iterator[Number], say: Callable[[str], Any]) -> Iterator[Number]:
    for one in numbers:
        say(f"{one.of:<52} {one.what:<34} {_shown(one.value, one.unit):>12}   floor {_shown(one.floor, one.unit)}")
        yield one


def _plainly(words: str) -> None:
    print(words, flush=True)


def _quietly(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def _shown(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if unit in ("", "B", "MB") and float(value).is_integer() else f"{value:,.3g}"
    number = f"{value:,.0f}" if unit in ("B", "MB") else number
    return f"{number} {unit}".rstrip()


def _today() -> str:
    return f"{datetime.now(timezone.utc):%Y-%m-%d}"


def _machine() -> str:
    model = platform.processor() or platform.machine()
    if sys.platform == "linux":
        names = (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        )
        model = next(names, model)
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def as_page(numbers: list[Number]) -> str:
    """docs/speed.md."""
    rows = [
        f"| {one.of} | {one.what} | {_shown(one.value, one.unit)} | {_shown(one.floor, one.unit)} ({one.floor_is}) |"
        for one in numbers
    ]
    head = (ROOT / "scripts" / "speed_head.md").read_text(encoding="utf-8")
    return head.format(date=_today(), machine=_machine()) + "\n".join(rows) + "\n"
