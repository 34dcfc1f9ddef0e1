"""The receipt as text and JSON: the documented keys, nulls where nothing was read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from support.evidence import NOTHING, UNREADABLE, look, report
from support.receipts import JOB, NASTY, SERVICE, bare, failing, good

from cachetools_core.errors import CacheToolsError, every_error
from cachetools_core.proof.evidence import Why
from cachetools_core.proof.receipt import Receipt
from cachetools_core.proof.verdict import Verdict

KEYS = {
    "schema_version", "verdict", "service", "output_url", "job_url", "job_status", "account", "before", "after",
    "messages", "warnings", "scheme", "error", "exit_code", "started", "finished", "duration_seconds", "machine",
    "versions",
}  # fmt: skip


@pytest.mark.parametrize("make", [good, failing, bare])
def test_json_has_the_documented_keys(make: Any) -> None:
    receipt: Receipt = make()
    told = json.loads(receipt.to_json())
    assert set(told) == KEYS
    assert told["schema_version"] == 1
    assert told == json.loads(json.dumps(receipt.to_dict(), allow_nan=False))
    for seen in (told["before"], told["after"]):
        assert seen is None or list(seen) == ["cached", "tiles", "bytes", "scales", "witnesses"]


def test_json_of_a_success() -> None:
    told = json.loads(good().to_json())
    assert told["verdict"] == "deleted"
    assert (told["exit_code"], told["error"]) == (0, None)
    said = {"says": "there", "why": None, "words": "", "files": None}
    assert told["before"] == {
        "cached": True,
        "tiles": 4004,
        "bytes": 1_054_183,
        "scales": [
            {"level": 0, "scale": 591657527.591555, "tiles": 4, "bytes": 20_000},
            {"level": 5, "scale": 18489297.737236, "tiles": 4000, "bytes": 1_034_183},
        ],
        "witnesses": [
            {**said, "witness": "service", "state": "answers", "scales": None},
            {**said, "witness": "report", "state": None, "scales": told["before"]["scales"]},
        ],
    }
    assert {key: told["after"][key] for key in ("cached", "tiles", "bytes", "scales")} == {
        "cached": False, "tiles": 0, "bytes": 0, "scales": [],
    }  # fmt: skip
    assert [(one["witness"], one["says"]) for one in told["after"]["witnesses"]] == [
        ("service", "gone"), ("report", "gone"),
    ]  # fmt: skip
    assert told["versions"] == {"cachetools": "1.2.3", "server": "11.3"}
    assert (told["duration_seconds"], told["machine"]) == (190.3, {"name": "GISWS12", "user": "ann"})


def test_json_of_a_failure_has_the_error_with_its_id() -> None:
    told = json.loads(failing().to_json())
    assert told["error"]["id"] == "CT701"
    assert told["error"]["text"].startswith("CT701: The cache is still there.")
    assert (told["exit_code"], told["verdict"]) == (1, "not-deleted")
    assert (told["output_url"], told["messages"][1]) == (SERVICE, NASTY)


def test_json_says_null_for_everything_that_was_not_read() -> None:
    told = json.loads(bare(before=look(UNREADABLE, report(NOTHING, None, Why.REFUSED))).to_json())
    assert {key: told["before"][key] for key in ("cached", "tiles", "bytes", "scales")} == dict.fromkeys(
        ("cached", "tiles", "bytes", "scales")
    )
    assert [(one["witness"], one["says"], one["why"], one["state"]) for one in told["before"]["witnesses"]] == [
        ("service", "nothing", "unreadable", "could not be read"),
        ("report", "nothing", "refused to this account", None),
    ]
    missing = ("output_url", "job_url", "job_status", "after", "error")
    assert {key: told[key] for key in missing} == dict.fromkeys(missing)


def test_json_is_ascii_so_that_any_console_takes_it() -> None:
    receipt = replace(good(), messages=("Niederschläge \ud800",))
    assert receipt.to_json().isascii()
    assert json.loads(receipt.to_json())["messages"] == ["Niederschläge \ud800"]


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_the_exit_code_is_the_errors(kind: type[CacheToolsError]) -> None:
    receipt = failing(kind("what happened"))
    assert receipt.exit_code == kind.exit_code != 0
    assert json.loads(receipt.to_json())["error"]["id"] == kind.message_id


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.STILL_RUNNING])
def test_the_exit_code_of_what_is_not_settled_is_5_whatever_the_error(verdict: Verdict) -> None:
    codes = {kind: replace(failing(kind("what happened")), verdict=verdict).exit_code for kind in every_error()}
    assert codes == dict.fromkeys(every_error(), 5)


def test_text_is_a_line_a_fact() -> None:
    lines = good().to_text().splitlines()
    assert lines == [
        "Verdict:    deleted",
        f"Service:    {SERVICE}",
        f"Output:     {SERVICE}",
        "Account:    siteadmin",
        "Before:     4,004 tiles in 2 scales, 1.1 MB",
        "After:      service answers, no cache, no tiles",
        f"Job:        {JOB}",
        "Job status: esriJobSucceeded",
        "Started:    2026-03-01 02:00:00 UTC",
        "Finished:   2026-03-01 02:03:10 UTC",
        "Duration:   3 min 10 s",
        "Run by:     ann on GISWS12",
        "CacheTools: 1.2.3",
        "Server:     ArcGIS Server 11.3",
    ]


def test_text_of_a_failure_has_its_warnings_and_its_error_and_nothing_that_is_missing() -> None:
    text = replace(failing(), job_url=None, after=None, account="").to_text()
    assert text.count("Warning:") == 2
    assert "\nError:      CT701: The cache is still there." in text
    assert not {"Job:", "After:", "Account:"} & {line.split()[0] for line in text.splitlines()}
