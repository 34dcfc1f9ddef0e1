"""Writes the help that ArcGIS Pro shows beside the tools, out of the toolbox's own tables and the texts of help_texts.

The files lie beside the toolbox and are checked in; a test compares them with what this writes. Format: pyt.md 6.1,
from documentation and published files of public toolboxes.
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
from help_texts import TOOLBOX_ABOUT, TOOLBOX_KEYWORDS, TOOLS, ToolHelp

ROOT = Path(__file__).resolve().parent.parent
TOOLBOX = ROOT / "CacheTools.pyt"
CREATED, CREATED_AT = "20261124", "09000000"
HELP_FOLDER = r"c:\program files\arcgis\pro\Resources\Help\gp"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
SEVERAL = "Multiple Value"


def write_help(folder: Path) -> list[Path]:
    """Write the help of the toolbox and of each tool into a folder.

    Raises ValueError for a tool or a parameter without help, and for help without one.
    """
    with Pro() as pro:
        toolbox = pro.add_toolbox(TOOLBOX)
        names = [tool.__name__ for tool in toolbox.tools]
        if sorted(names) != sorted(TOOLS):
            raise ValueError(f"The toolbox has the tools {names}, and there is help for {list(TOOLS)}.")
        documents = {f"{TOOLBOX.stem}.pyt.xml": toolbox_help(toolbox)}
        for tool in toolbox.tools:
            page = tool_help(toolbox.alias, tool, pro.describe(tool.__name__), TOOLS[tool.__name__])
            documents[f"{TOOLBOX.stem}.{tool.__name__}.pyt.xml"] = page
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
    _identify(document, toolbox.label, "ArcToolbox Toolbox", toolbox.description, _paragraphs(TOOLBOX_ABOUT))
    return document


def tool_help(alias: str, tool: Any, parameters: Sequence[Parameter], page: ToolHelp) -> ET.Element:
    """A tool's page; raises ValueError for a parameter without help and for help without a parameter."""
    names = [parameter.name for parameter in parameters]
    if names != list(page.parameters):
        raise ValueError(f"{tool.__name__} has the parameters {names}, and there is help for {list(page.parameters)}.")
    document = _document()
    element = ET.SubElement(document, "tool", name=tool.__name__, displayname=tool().label, toolboxalias=alias)
    _text(element, "arcToolboxHelpPath", HELP_FOLDER)
    group = ET.SubElement(element, "parameters")
    for parameter in parameters:
        help_of_it = page.parameters[parameter.name]
        one = ET.SubElement(group, "param", _attributes(parameter))
        _text(one, "dialogReference", _paragraphs(help_of_it.texts))
        _text(one, "pythonReference", _paragraphs((*help_of_it.texts, *help_of_it.for_scripts)))
    _text(element, "summary", _paragraphs(page.summary))
    _text(element, "usage", _bullets(page.usage))
    examples = ET.SubElement(element, "scriptExamples")
    for sample in page.samples:
        example = ET.SubElement(examples, "scriptExample")
        _text(example, "title", sample.title)
        _text(example, "para", _paragraphs((sample.about,)))
        _text(example, "code", sample.code)
    _identify(document, tool().label, "ArcToolbox Tool", "", _paragraphs(page.summary))
    return document


def _attributes(parameter: Parameter) -> dict[str, str]:
    """`datatype` is the label, not the keyword; how Pro joins those of a composite isn't documented: a guess."""
    kinds = parameter.datatype if isinstance(parameter.datatype, list) else [parameter.datatype]
    return {
        "name": parameter.name,
        "displayname": parameter.displayName,
        "type": parameter.parameterType,
        "direction": parameter.direction,
        "datatype": SEVERAL if parameter.multiValue else "; ".join(LABELS[kind] for kind in kinds),
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


def _identify(document: ET.Element, title: str, format_name: str, purpose: str, abstract: str) -> None:
    identification = ET.SubElement(document, "dataIdInfo")
    _text(ET.SubElement(identification, "idCitation"), "resTitle", title)
    _text(identification, "idPurp", purpose)
    _text(identification, "idAbs", abstract)
    keys = ET.SubElement(identification, "searchKeys")
    for keyword in TOOLBOX_KEYWORDS:
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
