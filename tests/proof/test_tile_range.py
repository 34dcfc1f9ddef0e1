"""The tiles that an extent touches."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from support.reports import SCHEME

from cachetools_core.proof.scheme import Extent, LevelOfDetail
from cachetools_core.proof.tile_range import TileRange, expected_tiles, touched


def of(*corners: float, level: int = 0) -> TileRange | None:
    return touched(replace(SCHEME, extent=Extent(*corners)), level)


def test_an_extent_that_ends_on_an_edge_does_not_touch_the_next_tile() -> None:
    assert of(0.0, 0.0, 4000.0, 4000.0) == TileRange(0, 3, 0, 3)
    assert of(1000.0, 2000.0, 2000.0, 3000.0) == TileRange(1, 1, 1, 1)
    assert of(999.0, 1999.0, 2001.0, 3001.0) == TileRange(0, 2, 0, 2)


def test_rounded_resolutions_make_no_tile_more() -> None:
    assert of(1000.001, 2000.001, 2000.001, 3000.001) == TileRange(1, 1, 1, 1)


def test_an_extent_of_a_hairs_breadth_touches_the_tile_in_which_it_lies() -> None:
    assert of(1000.0, 2000.0, 1000.001, 2000.001) == TileRange(1, 1, 1, 1)
    assert of(999.999, 1999.999, 1000.0, 2000.0) == TileRange(2, 2, 0, 0)
    assert of(999.999, 2500.0, 1000.001, 2500.001) == TileRange(1, 1, 0, 1)


def test_there_are_no_tiles_before_the_first_row_and_column() -> None:
    assert of(-5000.0, 3500.0, 500.0, 9000.0) == TileRange(0, 0, 0, 0)
    assert of(-5000.0, 0.0, -1.0, 4000.0) is None


def test_what_the_service_does_not_show_is_not_told() -> None:
    assert expected_tiles(replace(SCHEME, extent=None), 0) is None
    assert expected_tiles(SCHEME, 9) is None
    assert (expected_tiles(SCHEME, 0), expected_tiles(SCHEME, 3)) == (16, 1024)


near = st.floats(-1e18, 1e18, exclude_min=True, exclude_max=True)


@given(near, near, near, near, near, near, st.floats(0, 1e18, exclude_min=True), st.integers(1, 10**18))
def test_no_numbers_that_are_read_break_the_reckoning(
    xmin: float, ymin: float, xmax: float, ymax: float, left: float, top: float, resolution: float, size: int
) -> None:
    scheme = replace(
        SCHEME, cols=size, rows=size, origin_x=left, origin_y=top, extent=Extent(xmin, ymin, xmax, ymax),
        lods=(LevelOfDetail(0, 1.0, resolution),),
    )  # fmt: skip
    found = touched(scheme, 0)
    assert found is None or found.tiles > 0
