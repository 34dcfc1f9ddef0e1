"""The disk beside the other witnesses, from end to end: a real folder, and a site that says whatever it likes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.body_server import BodyServer, refusal
from support.clocks import FastClock
from support.listener import Listener
from support.puppet import COUNTS_21, GONE, LITTLE, NONE, THERE, WITH_A_CACHE, Answers, Puppet, is_cached, level, report
from support.story import said

from cachetools_core.local.sites import KeptSite, keep_site
from cachetools_core.proof.evidence import Says, Why, Witness
from cachetools_core.proof.receipt import Receipt
from cachetools_core.tools.access import Access
from cachetools_core.tools.delete import run_deletion
from cachetools_core.tools.report import report_cache

DELETED, KEPT, PARTLY, UNKNOWN = ("deleted", 0), ("not-deleted", 1), ("partly-deleted", 1), ("unknown", 5)
REFUSED, BROKEN = refusal(403), refusal(500)
CLEAN = Answers(GONE, NONE)


class Place:
    """A site, and the cache directory in which the cache of F/Rain lies as four files."""

    def __init__(self, server: BodyServer, folder: Path) -> None:
        self.server, self.directory, self.journal = server, folder / "caches", folder / "journal"
        self.cache = self.directory / "F_Rain" / "Layers"
        for name in ("conf.xml", "conf.cdi", "_alllayers/L00/R0000C0000.bundle", "_alllayers/L01/R0000C0000.bundle"):
            (self.cache / name).parent.mkdir(parents=True, exist_ok=True)
            (self.cache / name).write_bytes(b"x")
        self.heard = Listener()

    def access(self, directory: Path | None) -> Access:
        self.heard = Listener()
        return Access(
            clock=FastClock(100),
            patience=LITTLE,
            deadline=600,
            messages=self.heard,
            journal_folder=self.journal,
            cache_directory=directory,
        )

    def delete(self, puppet: Puppet, directory: Path | None = None) -> Receipt:
        return run_deletion(puppet.service_url, self.access(directory or self.directory), lambda plan: True)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with BodyServer(lambda path: None) as server:
        yield Place(server, tmp_path)


def everything(place: Place) -> None:
    shutil.rmtree(place.cache.parent)


def all_but_a_level(place: Place) -> None:
    shutil.rmtree(place.cache / "_alllayers" / "L00")


def all_but_a_lock(place: Place) -> None:
    everything(place)
    place.cache.mkdir(parents=True)
    (place.cache / "R0000C0000.bundle.lock").touch()


def nothing(place: Place) -> None:
    pass


CASES: dict[str, tuple[Answers, Answers, Callable[[Place], None], tuple[str, int]]] = {
    "plain success": (WITH_A_CACHE, CLEAN, everything, DELETED),
    "files are left": (WITH_A_CACHE, CLEAN, all_but_a_level, PARTLY),
    "a lock file is left": (WITH_A_CACHE, CLEAN, all_but_a_lock, PARTLY),
    "all files are left": (WITH_A_CACHE, CLEAN, nothing, KEPT),
    "all files are left, the administrator says false": (
        WITH_A_CACHE, Answers(GONE, NONE, is_cached("false")), nothing, KEPT
    ),
    "all is as before": (WITH_A_CACHE, WITH_A_CACHE, nothing, KEPT),
    "fewer tiles in as many files": (
        WITH_A_CACHE, Answers(THERE, report("EXISTS", level(7))), nothing, PARTLY
    ),
    "the report is refused": (Answers(THERE, REFUSED), Answers(GONE, REFUSED), everything, DELETED),
    "the report is refused, files are left": (Answers(THERE, REFUSED), Answers(GONE, REFUSED), all_but_a_level, PARTLY),
    "the report is broken": (Answers(THERE, BROKEN), Answers(GONE, BROKEN), everything, DELETED),
    "the report is broken, all files are left": (Answers(THERE, BROKEN), Answers(GONE, BROKEN), nothing, KEPT),
    "the service says there": (WITH_A_CACHE, Answers(THERE, NONE, is_cached("true")), everything, UNKNOWN),
    "the report counts": (WITH_A_CACHE, Answers(GONE, COUNTS_21), everything, UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_lies_on_disk_decides_after_a_job_that_succeeded(name: str, place: Place) -> None:
    before, after, work, expected = CASES[name]
    puppet = Puppet(place.server, before, after)
    puppet.at_work = lambda: work(place)
    receipt = place.delete(puppet)
    assert (said(receipt), puppet.submits) == (expected, 1)
    assert receipt.before is not None and receipt.before.of(Witness.DISK).files == 4
    left = sum(path.is_file() for path in place.directory.rglob("*"))
    assert receipt.after is not None and receipt.after.of(Witness.DISK).files == left
    if left:
        assert str(place.cache.parent) in str(receipt.error)
    if expected == DELETED:
        assert not [text for text in receipt.warnings if text.startswith(("On disk", "Nobody counted"))]
        assert [text for text in place.heard.lines if text == f"On disk: {place.directory} has no folder F_Rain."]


def test_files_that_the_server_knows_nothing_of_are_named_and_left_to_a_person(place: Place) -> None:
    puppet = Puppet(place.server, WITH_A_CACHE, CLEAN)
    puppet.at_work = lambda: all_but_a_lock(place)
    receipt = place.delete(puppet)
    text = str(receipt.error)
    assert "R0000C0000.bundle.lock" in text and "is gone: 3 of 4 files." in text
    assert "by hand" in text and "Run this again" not in text
    again = place.delete(puppet)
    assert (said(again), puppet.submits) == (KEPT, 1)
    assert str(again.error).startswith("CT501: ") and "R0000C0000.bundle.lock" in str(again.error)


def test_files_of_an_uncached_service_are_never_called_nothing_to_delete(place: Place) -> None:
    puppet = Puppet(place.server, CLEAN, CLEAN)
    assert (said(place.delete(puppet)), puppet.submits) == (KEPT, 0)
    everything(place)
    assert (said(place.delete(puppet)), puppet.submits) == (("nothing-to-delete", 0), 0)


@pytest.mark.parametrize(("counts", "expected"), [(NONE, DELETED), (REFUSED, DELETED), (BROKEN, UNKNOWN)])
def test_a_directory_that_never_held_the_cache_proves_nothing(
    counts: Any, expected: tuple[str, int], place: Place, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    puppet = Puppet(place.server, Answers(THERE, counts if counts is not NONE else COUNTS_21), Answers(GONE, counts))
    receipt = place.delete(puppet, tmp_path / "elsewhere")
    assert said(receipt) == expected
    assert [text for text in receipt.warnings if text == f"On disk: {tmp_path / 'elsewhere'} has no folder F_Rain."]
    assert bool([text for text in receipt.warnings if text.startswith("Nobody counted")]) is (counts is REFUSED)


@pytest.mark.parametrize("namesake", ["F/Rain/ImageServer", "F_Rain/MapServer", "F_Rain/ImageServer"])
def test_a_folder_that_may_be_another_services_is_not_counted_and_the_reason_is_told(
    namesake: str, place: Place
) -> None:
    puppet = Puppet(place.server, WITH_A_CACHE, CLEAN)
    puppet.namesakes = {namesake}
    receipt = place.delete(puppet)
    assert said(receipt) == DELETED
    assert receipt.after is not None and receipt.after.of(Witness.DISK).why is Why.AMBIGUOUS
    folder, _, kind = namesake.rpartition("/")
    assert [text for text in receipt.warnings if f"may be the folder of {folder}:{kind} too" in text]


def test_another_map_beside_the_cache_stays(place: Place) -> None:
    shutil.copytree(place.cache, place.cache.parent / "Old")
    named = {**THERE, "mapName": "Layers"}
    puppet = Puppet(place.server, Answers(named), Answers({**GONE, "mapName": "Layers"}, NONE))
    puppet.at_work = lambda: shutil.rmtree(place.cache)
    receipt = place.delete(puppet)
    assert said(receipt) == DELETED
    assert any("another map: Old." in text for text in place.heard.lines)


def test_the_disk_is_asked_where_its_folder_is_kept_with_the_site(place: Place, own_home: Path) -> None:
    puppet = Puppet(place.server, WITH_A_CACHE, CLEAN)
    keep_site(KeptSite(place.server.site, cache_directory=str(place.directory)))
    receipt = run_deletion(puppet.service_url, place.access(None), lambda plan: True)
    assert said(receipt) == KEPT


def test_what_is_kept_of_the_site_and_cannot_be_read_is_told_and_stops_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "file"))
    puppet = Puppet(place.server, WITH_A_CACHE, CLEAN)
    found = report_cache(puppet.service_url, place.access(None)).found.of(Witness.DISK)
    assert (found.says, found.why) == (Says.NOTHING, Why.UNREADABLE)
    receipt = run_deletion(puppet.service_url, place.access(None), lambda plan: True)
    assert said(receipt) == DELETED
    assert f"On disk: {found.words}" in receipt.warnings


def test_no_folder_is_opened_where_nobody_has_named_one(place: Place) -> None:
    puppet = Puppet(place.server, WITH_A_CACHE, CLEAN)
    receipt = run_deletion(puppet.service_url, place.access(None), lambda plan: True)
    assert said(receipt) == DELETED
    assert receipt.after is not None and receipt.after.of(Witness.DISK).why is Why.NOT_ASKED
    asked = {path for path, _ in place.server.asked}
    assert not [path for path in asked if "ImageServer" in path or "F_Rain" in path]


def test_report_tells_what_lies_on_disk(place: Place) -> None:
    found = report_cache(Puppet(place.server, WITH_A_CACHE, CLEAN).service_url, place.access(place.directory))
    disk = found.found.of(Witness.DISK)
    assert (disk.says, disk.files) == (Says.THERE, 4)
    told = {one["witness"]: one for one in found.to_dict()["witnesses"]}
    assert (told["disk"]["says"], told["disk"]["files"]) == ("there", 4)
