"""What a deletion would refuse before its submit, a check says; and what it says no to, a deletion refuses."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from support.body_server import BodyServer
from support.clocks import FastClock
from support.puppet import (
    COUNTS_21,
    GONE,
    NONE,
    SERVICE_URL,
    STOPPED,
    THERE,
    WITH_A_CACHE,
    Answers,
    Puppet,
    error,
    is_cached,
    level,
    page,
    report,
)

from cachetools_core.tools.access import Access
from cachetools_core.tools.check import check_deletion
from cachetools_core.tools.delete import run_deletion
from cachetools_core.waiting import Patience

LITTLE = Patience(no_answer=3, gone=1, cancel=1, grace=2, restart=2, settle=1, arrival=1)
SITES: dict[str, tuple[Answers, bool]] = {
    "a cache": (WITH_A_CACHE, True),
    "no cache": (Answers(GONE, NONE), True),
    "a report that is refused": (Answers(THERE, error(403)), True),
    "no cache by the service, one by the administrator": (Answers(GONE, NONE, is_cached("true")), False),
    "no cache, and a broken report": (Answers(GONE, error(500)), False),
    "no cache, and a count": (Answers(GONE, COUNTS_21), True),
    "stopped": (Answers(STOPPED, COUNTS_21), False),
    "a page": (Answers(page(), NONE), False),
    "another job": (Answers(THERE, report("EXISTS", level(isRunning="true"))), False),
    "a hosted tile layer": (Answers({**THERE, "capabilities": "Map,TilesOnly"}), False),
}


def both(puppet: Puppet, folder: Path, **more: Any) -> tuple[bool, bool]:
    """Whether a check says yes, and whether a deletion refuses nothing."""
    access = Access(clock=FastClock(100), patience=LITTLE, deadline=600, journal_folder=folder / "journal", **more)
    possible = check_deletion(puppet.service_url, access).possible
    receipt = run_deletion(puppet.service_url, access, lambda plan: True)
    return possible, bool(puppet.submits) or receipt.exit_code == 0


@pytest.mark.parametrize("name", SITES)
def test_check_and_delete_agree(name: str, tmp_path: Path) -> None:
    answers, possible = SITES[name]
    with BodyServer(lambda path: None) as server:
        assert both(Puppet(server, answers, Answers(GONE, NONE)), tmp_path) == (possible, possible)


def test_they_agree_on_files_that_the_server_knows_nothing_of(tmp_path: Path) -> None:
    (tmp_path / "caches" / "F_Rain" / "Layers").mkdir(parents=True)
    (tmp_path / "caches" / "F_Rain" / "Layers" / "conf.xml").touch()
    with BodyServer(lambda path: None) as server:
        puppet = Puppet(server, Answers(GONE, NONE), Answers(GONE, NONE))
        assert both(puppet, tmp_path, cache_directory=tmp_path / "caches") == (False, False)


def test_they_agree_on_a_task_that_wants_something_else(tmp_path: Path) -> None:
    with BodyServer(lambda path: None) as server:
        puppet = Puppet(server, WITH_A_CACHE, Answers(GONE, NONE))
        answer = server.answer
        odd = json.dumps({"name": "DeleteCache", "parameters": [{**SERVICE_URL, "name": "reason"}]}).encode()
        server.answer = lambda path: odd if path.endswith("GPServer/DeleteCache") else answer(path)
        assert both(puppet, tmp_path) == (False, False)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a file system that takes no folders")
def test_they_agree_where_no_journal_can_be_kept(tmp_path: Path) -> None:
    with BodyServer(lambda path: None) as server:
        puppet = Puppet(server, WITH_A_CACHE, Answers(GONE, NONE))
        access = Access(clock=FastClock(100), deadline=600, journal_folder=Path("/proc/CacheTools/journal"))
        assert not check_deletion(puppet.service_url, access).possible
        receipt = run_deletion(puppet.service_url, access, lambda plan: True)
        assert receipt.error is not None
        assert (receipt.error.message_id, puppet.submits) == ("CT502", 0)
