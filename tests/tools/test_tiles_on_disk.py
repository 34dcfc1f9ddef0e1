"""The disk beside the other witnesses of some tiles: a copy of the cache stands for a share that keeps files."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.bench import PATIENCE
from support.clocks import FastClock
from support.story import account_of, service_url

from cachetools_core.local.sites import KeptSite, keep_site
from cachetools_core.proof.evidence import Witness
from cachetools_core.proof.receipt import Receipt
from cachetools_core.proof.verdict import Verdict
from cachetools_core.rehearsal.bundles import CompactV2
from cachetools_core.rehearsal.caches import Cache, open_cache
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.tools.access import Access
from cachetools_core.tools.delete_tiles import asked_for, run_tile_deletion

LEVEL = 5
NORTH_WEST = (-20037508.0, 1.0, -1.0, 20037508.0)
FOLDER = f"L{LEVEL:02d}"


def everything(copy: Cache) -> None:
    shutil.rmtree(copy.folder / "_alllayers" / FOLDER)


def half(copy: Cache) -> None:
    places = [place for place in copy.tiles() if place[0] == LEVEL]
    for place in places[: len(places) // 2]:
        copy.delete_tile(*place)


def all_but_an_empty_bundle(copy: Cache) -> None:
    for bundle in (copy.folder / "_alllayers" / FOLDER).glob("*.bundle"):
        CompactV2.write(bundle, {})
        bundle.with_suffix(".lock").touch()


def another_scale_too(copy: Cache) -> None:
    everything(copy)
    shutil.rmtree(copy.folder / "_alllayers" / "L06")


def nothing(copy: Cache) -> None:
    pass


def what_lies_inside(copy: Cache) -> None:
    for level, row, column in list(copy.tiles()):
        if level == LEVEL and row < 16 and column < 16:
            copy.delete_tile(level, row, column)


def delete_tiles(server: Rehearsal, folder: Path, directory: Path | None, extent: Any = None) -> Receipt:
    scale = next(lod.scale for lod in server.cache("Rainfall").scheme.lods if lod.level == LEVEL)
    access = Access(
        account=account_of(server),
        ca_file=server.ca_file,
        clock=FastClock(60.0),
        patience=PATIENCE,
        deadline=240.0,
        journal_folder=folder / "journal",
        receipts=folder / "receipts",
        cache_directory=directory,
    )
    return run_tile_deletion(service_url(server), asked_for([scale], extent), access, lambda plan: True)


def with_a_copy(server: Rehearsal, folder: Path, work: Callable[[Cache], None], extent: Any = None) -> Receipt:
    """The server does its work on its own disk, and `work` is done to the copy that is counted."""
    own = server.cache("Rainfall").folder
    shutil.copytree(own.parent, folder / "caches" / own.parent.name)
    copy = open_cache(folder / "caches" / own.parent.name / own.name)
    done: list[bool] = []

    def when_submitted(request: Any) -> None:
        if request.step == "job" and not done:
            done.append(True)
            work(copy)

    server.before_request = when_submitted
    return delete_tiles(server, folder, folder / "caches", extent)


@pytest.mark.parametrize(
    ("work", "verdict", "words"),
    [
        (everything, Verdict.DELETED, ""),
        (all_but_an_empty_bundle, Verdict.DELETED, ""),
        (half, Verdict.PARTLY_DELETED, "Some of the tiles of 1 scale of Rainfall:MapServer are still on disk. "),
        (nothing, Verdict.NOT_DELETED, "The tiles of 1 scale of Rainfall:MapServer are still on disk. "),
        (another_scale_too, Verdict.UNKNOWN, "hold fewer tiles or files than before: level 6."),
    ],
)
def test_the_disk_decides_after_a_job_that_succeeded(
    work: Callable[[Cache], None], verdict: Verdict, words: str, server: Rehearsal, tmp_path: Path
) -> None:
    receipt = with_a_copy(server, tmp_path, work)
    assert (receipt.verdict, receipt.job_status, server.submits) == (verdict, "esriJobSucceeded", 1), receipt.error
    assert LEVEL not in server.cache("Rainfall").counts()
    assert words in str(receipt.error or "")
    before, after = (look.of(Witness.DISK) for look in (receipt.before, receipt.after) if look is not None)
    counted = {one.level: one for one in before.level_files}
    assert counted[LEVEL].tiles and counted[LEVEL].files and counted[6].tiles is None and counted[6].files
    left = {one.level: one for one in after.level_files}[LEVEL].tiles
    assert f" Of the chosen tiles {counted[LEVEL].tiles} lie there." in before.words
    assert f" Of the chosen tiles {left} lie there." in after.words
    assert before.files is not None and after.files is not None and len(before.level_files) == 9


@pytest.mark.parametrize(
    ("work", "verdict"),
    [(what_lies_inside, Verdict.DELETED), (everything, Verdict.DELETED), (nothing, Verdict.NOT_DELETED)],
)
def test_within_an_extent_only_what_lies_inside_counts(
    work: Callable[[Cache], None], verdict: Verdict, server: Rehearsal, tmp_path: Path
) -> None:
    receipt = with_a_copy(server, tmp_path, work, NORTH_WEST)
    assert (receipt.verdict, server.submits) == (verdict, 1), receipt.error


def test_tiles_that_only_the_disk_knows_of_are_never_nothing_to_delete(server: Rehearsal, tmp_path: Path) -> None:
    assert with_a_copy(server, tmp_path, nothing).verdict is Verdict.NOT_DELETED
    again = delete_tiles(server, tmp_path, tmp_path / "caches")
    assert (again.verdict, server.submits) == (Verdict.NOT_DELETED, 2)
    shutil.rmtree(tmp_path / "caches" / "Rainfall" / "Layers" / "_alllayers" / FOLDER)
    assert delete_tiles(server, tmp_path, tmp_path / "caches").verdict is Verdict.NOTHING_TO_DELETE


@pytest.mark.parametrize("fault", ["report-refused", "report-failed"])
def test_the_disk_counts_where_nobody_else_may(fault: str, server: Rehearsal, tmp_path: Path) -> None:
    server.fault(fault)
    receipt = delete_tiles(server, tmp_path, server.cache_directory)
    assert (receipt.verdict, server.submits) == (Verdict.DELETED, 1), receipt.error
    assert LEVEL not in server.cache("Rainfall").counts()


def test_a_directory_without_the_cache_counts_for_nobody(server: Rehearsal, tmp_path: Path) -> None:
    server.fault("report-refused")
    (tmp_path / "elsewhere").mkdir()
    receipt = delete_tiles(server, tmp_path, tmp_path / "elsewhere")
    assert (receipt.verdict, server.submits) == (Verdict.NOT_DELETED, 0)
    assert "can't be counted" in str(receipt.error)


def test_the_directory_that_is_kept_with_the_site_counts(server: Rehearsal, tmp_path: Path, own_home: Path) -> None:
    server.fault("report-refused")
    keep_site(KeptSite(server.site, cache_directory=str(server.cache_directory)))
    assert delete_tiles(server, tmp_path, None).verdict is Verdict.DELETED
