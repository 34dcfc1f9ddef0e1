"""Every tool as a process of a model: its texts from variables, its values from other tools."""

from __future__ import annotations

import keyring
from arcpy_standin import Outcome, Pro
from support.toolbox import REMOVE, REPORT, SERVICE, STORE, TILES, TOOL, MemoryKeyring, Place, assert_ended_cleanly


def assert_ended_well(pro: Pro, outcome: Outcome) -> None:
    assert outcome.texts(2) == []
    assert outcome.succeeded
    assert_ended_cleanly(pro)


def test_a_model_that_looks_deletes_some_and_then_all(pro: Pro, place: Place) -> None:
    variables = {"Service": place.url}
    outcome, found = pro.model_run(REPORT, {SERVICE: "%Service%"}, variables=variables)
    assert_ended_well(pro, outcome)
    assert found["out_deletable"] == "true"
    scales = (found["out_scales"] or "").split(";")

    outcome, deleted = pro.model_run(TILES, {SERVICE: "%Service%"}, {"scales": scales[-1]}, variables)
    assert_ended_well(pro, outcome)
    outcome, found = pro.model_run(REPORT, derived={SERVICE: deleted["out_job_url"]})
    assert (found["out_scales"] or "").split(";") == scales[:-1]

    outcome, deleted = pro.model_run(TOOL, derived={SERVICE: deleted["out_job_url"]})
    assert_ended_well(pro, outcome)
    assert (deleted, place.tiles()) == ({"out_job_url": place.url}, 0)


def test_a_wrong_value_of_another_tool_is_found_by_the_run(pro: Pro, place: Place) -> None:
    for derived in ({SERVICE: "World Imagery", "scales": "4000"}, {SERVICE: place.url, "scales": "0"}):
        outcome, outputs = pro.model_run(TILES, derived=derived)
        assert len(outcome.texts(2)) == 2
        assert outcome.texts(2)[0].startswith("CT10")
        assert outputs == {"out_job_url": None}
    assert place.server.submits == 0


def test_a_variable_that_nobody_filled_in(pro: Pro) -> None:
    outcome, _ = pro.model_run(TOOL, {SERVICE: "%Servise%"}, variables={"Service": "https://h"})
    assert outcome.texts(2)[0].startswith("CT101: ")
    assert outcome.executed


def test_a_sign_in_by_a_model(pro: Pro, place: Place) -> None:
    keyring.set_keyring(MemoryKeyring())
    given = {"site": "%Site%", "username": place.server.username, "password": place.server.password}
    outcome, stored = pro.model_run(STORE, given, variables={"Site": place.server.site})
    assert_ended_well(pro, outcome)
    assert place.server.password not in "".join(outcome.texts())
    outcome, removed = pro.model_run(REMOVE, derived={"site": stored["out_site"]})
    assert_ended_well(pro, outcome)
    assert removed == {"out_removed": "1"}
