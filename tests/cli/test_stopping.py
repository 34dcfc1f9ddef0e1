"""Ctrl+C, SIGTERM and the deadline: each ends whatever is waited for, and the exit code tells what has happened."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.choosing import by_name, one_in, some_of
from support.command_line import LONG_ENOUGH, Outcome, PseudoTerminal, Site, ended, started, wait_for_line
from support.needs import needed
from support.rehearsal_client import wait_for
from support.story import service_url

from cachetools_core.rehearsal.server import Rehearsal

STOPS = pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, id="Ctrl+C"),
        pytest.param(signal.SIGTERM, id="terminated", marks=pytest.mark.thorough),
    ],
)
QUESTION = "Type yes: "


def wait_until_it_hears(process: subprocess.Popen[Any]) -> None:
    """Before that, Python is still starting and a signal is Python's own."""
    status = Path(f"/proc/{process.pid}/status")
    if not status.exists():
        needed("needs /proc")
    caught = 1 << (signal.SIGTERM - 1)
    wait_for(lambda: int(status.read_text().partition("SigCgt:")[2].split()[0], 16) & caught, bool)


def deletion(site: Site, *more: str) -> subprocess.Popen[str]:
    return started("delete", *site.to(), "--yes", "--json", *more, given=site.password)


# While a job runs


@STOPS
def test_a_stop_cancels_the_servers_job_and_ends_with_3(rehearsal: Any, number: int) -> None:
    site = Site(rehearsal(job_seconds=8.0))
    process = deletion(site)
    wait_for_line(process, "The job is running")
    process.send_signal(number)
    done = ended(process)
    assert (done.code, done.json["exit_code"], done.json["error"]["id"]) == (3, 3, "CT601")
    assert done.json["verdict"] in ("not-deleted", "partly-deleted")
    assert done.json["job_status"] == "esriJobCancelled"
    assert "asking the server to stop the job" in done.err and "Traceback" not in done.err
    assert [request.step for request in site.server.requests].count("cancel") == 1


def test_a_stop_of_a_job_that_can_not_be_cancelled_ends_with_5(rehearsal: Any, run: Callable[..., Outcome]) -> None:
    site = Site(rehearsal(job_seconds=60.0, faults=["json-500@cancel"]))
    for seconds in LONG_ENOUGH[1:]:
        process = deletion(site, "--deadline", seconds)
        if wait_for_line(process, "Submitted: ", or_its_end=True):
            break
        ended(process)
    process.send_signal(signal.SIGINT)
    done = ended(process)
    assert (done.code, done.json["verdict"], done.json["error"]["id"]) == (5, "still-running", "CT704")
    assert "Error performing operation" in done.json["error"]["text"]
    good, words = run("check", *site.to(), "--json", stdin=site.password).findings["journal"]
    assert good is True and "unfinished" in words


# Before anything is submitted


@STOPS
def test_a_stop_while_the_server_is_silent(rehearsal: Any, number: int) -> None:
    site = Site(rehearsal(faults=["blackhole-before@service"]))
    process = deletion(site)
    wait_for_line(process, "Signed in as")
    process.send_signal(number)
    done = ended(process)
    assert (done.code, done.json["error"]["id"]) == (3, "CT601")
    assert "Nothing on the server has changed" in done.json["error"]["text"]
    assert site.server.submits == 0 and site.server.cache("Rainfall").exists()


@pytest.mark.parametrize(
    ("what", "number"),
    some_of(
        by_name((what, number) for what in ("delete", "report", "check") for number in (signal.SIGINT, signal.SIGTERM)),
        f"delete-{signal.SIGTERM}", f"check-{signal.SIGINT}",
    ),
)  # fmt: skip
def test_a_stop_while_standard_input_is_silent(what: str, number: int, site: Site) -> None:
    """Also one that comes while the command is still loading."""
    process = started(what, *site.to(), *(["--yes"] if what == "delete" else []), "--json")
    wait_until_it_hears(process)
    process.send_signal(number)
    assert process.wait(60) == 3
    done = ended(process)
    assert done.json["error"]["id"] == "CT601" and done.err.count("CT601") == 1
    assert "Nothing was submitted" in done.err and "Traceback" not in done.err
    assert site.server.requests == []


@pytest.mark.parametrize("what", one_in(2, ["delete", "report", "check"]))
def test_the_deadline_while_standard_input_is_silent(what: str, site: Site) -> None:
    process = started(what, *site.to(), *(["--yes"] if what == "delete" else []), "--json", "--deadline", "1")
    assert process.wait(60) == 1
    done = ended(process)
    assert (done.json["error"]["id"], done.json["exit_code"]) == ("CT203", 1)
    assert "was reached while waiting for the password. Nothing was submitted." in done.err
    assert site.server.requests == []


def test_an_endless_standard_input_is_no_line(site: Site) -> None:
    with Path("/dev/zero").open() as zeros:
        done = ended(started("report", *site.to(), "--json", stdin=zeros))
    assert (done.code, done.json["error"]["id"]) == (2, "CT104")


# At the question


@STOPS
def test_a_stop_at_the_question(server: Rehearsal, at_terminal: Callable[..., PseudoTerminal], number: int) -> None:
    terminal = at_terminal("--json")
    terminal.wait_for(QUESTION)
    terminal.process.send_signal(number)
    code, out = terminal.end()
    done = Outcome(code, out, terminal.shown)
    assert (code, done.json["error"]["id"], done.json["verdict"]) == (3, "CT601", "not-deleted")
    assert "Nothing was submitted" in done.json["error"]["text"]
    assert "Traceback" not in terminal.shown and server.submits == 0 and server.cache("Rainfall").exists()


def test_ctrl_c_typed_at_the_question(server: Rehearsal, at_terminal: Callable[..., PseudoTerminal]) -> None:
    """As the terminal sends it, to everybody in its foreground."""
    terminal = at_terminal("--json", controlling=True)
    terminal.wait_for(QUESTION)
    terminal.type("\x03")
    code, _ = terminal.end()
    assert code == 3 and "Traceback" not in terminal.shown and server.submits == 0


def test_the_deadline_at_the_question(at_terminal: Callable[..., PseudoTerminal]) -> None:
    terminal = at_terminal("--json", "--deadline", "5")
    terminal.wait_for(QUESTION)
    code, out = terminal.end()
    done = Outcome(code, out, terminal.shown)
    assert (code, done.json["error"]["id"], done.json["verdict"]) == (1, "CT203", "not-deleted")
    assert "was reached while waiting for an answer. Nothing was submitted." in done.json["error"]["text"]


@STOPS
def test_a_stop_while_it_looks_before_the_question(
    server: Rehearsal, at_terminal: Callable[..., PseudoTerminal], number: int
) -> None:
    server.fault("blackhole-before@service")
    terminal = at_terminal("--json")
    terminal.wait_for("Signed in as")
    terminal.process.send_signal(number)
    code, _ = terminal.end()
    assert code == 3 and QUESTION not in terminal.shown and server.submits == 0


def test_the_deadline_while_it_looks_before_the_question(
    server: Rehearsal, at_terminal: Callable[..., PseudoTerminal]
) -> None:
    server.fault("blackhole-before@service")
    terminal = at_terminal("--json", "--deadline", "3")
    code, out = terminal.end()
    assert code == 1 and Outcome(code, out, "").json["verdict"] == "not-deleted" and server.submits == 0


# Files that never come


WAYS_TO_END = (("delete", "deadline"), ("check", "deadline"), ("report", "Ctrl+C"))
FILES_NOW = (
    "service-check-deadline",
    "CA file-delete-deadline",
    "bundle-report-Ctrl+C",
    "the system's store-delete-deadline",
)


@pytest.fixture
def silent_file(tmp_path: Path) -> Path:
    """A file on a share that is gone: a FIFO that nobody writes to stands for it."""
    file = tmp_path / "silent.lyrx"
    os.mkfifo(file)
    return file


@pytest.mark.parametrize(
    ("which", "what", "end"),
    some_of(
        by_name(
            [
                *((which, *how) for which in ("service", "CA file", "bundle") for how in WAYS_TO_END),
                ("the system's store", "delete", "deadline"),
            ]
        ),
        *FILES_NOW,
    ),
)
def test_a_file_that_never_comes(
    what: str, which: str, end: str, silent_file: Path, server: Rehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = str(silent_file) if which == "service" else service_url(server)
    more = ["--ca-file", str(silent_file)] if which == "CA file" else []
    if which == "bundle":
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(silent_file))
    limit = ["--deadline", "2"] if end == "deadline" else []
    own = {"SSL_CERT_FILE": str(silent_file)} if which == "the system's store" else {}  # the server reads it too
    more += [*limit, *(["--yes"] if what == "delete" else []), "--json"]
    process = started(what, service, *more, given="", env={**os.environ, **own})
    if end == "Ctrl+C":
        wait_until_it_hears(process)
        process.send_signal(signal.SIGINT)
    done = ended(process)
    assert done.code == (3 if end == "Ctrl+C" else 1)
    told = done.out if what == "check" else done.json["error"]["id"]
    assert ("CT601" if end == "Ctrl+C" else "CT203") in told
    assert "Traceback" not in done.err and server.requests == []
