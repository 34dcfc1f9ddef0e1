"""How the stand-in says no: a refusal is raised at once, and again when the tool returns, so no tool swallows it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

PYTHON_FILES = (".py", ".pyc", ".pyd", ".so", ".dll", ".dylib")
TALKING = ("socket.", "subprocess.", "os.system", "os.exec", "os.spawn", "os.posix_spawn", "os.startfile")

_refused: list[Refused] = []
_tool_is_running = False
_bystanders: set[int | None] | None = None
_listening = False


class Refused(AssertionError):
    """The tool did what a documented rule of ArcGIS Pro forbids."""


class RefusedAttribute(Refused, AttributeError):
    """An attribute that doesn't exist, or may not be written now."""


class TalkedTooEarly(Refused):
    """A socket, a process or a file was opened outside execute."""


class NotModelled(Refused):
    """Nobody has documented what Pro does here, so the stand-in doesn't pretend to know."""


def refuse(error: Refused) -> NoReturn:
    """Raise the refusal, and keep it if it is a tool that is refused something."""
    if _tool_is_running:
        _refused.append(error)
    raise error


@contextmanager
def nothing_swallowed() -> Iterator[None]:
    """Around a call of the tool: its first refusal comes out, whether or not the tool caught it."""
    global _tool_is_running
    before, _tool_is_running = _tool_is_running, True
    try:
        yield
    finally:
        _tool_is_running = before
        if _refused:
            first = _refused[0]
            _refused.clear()
            raise first


@contextmanager
def text_only() -> Iterator[None]:
    """Refuse sockets, processes and files in this thread and in every thread it starts; Python's own imports go on.

    Validation runs "each time the user changes a parameter", so it must not wait for anything (pyt.md 2.2). An audit
    hook sees also what was bound before the stand-in came (`from socket import create_connection`), and C code;
    patching names wouldn't.
    """
    global _bystanders, _listening
    if not _listening:
        sys.addaudithook(_hear)
        _listening = True
    before = _bystanders
    _bystanders = {thread.ident for thread in threading.enumerate()} - {threading.get_ident()}
    try:
        yield
    finally:
        _bystanders = before


@contextmanager
def free_to_talk() -> Iterator[None]:
    """Lift `text_only` for execute."""
    global _bystanders
    before, _bystanders = _bystanders, None
    try:
        yield
    finally:
        _bystanders = before


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    if _bystanders is None or threading.get_ident() in _bystanders:
        return
    if event.startswith(TALKING) or (event == "open" and not _is_python_file(arguments[0])):
        refuse(TalkedTooEarly(f"{event}{arguments!r:.200} outside execute"))


def _is_python_file(path: Any) -> bool:
    """True for what an import opens; a .pyc is written under a temporary name that goes on after the suffix."""
    if isinstance(path, int):
        return True
    name = os.path.basename(os.fsdecode(path))
    return name.endswith(PYTHON_FILES) or ".pyc." in name
