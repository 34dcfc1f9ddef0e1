"""The toolbox in a clean interpreter: what is imported, from where, and what a second copy of the core does."""

from __future__ import annotations

from pathlib import Path

from support.source import ROOT
from support.toolbox import CALL, INSTANCES, NAMED, REMOVE, REPORT, SERVICE, STORE, TOOL, TOOLBOX, a_core, alone

import cachetools_core


def test_nothing_of_the_network_is_imported_before_execute() -> None:
    script = f"""
    from arcpy_standin import Pro
    with Pro() as pro:
        before = list(sys.path)
        pro.arcpy.ImportToolbox({str(TOOLBOX)!r})
        added = [path for path in sys.path if path not in before]
        pane = pro.open_in_pane("{TOOL}")
        pane.edit("{SERVICE}", "{NAMED[0]}")
        pane.edit("{INSTANCES}", 2)
        pro.model_validate("{TOOL}", derived={{"{SERVICE}": None}})
        pro.model_validate("{REPORT}", {{"{SERVICE}": "{NAMED[0]}", "output_report": "report.html"}})
        pro.model_validate("{STORE}", {{"site": "https://h/arcgis", "username": "u", "password": "p"}})
        pro.model_validate("{REMOVE}", {{"site": "https://h/arcgis"}})
        loud = ("requests", "keyring", "urllib3", "ssl", "socket", "http.client", "asyncio",
                "cachetools_core.tools.delete",
                "cachetools_core.tools.report", "cachetools_core.tools.sign_in",
                "cachetools_core.server.wire", "cachetools_core.server.signin", "cachetools")
        print(json.dumps([added, [name for name in loud if name in sys.modules], pane["{SERVICE}"].message]))
    """
    added, loud, message = alone(script, ROOT / "tests")
    assert added == [str(ROOT)]
    assert loud == []
    assert "cannot be undone" in message


def test_a_core_that_can_be_imported_already_keeps_the_path_as_it_is() -> None:
    script = f"""
    from arcpy_standin import Pro
    with Pro() as pro:
        before = list(sys.path)
        pro.add_toolbox({str(TOOLBOX)!r})
        print(json.dumps(sys.path == before))
    """
    assert alone(script, ROOT / "tests", ROOT)


def test_another_version_of_the_core_says_restart_and_does_nothing(tmp_path: Path) -> None:
    executed, traceback_shown, messages, _, _, _ = alone(CALL, a_core(tmp_path, "0.9.0"), ROOT / "tests")
    assert (executed, traceback_shown) == (False, False)
    assert messages[1][1].startswith("CT002: ")
    assert "0.9.0" in messages[1][1]
    assert "Restart ArcGIS Pro" in messages[1][1]
    assert str(tmp_path / "cachetools_core") in messages[1][1]


def test_a_core_that_changes_between_validation_and_run_is_noticed_too(tmp_path: Path) -> None:
    script = f"""
    from arcpy_standin import Pro
    with Pro() as pro:
        pro.add_toolbox({str(TOOLBOX)!r})
        pane = pro.open_in_pane("{TOOL}")
        pane.edit("{SERVICE}", "{NAMED[0]}")
        tool, messages = pro.instances[-1], []
        import cachetools_core
        cachetools_core.__version__ = "0.9.0"
        class Messages:
            def addErrorMessage(self, text): messages.append(text)
        with pro.session.during("executing"):
            tool.execute(pro.describe("{TOOL}"), Messages())
        print(json.dumps(messages))
    """
    messages = alone(script, a_core(tmp_path, cachetools_core.__version__), ROOT / "tests")
    assert len(messages) == 1
    assert messages[0].startswith("CT002: ")


def test_the_toolbox_without_its_folder_says_so(tmp_path: Path) -> None:
    lonely = tmp_path / "CacheTools.pyt"
    lonely.write_bytes(TOOLBOX.read_bytes())
    executed, traceback_shown, messages, _, _, _ = alone(CALL.replace(str(TOOLBOX), str(lonely)), ROOT / "tests")
    assert (executed, traceback_shown) == (False, False)
    assert messages[1][1].startswith("CT001: ")
    assert str(tmp_path) in messages[1][1]
