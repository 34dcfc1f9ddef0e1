"""The files that carry a tiling scheme: conf.xml, conf.cdi and root.json, as ArcGIS writes and reads them."""

from __future__ import annotations

import html
import json
from typing import Any

from .scheme import GRID, IDS, Number, TilingScheme, in_digits

HEAD = '<?xml version="1.0" encoding="utf-8" ?>'
NAMESPACES = (
    "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:xs='http://www.w3.org/2001/XMLSchema' "
    "xmlns:typens='http://www.esri.com/schemas/ArcGIS/10.1'"
)
# GDAL takes a conf.xml without WKT for one in degrees. These two systems are written as ArcGIS writes them.
WGS_84 = (
    'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],'
    'UNIT["Degree",0.0174532925199433]'
)
WELL_KNOWN = {
    4326: f'{WGS_84},AUTHORITY["EPSG",4326]]',
    3857: f'PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",{WGS_84}],PROJECTION["Mercator_Auxiliary_Sphere"],'
    'PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],'
    'PARAMETER["Standard_Parallel_1",0.0],PARAMETER["Auxiliary_Sphere_Type",0.0],UNIT["Meter",1.0],'
    'AUTHORITY["EPSG",3857]]',
}
JSON_NAMES = {name: key for key, name in {**GRID, **IDS}.items()}


def conf_xml(scheme: TilingScheme) -> str:
    """conf.xml, as Create Map Server Cache takes it for a predefined tiling scheme (cache-format.md 2).

    What the service doesn't show is left out, with two exceptions: Antialiasing, which ArcGIS always writes, is false,
    and the WKT of Web Mercator and WGS 84 follows from their numbers.
    """
    tiles = _typed(
        "TileCacheInfo",
        _reference(scheme),
        _typed("TileOrigin", _element("X", scheme.origin_x), _element("Y", scheme.origin_y), kind="PointN"),
        _element("TileCols", scheme.cols),
        _element("TileRows", scheme.rows),
        _element("DPI", scheme.dpi),
        _typed("LODInfos", *_lods(scheme), kind="ArrayOfLODInfo"),
    )
    image = _typed(
        "TileImageInfo",
        _element("CacheTileFormat", scheme.tile_format),
        _element("CompressionQuality", scheme.quality),
        _element("Antialiasing", "false"),
    )
    return f"{HEAD}<CacheInfo xsi:type='typens:CacheInfo' {NAMESPACES}>{tiles}{image}{_storage(scheme)}</CacheInfo>"


def conf_cdi(scheme: TilingScheme) -> str:
    """conf.cdi, the extent of the cache; empty where the service shows none (cache-format.md 3)."""
    if scheme.extent is None:
        return ""
    extent = scheme.extent
    sides = {"XMin": extent.xmin, "YMin": extent.ymin, "XMax": extent.xmax, "YMax": extent.ymax}
    inside = "".join(_element(name, side) for name, side in sides.items())
    return f"{HEAD}<EnvelopeN xsi:type='typens:EnvelopeN' {NAMESPACES}>{inside}{_reference(scheme)}</EnvelopeN>"


def root_json(scheme: TilingScheme) -> str:
    """root.json, which takes the place of conf.xml in a cache that is ready to serve (cache-format.md 7)."""
    reference = _json_reference(scheme)
    levels = [lod.level for lod in scheme.lods]
    extent = {} if scheme.extent is None else {"fullExtent": {**vars(scheme.extent), "spatialReference": reference}}
    quality = {} if scheme.quality is None else {"compressionQuality": scheme.quality}
    root = {
        "name": scheme.map_name,
        "version": 1.0,
        "tileBundlesPath": "./tile",
        "minLOD": min(levels) if scheme.min_lod is None else scheme.min_lod,
        "maxLOD": max(levels) if scheme.max_lod is None else scheme.max_lod,
        **({"units": scheme.units} if scheme.units else {}),
        "spatialReference": reference,
        **extent,
        "tileInfo": {
            "rows": scheme.rows,
            "cols": scheme.cols,
            "dpi": scheme.dpi,
            "origin": {"x": scheme.origin_x, "y": scheme.origin_y},
            "spatialReference": reference,
            "lods": [{"level": lod.level, "resolution": lod.resolution, "scale": lod.scale} for lod in scheme.lods],
        },
        "tileImageInfo": {"format": scheme.tile_format, **quality},
        "storageInfo": {"storageFormat": scheme.storage_format, "packetSize": scheme.packet_size},
    }
    return json.dumps(root, indent=1)


def _reference(scheme: TilingScheme) -> str:
    reference = scheme.reference
    return _typed(
        "SpatialReference",
        _element("WKT", reference.wkt or WELL_KNOWN.get(reference.number)),
        *(_element(name, number) for name, number in (*reference.grid, *reference.ids)),
        kind="GeographicCoordinateSystem" if scheme.is_geographic else "ProjectedCoordinateSystem",
    )


def _json_reference(scheme: TilingScheme) -> dict[str, Any]:
    reference = scheme.reference
    numbers = {JSON_NAMES[name]: number for name, number in (*reference.ids, *reference.grid)}
    return {**numbers, **({"wkt": reference.wkt} if reference.wkt else {})}


def _lods(scheme: TilingScheme) -> list[str]:
    return [
        _typed(
            "LODInfo",
            _element("LevelID", lod.level),
            _element("Scale", lod.scale),
            _element("Resolution", lod.resolution),
        )
        for lod in scheme.lods
    ]


def _storage(scheme: TilingScheme) -> str:
    """Empty where the service doesn't show it; the call of Create Map Server Cache names the format then."""
    if not scheme.storage_format:
        return ""
    return _typed(
        "CacheStorageInfo",
        _element("StorageFormat", scheme.storage_format),
        _element("PacketSize", scheme.packet_size),
    )


def _typed(name: str, *inside: str, kind: str = "") -> str:
    return f"<{name} xsi:type='typens:{kind or name}'>{''.join(inside)}</{name}>"


def _element(name: str, content: Number | str | None) -> str:
    if content is None:
        return ""
    return f"<{name}>{html.escape(content) if isinstance(content, str) else in_digits(content)}</{name}>"
