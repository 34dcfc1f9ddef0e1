"""The tiles that an extent touches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reports import TILING

from cachetools_core.proof.tiling import Extent, Level, TileRange, Tiling


def touched(*corners: float, level: int = 0) -> TileRange | None:
    return replace(TILING, extent=Extent(*corners)).touched(level)


def test_an_extent_that_ends_on_an_edge_does_not_touch_the_next_tile() -> None:
    assert touched(0.0, 0.0, 4000.0, 4000.0) == TileRange(0, 3, 0, 3)
    assert touched(1000.0, 2000.0, 2000.0, 3000.0) == TileRange(1, 1, 1, 1)
    assert touched(999.0, 1999.0, 2001.0, 3001.0) == TileRange(0, 2, 0, 2)


def test_rounded_resolutions_make_no_tile_more() -> None:
    assert touched(1000.001, 2000.001, 2000.001, 3000.001) == TileRange(1, 1, 1, 1)


def test_there_are_no_tiles_before_the_first_row_and_column() -> None:
    assert touched(-5000.0, 3500.0, 500.0, 9000.0) == TileRange(0, 0, 0, 0)
    assert touched(-5000.0, 0.0, -1.0, 4000.0) is None


def test_what_the_service_does_not_show_is_not_told() -> None:
    assert replace(TILING, extent=None).expected_tiles(0) is None
    assert TILING.expected_tiles(9) is None
    assert (TILING.expected_tiles(0), TILING.expected_tiles(3)) == (16, 1024)


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ("esriMapCacheStorageModeCompactV2", "compact, version 2"),
        ("esriMapCacheStorageModeCompact", "compact, version 1"),
        ("esriMapCacheStorageModeExploded", "exploded"),
        ("somethingNew", "somethingNew"),
        ("", "not shown by this service"),
    ],
)
def test_the_storage_format_in_words(stored: str, words: str) -> None:
    assert replace(TILING, storage_format=stored).storage_in_words == words


near = st.floats(-1e18, 1e18, exclude_min=True, exclude_max=True)


@given(near, near, near, near, near, near, st.floats(1e-12, 1e18, exclude_min=True), st.integers(1, 10**18))
def test_no_numbers_that_are_read_break_the_reckoning(
    xmin: float, ymin: float, xmax: float, ymax: float, left: float, top: float, resolution: float, size: int
) -> None:
    tiling = Tiling(size, size, left, top, (Level(0, 1.0, resolution),), extent=Extent(xmin, ymin, xmax, ymax))
    found = tiling.touched(0)
    assert found is None or found.tiles > 0
