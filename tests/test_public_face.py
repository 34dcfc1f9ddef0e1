"""What `import cachetools_core` offers: all of its names, nothing heavy before one is used, and help to begin with."""

from __future__ import annotations

import pydoc
import subprocess
import sys

import pytest
from support.source import ROOT

import cachetools_core

HEAVY = {"requests", "urllib3", "ssl", "keyring", "logging", "subprocess", "json", "http", "email", "tornado", "numpy"}


def test_nothing_heavy_is_imported_before_it_is_used() -> None:
    script = "import sys; before = {*sys.modules}; import cachetools_core; print(*({*sys.modules} - before))"
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); {script}"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", start], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    ours = {name for name in loaded if name.startswith("cachetools_core")}
    assert ours == {"cachetools_core", "cachetools_core.version"} and not loaded & HEAVY


@pytest.mark.parametrize("name", cachetools_core.__all__)
def test_every_name_is_there_and_told(name: str) -> None:
    assert getattr(cachetools_core, name) is not None and name in dir(cachetools_core)
    told = pydoc.plain(pydoc.render_doc(cachetools_core)).partition("PACKAGE CONTENTS")[0]
    assert name == "__version__" or name in told


def test_an_example_stands_in_the_help() -> None:
    example = (cachetools_core.__doc__ or "").partition("\n\n")[2].partition("\n\ndelete_map_server_cache ")[0]
    compile("\n".join(line[4:] for line in example.splitlines()), "help", "exec")
