"""Homes of other users, for the tests of what stays on this machine."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.journals import NOBODY
from support.needs import needed


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The journal's."""
    return tmp_path / "journal"


@pytest.fixture
def a_home_of_nobody() -> Iterator[Path]:
    """A home of the user `nobody`, outside the test's own folder, which others can't enter."""
    if sys.platform == "win32" or os.geteuid() != 0:
        needed("needs to be root, to make a home for another user")
    home = Path(tempfile.mkdtemp(prefix="cachetools-home-"))
    try:
        os.chown(home, NOBODY, NOBODY)
        yield home
    finally:
        shutil.rmtree(home)
