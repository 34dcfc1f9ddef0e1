"""Parameter texts of ArcGIS Pro: several services in one text, a model's variable, what a reader finds."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachetools_core.errors import NotAService
from cachetools_core.naming.parameter_text import about_instances, read_extent, tried
from cachetools_core.naming.several import read_several, texts_in

A, B = "https://h/server/rest/services/A/MapServer", "https://h/server/rest/services/B/MapServer"


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("", ()),
        (" ; ;", ()),
        ("'';a", ("a",)),
        (f"{A};{B}", (A, B)),
        (f" {A} ; '{B}' ;", (A, B)),
        ("'C:/a b.ags/R.MapServer';c", ("C:/a b.ags/R.MapServer", "c")),
        ('"C:/a b.ags/R.MapServer";c', ("C:/a b.ags/R.MapServer", "c")),
        ("C:/a b.ags/R.MapServer;c", ("C:/a b.ags/R.MapServer", "c")),
        ("'C:/O'Neill maps.ags/R.MapServer';c", ("C:/O'Neill maps.ags/R.MapServer", "c")),
        (
            "C:/O'Neill.ags/R.MapServer;C:/d'Or.ags/R.MapServer",
            ("C:/O'Neill.ags/R.MapServer", "C:/d'Or.ags/R.MapServer"),
        ),
        ("'https://h/server/services;F/R.MapServer'", ("https://h/server/services;F/R.MapServer",)),
        ("https://h/server/services;F/R.MapServer;c", ("https://h/server/services;F/R.MapServer", "c")),
        (f"https://h/server/services;{A}", ("https://h/server/services", A)),
        ("'not closed;c", ("'not closed", "c")),
    ],
)
def test_the_values_in_a_text(text, texts):
    assert texts_in(text) == texts


@given(st.lists(st.text("ab /:\\%", min_size=1).map(str.strip).filter(bool), max_size=5))
def test_what_pro_joins_is_taken_apart_again(values):
    joined = ";".join(f"'{value}'" if " " in value else value for value in values)
    assert texts_in(joined) == tuple(values)


@given(st.text("ab ;'\" /\n"))
def test_no_text_raises_or_gives_an_empty_value(text):
    assert all(value == value.strip() != "" for value in texts_in(text))


def test_one_service_and_several_are_counted():
    assert read_several(A).warning == "Deleting the cache of 1 service cannot be undone; it restarts afterwards."
    assert read_several(f"{A};{B};{A.replace('https://h', 'https://H:443')}").twice == (A,)


def test_every_text_that_names_none_is_told():
    with pytest.raises(NotAService) as caught:
        read_several(f"Rainfall;{A};Wind")
    assert caught.value.what.count("\n") == 1
    assert "'Rainfall'" in caught.value.what and "'Wind'" in caught.value.what
    with pytest.raises(NotAService, match="No service is named"):
        read_several(";")


def test_a_models_variable_is_never_wrong():
    assert tried(read_several, f"{A};%Other%") == (None, "")
    assert tried(read_several, "Rainfall")[1].startswith("CT101: ")
    assert tried(read_several, A)[1] == ""


@pytest.mark.parametrize(("text", "warns"), [(None, False), ("", False), ("-1", False), ("2", True)])
def test_any_number_of_instances_but_minus_one_is_told(text, warns):
    assert bool(about_instances(text)) is warns


def an_extent(**fields: Any) -> Any:
    return SimpleNamespace(**{"XMin": 1.0, "YMin": 2.0, "XMax": 3.0, "YMax": 4.0, **fields})


def system(number: int, name: str, **more: str) -> Any:
    return SimpleNamespace(factoryCode=number, name=name, **more)


@pytest.mark.parametrize(
    ("value", "text", "corners", "known_as"),
    [
        (None, None, None, None),
        (an_extent(), "DEFAULT", None, None),
        (an_extent(), None, (1, 2, 3, 4), None),
        (an_extent(XMin="1"), "1 2 3 4", (1, 2, 3, 4), None),
        ("1 2 3 4", "1 2 3 4", (1, 2, 3, 4), None),
        (None, "1 2 3 4", (1, 2, 3, 4), None),
        ("1 2 3 4 NaN NaN NaN NaN", "1 2 3 4 NaN NaN NaN NaN", (1, 2, 3, 4), None),
        (an_extent(spatialReference=system(25832, "x")), "1 2 3 4", (1, 2, 3, 4), 25832),
        (an_extent(spatialReference=system(0, "Our grid", type="Projected")), "1 2 3 4", (1, 2, 3, 4), "Our grid"),
        (an_extent(spatialReference=system(0, "Unknown")), "1 2 3 4", (1, 2, 3, 4), None),
        (an_extent(spatialReference=system(0, "Unbekannt", type="Unknown")), "1 2 3 4", (1, 2, 3, 4), None),
    ],
)
def test_an_extent_is_its_corners_and_its_system(value: Any, text: Any, corners: Any, known_as: Any) -> None:
    assert read_extent(SimpleNamespace(value=value, valueAsText=text)) == (corners, known_as)


@pytest.mark.parametrize(
    "value", ["MINOF", "Rainfall", "1 2 3 4 5", "1 2 3 4 PROJCS[x] NaN", an_extent(XMax=None), object()]
)
def test_what_is_no_extent_has_no_corners_that_could_be_taken_for_one(value: Any) -> None:
    corners, _ = read_extent(SimpleNamespace(value=value, valueAsText=str(value)))
    assert corners is not None and any(map(math.isnan, corners))
