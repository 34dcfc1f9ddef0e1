"""Fixtures of the tests of a sign-in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from support.signing_in import Drawer

from cachetools_core.rehearsal.server import Rehearsal


@pytest.fixture
def drawer() -> Drawer:
    one = Drawer()
    keyring.set_keyring(one)
    return one


@pytest.fixture
def federated(rehearsal: Callable[..., Rehearsal]) -> Rehearsal:
    return rehearsal(federated=True)


@pytest.fixture(scope="module")
def standing(rainfall: Path) -> Iterator[Rehearsal]:
    """A federated site that no test changes."""
    with Rehearsal(rainfall=rainfall, federated=True) as server:
        yield server
