"""The story of some tiles, told against the rehearsal server's real caches over real HTTPS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.bench import PATIENCE
from support.choosing import one_in, some_of
from support.clocks import FastClock
from support.listener import Listener
from support.rehearsal_client import NORTH_WEST, OTHER_SOURCES, SOURCES, Client, Start, files_but, tiles_of
from support.schema import misfits
from support.story import account_of, delete, service_url

from cachetools_core.errors import CacheToolsError, CannotDelete, WrongUsage
from cachetools_core.naming.service import ServiceReference
from cachetools_core.proof.receipt import Receipt
from cachetools_core.proof.scheme import Extent, LevelOfDetail
from cachetools_core.proof.tiles import Asked, Selection
from cachetools_core.proof.verdict import Verdict
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.tools.access import Access
from cachetools_core.tools.delete_tiles import delete_map_server_cache_tiles
from cachetools_core.tools.tile_work import SomeTiles, TileWork


def access_to(server: Rehearsal, journal: Path, **more: Any) -> Access:
    given = {
        "clock": FastClock(60.0),
        "patience": PATIENCE,
        "receipts": journal / "receipts",
        "deadline": 240.0,
        **more,
    }
    return Access(account=account_of(server), ca_file=server.ca_file, journal_folder=journal, **given)


def delete_tiles(server: Rehearsal, journal: Path, name: str, scales: Any, extent: Any = None, **more: Any) -> Receipt:
    """The receipt of a run, whatever happened; it fits its schema."""
    access = access_to(server, journal, **more)
    try:
        receipt = delete_map_server_cache_tiles(service_url(server, name), scales, extent, access)
    except CacheToolsError as error:
        assert isinstance(error.receipt, Receipt)
        receipt = error.receipt
    assert misfits(json.loads(receipt.to_json())) == []
    assert "Traceback" not in receipt.to_html() + receipt.to_text()
    return receipt


def scale_of(server: Rehearsal, name: str, level: int) -> float:
    return next(lod.scale for lod in server.cache(name).scheme.lods if lod.level == level)


@pytest.mark.parametrize("name", [*SOURCES, *OTHER_SOURCES])
def test_one_scale_goes_and_all_others_stay_byte_for_byte(
    rehearsal: Start, shared: Path, tmp_path: Path, name: str
) -> None:
    server = rehearsal(caches={name: shared / {**SOURCES, **OTHER_SOURCES}[name]})
    cache, heard = server.cache(name), Listener()
    level = max(cache.counts()) if name in OTHER_SOURCES else 2
    others = files_but(cache, level)
    receipt = delete_tiles(server, tmp_path, name, [scale_of(server, name, level)], messages=heard)
    assert (receipt.verdict, receipt.exit_code, receipt.error) == (Verdict.DELETED, 0, None), heard.everything
    assert files_but(cache, level) == others and level not in cache.counts()
    assert (server.submits, receipt.warnings, list(tmp_path.glob("*.json"))) == (1, (), [])
    assert "the tiles of 1 scale" in heard.everything and "are gone" in heard.everything
    assert "CachingControllers/GPServer/Manage%20Map%20Cache%20Tiles/jobs/" in (receipt.job_url or "")
    assert receipt.output_url == service_url(server, name)
    assert receipt.after is not None and receipt.after.cached is True


@pytest.mark.parametrize("name", ["Streets", "States", "Loose"])
def test_an_extent_takes_what_is_inside_and_nothing_outside(
    rehearsal: Start, shared: Path, tmp_path: Path, name: str
) -> None:
    server = rehearsal(caches={name: shared / SOURCES[name]})
    cache = server.cache(name)
    before, others = tiles_of(cache), files_but(cache, 2)
    receipt = delete_tiles(server, tmp_path, name, [scale_of(server, name, 2)], NORTH_WEST)
    assert (receipt.verdict, receipt.error, server.submits) == (Verdict.DELETED, None, 1)
    gone = {place for place in before if place[0] == 2 and place[1] < 2 and place[2] < 2}
    assert gone and tiles_of(cache) == {place: tile for place, tile in before.items() if place not in gone}
    assert files_but(cache, 2) == others


@pytest.mark.parametrize("extent", [None, NORTH_WEST])
def test_a_second_run_finds_nothing_to_delete(server: Rehearsal, tmp_path: Path, extent: Any) -> None:
    scale = [scale_of(server, "Rainfall", 4)]
    assert delete_tiles(server, tmp_path, "Rainfall", scale, extent).verdict is Verdict.DELETED
    again = delete_tiles(server, tmp_path, "Rainfall", scale, extent)
    assert (again.verdict, again.exit_code, server.submits) == (Verdict.NOTHING_TO_DELETE, 0, 1)
    assert again.warnings[0].startswith("The chosen scale of Rainfall:MapServer has no tiles")
    assert "nothing submitted" in again.warnings[0]


@pytest.mark.parametrize("fault", ["report-exists-as-text@report-before", "report-nameless-none@report-before"])
def test_a_scale_that_the_report_leaves_out_is_not_one_without_tiles(
    server: Rehearsal, tmp_path: Path, fault: str
) -> None:
    server.fault(fault)
    receipt = delete_tiles(server, tmp_path, "Rainfall", [scale_of(server, "Rainfall", 5)])
    assert (receipt.verdict, receipt.exit_code, server.submits) == (Verdict.NOT_DELETED, 1, 0)
    assert "can't be counted" in str(receipt.error)
    assert "doesn't list the chosen scale of level 5. Rebuild the cache's status" in str(receipt.error)


@pytest.mark.parametrize("typed", [591657527.6, 591657527.591555, 591657528])
def test_a_scale_is_the_services_own_where_it_lies_within_a_millionth(
    server: Rehearsal, tmp_path: Path, typed: float
) -> None:
    own = repr(scale_of(server, "Rainfall", 0))
    assert delete_tiles(server, tmp_path, "Rainfall", [typed]).verdict is Verdict.DELETED
    assert 0 not in server.cache("Rainfall").counts()
    submit = next(request for request in server.requests if request.step == "submit")
    assert submit is not None and own


@pytest.mark.parametrize("scales", [[5000.0], [591659000.0], [591657527.6, 1.0]])
def test_a_scale_that_the_service_does_not_have_is_refused_with_those_it_has(
    server: Rehearsal, tmp_path: Path, scales: list[float]
) -> None:
    receipt = delete_tiles(server, tmp_path, "Rainfall", scales)
    assert (receipt.verdict, receipt.exit_code, server.submits) == (Verdict.NOT_DELETED, 1, 0)
    assert isinstance(receipt.error, CannotDelete)
    assert "has no scale 1:" in str(receipt.error) and "1:2311162 (level 8)" in str(receipt.error)


def test_an_extent_outside_of_the_service_is_refused(server: Rehearsal, tmp_path: Path) -> None:
    receipt = delete_tiles(server, tmp_path, "Rainfall", [591657527.6], (3e7, 3e7, 4e7, 4e7))
    assert (receipt.exit_code, server.submits) == (1, 0)
    assert "lies outside" in str(receipt.error)


@pytest.mark.parametrize(
    ("scales", "extent"),
    [
        ([], None), ([0], None), ([-5000], None), ([float("nan")], None), (["all"], None), ([None], None),
        ([5000], (1, 1, 1, 2)), ([5000], (2, 1, 1, 2)), ([5000], (0, 0, 1)), ([5000], (0, 0, float("inf"), 1)),
        ([5000], "abcd"),
    ],
)  # fmt: skip
def test_what_no_service_could_have_is_refused_before_anything_is_asked(
    server: Rehearsal, tmp_path: Path, scales: Any, extent: Any
) -> None:
    with pytest.raises(WrongUsage):
        delete_map_server_cache_tiles(service_url(server), scales, extent, access_to(server, tmp_path))
    assert server.requests == []


ENDS = {
    "job-says-succeeded-cache-stays": Verdict.NOT_DELETED,
    "job-succeeded-half-deleted": Verdict.PARTLY_DELETED,
    "job-failed": Verdict.NOT_DELETED,
    "job-failed-half-deleted": Verdict.PARTLY_DELETED,
    "job-gone": Verdict.DELETED,
}


@pytest.mark.parametrize(
    ("fault", "verdict", "extent"),
    some_of(
        {f"{fault}, {where}": (fault, said, extent)
         for fault, said in ENDS.items() for where, extent in (("all", None), ("an extent", NORTH_WEST))},
        "job-says-succeeded-cache-stays, an extent", "job-succeeded-half-deleted, all",
        "job-failed-half-deleted, an extent", "job-gone, an extent", "job-failed, all",
    ),
)  # fmt: skip
def test_the_tiles_are_believed_and_not_the_job(
    server: Rehearsal, tmp_path: Path, fault: str, verdict: Verdict, extent: Any
) -> None:
    server.fault(fault)
    receipt = delete_tiles(server, tmp_path, "Rainfall", [scale_of(server, "Rainfall", 5)], extent)
    assert (receipt.verdict, server.submits) == (verdict, 1), str(receipt.error)
    if verdict is not Verdict.DELETED:
        assert receipt.error is not None and "the tiles of 1 scale" in str(receipt.error).lower()
    assert json.loads(receipt.to_json())["before"]["close_up"]["levels"][0]["level"] == 5


def test_a_hidden_count_is_refused_without_an_extent(server: Rehearsal, tmp_path: Path) -> None:
    server.fault("report-refused")
    receipt = delete_tiles(server, tmp_path, "Rainfall", [scale_of(server, "Rainfall", 5)])
    assert (receipt.exit_code, server.submits) == (1, 0)
    assert "can't be counted" in str(receipt.error)


def test_tiles_that_come_back_are_warned_of_and_no_place_is_probed(server: Rehearsal, tmp_path: Path) -> None:
    server.cache_on_demand("Rainfall")
    receipt = delete_tiles(server, tmp_path, "Rainfall", [scale_of(server, "Rainfall", 5)], NORTH_WEST)
    assert receipt.verdict is Verdict.DELETED, str(receipt.error)
    assert len(receipt.warnings) == 1 and "makes tiles on demand: they come back" in receipt.warnings[0]
    assert not [request for request in server.requests if "/tile/" in request.path]


ODD_MAPS = (
    "tilemap-adjusted", "tilemap-no-list", "tilemap-other-size", "tilemap-other-place", "tilemap-odd-bits",
    "json-500", "json-code-400", "html-login", "not-json", "empty-body",
)  # fmt: skip


@pytest.mark.parametrize("fault", one_in(2, ODD_MAPS))
def test_an_odd_tile_map_afterwards_shows_nothing_and_proves_nothing(
    fault: str, server: Rehearsal, tmp_path: Path
) -> None:
    server.fault(f"{fault}@tile-after")
    receipt = delete_tiles(server, tmp_path, "Rainfall", [scale_of(server, "Rainfall", 5)], NORTH_WEST)
    assert (receipt.verdict, receipt.exit_code, server.submits) == (Verdict.UNKNOWN, 5, 1), str(receipt.error)
    assert {request.fault for request in server.requests if request.step == "tile"} == {"", fault}


def test_a_service_whose_tile_maps_are_odd_is_looked_at_tile_by_tile(server: Rehearsal, tmp_path: Path) -> None:
    server.fault("tilemap-adjusted")
    receipt = delete_tiles(server, tmp_path, "Rainfall", [scale_of(server, "Rainfall", 5)], NORTH_WEST)
    assert receipt.verdict is Verdict.DELETED, str(receipt.error)
    assert json.loads(receipt.to_json())["before"]["close_up"]["by"] == "tiles"


def test_an_extent_in_which_nobody_could_look_is_refused(rehearsal: Start, shared: Path, tmp_path: Path) -> None:
    server = rehearsal(caches={"Loose": shared / SOURCES["Loose"]})
    server.cache_on_demand("Loose")
    receipt = delete_tiles(server, tmp_path, "Loose", [scale_of(server, "Loose", 2)], NORTH_WEST)
    assert (receipt.exit_code, server.submits) == (1, 0)
    assert "it makes tiles on demand" in str(receipt.error)
    assert not [request for request in server.requests if "/tile/" in request.path]


def test_a_service_without_a_full_extent_is_looked_at_in_the_extent_that_is_given(
    server: Rehearsal, tmp_path: Path
) -> None:
    server.fault("nan-extent")
    receipt = delete_tiles(server, tmp_path, "Rainfall", [scale_of(server, "Rainfall", 5)], NORTH_WEST)
    assert (receipt.verdict, server.submits) == (Verdict.DELETED, 1), str(receipt.error)
    was, now = (json.loads(receipt.to_json())[when]["close_up"]["sampled"] for when in ("before", "after"))
    assert [(one["inside"], one["there"]) for one in now] == [(True, 0), (False, was[1]["there"])]
    assert was[0]["there"] and was[1]["looked"] and was[1] == now[1]


def test_tiles_that_cannot_be_looked_at_beforehand_are_refused(server: Rehearsal, tmp_path: Path) -> None:
    server.fault("json-500@tile")
    receipt = delete_tiles(server, tmp_path, "Rainfall", [scale_of(server, "Rainfall", 5)], NORTH_WEST)
    assert (receipt.verdict, receipt.exit_code, server.submits) == (Verdict.NOT_DELETED, 1, 0)
    assert "in the extent can't be looked at" in str(receipt.error)


def test_the_task_of_caching_tools_does_where_the_controllers_are_away(server: Rehearsal, tmp_path: Path) -> None:
    server.fault("controllers-stopped")
    receipt = delete_tiles(server, tmp_path, "Rainfall", [scale_of(server, "Rainfall", 5)])
    assert receipt.verdict is Verdict.DELETED, str(receipt.error)
    assert "/System/CachingTools/GPServer/" in (receipt.job_url or "")


def test_a_cache_that_is_gone_has_no_scales(server: Rehearsal, tmp_path: Path) -> None:
    client = Client(server)
    client.delete()
    client.service()
    receipt = delete_tiles(server, tmp_path, "Rainfall", [591657527.6])
    assert (receipt.exit_code, server.submits) == (1, 1)
    assert "no cache" in str(receipt.error)


# A journal that knows which kind of work it holds


def still_running(server: Rehearsal, run: Any) -> Receipt:
    """A run whose job outlasts it; the job may end in a moment from then on."""
    server.let_jobs_take(60.0)
    receipt: Receipt = run(deadline=90.0)
    server.let_jobs_take(0.0)
    assert receipt.verdict is Verdict.STILL_RUNNING, receipt.verdict
    return receipt


def delete_all(server: Rehearsal, journal: Path, heard: Listener | None = None, **more: Any) -> Receipt:
    given = {
        "clock": FastClock(60.0),
        "patience": PATIENCE,
        "receipts": journal / "receipts",
        "deadline": 240.0,
        **more,
    }
    return delete(server, journal_folder=journal, messages=heard or Listener(), **given)


@pytest.mark.parametrize("extent", [None, NORTH_WEST])
def test_a_rerun_follows_the_job_and_submits_no_other(server: Rehearsal, tmp_path: Path, extent: Any) -> None:
    scale, heard = [scale_of(server, "Rainfall", 5)], Listener()
    first = still_running(server, lambda **more: delete_tiles(server, tmp_path, "Rainfall", scale, extent, **more))
    again = delete_tiles(server, tmp_path, "Rainfall", scale, extent, messages=heard)
    assert (again.verdict, again.job_url, server.submits) == (Verdict.DELETED, first.job_url, 1), str(again.error)
    assert "An earlier run began this deletion" in heard.everything
    assert list(tmp_path.glob("*.json")) == []


def test_delete_meets_a_job_for_tiles_says_so_and_goes_on(server: Rehearsal, tmp_path: Path) -> None:
    scale, heard = [scale_of(server, "Rainfall", 5)], Listener()
    still_running(server, lambda **more: delete_tiles(server, tmp_path, "Rainfall", scale, **more))
    receipt = delete_all(server, tmp_path, heard)
    assert (receipt.verdict, server.submits) == (Verdict.DELETED, 2), str(receipt.error)
    assert "An earlier run began to delete the tiles of 1 scale of Rainfall:MapServer" in heard.everything
    assert "The earlier job, for the tiles of 1 scale, is settled" in heard.everything
    assert not server.cache("Rainfall").exists()


def test_a_job_for_tiles_that_goes_on_is_not_joined_by_another(server: Rehearsal, tmp_path: Path) -> None:
    scale = [scale_of(server, "Rainfall", 5)]
    server.let_jobs_take(60.0)
    first = delete_tiles(server, tmp_path, "Rainfall", scale, deadline=90.0)
    receipt = delete_all(server, tmp_path, deadline=90.0)
    server.let_jobs_take(0.0)
    assert (receipt.verdict, receipt.job_url, server.submits) == (Verdict.STILL_RUNNING, first.job_url, 1)


def test_delete_tiles_meets_the_deletion_of_the_cache(server: Rehearsal, tmp_path: Path) -> None:
    scale, heard = [scale_of(server, "Rainfall", 5)], Listener()
    still_running(server, lambda **more: delete_all(server, tmp_path, **more))
    receipt = delete_tiles(server, tmp_path, "Rainfall", scale, messages=heard)
    assert "An earlier run began to delete the cache of Rainfall:MapServer" in heard.everything
    assert (receipt.exit_code, server.submits) == (1, 1) and "no cache" in str(receipt.error)
    assert not server.cache("Rainfall").exists()


def test_other_tiles_come_after_the_job_that_was_begun(server: Rehearsal, tmp_path: Path) -> None:
    first, second = ([scale_of(server, "Rainfall", level)] for level in (5, 6))
    still_running(server, lambda **more: delete_tiles(server, tmp_path, "Rainfall", first, **more))
    receipt = delete_tiles(server, tmp_path, "Rainfall", second)
    assert (receipt.verdict, server.submits) == (Verdict.DELETED, 2), str(receipt.error)
    assert {5, 6} & set(server.cache("Rainfall").counts()) == set()


@pytest.mark.parametrize(
    ("first", "then", "met"),
    [(3857, 102100, True), (3857, 3857, True), (3857, 25832, False), (None, None, True), (3857, None, True),
     (None, 3857, False)],
)  # fmt: skip
def test_an_extent_in_another_system_is_another_wish(first: int | None, then: int | None, met: bool) -> None:
    level, area = LevelOfDetail(0, 5000.0, 1.3), Extent(0, 0, 10, 10)
    service = ServiceReference("https://gis.example.com/server", "", "Rain", "MapServer")
    work = TileWork(service, Selection((level,), area, first))
    assert SomeTiles(Asked((5000.0,), extent=area, wkid=then)).is_met_by(work) is met
    assert SomeTiles(Asked((5000.0,), wkid=then)).is_met_by(TileWork(service, Selection((level,))))
