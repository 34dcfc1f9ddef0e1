"""A server whose answers a test gives, for the tests of the tools."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.body_server import BodyServer


@pytest.fixture
def bodies() -> Iterator[BodyServer]:
    with BodyServer(lambda path: None) as server:
        yield server
