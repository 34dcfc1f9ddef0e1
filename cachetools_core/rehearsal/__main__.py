"""`python -m cachetools_core.rehearsal`: the local server, until it is stopped."""

from __future__ import annotations

import _thread
import argparse
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

if __name__ == "__main__":  # while the rest loads, nothing is there yet that has to be tidied up
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, lambda *_: os._exit(0))
try:
    from cachetools_core.rehearsal.caches import CacheError
    from cachetools_core.rehearsal.faults import FAULTS
    from cachetools_core.rehearsal.faults.fault import EVIDENCE
    from cachetools_core.rehearsal.server import Rehearsal
except ImportError as missing:  # they are in the extra `rehearsal`
    sys.exit(
        f"The rehearsal server needs a Python package that can't be loaded: {missing.name}."
        " Run: python -m pip install tornado numpy cryptography"
    )


def main(arguments: list[str] | None = None) -> int:
    """Serves until SIGINT or SIGTERM; 2 for arguments that cannot be, 1 where the port is taken."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list_faults:
        print(fault_table())
        return 0
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop_once)
    if options.end_with_parent:
        threading.Thread(target=_stop_with_standard_input, daemon=True).start()
    try:
        rehearsal = Rehearsal(
            http=options.http,
            federated=options.federated,
            version=options.version,
            job_seconds=options.job_seconds,
            caches=dict(options.cache),
            faults=options.fault,
            port=options.port,
            context=options.context,
            services=options.services,
        )
        with rehearsal as server:
            print(json.dumps(ready_line(server), ensure_ascii=False), flush=True)
            if sys.stderr is not None and sys.stderr.isatty():
                print(what_to_paste(server), file=sys.stderr, flush=True)
            # A wait without an end cannot be interrupted on Windows.
            while True:
                time.sleep(0.5)
    except KeyboardInterrupt:
        return 0
    except (CacheError, ValueError) as error:
        parser.error(str(error))
    except OSError as error:
        print(
            f"The server could not start: {error}. If port {options.port} is taken, give another --port.",
            file=sys.stderr,
        )
        return 1
    return 0


def _stop_once(number: int, _: object) -> None:
    """Also while the server is being built; a second signal doesn't disturb the tidying up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _stop_with_standard_input() -> None:
    """A parent that holds the other end of standard input ends it by ending itself, however that comes."""
    # Not sys.stdin: a thread that waits in it keeps the interpreter from ending.
    while os.read(0, 4096):
        pass
    _thread.interrupt_main()


def ready_line(server: Rehearsal) -> dict[str, object]:
    """What is printed when the server is ready."""
    return {
        "site": server.site,
        "portal": server.portal,
        "ca_file": str(server.ca_file) if server.ca_file else None,
        "username": server.username,
        "password": server.password,
        "cache_directory": str(server.cache_directory),
        "services": server.services,
    }


def what_to_paste(server: Rehearsal) -> str:
    """Commands for another terminal, in an order that deletes last; they ask for the password."""
    url, trusted = server.services[0]["url"], f' --ca-file "{server.ca_file}"' if server.ca_file else ""
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable  # PowerShell runs no quoted text
    commands = [
        f'  {python} -m cachetools_core {what} "{url}" --user {server.username}{trusted}'
        for what in ("check", "report", "delete")
    ]
    return "\n".join(
        ["To paste into another terminal:", *commands, f"The password: {server.password}", "Ctrl+C ends it."]
    )


def fault_table() -> str:
    """All faults, one a line: name, steps, meaning, evidence; and what the words for the evidence mean."""
    lines = []
    for fault in FAULTS.values():
        steps = "any step" if len(fault.steps) > 15 else ", ".join(fault.steps) or "-"
        lines.append(f"{fault.name:36}  {steps:24}  {fault.meaning} [{fault.evidence}]")
    return "\n".join([*lines, "", *(f"[{word}]: {meaning}" for word, meaning in EVIDENCE.items())])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m cachetools_core.rehearsal",
        allow_abbrev=False,
        description="A local stand-in for ArcGIS Server with real caches, on loopback only, for rehearsing a deletion.",
    )
    parser.add_argument("--port", type=_port, default=6443, metavar="N", help="port, 0 for a free one (default 6443)")
    parser.add_argument("--context", metavar="NAME", help="the site's only context, '' for none (default arcgis)")
    parser.add_argument("--http", action="store_true", help="plain HTTP instead of HTTPS")
    parser.add_argument("--federated", action="store_true", help="federated with a small portal of its own")
    parser.add_argument("--version", default="11.3", metavar="V", help="10.8.1 to 12.x (default 11.3)")
    parser.add_argument(
        "--job-seconds", type=_seconds, default=2.0, metavar="S", help="how long a deletion takes (default 2)"
    )
    parser.add_argument(
        "--services",
        type=_number,
        default=0,
        metavar="N",
        help="N more services with small caches, in the root folder and three others",
    )
    parser.add_argument(
        "--fault", action="append", default=[], metavar="NAME[@STEP][:TIMES]", help="a fault, see --list-faults"
    )
    parser.add_argument(
        "--end-with-parent", action="store_true", help="stop when standard input ends; for a pipe that a parent holds"
    )
    parser.add_argument("--list-faults", action="store_true", help="print the faults and stop")
    parser.add_argument(
        "--cache",
        action="append",
        default=[],
        type=_cache,
        metavar="[FOLDER/]NAME[:ImageServer]=PATH",
        help="publish a copy of a cache: a folder with conf.xml, a .tpkx or a .tpk",
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:  # a larger one would wrap round to another port
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _number(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of 0 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return seconds


def _cache(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not equals or not name or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=PATH")
    return name, Path(path)


if __name__ == "__main__":
    sys.exit(main())
