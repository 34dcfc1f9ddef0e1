"""`arcpy.Extent` and as much of `arcpy.SpatialReference` as an extent carries (CL/extent.htm, CL/spatialreference.htm).

Only the four sides are modelled: an extent with z or m values is `NotModelled`.
"""

from __future__ import annotations

import math
from typing import Any

from .refusals import NotModelled, Refused, RefusedAttribute, refuse

SIDES = ("XMin", "YMin", "XMax", "YMax")
WORDS = ("DEFAULT", "MAXOF", "MINOF")
"""What an extent may be called instead of numbers; valid as text, and what it is as a value isn't documented."""


class SpatialReference:
    """A spatial reference by its factory code (well-known id), which is 0 for a custom one, which has only a name."""

    def __init__(self, item: int, name: str = "") -> None:
        self.factoryCode, self.name = item, name


class Extent:
    """A rectangle in map units; all is read-only, and a side that wasn't given is not a number (inferred)."""

    XMin: float
    YMin: float
    XMax: float
    YMax: float
    spatialReference: SpatialReference | None

    def __init__(
        self,
        XMin: float | None = None,
        YMin: float | None = None,
        XMax: float | None = None,
        YMax: float | None = None,
        ZMin: float | None = None,
        ZMax: float | None = None,
        MMin: float | None = None,
        MMax: float | None = None,
        spatial_reference: SpatialReference | None = None,
    ) -> None:
        if any(side is not None for side in (ZMin, ZMax, MMin, MMax)):
            refuse(NotModelled("an extent with z or m values"))
        for name, side in zip(SIDES, (XMin, YMin, XMax, YMax)):
            if side is not None and (isinstance(side, bool) or not isinstance(side, (int, float))):
                refuse(Refused(f"{name} is a number, not {side!r}"))
            object.__setattr__(self, name, math.nan if side is None else float(side))
        object.__setattr__(self, "spatialReference", spatial_reference)

    def __setattr__(self, name: str, value: Any) -> None:
        refuse(RefusedAttribute(f"Extent.{name} is read-only or doesn't exist"))

    def __getattr__(self, name: str) -> Any:
        raise RefusedAttribute(f"the stand-in's extent has no attribute {name}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Extent) and str(self) == str(other)

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return " ".join(repr(getattr(self, side)) for side in SIDES)


def read_extent(given: Any) -> Extent | str | None:
    """An extent out of an Extent or of "xmin ymin xmax ymax", the text that scripts pass; None where it is none.

    What a newer Pro may write after the four numbers isn't modelled, nor the value of DEFAULT; that MAXOF and MINOF
    are their own value is the worst that they can be for a tool.
    """
    if isinstance(given, Extent):
        return given
    words = given.split() if isinstance(given, str) else []
    if given in ("MAXOF", "MINOF"):
        return str(given)
    if given == "DEFAULT":
        refuse(NotModelled(f"the value of an extent given as {given}"))
    try:
        sides = [float(word) for word in words]
    except ValueError:
        return None
    return Extent(sides[0], sides[1], sides[2], sides[3]) if len(sides) == len(SIDES) else None
