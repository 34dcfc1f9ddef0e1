"""A machine whose limit of processes lets no thread start: every command ends, with a message and its receipts."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from support.clocks import FastClock
from support.command_line import Outcome
from support.listener import Listener

from cachetools_core.tools.lanes import Lanes
from cachetools_core.tools.relay import Relay

HOST = "https://gis.example.com/server"
SERVICES = [f"{HOST}/rest/services/{name}/MapServer" for name in ("Rainfall", "Wind")]
ACCOUNT = ["--user", "publisher1", "--password-stdin"]


@pytest.fixture(autouse=True)
def no_threads(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")  # Python's own words, captured under `ulimit -u`

    monkeypatch.setattr(threading.Thread, "start", refuse)


@pytest.mark.parametrize(
    ("arguments", "code", "receipts"),
    [
        (["delete", SERVICES[0], "--yes", *ACCOUNT], 1, 1),
        (["delete", *SERVICES, "--yes", *ACCOUNT], 1, 3),
        (["report", HOST, *ACCOUNT], 1, 0),
        (["unfinished"], 0, 0),
    ],
    ids=["delete", "several", "report", "unfinished"],
)
def test_a_command_that_gets_no_thread_says_so_and_ends(
    run: Callable[..., Outcome], tmp_path: Path, arguments: list[str], code: int, receipts: int
) -> None:
    kept = ["--receipts", str(tmp_path)] if receipts else []
    done = run(*arguments, *kept)
    assert (done.code, "starts no more threads" in done.out + done.err) == (code, bool(code))
    assert len([*tmp_path.glob("*.json")]) == receipts


def test_what_threads_would_do_side_by_side_is_done_one_after_the_other() -> None:
    relay = Relay(Listener(), FastClock())
    lanes: Lanes[str] = Lanes(relay, 2)
    for lane, word in (("a", "one"), ("a", "two"), ("b", "three")):
        lanes.add(lane, partial(relay.found, partial(str, word)))
    assert [*lanes.outcomes()] == ["one", "two", "three"]
