"""The extent of a cache as a drawing, with the edges of the tiles of one level."""

from __future__ import annotations

from html import escape

from .tiling import Extent, Level, Tiling

LONGEST = 320.0
SHORTEST = 24.0
MOST_TILES = 64


def drawn_extent(tiling: Tiling, extent: Extent) -> str:
    """The extent as inline SVG, with a line below it that says what the lines are. Raises nothing."""
    longest = max(extent.width, extent.height)
    # Of an extent that is a thousand times as long as wide something must still be seen.
    width, height = (max(SHORTEST, LONGEST * side / longest) for side in (extent.width, extent.height))
    level = _finest_to_draw(tiling)
    lines = "" if level is None else _edges(tiling, extent, level, width, height)
    label = (
        "The full extent"
        if level is None
        else f"The full extent; the lines are the edges of the tiles of level {level.level}"
    )
    return (
        f'<svg viewBox="-2 -2 {width + 4:.1f} {height + 4:.1f}" role="img" aria-label="{escape(label)}">'
        f'{lines}<rect x="0" y="0" width="{width:.1f}" height="{height:.1f}"/></svg>\n'
        f'<p class="faint">{escape(label)}.</p>\n'
    )


def _finest_to_draw(tiling: Tiling) -> Level | None:
    """The finest level with few enough tiles to tell them apart; None where even the coarsest has one or too many."""
    counts = [(level, tiling.expected_tiles(level.level) or 0) for level in tiling.levels]
    return next((level for level, tiles in reversed(counts) if 1 < tiles <= MOST_TILES), None)


def _edges(tiling: Tiling, extent: Extent, level: Level, width: float, height: float) -> str:
    touched = tiling.touched(level.level)
    if touched is None:
        return ""
    across, down = tiling.width * level.resolution, tiling.height * level.resolution
    columns = range(touched.first_column + 1, touched.last_column + 1)
    rows = range(touched.first_row + 1, touched.last_row + 1)
    xs = [(tiling.left + column * across - extent.xmin) / extent.width * width for column in columns]
    ys = [(extent.ymax - (tiling.top - row * down)) / extent.height * height for row in rows]
    upright = (f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{height:.1f}"/>' for x in xs)
    level_lines = (f'<line x1="0" y1="{y:.1f}" x2="{width:.1f}" y2="{y:.1f}"/>' for y in ys)
    return "".join((*upright, *level_lines))
