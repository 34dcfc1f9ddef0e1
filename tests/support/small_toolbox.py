"""Small toolboxes for the stand-in for arcpy: one tool, right in all but what a test gives."""

from __future__ import annotations

import textwrap
from pathlib import Path

PARAMETERS = """
    p = arcpy.Parameter(name="text", displayName="Text", datatype="GPString")
    q = arcpy.Parameter(name="number", displayName="Number", datatype="GPLong", parameterType="Optional")
    q.value = -1
    r = arcpy.Parameter(name="out", displayName="Out", direction="Output", parameterType="Derived")
    return [p, q, r]
"""
ROUND = ["updateParameters", "internal validation", "updateMessages"]
"""What Pro calls after each edit, in this order."""


class Box:
    """Writes them: `alias` and the bodies of Tool's methods are given, the rest is right."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(
        self,
        *,
        alias: str = "box",
        tools: str = "[Tool]",
        tool: str = "Tool",
        init: str = "pass",
        parameters: str = PARAMETERS,
        updates: str = "pass",
        messages: str = "pass",
        execute: str = "pass",
        more: str = "",
    ) -> Path:
        def body(text: str) -> str:
            return textwrap.indent(textwrap.dedent(text).strip() or "pass", " " * 8)

        text = (
            "import arcpy\n"
            f"class Toolbox:\n    def __init__(self):\n        self.label = 'Box'; self.alias = {alias!r}\n"
            f"        self.tools = {tools}\n"
            f"class {tool}:\n    def __init__(self):\n        self.label = 'Tool'\n{body(init)}\n"
            f"    def getParameterInfo(self):\n{body(parameters)}\n"
            f"    def updateParameters(self, parameters):\n{body(updates)}\n"
            f"    def updateMessages(self, parameters):\n{body(messages)}\n"
            f"    def execute(self, parameters, messages):\n{body(execute)}\n"
            f"{textwrap.indent(textwrap.dedent(more), ' ' * 4)}\n"
        )
        path = self.folder / "Box.pyt"
        path.write_text(text, encoding="utf-8")
        return path
