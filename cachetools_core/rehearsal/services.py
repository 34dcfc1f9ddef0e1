"""Services of a site: what they are, whether they run, and their JSON (protocol.md 3)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cachetools_core.rehearsal.caches import Cache, TilingScheme
from cachetools_core.rehearsal.versions import Version

STARTED, STARTING, STOPPED = "STARTED", "STARTING", "STOPPED"
COMPACT_V2 = "esriMapCacheStorageModeCompactV2"
# Of a hosted tile layer, which has no map behind its tiles (captured, protocol.md 3.2).
HOSTED = "Map,TilesOnly,Tilemap"


@dataclass
class Service:
    """A service by folder ("" for the root), name and type; `cache` is None for a geoprocessing service.

    `cached` is what the service itself believes: it reads its cache when it starts, so it goes wrong when the
    folder is deleted behind its back, as on a real server. `configured` and `real` are the admin API's two states.
    """

    folder: str
    name: str
    kind: str
    cache: Cache | None = None
    source: Path | None = None
    cached: bool = False
    on_demand: bool = False
    everyone: bool = True
    configured: str = STARTED
    real: str = STARTED
    stale_until: float = 0.0
    lifecycle: list[dict[str, Any]] = field(default_factory=list)

    @property
    def path(self) -> str:
        """`Folder/Name`, or the bare name in the root folder."""
        return f"{self.folder}/{self.name}" if self.folder else self.name

    @property
    def full(self) -> str:
        """`Folder/Name/MapServer`, as REST errors write it."""
        return f"{self.path}/{self.kind}"

    @property
    def key(self) -> str:
        """`Folder/Name:MapServer`, as the caching tools take it."""
        return f"{self.path}:{self.kind}"

    @property
    def cache_folder(self) -> str:
        """The service's folder in the cache directory (protocol.md 7.2)."""
        return f"{self.folder}_{self.name}" if self.folder else self.name

    @property
    def advertises_cache(self) -> bool:
        """What the REST metadata says, which may be older than the truth (protocol.md 6, legacy cache clear)."""
        return self.cached or time.monotonic() < self.stale_until

    def note(self, user: str, event: str) -> None:
        """Adds to the lifecycle (protocol.md 6)."""
        self.lifecycle.append({"user": user, "timestamp": int(time.time() * 1000), "type": event})


def spatial_reference(scheme: TilingScheme) -> dict[str, Any]:
    """By number where there is one."""
    if not scheme.wkid:
        return {"wkt": scheme.wkt}
    return {"wkid": scheme.wkid, "latestWkid": scheme.latest_wkid or scheme.wkid}


def extent(scheme: TilingScheme) -> dict[str, Any]:
    """The cache's full extent."""
    box = scheme.full_extent
    corners = {"xmin": box.xmin, "ymin": box.ymin, "xmax": box.xmax, "ymax": box.ymax}
    return {**corners, "spatialReference": spatial_reference(scheme)}


def tile_info(scheme: TilingScheme) -> dict[str, Any]:
    """The tiling scheme, in the order of capture_1011_cached_MapServer.json."""
    return {
        "rows": scheme.rows,
        "cols": scheme.cols,
        "dpi": scheme.dpi,
        "format": scheme.tile_format,
        "compressionQuality": scheme.compression_quality,
        "origin": {"x": scheme.origin_x, "y": scheme.origin_y},
        "spatialReference": spatial_reference(scheme),
        "lods": [{"level": lod.level, "resolution": lod.resolution, "scale": lod.scale} for lod in scheme.lods],
    }


EXTENTS = ("extent", "initialExtent", "fullExtent")


def map_service(service: Service, cache: Cache, version: Version) -> dict[str, Any]:
    """`…/MapServer`. Cached: capture_1011_cached_MapServer.json; not cached: no tileInfo (protocol.md 3.2)."""
    scheme, cached = cache.scheme, service.advertises_cache
    pro = {} if version.arcmap_runtime else {"cimVersion": version.pro_runtime}
    return {
        "currentVersion": version.current,
        **pro,
        "serviceDescription": "",
        "mapName": cache.map_name,
        "description": "",
        "copyrightText": "",
        "supportsDynamicLayers": not cached,
        "layers": [
            {
                "id": 0,
                "name": service.name,
                "parentLayerId": -1,
                "defaultVisibility": True,
                "subLayerIds": None,
                "minScale": 0,
                "maxScale": 0,
            }
        ],
        "tables": [],
        "spatialReference": spatial_reference(scheme),
        "singleFusedMapCache": cached,
        **(_cached_part(scheme, version) if cached else {}),
        "initialExtent": extent(scheme),
        "fullExtent": extent(scheme),
        "minScale": scheme.lods[0].scale if cached else 0,
        "maxScale": scheme.lods[-1].scale if cached else 0,
        "units": units(scheme),
        "supportedImageFormatTypes": "PNG32,PNG24,PNG,JPG,DIB,TIFF,EMF,PS,PDF,GIF,SVG,SVGZ,BMP",
        "documentInfo": {
            "Title": service.name,
            "Author": "",
            "Comments": "",
            "Subject": "",
            "Category": "",
            "AntialiasingMode": "Fast",
            "TextAntialiasingMode": "Force",
            "Keywords": "",
        },
        "capabilities": HOSTED if service.folder == "Hosted" else _map_capabilities(scheme, cached),
        "supportedQueryFormats": "JSON, AMF" if version.arcmap_runtime else "JSON",
        "exportTilesAllowed": False,
        "maxRecordCount": 1000,
        "maxImageHeight": 2048 if version.arcmap_runtime else 4096,
        "maxImageWidth": 2048 if version.arcmap_runtime else 4096,
    }


def _cached_part(scheme: TilingScheme, version: Version) -> dict[str, Any]:
    part: dict[str, Any] = {"tileInfo": tile_info(scheme)}
    if version.results_and_lifecycle:
        part["storageInfo"] = storage_info(scheme)
        part["minLOD"] = scheme.lods[0].level
        part["maxLOD"] = scheme.lods[-1].level
    return part


def storage_info(scheme: TilingScheme) -> dict[str, Any]:
    """How the tiles lie on disk; on map services from 11.1 (cache-format.md 8)."""
    return {"storageFormat": scheme.storage_format, "packetSize": scheme.packet_size}


def _map_capabilities(scheme: TilingScheme, cached: bool) -> str:
    if not cached:
        return "Map,Query,Data"
    return "Map,Tilemap" if scheme.storage_format == COMPACT_V2 else "Map"


def units(scheme: TilingScheme) -> str:
    """Map units, by the kind of coordinate system."""
    geographic = scheme.wkid == 4326 or scheme.wkt.startswith("GEOGCS")
    return "esriDecimalDegrees" if geographic else "esriMeters"


def map_layer(service: Service, cache: Cache, version: Version, layer: int) -> dict[str, Any]:
    """`…/MapServer/0` with the keys that clients choose a class by (clients.md 2)."""
    return {
        "currentVersion": version.current,
        "id": layer,
        "name": service.name,
        "type": "Raster Layer",
        "description": "",
        "copyrightText": "",
        "parentLayer": None,
        "subLayers": [],
        "minScale": 0,
        "maxScale": 0,
        "defaultVisibility": True,
        "extent": extent(cache.scheme),
        "hasAttachments": False,
        "htmlPopupType": "esriServerHTMLPopupTypeNone",
        "displayField": "",
        "typeIdField": None,
        "fields": None,
        "relationships": [],
        "canModifyLayer": False,
        "canScaleSymbols": False,
        "hasLabels": False,
        "capabilities": "Map",
        "maxRecordCount": 1000,
        "supportsStatistics": False,
        "supportsAdvancedQueries": False,
        "supportedQueryFormats": "JSON",
    }


def image_service(service: Service, cache: Cache, version: Version) -> dict[str, Any]:
    """`…/ImageServer` (protocol.md 3.3): the cache's keys as captured, the image's own made up for a picture."""
    scheme, cached = cache.scheme, service.advertises_cache
    pixel = scheme.lods[-1].resolution
    cache_keys = (
        {"tileInfo": tile_info(scheme), "storageInfo": storage_info(scheme), "cacheType": "Map"} if cached else {}
    )
    return {
        "currentVersion": version.current,
        "serviceDescription": "",
        "name": service.path,
        "description": "",
        "extent": extent(scheme),
        "initialExtent": extent(scheme),
        "fullExtent": extent(scheme),
        "pixelSizeX": pixel,
        "pixelSizeY": pixel,
        "bandCount": 3,
        "pixelType": "U8",
        "minPixelSize": 0,
        "maxPixelSize": 0,
        "copyrightText": "",
        "serviceDataType": "esriImageServiceDataTypeRGB",
        "minValues": [],
        "maxValues": [],
        "meanValues": [],
        "stdvValues": [],
        "objectIdField": "",
        "fields": [],
        "capabilities": "Image,TilesOnly" if cached else "Image",
        "defaultMosaicMethod": "None",
        "allowedMosaicMethods": "",
        "sortField": "",
        "sortValue": None,
        "mosaicOperator": "First",
        "defaultCompressionQuality": 75,
        "defaultResamplingMethod": "Bilinear",
        "maxImageHeight": 4100,
        "maxImageWidth": 15000,
        "allowRasterFunction": True,
        "rasterFunctionInfos": [{"name": "None", "description": "", "help": ""}],
        "rasterTypeInfos": [],
        "hasHistograms": False,
        "hasColormap": False,
        "hasRasterAttributeTable": False,
        "minScale": scheme.lods[0].scale if cached else 0,
        "maxScale": scheme.lods[-1].scale if cached else 0,
        "exportTilesAllowed": False,
        "hasMultidimensions": False,
        "spatialReference": spatial_reference(scheme),
        "singleFusedMapCache": cached,
        **cache_keys,
    }
