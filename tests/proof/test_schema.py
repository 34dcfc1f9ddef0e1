"""The published schema of receipts: it takes what the program writes, and refuses what a receipt must never say."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support.evidence import NOTHING, UNREADABLE, every_look, every_look_at_a_disk, look, report
from support.receipts import SERVICE, bare, failing, good
from support.schema import SCHEMA, misfits

from cachetools_core.errors import Cancelled, Unknown, every_error
from cachetools_core.proof.evidence import Says, ServiceState, Why, Witness
from cachetools_core.proof.receipt import SCHEMA_VERSION, Receipt
from cachetools_core.proof.verdict import Verdict


def as_json(receipt: Receipt) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(receipt.to_json())
    return told


def test_the_schema_is_one_of_draft_2020_12():
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"


def test_nothing_in_the_schema_is_left_open():
    def objects(part: Any) -> list[dict[str, Any]]:
        if isinstance(part, list):
            return [found for one in part for found in objects(one)]
        if not isinstance(part, dict):
            return []
        mine = [part] if part.get("properties") and part.get("type") == "object" else []
        return mine + [found for one in part.values() for found in objects(one)]

    found = objects(SCHEMA)
    assert len(found) == 12
    for one in found:
        assert one["additionalProperties"] is False
        # A look at the whole cache has no close-up of some tiles, and counts no level's files.
        assert one["required"] == [name for name in one["properties"] if name not in ("close_up", "level_files")]


def test_the_words_of_the_schema_are_those_of_the_program():
    def words(part: dict[str, Any]) -> list[Any]:
        return [word for word in part["enum"] if word is not None]

    testimony = SCHEMA["$defs"]["testimony"]["properties"]
    assert words(SCHEMA["properties"]["verdict"]) == [one.value for one in Verdict]
    assert words(testimony["witness"]) == [one.value for one in Witness]
    assert words(testimony["says"]) == [one.value for one in Says]
    assert words(testimony["why"]) == [one.value for one in Why]
    assert words(testimony["state"]) == [one.value for one in ServiceState]
    assert SCHEMA["properties"]["schema_version"]["const"] == SCHEMA_VERSION


@pytest.mark.parametrize(
    "receipt",
    [
        good(),
        failing(),
        failing(Cancelled("You said no.")),
        replace(failing(Unknown("Nobody knows.")), verdict=Verdict.UNKNOWN),
        replace(good(), verdict=Verdict.NOTHING_TO_DELETE, job_url=None, job_status=None),
        replace(failing(), before=look(UNREADABLE, report(NOTHING, None, Why.REFUSED)), after=None),
        replace(failing(), account="", server_version="", machine="", machine_user=""),
    ],
)  # fmt: skip
def test_it_takes_receipts(receipt):
    assert misfits(as_json(receipt)) == []


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.thorough)], ids="every {}".format)
def test_it_takes_every_look(every):
    for one in [*every_look(), *every_look_at_a_disk()][::every]:
        assert misfits(as_json(replace(failing(), before=one))) == []


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_it_takes_every_error(kind):
    verdict = Verdict.UNKNOWN if kind.exit_code == 5 else Verdict(kind.verdict)
    assert misfits(as_json(replace(failing(kind("what happened")), verdict=verdict))) == []


def at(*path: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(told: Any) -> None:
        for key in path[:-1]:
            told = told[key]
        told[path[-1]] = value

    return change


WRONG = {
    "another key": at("extra", value=1),
    "a key too many in a look": at("before", "extra", value=1),
    "another verdict": at("verdict", value="gone"),
    "a success with exit code 1": at("exit_code", value=1),
    "a success with an error": at("error", value={"id": "CT701", "text": "CT701: It is there."}),
    "a success without a look afterwards": at("after", value=None),
    "an open matter with exit code 0": at("verdict", value="unknown"),
    "a failure without an error": at("exit_code", value=6),
    "an address that runs": at("job_url", value="javascript:alert(1)"),
    "an address with blanks": at("output_url", value="https://gis.example.com/a b"),
    "no service": at("service", value=""),
    "a local time": at("started", value="2026-03-01T02:00:00+01:00"),
    "a count below zero": at("before", "tiles", value=-1),
    "a count as text": at("before", "tiles", value="4"),
    "a witness that nobody knows": at("before", "witnesses", 0, "witness", value="somebody"),
    "a witness that says something, and why not": at("before", "witnesses", 0, "why", value="unreadable"),
    "a witness that says nothing without a reason": at("before", "witnesses", 0, "says", value="nothing"),
    "words that aren't text": at("messages", value=[1]),
    "an older schema": at("schema_version", value=0),
}


@pytest.mark.parametrize("name", WRONG)
def test_it_refuses(name):
    told = as_json(good())
    WRONG[name](told)
    assert misfits(told) != []


@pytest.mark.parametrize("key", list(as_json(good())))
def test_no_key_may_be_missing(key):
    told = as_json(good())
    del told[key]
    assert misfits(told) != []


def test_what_names_no_service_has_no_address():
    assert (
        misfits(as_json(bare("Rainfall", error=Cancelled("x"), finished="2026-03-01T02:00:00Z", version="1.0"))) == []
    )
    assert good().output_url == SERVICE
