"""Whatever becomes of a run that named a service: one receipt as JSON, one as a page, and the JSON fits the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.body_server import refusal
from support.job_site import FAILED, PATIENCE, JobSite
from support.killing import POSSIBLE, Moment, kill_runs
from support.listener import Listener
from support.schema import misfits

from cachetools_core.tools.access import Access
from cachetools_core.tools.delete import run_deletion

SERVICE = "rest/services/Rain/MapServer"


def deletes(site: JobSite) -> None:
    site.at(5, lambda: site.finish(site.jobs[0]))


def fails(site: JobSite) -> None:
    site.at(5, lambda: site.finish(site.jobs[0], FAILED))


def is_cancelled(site: JobSite) -> None:
    site.at(3, lambda: setattr(site.heard, "cancel_now", True))
    fails(site)


def runs_on(site: JobSite) -> None:
    """The job doesn't end by the deadline."""


def refuses_the_submit(site: JobSite) -> None:
    site.makes = lambda: None
    site.lose_the_answer(refusal(403))


def loses_the_submit(site: JobSite) -> None:
    site.lose_the_answer(None)
    deletes(site)


def swallows_the_submit(site: JobSite) -> None:
    site.makes = lambda: None
    site.lose_the_answer(None)


def has_no_such_service(site: JobSite) -> None:
    site.bodies[SERVICE] = refusal(404, "Service not found")


def is_no_site(site: JobSite) -> None:
    site.bodies["rest/info"] = b"<html>"


def has_no_cache(site: JobSite) -> None:
    site.tiles = 0


ENDS: dict[Callable[[JobSite], None], tuple[str, int, str]] = {
    deletes: ("deleted", 0, "gone"),
    fails: ("not-deleted", 1, "failed"),
    is_cancelled: ("not-deleted", 3, "failed"),
    runs_on: ("still-running", 5, "undecided"),
    refuses_the_submit: ("not-deleted", 4, "failed"),
    loses_the_submit: ("deleted", 0, "gone"),
    swallows_the_submit: ("unknown", 5, "undecided"),
    has_no_such_service: ("not-deleted", 1, "failed"),
    is_no_site: ("not-deleted", 1, "failed"),
    has_no_cache: ("nothing-to-delete", 0, "gone"),
}


def kept_in(folder: Path) -> tuple[dict[str, Any], str]:
    """The one receipt of the folder, as JSON and as a page; a tiling scheme may lie beside it."""
    (told,) = folder.glob("*.json")
    kept = {file for file in folder.iterdir() if not file.name.endswith((".conf.xml", ".conf.cdi"))}
    assert kept == {told.with_suffix(".html"), told}
    receipt = json.loads(told.read_text(encoding="utf-8"))
    assert misfits(receipt) == []
    return receipt, told.with_suffix(".html").read_text(encoding="utf-8")


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_each_end_of_a_run_leaves_one_receipt(end, site, tmp_path):
    end(site)
    heard = site.heard
    receipt = site.delete(receipts=tmp_path, messages=heard, deadline=600.0)
    told, page = kept_in(tmp_path)
    assert told == receipt.to_dict()
    found = re.search(r'<header class="(\w+)">', page)
    assert found is not None
    assert (told["verdict"], told["exit_code"], found[1]) == ENDS[end]
    assert told["warnings"] == heard.warnings


def test_a_run_that_was_declined_leaves_one_receipt(site, tmp_path):
    access = Access(clock=site.clock, patience=PATIENCE, messages=Listener(), receipts=tmp_path)
    receipt = run_deletion(site.url, access, lambda plan: False)
    told, page = kept_in(tmp_path)
    assert (told, told["exit_code"], site.submits) == (receipt.to_dict(), 3, [])
    assert (told["before"] is not None, told["after"], told["job_url"]) == (True, None, None)
    assert "the answer wasn&#x27;t yes" in page


def test_a_receipt_says_who_ran_it_where_and_how_long(site, tmp_path, monkeypatch):
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "ann")
    deletes(site)
    begun = site.clock.seconds
    site.delete(receipts=tmp_path)
    told, page = kept_in(tmp_path)
    assert told["machine"]["user"] == "ann"
    assert told["duration_seconds"] == pytest.approx(site.clock.seconds - begun, abs=0.1)
    assert told["duration_seconds"] >= 5
    assert "<th>Run by</th><td>ann" in page


@pytest.mark.skipif(not POSSIBLE, reason="Windows has no SIGKILL and no fork")
def test_a_run_that_was_killed_leaves_its_receipt_to_the_next(servers):
    killed = kill_runs(servers, (Moment("after", 9),))
    assert killed.kills == 1
    told, _ = kept_in(killed.receipts)
    assert (told["verdict"], told["job_status"]) == ("deleted", "esriJobSucceeded")
    saved = list(map(Path, told["scheme"]["files"]))
    assert saved[:1] == list(killed.receipts.glob("*.conf.xml")), "the killed run's, and no second one"
    assert [file.suffix for file in saved] == [".xml", ".cdi"] and all(file.is_file() for file in saved)
