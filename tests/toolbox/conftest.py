"""A session of Pro with the toolbox, and rehearsal servers to run it against."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from arcpy_standin import Pro
from support.toolbox import (
    TOOLBOX,
    Place,
    Start,
)

from cachetools_core.rehearsal.server import Rehearsal


@pytest.fixture
def pro() -> Iterator[Pro]:
    with Pro() as session:
        session.add_toolbox(TOOLBOX)
        yield session


@pytest.fixture
def start(rehearsal: Callable[..., Rehearsal], monkeypatch: pytest.MonkeyPatch) -> Start:
    return lambda **options: Place(rehearsal(**options), monkeypatch)


@pytest.fixture
def place(start: Start, rainfall: Path) -> Place:
    return start(caches={"Weather/Wind:ImageServer": rainfall}, job_seconds=0.2)
