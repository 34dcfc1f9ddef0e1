"""Ctrl+C, typed at a terminal, at ten moments of the tour, of a deletion and of a report: each ends in order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.choosing import by_name, some_of
from support.command_line import PseudoTerminal, Site
from support.rehearsal_client import wait_for
from support.story import service_url

from cachetools_core.rehearsal.server import Rehearsal

CTRL_C = "\x03"
STOPPED = 3
TOUR = (
    "The tour starts", "1. A local stand-in", "files, ", "2. A tile", "3. Deleting", "Signed in as", "Submitted: ",
    "The job is running", "Level 4", "4. The same",
)  # fmt: skip
DELETION = (
    "User name", "shown): ", "Signed in as", "Before: ", "Type yes: ", "Tiling scheme: ", "Submitted: ",
    "waits for a free", "Level 0", "Level 3",
)  # fmt: skip
REPORT = {  # which request never gets its answer; what is shown by then
    "info": ("info", ""), "token": ("token", "shown): "), "service": ("service", "Signed in as"),
    "report": ("report", "Signed in as"),
}  # fmt: skip


def typed_at(terminal: PseudoTerminal, moment: str, server: Rehearsal | None = None) -> tuple[int, str]:
    """Press Ctrl+C at that moment, after the answers that it takes to come there: the exit code, and what was shown."""
    answers = [("User name", server.username), ("shown): ", server.password), ("Type yes: ", "yes")] if server else []
    for question, answer in answers:
        if moment in question or question in moment:
            break
        terminal.wait_for(question)
        terminal.type(f"{answer}\n")
        if moment in ("Signed in as", "Before: ") and question == "shown): ":
            break
    terminal.wait_for(moment)
    terminal.type(CTRL_C)
    code, out = terminal.end()
    return code, terminal.shown + out


@pytest.mark.parametrize("moment", some_of(by_name(TOUR), "The tour starts"))
def test_in_the_tour(moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    code, shown = typed_at(PseudoTerminal("rehearse", stdout=None, controlling=True), moment)
    assert code == STOPPED and "Traceback" not in shown and shown.count("CT601") == 1
    assert list(tmp_path.glob("cachetools*")) == []


@pytest.mark.parametrize("moment", some_of(by_name(DELETION), "Level 0"))
def test_in_a_deletion(moment: str, rehearsal: Any, own_home: Path) -> None:
    server = rehearsal(job_seconds=20.0)
    arguments = "delete", service_url(server), "--ca-file", str(server.ca_file)
    code, shown = typed_at(PseudoTerminal(*arguments, stdout=None, controlling=True), moment, server)
    assert code == STOPPED and "Traceback" not in shown and server.password not in shown
    assert not list(own_home.rglob("journal/*.json")), "the server has stopped the job, so nothing is unfinished"
    steps = [request.step for request in server.requests]
    assert steps.count("submit") <= 1 and ("cancel" in steps) is ("submit" in steps)


@pytest.mark.parametrize(("silent", "moment"), some_of(REPORT, "service"))
def test_in_a_report(silent: str, moment: str, rehearsal: Any) -> None:
    server = rehearsal(faults=[f"blackhole-before@{silent}"])
    arguments = "report", service_url(server), "--ca-file", str(server.ca_file), "--user", server.username
    terminal = PseudoTerminal(*arguments, stdout=None, controlling=True)
    if silent != "info":
        terminal.wait_for("shown): ")
        terminal.type(f"{server.password}\n")
    wait_for(lambda: [request.step for request in server.requests], lambda steps: silent in steps)
    terminal.type(CTRL_C)
    code, _ = terminal.end()
    assert code == STOPPED and "Traceback" not in terminal.shown and moment in terminal.shown
    assert server.cache("Rainfall").exists() and Site(server).password.strip() not in terminal.shown
