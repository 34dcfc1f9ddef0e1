"""What a machine may lack: a test is skipped then, and says why; where everything has to be there, it fails."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest

COMPLETE = "CACHETOOLS_COMPLETE"
"""Set to 1 by `.ci/run`, which installs what may not be skipped."""


def needed(reason: str) -> NoReturn:
    """Skip for this reason; fail where CACHETOOLS_COMPLETE is 1."""
    if os.environ.get(COMPLETE) == "1":
        pytest.fail(reason)
    pytest.skip(reason)


def program(name: str, package: str) -> str:
    """Where a program is; the test is skipped where the Debian package that brings it isn't installed."""
    for place in (shutil.which(name), f"/usr/sbin/{name}"):
        if place and Path(place).exists():
            return place
    return needed(f"needs {name}, of the Debian package {package}")
