"""The file of a report: its ending, whole or not at all, and nobody else's file touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.no_room import NO_ROOM, no_room

from cachetools_core.errors import ReceiptNotKept, ReportNotWritten, WrongUsage
from cachetools_core.local.receipts import ReceiptFolder
from cachetools_core.local.report_file import ReportFile


@pytest.mark.parametrize("name", ["a.html", "a.JSON", "b.c.csv", "Réseau 日本.Html"])
def test_the_ending_says_what_is_written(name: str, tmp_path: Path) -> None:
    file = ReportFile(tmp_path / name)
    assert file.ending == Path(name).suffix.lower()
    file.write("ä\r\nb\n")
    assert (tmp_path / name).read_bytes() == "ä\r\nb\n".encode()
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("name", ["a", "a.pdf", "a.htm", "html", ".html", "a.html.txt", "a.html "])
def test_another_ending_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUsage, match=r"\.html, \.json or \.csv"):
        ReportFile(tmp_path / name)


def test_a_folder_that_is_missing_or_stands_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.html").mkdir()
    for name in ("missing/a.html", "folder.html", f"{'x' * 300}/a.html"):
        with pytest.raises(WrongUsage, match="can't be written"):
            ReportFile(tmp_path / name)


def test_a_name_that_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReportNotWritten):
        ReportFile(tmp_path / f"{'a' * 300}.html").write("after")


def test_nothing_can_be_written_to_a_removed_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(ReportNotWritten):
        ReportFile("a.csv").write("after")
    receipts = ReceiptFolder("receipts")
    with pytest.raises(ReceiptNotKept):
        receipts.write(receipts.path / "a.json", "{}")


def test_what_stood_there_is_replaced_and_its_neighbours_stay(tmp_path: Path) -> None:
    for name in ("a.html", "a.new", "a.html.new"):
        (tmp_path / name).write_text("before")
    ReportFile(tmp_path / "a.html").write("after")
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {
        "a.html": "after", "a.new": "before", "a.html.new": "before",
    }  # fmt: skip


def test_a_second_name_of_what_stood_there_keeps_it(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text("before")
    os.link(tmp_path / "a.html", tmp_path / "kept.html")
    ReportFile(tmp_path / "a.html").write("after")
    assert (tmp_path / "kept.html").read_text() == "before"


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("before")
    with no_room(), pytest.raises(ReportNotWritten, match=NO_ROOM):
        ReportFile(tmp_path / "a.csv").write("after")
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {"a.csv": "before"}


def test_a_text_that_no_file_holds_is_told(tmp_path: Path) -> None:
    with pytest.raises(ReportNotWritten, match="CT505"):
        ReportFile(tmp_path / "a.json").write("\ud800")
    assert list(tmp_path.iterdir()) == []
