"""Single tiles of a service: by its tile map, or one by one; never where looking at a place makes its tile."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Optional

from ...errors import NoAnswer, NotArcGIS, ServerSaysNo
from ...naming.service import ServiceReference
from ...proof.scheme import TilingScheme
from ...proof.tile_range import TileRange, touched, touched_within
from ...proof.tiles import By, Sampled, Selection
from ..wire import Wire
from .numbers import whole

Answers = Optional[list[bytes]]  # one for each place that was looked at, empty where no tile is

SIDE = 128  # tiles of a tile map, as many as a bundle has
MOST_MAPS = 16
MOST_TILES = 16
# A server works by supertiles of 4096 pixels (documented), so more than the extent may go.
SUPERTILE = 4096
NO_TILES_IN_MAP = 422  # what JavaScript clients take for a tile map without any tile


def sample(
    wire: Wire, service: ServiceReference, selection: Selection, scheme: TilingScheme, by: By
) -> tuple[Sampled, ...]:
    """What the tiles at the corners of the extent and within it show, and those well outside of it, level by level.

    Raises SignInRefused, DeadlinePassed, Cancelled; tiles that can't be looked at count as none looked at.
    """
    looker = _Looker(wire, service, by)
    return tuple(one for level in sorted(selection.numbers) for one in _of_level(looker, selection, scheme, level))


def offers_tilemap(wire: Wire, service: ServiceReference, selection: Selection, scheme: TilingScheme) -> bool:
    """Whether the service answers with tile maps; compact caches of version 2 do. Raises what `sample` raises."""
    level = min(selection.numbers)
    inside = touched_within(scheme, selection.extent, level)
    looker = _Looker(wire, service, By.TILEMAP)
    return inside is not None and looker.look(level, inside.corners_and_middles[:1]) is not None


def _of_level(looker: _Looker, selection: Selection, scheme: TilingScheme, level: int) -> Iterator[Sampled]:
    inside = touched_within(scheme, selection.extent, level)
    if inside is None:
        return
    blocks, is_whole = looker.blocks_of(inside)
    yield _sampled(level, True, looker.look(level, blocks), is_whole)
    ring = -(-SUPERTILE // min(scheme.cols, scheme.rows))
    # Where the service doesn't show how far it reaches, what lies around.
    everything = touched(scheme, level) or inside.wider(2 * ring)
    outside = [one for one in everything.corners_and_middles if not one.meets(inside.wider(ring))]
    if outside:
        yield _sampled(level, False, looker.look(level, outside), False)


def _sampled(level: int, inside: bool, answers: Answers, is_whole: bool) -> Sampled:
    if answers is None:
        return Sampled(level, inside, 0, 0, False, "can't be looked at")
    mark = sha256(b"".join(sha256(one).digest() for one in answers)).hexdigest()
    return Sampled(level, inside, len(answers), sum(map(bool, answers)), is_whole, mark)


class _Looker:
    """Looks at tiles of one service in one way."""

    def __init__(self, wire: Wire, service: ServiceReference, by: By) -> None:
        self._wire, self._service, self._by = wire, service, by

    def blocks_of(self, tiles: TileRange) -> tuple[list[TileRange], bool]:
        """Blocks to look at, and whether they are all of these tiles: else the corners, the middles, the centre."""
        side = SIDE if self._by is By.TILEMAP else 1
        most = MOST_MAPS if self._by is By.TILEMAP else MOST_TILES
        if tiles.tiles <= most * side * side:
            blocks = tiles.blocks(side)
            if len(blocks) <= most:
                return blocks, True
        return tiles.corners_and_middles, False

    def look(self, level: int, blocks: Iterable[TileRange]) -> Answers:
        """An answer for each tile of the blocks; None where any of them can't be had."""
        ask = self._by_tilemap if self._by is By.TILEMAP else self._by_tile
        found: list[bytes] = []
        try:
            for block in blocks:
                answers = ask(level, block)
                if answers is None:
                    return None
                found += answers
        except (ServerSaysNo, NotArcGIS):
            return None
        except NoAnswer:
            self._wire.run.go_on()
            return None
        return found

    def _by_tile(self, level: int, block: TileRange) -> Answers:
        url = f"{self._service.url}/tile/{level}/{block.first_row}/{block.first_column}"
        return [self._wire.get_picture(url, {"blankTile": "false"}) or b""]

    def _by_tilemap(self, level: int, block: TileRange) -> Answers:
        """One bit for each tile, row by row; a map of nothing but equal bits may be sent as a single one."""
        where = f"{level}/{block.first_row}/{block.first_column}/{block.width}/{block.height}"
        try:
            body = self._wire.get(f"{self._service.url}/tilemap/{where}")
        except ServerSaysNo as error:
            if error.code == NO_TILES_IN_MAP and error.shape == "rest":
                return [b""] * block.tiles
            raise
        data, location = body.get("data"), body.get("location")
        asked = {"left": block.first_column, "top": block.first_row, "width": block.width, "height": block.height}
        # An adjusted map is about other tiles than were asked for.
        if not isinstance(data, list) or not isinstance(location, dict) or body.get("adjusted", False) is not False:
            return None
        if any(whole(location.get(name)) != value for name, value in asked.items()):
            return None
        bits = data * block.tiles if len(data) == 1 else data
        if len(bits) != block.tiles or any(bit not in (0, 1) for bit in bits):
            return None
        return [b"1" if bit else b"" for bit in bits]
