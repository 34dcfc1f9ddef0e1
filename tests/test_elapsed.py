"""A stage of a run, with the time spent on it and an estimate where the percentage moves; and until when."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

import pytest

from cachetools_core.elapsed import Stage, in_words, until

RUNS = "The job is running"


def seen(*calls: tuple[float, float | None], label: str = RUNS) -> Stage:
    """The stage after these calls, each a time and a percentage."""
    stage = Stage()
    for now, percent in calls:
        stage = stage.at(label, percent, now)
    return stage


def test_time_and_estimate_stand_after_the_label() -> None:
    stage = seen((100.0, 0.0), (100.0 + 720, 42.0))
    assert stage.words(100.0 + 720) == "The job is running, 42 %, 12 min so far, about 17 min left"


def test_where_nobody_knows_a_percentage_only_the_time_is_told() -> None:
    stage = seen((100.0, None))
    assert stage.words(100.0) == RUNS
    assert stage.words(145.9) == "The job is running, 45 s so far"


def test_the_time_begins_anew_with_another_label_only() -> None:
    stage = seen((0.0, 0.0), (50.0, 80.0))
    assert stage.began == 0.0
    assert stage.at("Looking at what is left", None, 60.0).words(61.0) == "Looking at what is left, 1 s so far"


def test_a_label_that_counts_is_one_stage() -> None:
    stage = Stage().at("0 of 240 done, 0 kB so far", 0.0, 100.0).at("60 of 240 done, 3.1 GB so far", 25.0, 1000.0)
    assert stage.words(1000.0) == "60 of 240 done, 3.1 GB so far, 25 %, 15 min so far, about 45 min left"
    assert stage.at("0 of 239 done, 0 kB so far", 0.0, 1000.0).began == 1000.0


@pytest.mark.parametrize(
    "calls",
    [
        [(0.0, 4.0), (10.0, 4.0)],
        [(0.0, 60.0), (100.0, 60.0)],
        [(0.0, 60.0), (100.0, 64.0)],
        [(0.0, 0.0), (100.0, 100.0)],
        [(0.0, 0.0), (10.0, 50.0), (20.0, 10.0)],
        [(0.0, 0.0), (10.0, 50.0), (20.0, None)],
        [(0.0, 0.0), (10.0, 50.0), (20.0, None), (30.0, 50.0)],
    ],
    ids=["little done", "stands still", "moved too little", "all done", "fell back", "unknown now", "known again"],
)
def test_there_is_no_estimate_of_what_was_not_seen_to_move(calls: list[tuple[float, float | None]]) -> None:
    stage = seen(*calls)
    assert stage.left(calls[-1][0]) is None
    assert "left" not in stage.words(calls[-1][0])


def test_a_job_that_was_met_halfway_is_estimated_by_what_was_seen_of_it() -> None:
    stage = seen((0.0, 50.0), (100.0, 60.0))
    assert stage.left(100.0) == pytest.approx(400.0)


def test_the_estimate_grows_while_nothing_moves() -> None:
    stage = seen((0.0, 0.0), (60.0, 50.0), (120.0, 50.0))
    assert stage.left(60.0) == pytest.approx(60.0)
    assert stage.left(120.0) == pytest.approx(120.0)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "0 s"),
        (1.0, "1 s"),
        (119.9, "119 s"),
        (120.0, "2 min"),
        (3569.0, "59 min"),
        (3599.0, "1 h"),
        (3600.0, "1 h"),
        (3700.0, "1 h 2 min"),
        (28800.0, "8 h"),
    ],
)
def test_a_time_in_words(seconds: float, words: str) -> None:
    assert in_words(seconds) == words


def test_until_is_in_this_machines_own_time() -> None:
    now = datetime(2024, 5, 6, 20, 0, tzinfo=timezone.utc)
    assert until(now, 36000.0) == f"until {(now + timedelta(hours=10)).astimezone():%H:%M}"
    assert re.fullmatch(r"until \d\d:\d\d:30", until(now, 30.0))
    assert re.fullmatch(r"until 2024-05-0[789] \d\d:\d\d", until(now, 172800.0))
    assert until(now, float("inf")) == ""
