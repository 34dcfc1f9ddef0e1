"""The Rainfall cache, drawn by the first process that asks for it; drawing takes seconds."""

from __future__ import annotations

import time
from pathlib import Path

from cachetools_core.rehearsal.rainfall import draw_rainfall

DRAWN_BY_THEN = 600.0  # real seconds after which nobody waits any more


def drawn_once(folder: Path) -> Path:
    """The folder of the map, below one that several processes share."""
    begun, drawing, drawn = (folder / f"rainfall-{state}" for state in ("begun", "drawing", "drawn"))
    try:
        begun.mkdir()
    except FileExistsError:
        give_up = time.monotonic() + DRAWN_BY_THEN
        while not drawn.exists():
            assert time.monotonic() < give_up, "another process has begun to draw Rainfall, and never ended"
            time.sleep(0.05)
    else:
        draw_rainfall(drawing)
        drawing.rename(drawn)
    (map_folder,) = (found.parent for found in drawn.rglob("conf.xml"))
    return map_folder
