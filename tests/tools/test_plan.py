"""What is shown and agreed to is what is deleted; where it has changed, it is shown again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.job_site import PATIENCE, SUCCEEDED, Job, JobSite, job_site

from cachetools_core.proof.receipt import Receipt
from cachetools_core.proof.verdict import Verdict
from cachetools_core.tools.access import Access
from cachetools_core.tools.delete import plan_deletion, run_deletion
from cachetools_core.tools.deletion import carry_out
from cachetools_core.tools.plan import Plan


class Asked:
    """Agrees to every plan; before each answer something may happen, and time pass."""

    def __init__(self, site: JobSite, *meanwhile: Any, seconds: float = 0.0) -> None:
        self._site, self._meanwhile, self._seconds = site, list(meanwhile), seconds
        self.shown: list[int | None] = []

    def __call__(self, plan: Plan) -> bool:
        self.shown.append(plan.before.tiles)
        self._site.clock.seconds += self._seconds
        if self._meanwhile:
            self._meanwhile.pop(0)()
        return True


class Planner:
    """Plans at a site, with a job that ends as soon as it is submitted."""

    def __init__(self, site: JobSite, folder: Path) -> None:
        self.site = site
        self.access = Access(clock=site.clock, patience=PATIENCE, journal_folder=folder, receipts=folder / "receipts")
        site.makes = self._job

    def _job(self) -> Job:
        job = Job(f"j{len(self.site.submits)}")
        self.site.finish(job)
        return job

    def run(self, agree: Any, spelled: str = "") -> Receipt:
        return run_deletion(spelled or self.site.url, self.access, agree)

    def has(self, tiles: int) -> Any:
        return lambda: setattr(self.site, "tiles", tiles)


@pytest.fixture
def planner(tmp_path: Path) -> Iterator[Planner]:
    with job_site() as site:
        yield Planner(site, tmp_path)


def test_a_plan_shows_what_would_be_deleted_and_changes_nothing(planner, tmp_path):
    plan = plan_deletion(planner.site.url, planner.access)
    assert (plan.deletes, plan.follows, plan.before.tiles) == (True, False, 5)
    assert (planner.site.submits, list(tmp_path.iterdir())) == ([], [])


def test_a_plan_that_was_agreed_to_is_carried_out(planner):
    asked = Asked(planner.site, seconds=29)
    assert planner.run(asked).verdict is Verdict.DELETED
    assert (asked.shown, len(planner.site.submits)) == ([5], 1)


def test_without_a_yes_nothing_is_submitted(planner):
    receipt = planner.run(lambda plan: False)
    assert (receipt.verdict, receipt.exit_code, planner.site.submits) == (Verdict.NOT_DELETED, 3, [])


def test_after_half_a_minute_the_look_is_repeated_and_the_same_is_not_asked_again(planner):
    asked = Asked(planner.site, seconds=31)
    assert planner.run(asked).verdict is Verdict.DELETED
    assert asked.shown == [5]
    assert [path for path, _ in planner.site.server.asked].count("rest/services/Rain/MapServer") > 2


def test_what_has_changed_while_the_question_stood_is_shown_and_asked_again(planner):
    asked = Asked(planner.site, planner.has(9), seconds=31)
    receipt = planner.run(asked)
    assert (receipt.verdict, receipt.before.tiles, asked.shown) == (Verdict.DELETED, 9, [5, 9])
    assert "What was shown has changed in the meantime." in receipt.warnings


def test_a_no_to_what_has_changed_counts(planner):
    answers = [True, False]
    seen = Asked(planner.site, planner.has(9), seconds=31)
    receipt = planner.run(lambda plan: seen(plan) and answers.pop(0))
    assert (receipt.exit_code, planner.site.submits, seen.shown) == (3, [], [5, 9])


def test_a_cache_that_is_gone_meanwhile_is_nothing_to_delete(planner):
    receipt = planner.run(Asked(planner.site, planner.has(0), seconds=31))
    assert (receipt.verdict, planner.site.submits) == (Verdict.NOTHING_TO_DELETE, [])


def test_a_plan_that_showed_no_cache_never_deletes_one(planner):
    planner.site.tiles = 0
    plan = plan_deletion(planner.site.url, planner.access)
    planner.site.tiles = 5
    assert not plan.deletes
    assert carry_out(plan).verdict is Verdict.NOTHING_TO_DELETE
    planner.site.clock.seconds += 31
    receipt = carry_out(plan)
    assert (receipt.verdict, receipt.exit_code) == (Verdict.NOT_DELETED, 1)
    assert "has changed in the meantime" in receipt.error.what
    assert planner.site.submits == []


def test_the_first_look_decides_whether_anybody_is_asked(planner):
    """The service says false on the first read and true on the next."""
    planner.site.tiles = 0
    answer = planner.site.server.answer

    def true_afterwards(path: str) -> Any:
        said = answer(path)
        planner.site.tiles = 5 if "ReportCacheStatus" in path else planner.site.tiles
        return said

    planner.site.server.answer = true_afterwards
    asked = Asked(planner.site)
    receipt = planner.run(asked)
    assert (receipt.verdict, asked.shown, planner.site.submits) == (Verdict.NOTHING_TO_DELETE, [], [])


@pytest.mark.parametrize(
    ("seconds", "tiles", "deleted"), [(29, 9, True), (31, 5, True), (31, 9, False), (31, 0, False)]
)
def test_a_plan_is_carried_out_only_as_long_as_it_shows_what_is_there(seconds, tiles, deleted, planner):
    plan = plan_deletion(planner.site.url, planner.access)
    planner.site.clock.seconds += seconds
    planner.site.tiles = tiles
    receipt = carry_out(plan)
    assert (receipt.verdict is Verdict.DELETED, len(planner.site.submits)) == (deleted, int(deleted))


def test_a_layer_file_that_is_rewritten_while_the_question_stands_changes_nothing(planner, tmp_path):
    file = tmp_path / "Rain.lyrx"

    def names(service: str) -> None:
        connection = {"type": "CIMAGSServiceConnection", "objectType": "MapServer", "url": service}
        layer = {"type": "CIMTiledServiceLayer", "serviceConnection": connection}
        file.write_text(json.dumps({"type": "CIMLayerDocument", "layerDefinitions": [layer]}), "utf-8")

    names(planner.site.url)
    other = planner.site.url.replace("Rain", "Snow")
    receipt = planner.run(Asked(planner.site, lambda: names(other), seconds=31), str(file))
    assert (receipt.verdict, receipt.service) == (Verdict.DELETED, planner.site.url)
    submits = [fields for path, fields in planner.site.server.asked if path.endswith("submitJob")]
    assert [fields["service_url"] for fields in submits] == [["Rain:MapServer"]]
    assert not [path for path, _ in planner.site.server.asked if "Snow" in path]


def test_an_unfinished_job_is_asked_about_and_what_it_left_is_asked_about_anew(planner):
    planner.site.makes = Job
    still = Access(
        clock=planner.site.clock, patience=PATIENCE, journal_folder=planner.access.journal_folder, deadline=50.0
    )
    assert run_deletion(planner.site.url, still, lambda plan: True).verdict is Verdict.STILL_RUNNING
    planner.site.finish(planner.site.jobs[0], "esriJobFailed")
    planner.site.makes = lambda: planner._job() if len(planner.site.submits) > 1 else None
    follows: list[bool] = []

    def agree(plan: Plan) -> bool:
        follows.append(plan.follows)
        return True

    receipt = planner.run(agree)
    assert (receipt.verdict, follows, len(planner.site.submits)) == (Verdict.DELETED, [True, False], 2)


def test_a_plan_that_follows_submits_none(planner):
    planner.site.makes = Job
    still = Access(
        clock=planner.site.clock, patience=PATIENCE, journal_folder=planner.access.journal_folder, deadline=50.0
    )
    run_deletion(planner.site.url, still, lambda plan: True)
    planner.site.finish(planner.site.jobs[0], "esriJobFailed")
    receipt = carry_out(plan_deletion(planner.site.url, planner.access))
    assert (receipt.verdict, len(planner.site.submits)) == (Verdict.NOT_DELETED, 1)
    assert planner.site.jobs[0].status != SUCCEEDED


@pytest.mark.parametrize("seconds", [0, 31])
def test_what_a_plan_warned_of_stands_in_the_receipt_once(planner, seconds):
    planner.site.tiles = None
    plan = plan_deletion(planner.site.url, planner.access)
    assert [text for text in plan.warnings if text.startswith("The tiles couldn't be counted beforehand")]
    planner.site.clock.seconds += seconds
    receipt = carry_out(plan)
    for text in plan.warnings:
        assert receipt.warnings.count(text) == 1
