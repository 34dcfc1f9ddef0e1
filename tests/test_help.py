"""The help beside the toolbox: generated, complete, well-formed, and true to the toolbox."""

from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import help_pages
import help_texts
import pytest
from arcpy_standin import Parameter, Pro

ROOT = help_pages.ROOT
TOOLS = list(help_texts.TOOLS)
PAGES = {tool: f"CacheTools.{tool}.pyt.xml" for tool in TOOLS}
NAMES = sorted(["CacheTools.pyt.xml", *PAGES.values()])
INSTANCES = "num_of_caching_service_instances"


def page(name: str) -> ET.Element:
    return ET.parse(ROOT / name).getroot()


def test_the_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    assert sorted(file.name for file in help_pages.write_help(tmp_path)) == NAMES
    for name in NAMES:
        assert (ROOT / name).read_bytes() == (tmp_path / name).read_bytes(), f"run scripts/help: {name}"
    assert sorted(file.name for file in ROOT.glob("*.pyt.xml")) == NAMES


def test_a_page_has_its_tools_names_and_parameters() -> None:
    (tool,) = page(PAGES["DeleteMapServerCache"]).findall("tool")
    assert tool.attrib == {
        "name": "DeleteMapServerCache",
        "displayname": "Delete Map Server Cache",
        "toolboxalias": "mapcache",
    }
    table = [tuple(param.attrib.values()) for param in tool.iter("param")]
    labels = "Map Server; Image Service; String"
    assert table == [
        ("input_service", "Input Service", "Required", "Input", labels, "input_service"),
        (INSTANCES, "Number of caching service instances", "Optional", "Input", "Long", f"{{{INSTANCES}}}"),
        ("out_job_url", "Output Map Service URL", "Derived", "Output", "String", "out_job_url"),
    ]


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_well_formed_html(name: str) -> None:
    kinds = ("dialogReference", "pythonReference", "summary", "usage", "para", "idAbs")
    texts = [element.text or "" for kind in kinds for element in page(name).iter(kind)]
    for text in texts:
        spans = [span.text for span in ET.fromstring(text).iter("SPAN")]
        assert spans
        assert all(spans)


@pytest.mark.parametrize("tool", TOOLS)
def test_every_page_is_whole(tool: str) -> None:
    element = page(PAGES[tool])
    parameters = list(element.iter("param"))
    assert parameters
    for kind in ("dialogReference", "pythonReference"):
        assert [kind for param in parameters if not param.findtext(kind)] == []
    assert element.findtext("tool/summary")
    assert len(ET.fromstring(element.findtext("tool/usage") or "").findall(".//LI")) > 2
    assert len(list(element.iter("scriptExample"))) > 0


def test_documented_sentences_are_kept() -> None:
    text = "".join(page(PAGES["DeleteMapServerCache"]).itertext())
    for sentence in (
        "unrecoverable operation",
        "After this tool runs, the service will be restarted.",
        "All caching tools require publisher or administrator credentials to use.",
        "set to unlimited (-1) and cannot be modified",
    ):
        assert sentence in text


@pytest.mark.parametrize("tool", TOOLS)
def test_samples_are_python_and_call_the_tool_by_its_alias(tool: str) -> None:
    for code in page(PAGES[tool]).iter("code"):
        tree = ast.parse(code.text or "", feature_version=(3, 9))
        calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert f"arcpy.mapcache.{tool}" in calls


@pytest.mark.parametrize("name", NAMES)
def test_no_page_names_an_option_of_the_command_line(name: str) -> None:
    assert not re.search(r"(?<![\w-])--[a-z]", "".join(page(name).itertext()))


def test_a_parameter_without_help_is_an_error() -> None:
    with Pro() as pro:
        tool = pro.add_toolbox(help_pages.TOOLBOX).tools[0]
        texts = help_texts.TOOLS[tool.__name__]
        parameters = [*pro.describe(tool.__name__), Parameter("more", "More")]
        with pytest.raises(ValueError, match="more"):
            help_pages.tool_help("mapcache", tool, parameters, texts)
        with pytest.raises(ValueError, match="help for"):
            help_pages.tool_help("mapcache", tool, parameters[:2], texts)


def test_a_tool_without_help_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delitem(help_texts.TOOLS, "ReportMapServerCache")
    with pytest.raises(ValueError, match="ReportMapServerCache"):
        help_pages.write_help(tmp_path)
