"""The tiling scheme that a service's JSON shows, read strictly."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ..messages import plain_words
from .scheme import COMPACT_V2, GRID, IDS, Extent, LevelOfDetail, NoScheme, Number, SpatialReference, TilingScheme

Shown = TypeVar("Shown")
LARGEST = 1e18
MOST_LODS = 1000
LONGEST_WKT = 20_000
IN_TEXT = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?")
NAME = re.compile(r"\w{1,60}", re.ASCII)


class _NotShown(Exception):
    """A key that the scheme can't do without isn't there, or holds something else."""


def scheme_of(service: Mapping[str, Any]) -> TilingScheme | NoScheme:
    """The tiling scheme in a service's JSON (protocol.md 3.2, 3.3); raises nothing, whatever it holds."""
    try:
        return _read(service, _part(service, "tileInfo"))
    except _NotShown as key:
        return NoScheme(f"the service doesn't show {key} of its tiling scheme in a form that can be read")


def _read(service: Mapping[str, Any], tiles: Mapping[str, Any]) -> TilingScheme:
    origin = _part(tiles, "origin")
    return TilingScheme(
        cols=_whole(tiles, "cols", least=1),
        rows=_whole(tiles, "rows", least=1),
        dpi=_positive(tiles, "dpi"),
        origin_x=_number(origin, "x"),
        origin_y=_number(origin, "y"),
        lods=_lods(tiles.get("lods")),
        reference=_reference(service, tiles),
        tile_format=_name(tiles, "format"),
        quality=_optional(_whole, tiles, "compressionQuality"),
        storage_format=_storage_format(service, tiles),
        extent=_extent(service),
        map_name=plain_words(service["mapName"]) if isinstance(service.get("mapName"), str) else "",
        units=_optional(_name, service, "units") or "",
        min_lod=_optional(_whole, service, "minLOD"),
        max_lod=_optional(_whole, service, "maxLOD"),
        server_version=float(_optional(_positive, service, "currentVersion") or 0),
    )


def _lods(shown: Any) -> tuple[LevelOfDetail, ...]:
    if not isinstance(shown, list) or not 0 < len(shown) <= MOST_LODS:
        raise _NotShown("lods")
    return tuple(
        LevelOfDetail(_whole(lod, "level"), _positive(lod, "scale"), _positive(lod, "resolution")) for lod in shown
    )


def _reference(service: Mapping[str, Any], tiles: Mapping[str, Any]) -> SpatialReference:
    shown = tiles.get("spatialReference") or service.get("spatialReference")
    ids = {name: _optional(_whole, shown, key) for key, name in IDS.items()}
    grid = {name: _optional(_number, shown, key) for key, name in GRID.items()}
    wkt = shown.get("wkt") if isinstance(shown, dict) else None
    legible = isinstance(wkt, str) and len(wkt) <= LONGEST_WKT and wkt.isprintable()
    if not legible and not ids["WKID"]:
        raise _NotShown("spatialReference")
    return SpatialReference(
        tuple((name, number) for name, number in ids.items() if number),
        tuple((name, number) for name, number in grid.items() if number is not None),
        str(wkt) if legible else "",
    )


def _storage_format(service: Mapping[str, Any], tiles: Mapping[str, Any]) -> str:
    """By the service's word, else by its tile map, which only caches in Compact V2 have (cache-format.md 8)."""
    for place in (service.get("storageInfo"), tiles):
        told = _optional(_name, place, "storageFormat")
        if told:
            return told
    capabilities = service.get("capabilities")
    has_tile_map = isinstance(capabilities, str) and "tilemap" in re.split(r"\W+", capabilities.lower())
    return COMPACT_V2 if has_tile_map else ""


def _extent(service: Mapping[str, Any]) -> Extent | None:
    for name in ("fullExtent", "extent"):
        try:
            shown = _part(service, name)
            return Extent(*(_number(shown, side) for side in ("xmin", "ymin", "xmax", "ymax")))
        except _NotShown:
            continue
    return None


def _optional(read: Callable[[Any, str], Shown], fields: Any, name: str) -> Shown | None:
    try:
        return read(fields, name)
    except _NotShown:
        return None


def _part(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = fields.get(name)
    if not isinstance(part, dict):
        raise _NotShown(name)
    return part


def _number(fields: Any, name: str) -> Number:
    value = fields.get(name) if isinstance(fields, dict) else None
    if isinstance(value, str) and IN_TEXT.fullmatch(value):
        value = float(value) if "." in value else int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < LARGEST:
        raise _NotShown(name)
    return value


def _positive(fields: Any, name: str) -> Number:
    number = _number(fields, name)
    if number <= 0:
        raise _NotShown(name)
    return number


def _whole(fields: Any, name: str, least: int = 0) -> int:
    number = _number(fields, name)
    if number != int(number) or number < least:
        raise _NotShown(name)
    return int(number)


def _name(fields: Any, name: str) -> str:
    value = fields.get(name) if isinstance(fields, dict) else None
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise _NotShown(name)
    return value
