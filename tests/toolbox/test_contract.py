"""The contract of the toolbox: labels, names, types."""

from __future__ import annotations

import pytest
from arcpy_standin import Pro
from support.toolbox import (
    INSTANCES,
    MANY,
    REMOVE,
    REPORT,
    SERVICE,
    STORE,
    TILES,
    TOOL,
    TOOLBOX,
    URL,
)

import cachetools_core

SERVICE_TYPES = ["DEMapServer", "DEImageServer", "GPString"]
INPUT_SERVICE = (SERVICE, "Input Service", "Required", "Input", SERVICE_TYPES, None, False)
NUMBER = (INSTANCES, "Number of caching service instances", "Optional", "Input", "GPLong", "-1", False)
OUTPUT_URL = (URL, "Output Map Service URL", "Derived", "Output", "GPString", None, False)
TABLES = {
    TOOL: [INPUT_SERVICE, NUMBER, OUTPUT_URL],
    TILES: [
        INPUT_SERVICE,
        ("scales", "Scales", "Required", "Input", "GPDouble", None, True),
        NUMBER,
        ("extent", "Extent", "Optional", "Input", "GPExtent", None, False),
        OUTPUT_URL,
    ],
    MANY: [
        ("input_services", "Input Services", "Required", "Input", SERVICE_TYPES, None, True),
        ("receipt_folder", "Receipt Folder", "Optional", "Input", "DEFolder", None, False),
        ("out_deleted", "Deleted", "Derived", "Output", "GPLong", None, False),
        ("out_failed", "Failed", "Derived", "Output", "GPLong", None, False),
        ("out_summary", "Summary", "Derived", "Output", "GPString", None, False),
    ],
    REPORT: [
        INPUT_SERVICE,
        ("output_report", "Output Report", "Optional", "Output", "DEFile", None, False),
        ("out_tiles", "Tiles", "Derived", "Output", "GPDouble", None, False),
        ("out_bytes", "Bytes", "Derived", "Output", "GPDouble", None, False),
        ("out_scales", "Scales", "Derived", "Output", "GPString", None, False),
        ("out_deletable", "Deletable", "Derived", "Output", "GPBoolean", None, False),
    ],
    STORE: [
        ("site", "Site", "Required", "Input", "GPString", None, False),
        ("username", "User Name", "Required", "Input", "GPString", None, False),
        ("password", "Password", "Required", "Input", "GPStringHidden", None, False),
        ("ca_file", "CA File", "Optional", "Input", "DEFile", None, False),
        ("cache_directory", "Cache Directory", "Optional", "Input", "DEFolder", None, False),
        ("out_site", "Site", "Derived", "Output", "GPString", None, False),
    ],
    REMOVE: [
        ("site", "Site", "Required", "Input", "GPString", None, False),
        ("username", "User Name", "Optional", "Input", "GPString", None, False),
        ("out_removed", "Removed", "Derived", "Output", "GPLong", None, False),
    ],
}
LABELS = {
    TOOL: ("Delete Map Server Cache", "Caching"),
    TILES: ("Delete Map Server Cache Tiles", "Caching"),
    MANY: ("Delete Map Server Caches", "Caching"),
    REPORT: ("Report Map Server Cache", "Caching"),
    STORE: ("Store Server Sign-In", "Sign-in"),
    REMOVE: ("Remove Server Sign-In", "Sign-in"),
}


def test_toolbox_label_and_alias(pro: Pro) -> None:
    toolbox = pro.add_toolbox(TOOLBOX)
    assert (toolbox.label, toolbox.alias) == ("Cache Tools", "mapcache")
    assert {tool.__name__: (tool().label, tool().category) for tool in toolbox.tools} == LABELS


@pytest.mark.parametrize("tool", list(TABLES))
def test_parameter_table(pro: Pro, tool: str) -> None:
    parameters = pro.describe(tool)
    assert [
        (p.name, p.displayName, p.parameterType, p.direction, p.datatype, p.valueAsText, p.multiValue)
        for p in parameters
    ] == TABLES[tool]
    assert all(p.enabled and p.category is None for p in parameters)


def test_esris_number_has_no_filter(pro: Pro) -> None:
    assert pro.describe(TOOL)[1].filter.list == []


def test_every_tool_is_for_every_licence(pro: Pro) -> None:
    assert all(pro.licensed(tool) for tool in TABLES)


def test_the_toolbox_stays_thin() -> None:
    text = TOOLBOX.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 400
    for word in ("http", "rest/services", "CachingTools", "submitJob", "esriJob", "token="):
        assert word not in text


def test_the_toolbox_and_the_core_have_one_version(pro: Pro) -> None:
    assert f'VERSION = "{cachetools_core.__version__}"' in TOOLBOX.read_text(encoding="utf-8")
