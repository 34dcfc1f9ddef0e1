"""Scales and an extent that somebody asks for, checked by themselves: validation in Pro does it at every keystroke."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ..errors import WrongUsage


def read_scales(given: object) -> tuple[float, ...]:
    """Scales as numbers, out of several, or of one text with semicolons in between. Raises WrongUsage.

    >>> read_scales("5000;2500"), read_scales([5000])
    ((5000.0, 2500.0), (5000.0,))
    """
    each = given.split(";") if isinstance(given, str) else given if isinstance(given, Iterable) else [given]
    try:
        return tuple(float(one if isinstance(one, (int, float)) else str(one).strip(" '\"")) for one in each)
    except (ValueError, OverflowError):
        raise WrongUsage("The scales aren't numbers.", "Give them as numbers, such as 5000 for 1:5000.") from None


def check_scales(scales: Sequence[float]) -> None:
    """Raises WrongUsage where there is none, or one that no service could have."""
    if not scales:
        raise WrongUsage("No scale was given.", "Name at least one scale of the service, such as 36111.909643.")
    if not all(math.isfinite(scale) and scale > 0 for scale in scales):
        raise WrongUsage("A scale is a number above 0: 5000 stands for 1:5000.", "Give the scales as numbers.")


def check_corners(corners: Sequence[float]) -> None:
    """Raises WrongUsage for anything but xmin, ymin, xmax and ymax of an extent that has a width and a height."""
    xmin, ymin, xmax, ymax = corners
    if not all(map(math.isfinite, corners)) or not (xmin < xmax and ymin < ymax):
        raise WrongUsage(
            "The extent isn't valid: it takes four numbers, xmin below xmax and ymin below ymax.",
            "Give xmin, ymin, xmax, ymax in the units of the map.",
        )
