"""Threads that take turns and places; jobs that belong to other deletions of the same run."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from support.clocks import ScaledClock

from cachetools_core.errors import Cancelled, CannotDelete, DeadlinePassed
from cachetools_core.naming.identity import service_key
from cachetools_core.naming.service import ServiceReference
from cachetools_core.server.neighbours import Neighbours, SameName
from cachetools_core.server.turns import Places, Turn
from cachetools_core.waiting import Run

RAIN, SNOW, WIND = (ServiceReference("https://h/arcgis", "", name, "MapServer") for name in ("Rain", "Snow", "Wind"))


def a_run(deadline: float = 600.0) -> Run:
    return Run(ScaledClock(), deadline, lambda: False)


def test_a_turn_is_one_threads_and_may_be_taken_again_within() -> None:
    turn, seen, run = Turn(), [0, 0], a_run()

    def work() -> None:
        for _ in range(20):
            with turn.taken(run), turn.taken(run):
                seen[0] += 1
                seen[1] = max(seen)
                time.sleep(0)
                seen[0] -= 1

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert seen == [0, 1]


def test_one_name_at_two_addresses_is_submitted_one_after_the_other_and_keeps_nobody_else() -> None:
    names: dict[str, SameName] = {}
    here, there = Neighbours(4, names=names), Neighbours(4, names=names)
    alias, submits = ServiceReference("https://alias/arcgis", "", "Rain", "MapServer"), []
    slowly = Run(ScaledClock(0.01), 600.0, lambda: False)

    def submit() -> None:
        with there.turn_to_submit(alias, slowly):
            submits.append(here.jobs_at_other_addresses(RAIN) | there.jobs_at_other_addresses(alias))

    other = threading.Thread(target=submit)
    with here.turn_to_submit(RAIN, a_run()):
        other.start()
        with there.turn_to_submit(SNOW, a_run()):
            assert submits == []
        here.note_job("j1", RAIN)
    other.join(60)
    assert submits == [{"j1"}]


def test_a_submit_elsewhere_that_takes_too_long_is_not_awaited() -> None:
    turn, other, run, let_go = Turn(), Turn(), a_run(), threading.Event()

    def hang() -> None:
        with other.taken(run):
            held.set()
            let_go.wait(60)

    held = threading.Event()
    threading.Thread(target=hang).start()
    assert held.wait(60)
    with turn.taken_with(other, run, at_most=5.0):
        assert run.clock.monotonic() >= 5.0
    let_go.set()


@pytest.fixture
def full() -> Iterator[Places]:
    places = Places(1)
    places.take("somebody", a_run())
    yield places


@pytest.mark.parametrize("error", [Cancelled, DeadlinePassed])
def test_whoever_waits_heeds_its_run_and_leaves_the_line(full: Places, error: type[Exception]) -> None:
    run = Run(ScaledClock(), 5.0 if error is DeadlinePassed else 600.0, lambda: error is Cancelled)
    with pytest.raises(error):
        full.take("me", run)
    full.give_back("somebody")
    full.take("another", a_run())
    assert full.holds("another") and not full.holds("me")


def test_a_job_of_a_neighbour_is_known_and_ones_own_is_none_of_another() -> None:
    noted = {"j3": service_key(WIND), "j4": service_key(RAIN)}
    neighbours = Neighbours(noted=lambda: noted)
    neighbours.note_job("j1", RAIN)
    neighbours.note_job("j2", SNOW)
    assert neighbours.jobs_of_others(["j1", "j2", "j3", "j4", "j5"], RAIN) == {"j2", "j3"}


def test_a_job_noted_for_the_service_at_another_address_may_be_for_it() -> None:
    """Another run has it at work: were it known to be another's, this run would submit a second one beside it."""
    others = (
        ServiceReference(site, "", name, "MapServer")
        for site in ("https://h/server", "https://alias/arcgis")
        for name in ("Rain", "Snow")
    )
    noted = {f"j{at}": service_key(one) for at, one in enumerate(others)}
    assert Neighbours(noted=lambda: noted).jobs_of_others(noted, RAIN) == {"j1", "j3"}


def test_a_job_that_ends_makes_room_for_another() -> None:
    neighbours, run = Neighbours(1), a_run()
    neighbours.wait_for_a_place(RAIN, run)
    neighbours.wait_for_a_place(RAIN, run)
    with pytest.raises(DeadlinePassed):
        neighbours.wait_for_a_place(SNOW, a_run(deadline=5.0))
    neighbours.note_ended(RAIN)
    neighbours.wait_for_a_place(SNOW, run)


def test_where_no_job_is_seen_to_end_nothing_more_is_submitted() -> None:
    neighbours, run = Neighbours(2), a_run()
    neighbours.note_at_work(RAIN)
    neighbours.wait_for_a_place(SNOW, run)
    neighbours.note_unseen(RAIN)
    neighbours.note_unseen(SNOW)
    neighbours.note_unseen(WIND)  # which has no job
    with pytest.raises(CannotDelete, match="didn't see the end of 2 jobs on this site"):
        neighbours.wait_for_a_place(WIND, run)
