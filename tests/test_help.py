"""The help beside the toolbox: generated, complete, well-formed, and true to the toolbox."""

from __future__ import annotations

import ast
import xml.etree.ElementTree as ET
from pathlib import Path

import help_pages
import pytest
from arcpy_standin import Parameter, Pro

ROOT = help_pages.ROOT
NAMES = ["CacheTools.DeleteMapServerCache.pyt.xml", "CacheTools.pyt.xml"]


@pytest.fixture
def tool_page() -> ET.Element:
    return ET.parse(ROOT / NAMES[0]).getroot()


def test_the_files_are_what_the_generator_writes(tmp_path: Path) -> None:
    assert sorted(file.name for file in help_pages.write_help(tmp_path)) == NAMES
    for name in NAMES:
        assert (ROOT / name).read_bytes() == (tmp_path / name).read_bytes(), f"run scripts/help: {name}"
    assert sorted(file.name for file in ROOT.glob("*.pyt.xml")) == NAMES


def test_the_page_has_the_tools_names_and_parameters(tool_page: ET.Element) -> None:
    (tool,) = tool_page.findall("tool")
    assert tool.attrib == {
        "name": "DeleteMapServerCache",
        "displayname": "Delete Map Server Cache",
        "toolboxalias": "mapcache",
    }
    table = [tuple(param.attrib.values()) for param in tool.iter("param")]
    labels = "Map Server; Image Service; String"
    instances = "num_of_caching_service_instances"
    assert table == [
        ("input_service", "Input Service", "Required", "Input", labels, "input_service"),
        (instances, "Number of caching service instances", "Optional", "Input", "Long", f"{{{instances}}}"),
        ("out_job_url", "Output Map Service URL", "Derived", "Output", "String", "out_job_url"),
    ]


def test_every_text_is_well_formed_html(tool_page: ET.Element) -> None:
    texts = [
        element.text or ""
        for name in ("dialogReference", "pythonReference", "summary", "usage", "para")
        for element in tool_page.iter(name)
    ]
    assert len(texts) == 9
    for text in texts:
        spans = [span.text for span in ET.fromstring(text).iter("SPAN")]
        assert spans
        assert all(spans)


def test_documented_sentences_are_kept(tool_page: ET.Element) -> None:
    text = "".join(tool_page.itertext())
    for sentence in (
        "unrecoverable operation",
        "After this tool runs, the service will be restarted.",
        "All caching tools require publisher or administrator credentials to use.",
        "set to unlimited (-1) and cannot be modified",
    ):
        assert sentence in text


def test_the_sample_is_python_and_calls_the_tool_by_its_alias(tool_page: ET.Element) -> None:
    (code,) = tool_page.iter("code")
    tree = ast.parse(code.text or "", feature_version=(3, 9))
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert "arcpy.mapcache.DeleteMapServerCache" in calls


def test_a_parameter_without_help_is_an_error() -> None:
    with Pro() as pro:
        (tool,) = pro.add_toolbox(help_pages.TOOLBOX).tools
        parameters = [*pro.describe(tool.__name__), Parameter("more", "More")]
        with pytest.raises(ValueError, match="more"):
            help_pages.tool_help("mapcache", tool, parameters)
        with pytest.raises(ValueError, match="help for"):
            help_pages.tool_help("mapcache", tool, parameters[:2])
