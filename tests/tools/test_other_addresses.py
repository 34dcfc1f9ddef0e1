"""Two ports or contexts of a host: one service where they lead to one server, two where they don't."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from support.bench import FACTOR, Bench
from support.body_server import refusal
from support.job_site import LIST, JobSite
from support.second_port import second_port
from support.story import delete, service_url

from cachetools_core.local.journal import Journal, unfinished
from cachetools_core.proof.verdict import Verdict
from cachetools_core.rehearsal.server import Rehearsal

HALF_WAY = 2.0 * FACTOR  # story seconds: enough to submit a job, on a busy machine too
FOR_HOURS = 36_000.0


def test_a_rerun_through_another_port_follows_the_job(place: Bench) -> None:
    place.server.let_jobs_take(FOR_HOURS)
    assert place.run(deadline=HALF_WAY).verdict == "still-running"
    place.server.let_jobs_take(0.0)
    with second_port(service_url(place.server)) as other:
        again = place.run(service=other)
    assert (again.verdict, again.submits) == ("deleted", 1)
    assert unfinished(place.journal) == ()


def test_a_submit_without_an_answer_is_looked_for_through_another_port(place: Bench) -> None:
    place.server.let_jobs_take(FOR_HOURS)
    assert place.run("reset-after@submit", deadline=HALF_WAY / 3).verdict in ("still-running", "unknown")
    noted = Journal(service_url(place.server), place.journal)
    entry = noted.entry()
    assert entry is not None
    with noted.held():
        noted.write(entry.with_job(""))
    place.server.let_jobs_take(0.0)
    with second_port(service_url(place.server)) as other:
        again = place.run(service=other)
    assert (again.verdict, again.submits) == ("deleted", 1)
    assert unfinished(place.journal) == ()


def test_a_run_at_work_through_another_port_is_told(place: Bench) -> None:
    place.server.let_jobs_take(FOR_HOURS)
    assert place.run(deadline=HALF_WAY).verdict == "still-running"
    with second_port(service_url(place.server)) as other, Journal(service_url(place.server), place.journal).held():
        again = place.run(service=other)
    assert (again.verdict, again.error_id, again.submits) == ("still-running", "CT503", 1)


def test_another_server_at_another_port_has_its_own_deletion(place: Bench, rehearsal: Callable[..., Rehearsal]) -> None:
    place.server.let_jobs_take(FOR_HOURS)
    assert place.run(deadline=HALF_WAY).verdict == "still-running"
    other, submits = rehearsal(), place.server.submits
    seen = delete(other, journal_folder=place.journal)
    assert (seen.verdict, other.submits, place.server.submits) == (Verdict.DELETED, 1, submits)
    assert Journal(service_url(place.server), place.journal).holds_entry, "its job is still running"


def test_a_rerun_through_another_context_follows_the_job(site: JobSite, tmp_path: Path) -> None:
    """Where the list of jobs is refused, only the journal and the server know of it."""
    site.bodies[LIST] = refusal(403)
    elsewhere = site.url.replace("/arcgis/", "/server/")
    assert elsewhere != site.url
    assert site.delete(folder=tmp_path, deadline=60.0).verdict is Verdict.STILL_RUNNING
    assert site.delete(elsewhere, folder=tmp_path, deadline=60.0).verdict is Verdict.STILL_RUNNING
    site.finish(site.jobs[0])
    assert site.delete(elsewhere, folder=tmp_path).verdict is Verdict.DELETED
    assert (len(site.submits), unfinished(tmp_path)) == (1, ())


def test_a_submit_without_an_answer_at_another_context_comes_first(site: JobSite, tmp_path: Path) -> None:
    site.lose_the_answer(None)
    site.bodies[LIST] = refusal(403)
    assert site.delete(folder=tmp_path, deadline=60.0).verdict is Verdict.UNKNOWN
    seen = site.delete(site.url.replace("/arcgis/", "/server/"), folder=tmp_path, deadline=60.0)
    assert (seen.verdict, seen.exit_code, len(site.submits)) == (Verdict.STILL_RUNNING, 5, 1)
    assert f"Run this for {site.url} first" in str(seen.error)


def test_another_site_at_another_context_has_its_own_deletion(site: JobSite, tmp_path: Path) -> None:
    assert site.delete(folder=tmp_path, deadline=60.0).verdict is Verdict.STILL_RUNNING
    site.jobs.clear()
    site.tiles = 0
    assert site.delete(site.url.replace("/arcgis/", "/server/"), folder=tmp_path).verdict is Verdict.NOTHING_TO_DELETE
    assert len(unfinished(tmp_path)) == 1
