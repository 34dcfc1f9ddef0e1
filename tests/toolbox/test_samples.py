"""The code samples of the help, each run as it stands against the rehearsal server, in place of gis.example.com."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
import pytest
from arcpy_standin import Pro
from help_texts import (
    SAMPLE_RECEIPTS,
    SAMPLE_REPORT,
    SAMPLE_SERVICE,
    SAMPLE_SERVICE_2,
    SAMPLE_SITE,
    SAMPLE_TOOLBOX,
    SAMPLE_USER,
    TOOLS,
)
from support.toolbox import TOOLBOX, MemoryKeyring, Place

SAMPLES = {sample.title: sample for tool in TOOLS.values() for sample in tool.samples}
Runs = Callable[[str], dict[str, Any]]


@pytest.fixture
def run(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Runs the sample of a title, and gives the names that it leaves; the person at the keyboard knows the password."""
    monkeypatch.setattr(getpass, "getpass", lambda prompt: place.server.password)
    here = {
        SAMPLE_TOOLBOX: str(TOOLBOX),
        SAMPLE_SERVICE: place.url,
        SAMPLE_SERVICE_2: place.server.services[1]["url"],
        SAMPLE_RECEIPTS: str(tmp_path / "receipts"),
        SAMPLE_SITE: place.server.site,
        SAMPLE_REPORT: str(tmp_path / "Rainfall.html"),
        SAMPLE_USER: place.server.username,
    }

    def run(title: str) -> dict[str, Any]:
        code = SAMPLES[title].code
        for there, local in here.items():
            code = code.replace(there, local)
        assert "gis.example.com" not in code
        assert "C:\\" not in code
        names: dict[str, Any] = {}
        with Pro():
            exec(compile(code, title, "exec", dont_inherit=True), names)
        return names

    return run


def test_delete(run: Runs, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    run("Delete Map Server Cache (stand-alone script)")
    assert (place.tiles(), place.server.submits) == (0, 1)
    assert f"Deleted: {place.url}" in capsys.readouterr().out


def test_delete_in_vain(run: Runs, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.server.fault("job-failed")
    with pytest.raises(SystemExit) as ended:
        run("Delete Map Server Cache (stand-alone script)")
    assert ended.value.code == 1
    assert "CT701" in capsys.readouterr().out


def test_report(run: Runs, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    names = run("Report Map Server Cache (stand-alone script)")
    assert names["deletable"] == "true"
    assert names["tiles"] == str(sum(service["tiles"] for service in place.server.services[:1]))
    assert Path(names["report"]).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert place.server.submits == 0
    assert "Deletable from here: true" in capsys.readouterr().out


def test_delete_tiles(run: Runs, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    names = run("Delete Map Server Cache Tiles (stand-alone script)")
    assert place.server.submits == 1
    left = run("Report Map Server Cache (stand-alone script)")["scales"].split(";")
    assert left == names["report"].getOutput(3).split(";")[:-1]


def test_delete_tiles_within_an_extent(run: Runs, place: Place) -> None:
    names = run("Delete Map Server Cache Tiles within an extent (stand-alone script)")
    assert names["result"].status == 4
    assert place.server.submits == 1
    assert place.tiles() > 0


def test_delete_several(run: Runs, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    names = run("Delete Map Server Caches (stand-alone script)")
    assert (place.tiles(), place.tiles("Weather/Wind"), place.server.submits) == (0, 0, 2)
    assert f"Deleted: 2 Summary: {names['result'].getOutput(2)}" in capsys.readouterr().out


def test_delete_several_in_vain(run: Runs, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    place.server.fault("job-failed")
    with pytest.raises(SystemExit) as ended:
        run("Delete Map Server Caches (stand-alone script)")
    assert ended.value.code == 1
    printed = capsys.readouterr().out
    assert "CT706: " in printed and "CT701: " in printed


def test_store_and_remove(run: Runs, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    keyring.set_keyring(MemoryKeyring())
    run("Store Server Sign-In (stand-alone script)")
    assert keyring.get_password(f"CacheTools:{place.server.site}", place.server.username) == place.server.password
    assert run("Remove Server Sign-In (stand-alone script)")["result"].getOutput(0) == "1"
    assert keyring.get_password(f"CacheTools:{place.server.site}", place.server.username) is None
    printed = capsys.readouterr().out
    assert place.server.site in printed
    assert place.server.password not in printed


def test_every_sample_has_its_test() -> None:
    """By the titles that stand in this file."""
    text = Path(__file__).read_text(encoding="utf-8")
    assert [title for title in SAMPLES if f'"{title}"' not in text] == []
