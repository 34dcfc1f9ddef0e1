"""Rules of the house that no reader should have to check: who imports whom, and what never stands in the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "cachetools_core"
REHEARSAL = CORE / "rehearsal"
ROOMS = sorted(CORE.glob("*.py"))
EVERYTHING = [*ROOMS, *sorted(REHEARSAL.glob("*.py")), ROOT / "CacheTools.pyt"]

# From the top down: a room imports only rooms that stand below it. Stories stand beside each other.
ORDER = [
    {"__main__"},
    {"rehearse"},
    {"delete", "report", "check"},
    {"visit"},
    {"proof", "recovery"},
    {"journal", "receipt"},
    {"cache"},
    {"job"},
    {"signin"},
    {"site"},
    {"tokens"},
    {"rest"},
    {"trust"},
    {"catalog"},
    {"service"},
    {"folders", "messages", "waiting"},
    {"errors"},
    {"__init__"},
]
NAMING = {"service", "catalog"}
TALKING = {"rest", "tokens", "site", "signin", "job", "cache"}
STORIES = {"delete", "report", "check", "visit"}
LIBRARIES = {"requests", "keyring", "truststore"}
USED_OF_THE_STANDARD_LIBRARY = """
    __future__ argparse collections configparser contextlib dataclasses datetime enum fcntl hashlib html io json msvcrt
    os pathlib re reprlib signal socket ssl subprocess sys threading time traceback typing unicodedata urllib zlib
"""
STANDARD_LIBRARY = set(USED_OF_THE_STANDARD_LIBRARY.split())


def imports_of(file: Path) -> Iterator[tuple[str, bool]]:
    """Every import in a file: the module's name, and whether it is for type checkers only."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, id(node) in typing_only
        elif isinstance(node, ast.ImportFrom):
            prefix = "." * node.level
            for name in [None] if node.module else node.names:
                yield prefix + (node.module or name.name), id(node) in typing_only


def rooms_imported(file: Path) -> set[str]:
    return {name[1:].partition(".")[0] for name, typing_only in imports_of(file) if name[0] == "." and not typing_only}


@pytest.mark.parametrize("file", ROOMS, ids=lambda file: file.stem)
def test_a_room_imports_only_rooms_below_it(file):
    floor = next(i for i, rooms in enumerate(ORDER) if file.stem in rooms)
    below = set().union(*ORDER[floor + 1 :])
    assert rooms_imported(file) - {"__version__"} <= below


def test_every_room_has_its_place():
    assert {file.stem for file in ROOMS} == set().union(*ORDER)


@pytest.mark.parametrize("file", ROOMS, ids=lambda file: file.stem)
def test_naming_and_talking_meet_in_the_stories_only(file):
    imported = rooms_imported(file)
    if "catalog" in imported:
        assert file.stem in STORIES
    if file.stem in NAMING:
        assert not imported & TALKING


@pytest.mark.parametrize("file", ROOMS, ids=lambda file: file.stem)
def test_the_core_needs_requests_and_keyring_and_nothing_more(file):
    outside = {name.partition(".")[0] for name, _ in imports_of(file) if not name.startswith(".")}
    assert outside - LIBRARIES <= STANDARD_LIBRARY
    assert "arcpy" not in outside


@pytest.mark.parametrize("file", ROOMS, ids=lambda file: file.stem)
def test_no_room_imports_the_rehearsal_server(file):
    assert "rehearsal" not in rooms_imported(file)


@pytest.mark.parametrize("file", sorted(REHEARSAL.glob("*.py")), ids=lambda file: file.stem)
def test_the_rehearsal_server_imports_no_room(file):
    for name, _ in imports_of(file):
        assert not name.startswith(".."), "a parser that client and server share would make both wrong together"
        assert not name.startswith("cachetools_core") or name.startswith("cachetools_core.rehearsal")


@pytest.mark.parametrize("file", EVERYTHING, ids=lambda file: file.name)
def test_what_never_stands_in_the_code(file):
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    for node in ast.walk(tree):
        assert not (isinstance(node, ast.ExceptHandler) and node.type is None), "a bare except"
        if isinstance(node, ast.keyword) and node.arg == "verify":
            assert not (isinstance(node.value, ast.Constant) and node.value.value is False), "verify=False"
    for switch in ("CERT_NONE", "_create_unverified_context", "check_hostname = False", "disable_warnings"):
        assert switch not in text
    assert not re.search(r"[?&]token=", text), "a token in an address"
    assert not re.search(r"inject_into_ssl\(\)", text), "truststore for the whole process"


@pytest.mark.parametrize("file", [file for file in ROOMS if file.stem != "__main__"], ids=lambda file: file.stem)
def test_rooms_print_nothing(file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    calls = [node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)]
    assert "print" not in calls


def test_arcpy_stands_in_the_toolbox_only():
    for file in [*ROOMS, *REHEARSAL.glob("*.py")]:
        assert "arcpy" not in {name.partition(".")[0] for name, _ in imports_of(file)}


def test_the_toolbox_is_thin():
    assert len((ROOT / "CacheTools.pyt").read_text(encoding="utf-8").splitlines()) < 200


def test_no_module_is_called_cachetools():
    clashes = [path for path in ROOT.rglob("*") if path.stem.lower() == "cachetools" and path.suffix != ".pyt"]
    assert [path for path in clashes if ".venv" not in path.parts and ".ci" not in path.parts] == []
