"""Validation: what the texts alone tell."""

from __future__ import annotations

from typing import Any

import pytest
from arcpy_standin import MapLayer, Pro
from hypothesis import given, settings
from hypothesis import strategies as st
from support.toolbox import (
    INSTANCES,
    NAMED,
    NOT_NAMED,
    SERVICE,
    TOOL,
    TOOLBOX,
)


@pytest.mark.parametrize("text", NAMED)
def test_a_named_service_gets_the_warning_that_deletion_is_final(pro: Pro, text: str) -> None:
    pane = pro.open_in_pane(TOOL)
    pane.edit(SERVICE, text)
    assert pane[SERVICE].hasWarning()
    assert "cannot be undone" in pane[SERVICE].message
    assert pane[SERVICE].message.count(text.strip('"').partition("/server")[0].partition("?")[0][:12]) == 1


@pytest.mark.parametrize("text", NOT_NAMED)
def test_a_wrong_text_gets_an_error_that_says_what_to_give(pro: Pro, text: str) -> None:
    pane = pro.open_in_pane(TOOL)
    pane.edit(SERVICE, text)
    assert pane[SERVICE].hasError()
    assert pane[SERVICE].message.startswith("CT101: ")
    assert "secret" not in pane[SERVICE].message


def test_messages_are_put_again_on_every_round(pro: Pro) -> None:
    pane = pro.open_in_pane(TOOL)
    pane.edit(SERVICE, NAMED[0])
    pane.edit(INSTANCES, 2)
    for other in (3, 4):
        pane.edit(INSTANCES, other)
        assert "cannot be undone" in pane[SERVICE].message
        assert f"{other} is ignored" in pane[INSTANCES].message
    pane.edit(SERVICE, NAMED[1])
    assert "4 is ignored" in pane[INSTANCES].message
    pane.edit(INSTANCES, -1)
    assert pane[INSTANCES].message == ""


def test_a_query_never_shows(pro: Pro) -> None:
    pane = pro.open_in_pane(TOOL)
    for text in (f"{NAMED[0]}?token=secret", f"{NOT_NAMED[7]}?token=secret#secret"):
        pane.edit(SERVICE, text)
        assert pane[SERVICE].message
        assert "secret" not in pane[SERVICE].message


@pytest.mark.parametrize("number", [0, 1, 2, "2", -2, 2.0])
def test_any_number_but_minus_one_warns_and_is_no_error(pro: Pro, number: Any) -> None:
    pane = pro.open_in_pane(TOOL)
    pane.edit(INSTANCES, number)
    assert pane[INSTANCES].hasWarning()
    assert "-1" in pane[INSTANCES].message
    assert pane[INSTANCES].enabled


@pytest.mark.parametrize("number", [-1, "-1", -1.0, None, ""])
def test_minus_one_and_nothing_do_not_warn(pro: Pro, number: Any) -> None:
    pane = pro.open_in_pane(TOOL)
    pane.edit(INSTANCES, number)
    assert pane[INSTANCES].message == ""


def test_what_pro_has_found_wrong_stays(pro: Pro) -> None:
    pane = pro.open_in_pane(TOOL)
    assert pane[SERVICE].message == "ERROR 000735: Input Service: Value is required"
    pane.edit(INSTANCES, "many")
    assert pane[INSTANCES].message == "ERROR 000840: The value is not a Long"


def test_a_service_that_pro_is_not_signed_in_to_passes_its_validation() -> None:
    with Pro(exists=lambda kind, text: False) as pro:
        pro.add_toolbox(TOOLBOX)
        pane = pro.open_in_pane(TOOL)
        pane.edit(SERVICE, NAMED[0])
        assert "cannot be undone" in pane[SERVICE].message


@pytest.mark.parametrize("text", ["%Service%", "https://h/server/rest/services/%Folder%/Rainfall/MapServer", "%Cafe%"])
def test_a_models_variable_is_let_through(pro: Pro, text: str) -> None:
    assert pro.model_validate(TOOL, {SERVICE: text})[SERVICE].message == ""


@pytest.mark.parametrize("placeholder", [None, "", "Output Value", NOT_NAMED[0]])
def test_another_tools_output_is_let_through(pro: Pro, placeholder: Any) -> None:
    parameters = pro.model_validate(TOOL, derived={SERVICE: placeholder, INSTANCES: None})
    assert [p.message for p in parameters.values()] == ["", "", ""]


def test_a_models_plain_text_is_validated(pro: Pro) -> None:
    assert pro.model_validate(TOOL, {SERVICE: NAMED[0]})[SERVICE].hasWarning()
    assert pro.model_validate(TOOL, {SERVICE: NOT_NAMED[0]})[SERVICE].hasError()


ODD_TEXTS = st.one_of(
    st.text(),
    st.text("https://h/rest/services/MapServer.%?#;\\\"'()ags lyrx\x00\n\ud800İ"),
    st.sampled_from(NAMED + NOT_NAMED).flatmap(lambda text: st.tuples(st.just(text), st.text(max_size=8)).map("".join)),
)
ODD_OBJECTS = st.one_of(
    ODD_TEXTS,
    st.integers(),
    st.floats(),
    st.booleans(),
    st.binary(),
    st.lists(st.text()),
    st.dictionaries(st.text(), st.integers()),
    st.builds(MapLayer, st.text()),
    st.builds(object),
)


def test_validation_never_raises() -> None:
    with Pro() as pro:
        pro.add_toolbox(TOOLBOX)
        pane = pro.open_in_pane(TOOL)

        @settings(max_examples=150)
        @given(service=ODD_OBJECTS, instances=ODD_OBJECTS)
        def any_values(service: Any, instances: Any) -> None:
            pane.edit(INSTANCES, instances)
            pane.edit(SERVICE, service)
            assert "CT999" not in pane[SERVICE].message
            pro.model_validate(TOOL, {SERVICE: service, INSTANCES: instances})
            pro.model_validate(TOOL, derived={SERVICE: service, INSTANCES: instances})

        any_values()


def test_a_fault_in_validation_is_a_warning_without_details(pro: Pro) -> None:
    class Broken:
        said = ""

        def __init__(self, name: str) -> None:
            self.name = name

        @property
        def valueAsText(self) -> str:
            raise RuntimeError("secret")

        def setWarningMessage(self, text: str) -> None:
            self.said = text

    parameters = [Broken(SERVICE), Broken(INSTANCES)]
    pro.add_toolbox(TOOLBOX).tools[0]().updateMessages(parameters)
    assert parameters[0].said.startswith("CT999: ")
    assert "RuntimeError in " in parameters[0].said
    assert "secret" not in parameters[0].said
