"""Parameters of the stand-in for arcpy take what ArcGIS Pro takes; each refusal is shown."""

from __future__ import annotations

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
)
from arcpy_standin.parameter import CREATION_ONLY
from support.small_toolbox import Box

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
