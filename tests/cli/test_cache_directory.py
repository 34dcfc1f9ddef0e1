"""`--cache-directory` from end to end: the rehearsal server's own disk is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.command_line import Outcome, Site
from support.schema import misfits
from support.story import files_below

pytestmark = pytest.mark.thorough

FAULTS = {
    "job-succeeded-half-deleted": "partly-deleted",
    "job-says-succeeded-cache-stays": "not-deleted",
}


def disk_of(look: dict[str, Any]) -> dict[str, Any]:
    (disk,) = [one for one in look["witnesses"] if one["witness"] == "disk"]
    return disk


def delete(run: Callable[..., Outcome], site: Site, directory: str | None = None) -> Outcome:
    where = directory or str(site.server.cache_directory)
    return run("delete", *site.to(), "--yes", "--json", "--cache-directory", where, stdin=site.password)


def test_a_deletion_counts_the_files_before_and_after(run: Callable[..., Outcome], site: Site) -> None:
    files = files_below(site.server.cache("Rainfall").folder.parent)
    done = delete(run, site)
    assert (done.code, done.json["verdict"], misfits(done.json)) == (0, "deleted", [])
    assert (disk_of(done.json["before"])["says"], disk_of(done.json["before"])["files"]) == ("there", files)
    assert (disk_of(done.json["after"])["says"], disk_of(done.json["after"])["files"]) == ("gone", 0)
    assert f"On disk: {site.server.cache_directory / 'Rainfall'} holds {files} files." in done.err
    again = delete(run, site)
    assert (again.code, again.json["verdict"], site.server.submits) == (0, "nothing-to-delete", 1)


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_job_left_is_counted(fault: str, run: Callable[..., Outcome], site: Site) -> None:
    site.server.fault(fault)
    done = delete(run, site)
    left = files_below(site.server.cache("Rainfall").folder.parent)
    assert (done.code, done.json["verdict"], misfits(done.json)) == (1, FAULTS[fault], [])
    assert disk_of(done.json["after"])["files"] == left
    assert f"{site.server.cache_directory / 'Rainfall'} holds {left} files." in done.json["error"]["text"]


def test_a_lock_file_outweighs_service_and_report(run: Callable[..., Outcome], site: Site) -> None:
    """The server holds the cache for deleted; another program held one file open."""
    lock = site.server.cache_directory / "Rainfall" / "R0000C0000.bundle.lock"

    def leave_a_lock(_: object) -> None:
        jobs = site.server.jobs
        if jobs and jobs[-1].ended is not None and not lock.exists():
            lock.parent.mkdir(exist_ok=True)
            lock.touch()

    site.server.before_request = leave_a_lock
    done = delete(run, site)
    assert (done.code, done.json["verdict"], done.json["job_status"]) == (1, "partly-deleted", "esriJobSucceeded")
    says = {one["witness"]: one["says"] for one in done.json["after"]["witnesses"]}
    assert {"service": "gone", "report": "gone", "disk": "there"}.items() <= says.items()
    assert lock.name in done.json["error"]["text"]


def test_a_directory_that_is_not_there_is_told_and_changes_nothing(run: Callable[..., Outcome], site: Site) -> None:
    missing = str(site.server.cache_directory / "missing")
    done = delete(run, site, missing)
    assert (done.code, done.json["verdict"]) == (0, "deleted")
    assert [text for text in done.json["warnings"] if text.startswith(f"On disk: {missing} can't be read")]


def test_report_has_the_disk_beside_the_others_and_submits_nothing(run: Callable[..., Outcome], site: Site) -> None:
    where = str(site.server.cache_directory)
    done = run("report", *site.to(), "--json", "--cache-directory", where, stdin=site.password)
    assert done.code == 0
    assert disk_of(done.json)["files"] == files_below(site.server.cache("Rainfall").folder.parent)
    assert site.server.submits == 0
