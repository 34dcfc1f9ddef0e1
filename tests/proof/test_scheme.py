"""A tiling scheme read from a service's JSON, and the files and the call that are made of it."""

from __future__ import annotations

import ast
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.schemes import keys_of, service, tile_info

from cachetools_core.proof.scheme import COMPACT_V2, EXPLODED, Extent, NoScheme, TilingScheme, in_digits
from cachetools_core.proof.scheme_files import WELL_KNOWN, conf_cdi, conf_xml, root_json
from cachetools_core.proof.scheme_shown import scheme_of
from cachetools_core.proof.way_back import ANY_DIRECTORY, create_call, files_of

URL = "https://gis.example.com:6443/arcgis/rest/services/Rain/MapServer"
GRID = {"falseX": -20037700, "falseY": -30241100, "xyUnits": 148923141.92838538, "xyTolerance": 0.001}
HOSTILE = "\"'</LODInfo>\n]]>&<!DOCTYPE x [<!ENTITY a 'b'>]>\\\x00\ud800 ${x} {y}"


def scheme(**more: Any) -> TilingScheme:
    found = scheme_of(service(**more))
    assert isinstance(found, TilingScheme), found
    return found


def with_tiles(**more: Any) -> TilingScheme:
    return scheme(tileInfo=tile_info(**more))


def arguments_of(call: str) -> dict[str, Any]:
    """The keyword arguments of the call, each a literal."""
    imports, line = ast.parse(call).body
    assert ast.unparse(imports) == "import arcpy"
    assert isinstance(line, ast.Expr)
    expression = line.value
    assert isinstance(expression, ast.Call)
    assert ast.unparse(expression.func) == "arcpy.server.CreateMapServerCache"
    return {str(one.arg): ast.literal_eval(one.value) for one in expression.keywords}


def test_conf_xml_says_what_the_service_says():
    found = keys_of(conf_xml(scheme()))
    cache, image = "/TileCacheInfo", "/TileImageInfo"
    assert found == {
        (f"{cache}/SpatialReference/WKT", 1): WELL_KNOWN[3857],
        (f"{cache}/SpatialReference/WKID", 1): 102100,
        (f"{cache}/SpatialReference/LatestWKID", 1): 3857,
        (f"{cache}/TileOrigin/X", 1): -20037508.342787001,
        (f"{cache}/TileOrigin/Y", 1): 20037508.342787001,
        (f"{cache}/TileCols", 1): 512,
        (f"{cache}/TileRows", 1): 256,
        (f"{cache}/DPI", 1): 96,
        (f"{cache}/LODInfos/LODInfo/LevelID", 1): 0,
        (f"{cache}/LODInfos/LODInfo/Scale", 1): 591657527.591555,
        (f"{cache}/LODInfos/LODInfo/Resolution", 1): 156543.03392800014,
        (f"{cache}/LODInfos/LODInfo/LevelID", 2): 1,
        (f"{cache}/LODInfos/LODInfo/Scale", 2): 295828763.79577702,
        (f"{cache}/LODInfos/LODInfo/Resolution", 2): 78271.516963999937,
        (f"{image}/CacheTileFormat", 1): "PNG8",
        (f"{image}/CompressionQuality", 1): 0,
        (f"{image}/Antialiasing", 1): "false",
    }


def test_conf_cdi_holds_the_extent():
    found = keys_of(conf_cdi(scheme()))
    assert {path: value for (path, _), value in found.items() if "/M" in path or "/X" in path or "/Y" in path} == {
        "/XMin": -1.5,
        "/YMin": -2,
        "/XMax": 3.25,
        "/YMax": 4,
    }
    assert found["/SpatialReference/WKID", 1] == 102100


def test_an_image_service_calls_its_extent_so():
    body = service(extent=service()["fullExtent"])
    del body["fullExtent"]
    assert scheme_of(body).extent == Extent(-1.5, -2, 3.25, 4)


def test_an_extent_that_is_no_number_costs_conf_cdi_and_no_more():
    """As a server in the Netherlands was seen to write it (cases/nan-in-service.json), read as no number."""
    bare = scheme(fullExtent={"xmin": None, "ymin": None, "xmax": None, "ymax": None})
    assert (bare.extent, conf_cdi(bare)) == (None, "")
    assert list(files_of(bare)) == [".conf.xml"]
    assert {"XMin", "YMin", "XMax", "YMax"} <= set(bare.not_shown)


def test_what_the_wire_does_not_show_is_listed():
    assert set(scheme().not_shown) == {
        *("WKT", "XOrigin", "YOrigin", "XYScale", "ZOrigin", "ZScale", "MOrigin", "MScale"),
        *("XYTolerance", "ZTolerance", "MTolerance", "HighPrecision"),
        *("PreciseDPI", "Antialiasing", "BandCount", "LERCError", "StorageFormat", "PacketSize"),
    }


def test_what_is_shown_after_all_is_written_and_not_listed():
    reference = {"wkid": 102100, "latestWkid": 3857, "vcsWkid": 5776, "latestVcsWkid": 5776, **GRID}
    told = with_tiles(spatialReference=reference, storageFormat=EXPLODED)
    found = {path.rpartition("/")[2]: value for (path, _), value in keys_of(conf_xml(told)).items()}
    assert (found["XOrigin"], found["XYScale"], found["XYTolerance"]) == (-20037700, 148923141.92838538, 0.001)
    assert (found["VCSWKID"], found["LatestVCSWKID"]) == (5776, 5776)
    assert (found["StorageFormat"], found["PacketSize"]) == (EXPLODED, 0)
    assert {"XOrigin", "YOrigin", "XYScale", "XYTolerance", "StorageFormat", "PacketSize"} & set(
        told.not_shown
    ) == set()


@pytest.mark.parametrize(
    ("more", "format_"),
    [
        ({"storageInfo": {"storageFormat": COMPACT_V2, "packetSize": 128}}, COMPACT_V2),
        ({"tileInfo": tile_info(storageFormat=COMPACT_V2)}, COMPACT_V2),
        ({"capabilities": "Map,Tilemap"}, COMPACT_V2),
        ({"capabilities": "Map,NoTilemap"}, ""),
        ({"storageInfo": {"storageFormat": "<b>"}}, ""),
        ({"storageInfo": "Compact", "capabilities": None}, ""),
    ],
)
def test_the_storage_format_is_found_where_it_is_told(more, format_):
    assert scheme(**more).storage_format == format_


@given(st.floats(min_value=1e-12, max_value=9e17))
def test_no_digit_of_a_number_is_lost(number):
    assert float(in_digits(number)) == number
    assert set(in_digits(number)) <= set("0123456789.")


@given(st.floats(min_value=1e-6, max_value=1e12), st.integers(1, 10**15))
def test_the_numbers_of_the_files_are_those_of_the_service(resolution, scale):
    lods = [{"level": 0, "resolution": resolution, "scale": scale}]
    one = with_tiles(lods=lods)
    found = keys_of(conf_xml(one))
    assert found["/TileCacheInfo/LODInfos/LODInfo/Resolution", 1] == resolution
    assert found["/TileCacheInfo/LODInfos/LODInfo/Scale", 1] == scale
    assert json.loads(root_json(one))["tileInfo"]["lods"] == lods


def test_a_number_that_is_sent_as_text_is_one():
    assert with_tiles(dpi="96", rows="256", origin={"x": "-180.5", "y": "90"}).origin_x == -180.5


def test_degrees_are_told_from_meters_by_the_scales():
    """A scale of 1:295,829,355 at 0.7 degrees a pixel; nobody asks a table which number is which system."""
    degrees = with_tiles(
        spatialReference={"wkid": 7844}, lods=[{"level": 0, "resolution": 0.703125, "scale": 295829355.454566}]
    )
    assert "typens:GeographicCoordinateSystem" in conf_xml(degrees)
    assert "LeftLongitude" in degrees.not_shown
    assert "typens:ProjectedCoordinateSystem" in conf_xml(scheme())
    feet = with_tiles(lods=[{"level": 0, "resolution": 1.0, "scale": 1152.0}])
    assert "typens:ProjectedCoordinateSystem" in conf_xml(feet)


def test_a_system_without_a_number_is_written_by_its_text():
    wkt = 'GEOGCS["A & <B>",UNIT["Degree",0.0174532925199433]]'
    own = with_tiles(spatialReference={"wkt": wkt})
    assert keys_of(conf_xml(own))["/TileCacheInfo/SpatialReference/WKT", 1] == wkt
    assert {"WKID", "LatestWKID"} <= set(own.not_shown)
    assert "WKT" not in own.not_shown


def test_root_json_is_written_where_the_cache_may_be_ready_to_serve():
    v2 = {"storageInfo": {"storageFormat": COMPACT_V2}, "minLOD": 0, "maxLOD": 1}
    assert list(files_of(scheme(**v2))) == [".conf.xml", ".conf.cdi"]
    ready = scheme(currentVersion=11.4, **v2)
    assert list(files_of(ready)) == [".conf.xml", ".conf.cdi", ".root.json"]
    assert {"name", "resampling", "layers"} <= set(ready.not_shown)
    root = json.loads(root_json(ready))
    assert (root["name"], root["tileBundlesPath"], root["minLOD"], root["maxLOD"]) == ("Layers", "./tile", 0, 1)
    assert root["storageInfo"] == {"storageFormat": COMPACT_V2, "packetSize": 128}
    assert root["tileInfo"]["spatialReference"] == {"wkid": 102100, "latestWkid": 3857}
    assert ".root.json" not in files_of(scheme(currentVersion=12))


def test_the_call_is_python_of_literals():
    call = create_call(scheme(storageInfo={"storageFormat": EXPLODED}), URL, r"C:\receipts\a.conf.xml", r"D:\caches")
    assert arguments_of(call) == {
        "input_service": URL,
        "service_cache_directory": r"D:\caches",
        "tiling_scheme_type": "PREDEFINED",
        "scales_type": "CUSTOM",
        "num_of_scales": 2,
        "dots_per_inch": 96,
        "tile_size": "512 x 256",
        "predefined_tiling_scheme": r"C:\receipts\a.conf.xml",
        "tile_origin": "-20037508.342787 20037508.342787",
        "scales": "591657527.591555;295828763.795777",
        "cache_tile_format": "PNG8",
        "tile_compression_quality": 0,
        "storage_format": "EXPLODED",
    }
    assert "# not shown" not in call


def test_what_the_call_had_to_guess_is_said_beside_it():
    call = create_call(with_tiles(compressionQuality=None), URL, "a.conf.xml")
    guessed = [line.partition("=")[0].strip() for line in call.splitlines() if "# not shown" in line]
    assert guessed == ["service_cache_directory", "tile_compression_quality", "storage_format"]
    assert arguments_of(call)["service_cache_directory"] == ANY_DIRECTORY


def test_what_the_tool_does_not_list_is_marked_in_the_call() -> None:
    call = create_call(with_tiles(rows=256, cols=512, format="LERC"), URL, "a.conf.xml")
    assert "tile_size='512 x 256',  # of the cache, but none that" in call
    assert "cache_tile_format='LERC',  # of the cache, but none that" in call
    assert "none that" not in create_call(with_tiles(rows=256, cols=256), URL, "a.conf.xml")


def test_nothing_that_a_server_chose_leaves_its_quotes():
    call = create_call(scheme(), URL, HOSTILE, f"'''{HOSTILE}")
    assert arguments_of(call)["service_cache_directory"] == f"'''{HOSTILE}"
    assert call.isascii()


@pytest.mark.parametrize("key", ["rows", "cols", "dpi", "format", "origin", "lods"])
def test_an_odd_value_where_one_is_needed_gives_a_reason(key):
    odd: tuple[Any, ...] = (None, -1, 0.5j, True, float("nan"), 1e300, [], {}, "", HOSTILE, "9" * 99, [{}])
    for value in odd:
        found = scheme_of(service(tileInfo=tile_info(**{key: value})))
        assert isinstance(found, NoScheme), value
        told = _told(key, value)
        assert found.why == f"the service doesn't show {told} of its tiling scheme in a form that can be read"


def _told(key: str, value: Any) -> str:
    if key == "origin" and value == {}:
        return "x"
    return "level" if key == "lods" and value == [{}] else key


@pytest.mark.parametrize("tiles", [None, [], "x", 3, {}])
def test_a_service_without_tile_info_has_no_scheme(tiles):
    assert isinstance(scheme_of(service(tileInfo=tiles)), NoScheme)


def test_more_scales_than_anybody_has_are_no_scheme():
    many = [{"level": level, "resolution": 1.0, "scale": 96.0} for level in range(10_000)]
    assert isinstance(scheme_of(service(tileInfo=tile_info(lods=many))), NoScheme)
    assert len(with_tiles(lods=many[:1000]).lods) == 1000


@pytest.mark.parametrize("reference", [None, {}, {"wkid": 0}, {"wkt": HOSTILE}, {"wkid": "x"}, [], "x"])
def test_a_coordinate_system_has_to_be_legible(reference):
    body = service(tileInfo=tile_info(spatialReference=reference), spatialReference=None)
    assert isinstance(scheme_of(body), NoScheme)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from([HOSTILE, 96, "96", "PNG"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_no_service_breaks_the_reading_the_files_or_the_call(data):
    """Any one value of the JSON is put in the place of any one that belongs there."""
    body = service()
    places = [(body, key) for key in body] + [(body["tileInfo"], key) for key in body["tileInfo"]]
    places += [(body["tileInfo"]["lods"][0], key) for key in ("level", "scale", "resolution")]
    holder, key = data.draw(st.sampled_from(places))
    holder[key] = data.draw(JSON_VALUES)
    found = scheme_of(body)
    if isinstance(found, TilingScheme):
        for ending, text in files_of(found).items():
            json.loads(text) if ending.endswith("json") else keys_of(text.encode())
        arguments_of(create_call(found, URL, "a.conf.xml"))


def test_the_captured_service_is_rebuilt_key_by_key(shared: Path) -> None:
    text = (shared / "wire/capture_1011_cached_MapServer.json").read_text()
    body = json.loads(text)
    found = scheme_of(body)
    assert isinstance(found, TilingScheme)
    conf = keys_of(conf_xml(found))
    for number, lod in enumerate(json.loads(text, parse_float=Decimal)["tileInfo"]["lods"], 1):
        at = "/TileCacheInfo/LODInfos/LODInfo"
        shown = [lod[name] for name in ("level", "scale", "resolution")]
        assert [conf[f"{at}/{name}", number] for name in ("LevelID", "Scale", "Resolution")] == [
            float(n) for n in shown
        ]
        assert f"<Resolution>{lod['resolution']}</Resolution>" in conf_xml(found), "no digit less"
    assert conf["/TileCacheInfo/SpatialReference/VCSWKID", 1] == 5776
    assert conf["/TileCacheInfo/TileOrigin/X", 1] == -2500000
    cdi = keys_of(conf_cdi(found))
    assert cdi["/XMin", 1] == body["fullExtent"]["xmin"]
    assert arguments_of(create_call(found, URL, "a.conf.xml"))["cache_tile_format"] == "PNG24"
