"""The tiling scheme in a service's JSON: what is read, and what is left out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cachetools_core.proof.tiling import Extent, Level, Tiling
from cachetools_core.server.witnesses.tiling import MOST_LEVELS, tiling_in

LODS = [{"level": 0, "resolution": 10.5, "scale": 4000.25}, {"level": 1, "resolution": 5.25, "scale": 2000.125}]
INFO = {
    "rows": 256, "cols": 512, "dpi": 96, "format": "PNG8", "compressionQuality": 75, "origin": {"x": -5, "y": 7},
    "spatialReference": {"wkid": 102100, "latestWkid": 3857}, "lods": LODS,
}  # fmt: skip
BODY = {
    "tileInfo": INFO,
    "storageInfo": {"storageFormat": "esriMapCacheStorageModeExploded"},
    "fullExtent": {"xmin": -1, "ymin": -2, "xmax": 3, "ymax": 4.5},
}
WHOLE = Tiling(
    512, 256, -5.0, 7.0, (Level(0, 4000.25, 10.5), Level(1, 2000.125, 5.25)), "PNG8", 75, 96.0,
    "esriMapCacheStorageModeExploded", "WKID 102100 (3857)", Extent(-1.0, -2.0, 3.0, 4.5),
)  # fmt: skip


def read(**more: Any) -> Tiling | None:
    return tiling_in({**BODY, "tileInfo": {**INFO, **more}})


def test_a_whole_scheme() -> None:
    assert tiling_in(BODY) == WHOLE


def test_the_storage_format_stands_in_either_place() -> None:
    inside = tiling_in({"tileInfo": {**INFO, "storageFormat": "esriMapCacheStorageModeCompact"}})
    assert inside is not None and inside.storage_in_words == "compact, version 1"


def test_a_captured_service(shared: Path) -> None:
    body = json.loads((shared / "wire" / "capture_1011_cached_MapServer.json").read_text(encoding="utf-8"))
    found = tiling_in(body)
    assert found is not None
    assert (found.tile_format, found.quality, found.reference, found.storage_format) == ("PNG24", 90, "WKID 25833", "")
    assert len(found.levels) == len(body["tileInfo"]["lods"])


@pytest.mark.parametrize(
    "more",
    [
        {"lods": None}, {"lods": []}, {"lods": {}}, {"lods": "0"}, {"lods": [None, "x", {}]}, {"rows": 0}, {"cols": -1},
        {"cols": "many"}, {"cols": 1.5}, {"origin": None}, {"origin": {"x": None, "y": 1}},
        {"origin": {"x": 1e19, "y": 1}},
    ],
    ids=str,
)  # fmt: skip
def test_a_scheme_that_cant_be_reckoned_with_is_none(more: dict[str, Any]) -> None:
    assert read(**more) is None


def test_a_level_that_cant_be_read_is_left_out() -> None:
    odd = [{"level": 2, "resolution": 0, "scale": 1}, {"level": "x", "resolution": 1, "scale": 1}, {"level": 3}, 4]
    found = read(lods=[*odd, *LODS])
    assert found is not None and found.levels == WHOLE.levels


def test_ten_thousand_levels_are_read_up_to_a_number_of_them() -> None:
    found = read(lods=[{"level": number, "resolution": 1, "scale": 1} for number in range(10_000)])
    assert found is not None and len(found.levels) == MOST_LEVELS


@pytest.mark.parametrize(
    "extent",
    [
        None,
        [],
        {},
        {"xmin": None},
        {"xmin": 0, "ymin": 0, "xmax": 0, "ymax": 1},
        {"xmin": 0, "ymin": 0, "xmax": -9, "ymax": 1},
    ],
)
def test_an_extent_that_is_none_is_left_out(extent: Any) -> None:
    found = tiling_in({**BODY, "fullExtent": extent})
    assert found is not None and found.extent is None


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ({"wkid": 4326, "latestWkid": 4326}, "WKID 4326"),
        ({"wkid": 4326}, "WKID 4326"),
        ({"wkt": 'PROJCS["Someone\'s <grid>",GEOGCS["x"]]'}, "Someone's <grid>"),
        ({"wkt": "nonsense"}, ""),
        ({"wkt": ["PROJCS"]}, ""),
        ("x", ""),
    ],
)
def test_the_coordinate_system_in_words(reference: Any, words: str) -> None:
    found = read(spatialReference=reference)
    assert found is not None and found.reference == words


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*INFO, *BODY, *LODS[0], "x", "y", "wkid"]), inner)
    ),
    max_leaves=5,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([*BODY]), anything), st.dictionaries(st.sampled_from([*INFO]), anything))
def test_no_body_breaks_the_reading(body: dict[str, Any], info: dict[str, Any]) -> None:
    for one in (body, {**BODY, "tileInfo": {**INFO, **info}}):
        found = tiling_in(one)
        assert found is None or all((found.expected_tiles(level.level) or 0) >= 0 for level in found.levels)
