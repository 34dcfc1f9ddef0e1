"""Every request of a plain deletion is one of those in docs/requests.md, in their order, over two connections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from support.source import ROOT
from support.story import delete

from cachetools_core.proof.verdict import Verdict
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.server import Rehearsal

ROW = re.compile(r"^\| `((?:GET|POST) [^`]+)` \| (.+) \|$", re.MULTILINE)


@pytest.fixture
def server(rainfall: Path) -> Iterator[Rehearsal]:
    with Rehearsal(rainfall=rainfall) as running:
        yield running


def in_the_table() -> list[tuple[str, str]]:
    return ROW.findall((ROOT / "docs" / "requests.md").read_text(encoding="utf-8"))


def in_words(request: Request) -> str:
    named = re.sub(r"Rainfall[/.]MapServer$", "SERVICE", request.resource)
    return f"{request.method} {re.sub(r'jobs/j[^/]+', 'jobs/JOB', named)}"


def test_a_plain_deletion_sends_what_the_table_says_and_nothing_more(server: Rehearsal, tmp_path: Path) -> None:
    assert delete(server, journal_folder=tmp_path, receipts=tmp_path).verdict is Verdict.DELETED
    sent = [(request, len(list(again))) for request, again in groupby(map(in_words, server.requests))]
    rows = in_the_table()
    assert [request for request, _ in sent] == [request for request, _ in rows]
    repeated = {request for request, times in sent if times > 1}
    assert repeated <= {request for request, why in rows if "repeated" in why}


def test_a_deletion_takes_two_connections(server: Rehearsal, tmp_path: Path) -> None:
    delete(server, journal_folder=tmp_path, receipts=tmp_path)
    assert server.connections == 2


def test_nothing_of_a_deletion_is_asked_twice_before_the_submit(server: Rehearsal, tmp_path: Path) -> None:
    delete(server, journal_folder=tmp_path, receipts=tmp_path)
    asked = [in_words(request) for request in server.requests]
    before = asked[: next(number for number, one in enumerate(asked) if one.endswith("/submitJob"))]
    assert len(before) == len(set(before)) == 8
