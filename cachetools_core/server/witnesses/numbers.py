"""Numbers as servers send them: as such, or as text."""

from __future__ import annotations

import math
import re
from typing import Any

from ...proof.evidence import LARGEST

NUMBER = re.compile(r"\d{1,18}(\.\d{1,18})?", re.ASCII)


def whole(value: Any) -> int | None:
    """A whole number from 0 up, None for everything else."""
    found = number(value)
    return int(found) if 0 <= found < LARGEST and found == int(found) else None


def number(value: Any) -> float:
    """A number as such or as text; not a number where it is neither, infinite where it is too large for one."""
    if isinstance(value, bool):
        return math.nan
    if isinstance(value, str) and NUMBER.fullmatch(value.strip()):
        return float(value)
    if isinstance(value, (int, float)):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return math.nan
