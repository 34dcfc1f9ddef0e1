"""The program's own text, as the guards read it: files, modules, who imports whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGE = "cachetools_core"
CORE = ROOT / PACKAGE


def module_of(file: Path) -> str:
    """The dotted name of a file of the package."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in sorted(CORE.rglob("*.py"))}
"""Every module of the package, and its file."""


def tree_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def imports_of(module: str) -> tuple[str, ...]:
    """What a module imports by name, anywhere in it, also for type checkers only; names from modules included."""
    return tuple(_imports_of(module))


def _imports_of(module: str) -> Iterator[str]:
    file = MODULES[module]
    package = module.split(".") if file.name == "__init__.py" else module.split(".")[:-1]
    for node in ast.walk(tree_of(file)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{origin}.{name.name}" for name in node.names)


def inner_imports_of(module: str) -> set[str]:
    """Which modules of the package it imports."""
    named = {name if name in MODULES else name.rpartition(".")[0] for name in imports_of(module)}
    return named & MODULES.keys()


def outer_imports_of(module: str) -> set[str]:
    """Which top-level packages beside this one it imports."""
    return {name.partition(".")[0] for name in imports_of(module)} - {PACKAGE}
