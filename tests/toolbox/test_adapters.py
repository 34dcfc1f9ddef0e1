"""The adapters to arcpy, with a core that does one thing; failures before any network."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from arcpy_standin import ExecuteError, Outcome, Pro
from arcpy_standin.refusals import free_to_talk
from arcpy_standin.session import ToolMessages
from support.source import ROOT
from support.toolbox import CALL, MANY, REMOVE, REPORT, STORE, TILES, TOOL, a_core, alone

import cachetools_core


def with_core(tmp_path: Path, delete: str) -> tuple[Outcome, bool]:
    core = a_core(tmp_path, cachetools_core.__version__, delete)
    executed, shown, messages, outputs, progress, auto_cancelling = alone(CALL, core, ROOT / "tests")
    outcome = Outcome(TOOL, executed=executed, traceback_shown=shown, outputs=outputs)
    outcome.messages, outcome.progress = [(s, t) for s, t in messages], [tuple(step) for step in progress]
    return outcome, auto_cancelling


def test_progress_labels_and_positions(tmp_path: Path) -> None:
    outcome, _ = with_core(
        tmp_path,
        """
        messages.progress("Looking")
        messages.progress("Looking again", None)
        messages.progress("Deleting", 0.0)
        messages.progress("Deleting", 99.9)
        messages.progress("Waiting")
        raise NotDeleted("no")
        """,
    )
    steps = [tuple(re.sub(", about.*|, [0-9]+ s so far", "", str(part)) for part in step) for step in outcome.progress]
    assert [tuple(int(part) if part.isdigit() else part for part in step) for step in steps] == [
        ("progressor", "default", "Looking", 0, 100, 1),
        ("label", "Looking"),
        ("label", "Looking again"),
        ("progressor", "step", "Deleting", 0, 100, 1),
        ("label", "Deleting, 0 %"),
        ("position", 0),
        ("label", "Deleting, 99 %"),
        ("position", 99),
        ("progressor", "default", "Waiting", 0, 100, 1),
        ("label", "Waiting"),
        ("reset",),
    ]


def test_an_expected_failure_is_one_message(tmp_path: Path) -> None:
    outcome, auto_cancelling = with_core(tmp_path, 'raise NotDeleted("It is there.", "Try again.")')
    assert outcome.executed
    assert not outcome.traceback_shown
    assert outcome.texts(2) == ["CT701: It is there. Try again.", f"Failed to execute ({TOOL})."]
    assert outcome.outputs == [None]
    assert outcome.progress == [("reset",)]
    assert auto_cancelling


def test_an_unexpected_failure_is_one_message_too(tmp_path: Path) -> None:
    outcome, auto_cancelling = with_core(tmp_path, 'raise KeyError("secret")')
    assert not outcome.traceback_shown
    error, last = outcome.texts(2)
    assert error.startswith(
        f"CT999: CacheTools {cachetools_core.__version__} has a fault, KeyError in delete.py, line 4"
    )
    assert "Check the service" in error
    assert "secret" not in error
    assert "\n" not in error
    assert last == f"Failed to execute ({TOOL})."
    assert auto_cancelling


def test_a_broken_import_is_one_message_too(tmp_path: Path) -> None:
    outcome, auto_cancelling = with_core(tmp_path, "import requests_that_is_not_there")
    assert outcome.texts(2)[0].startswith("CT999: ")
    assert "ModuleNotFoundError" in outcome.texts(2)[0]
    assert auto_cancelling


def test_autocancelling_is_restored_even_by_what_nothing_catches(tmp_path: Path) -> None:
    script = CALL.replace("except ExecuteError as error", "except KeyboardInterrupt")
    core = a_core(tmp_path, cachetools_core.__version__, "raise KeyboardInterrupt")
    *_, progress, auto_cancelling = alone(script, core, ROOT / "tests")
    assert auto_cancelling
    assert progress == [["reset"]]


# Failures before any network: in the session of this test


@pytest.mark.parametrize("service", [r"C:\nowhere\arcgis on h_6443 (admin).ags\Rainfall.MapServer", r"C:\no\Rain.lyrx"])
def test_a_missing_file_ends_cleanly(pro: Pro, service: str) -> None:
    with pytest.raises(ExecuteError, match="CT102") as caught:
        pro.call(TOOL, service)
    assert str(caught.value).splitlines()[1:] == [f"Failed to execute ({TOOL})."]
    assert not pro.outcome.traceback_shown
    assert pro.arcpy.env.autoCancelling
    assert pro.outcome.progress[-1] == ("reset",)


def test_a_wrong_text_in_a_script_never_gets_to_execute(pro: Pro) -> None:
    with pytest.raises(ExecuteError, match=r"Parameters are not valid\.\nCT101: 'World Imagery'"):
        pro.call(TOOL, "World Imagery")
    with pytest.raises(ExecuteError, match="ERROR 000735"):
        pro.call(TOOL)
    assert "execute" not in pro.calls


@pytest.mark.parametrize(
    ("tool", "error"),
    [(TOOL, "CT101: 'Rain' is neither"), (TILES, "CT101: 'Rain'"), (MANY, "CT706"), (REPORT, "CT101: 'Rain'"),
     (STORE, "CT101: 'Rain'"), (REMOVE, "CT101: 'Rain'")],
)  # fmt: skip
def test_an_object_in_the_place_of_a_text_is_told_as_one(pro: Pro, tool: str, error: str) -> None:
    """Where a parameter has a value and no text, and where it has neither."""
    rows = pro.describe(tool)
    for value, words in (("Rain", error), (None, "CT10")):
        values = {**{one.name: 5000 if one.name == "scales" else None for one in rows}, rows[0].name: value}
        objects = [SimpleNamespace(name=n, valueAsText=None, value=v, values=None) for n, v in values.items()]
        outcome = pro.session.outcome = Outcome(tool)
        instance = pro._fresh(tool)
        with pro.session.during("executing"), free_to_talk():
            instance.execute(objects, ToolMessages(pro.session))
        assert [text[: len(words)] for text in outcome.texts(2)] == [words]
