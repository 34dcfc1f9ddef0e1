"""The Rainfall cache: weather radar over Europe, drawn here, the same bytes at every run."""

from __future__ import annotations

from pathlib import Path

from cachetools_core.rehearsal.caches import Cache


def draw_rainfall(cache_root: Path, service_folder: str = "Rainfall") -> Cache:
    """Draws the cache into the cache directory and opens it."""
    raise NotImplementedError
