"""Tiling schemes: a service's JSON, and the files of a cache, key by key."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

Key = tuple[str, int]

TEXTS = {"wkid": 102100, "latestWkid": 3857}


def service(**more: Any) -> dict[str, Any]:
    """A service with a cache of two levels, as its JSON shows it."""
    return {
        "currentVersion": 11.3,
        "singleFusedMapCache": True,
        "capabilities": "Map",
        "mapName": "Layers",
        "units": "esriMeters",
        "spatialReference": TEXTS,
        "fullExtent": {"xmin": -1.5, "ymin": -2, "xmax": 3.25, "ymax": 4, "spatialReference": TEXTS},
        "tileInfo": tile_info(),
        **more,
    }


def tile_info(**more: Any) -> dict[str, Any]:
    return {
        "rows": 256,
        "cols": 512,
        "dpi": 96,
        "format": "PNG8",
        "compressionQuality": 0,
        "origin": {"x": -20037508.342787001, "y": 20037508.342787001},
        "spatialReference": TEXTS,
        "lods": [
            {"level": 0, "resolution": 156543.03392800014, "scale": 591657527.591555},
            {"level": 1, "resolution": 78271.516963999937, "scale": 295828763.79577702},
        ],
        **more,
    }


def keys_of(xml: str | bytes) -> dict[Key, Any]:
    """What each element without others in it holds, by its path and its place among those of the same path."""
    found: dict[Key, Any] = {}
    counts: dict[str, int] = {}

    def read(element: ElementTree.Element, path: str) -> None:
        for child in element:
            read(child, f"{path}/{child.tag}")
        if not len(element):
            counts[path] = counts.get(path, 0) + 1
            found[path, counts[path]] = value_of(element.text or "")

    read(ElementTree.fromstring(xml), "")
    return found


def value_of(text: str) -> Any:
    """A number as one."""
    try:
        return float(text)
    except ValueError:
        return text.strip()
