"""When something that may end at any time is looked at: soon after its end, and not too often; on a simulated clock."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Iterator
from functools import cache

import pytest
from support.choosing import one_in

from cachetools_core.waiting import LONGEST_STEP, next_look

REQUEST = 0.005
MINUTE, HOUR = 60.0, 3600.0


@cache
def moments(jitter: float, request: float) -> list[float]:
    """When a job is asked that never ends, for somewhat longer than the longest one here."""
    asked, now = [], 0.0
    while now < 9 * HOUR:
        now += next_look(now, jitter)
        asked.append(now)
        now += request
    return asked


def looks_at(job: float, jitter: float = 0.0, request: float = REQUEST) -> tuple[int, float]:
    """How often a job of that many seconds is asked, and how long after its end that is known."""
    asked = moments(jitter, request)
    earlier = bisect_left(asked, job)
    return earlier + 1, asked[earlier] + request - job


def job_lengths() -> Iterator[float]:
    """From 0.05 s to 8 h, each three thousandths longer than the one before."""
    length = 0.05
    while length < 8 * HOUR:
        yield length
        length *= 1.003
    yield 8 * HOUR


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_the_end_is_seen_soon_whatever_the_length(jitter: float) -> None:
    """A tenth of every length can't go with as few requests as below: 56 would be the fewest for two minutes."""
    for length in job_lengths():
        _, delay = looks_at(length, jitter)
        share = 0.17 if length < 130 else 0.1
        assert delay <= max(0.15, share * length), length


def test_the_end_is_seen_within_a_tenth_on_average() -> None:
    lengths = list(job_lengths())
    shares = [looks_at(length)[1] / max(1.5, length) for length in lengths]
    assert sum(shares) / len(shares) < 0.06
    of_minutes = [share for share, length in zip(shares, lengths) if 1.5 < length < 130]
    assert sum(of_minutes) / len(of_minutes) < 0.1


@pytest.mark.parametrize("length", [0.2, 0.5, 1.0, 1.5, 2.0, 5.0, 20.0, 120.0, HOUR, 8 * HOUR])
def test_the_end_of_a_common_length_is_seen_within_a_tenth(length: float) -> None:
    assert looks_at(length)[1] <= max(0.15, 0.1 * length)


@pytest.mark.parametrize("jitter", one_in(3, [0.0, 0.3, 1.0]))
@pytest.mark.parametrize("request_takes", one_in(3, [0.0, REQUEST, 0.05]))
@pytest.mark.parametrize(("length", "most"), [(5.0, 20), (120.0, 40), (HOUR, 190), (8 * HOUR, 1200)])
def test_a_server_is_not_asked_too_often(length: float, most: int, request_takes: float, jitter: float) -> None:
    assert looks_at(length, jitter, request_takes)[0] <= most


def test_no_wait_is_longer_than_half_a_minute_and_none_is_nothing() -> None:
    draw = random.Random(7)
    for _ in range(5000):
        wait = next_look(draw.uniform(0, 2 * HOUR), draw.random())
        assert 0.0 < wait <= LONGEST_STEP + 0.02
    assert LONGEST_STEP == 30.0


def test_a_wait_is_never_so_short_that_a_clock_would_not_move() -> None:
    for length in (5.0, 120.0, 8 * HOUR):
        spent = 0.0
        while spent < length:
            wait = next_look(spent)
            assert wait >= 0.01
            spent += wait


def test_two_jobs_with_a_jitter_of_their_own_are_not_asked_in_step() -> None:
    one, other = next_look(10 * MINUTE, 0.1), next_look(10 * MINUTE, 0.9)
    assert abs(one - other) > 1.0
