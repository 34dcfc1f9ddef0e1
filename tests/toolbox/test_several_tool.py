"""Delete Map Server Caches in the pane, in a model and from a script."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from arcpy_standin import ExecuteError, Pro
from arcpy_standin.refusals import free_to_talk
from arcpy_standin.session import ToolMessages
from support.toolbox import MANY, NAMED, NOT_NAMED, TOOLBOX, Place, Start, assert_ended_cleanly

SERVICES = "input_services"
WITH_BLANKS = NAMED[6]
SOAP = "https://h/server/services;F/Rainfall.MapServer"


def both(place: Place) -> list[str]:
    return [service["url"] for service in place.server.services[:2]]


def in_pane(pro: Pro, given: Any) -> Any:
    pane = pro.open_in_pane(MANY)
    pane.edit(SERVICES, given)
    return pane[SERVICES]


def test_several_services_from_the_pane(pro: Pro, place: Place, tmp_path: Path) -> None:
    pane = pro.open_in_pane(MANY)
    pane.edit(SERVICES, both(place))
    pane.edit("receipt_folder", str(tmp_path))
    assert pane[SERVICES].message.startswith("Deleting the caches of 2 services cannot be undone")
    outcome = pane.run()
    assert outcome.texts(2) == []
    assert (place.tiles(), place.tiles("Weather/Wind"), place.server.submits) == (0, 0, 2)
    assert (pane["out_deleted"].value, pane["out_failed"].value) == (2, 0)
    summary = Path(pane["out_summary"].value)
    assert summary.parent == tmp_path
    told = json.loads(summary.with_suffix(".json").read_text(encoding="utf-8"))
    assert [receipt["service"] for receipt in told["receipts"]] == both(place)
    assert len(list(tmp_path.glob("*.html"))) == 3
    assert_ended_cleanly(pro)


class Deaf(ToolMessages):
    """Messages that take only errors."""

    def addMessage(self, message: str) -> None:
        raise RuntimeError(message)

    addWarningMessage = addMessage


def test_messages_that_fail_cost_the_words_alone(pro: Pro, place: Place) -> None:
    parameters = pro.describe(MANY)
    parameters[0].value = both(place)  # type: ignore[misc] # __setattr__ takes it
    instance = pro._fresh(MANY)
    with pro.session.during("executing"), free_to_talk():
        instance.execute(parameters, Deaf(pro.session))
    assert pro.outcome.texts(2) == []
    assert [one.value for one in parameters[2:4]] == [2, 0] and place.server.submits == 2


def test_one_bar_fills_with_the_services_that_are_done(pro: Pro, place: Place) -> None:
    pro.call(MANY, both(place))
    progress = pro.outcome.progress
    assert [step[1] for step in progress if step[0] == "position"] == [0, 50, 100]
    assert any(step[0] == "label" and "2 of 2" in step[1] for step in progress)


def test_where_one_fails_the_others_go_on_and_the_values_stand(pro: Pro, place: Place) -> None:
    missing = f"{place.server.site}/rest/services/Nowhere/MapServer"
    outcome, outputs = pro.model_run(MANY, {SERVICES: [missing, *both(place)]})
    error, end = outcome.texts(2)
    assert error.startswith("CT706: 1 of 3 services needs attention: 1 not-deleted, 2 deleted.")
    assert end == f"Failed to execute ({MANY})."
    assert (outputs["out_deleted"], outputs["out_failed"]) == ("2", "1")
    assert (outputs["out_summary"] or "") in error
    assert (place.tiles(), place.tiles("Weather/Wind"), place.server.submits) == (0, 0, 2)
    assert [text for text in outcome.texts(1) if missing in text or "Nowhere" in text]
    assert_ended_cleanly(pro)


def test_a_cancel_is_told_and_leaves_no_job(start: Start, rainfall: Path) -> None:
    place = start(caches={"Weather/Wind:ImageServer": rainfall}, job_seconds=15)
    executing = lambda session: any(job.status == "esriJobExecuting" for job in place.server.jobs)  # noqa: E731
    with Pro(cancel_when=executing) as pro:
        pro.add_toolbox(TOOLBOX)
        with pytest.raises(ExecuteError, match="CT706: 2 of 2 services need attention"):
            pro.call(MANY, both(place))
        assert {job.status for job in place.server.jobs} <= {"esriJobCancelled"}
        assert_ended_cleanly(pro)


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (NAMED, "9 services"),
        ([NAMED[0]], "1 service cannot"),
        ([NAMED[0], WITH_BLANKS], "2 services"),
        (f"{NAMED[0]};'{WITH_BLANKS}'", "2 services"),
        (f"{NAMED[2]};'{SOAP}'", "2 services"),
        (f"{NAMED[2]};{SOAP};{NAMED[8]}", "3 services"),
    ],
    ids=["all", "one", "list", "quoted", "quoted semicolon", "bare semicolon"],
)
def test_named_services_are_counted_in_the_warning(pro: Pro, given: Any, number: str) -> None:
    shown = in_pane(pro, given)
    assert shown.hasWarning()
    assert f" of {number}" in shown.message
    assert "cannot be undone" in shown.message


def test_a_service_that_is_named_twice_is_told(pro: Pro) -> None:
    shown = in_pane(pro, [NAMED[0], NAMED[2], NAMED[0].upper().replace("HTTPS", "https"), SOAP])
    assert shown.message == (
        "Deleting the caches of 2 services cannot be undone; each restarts afterwards."
        f" Named more than once, and done once: {NAMED[0]}."
    )


def test_each_wrong_text_is_told(pro: Pro) -> None:
    shown = in_pane(pro, [NAMED[0], NOT_NAMED[0], NOT_NAMED[6]])
    assert shown.hasError()
    assert shown.message.startswith("CT101: ")
    assert NOT_NAMED[0] in shown.message and "is a layer of a service" in shown.message
    with pytest.raises(ExecuteError, match="Parameters are not valid"):
        pro.call(MANY, [NAMED[0], NOT_NAMED[0]])
    assert "execute" not in pro.calls


@pytest.mark.parametrize("text", NOT_NAMED)
def test_a_wrong_text_among_several_shows_no_secret(pro: Pro, text: str) -> None:
    shown = in_pane(pro, [NAMED[0], text])
    assert "secret" not in shown.message


@pytest.mark.parametrize("given", ["%Services%", f"{NAMED[0]};%Other%", [NAMED[0], "%Other%"]])
def test_a_models_variable_is_let_through(pro: Pro, given: Any) -> None:
    assert pro.model_validate(MANY, {SERVICES: given})[SERVICES].message == ""


@pytest.mark.parametrize("placeholder", [None, "", "Output Value", NOT_NAMED[0]])
def test_another_tools_output_is_let_through(pro: Pro, placeholder: Any) -> None:
    parameters = pro.model_validate(MANY, derived={SERVICES: placeholder, "receipt_folder": None})
    assert [p.message for p in parameters.values()] == [""] * 5


def test_nothing_but_separators_names_no_service(pro: Pro) -> None:
    assert in_pane(pro, ";;").message.startswith("CT101: No service is named.")
