"""What witnesses say together: when there is nothing to delete, who counts, who contradicts whom."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.evidence import (
    ADMINS,
    BROKEN,
    CACHED,
    GONE,
    NOTHING,
    REFUSED,
    REPORTS,
    SERVICES,
    STOPPED,
    THERE,
    UNCACHED,
    UNREADABLE,
    admin,
    counted,
    every_look,
    every_look_at_a_disk,
    in_short,
    look,
    report,
    service,
)

from cachetools_core.proof import evidence
from cachetools_core.proof.evidence import Look, Remark, Scale, ServiceState, Why, Witness
from cachetools_core.proof.look_words import who_says_what
from cachetools_core.proof.words import plural
from cachetools_core.proof.written_look import look_as_dict, look_from_dict


def nothing_to_delete(one: Look) -> bool:
    """Promise 2 in sentences."""
    said, counts, isCached, *_ = (one.of(witness) for witness in Witness)
    if said.state is not ServiceState.ANSWERS or said.says is not GONE:
        return False  # an answering service that says false
    if counts.says is THERE or isCached.says is THERE or Remark.CLAIMS_A_CACHE in counts.remarks:
        return False  # no count, size, EXISTS or isCached against it
    # A refused or absent report gets a warning; a broken one isn't enough.
    return counts.says is GONE or counts.why in (Why.REFUSED, Why.NOT_OFFERED)


def test_there_is_nothing_to_delete_only_where_promise_2_says_so():
    looks = list(every_look())
    assert len(looks) == len(SERVICES) * len(REPORTS) * len(ADMINS)
    assert [in_short(one) for one in looks if one.has_no_cache is not nothing_to_delete(one)] == []
    assert 0 < sum(one.has_no_cache for one in looks) < len(looks)


def test_no_look_is_called_empty_while_anybody_says_there():
    for one in every_look():
        assert not (one.has_no_cache and one.saying(THERE)), in_short(one)
        assert not (one.has_no_cache and one.service is not ServiceState.ANSWERS), in_short(one)


@pytest.mark.parametrize("state", [state for state in ServiceState if state is not ServiceState.ANSWERS])
def test_only_a_service_that_answers_can_have_no_cache(state):
    assert look(UNCACHED, counted(0)).has_no_cache
    assert not look(service(GONE, state=state), counted(0)).has_no_cache


def test_nobody_was_asked_in_an_empty_look():
    empty = Look()
    assert (empty.service, empty.cached, empty.tiles, empty.bytes, empty.scales) == (
        ServiceState.UNREADABLE, None, None, None, None,
    )  # fmt: skip
    assert {empty.of(witness).why for witness in Witness} == {Why.NOT_ASKED}
    assert empty.had_no_time
    assert not (empty.has_no_cache or empty.contradicts_itself or empty.counted_gone or empty.nobody_may_count)


@pytest.mark.parametrize(
    ("found", "cached"),
    [
        (look(CACHED, counted(0), admin(GONE)), True),
        (look(UNCACHED, counted(5), admin(THERE)), False),
        (look(STOPPED, counted(5), admin(THERE)), True),
        (look(STOPPED, counted(5), admin(GONE)), False),
        (look(STOPPED, counted(0), admin()), None),
        (look(UNREADABLE, counted(0)), None),
    ],
)
def test_cached_is_the_services_word_else_the_administrator_apis_and_never_the_reports(found, cached):
    assert found.cached is cached


def test_tiles_and_bytes_are_the_reports():
    two = evidence.Testimony(Witness.REPORT, THERE, scales=(Scale(0, 2.0, 4, 40), Scale(1, 1.0, 16, 160)))
    found = look(CACHED, two)
    assert (found.tiles, found.bytes, len(found.scales or ())) == (20, 200, 2)
    assert look(CACHED, report(THERE)).tiles is None
    assert look(CACHED, counted(0)).tiles == 0


@pytest.mark.parametrize(
    ("found", "contradicts"),
    [
        (look(CACHED, counted(5)), False),
        (look(UNCACHED, counted(0)), False),
        (look(UNCACHED, BROKEN), False),
        (look(CACHED, counted(0)), True),
        (look(UNCACHED, counted(5)), True),
        (look(UNCACHED, REFUSED, admin(THERE)), True),
        (look(STOPPED, counted(5), admin(GONE)), True),
        (look(STOPPED, counted(5), admin(THERE)), False),
    ],
)
def test_a_contradiction_takes_two_who_speak(found, contradicts):
    assert found.contradicts_itself is contradicts


def test_remarks_of_any_witness_count():
    busy = evidence.Testimony(Witness.REPORT, GONE, scales=(), remarks=frozenset({Remark.AT_WORK}))
    assert look(UNCACHED, busy).busy
    assert not look(UNCACHED, counted(0)).busy


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (Look(), "no time was left to look"),
        (look(evidence.Testimony(Witness.SERVICE, NOTHING, Why.NO_TIME)), "no time was left to look"),
        (
            look(UNCACHED, counted(21)),
            "the service answers and says that there is no cache, the cache report counts 21 tiles",
        ),
        (
            look(CACHED, report(THERE), admin(THERE)),
            "the service answers and says that there is a cache, the cache report says that there is a cache,"
            " the administrator API says that there is a cache",
        ),
        (
            look(STOPPED, REFUSED, admin()),
            "the service is not started, the cache report says nothing (refused to this account),"
            " the administrator API says nothing (refused to this account)",
        ),
        (look(UNREADABLE, counted(1)), "the service could not be read, the cache report counts 1 tile"),
        (look(CACHED, counted(0)),
         "the service answers and says that there is a cache, the cache report counts 0 tiles"),
    ],
)  # fmt: skip
def test_who_says_what(found, words):
    assert who_says_what(found) == words


def test_what_a_receipt_and_a_journal_keep_of_a_look_is_read_again_as_it_was():
    for one in (*every_look(), *every_look_at_a_disk()):
        kept = json.loads(json.dumps(look_as_dict(one), allow_nan=False))
        again = look_from_dict(kept)
        assert [
            (said.witness, said.says, said.why, said.words, said.state, said.scales, said.files)
            for said in again.testimonies
        ] == [
            (said.witness, said.says, said.why, said.words, said.state, said.scales, said.files)
            for said in one.testimonies
        ]
        assert (kept["cached"], kept["tiles"], kept["bytes"]) == (one.cached, one.tiles, one.bytes)
        assert [said["witness"] for said in kept["witnesses"]] == [said.witness.value for said in one.testimonies]
    assert look_as_dict(None) is None


A_REPORT = {"witness": "report", "says": "there", "why": None, "words": "", "state": None, "scales": None}
A_SCALE = {"level": 0, "scale": 1.0, "tiles": 1, "bytes": 0}
BROKEN_SCALES: tuple[Any, ...] = (
    [{}], 5, ["x"], *([{**A_SCALE, "tiles": tiles}] for tiles in (-1, 1e18, float("inf"), "x", None)),
    [{**A_SCALE, "scale": float("nan")}],
)  # fmt: skip
BROKEN_ENTRIES: list[dict[str, Any]] = [
    {},
    {"witnesses": None},
    {"witnesses": [{}]},
    {"witnesses": [None]},
    *({"witnesses": [{**A_REPORT, "scales": scales}]} for scales in BROKEN_SCALES),
    *({"witnesses": [{**A_REPORT, key: "perhaps"}]} for key in ("witness", "says", "why", "state", "scales")),
]


@pytest.mark.parametrize("fields", BROKEN_ENTRIES, ids=lambda one: str(one)[:60])
def test_what_is_no_look_is_refused(fields):
    with pytest.raises((ValueError, LookupError, TypeError, ArithmeticError)):
        look_from_dict(fields)


@pytest.mark.parametrize(("number", "words"), [(0, "0 tiles"), (1, "1 tile"), (2, "2 tiles"), (2735, "2,735 tiles")])
def test_a_number_that_is_not_one_has_its_noun_in_the_plural(number, words):
    assert plural(number, "tile") == words
