"""`unfinished`: what was begun and never seen to end, what a rerun does with it, and how it is forgotten."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.command_line import Outcome, PseudoTerminal, Site, begun_and_out_of_time
from support.entries import ENTRY, SERVICE
from support.story import service_url

from cachetools_core.local.journal import Journal


@pytest.fixture
def begun(rehearsal: Any, run: Callable[..., Outcome]) -> Site:
    """A site with a deletion that was begun and whose end nobody saw."""
    site = Site(rehearsal(job_seconds=60.0))
    begun_and_out_of_time(run, site)
    return site


def test_nothing_is_unfinished(run: Callable[..., Outcome]) -> None:
    assert run("unfinished").out == "Nothing is unfinished.\n"
    assert run("unfinished", "--json").json == {"unfinished": [], "unreadable": [], "exit_code": 0}


def test_what_is_unfinished_is_told_and_forgotten(run: Callable[..., Outcome], begun: Site, own_home: Path) -> None:
    url = service_url(begun.server)
    told = run("unfinished", "--json")
    (one,) = told.json["unfinished"]
    assert told.code == 0 and (one["service"], one["command"], one["account"]) == (url, "delete", "siteadmin")
    assert one["begun"].endswith("Z") and "/jobs/j" in one["job_url"] and "follows this job" in one["rerun"]
    shown = run("unfinished").out
    assert url in shown and one["job_url"] in shown and "cachetools_core delete SERVICE" in shown
    refused = run("unfinished", "--forget", url)
    assert refused.code == 2 and "add --yes" in refused.err and list(own_home.rglob("journal/*.json"))
    gone = run("unfinished", "--forget", url, "--yes", "--json")
    assert gone.code == 0 and len(gone.json["forgotten"]) == 1
    assert not list(own_home.rglob("journal/*.json"))
    assert "No unfinished deletion is noted" in run("unfinished", "--forget", url).out  # there is nothing to ask about
    assert begun.server.submits == 1


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), ("no\n", 3)])
def test_forgetting_is_asked_about(begun: Site, own_home: Path, answer: str, code: int) -> None:
    terminal = PseudoTerminal("unfinished", "--forget", service_url(begun.server))
    terminal.wait_for("Type yes: ")
    assert "a second one is submitted" in terminal.shown
    terminal.type(answer)
    assert terminal.end()[0] == code
    assert bool(list(own_home.rglob("journal/*.json"))) is (code != 0)


def test_what_can_not_be_read_is_told(run: Callable[..., Outcome], begun: Site, own_home: Path) -> None:
    (file,) = own_home.rglob("journal/*.json")
    file.write_text("{", encoding="utf-8")
    told = run("unfinished", "--json")
    assert (told.code, told.json["unfinished"]) == (0, [])
    assert told.json["unreadable"][0]["file"] == str(file) and "can't be understood" in run("unfinished").out
    assert run("unfinished", "--forget", service_url(begun.server), "--yes").code == 0 and not file.exists()


def test_no_service_is_forgotten_by_a_wrong_name(run: Callable[..., Outcome]) -> None:
    done = run("unfinished", "--forget", "https://u:hunter2@h/nonsense", "--yes")
    assert (done.code, "hunter2" in done.out + done.err) == (2, False)


def test_a_run_that_is_at_work_is_told(run: Callable[..., Outcome], own_home: Path) -> None:
    with Journal(SERVICE).held() as journal:
        journal.write(ENTRY.with_job("j1"))
        (one,) = run("unfinished", "--json").json["unfinished"]
        assert one["rerun"] == "A run on this machine is at work on it now; wait for it to end." and journal.still_held
    assert "A rerun follows this job and submits nothing." in run("unfinished").out
