"""A job that can't be read at its own address: gone only where the server's list of jobs says so too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bench import Bench, bench


@pytest.fixture(scope="module")
def benches(rainfall: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(rainfall, tmp_path_factory.mktemp("bench")) as one:
        yield one


@pytest.fixture
def place(benches: Bench) -> Bench:
    return benches.fresh()


def test_a_job_that_is_on_the_list_is_not_gone_however_often_its_address_is_refused(place):
    runs = [place.run("json-code-400@job", "job-waits-forever"), place.run(), place.run()]
    assert [(run.facts, run.complaints()) for run in runs] == [(("unknown", 5, "CT705", 1, 12), [])] * 3
    assert "list of jobs doesn't show that the job is gone" in runs[0].receipt["error"]["text"]
    place.server.clear_faults()
    place.server.let_jobs_take(0.0)
    last = place.run(deadline=20.0)
    assert (last.verdict, last.submits, last.receipt["job_url"]) == ("still-running", 1, runs[0].receipt["job_url"])


def test_half_a_deletion_is_not_called_ended_while_its_job_is_on_the_list(place):
    place.server.let_jobs_take(2.0)

    def hide_the_job(request: object) -> None:
        if request.step == "job" and place.server.jobs[0].status == "esriJobExecuting":
            place.server.fault("json-code-400@job")

    place.server.after_request = hide_the_job
    seen = place.run()
    assert (seen.verdict, seen.complaints()) == ("unknown", [])
    place.server.after_request = lambda request: None
    place.server.clear_faults()
    assert place.run().facts == ("deleted", 0, "-", 1, 0)


@pytest.mark.parametrize("faults", [("job-gone-cache-stays",), ("job-gone-half-deleted",)], ids=str)
def test_where_nobody_lists_the_jobs_one_whose_address_is_refused_is_not_called_gone(faults, place):
    runs = [place.run(*faults, "admin-closed"), place.run()]
    assert [(run.verdict, run.receipt["exit_code"], run.submits, run.complaints()) for run in runs] == [
        ("unknown", 5, 1, [])
    ] * 2
    assert str(place.journal) in runs[1].receipt["error"]["text"]


def test_a_job_that_is_gone_from_the_list_too_is_followed_by_another(place):
    assert place.run("job-gone-cache-stays").facts == ("unknown", 5, "CT705", 1, 12)
    second = place.run()
    assert (second.verdict, second.submits, second.overlaps) == ("unknown", 2, False)
    place.server.clear_faults()
    assert place.run().facts == ("deleted", 0, "-", 3, 0)
