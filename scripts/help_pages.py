"""Writes the help that ArcGIS Pro shows beside the tool, out of the toolbox's own definitions and the texts below.

The files lie beside the toolbox and are checked in; a test compares them with what this writes. Format: pyt.md 6.1,
from documentation and published files of public toolboxes. The sentences that ArcGIS documents for its own tool are
kept where they are true of this one (pyt.md 2.6).
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from arcpy_standin import Parameter, Pro
from arcpy_standin.datatypes import LABELS

ROOT = Path(__file__).resolve().parent.parent
TOOLBOX = ROOT / "CacheTools.pyt"
CREATED, CREATED_AT = "20261124", "09000000"
HELP_FOLDER = r"c:\program files\arcgis\pro\Resources\Help\gp"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"

SUMMARY = (
    "Deletes the whole cache of a map or image service on ArcGIS Server, its files on disk included, and "
    "proves from the service itself that the cache is gone and the service is back. Deleting is an "
    "unrecoverable operation.",
)
USAGE = (
    "Deleting a cache is an unrecoverable operation: the tiles of every scale and the tiling scheme go. "
    "Validation warns and names the service; there is no second question when the tool is run.",
    "The server does the work, as a job of its own System/CachingTools service. The tool submits that job "
    "once, shows its messages and progress, and looks at the service afterwards. It succeeds only if the "
    "service answers and no cache is left; otherwise its error tells what is left and what to do.",
    "After this tool runs, the service will be restarted.",
    "If the service has no cache, the tool says so, submits nothing, and succeeds.",
    "All caching tools require publisher or administrator credentials to use. The tool signs in with the "
    "first account that it finds: Pro's active portal, if the site is federated with it; the keyring of the "
    "operating system, under the name CacheTools: followed by the address of the site, or of its portal, "
    "without a trailing slash; a profile that the ArcGIS API for Python has stored for that site. It asks "
    "nobody, and the password in a server connection file (.ags) can't be read.",
    "An account is stored once, by the Windows user that runs the tool: propy -m keyring set "
    '"CacheTools:https://gis.example.com/server" USERNAME.',
    "Cancel asks the server to stop its job; what is deleted stays deleted. If Pro is closed or crashes, the "
    "job goes on: run the tool again, and it follows that job instead of submitting another.",
    "The site's certificate has to be trusted: by Windows, or by the file that the environment variable "
    "REQUESTS_CA_BUNDLE names. The checks can't be switched off.",
    "The tool refuses a stopped service and a hosted tile layer, whose tiles are all that it has. It can't "
    "delete single scales or an area; Manage Map Server Cache Tiles does that.",
    "The tool uses no geoprocessing environments and runs at every licence level.",
)
INPUT_SERVICE = (
    "The map or image service whose cache you want to delete. You can choose it by browsing to the desired "
    "service in a server connection or in Portal, or type its address.",
    "All of these name a service: its REST or SOAP address, "
    "https://gis.example.com/server/rest/services/Weather/Rainfall/MapServer; a path through a server "
    r"connection, C:\GIS\arcgis on gis_6443 (admin).ags\Weather\Rainfall.MapServer; a layer file (.lyrx) that "
    "draws it. The name of a layer in a map, a layer of a service, a folder and a whole site don't.",
)
INSTANCES = (
    "Defines the number of instances that will be used to update or generate the tiles. The value for this "
    "parameter is set to unlimited (-1) and cannot be modified: any other value gets a warning, and -1 is "
    "used.",
)
# Name of the parameter: what the pane shows, and what the tool's help page adds for scripts.
PARAMETERS: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "input_service": (INPUT_SERVICE, INPUT_SERVICE),
    "num_of_caching_service_instances": (INSTANCES, (*INSTANCES, "None, an empty string and # keep -1.")),
    "out_job_url": (
        ("The output URL: the REST address of the service.",),
        ("The output URL: the REST address of the service. It is the result's only output, result.getOutput(0).",),
    ),
}
SAMPLE_TITLE = "Delete Map Server Cache (stand-alone script)"
SAMPLE_ABOUT = ("Deletes the cache of a service and ends with an error code if that can't be proven.",)
SAMPLE = r"""import sys

import arcpy

arcpy.ImportToolbox(r"C:\GIS\CacheTools\CacheTools.pyt")
service = r"C:\GIS\arcgis on gis_6443 (publisher).ags\Rainfall.MapServer"

try:
    result = arcpy.mapcache.DeleteMapServerCache(service)
except arcpy.ExecuteError:
    print(arcpy.GetMessages(2))
    sys.exit(1)
print(result.getMessages())
print("Deleted:", result.getOutput(0))
"""
KEYWORDS = ("cache", "map cache", "tile", "map service", "image service", "ArcGIS Server", "delete")


def write_help(folder: Path) -> list[Path]:
    """Write the help of the toolbox and of each tool into a folder; ValueError for a parameter without help."""
    with Pro() as pro:
        toolbox = pro.add_toolbox(TOOLBOX)
        (tool,) = toolbox.tools
        documents = {
            f"{TOOLBOX.stem}.pyt.xml": toolbox_help(toolbox),
            f"{TOOLBOX.stem}.{tool.__name__}.pyt.xml": tool_help(toolbox.alias, tool, pro.describe(tool.__name__)),
        }
    files = []
    for name, document in documents.items():
        ET.indent(document, " ")
        text = ET.tostring(document, encoding="unicode", short_empty_elements=False)
        files.append(folder / name)
        files[-1].write_bytes(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode())
    return files


def toolbox_help(toolbox: Any) -> ET.Element:
    """The toolbox's own page."""
    document = _document()
    element = ET.SubElement(document, "toolbox", name=TOOLBOX.stem, alias=toolbox.alias)
    _text(element, "arcToolboxHelpPath", HELP_FOLDER)
    ET.SubElement(element, "toolsets")
    _identify(document, toolbox.label, "ArcToolbox Toolbox", purpose=toolbox.description)
    return document


def tool_help(alias: str, tool: Any, parameters: Sequence[Parameter]) -> ET.Element:
    """A tool's page; raises ValueError for a parameter without help and for help without a parameter."""
    names = [parameter.name for parameter in parameters]
    if names != list(PARAMETERS):
        raise ValueError(f"The tool has the parameters {names}, and there is help for {list(PARAMETERS)}.")
    document = _document()
    element = ET.SubElement(document, "tool", name=tool.__name__, displayname=tool().label, toolboxalias=alias)
    _text(element, "arcToolboxHelpPath", HELP_FOLDER)
    group = ET.SubElement(element, "parameters")
    for parameter in parameters:
        pane, script = PARAMETERS[parameter.name]
        one = ET.SubElement(group, "param", _attributes(parameter))
        _text(one, "dialogReference", _paragraphs(pane))
        _text(one, "pythonReference", _paragraphs(script))
    _text(element, "summary", _paragraphs(SUMMARY))
    _text(element, "usage", _bullets(USAGE))
    example = ET.SubElement(ET.SubElement(element, "scriptExamples"), "scriptExample")
    _text(example, "title", SAMPLE_TITLE)
    _text(example, "para", _paragraphs(SAMPLE_ABOUT))
    _text(example, "code", SAMPLE)
    _identify(document, tool().label, "ArcToolbox Tool", abstract=_paragraphs(SUMMARY))
    return document


def _attributes(parameter: Parameter) -> dict[str, str]:
    """`datatype` is the label, not the keyword; how Pro joins those of a composite isn't documented: a guess."""
    kinds = parameter.datatype if isinstance(parameter.datatype, list) else [parameter.datatype]
    return {
        "name": parameter.name,
        "displayname": parameter.displayName,
        "type": parameter.parameterType,
        "direction": parameter.direction,
        "datatype": "; ".join(LABELS[kind] for kind in kinds),
        "expression": f"{{{parameter.name}}}" if parameter.parameterType == "Optional" else parameter.name,
    }


def _document() -> ET.Element:
    document = ET.Element("metadata", {LANG: "en"})
    esri = ET.SubElement(document, "Esri")
    for name, value in (
        ("CreaDate", CREATED),
        ("CreaTime", CREATED_AT),
        ("ArcGISFormat", "1.0"),
        ("SyncOnce", "TRUE"),
        ("ArcGISProfile", "ItemDescription"),
    ):
        _text(esri, name, value)
    return document


def _identify(document: ET.Element, title: str, format_name: str, purpose: str = "", abstract: str = "") -> None:
    identification = ET.SubElement(document, "dataIdInfo")
    _text(ET.SubElement(identification, "idCitation"), "resTitle", title)
    _text(identification, "idPurp", purpose)
    _text(identification, "idAbs", abstract)
    keys = ET.SubElement(identification, "searchKeys")
    for keyword in KEYWORDS:
        _text(keys, "keyword", keyword)
    distributor = ET.SubElement(ET.SubElement(document, "distInfo"), "distributor")
    _text(ET.SubElement(distributor, "distorFormat"), "formatName", format_name)
    ET.SubElement(ET.SubElement(document, "mdHrLv"), "ScopeCd", value="005")
    _text(document, "mdDateSt", CREATED).set("Sync", "TRUE")


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = text
    return element


def _paragraphs(texts: Sequence[str]) -> str:
    """HTML as Pro writes it into these files; ElementTree escapes it once more."""
    return _framed("".join(f"<P><SPAN>{escape(text, quote=False)}</SPAN></P>" for text in texts))


def _bullets(texts: Sequence[str]) -> str:
    items = "".join(f"<LI><P><SPAN>{escape(text, quote=False)}</SPAN></P></LI>" for text in texts)
    return _framed(f"<UL>{items}</UL>")


def _framed(content: str) -> str:
    return f'<DIV STYLE="text-align:Left;"><DIV>{content}</DIV></DIV>'


def main() -> int:
    """Write the files beside the toolbox and name them; 0."""
    sys.stdout.write("".join(f"{file}\n" for file in write_help(ROOT)))
    return 0
