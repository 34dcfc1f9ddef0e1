"""The extent of a cache as a drawing, with the edges of the tiles of one level."""

from __future__ import annotations

from html import escape

from .scheme import Extent, LevelOfDetail, TilingScheme
from .tile_range import expected_tiles, touched

LONGEST = 320.0
SHORTEST = 24.0
MOST_TILES = 64


def drawn_extent(scheme: TilingScheme, extent: Extent) -> str:
    """The extent as inline SVG, with a line below it that says what the lines are. Raises nothing."""
    sides = (float(extent.xmax - extent.xmin), float(extent.ymax - extent.ymin))
    # Of an extent that is a thousand times as long as wide something must still be seen.
    width, height = (max(SHORTEST, LONGEST * side / max(sides)) for side in sides)
    level = _finest_to_draw(scheme)
    lines = "" if level is None else _edges(scheme, extent, level, width, height)
    label = (
        "The full extent"
        if level is None
        else f"The full extent; the lines are the edges of the tiles of level {level.level}"
    )
    return (
        f'<svg viewBox="-2 -2 {width + 4:.1f} {height + 4:.1f}" preserveAspectRatio="xMinYMin"'
        f' role="img" aria-label="{escape(label)}">'
        f'{lines}<rect x="0" y="0" width="{width:.1f}" height="{height:.1f}"/></svg>\n'
        f'<p class="faint">{escape(label)}.</p>\n'
    )


def _finest_to_draw(scheme: TilingScheme) -> LevelOfDetail | None:
    """The finest level with few enough tiles to tell them apart; None where even the coarsest has one or too many."""
    counts = [(level, expected_tiles(scheme, level.level) or 0) for level in scheme.lods]
    return next((level for level, tiles in reversed(counts) if 1 < tiles <= MOST_TILES), None)


def _edges(scheme: TilingScheme, extent: Extent, level: LevelOfDetail, width: float, height: float) -> str:
    tiles = touched(scheme, level.level)
    if tiles is None:
        return ""
    across, down = scheme.cols * level.resolution, scheme.rows * level.resolution
    columns = range(tiles.first_column + 1, tiles.last_column + 1)
    rows = range(tiles.first_row + 1, tiles.last_row + 1)
    xs = [_part(extent.xmin, scheme.origin_x + column * across, extent.xmax) * width for column in columns]
    ys = [_part(extent.ymax, scheme.origin_y - row * down, extent.ymin) * height for row in rows]
    upright = (f'<line x1="{x:.1f}" y1="0" x2="{x:.1f}" y2="{height:.1f}"/>' for x in xs)
    level_lines = (f'<line x1="0" y1="{y:.1f}" x2="{width:.1f}" y2="{y:.1f}"/>' for y in ys)
    return "".join((*upright, *level_lines))


def _part(start: float, here: float, end: float) -> float:
    """How far it is from start to end, as a part of 1."""
    return (here - start) / (end - start)
