"""Killed with SIGKILL and run again: one job in all, or `unknown` with what to look at."""

from __future__ import annotations

import pytest
from support.choosing import one_in
from support.killing import POSSIBLE, Killed, Moment, kill_runs
from support.what_goes import A_SCALE, IN_AN_EXTENT

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="Windows has no SIGKILL and no fork")

MOMENTS = [
    (Moment("before", 1),),
    (Moment("after", 3),),
    (Moment("after", 6),),
    (Moment("after", 7),),
    (Moment("before", 8),),
    (Moment("after", 8),),
    (Moment("before", 9),),
    (Moment("after", 10),),
    (Moment("before", 12),),
    (Moment("journal", 3),),
    (Moment("journal", 6),),
    (Moment("journal", 9),),
    (Moment("before", 8), Moment("after", 5)),
    (Moment("journal", 2), Moment("journal", 1), Moment("after", 9)),
]


def submitted(killed: Killed) -> tuple[str, int, int, list[str]]:
    return killed.last.verdict, killed.last.submits, killed.last.files, killed.complaints()


@pytest.mark.parametrize("moments", one_in(2, MOMENTS), ids=lambda moments: ", then ".join(map(str, moments)))
def test_one_job_in_all(moments, servers):
    killed = kill_runs(servers, moments)
    assert killed.kills >= 1
    assert submitted(killed) == ("deleted", 1, 0, [])


@pytest.mark.parametrize("goes", [A_SCALE, IN_AN_EXTENT], ids=lambda goes: goes.words)
def test_of_tiles_too(goes, servers):
    killed = kill_runs(servers, (Moment("journal", 6),), goes=goes)
    assert killed.kills == 1
    assert submitted(killed) == ("deleted", 1, 0, [])


def test_killed_while_the_submit_was_lost_where_nobody_lists_the_jobs(servers):
    """The entry is written, the submit was lost on its way, and nothing shows that: only a person can tell."""
    killed = kill_runs(servers, (Moment("before", 8),), "publisher", ("admin-closed", "blackhole-before@submit:1"))
    assert killed.kills == 1
    assert (killed.last.verdict, killed.last.submits, killed.complaints()) == ("unknown", 0, [])
    assert str(killed.journal) in killed.last.receipt["error"]["text"]
