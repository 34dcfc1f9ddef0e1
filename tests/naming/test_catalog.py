"""Files that point at a service: server connections (.ags) and layer files (.lyrx), as real ones are built."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.clocks import FastClock

from cachetools_core.errors import Cancelled, ConnectionFileError, DeadlinePassed, NotAService
from cachetools_core.naming.files import LARGEST_CONNECTION, LARGEST_LAYER_FILE, find_service
from cachetools_core.naming.service import ServiceReference
from cachetools_core.waiting import SYSTEM_CLOCK, Run

SITE = "https://gis.example.com:6443/arcgis"
SCHEMAS = [
    "http://www.esri.com/schemas/ArcGIS/10.8",
    "http://www.esri.com/schemas/ArcGIS",
    "http://www.w3.org/2001/XMLSchema-instance",
    "http://schemas.xmlsoap.org/soap/envelope/",
    "https://portal.example.com/portal/sharing/rest/generateToken",
    "https://www.arcgis.com/sharing/rest",
    "https://gis.example.com:6443/arcgis/tokens/",
    "https://good@evil.example/arcgis/services",
    "https://evil\\@gis.example.com/arcgis/services",
    "https://gis.example.com/a/../b/services",
]


def bytes_of_a_connection(*urls: str, odd: bool = False, seed: int = 1) -> bytes:
    """UTF-16-LE text among binary data, with lengths before and zeros after it (pyt.md 5.1)."""
    noise = random.Random(seed)
    content = b"\xd0\xcf\x11\xe0" + noise.randbytes(400)
    for url in urls:
        content += b"\x08\x00" + len(url).to_bytes(4, "little") + url.encode("utf-16-le") + b"\x00\x00"
        content += noise.randbytes(101 if len(content) % 2 else 100)
    start = content.index(urls[0].encode("utf-16-le")) if urls else 0
    return content if start % 2 == odd else b"\x07" + content


def connection(folder: Path, content: bytes, name: str = "arcgis on gis.example.com_6443 (admin).ags") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def find(text: str) -> ServiceReference:
    return find_service(text, Run(SYSTEM_CLOCK, 600.0, lambda: False))


def refused(text: str) -> ConnectionFileError:
    with pytest.raises(ConnectionFileError) as caught:
        find(text)
    error = caught.value
    assert (error.message_id, error.exit_code) == ("CT102", 2)
    assert error.remedy.startswith("Give "), "the remedy says what to give"
    return error


@pytest.mark.parametrize("odd", [False, True])
@pytest.mark.parametrize("kind", ["MapServer", "ImageServer"])
def test_every_form_of_catalog_path_leads_to_the_service(tmp_path: Path, odd: bool, kind: str) -> None:
    content = bytes_of_a_connection(f"{SITE}/services", f"{SITE}/admin", *SCHEMAS, odd=odd)
    file = connection(tmp_path, content)
    wanted = ServiceReference(SITE, "F", "Rainfall", kind)
    without = str(file)[: -len(".ags")]
    for text in (
        f"{file}/F/Rainfall.{kind}",
        f"{file}\\F\\Rainfall.{kind}",
        f"{without}/F/Rainfall.{kind}",
        f'"{without}\\F\\Rainfall.{kind}"',
        f"{file}/F/Rainfall/{kind}",
    ):
        assert find(text) == wanted
    assert find(f"{file}/Rainfall.{kind}") == ServiceReference(SITE, "", "Rainfall", kind)
    assert find(f"{file}/F/Niederschläge.{kind}").path == "F/Niederschl%C3%A4ge"


def test_an_address_needs_no_file() -> None:
    assert find(f"{SITE}/services/F/R/MapServer").url == f"{SITE}/rest/services/F/R/MapServer"


@pytest.mark.parametrize(
    "url",
    [
        f"{SITE}/services",
        f"{SITE}/services/",
        f"{SITE}/services?wsdl",
        f"{SITE}/admin",
        f"{SITE}/rest/info",
        f"{SITE}/rest/services",
        SITE,
        f"{SITE}/",
        "HTTPS://GIS.EXAMPLE.COM:6443/arcgis/Services",
    ],
)
@pytest.mark.parametrize("odd", [False, True])
def test_whatever_resource_of_the_site_a_connection_names_it_is_the_site(tmp_path: Path, url: str, odd: bool) -> None:
    file = connection(tmp_path, bytes_of_a_connection(url, odd=odd))
    assert find(f"{file}/Rainfall.MapServer").site == SITE


@pytest.mark.parametrize("tail", ["services", "rest/services", "admin"])
def test_a_connection_to_a_site_at_the_root_of_its_host_names_it(tmp_path: Path, tail: str) -> None:
    file = connection(tmp_path, bytes_of_a_connection(f"https://gis.example.com/{tail}"))
    assert find(f"{file}/Rainfall.MapServer").url == "https://gis.example.com/rest/services/Rainfall/MapServer"


def test_spellings_that_differ_in_letter_case_are_one_site_asked_as_the_first(tmp_path: Path) -> None:
    content = bytes_of_a_connection("https://h/ArcGIS/services", "https://h/arcgis/admin")
    assert find(f"{connection(tmp_path, content)}/R.MapServer").site == "https://h/ArcGIS"


def test_addresses_at_both_alignments_of_one_file_are_found(tmp_path: Path) -> None:
    content = bytes_of_a_connection("https://one.example/arcgis/services")
    content += b"\x00" * ((len(content) + 1) % 2) + "https://two.example/arcgis/services".encode("utf-16-le")
    error = refused(f"{connection(tmp_path, content)}/Rainfall.MapServer")
    assert "several sites: https://one.example/arcgis, https://two.example/arcgis." in error.what


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_schema_or_a_portal_is_no_site(tmp_path: Path, schema: str) -> None:
    assert "names no site" in refused(f"{connection(tmp_path, bytes_of_a_connection(schema))}/R.MapServer").what


def test_a_connection_without_text_names_no_site_and_the_error_says_what_to_give(tmp_path: Path) -> None:
    file = connection(tmp_path, bytes_of_a_connection())
    error = refused(f"{file}/F/Rainfall.MapServer")
    assert f"{file} names no site" in error.what
    assert "https://gis.example.com:6443/arcgis/rest/services/F/Rainfall/MapServer" in error.remedy


def test_text_that_is_not_utf16_is_not_taken_for_an_address(tmp_path: Path) -> None:
    error = refused(f"{connection(tmp_path, (SITE + '/services').encode())}/Rainfall.MapServer")
    assert "names no site" in error.what


def test_many_sites_are_not_all_listed(tmp_path: Path) -> None:
    sites = [f"https://h{number:03}.example/arcgis/services" for number in range(300)]
    error = refused(f"{connection(tmp_path, bytes_of_a_connection(*sites))}/Rainfall.MapServer")
    assert "https://h004.example/arcgis, ..." in error.what
    assert "h005" not in error.what
    five = refused(f"{connection(tmp_path, bytes_of_a_connection(*sites[:5]))}/Rainfall.MapServer")
    assert five.what.endswith("https://h004.example/arcgis.")


def test_a_connection_larger_than_any_is_refused(tmp_path: Path) -> None:
    file = connection(tmp_path, bytes_of_a_connection(f"{SITE}/services") + bytes(LARGEST_CONNECTION))
    assert "too large" in refused(f"{file}/Rainfall.MapServer").what
    os.truncate(file, LARGEST_CONNECTION)
    assert find(f"{file}/Rainfall.MapServer").site == SITE


def test_a_connection_that_may_not_be_read_is_refused_with_the_reason(tmp_path: Path) -> None:
    link = tmp_path / "x.ags"
    link.symlink_to("/proc/self/mem" if sys.platform == "linux" else tmp_path)
    error = refused(f"{link}/Rainfall.MapServer")
    assert "can't be read: Input/output error" in error.what if sys.platform == "linux" else "isn't there" in error.what


@pytest.mark.parametrize(
    "text",
    [
        r"C:\nowhere\arcgis on gis.example.com_6443 (admin)\F\Rainfall.MapServer",
        r"\\nowhere\share\arcgis on gis.example.com_6443 (admin).ags\F\Rainfall.MapServer",
        r"GIS Servers\arcgis on gis.example.com_6443 (admin)\F\Rainfall.MapServer",
    ],
)
def test_a_connection_that_is_not_there_says_which_address_to_give(text: str) -> None:
    error = refused(text)
    assert "isn't there" in error.what
    assert "https://gis.example.com:6443/arcgis/rest/services/F/Rainfall/MapServer" in error.remedy


@pytest.mark.parametrize("name", ["arcgis on myserver (user).ags", "production.ags", "arcgis on u:canary@h (a).ags"])
def test_the_hint_is_made_of_what_the_connection_is_called(name: str) -> None:
    host = "myserver" if "myserver" in name else "gisserver:6443"
    assert (
        f"https://{host}/arcgis/rest/services/Rainfall/ImageServer" in refused(f"x/{name}/Rainfall.ImageServer").remedy
    )


@pytest.mark.parametrize("name", ["x" * 300, "a/" * 1000 + "b"])
def test_a_path_that_no_system_takes_is_a_clear_error(name: str) -> None:
    assert "isn't there" in refused(f"/{name}.ags/Rainfall.MapServer").what


class ArcCatalog:
    """ArcCatalog's folders below %APPDATA%, as several versions leave them."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def keep(self, name: str, *urls: str, version: str = "Desktop10.8", maker: str = "ESRI") -> Path:
        folder = self.home / maker / version / "ArcCatalog"
        folder.mkdir(parents=True, exist_ok=True)
        return connection(folder, bytes_of_a_connection(*urls), name)


@pytest.fixture
def arc_catalog(own_home: Path) -> ArcCatalog:
    return ArcCatalog(own_home)


@pytest.mark.parametrize("maker", ["ESRI", "Esri"])
@pytest.mark.parametrize("slash", ["/", "\\"])
@pytest.mark.parametrize("name", ["arcgis on h_6443 (publisher)", "production [1]"])
def test_gis_servers_means_arccatalogs_own_folder(arc_catalog: ArcCatalog, name: str, slash: str, maker: str) -> None:
    arc_catalog.keep(f"{name}.ags", f"{SITE}/services", maker=maker)
    arc_catalog.keep("production 1.ags", "https://other.example/arcgis/services", maker=maker)
    for connection_name in (name, f"{name}.ags"):
        text = slash.join(("GIS Servers", connection_name, "F", "Rainfall.MapServer"))
        assert find(text) == ServiceReference(SITE, "F", "Rainfall", "MapServer")


def test_one_connection_kept_by_two_versions_is_one_only_if_they_agree(arc_catalog: ArcCatalog) -> None:
    arc_catalog.keep("x.ags", f"{SITE}/services", version="Desktop10.1")
    arc_catalog.keep("x.ags", f"{SITE}/admin", version="Desktop10.8")
    assert find(r"GIS Servers\x.ags\Rainfall.MapServer").site == SITE
    arc_catalog.keep("x.ags", "https://old.example/arcgis/services", version="Desktop10.1")
    error = refused(r"GIS Servers\x.ags\Rainfall.MapServer")
    assert f"several sites: {SITE}, https://old.example/arcgis." in error.what


def test_a_missing_file_does_not_lead_to_one_of_the_same_name_elsewhere(
    arc_catalog: ArcCatalog, tmp_path: Path
) -> None:
    arc_catalog.keep("x.ags", f"{SITE}/services")
    assert "isn't there" in refused(f"{tmp_path}/x.ags/Rainfall.MapServer").what


def test_without_application_data_gis_servers_is_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APPDATA")
    assert "isn't there" in refused(r"GIS Servers\x.ags\Rainfall.MapServer").what


# --- layer files


def ags(url: Any, kind: Any = "MapServer", **more: Any) -> dict[str, Any]:
    """A CIMAGSServiceConnection as Pro 3.0 writes it (a public .lyrx; pyt.md 5.2)."""
    return {
        "type": "CIMAGSServiceConnection",
        "objectName": "F/Rainfall",
        "objectType": kind,
        "url": url,
        "serverConnection": {
            "type": "CIMInternetServerConnection",
            "anonymous": True,
            "hideUserProperty": True,
            "url": "https://other.example/ArcGIS/services",
        },
        **more,
    }


def tiled(url: str) -> dict[str, Any]:
    return {"type": "CIMTiledServiceLayer", "name": "Rainfall", "serviceConnection": ags(url)}


WMTS = {
    "type": "CIMTiledServiceLayer",
    "serviceConnection": {
        "type": "CIMWMTSServiceConnection",
        "serverConnection": {"type": "CIMInternetServerConnection", "url": f"{SITE}/rest/services/W/MapServer/WMTS"},
    },
}
VECTOR_TILES = {
    "type": "CIMVectorTileLayer",
    "dataConnection": {
        "type": "CIMVectorTileDataConnection",
        "uRI": f"{SITE}/rest/services/Hosted/V/VectorTileServer",
    },
}
FEATURES = {
    "type": "CIMFeatureLayer",
    "featureTable": {
        "dataConnection": {
            "type": "CIMStandardDataConnection",
            "workspaceConnectionString": f"URL={SITE}/rest/services/F/Rainfall/FeatureServer",
        }
    },
}
SOMETHING_ELSE = {"type": "CIMX", "serviceConnection": ags(f"{SITE}/rest/services/S/MapServer", type="CIMXConnection")}
GEOPROCESSING = {"type": "CIMX", "serviceConnection": ags(f"{SITE}/rest/services/Tools/GPServer", "GPServer")}


def layer_file(folder: Path, *layers: Any, start: bytes = b"", name: str = "Rainfall.lyrx") -> Path:
    file = folder / name
    document = {
        "type": "CIMLayerDocument",
        "version": "3.0.0",
        "build": 36056,
        "layers": [f"CIMPATH=map/{number}.json" for number in range(len(layers))],
        "layerDefinitions": list(layers),
    }
    file.write_bytes(start + json.dumps(document, ensure_ascii=False).encode("utf-8"))
    return file


RAINFALL = f"{SITE}/rest/services/F/Rainfall/MapServer"


@pytest.mark.parametrize(
    ("layers", "url"),
    [
        ([tiled(RAINFALL)], RAINFALL),
        ([tiled(RAINFALL.replace("arcgis", "ArcGIS"))], RAINFALL.replace("arcgis", "ArcGIS")),
        ([tiled(RAINFALL), tiled(RAINFALL.replace("arcgis", "ArcGIS"))], RAINFALL),
        ([{"type": "CIMMapImageLayer", "serviceConnection": ags(RAINFALL)}], RAINFALL),
        ([{"type": "CIMDynamicServiceLayer", "serviceConnection": ags(None, URL=RAINFALL)}], RAINFALL),
        (
            [
                {
                    "type": "CIMImageServiceLayer",
                    "dataConnection": ags(f"{SITE}/services/F/Rainfall/ImageServer", "ImageServer"),
                }
            ],
            f"{SITE}/rest/services/F/Rainfall/ImageServer",
        ),
        ([tiled(RAINFALL), {"type": "CIMMapImageLayer", "serviceConnection": ags(RAINFALL + "?f=json")}], RAINFALL),
        ([{"type": "CIMGroupLayer", "layers": ["CIMPATH=map/1.json"]}, tiled(RAINFALL)], RAINFALL),
        ([WMTS, VECTOR_TILES, FEATURES, SOMETHING_ELSE, GEOPROCESSING, tiled(RAINFALL)], RAINFALL),
        ([tiled(f"{SITE}/rest/services/Été/Niederschläge/MapServer")], f"{SITE}/rest/services/%C3%89t%C3%A9/N"),
    ],
)
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_a_layer_file_leads_to_the_one_service_that_it_draws(
    tmp_path: Path, layers: list[Any], url: str, start: bytes
) -> None:
    file = layer_file(tmp_path, *layers, start=start)
    for text in (str(file), f'"{file}"'):
        assert find(text).url.startswith(url)


def test_the_rehearsal_layer_files_lead_to_the_rehearsal_services() -> None:
    layers = Path(__file__).parent.parent.parent / "layers"
    found = {find(str(file)).url for file in layers.glob("*.lyrx")}
    services = ("https", "Rainfall/MapServer"), ("http", "Rainfall/MapServer"), ("https", "Weather/Wind/ImageServer")
    assert found == {f"{scheme}://localhost:6443/arcgis/rest/services/{service}" for scheme, service in services}


OTHER = f"{SITE}/rest/services/F/Snow/MapServer"


@pytest.mark.parametrize(
    ("layers", "why"),
    [
        ([tiled(RAINFALL), tiled(OTHER)], f"several services: {RAINFALL}, {OTHER}"),
        ([{"type": "CIMGroupLayer", "layers": []}, tiled(OTHER), tiled(RAINFALL)], "several services"),
        ([tiled(RAINFALL), tiled(RAINFALL.replace("gis.", "other."))], "several services"),
        ([], "no map or image service"),
        ([WMTS, VECTOR_TILES, FEATURES, GEOPROCESSING], "no map or image service"),
        ([{"type": "CIMX", "serviceConnection": ags(RAINFALL, ["MapServer"])}], "no map or image service"),
        ([{"type": "CIMX", "serviceConnection": ags(RAINFALL, {"a": 1})}], "no map or image service"),
        ([tiled(RAINFALL + "/0")], "can't be named"),
        ([tiled(RAINFALL), tiled(RAINFALL + "/0")], "can't be named"),
        ([tiled(RAINFALL), tiled("https://user:pw@h/arcgis/rest/services/R/MapServer")], "can't be named"),
        ([tiled(r"C:\x.ags\Rainfall.MapServer")], "no service's address"),
        ([{"type": "CIMX", "serviceConnection": ags(None)}], "no service's address"),
        ([{"type": "CIMX", "serviceConnection": ags([RAINFALL])}], "no service's address"),
    ],
)
def test_a_layer_file_that_does_not_draw_exactly_one_service_is_refused(
    tmp_path: Path, layers: list[Any], why: str
) -> None:
    file = layer_file(tmp_path, *layers)
    error = refused(str(file))
    assert str(file) in error.what
    assert why in error.what
    assert "pw" not in str(error)


def test_many_services_are_not_all_listed(tmp_path: Path) -> None:
    file = layer_file(tmp_path, *(tiled(f"{SITE}/rest/services/S{number:04}/MapServer") for number in range(2000)))
    error = refused(str(file))
    assert "S0004/MapServer, ..." in error.what
    assert "S0005" not in error.what


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\x00\xff\xfe",
        b"PK\x03\x04",
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"url": "https://a/x", "url": "https://b/x"}',
    ],
)
def test_a_layer_file_that_is_not_json_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.lyrx"
    file.write_bytes(content)
    assert "isn't readable JSON" in refused(str(file)).what


def test_deep_nesting_that_json_takes_is_walked_to_its_end(tmp_path: Path) -> None:
    layer: Any = tiled(RAINFALL)
    for _ in range(400):
        layer = {"inner": [layer]}
    assert find(str(layer_file(tmp_path, layer))).url == RAINFALL


def test_a_layer_file_that_is_not_there_or_too_large_is_refused(tmp_path: Path) -> None:
    assert "can't be read: No such file" in refused(str(tmp_path / "none.lyrx")).what
    large = tmp_path / "large.lyrx"
    with large.open("wb") as stream:
        stream.truncate(LARGEST_LAYER_FILE + 1)
    assert "too large" in refused(str(large)).what
    assert "can't be read" in refused(f"/{'x' * 300}.lyrx").what
    folder = tmp_path / "folder.lyrx"
    folder.mkdir()
    assert "can't be read" in refused(str(folder)).what


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_connection_that_is_a_pipe_hangs_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.ags")
    assert "isn't there" in refused(f"{tmp_path}/x.ags/Rainfall.MapServer").what


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
@pytest.mark.parametrize("cancelled", [False, True])
def test_a_layer_file_that_does_not_answer_is_left_at_the_deadline_and_at_a_cancel(
    tmp_path: Path, cancelled: bool
) -> None:
    pipe = tmp_path / "silent.lyrx"
    os.mkfifo(pipe)
    asked: list[bool] = []

    def cancel_wanted() -> bool:
        asked.append(cancelled)
        return cancelled and len(asked) > 1

    with pytest.raises(Cancelled if cancelled else DeadlinePassed) as raised:
        find_service(str(pipe), Run(FastClock(100.0), 600.0 if cancelled else 5.0, cancel_wanted))
    if not cancelled:
        assert f"was reached while reading the layer file {pipe}" in str(raised.value)


def test_typed_text_is_not_repeated_before_its_last_at_sign(tmp_path: Path) -> None:
    for text in (
        r"arcgis on u:canary@h (a).ags\F\R.MapServer",
        "https:/u:canary@h/Rainfall.lyrx",
        r"u:canary@x.ags\F\Rainfall.MapServer",
    ):
        assert "canary" not in str(refused(text))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_a_file_that_never_answers_does_not_keep_the_process_from_ending(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "silent.lyrx")
    script = """
import sys
from cachetools_core.errors import DeadlinePassed
from cachetools_core.naming.files import find_service
from cachetools_core.waiting import SYSTEM_CLOCK, Run
try:
    find_service(sys.argv[1], Run(SYSTEM_CLOCK, 0.5, lambda: False))
except DeadlinePassed:
    print("left")
"""
    ended = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "silent.lyrx")], capture_output=True, text=True, timeout=120
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "left\n", "")


def test_a_text_that_is_no_name_stays_a_naming_error() -> None:
    with pytest.raises(NotAService):
        find("World Imagery")
