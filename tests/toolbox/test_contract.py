"""The contract of the toolbox: labels, names, types."""

from __future__ import annotations

from arcpy_standin import Pro
from support.toolbox import (
    INSTANCES,
    SERVICE,
    TOOL,
    TOOLBOX,
    URL,
)

import cachetools_core


def test_toolbox_label_and_alias(pro: Pro) -> None:
    toolbox = pro.add_toolbox(TOOLBOX)
    assert (toolbox.label, toolbox.alias) == ("Cache Tools", "mapcache")
    assert [tool.__name__ for tool in toolbox.tools] == [TOOL]
    assert toolbox.tools[0]().label == "Delete Map Server Cache"


def test_parameter_table(pro: Pro) -> None:
    table = [
        (p.name, p.displayName, p.parameterType, p.direction, p.datatype, p.value, p.enabled, p.multiValue, p.category)
        for p in pro.describe(TOOL)
    ]
    service = ["DEMapServer", "DEImageServer", "GPString"]
    assert table == [
        (SERVICE, "Input Service", "Required", "Input", service, None, True, False, None),
        (INSTANCES, "Number of caching service instances", "Optional", "Input", "GPLong", -1, True, False, None),
        (URL, "Output Map Service URL", "Derived", "Output", "GPString", None, True, False, None),
    ]
    assert pro.describe(TOOL)[1].filter.list == []


def test_the_toolbox_stays_thin() -> None:
    text = TOOLBOX.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 200
    for word in ("http", "rest/services", "CachingTools", "submitJob", "esriJob", "token="):
        assert word not in text


def test_the_toolbox_and_the_core_have_one_version(pro: Pro) -> None:
    assert f'VERSION = "{cachetools_core.__version__}"' in TOOLBOX.read_text(encoding="utf-8")
