"""Report Map Server Cache in the pane, in a model and from a script."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from arcpy_standin import ExecuteError, Pro
from support.toolbox import NAMED, NOT_NAMED, REPORT, SERVICE, TOOL, Place, assert_ended_cleanly

FILE = "output_report"


def test_from_the_pane_with_a_page(pro: Pro, place: Place, tmp_path: Path) -> None:
    pane = pro.open_in_pane(REPORT)
    pane.edit(SERVICE, place.url)
    pane.edit(FILE, str(tmp_path / "report.html"))
    assert [p.message for p in (pane[SERVICE], pane[FILE])] == ["", ""]
    outcome = pane.run()
    assert outcome.texts(2) == []
    cache = place.server.services[0]
    assert pane["out_tiles"].value == cache["tiles"]
    assert pane["out_bytes"].value > 0
    assert pane["out_deletable"].value is True
    assert (tmp_path / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert (place.server.submits, place.tiles() > 0) == (0, True)
    assert any(text.startswith("sign-in: ") for text in outcome.texts(0))
    assert_ended_cleanly(pro)


def test_its_scales_fit_a_parameter_of_several_doubles(pro: Pro, place: Place, tmp_path: Path) -> None:
    result = pro.call(REPORT, place.url, str(tmp_path / "report.json"))
    scales = [float(text) for text in (result.getOutput(3) or "").split(";")]
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert scales == [row["scale"] for row in found["scales"]]
    assert float(result.getOutput(1) or 0) == sum(row["tiles"] for row in found["scales"])


def test_without_a_cache_and_without_a_file(pro: Pro, place: Place) -> None:
    pro.call(TOOL, place.url)
    result = pro.call(REPORT, place.url)
    assert [result.getOutput(index) for index in range(4)] == [None, "0", "0", None]
    assert "has no cache" in result.getMessages()


@pytest.mark.parametrize("text", NAMED)
def test_nothing_is_deleted_so_nothing_is_warned_of(pro: Pro, text: str) -> None:
    pane = pro.open_in_pane(REPORT)
    pane.edit(SERVICE, text)
    assert pane[SERVICE].message == ""


def test_a_text_that_names_no_service(pro: Pro) -> None:
    pane = pro.open_in_pane(REPORT)
    pane.edit(SERVICE, NOT_NAMED[0])
    assert pane[SERVICE].message.startswith("CT101: ")


@pytest.mark.parametrize(("file", "good"), [
    ("C:\\r.HTML", True), ("r.json", True), ("r.csv", True), ("%scratchFolder%\\r.html", True), ("%File%", True),
    ("r.txt", False), ("report", False), ("r.html.zip", False),
])  # fmt: skip
def test_the_ending_of_the_file_is_looked_at_before_the_run(pro: Pro, file: str, good: bool) -> None:
    pane = pro.open_in_pane(REPORT)
    pane.edit(FILE, file)
    assert pane[FILE].hasError() is not good
    assert (".html, .json or .csv" in pane[FILE].message) is not good


def test_another_tools_output_is_let_through(pro: Pro) -> None:
    parameters = pro.model_validate(REPORT, derived={SERVICE: None, FILE: "r.txt"})
    assert [p.message for p in parameters.values()] == [""] * 6


def test_a_file_that_cannot_be_written_asks_nobody(pro: Pro, place: Place, tmp_path: Path) -> None:
    with pytest.raises(ExecuteError) as caught:
        pro.call(REPORT, place.url, str(tmp_path / "missing" / "report.html"))
    assert len(str(caught.value).splitlines()) == 2
    assert place.server.requests == []
    assert_ended_cleanly(pro)


def test_a_user_without_the_right_is_told_so(pro: Pro, place: Place) -> None:
    place.store("user")
    result = pro.call(REPORT, place.url)
    assert (result.maxSeverity, result.getOutput(4)) == (1, "false")
    assert place.server.submits == 0
