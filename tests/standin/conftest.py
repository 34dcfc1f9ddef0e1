"""A session of Pro without a toolbox, and a place for small ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from arcpy_standin import Pro
from support.small_toolbox import Box


@pytest.fixture
def box(tmp_path: Path) -> Box:
    return Box(tmp_path)


@pytest.fixture
def pro() -> Iterator[Pro]:
    with Pro() as session:
        yield session
