"""`-q`, `-v`, `--log-file` and the core's log: who hears what, with times, and without changing what is done."""

from __future__ import annotations

import logging
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command_line import Outcome, PseudoTerminal, Site
from support.story import delete

from cachetools_core.rehearsal.server import Rehearsal

REQUEST = re.compile(r"(GET|POST) https://\S+/rest/info: HTTP 200, \d+ bytes, \d+ ms")


@pytest.mark.parametrize(
    ("how", "infos", "requests"), [("-q", False, False), ("-v", True, True), ("--json", True, False)]
)
def test_how_much_is_said(run: Callable[..., Outcome], site: Site, how: str, infos: bool, requests: bool) -> None:
    done = run("report", *site.to(), how, stdin=site.password)
    assert done.code == 0 and "2,735" in done.out
    assert ("Signed in as" in done.said) is infos and bool(REQUEST.search(done.err)) is requests
    assert site.password.strip() not in done.out + done.err


def test_quiet_still_says_what_went_wrong(run: Callable[..., Outcome], site: Site) -> None:
    done = run("report", *site.to(), "-q", stdin="wrong\n")
    assert done.code == 4 and done.said.startswith("ERROR: CT402: ") and done.err.count("\n") == 1


def test_who_is_asked_sees_what_about_however_quiet(at_terminal: Callable[..., PseudoTerminal]) -> None:
    terminal = at_terminal("-q")
    terminal.wait_for("Type yes: ")
    assert "1:591,657,528" in terminal.shown
    terminal.type("no\n")
    assert terminal.end()[0] == 3


def test_a_log_file_has_it_all_with_times(run: Callable[..., Outcome], site: Site, tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    for _ in range(2):
        assert run("report", *site.to(), "--log-file", str(log), "-q", stdin=site.password).code == 0
    lines = log.read_text(encoding="utf-8").splitlines()
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (DEBUG|INFO   |WARNING|ERROR) ?", line) for line in lines)
    told = "\n".join(lines)
    assert told.count("Exit code 0") == 2, "it is appended to"
    assert REQUEST.search(told) and "Signed in as siteadmin" in told and "2,735" in told
    assert site.password.strip() not in told and stat.S_IMODE(log.stat().st_mode) & 0o077 == 0


def test_a_failure_stands_in_the_log_file(run: Callable[..., Outcome], site: Site, tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    run("report", *site.to(), "--log-file", str(log), stdin="wrong\n")
    assert "ERROR   CT402: " in log.read_text(encoding="utf-8")


def test_a_log_file_that_can_not_be_opened_is_told_before_all_else(run: Callable[..., Outcome], site: Site) -> None:
    done = run("delete", *site.to(), "--yes", "--log-file", "/no/such/folder/log.txt", stdin=site.password)
    assert (done.code, site.server.requests) == (2, []) and "can't be opened: No such file or directory." in done.err


def test_a_full_disk_costs_the_log_and_nothing_else(run: Callable[..., Outcome], site: Site) -> None:
    done = run("delete", *site.to(), "--yes", "--log-file", "/dev/full", stdin=site.password)
    assert done.code == 0 and "deleted" in done.out
    assert done.said.count("WARNING: The log file /dev/full can't be written any more; the run goes on.\n") == 1


def test_the_core_logs_what_a_run_says_and_each_request(server: Rehearsal, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="cachetools_core"):
        delete(server)
    said = [(record.levelno, record.name, record.getMessage()) for record in caplog.records]
    submits = [one for one in said if one[2].startswith("POST ") and "/submitJob: HTTP 200" in one[2]]
    assert [one[:2] for one in submits] == [(logging.DEBUG, "cachetools_core.server")]
    assert sum(text.startswith("Submitted: ") for level, _, text in said if level == logging.INFO) == 1
    assert server.password not in caplog.text


def test_the_core_keeps_no_handler_but_the_one_that_does_nothing() -> None:
    core = logging.getLogger("cachetools_core")
    assert [type(one) for one in core.handlers] == [logging.NullHandler] and core.propagate and not core.level
