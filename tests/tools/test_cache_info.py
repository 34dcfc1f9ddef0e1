"""Get Cache Info: asked once, after the job, where nobody may count; it confirms or contradicts, and never decides."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.bench import PATIENCE
from support.choosing import some_of
from support.clocks import FastClock
from support.schema import misfits
from support.story import account_of, delete, service_url

from cachetools_core.proof.evidence import Says, Why, Witness
from cachetools_core.proof.receipt import Receipt
from cachetools_core.proof.verdict import Verdict
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.tools.access import Access
from cachetools_core.tools.check import check_deletion
from cachetools_core.tools.report import report_cache


def deleted(server: Rehearsal, folder: Path, **more: Any) -> Receipt:
    receipt = delete(
        server, clock=FastClock(60.0), patience=PATIENCE, deadline=240.0, journal_folder=folder, receipts=folder, **more
    )
    assert misfits(receipt.to_dict()) == []
    assert server.submits == 1
    return receipt


def asked(server: Rehearsal, what: str = "") -> list[Any]:
    return [one for one in server.requests if one.step == "cache-info" and one.path.endswith(what)]


def said(receipt: Receipt) -> tuple[Any, Any]:
    assert receipt.after is not None
    one = receipt.after.of(Witness.CACHE_INFO)
    return one.says, one.why


def test_it_confirms_once_what_nobody_may_count(server: Rehearsal, tmp_path: Path) -> None:
    server.fault("report-refused")
    receipt = deleted(server, tmp_path)
    assert (receipt.verdict, said(receipt)) == (Verdict.DELETED, (Says.GONE, None))
    assert len(asked(server, "/submitJob")) == 1
    assert [text for text in receipt.warnings if "Get Cache Info finds no cache either." in text]
    submits = [one.step for one in server.requests].index("submit")
    assert server.requests.index(asked(server)[0]) > submits


def test_it_contradicts_and_does_not_decide(server: Rehearsal, tmp_path: Path) -> None:
    server.fault("report-refused")
    server.fault("cache-info-finds-a-cache")
    receipt = deleted(server, tmp_path)
    assert (receipt.verdict, receipt.exit_code, said(receipt)) == (Verdict.UNKNOWN, 5, (Says.THERE, None))
    assert "according to Get Cache Info there is one" in str(receipt.error)


SILENT = {
    "cache-info-not-offered": Why.NOT_OFFERED,
    "cache-info-fails": Why.UNREADABLE,
    "cache-info-hangs": Why.NO_ANSWER,
    "http-502@cache-info": Why.UNREADABLE,
    "access-denied@cache-info": Why.REFUSED,
    "reset-after@cache-info": Why.UNREADABLE,
    "admin-closed@admin-service": Why.REFUSED,
}


@pytest.mark.parametrize(
    ("fault", "why"),
    some_of({fault: (fault, why) for fault, why in SILENT.items()},
            "cache-info-not-offered", "cache-info-hangs", "access-denied@cache-info"),
)  # fmt: skip
def test_where_it_says_nothing_all_is_as_without_it(fault: str, why: Why, server: Rehearsal, tmp_path: Path) -> None:
    server.fault("report-refused")
    server.fault(fault)
    receipt = deleted(server, tmp_path)
    assert (receipt.verdict, said(receipt)) == (Verdict.DELETED, (Says.NOTHING, why))
    assert [text for text in receipt.warnings if text.startswith("Nobody counted the tiles")]
    assert len(asked(server, "/submitJob")) <= 1


def test_it_is_not_asked_where_somebody_counts(server: Rehearsal, tmp_path: Path) -> None:
    assert said(deleted(server, tmp_path)) == (Says.NOTHING, Why.NOT_ASKED)
    assert asked(server) == []


def test_it_is_not_asked_where_the_disk_counts(server: Rehearsal, tmp_path: Path) -> None:
    server.fault("report-refused")
    receipt = deleted(server, tmp_path, cache_directory=server.cache_directory)
    assert (receipt.verdict, asked(server)) == (Verdict.DELETED, [])


@pytest.mark.parametrize("fault", ["job-failed", "job-says-succeeded-cache-stays"])
def test_it_is_not_asked_where_it_could_change_nothing(fault: str, server: Rehearsal, tmp_path: Path) -> None:
    server.fault("report-refused")
    server.fault(fault)
    deleted(server, tmp_path)
    assert asked(server) == []


def test_what_only_looks_never_submits(server: Rehearsal) -> None:
    server.fault("report-refused")
    access = Access(account=account_of(server), ca_file=server.ca_file, clock=FastClock(60.0))
    report_cache(service_url(server), access)
    check_deletion(service_url(server), access)
    assert asked(server) == [] and server.submits == 0
