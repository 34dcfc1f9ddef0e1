"""Services that are listed in a file, one a line."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import WrongUsage
from ..messages import reason
from ..naming.address import safe_path
from ..waiting import Run

LARGEST = 4_000_000
COMMENT = re.compile(r"(^|\s)#(\s.*)?$|^#.*")
"""A whole line, or what follows a number sign that stands by itself: a path may hold one."""


def services_in(file: str, run: Run) -> list[str]:
    """The services that the file names, in UTF-8 with a mark at its beginning or without; blank lines and comments
    count for nothing.

    Raises WrongUsage where it can't be read or names none, DeadlinePassed and Cancelled where it doesn't answer.
    """
    shown = safe_path(file)
    try:
        content = run.in_time(f"reading {shown}", lambda: _read(Path(file)))
        text = content.decode("utf-8-sig")
    except OSError as error:
        trouble = f"{shown} can't be read: {reason(error)}."
    except UnicodeDecodeError:
        trouble = f"{shown} isn't in UTF-8."
    else:
        lines = (COMMENT.sub("", line).strip() for line in text.splitlines())
        named = [line for line in lines if line]
        if named and len(content) <= LARGEST:
            return named
        trouble = f"{shown} {'is too large' if named else 'names no service'}."
    raise WrongUsage(trouble, "Give a text file in UTF-8 with one service a line; # starts a comment.")


def _read(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(LARGEST + 1)
