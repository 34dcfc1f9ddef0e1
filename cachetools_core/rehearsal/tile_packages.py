"""The tiling scheme in a tile package: its root.json."""

from __future__ import annotations

import math
import re
from typing import Any

from cachetools_core.rehearsal.bundles import CacheError
from cachetools_core.rehearsal.tiling import WEB_MERCATOR_WKT, Extent, LevelOfDetail, TilingScheme, finite, positive

INCHES_IN_A_METER = 39.37
METERS_IN_A_DEGREE = 6378137.0 * math.pi / 180


def package_scheme(root: Any, where: str) -> TilingScheme:
    """The scheme in a .tpkx package's root.json; CacheError, naming `where`, for a key that is missing or wrong.

    The levels end at the package's maxLOD: a package lists its whole tiling scheme (24 levels in Esri's Usa.tpkx), of
    which the levels beyond hold nothing, and GDAL's ESRIC driver refuses rasters of the size that they make.
    """
    try:
        tiles, image, storage, reference = (
            root[key] for key in ("tileInfo", "tileImageInfo", "storageInfo", "spatialReference")
        )
        wkid = int(reference.get("wkid", 0))
        latest_wkid = int(reference.get("latestWkid", wkid))
        return TilingScheme(
            rows=positive(int(tiles["rows"])),
            cols=positive(int(tiles["cols"])),
            dpi=positive(int(tiles["dpi"])),
            origin_x=finite(tiles["origin"]["x"]),
            origin_y=finite(tiles["origin"]["y"]),
            wkid=wkid,
            latest_wkid=latest_wkid,
            wkt=str(reference.get("wkt", WEB_MERCATOR_WKT if latest_wkid == 3857 else "")),
            lods=tuple(
                LevelOfDetail(int(lod["level"]), positive(lod["resolution"]), _scale(lod, tiles["dpi"], reference))
                for lod in tiles["lods"]
                if lod["level"] <= root["maxLOD"]
            ),
            tile_format=str(image["format"]),
            compression_quality=int(image["compressionQuality"]),
            storage_format=str(storage["storageFormat"]),
            packet_size=int(storage["packetSize"]),
            full_extent=Extent(*(finite(root["fullExtent"][side]) for side in ("xmin", "ymin", "xmax", "ymax"))),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CacheError(
            f"root.json in {where} is not the description of a tile package ({type(error).__name__}: {error}). "
            "Create the package again, or give the cache's own folder."
        ) from error


def _scale(lod: Any, dpi: Any, reference: Any) -> float:
    """The level's scale, which the specification of packages leaves optional: else from its resolution."""
    if "scale" in lod:
        return float(positive(lod["scale"]))
    meters = positive(lod["resolution"]) * _meters_in_a_unit(reference)
    return float(meters * INCHES_IN_A_METER * positive(dpi))


def _meters_in_a_unit(reference: Any) -> float:
    """Of the coordinate system's unit; a projected one that is known by number only counts in meters here."""
    wkt = str(reference.get("wkt", ""))
    if wkt.startswith("GEOGCS") or int(reference.get("wkid", 0)) in range(4000, 5000):
        return METERS_IN_A_DEGREE
    # The unit of a projection stands after its geographic coordinate system's.
    units = re.findall(r'UNIT\["[^"]*",([0-9.eE+-]+)', wkt)
    return float(positive(units[-1])) if units else 1.0
