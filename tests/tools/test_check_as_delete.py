"""What a deletion would refuse before its submit, a check says; and what it says no to, a deletion refuses."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.body_server import BodyServer, refusal
from support.clocks import FastClock
from support.entries import ENTRY
from support.puppet import (
    COUNTS_21,
    GONE,
    LITTLE,
    NONE,
    SERVICE_URL,
    STOPPED,
    TASK,
    THERE,
    WITH_A_CACHE,
    Answers,
    Puppet,
    is_cached,
    level,
    page,
    report,
)

from cachetools_core.local.journal import Journal
from cachetools_core.local.ledger import Ledger
from cachetools_core.naming.identity import service_key
from cachetools_core.naming.service import read_service
from cachetools_core.proof.entry import Entry
from cachetools_core.tools.access import Access
from cachetools_core.tools.check import check_deletion
from cachetools_core.tools.delete import run_deletion
from cachetools_core.tools.report import report_map_server_cache

SITES: dict[str, tuple[Answers, bool]] = {
    "a cache": (WITH_A_CACHE, True),
    "no cache": (Answers(GONE, NONE), True),
    "a report that is refused": (Answers(THERE, refusal(403)), True),
    "no cache by the service, one by the administrator": (Answers(GONE, NONE, is_cached("true")), False),
    "no cache, and a broken report": (Answers(GONE, refusal(500)), False),
    "no cache, and a count": (Answers(GONE, COUNTS_21), True),
    "stopped": (Answers(STOPPED, COUNTS_21), False),
    "a page": (Answers(page(), NONE), False),
    "another job": (Answers(THERE, report("EXISTS", level(isRunning="true"))), False),
    "a hosted tile layer": (Answers({**THERE, "capabilities": "Map,TilesOnly"}), False),
}


def access_to(folder: Path, **more: Any) -> Access:
    return Access(clock=FastClock(100), patience=LITTLE, deadline=600, journal_folder=folder / "journal", **more)


def both(puppet: Puppet, folder: Path, **more: Any) -> tuple[bool, bool]:
    """Whether a check says yes, and whether a deletion refuses nothing."""
    access = access_to(folder, **more)
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


@pytest.mark.parametrize(
    "meanwhile",
    [Answers(THERE, report("EXISTS", level(isRunning="true"))), Answers(STOPPED, COUNTS_21)],
    ids=["running", "stopped"],
)
def test_they_agree_while_the_job_of_an_unfinished_deletion_is_at_work(tmp_path: Path, meanwhile: Answers) -> None:
    with BodyServer(lambda path: None) as server:
        puppet = Puppet(server, meanwhile, Answers(GONE, NONE))
        with Journal(puppet.service_url, tmp_path / "journal").held() as journal:
            begun = replace(ENTRY, service=puppet.service_url, task_url=f"{server.site}/{TASK}")
            journal.write(begun.with_job("j1"))
        access = access_to(tmp_path)
        assert check_deletion(puppet.service_url, access).possible
        assert report_map_server_cache(puppet.service_url, access=access).deletable


def test_a_caching_job_that_is_at_work_after_a_deletion_is_warned_of(tmp_path: Path) -> None:
    with BodyServer(lambda path: None) as server:
        puppet = Puppet(server, WITH_A_CACHE, Answers(GONE, report("NONE", cacheExecutionStatus="PROCESSING")))
        receipt = run_deletion(puppet.service_url, access_to(tmp_path), lambda plan: True)
        assert (receipt.verdict.value, receipt.exit_code) == ("deleted", 0)
        assert any("caching job is still running" in warning for warning in receipt.warnings)


# A run that is at work on the same service


@pytest.mark.parametrize(
    ("entry", "words"), [(None, "it has submitted no job yet"), (ENTRY, "job j1, begun 2024-05-06")]
)
def test_they_agree_while_another_run_holds_the_service(entry: Entry | None, words: str, tmp_path: Path) -> None:
    with BodyServer(lambda path: None) as server:
        puppet = Puppet(server, WITH_A_CACHE, Answers(GONE, NONE))
        with Journal(puppet.service_url, tmp_path / "journal").held() as journal:
            if entry is not None:
                begun = replace(entry, service=puppet.service_url, task_url=f"{server.site}/{TASK}")
                journal.write(begun.with_job("j1"))
            found = check_deletion(puppet.service_url, access_to(tmp_path))
            receipt = run_deletion(puppet.service_url, access_to(tmp_path), lambda plan: True)
            assert journal.still_held
        said = found.findings[-1]
        assert (said.good, found.exit_code, receipt.exit_code, puppet.submits) == (False, 5, 5, 0)
        assert said.words.startswith(f"another run on this machine is working on this service; {words}")
        assert check_deletion(puppet.service_url, access_to(tmp_path)).possible


def test_a_check_tells_of_a_run_over_several_services(tmp_path: Path) -> None:
    with BodyServer(lambda path: None) as server:
        puppet = Puppet(server, WITH_A_CACHE, Answers(GONE, NONE))
        with Ledger(
            [service_key(read_service(puppet.service_url)), "other"], tmp_path / "journal", lambda value: value
        ).held() as ledger:
            ledger.note_submit("other", ENTRY)
            found = check_deletion(puppet.service_url, access_to(tmp_path))
            assert found.possible and found.findings[-1].good is None
            assert "another run on this machine, over 2 services, has this one among them" in found.findings[-1].words
        assert check_deletion(puppet.service_url, access_to(tmp_path)).findings[-1].good is True
