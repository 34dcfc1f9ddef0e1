"""The script that users with Pro run, here in the stand-in."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path
from typing import Any

import pytest
from support.source import ROOT
from support.toolbox import TOOLBOX, Place


def smoke() -> Any:
    """tests/pro/smoke.py as a module; it imports arcpy, so each session loads it anew."""
    specification = importlib.util.spec_from_file_location("smoke", ROOT / "tests" / "pro" / "smoke.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("pro")
def test_the_smoke_test_for_pro_agrees_with_the_stand_in(
    place: Place, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    connection = tmp_path / "server.ags"
    connection.write_bytes(f"{place.server.site}/services".encode("utf-16-le"))
    code = smoke().main(["--service", place.url, "--ags", str(connection)])
    printed = capsys.readouterr().out
    assert (code, "DIFFERENT" in printed) == (0, False)
    assert f"site that CacheTools reads: {place.server.site}" in printed
    assert (place.server.requests, place.tiles() > 0) == ([], True)


@pytest.mark.usefixtures("pro")
def test_the_smoke_test_deletes_only_when_told(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        smoke().main(["--yes-delete"])
    assert smoke().main(["--service", place.url, "--yes-delete"]) == 0
    assert place.tiles() == 0
    assert place.server.password not in capsys.readouterr().out


@pytest.mark.usefixtures("pro")
def test_the_smoke_test_reports_when_told(place: Place, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code = smoke().main(["--service", place.url, "--report", str(tmp_path / "report.html")])
    printed = capsys.readouterr().out
    assert (code, "DIFFERENT" in printed) == (0, False)
    assert (tmp_path / "report.html").exists()
    assert (place.server.submits, place.tiles() > 0) == (0, True)
    assert place.server.password not in printed


def test_toolbox_and_smoke_test_are_python_3_9() -> None:
    for file in (ROOT / "tests" / "pro" / "smoke.py", TOOLBOX):
        ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 9))
