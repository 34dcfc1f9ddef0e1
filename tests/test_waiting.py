"""One run's time: pauses that a cancel ends, calls that can't hang, a deadline over everything."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from support.clocks import FastClock

from cachetools_core.errors import Cancelled, DeadlinePassed
from cachetools_core.waiting import CANCEL_IS_FELT_WITHIN, SYSTEM_CLOCK, Run


class NotingClock(FastClock):
    """A fast clock that keeps the length of each wait; `during` is called in each of them."""

    def __init__(self, factor: float = 200.0, during=lambda: None) -> None:
        super().__init__(factor)
        self.waits: list[float] = []
        self.during = during

    def wait(self, event, seconds):
        self.waits.append(seconds)
        self.during()
        return super().wait(event, seconds)


class Administrator:
    """Asks to stop from the given look on."""

    def __init__(self, from_look: float = float("inf")) -> None:
        self.looks = 0
        self.from_look = from_look

    def wants_to_stop(self) -> bool:
        self.looks += 1
        return self.looks > self.from_look


def a_run(clock=None, deadline: float = 3600.0, stop_at: float = float("inf")) -> Run:
    return Run(clock or NotingClock(), deadline, Administrator(stop_at).wants_to_stop)


def never(_: threading.Event) -> None:
    threading.Event().wait(60)


def test_a_call_hands_back_what_the_function_returns():
    assert a_run().call(lambda abandoned: abandoned.is_set(), 10) is False


@pytest.mark.parametrize("clock", [SYSTEM_CLOCK, FastClock()], ids=["system clock", "fast clock"])
def test_a_call_runs_in_another_thread(clock):
    assert a_run(clock).call(lambda _: threading.current_thread(), 10) is not threading.current_thread()


@pytest.mark.parametrize("error", [ValueError("wrong"), KeyboardInterrupt(), SystemExit(3)], ids=repr)
def test_a_call_raises_what_the_function_raises(error):
    def fail(_):
        raise error

    with pytest.raises(type(error)) as raised:
        a_run().call(fail, 10)
    assert raised.value is error


def test_a_call_that_takes_too_long_is_abandoned():
    seen: list[threading.Event] = []

    def slow(abandoned: threading.Event) -> None:
        seen.append(abandoned)
        never(abandoned)

    with pytest.raises(TimeoutError, match="no answer within 30 seconds"):
        a_run().call(slow, 30)
    assert seen[0].is_set()


def test_the_deadline_clips_a_call():
    clock = NotingClock()
    with pytest.raises(DeadlinePassed) as raised:
        a_run(clock, deadline=5).call(never, 1000)
    assert raised.value.sent, "the function may have sent something"
    assert sum(clock.waits) < 10


def test_no_time_left_still_hands_back_an_answer_that_is_there():
    run = a_run(FastClock(1), deadline=0)
    with pytest.raises(DeadlinePassed):
        run.call(never, 10)


def test_a_cancel_breaks_a_call_off_at_the_next_look():
    clock = NotingClock()
    abandoned: list[threading.Event] = []

    def slow(event: threading.Event) -> None:
        abandoned.append(event)
        never(event)

    with pytest.raises(Cancelled):
        a_run(clock, stop_at=3).call(slow, 1000)
    assert len(clock.waits) == 4
    assert max(clock.waits) <= CANCEL_IS_FELT_WITHIN
    assert abandoned[0].is_set()


def test_a_cancel_waits_for_the_answer_where_work_is_started():
    done = threading.Event()
    clock = NotingClock()
    clock.during = lambda: done.set() if len(clock.waits) > 10 else None
    run = a_run(clock, stop_at=0)
    assert run.call(lambda _: done.wait(60) and "job", 1000, until_answered=True) == "job"
    assert run.cancel_wanted(), "the cancel is still there for whoever deals with it"


def test_the_deadline_ends_even_a_call_that_starts_work():
    with pytest.raises(DeadlinePassed):
        a_run(deadline=5, stop_at=0).call(never, 1000, until_answered=True)


def test_an_interrupt_abandons_the_call_so_that_nothing_is_sent_after_it():
    begun = threading.Event()

    def interrupt() -> None:
        begun.wait(60)
        raise KeyboardInterrupt

    abandoned: list[threading.Event] = []
    clock = NotingClock(during=interrupt)

    def slow(event: threading.Event) -> None:
        abandoned.append(event)
        begun.set()
        never(event)

    with pytest.raises(KeyboardInterrupt):
        a_run(clock).call(slow, 1000, until_answered=True)
    assert abandoned[0].is_set()


def test_what_has_all_the_time_of_the_run_hands_back_its_value_or_its_error():
    assert a_run().in_time("reading x", lambda: "read") == "read"
    with pytest.raises(FileNotFoundError):
        a_run().in_time("reading x", lambda: fail(FileNotFoundError("x")))
    with pytest.raises(TimeoutError, match="share"):
        a_run().in_time("reading x", lambda: fail(TimeoutError("the share doesn't answer")))


def fail(error: Exception) -> None:
    raise error


def test_the_deadline_ends_what_has_all_the_time_of_the_run_and_says_what_it_was():
    with pytest.raises(DeadlinePassed, match="was reached while reading x") as raised:
        a_run(deadline=5).in_time("reading x", lambda: never(threading.Event()))
    assert not raised.value.sent, "reading a file sends nothing"


def test_a_cancel_ends_what_has_all_the_time_of_the_run():
    clock = NotingClock()
    with pytest.raises(Cancelled):
        a_run(clock, stop_at=3).in_time("reading x", lambda: never(threading.Event()))
    assert max(clock.waits) <= CANCEL_IS_FELT_WITHIN


@pytest.mark.parametrize(("deadline", "stop_at", "kind"), [(0, float("inf"), DeadlinePassed), (9, 0, Cancelled)])
def test_nothing_is_begun_that_has_no_time_left(deadline, stop_at, kind):
    begun: list[int] = []
    with pytest.raises(kind):
        a_run(deadline=deadline, stop_at=stop_at).in_time("reading x", lambda: begun.append(1))
    assert begun == []


@pytest.mark.parametrize("clock", [SYSTEM_CLOCK, FastClock(1)], ids=["system clock", "fast clock"])
def test_a_pause_lasts_as_long_as_it_says(clock):
    before = clock.monotonic()
    a_run(clock).pause(0.02)
    assert clock.monotonic() - before >= 0.02


def test_a_pause_waits_in_steps_that_let_a_cancel_through():
    clock = NotingClock()
    a_run(clock).pause(10)
    assert max(clock.waits) <= CANCEL_IS_FELT_WITHIN
    assert sum(clock.waits) <= 10.5


def test_a_cancel_ends_a_pause():
    clock = NotingClock()
    run = a_run(clock, stop_at=2)
    run.pause(1000)
    assert len(clock.waits) == 2
    with pytest.raises(Cancelled):
        run.go_on()


def test_the_deadline_ends_a_pause():
    clock = NotingClock()
    run = a_run(clock, deadline=3)
    run.pause(1000)
    assert run.left() == 0
    assert sum(clock.waits) < 10
    with pytest.raises(DeadlinePassed) as raised:
        run.go_on()
    assert not raised.value.sent, "nothing was asked, so nothing was sent"


def test_a_cancel_comes_before_the_deadline():
    with pytest.raises(Cancelled):
        a_run(deadline=0, stop_at=0).go_on()


def test_a_run_with_time_left_and_nobody_who_stops_it_goes_on():
    run = a_run(SYSTEM_CLOCK)
    run.go_on()
    assert 0 < run.left() <= 3600
    assert not run.cancel_wanted()
    assert not run.stopping


def test_a_cancel_that_is_taken_up_interrupts_nothing_more():
    run = a_run(stop_at=0)
    assert run.cancel_wanted()
    run.take_up_cancel()
    assert run.stopping
    assert not run.cancel_wanted()
    run.go_on()
    assert run.call(lambda _: "cancelled on the server", 10) == "cancelled on the server"


@pytest.mark.parametrize("fails", [False, True], ids=["ends well", "fails"])
def test_what_must_not_be_broken_off_is_undisturbed_and_the_cancel_is_heeded_afterwards(fails):
    run = a_run(stop_at=0)
    try:
        with run.undisturbed():
            run.go_on()
            assert not run.cancel_wanted()
            if fails:
                raise ValueError
    except ValueError:
        assert fails
    assert run.cancel_wanted()
    assert not run.stopping


def test_undisturbed_does_not_bring_back_a_cancel_that_was_taken_up():
    run = a_run(stop_at=0)
    run.take_up_cancel()
    with run.undisturbed():
        run.go_on()
    assert not run.cancel_wanted()


def test_a_clock_that_is_set_back_changes_no_deadline():
    clock = NotingClock()
    run = a_run(clock, deadline=100)
    clock.jump = timedelta(days=-400)
    run.go_on()
    assert 0 < run.left() <= 100


def test_the_system_clock_gives_utc_and_waits_for_an_event():
    assert SYSTEM_CLOCK.now().utcoffset() == timedelta(0)
    event = threading.Event()
    assert SYSTEM_CLOCK.wait(event, 0.001) is False
    event.set()
    assert SYSTEM_CLOCK.wait(event, 60) is True
