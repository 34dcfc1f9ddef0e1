"""The ledger: what a run that was stopped has left, line by line."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.entries import ENTRY
from support.no_room import no_room

from cachetools_core.errors import JournalError
from cachetools_core.local.ledger import Ended, Ledger
from cachetools_core.secrecy import Secrets

A, B = "gis.example.com/arcgis/rest/services/a/mapserver", "gis.example.com/arcgis/rest/services/b/mapserver"
DONE = Ended("deleted", "2026-01-02T03:04:05Z", f"{ENTRY.task_url}/jobs/j1", "esriJobSucceeded")


@pytest.fixture
def ledger(tmp_path: Path) -> Callable[[], Ledger]:
    return lambda: Ledger([B, A], tmp_path, lambda value: value)


def test_what_was_noted_is_read_again(ledger: Callable[[], Ledger]) -> None:
    with ledger().held() as first:
        assert not first.goes_on and not first.file.exists()
        first.note_submit(A, ENTRY)
        first.note_submit(B, ENTRY)
        first.note_end(A, DONE)
    with ledger().held() as second:
        assert second.goes_on
        assert second.submitted(A).ended == DONE and second.submitted(A).before == ENTRY.before
        assert second.submitted(B).ended is None
        assert second.jobs == {"j1": A}


def test_a_job_that_was_never_begun_is_taken_back(ledger: Callable[[], Ledger]) -> None:
    with ledger().held() as first:
        first.note_submit(A, ENTRY)
        first.note_withdrawal(A)
        assert first.submitted(A) is None
    with ledger().held() as second:
        assert second.submitted(A) is None


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_line_that_was_cut_off_tells_nothing_and_the_next_one_is_whole(
    ledger: Callable[[], Ledger], cut: int
) -> None:
    with ledger().held() as first:
        first.note_submit(A, ENTRY)
        first.note_end(A, DONE)
    os.truncate(first.file, first.file.stat().st_size - cut)
    with ledger().held() as second:
        assert second.submitted(A).ended is None
        second.note_end(A, replace(DONE, verdict="not-deleted"))
    with ledger().held() as third:
        assert third.submitted(A).ended.verdict == "not-deleted"
    assert all(json.loads(line) for line in first.file.read_text(encoding="utf-8").splitlines())


def ended(**fields: Any) -> str:
    return json.dumps({"service": A, "ended": {"verdict": "deleted", "at": "", **fields}})


@pytest.mark.parametrize(
    "line",
    [
        "", "{}", '{"service": "x"}', '{"service": "x", "ended": {}}', "[1]", "nonsense",
        ended(verdict="gone"), ended(verdict=[]), ended(job_url={}), ended(remedy=1), ended(at=None),
    ],
)  # fmt: skip
def test_what_is_no_ledger_is_refused_whole(ledger: Callable[[], Ledger], line: str) -> None:
    with ledger().held() as first:
        first.note_submit(A, ENTRY)
    with first.file.open("a", encoding="utf-8") as stream:
        stream.write(f"{line}\n")
    with pytest.raises(JournalError, match="can't be read"), ledger().held():
        pass


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ('"version": 1', '"version": 2', "another version of CacheTools has written it"),
        ('"version": 1', '"version": 1,,', "it is damaged"),
    ],
)
def test_why_a_ledger_is_refused_is_said_in_words(
    ledger: Callable[[], Ledger], before: str, after: str, why: str
) -> None:
    with ledger().held() as first:
        first.note_submit(A, ENTRY)
    first.file.write_text(first.file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
    with pytest.raises(JournalError, match=f"can't be read: {why}\\."), ledger().held():
        pass


def test_another_set_of_services_has_another_ledger(ledger: Callable[[], Ledger], tmp_path: Path) -> None:
    with ledger().held() as first:
        first.note_submit(A, ENTRY)
        with Ledger([A], tmp_path, lambda value: value).held() as other:
            assert not other.goes_on


def test_the_ledger_of_thousands_of_services_can_be_read(ledger: Callable[[], Ledger]) -> None:
    with ledger().held() as first:
        first.note_submit(A, ENTRY)
    line = first.file.read_text(encoding="utf-8").splitlines()[1]
    with first.file.open("a", encoding="utf-8") as stream:
        stream.write(line + " " * 17_000_000 + "\n")
    with ledger().held() as second:
        assert second.submitted(A) is not None


def test_a_closed_ledger_leaves_nothing(ledger: Callable[[], Ledger]) -> None:
    with ledger().held() as first:
        first.note_submit(A, ENTRY)
        first.close()
    with ledger().held() as second:
        assert not second.goes_on


def test_no_secret_gets_in(tmp_path: Path) -> None:
    secrets = Secrets(["correct horse battery"])
    with Ledger([A], tmp_path, secrets.blotted_value).held() as held:
        held.note_submit(A, ENTRY)
        held.note_end(A, replace(DONE, what="The server says correct horse battery."))
    assert "horse" not in held.file.read_text(encoding="utf-8")


def test_a_full_disk_is_told_and_leaves_the_ledger_whole(ledger: Callable[[], Ledger]) -> None:
    with ledger().held() as first:
        first.note_submit(A, ENTRY)
        before = first.file.read_bytes()
        with no_room(), pytest.raises(JournalError, match="can't be written"):
            first.note_submit(B, ENTRY)
        assert first.file.read_bytes() == before and first.submitted(B) is None
        first.note_submit(B, ENTRY)
    with ledger().held() as second:
        assert second.submitted(B) is not None
