"""Services that are listed in a file, one a line."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import WrongUsage
from ..messages import reason
from ..naming.address import safe_path
from ..waiting import Run

LARGEST = 4_000_000
COMMENT = re.compile(r"\s#(\s.*)?$|^\s*#.*")
"""A whole line, or what follows a number sign that stands by itself: a path may hold one."""
ADDRESS = re.compile(r"""(?i)\s*['"]?https?://""")
AFTER_AN_ADDRESS = re.compile(r"""(?i)(\s*['"]?https?://(?:\[[0-9a-f:.]+\]|[^/:@\s]+)(?::\d+)?/.*?)\s#.*""")
"""An address holds no number sign, so that it need not stand by itself there. A password that somebody wrote into one
may, and half of it would no longer be known as one.
"""


def services_in(file: str, run: Run) -> list[str]:
    """The services that the file names, in UTF-8 with a mark at its beginning or without; blank lines and comments
    count for nothing.

    Raises WrongUsage where it can't be read or names none, DeadlinePassed and Cancelled where it doesn't answer.
    """
    shown = safe_path(file)
    try:
        content = run.in_time(f"reading {shown}", lambda: _read(Path(file)))
        lines = content.decode("utf-8-sig").splitlines() if len(content) <= LARGEST else []
    except OSError as error:
        trouble = f"{shown} can't be read: {reason(error)}."
    except UnicodeDecodeError:
        trouble = f"{shown} isn't in UTF-8."
    else:
        named = [text for text in map(_named, lines) if text]
        if named:
            return named
        trouble = f"{shown} {'is too large' if len(content) > LARGEST else 'names no service'}."
    raise WrongUsage(trouble, "Give a text file in UTF-8 with one service per line; # starts a comment.")


def _named(line: str) -> str:
    """The text of the line that names a service; empty where it has none."""
    told = AFTER_AN_ADDRESS.sub(r"\1", line) if ADDRESS.match(line) else COMMENT.sub("", line)
    return told.strip()


def _read(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(LARGEST + 1)
