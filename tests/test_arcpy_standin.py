"""The stand-in for arcpy refuses what ArcGIS Pro refuses and keeps to the documented order; each refusal is shown."""

from __future__ import annotations

import socket
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import pytest
from arcpy_standin import (
    ExecuteError,
    Extent,
    MapLayer,
    NotModelled,
    Parameter,
    Pro,
    Refused,
    RefusedAttribute,
    SpatialReference,
    TalkedTooEarly,
)
from arcpy_standin.parameter import CREATION_ONLY

PARAMETERS = """
    p = arcpy.Parameter(name="text", displayName="Text", datatype="GPString")
    q = arcpy.Parameter(name="number", displayName="Number", datatype="GPLong", parameterType="Optional")
    q.value = -1
    r = arcpy.Parameter(name="out", displayName="Out", direction="Output", parameterType="Derived")
    return [p, q, r]
"""


class Box:
    """Writes small toolboxes: `alias` and the bodies of Tool's methods are given, the rest is right."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(
        self,
        *,
        alias: str = "box",
        tools: str = "[Tool]",
        tool: str = "Tool",
        init: str = "pass",
        parameters: str = PARAMETERS,
        updates: str = "pass",
        messages: str = "pass",
        execute: str = "pass",
        more: str = "",
    ) -> Path:
        def body(text: str) -> str:
            return textwrap.indent(textwrap.dedent(text).strip() or "pass", " " * 8)

        text = (
            "import arcpy\n"
            f"class Toolbox:\n    def __init__(self):\n        self.label = 'Box'; self.alias = {alias!r}\n"
            f"        self.tools = {tools}\n"
            f"class {tool}:\n    def __init__(self):\n        self.label = 'Tool'\n{body(init)}\n"
            f"    def getParameterInfo(self):\n{body(parameters)}\n"
            f"    def updateParameters(self, parameters):\n{body(updates)}\n"
            f"    def updateMessages(self, parameters):\n{body(messages)}\n"
            f"    def execute(self, parameters, messages):\n{body(execute)}\n"
            f"{textwrap.indent(textwrap.dedent(more), ' ' * 4)}\n"
        )
        path = self.folder / "Box.pyt"
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


@pytest.fixture
def pro():
    with Pro() as session:
        yield session


# Parameter: the constructor and its attributes


def test_constructor_takes_the_nine_documented_keywords_in_their_order() -> None:
    given = ("n", "N", "Output", "GPLong", "Derived", False, "c", "s.lyrx", True)
    parameter = Parameter(*given)
    names = ("name", "displayName", "direction", "datatype", "parameterType", "enabled", "category", "symbology")
    assert tuple(getattr(parameter, name) for name in (*names, "multiValue")) == given


@pytest.mark.parametrize("keyword", ["value", "filter", "default", "columns", "parameterDependencies", "controlCLSID"])
def test_no_other_keyword_is_taken(keyword: str) -> None:
    with pytest.raises(TypeError):
        Parameter(name="n", **{keyword: None})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"datatype": "GPstring"},
        {"datatype": "String"},
        {"datatype": []},
        {"datatype": ["GPString", "Map Server"]},
        {"direction": "In"},
        {"parameterType": "required"},
        {"enabled": 1},
    ],
)
def test_values_outside_the_documented_sets_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        Parameter(name="n", displayName="N", **wrong)


@pytest.mark.parametrize(
    "parameters",
    [
        'return [arcpy.Parameter("n", "N", "Input", "GPString", "Derived")]',
        'return [arcpy.Parameter("n", "N"), arcpy.Parameter("n", "M")]',
        'return [arcpy.Parameter("n", "N", parameterType="Optional"), arcpy.Parameter("m", "M")]',
        'return [arcpy.Parameter("n n", "N")]',
        'return [arcpy.Parameter("n")]',
        'return (arcpy.Parameter("n", "N"),)',
        'return ["n"]',
    ],
)
def test_a_wrong_parameter_table_is_refused(pro: Pro, box: Box, parameters: str) -> None:
    pro.add_toolbox(box.write(parameters=parameters))
    with pytest.raises(Refused):
        pro.describe("Tool")


@pytest.mark.parametrize("attribute", CREATION_ONLY)
@pytest.mark.parametrize("method", ["updates", "messages", "execute"])
def test_creation_only_attributes_refuse_writes_later(pro: Pro, box: Box, attribute: str, method: str) -> None:
    write = f"parameters[0].{attribute} = parameters[0].{attribute}"
    pro.add_toolbox(box.write(**{method: write}))
    with pytest.raises(RefusedAttribute):
        pro.call("Tool", "a")


@pytest.mark.parametrize("attribute", ["altered", "hasBeenValidated", "valueAsText", "message", "filter", "isHidden"])
def test_read_only_and_unknown_attributes_refuse_writes(pro: Pro, box: Box, attribute: str) -> None:
    pro.add_toolbox(box.write(messages=f"parameters[0].{attribute} = True"))
    with pytest.raises(RefusedAttribute):
        pro.open_in_pane("Tool")


@pytest.mark.parametrize("typo", ["p.setErrorMesage('x')", "p.severity", "p.enable", "p.setParameterTip('x')"])
def test_unknown_attributes_raise(pro: Pro, box: Box, typo: str) -> None:
    pro.add_toolbox(box.write(messages=f"p = parameters[0]; {typo}"))
    with pytest.raises(AttributeError):
        pro.open_in_pane("Tool")


@pytest.mark.parametrize("attribute", ["values", "columns", "charts", "schema", "filters"])
def test_what_is_not_modelled_says_so(attribute: str) -> None:
    with pytest.raises(NotModelled):
        getattr(Parameter("n", "N"), attribute)


def test_a_refusal_that_the_tool_swallows_comes_out_all_the_same(pro: Pro, box: Box) -> None:
    swallow = """
    try:
        parameters[0].displayName = "M"
    except Exception:
        pass
    """
    pro.add_toolbox(box.write(messages=swallow))
    with pytest.raises(RefusedAttribute):
        pro.open_in_pane("Tool")


def test_enabled_and_value_may_be_written_in_validation(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write(updates="parameters[1].enabled = False; parameters[1].value = 7"))
    pane = pro.open_in_pane("Tool")
    assert (pane["number"].enabled, pane["number"].value) == (False, 7)
    with pytest.raises(ValueError, match="isn't shown"):
        pane.edit("number", 3)


@pytest.mark.parametrize(("given", "value", "text"), [("2", 2, "2"), (2, 2, "2"), (2.0, 2, "2"), ("-1", -1, "-1")])
def test_a_long_is_read_from_what_users_and_scripts_give(given, value, text) -> None:
    parameter = Parameter("n", "N", datatype="GPLong")
    parameter.value = given  # type: ignore[misc] # __setattr__ takes it
    assert (parameter.value, parameter.valueAsText) == (value, text)


@pytest.mark.parametrize("given", ["two", 2.5, "2.5", True, 2**31, float("nan"), float("inf"), object()])
def test_no_long_is_made_of_anything_else(pro: Pro, box: Box, given) -> None:
    pro.add_toolbox(box.write())
    with pytest.raises(ExecuteError, match="ERROR 000840"):
        pro.call("Tool", "a", given)


def test_values_of_other_types() -> None:
    text, service, layer = (Parameter("n", "N", datatype=kind) for kind in ("GPString", "DEMapServer", "DEMapServer"))
    text.value, service.value, layer.value = "", "s", MapLayer("World")  # type: ignore[misc]
    assert (text.value, text.valueAsText) == (None, None)
    assert (str(service.value), service.valueAsText, isinstance(service.value, str)) == ("s", "s", False)
    assert (layer.value.name, layer.valueAsText, layer.value.supports("DATASOURCE")) == ("World", "World", False)
    with pytest.raises(AttributeError):
        service.value.name  # noqa: B018
    with pytest.raises(RuntimeError, match="not supported"):
        layer.value.dataSource  # noqa: B018
    unknown = Parameter("n", "N", datatype="GPDate")
    unknown.value = "1"  # type: ignore[misc]
    with pytest.raises(NotModelled):
        unknown.value  # noqa: B018


def test_filters() -> None:
    number = Parameter("n", "N", datatype="GPLong")
    number.filter.type = "Range"
    number.filter.list = [1, 5]
    assert (number.filter.type, number.filter.list) == ("Range", [1, 5])
    with pytest.raises(Refused):
        number.filter.list = [5, 1]
    with pytest.raises(Refused):
        number.filter.type = "File"
    with pytest.raises(RefusedAttribute):
        number.filter.lists = [1]
    with pytest.raises(Refused):
        Parameter("n", "N", datatype="DEMapServer").filter.list = ["a"]
    with pytest.raises(NotModelled):
        Parameter("n", "N", datatype=["GPLong", "GPString"]).filter  # noqa: B018


# The data types of the other tools


@pytest.mark.parametrize(
    ("given", "value", "text"),
    [("2.5", 2.5, "2.5"), (4000, 4000.0, "4000"), (591657527.591555, 591657527.591555, "591657527.591555")],
)
def test_a_double(given, value, text) -> None:
    parameter = Parameter("n", "N", datatype="GPDouble")
    parameter.value = given  # type: ignore[misc] # __setattr__ takes it
    assert (parameter.value, parameter.valueAsText) == (value, text)


DOUBLES = 'return [arcpy.Parameter("text", "Text", "Input", "GPDouble", multiValue=True)]'


@pytest.mark.parametrize(
    ("given", "values", "text"),
    [([4000.0, 8000], [4000.0, 8000.0], "4000;8000"), ("4000;2.5", [4000.0, 2.5], "4000;2.5"), (7, [7.0], "7")],
)
def test_several_doubles(pro: Pro, box: Box, given, values, text) -> None:
    pro.add_toolbox(box.write(parameters=DOUBLES))
    pane = pro.open_in_pane("Tool")
    pane.edit("text", given)
    assert (pane["text"].values, pane["text"].valueAsText, pane["text"].message) == (values, text, "")
    with pytest.raises(NotModelled):
        pane["text"].value  # noqa: B018


@pytest.mark.parametrize("empty", [None, "", [], ()])
def test_no_values(pro: Pro, box: Box, empty) -> None:
    pro.add_toolbox(box.write(parameters=DOUBLES))
    pane = pro.open_in_pane("Tool")
    pane.edit("text", empty)
    assert (pane["text"].values, pane["text"].valueAsText) == (None, None)
    assert "000735" in pane["text"].message


@pytest.mark.parametrize("given", ["a", "4000;a", [4000.0, None], True, [float("nan")], "4000;;8000", "%Scales%"])
def test_what_is_no_list_of_doubles(pro: Pro, box: Box, given) -> None:
    pro.add_toolbox(box.write(parameters=DOUBLES))
    with pytest.raises(ExecuteError, match="ERROR 000840: The value is not a Double"):
        pro.call("Tool", given)


def test_several_texts_with_spaces_are_quoted() -> None:
    parameter = Parameter("n", "N", datatype="GPString", multiValue=True)
    parameter.value = ["a b", "c"]  # type: ignore[misc]
    assert (parameter.values, parameter.valueAsText) == (["a b", "c"], "'a b';c")


@pytest.mark.parametrize(("given", "value", "text"), [(True, True, "true"), ("False", False, "false")])
def test_a_boolean(given, value, text) -> None:
    parameter = Parameter("n", "N", datatype="GPBoolean")
    parameter.value = given  # type: ignore[misc]
    assert (parameter.value, parameter.valueAsText) == (value, text)


def test_an_extent() -> None:
    parameter = Parameter("n", "N", datatype="GPExtent")
    parameter.value = Extent(1, 2.5, 3, 4, spatial_reference=SpatialReference(3857))  # type: ignore[misc]
    box = parameter.value
    assert (box.XMin, box.YMin, box.XMax, box.YMax, box.spatialReference.factoryCode) == (1, 2.5, 3, 4, 3857)
    parameter.value = "1 2.5 3 4"  # type: ignore[misc]
    assert (parameter.value, parameter.value.spatialReference) == (Extent(1, 2.5, 3, 4), None)
    parameter.value = "DEFAULT"  # type: ignore[misc]
    assert parameter.valueAsText == "DEFAULT"
    with pytest.raises(NotModelled):
        parameter.value  # noqa: B018
    with pytest.raises(RefusedAttribute):
        box.XMin = 0
    with pytest.raises(AttributeError):
        box.width  # noqa: B018
    with pytest.raises(Refused):
        Extent("1", 2, 3, 4)  # type: ignore[arg-type]
    with pytest.raises(NotModelled):
        Extent(1, 2, 3, 4, 5)


@pytest.mark.parametrize("given", ["here", "1 2 3", "1 2 3 four", 7])
def test_what_is_no_extent(pro: Pro, box: Box, given) -> None:
    pro.add_toolbox(box.write(parameters='return [arcpy.Parameter("text", "Text", "Input", "GPExtent")]'))
    with pytest.raises(ExecuteError, match="ERROR 000840: The value is not a Extent"):
        pro.call("Tool", given)


def test_a_file_to_read_must_exist_and_one_to_write_need_not(box: Box) -> None:
    parameters = """
    return [arcpy.Parameter("text", "Text", datatype="DEFile"),
            arcpy.Parameter("folder", "Folder", datatype="DEFolder"),
            arcpy.Parameter("file", "File", "Output", "DEFile")]
    """
    with Pro(exists=lambda kind, text: False) as pro:
        pro.add_toolbox(box.write(parameters=parameters))
        with pytest.raises(ExecuteError) as caught:
            pro.call("Tool", "a.pem", "share", "out.html")
        said = str(caught.value)
        assert "000732: Text: Dataset a.pem" in said
        assert "000732: Folder: Dataset share" in said
        assert "out.html" not in said


def test_a_file_filter_is_for_the_dialog(pro: Pro, box: Box) -> None:
    parameters = 'p = arcpy.Parameter("text", "T", "Output", "DEFile"); p.filter.list = ["html"]; return [p]'
    pro.add_toolbox(box.write(parameters=parameters))
    assert pro.call("Tool", "out.txt").status == 4


def test_a_hidden_text_reaches_the_tool_and_nothing_else(pro: Pro, box: Box) -> None:
    parameters = 'return [arcpy.Parameter("text", "Text", "Input", "GPStringHidden")]'
    pro.add_toolbox(box.write(parameters=parameters, execute="self.seen = parameters[0].valueAsText"))
    result = pro.call("Tool", "hunter2")
    assert pro.instances[-1].seen == "hunter2"
    assert (result.getInput(0), pro.outcome.inputs) == ("******", ["******"])


def test_each_message_replaces_the_one_before() -> None:
    parameter = Parameter("n", "N")
    parameter.setErrorMessage("no")
    assert (parameter.hasError(), parameter.hasWarning(), parameter.message) == (True, False, "no")
    parameter.setIDMessage("Warning", 735, "N")
    assert (parameter.hasError(), parameter.hasWarning()) == (False, True)
    assert parameter.message == "WARNING 000735: N: Value is required"
    parameter.clearMessage()
    assert (parameter.hasError(), parameter.hasWarning(), parameter.message) == (False, False, "")
    with pytest.raises(NotModelled):
        parameter.setIDMessage("ERROR", 999999)
    with pytest.raises(Refused):
        parameter.setWarningMessage(None)  # type: ignore[arg-type]


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


# The documented order


ROUND = ["updateParameters", "internal validation", "updateMessages"]


def test_pane_order(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write(more="def isLicensed(self): return True\ndef postExecute(self, parameters): pass"))
    pane = pro.open_in_pane("Tool")
    assert pro.calls == ["getParameterInfo", "isLicensed", *ROUND]
    pro.calls.clear()
    pane.edit("text", "a")
    assert pro.calls == ROUND
    pro.calls.clear()
    assert pane.run().succeeded
    assert pro.calls == ["isLicensed", *ROUND, "execute", "postExecute"]


def test_a_script_call_validates_before_it_executes(pro: Pro, box: Box) -> None:
    flags = "self.seen = [(p.altered, p.hasBeenValidated) for p in parameters]"
    pro.add_toolbox(box.write(updates=flags, messages=flags, execute=flags))
    pro.instances.clear()
    pro.call("Tool", "a")
    assert pro.calls == ["getParameterInfo", *ROUND, "execute"]
    seen = [instance.seen for instance in pro.instances if hasattr(instance, "seen")]
    assert seen == [[(True, False)] * 3, [(True, True)] * 3, [(True, True)] * 3]


def test_every_call_has_its_own_instance_and_parameter_objects(pro: Pro, box: Box) -> None:
    keep = "assert not hasattr(self, 'kept'); self.kept = parameters"
    pro.add_toolbox(box.write(updates=keep, messages=keep, execute=keep))
    pro.instances.clear()
    pro.call("Tool", "a")
    kept = [parameter for tool in pro.instances if hasattr(tool, "kept") for parameter in tool.kept]
    assert len(kept) == 9
    assert len({id(parameter) for parameter in kept}) == 9


def test_altered_lasts_until_the_value_is_emptied(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write())
    pane = pro.open_in_pane("Tool")
    assert not pane["text"].altered
    pane.edit("text", "a")
    assert pane["text"].altered
    pane.edit("text", "")
    assert not pane["text"].altered


def test_messages_are_gone_each_round_unless_set_again(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write(messages="if not parameters[0].hasBeenValidated or parameters[0].value == 'a':\n"
                                       "    parameters[0].setWarningMessage('hm')"))  # fmt: skip
    pane = pro.open_in_pane("Tool")
    pane.edit("text", "a")
    assert pane["text"].message == "hm"
    pane.edit("text", "b")
    assert pane["text"].message == ""


def test_an_error_that_nobody_can_see_fails_the_test(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write(messages="parameters[1].enabled = False; parameters[1].setErrorMessage('x')"))
    with pytest.raises(Refused, match="can't be seen"):
        pro.open_in_pane("Tool")


def test_an_exception_in_validation_comes_out(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write(messages="{}['missing']"))
    with pytest.raises(KeyError):
        pro.open_in_pane("Tool")


# Pro's own validation


def test_required_values(pro: Pro, box: Box) -> None:
    pro.add_toolbox(box.write())
    pane = pro.open_in_pane("Tool")
    assert pane["text"].message == "ERROR 000735: Text: Value is required"
    outcome = pane.run()
    assert (outcome.executed, outcome.succeeded) == (False, False)
    assert outcome.texts(2)[0] == "Failed to execute. Parameters are not valid."


def test_filter_membership_is_000800(pro: Pro, box: Box) -> None:
    only = PARAMETERS.replace("q.value = -1", "q.value = -1; q.filter.list = [-1]")
    pro.add_toolbox(box.write(parameters=only))
    with pytest.raises(ExecuteError, match="ERROR 000800"):
        pro.call("Tool", "a", 2)
    assert pro.call("Tool", "a").status == 4


def test_range_filters(pro: Pro, box: Box) -> None:
    ranged = PARAMETERS.replace("q.value = -1", "q.value = 2; q.filter.type = 'Range'; q.filter.list = [1, 3]")
    pro.add_toolbox(box.write(parameters=ranged))
    assert pro.call("Tool", "a", 3).status == 4
    with pytest.raises(NotModelled):
        pro.call("Tool", "a", 4)


@pytest.mark.parametrize(("datatype", "valid"), [(["DEMapServer"], False), (["DEMapServer", "GPString"], True)])
def test_existence_is_pluggable_and_string_is_the_safety_valve(box: Box, datatype: list[str], valid: bool) -> None:
    parameters = f"return [arcpy.Parameter('service', 'Service', datatype={datatype})]"
    with Pro(exists=lambda kind, text: False) as pro:
        pro.add_toolbox(box.write(parameters=parameters))
        pane = pro.open_in_pane("Tool")
        pane.edit("service", "https://h/server/rest/services/R/MapServer")
        assert pane["service"].hasError() is not valid
        assert ("000732" in pane["service"].message) is not valid


def test_model_validation(pro: Pro, box: Box) -> None:
    mark = "[p.setWarningMessage('derived') for p in parameters if p.isInputValueDerived()]"
    pro.add_toolbox(box.write(messages=mark))
    by_name = pro.model_validate("Tool", derived={"text": None})
    assert by_name["text"].message == "derived"
    assert pro.model_validate("Tool")["text"].message.startswith("ERROR 000735")
    assert pro.model_validate("Tool", {"text": "%Value%"})["text"].valueAsText == "%Value%"


def test_a_models_process_is_validated_twice_and_then_run(pro: Pro, box: Box) -> None:
    seen = "messages.addMessage(' '.join(str(p.isInputValueDerived()) for p in parameters))\n"
    give = "parameters[2].value = f'{parameters[0].valueAsText}, {parameters[1].value}'"
    pro.add_toolbox(box.write(execute=seen + give))
    outcome, outputs = pro.model_run("Tool", {"text": "%Site%/a"}, {"number": "7"}, {"Site": "https://h"})
    assert (outcome.texts(0), outputs) == (["False True False"], {"out": "https://h/a, 7"})
    assert pro.calls == ["getParameterInfo", *ROUND, "getParameterInfo", *ROUND, "execute"]


# Outside execute: text only


@pytest.mark.parametrize("method", ["init", "parameters", "updates", "messages"])
@pytest.mark.parametrize(
    "talk",
    [
        "import socket; socket.socket()",
        "import socket; socket.getaddrinfo('localhost', 1)",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', ''])",
        "open('/etc/hostname').close()",
    ],
)
def test_nothing_is_opened_outside_execute(pro: Pro, box: Box, method: str, talk: str) -> None:
    body = f"{talk}\n{textwrap.dedent(PARAMETERS)}" if method == "parameters" else talk
    with pytest.raises(TalkedTooEarly):
        pro.add_toolbox(box.write(**{method: body}))
        pro.open_in_pane("Tool")


def test_a_thread_and_a_swallowed_refusal_help_nobody(pro: Pro, box: Box) -> None:
    talk = """
    import socket, threading
    def talk():
        try:
            socket.socket()
        except Exception:
            pass
    thread = threading.Thread(target=talk); thread.start(); thread.join()
    """
    pro.add_toolbox(box.write(messages=talk))
    with pytest.raises(TalkedTooEarly):
        pro.open_in_pane("Tool")


def test_execute_may_talk_and_so_may_threads_that_were_there_before(pro: Pro, box: Box) -> None:
    asked, answered, done = threading.Event(), [], threading.Event()

    def bystander() -> None:
        asked.wait(30)
        socket.socket().close()
        answered.append(True)
        done.set()

    thread = threading.Thread(target=bystander)
    thread.start()
    sys.modules["bystander"] = type(sys)("bystander")
    vars(sys.modules["bystander"]).update(asked=asked, done=done)
    try:
        pro.add_toolbox(
            box.write(
                messages="import bystander; bystander.asked.set(); bystander.done.wait(30)",
                execute="import socket; socket.socket().close()",
            )
        )
        assert pro.call("Tool", "a").status == 4
    finally:
        asked.set()
        thread.join()
        del sys.modules["bystander"]
    assert answered == [True]


@pytest.mark.parametrize(
    "early",
    [
        "arcpy.GetSigninToken()",
        "arcpy.GetActivePortalURL()",
        "arcpy.AddMessage('x')",
        "arcpy.SetProgressor('default', 'x')",
        "arcpy.env.autoCancelling = False",
        "arcpy.env.workspace",
    ],
)
def test_what_belongs_to_execute_is_refused_in_validation(pro: Pro, box: Box, early: str) -> None:
    pro.add_toolbox(box.write(messages=early))
    with pytest.raises(Refused):
        pro.open_in_pane("Tool")


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
