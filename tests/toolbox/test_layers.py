"""The layer files of the rehearsal services: what they hold, and each given to each tool.

That they are valid by the CIM specification (Esri/cim-spec, v3) was checked by hand; the shapes that matter to ArcGIS
Pro are kept here.
"""

from __future__ import annotations

import json
import urllib.parse
from pathlib import Path
from typing import Any

import pytest
from arcpy_standin import Pro
from support.source import ROOT
from support.toolbox import REPORT, SERVICE, TILES, TOOL, Place

from cachetools_core.naming.files import find_service
from cachetools_core.waiting import SYSTEM_CLOCK, Run

LAYERS = ROOT / "layers"
SITE, OVER_HTTP = "https://localhost:6443/arcgis", "http://localhost:6443/arcgis"
TILED = ("CIMTiledServiceLayer", "serviceConnection")
DYNAMIC = ("CIMMapImageLayer", "serviceConnection")
IMAGE = ("CIMImageServiceLayer", "dataConnection")
FILES = {
    "Rainfall.lyrx": (TILED, SITE, "Rainfall/MapServer"),
    "Rainfall over HTTP.lyrx": (TILED, OVER_HTTP, "Rainfall/MapServer"),
    "Rainfall without cache.lyrx": (DYNAMIC, SITE, "Rainfall/MapServer"),
    "Wind.lyrx": (IMAGE, SITE, "Weather/Wind/ImageServer"),
}
every_file = pytest.mark.parametrize("file", list(FILES))
over_https = pytest.mark.parametrize("file", [name for name, (_, site, _) in FILES.items() if site == SITE])


def test_every_layer_file_is_tested() -> None:
    assert {path.name for path in LAYERS.iterdir()} == set(FILES)


@every_file
def test_it_names_its_service(file: str) -> None:
    _, site, service = FILES[file]
    found = find_service(str(LAYERS / file), Run(SYSTEM_CLOCK, 60.0, lambda: False))
    assert found.url == f"{site}/rest/services/{service}"


@every_file
def test_it_is_a_layer_document_with_one_layer(file: str) -> None:
    (kind, key), site, service = FILES[file]
    document = json.loads((LAYERS / file).read_text(encoding="utf-8"))
    (layer,) = document["layerDefinitions"]
    connection = layer[key]
    assert (document["type"], document["layers"]) == ("CIMLayerDocument", [layer["uRI"]])
    assert (layer["type"], layer["name"]) == (kind, Path(file).stem)
    assert (connection["type"], connection["objectType"]) == ("CIMAGSServiceConnection", service.rpartition("/")[2])
    assert connection["objectName"] == service.rpartition("/")[0]
    assert connection["serverConnection"]["url"] == f"{site}/services"
    assert [name for name in types_in(document) if not name.startswith(("CIM", "Time"))] == []


def types_in(value: Any) -> list[str]:
    """The type names of all objects."""
    if isinstance(value, list):
        return [name for one in value for name in types_in(one)]
    if not isinstance(value, dict):
        return []
    return [value["type"], *types_in([*value.values()])]


@every_file
def test_the_pane_takes_it(pro: Pro, file: str) -> None:
    pane = pro.open_in_pane(TOOL)
    pane.edit(SERVICE, str(LAYERS / file))
    assert pane[SERVICE].hasWarning()


@over_https
def test_every_tool_takes_it(pro: Pro, place: Place, tmp_path: Path, file: str) -> None:
    url = place.server.services["Wind" in file]["url"]
    text = (LAYERS / file).read_text(encoding="utf-8")
    here = tmp_path / file
    here.write_text(text.replace(":6443", f":{urllib.parse.urlsplit(url).port}"), encoding="utf-8")
    report = pro.call(REPORT, str(here))
    assert report.getOutput(4) == "true"
    assert pro.call(TILES, str(here), (report.getOutput(3) or "").split(";")[-1]).getOutput(0) == url
    assert pro.call(TOOL, str(here)).getOutput(0) == url
    assert pro.call(REPORT, str(here)).getOutput(1) == "0"
