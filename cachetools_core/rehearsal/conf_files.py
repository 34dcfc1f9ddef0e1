"""The files in a cache's folder that carry its tiling scheme: conf.xml and conf.cdi."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from cachetools_core.rehearsal.bundles import CacheError
from cachetools_core.rehearsal.tiling import EXPLODED, NOWHERE, Extent, LevelOfDetail, TilingScheme, finite


def conf_file(folder: Path) -> Path | None:
    """The map folder's conf.xml, which some versions spell Conf.xml; None where there is none."""
    return next((file for file in (folder / "conf.xml", folder / "Conf.xml") if file.is_file()), None)


def read_scheme(folder: Path) -> TilingScheme:
    """The scheme in a map folder's conf.xml and conf.cdi; CacheError where they cannot be read.

    9.2 and 9.3 wrote no conf.cdi: the full extent is NOWHERE then.
    """
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
        return NOWHERE
    envelope = _Element.of_file(cdi, "EnvelopeN")
    return Extent(*(envelope.number(side) for side in ("XMin", "YMin", "XMax", "YMax")))


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
            return finite(text)
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
