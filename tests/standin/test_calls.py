"""Toolboxes are loaded and tools called in the stand-in for arcpy as in ArcGIS Pro; each refusal is shown."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from arcpy_standin import (
    ExecuteError,
    Pro,
    Refused,
    RefusedAttribute,
)
from support.small_toolbox import Box

# Loading


def test_the_toolbox_is_compiled_from_a_string_and_its_folder_is_not_importable(pro: Pro, box: Box) -> None:
    (box.folder / "beside_the_box.py").write_text("", encoding="utf-8")
    path = box.write(init="self.seen = (__file__, __name__ in __import__('sys').modules)")
    pro.add_toolbox(path)
    assert pro.instances[-1].seen == (str(path), False)
    with pytest.raises(ImportError):
        pro.add_toolbox(box.write(init="import beside_the_box"))


@pytest.mark.parametrize("alias", ["", "cache tools", "map_cache", "server", "Management", "1st"])
def test_aliases_that_arcpy_cannot_use_are_refused(pro: Pro, box: Box, alias: str) -> None:
    with pytest.raises(Refused):
        pro.add_toolbox(box.write(alias=alias))


@pytest.mark.parametrize("tools", ["[]", "[Tool()]", "[type('Other', (Tool,), {})]", "(Tool,)"])
def test_tools_are_a_list_of_global_classes(pro: Pro, box: Box, tools: str) -> None:
    with pytest.raises(Refused):
        pro.add_toolbox(box.write(tools=tools))


def test_a_tool_needs_a_good_name_a_label_and_execute(pro: Pro, box: Box) -> None:
    for wrong in (
        box.write(tool="My_Tool", tools="[My_Tool]"),
        box.write(init="del self.label"),
        box.write(more="def execute(self, parameters): pass"),
    ):
        with pytest.raises(Refused):
            pro.add_toolbox(wrong)


def test_only_documented_names_of_arcpy_exist(pro: Pro) -> None:
    for name in ("Describe", "mp", "AddMesage", "SetProgresor", "da"):
        with pytest.raises(AttributeError):
            getattr(pro.arcpy, name)
    with pytest.raises(AttributeError):
        pro.arcpy.env.overwriteOutput  # noqa: B018
    with pytest.raises(RefusedAttribute):
        pro.arcpy.env.autoCanceling = False


def test_the_session_is_over_at_its_end() -> None:
    with Pro():
        assert "arcpy" in sys.modules
        with pytest.raises(RuntimeError, match="imported already"), Pro():
            pass
    assert "arcpy" not in sys.modules


# Calls and results


def test_arguments_by_position_keyword_and_default(pro: Pro, box: Box) -> None:
    pro.arcpy.ImportToolbox(box.write(execute="parameters[2].value = str(parameters[1].value)"))
    call = pro.arcpy.box.Tool
    assert [call("a", kept)[0] for kept in (None, "", "#")] == ["-1"] * 3
    assert (call("a", 2)[0], call(number="3", text="a")[0], call("a")[0]) == ("2", "3", "-1")
    assert pro.arcpy.Tool_box("a").getOutput(0) == "-1"
    assert pro.arcpy.box.__all__ == ["Tool"]


@pytest.mark.parametrize(("arguments", "keywords"), [(("a", 1, "x"), {}), (("a",), {"text": "b"}), ((), {"out": "x"})])
def test_wrong_arguments_are_type_errors(
    pro: Pro, box: Box, arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    pro.add_toolbox(box.write())
    with pytest.raises(TypeError, match=r"Tool\(\)"):
        pro.call("Tool", *arguments, **keywords)


def test_a_result_has_the_documented_members(pro: Pro, box: Box) -> None:
    speak = "messages.addMessage('one'); messages.addWarningMessage('two'); parameters[2].value = 'url'"
    pro.add_toolbox(box.write(execute=speak))
    result = pro.call("Tool", "a", 2)
    assert (result.status, result.maxSeverity, result.resultID) == (4, 1, "")
    assert (result.messageCount, result.inputCount, result.outputCount) == (2, 2, 1)
    assert (result[0], result.getOutput(0), str(result), result.getInput(1)) == ("url", "url", "url", "2")
    assert (result.getMessages(), result.getMessages(1), result.getMessages(2)) == ("one\ntwo", "two", "")
    assert (result.getMessage(1), result.getSeverity(1)) == ("two", 1)
    assert result.getAllMessages() == [[0, 0, "one"], [50, 0, "two"]]
    assert (pro.arcpy.GetMessages(1), pro.arcpy.GetMaxSeverity(), pro.arcpy.GetMessageCount()) == ("two", 1, 2)
    assert (pro.arcpy.GetMessage(0), pro.arcpy.GetSeverity(1)) == ("one", 1)
    with pytest.raises(AttributeError):
        result.output  # type: ignore[attr-defined] # noqa: B018


def test_an_error_message_fails_the_tool_without_a_traceback(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write(execute="messages.addErrorMessage('no'); return"))
    with pytest.raises(ExecuteError) as caught:
        pro.call("Tool", "a")
    assert str(caught.value) == "no\nFailed to execute (Tool)."
    assert not pro.outcome.traceback_shown
    assert pro.arcpy.GetMessages(2) == str(caught.value)


@pytest.mark.parametrize("leave", ["raise ValueError('x')", "raise arcpy.ExecuteError", "raise SystemExit(1)"])
def test_an_exception_fails_the_tool_and_shows_a_traceback(pro: Pro, box: Box, leave: str) -> None:
    pro.add_toolbox(box.write(execute=leave))
    with pytest.raises(ExecuteError, match="<string>"):
        pro.call("Tool", "a")
    assert pro.outcome.traceback_shown


def test_a_tool_that_is_not_licensed_does_not_run(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write(more="def isLicensed(self): return False"))
    assert not pro.open_in_pane("Tool").licensed
    with pytest.raises(ExecuteError, match="000824"):
        pro.call("Tool", "a")
    assert "execute" not in pro.calls


def test_parameters_by_the_path_of_the_tool(pro: Pro, box: Box) -> None:
    parameters = pro.arcpy.GetParameterInfo(box.write() / "Tool")
    assert [parameter.name for parameter in parameters] == ["text", "number", "out"]


# Messages, progress, cancelling, sign-in


def test_messages_are_text(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write(execute="messages.addMessage(7)"))
    with pytest.raises(Refused):
        pro.call("Tool", "a")


def test_progress_is_recorded(pro: Pro, box: Box) -> None:
    execute = """
    arcpy.SetProgressor("step", "go", 0, 10, 1)
    arcpy.SetProgressorLabel("going")
    arcpy.SetProgressorPosition(10)
    arcpy.ResetProgressor()
    """
    pro.add_toolbox(box.write(execute=execute))
    pro.call("Tool", "a")
    assert pro.outcome.progress == [
        ("progressor", "step", "go", 0, 10, 1),
        ("label", "going"),
        ("position", 10),
        ("reset",),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        "arcpy.SetProgressor('steps', 'x')",
        "arcpy.SetProgressor('step', 'x', 10, 0)",
        "arcpy.SetProgressor('step', 'x', 0, 1.5)",
        "arcpy.SetProgressor('default', None)",
        "arcpy.SetProgressorLabel('x')",
        "arcpy.SetProgressorPosition(1)",
        "arcpy.SetProgressor('default', 'x'); arcpy.SetProgressorPosition(1)",
        "arcpy.SetProgressor('step', 'x', 0, 10); arcpy.SetProgressorPosition(11)",
        "arcpy.SetProgressor('step', 'x', 0, 10); arcpy.SetProgressorPosition(-1)",
        "arcpy.SetProgressor('step', 'x', 0, 10); arcpy.SetProgressorPosition(1.5)",
        "arcpy.SetProgressor('step', 'x', 0, 10); arcpy.SetProgressorPosition()",
        "arcpy.SetProgressor('step', 'x'); arcpy.ResetProgressor(); arcpy.SetProgressorPosition(1)",
    ],
)
def test_wrong_progress_is_refused(pro: Pro, box: Box, wrong: str) -> None:
    pro.add_toolbox(box.write(execute=wrong))
    with pytest.raises(Refused):
        pro.call("Tool", "a")


def test_a_cancel_ends_a_tool_that_leaves_autocancelling_on(box: Box) -> None:
    said = "messages.addMessage('never'); messages.addMessage('said')"
    with Pro(cancel_when=lambda session: session.outcome.messages != []) as pro:
        pro.add_toolbox(box.write(execute=said))
        with pytest.raises(ExecuteError, match="aborted by User"):
            pro.call("Tool", "a")
        assert pro.outcome.aborted
        assert pro.outcome.texts(0) == ["never"]


def test_a_cancel_is_left_to_a_tool_that_turns_autocancelling_off(box: Box) -> None:
    poll = """
    arcpy.env.autoCancelling = False
    while not arcpy.env.isCancelled:
        pass
    messages.addErrorMessage("stopped")
    """
    with Pro(cancel_when=lambda session: session.polls >= 3) as pro:
        pro.add_toolbox(box.write(execute=poll))
        with pytest.raises(ExecuteError, match="stopped"):
            pro.call("Tool", "a")
        assert (pro.session.polls, pro.outcome.aborted) == (3, False)


def test_arcpy_belongs_to_the_thread_of_execute(pro: Pro, box: Box) -> None:
    execute = """
    import threading
    def talk():
        try:
            arcpy.AddMessage("from elsewhere")
        except AssertionError:
            pass
    thread = threading.Thread(target=talk); thread.start(); thread.join()
    """
    pro.add_toolbox(box.write(execute=execute))
    with pytest.raises(Refused, match="another thread"):
        pro.call("Tool", "a")


def test_environment_refuses_nonsense(pro: Pro, box: Box) -> None:
    for wrong in ("arcpy.env.isCancelled = True", "arcpy.env.autoCancelling = 0", "arcpy.env.workspace = 'c:/data'"):
        pro.add_toolbox(box.write(execute=wrong))
        with pytest.raises(Refused):
            pro.call("Tool", "a")
    pro.arcpy.env.workspace = "C:/data"
    assert pro.arcpy.env.workspace == "C:/data"


def test_sign_in_is_what_the_session_has(box: Box) -> None:
    token = {"token": "t", "referer": "r", "expires": 1, "messages": []}
    ask = "self.seen = (arcpy.GetSigninToken(), arcpy.GetActivePortalURL())"
    for given, url in ((None, ""), (token, "https://p/portal"), (token, "https://p/portal/")):
        with Pro(signin_token=given, portal_url=url) as pro:
            pro.add_toolbox(box.write(execute=ask))
            pro.call("Tool", "a")
            assert pro.instances[-1].seen == (given, url)


def test_a_tool_never_changes_the_active_portal(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write(execute="arcpy.SignInToPortal('https://p/portal')"))
    with pytest.raises(Refused):
        pro.call("Tool", "a")
