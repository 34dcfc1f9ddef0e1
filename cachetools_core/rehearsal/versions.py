"""ArcGIS Server versions, and what depends on them (protocol.md 1.4 and 9)."""

from __future__ import annotations

import re


class Version:
    """A version such as 10.8.1 or 11.3; ValueError for a text that names none from 10.8.1 to 12.x."""

    def __init__(self, text: str) -> None:
        if not re.fullmatch(r"\d+(\.\d+){0,2}", text):
            raise ValueError(f"{text!r} is not a version of ArcGIS Server: give 10.8.1, 11.3 or the like.")
        self.numbers = (*map(int, text.split(".")), 0, 0)[:3]
        if not (10, 8, 1) <= self.numbers < (13,):
            raise ValueError(f"Version {text} cannot be rehearsed: give one from 10.8.1 to 12.x.")
        self.full = ".".join(map(str, self.numbers))

    @property
    def current(self) -> float:
        """`currentVersion`: a number without the dots after the first, 10.81 for 10.8.1 and 12 for 12.0."""
        major, minor, patch = self.numbers
        number = float(f"{major}.{minor}{patch or ''}")
        return int(number) if number.is_integer() else number

    @property
    def pro_runtime(self) -> str:
        """`cimVersion` of a service that runs in Pro's runtime: 3.3.0 at 11.3, 2.6.0 at 10.8.1 (captured)."""
        major, minor, patch = self.numbers
        if major == 10:
            return {(8, 1): "2.6.0", (9, 0): "2.8.0", (9, 1): "2.9.0"}.get((minor, patch), "2.6.0")
        # 12.x is invented; the 11.x releases carry Pro 3's number.
        return f"3.{minor}.0" if major == 11 else f"3.{minor + 6}.0"

    @property
    def arcmap_runtime(self) -> bool:
        """Whether services may still run in ArcMap's runtime, which 11.0 removed."""
        return self.numbers < (11,)

    @property
    def second_caching_tools(self) -> bool:
        """Whether System/CachingToolsEx exists: captured at 10.8.1, unknown at 10.9 and so left out there."""
        return self.numbers == (10, 8, 1)

    @property
    def delete_options(self) -> bool:
        """Whether DeleteCache lists `in_delete_options`: absent at 10.8.1, inferred for 11.x (protocol.md 4.3)."""
        return self.numbers >= (11,)

    @property
    def results_and_lifecycle(self) -> bool:
        """Whether a job lists all its results at once, services list their lifecycle and say how they are stored."""
        return self.numbers >= (11, 1)
