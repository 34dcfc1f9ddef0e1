"""What the text of a tool's parameter tells in ArcGIS Pro: a service, a variable, a file's ending, an unused number.

Text only, as in `naming.service`: validation in Pro reads it at every keystroke.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from typing import Any, TypeVar

from ..errors import CacheToolsError, WrongUsage
from .address import as_text, safe_text
from .service import ServiceReference, read_name

Read = TypeVar("Read")

SIDES = ("XMin", "YMin", "XMax", "YMax")
NO_CORNERS = (math.nan,) * len(SIDES)
NO_HEIGHTS = ["NaN"] * 4
"""What the text of a flat arcpy.Extent has after its corners."""

ENDINGS = (".html", ".json", ".csv")


def tried(reader: Callable[[str], Read], text: str) -> tuple[Read | None, str]:
    """What a reader finds in a text, and what is wrong with it, empty where nothing is.

    A text with a model's variable isn't wrong, whatever is read in it now. Raises what isn't a CacheToolsError.
    """
    try:
        return reader(text), ""
    except CacheToolsError as error:
        return None, "" if holds_variable(text) else str(error)


def holds_variable(text: str) -> bool:
    """True for a model's `%name%`, which is filled in before the tool runs. Raises nothing.

    >>> holds_variable("%Service%"), holds_variable("https://h/rest/services/%C3%9Cbersicht/MapServer")
    (True, False)
    """
    return "%" in re.sub("%[0-9A-Fa-f]{2}", "", text)


def read_service(text: str) -> str:
    """The address of the service that a text names, or the text that leads to it, safe to show. Raises NotAService."""
    name = read_name(text)
    return name.url if isinstance(name, ServiceReference) else safe_text(text)


def read_ending(file: str | os.PathLike[str]) -> str:
    """The ending that a report's file is given, in small letters. Raises WrongUsage for any but the three."""
    ending = os.path.splitext(as_text(file))[1].lower()
    if ending not in ENDINGS:
        raise WrongUsage("The report's file doesn't end in .html, .json or .csv.", "Give it one of these endings.")
    return ending


def about_instances(text: str | None) -> str:
    """A warning for any number but -1, else empty; Esri's own sample passes 2, so that is no error (pyt.md 2.6)."""
    fixed = f"The number of caching service instances is fixed at -1 (unlimited); {text} is ignored."
    return "" if text in (None, "", "-1") else fixed


def read_extent(parameter: Any) -> tuple[tuple[float, ...] | None, int | str | None]:
    """xmin, ymin, xmax and ymax of an arcpy.Parameter for an extent, and the system that they are in, if any.

    No corners for no extent, and for DEFAULT, whose value isn't documented and so isn't read; where the value isn't an
    extent, such as a text or MINOF's, they are no numbers or those of the text. The system is its well-known number, or
    the name of one without a number: the number of a custom system is 0, and so is that of an unknown one, whose name
    is empty or "Unknown". Raises nothing.
    """
    text = parameter.valueAsText
    value = parameter.value if text != "DEFAULT" else None
    if text == "DEFAULT" or not (text or value):
        return None, None
    system = getattr(value, "spatialReference", None)
    number, name = getattr(system, "factoryCode", 0), getattr(system, "name", "")
    is_known = name not in (None, "", "Unknown") and getattr(system, "type", "Projected") in ("Projected", "Geographic")
    words = [getattr(value, side, None) for side in SIDES] if hasattr(value, SIDES[0]) else (text or str(value)).split()
    if words[len(SIDES) :] == NO_HEIGHTS:
        words = words[: len(SIDES)]
    corners = tuple(map(_number, words)) if len(words) == len(SIDES) else NO_CORNERS
    return corners, number or (str(name) if is_known else None)


def _number(given: Any) -> float:
    try:
        return float(given)
    except (TypeError, ValueError, OverflowError):
        return math.nan
