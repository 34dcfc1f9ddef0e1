"""The tiling scheme of a cache and the files that carry it: conf.xml with conf.cdi, and a package's root.json."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from cachetools_core.rehearsal.bundles import CacheError

COMPACT_V2 = "esriMapCacheStorageModeCompactV2"
COMPACT_V1 = "esriMapCacheStorageModeCompact"
EXPLODED = "esriMapCacheStorageModeExploded"

WEB_MERCATOR_WKT = (
    'PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",'
    'SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
    'PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],'
    'PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],PARAMETER["Auxiliary_Sphere_Type",0.0],'
    'UNIT["Meter",1.0],AUTHORITY["EPSG",3857]]'
)


@dataclass(frozen=True)
class LevelOfDetail:
    """One level of the scheme; resolution in map units a pixel, scale as the denominator."""

    level: int
    resolution: float
    scale: float


@dataclass(frozen=True)
class Extent:
    """A rectangle in map units."""

    xmin: float
    ymin: float
    xmax: float
    ymax: float


@dataclass(frozen=True)
class TilingScheme:
    """How a cache cuts the map into tiles, and how it stores them.

    `rows` and `cols` are the pixels of a tile, `origin_x` and `origin_y` the top-left corner of tile row 0, column 0.
    `wkid` is 0 for a coordinate system that has no number, `wkt` is empty where only the number is known.
    `packet_size` is 128 for compact storage, 0 for exploded.
    """

    rows: int
    cols: int
    dpi: int
    origin_x: float
    origin_y: float
    wkid: int
    latest_wkid: int
    wkt: str
    lods: tuple[LevelOfDetail, ...]
    tile_format: str
    compression_quality: int
    storage_format: str
    packet_size: int
    full_extent: Extent

    def expected_tiles(self, level: int) -> int:
        """The number of tiles that the full extent touches at the level; KeyError for a level outside the scheme."""
        rows, columns = self.touched(level, self.full_extent)
        return len(rows) * len(columns)

    def touched(self, level: int, extent: Extent) -> tuple[range, range]:
        """The rows and columns of tiles that an extent touches; KeyError for a level outside the scheme."""
        resolution = {lod.level: lod.resolution for lod in self.lods}[level]
        rows = _touched(self.origin_y - extent.ymax, self.origin_y - extent.ymin, self.rows * resolution)
        columns = _touched(extent.xmin - self.origin_x, extent.xmax - self.origin_x, self.cols * resolution)
        return rows, columns


def _touched(start: float, end: float, tile: float) -> range:
    # A hundred-thousandth of a tile absorbs the rounded resolutions that ArcGIS writes.
    found = range(max(0, math.floor(start / tile + 1e-5)), math.ceil(end / tile - 1e-5))
    # An extent that is narrower than that still lies in a tile.
    return found if found or start < 0 else range(math.floor(start / tile), math.ceil(end / tile))


def conf_file(folder: Path) -> Path | None:
    """The map folder's conf.xml, which some versions spell Conf.xml; None where there is none."""
    return next((file for file in (folder / "conf.xml", folder / "Conf.xml") if file.is_file()), None)


def read_scheme(folder: Path) -> TilingScheme:
    """The scheme in a map folder's conf.xml and conf.cdi; CacheError where they are missing or cannot be read."""
    conf = conf_file(folder)
    if not conf:
        raise CacheError(f"{folder} holds no conf.xml, so it is not a map cache. Give the folder that holds one.")
    info = _Element.of_file(conf, "CacheInfo")
    tiles, image = info.child("TileCacheInfo"), info.child("TileImageInfo")
    reference, storage = tiles.child("SpatialReference"), info.optional("CacheStorageInfo")
    wkid = int(reference.number("WKID", 0))
    return TilingScheme(
        rows=tiles.whole("TileRows"),
        cols=tiles.whole("TileCols"),
        dpi=tiles.whole("DPI"),
        origin_x=tiles.child("TileOrigin").number("X"),
        origin_y=tiles.child("TileOrigin").number("Y"),
        wkid=wkid,
        latest_wkid=int(reference.number("LatestWKID", wkid)),
        wkt=reference.text("WKT", ""),
        lods=tuple(
            LevelOfDetail(int(lod.number("LevelID")), lod.positive("Resolution"), lod.positive("Scale"))
            for lod in tiles.child("LODInfos").children("LODInfo")
        ),
        tile_format=image.text("CacheTileFormat"),
        compression_quality=int(image.number("CompressionQuality")),
        # 9.2 and 9.3 wrote no CacheStorageInfo: their caches are always exploded.
        storage_format=storage.text("StorageFormat") if storage else EXPLODED,
        packet_size=int(storage.number("PacketSize")) if storage else 0,
        full_extent=_read_extent(folder / "conf.cdi"),
    )


def _read_extent(cdi: Path) -> Extent:
    if not cdi.is_file():
        raise CacheError(f"{cdi.parent} holds no conf.cdi, which carries the cache's extent. Copy the cache again.")
    envelope = _Element.of_file(cdi, "EnvelopeN")
    return Extent(*(envelope.number(side) for side in ("XMin", "YMin", "XMax", "YMax")))


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
            rows=_positive(int(tiles["rows"])),
            cols=_positive(int(tiles["cols"])),
            dpi=_positive(int(tiles["dpi"])),
            origin_x=_finite(tiles["origin"]["x"]),
            origin_y=_finite(tiles["origin"]["y"]),
            wkid=wkid,
            latest_wkid=latest_wkid,
            wkt=str(reference.get("wkt", WEB_MERCATOR_WKT if latest_wkid == 3857 else "")),
            lods=tuple(
                LevelOfDetail(int(lod["level"]), _positive(lod["resolution"]), _scale(lod, tiles["dpi"], reference))
                for lod in tiles["lods"]
                if lod["level"] <= root["maxLOD"]
            ),
            tile_format=str(image["format"]),
            compression_quality=int(image["compressionQuality"]),
            storage_format=str(storage["storageFormat"]),
            packet_size=int(storage["packetSize"]),
            full_extent=Extent(*(_finite(root["fullExtent"][side]) for side in ("xmin", "ymin", "xmax", "ymax"))),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise CacheError(
            f"root.json in {where} is not the description of a tile package ({type(error).__name__}: {error}). "
            "Create the package again, or give the cache's own folder."
        ) from error


INCHES_IN_A_METER = 39.37
METERS_IN_A_DEGREE = 6378137.0 * math.pi / 180


def _scale(lod: Any, dpi: Any, reference: Any) -> float:
    """The level's scale, which the specification of packages leaves optional: else from its resolution."""
    if "scale" in lod:
        return float(_positive(lod["scale"]))
    meters = _positive(lod["resolution"]) * _meters_in_a_unit(reference)
    return float(meters * INCHES_IN_A_METER * _positive(dpi))


def _meters_in_a_unit(reference: Any) -> float:
    """Of the coordinate system's unit; a projected one that is known by number only counts in meters here."""
    wkt = str(reference.get("wkt", ""))
    if wkt.startswith("GEOGCS") or int(reference.get("wkid", 0)) in range(4000, 5000):
        return METERS_IN_A_DEGREE
    # The unit of a projection stands after its geographic coordinate system's.
    units = re.findall(r'UNIT\["[^"]*",([0-9.eE+-]+)', wkt)
    return float(_positive(units[-1])) if units else 1.0


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is not a finite number")
    return number


def _positive(value: Any) -> Any:
    if _finite(value) <= 0:
        raise ValueError(f"{value} is not greater than 0")
    return value


class _Element:
    """An XML element that says in its errors which file and which element they are about."""

    def __init__(self, element: ElementTree.Element, where: str) -> None:
        self._element = element
        self._where = where

    @classmethod
    def of_file(cls, file: Path, root: str) -> _Element:
        text = file.read_bytes()
        # ArcGIS writes no document type; entities declared in one can grow without end.
        if b"<!DOCTYPE" in text:
            raise CacheError(f"{file} declares a document type, which no cache does. Get the cache from its source.")
        try:
            element = ElementTree.fromstring(text)
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            raise CacheError(f"{file} is not XML ({error}). The cache is damaged: copy it again.") from error
        if element.tag != root:
            raise CacheError(f"{file} holds {element.tag}, not {root}, so this is no map cache. Give another folder.")
        return cls(element, str(file))

    def optional(self, name: str) -> _Element | None:
        found = self._element.find(name)
        return None if found is None else _Element(found, f"{self._where}, {name}")

    def child(self, name: str) -> _Element:
        found = self.optional(name)
        if not found:
            raise CacheError(f"{self._where}: no {name} there. The cache is damaged: copy it again.")
        return found

    def children(self, name: str) -> list[_Element]:
        return [_Element(found, f"{self._where}, {name}") for found in self._element.findall(name)]

    def text(self, name: str, default: str | None = None) -> str:
        text = self._element.findtext(name, default)
        if text is None:
            raise CacheError(f"{self._where}: no {name} there. The cache is damaged: copy it again.")
        return text

    def number(self, name: str, default: int | None = None) -> float:
        text = self.text(name, None if default is None else str(default))
        try:
            return _finite(text)
        except ValueError as error:
            raise CacheError(
                f"{self._where}: {name} is not a number ({text!r}). The cache is damaged: copy it again."
            ) from error

    def whole(self, name: str) -> int:
        number = int(self.number(name))
        if number < 1:
            raise CacheError(f"{self._where}: {name} is less than 1. The cache is damaged: copy it again.")
        return number

    def positive(self, name: str) -> float:
        number = self.number(name)
        if number <= 0:
            raise CacheError(f"{self._where}: {name} is not greater than 0. The cache is damaged: copy it again.")
        return number


XML_HEAD = '<?xml version="1.0" encoding="utf-8" ?>'
NAMESPACES = (
    "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:xs='http://www.w3.org/2001/XMLSchema' "
    "xmlns:typens='http://www.esri.com/schemas/ArcGIS/10.3'"
)


def write_scheme(folder: Path, scheme: TilingScheme) -> None:
    """Writes conf.xml and conf.cdi as ArcGIS 10.3 writes them, single quotes and all."""
    reference = _reference_xml(scheme)
    lods = "".join(
        f"<LODInfo xsi:type='typens:LODInfo'><LevelID>{lod.level}</LevelID><Scale>{lod.scale!r}</Scale>"
        f"<Resolution>{lod.resolution!r}</Resolution></LODInfo>"
        for lod in scheme.lods
    )
    conf = (
        f"{XML_HEAD}<CacheInfo xsi:type='typens:CacheInfo' {NAMESPACES}>"
        f"<TileCacheInfo xsi:type='typens:TileCacheInfo'>{reference}"
        f"<TileOrigin xsi:type='typens:PointN'><X>{scheme.origin_x!r}</X><Y>{scheme.origin_y!r}</Y></TileOrigin>"
        f"<TileCols>{scheme.cols}</TileCols><TileRows>{scheme.rows}</TileRows>"
        f"<DPI>{scheme.dpi}</DPI><PreciseDPI>{scheme.dpi}</PreciseDPI>"
        f"<LODInfos xsi:type='typens:ArrayOfLODInfo'>{lods}</LODInfos></TileCacheInfo>"
        "<TileImageInfo xsi:type='typens:TileImageInfo'>"
        f"<CacheTileFormat>{escape(scheme.tile_format)}</CacheTileFormat>"
        f"<CompressionQuality>{scheme.compression_quality}</CompressionQuality><Antialiasing>false</Antialiasing>"
        "<BandCount>1</BandCount><LERCError>0</LERCError></TileImageInfo>"
        "<CacheStorageInfo xsi:type='typens:CacheStorageInfo'>"
        f"<StorageFormat>{escape(scheme.storage_format)}</StorageFormat>"
        f"<PacketSize>{scheme.packet_size}</PacketSize></CacheStorageInfo></CacheInfo>"
    )
    extent = scheme.full_extent
    cdi = (
        f"{XML_HEAD}<EnvelopeN xsi:type='typens:EnvelopeN' {NAMESPACES}>"
        f"<XMin>{extent.xmin!r}</XMin><YMin>{extent.ymin!r}</YMin>"
        f"<XMax>{extent.xmax!r}</XMax><YMax>{extent.ymax!r}</YMax>{reference}</EnvelopeN>"
    )
    (folder / "conf.xml").write_text(conf, "utf-8")
    (folder / "conf.cdi").write_text(cdi, "utf-8")


def _reference_xml(scheme: TilingScheme) -> str:
    geographic = scheme.wkid == 4326 or scheme.wkt.startswith("GEOGCS")
    kind = "GeographicCoordinateSystem" if geographic else "ProjectedCoordinateSystem"
    # The grid on which ArcGIS stores coordinates, with its defaults; no reader of a cache uses it.
    x, y, xy_scale = ("-400", "-400", "1000000000") if geographic else ("-20037700", "-30241100", "148923141.92838538")
    wkt = f"<WKT>{escape(scheme.wkt, {chr(34): '&quot;'})}</WKT>" if scheme.wkt else ""
    return (
        f"<SpatialReference xsi:type='typens:{kind}'>{wkt}"
        f"<XOrigin>{x}</XOrigin><YOrigin>{y}</YOrigin><XYScale>{xy_scale}</XYScale>"
        "<ZOrigin>-100000</ZOrigin><ZScale>10000</ZScale><MOrigin>-100000</MOrigin><MScale>10000</MScale>"
        "<XYTolerance>0.001</XYTolerance><ZTolerance>0.001</ZTolerance><MTolerance>0.001</MTolerance>"
        f"<HighPrecision>true</HighPrecision><WKID>{scheme.wkid}</WKID><LatestWKID>{scheme.latest_wkid}</LatestWKID>"
        "</SpatialReference>"
    )
