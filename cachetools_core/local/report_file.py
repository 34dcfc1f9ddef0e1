"""The file that a report is written to, where the administrator wants one."""

from __future__ import annotations

import os
from contextlib import suppress
from secrets import token_hex

from ..errors import ReportNotWritten, WrongUsage
from ..messages import reason
from ..naming.address import as_text, can_be_a_path, safe_path
from ..naming.parameter_text import read_ending
from ..waiting import Run
from .folders import whole_path


def named_file(given: str | os.PathLike[str] | None, run: Run) -> ReportFile | None:
    """The file that is named; None where none is. Its folder may lie on a share, which is waited for as for all else.

    Raises WrongUsage, DeadlinePassed, Cancelled.
    """
    return run.in_time("looking for the folder of the report", lambda: ReportFile(given)) if given else None


class ReportFile:
    """A file that somebody has named, so colleagues may read it; what stood there before is replaced."""

    def __init__(self, given: str | os.PathLike[str]) -> None:
        """Raises WrongUsage for another ending, and where it couldn't be written, as far as that shows untried."""
        self.path = whole_path(as_text(given))
        self.ending = read_ending(given)
        folder = self.path.parent
        usable = can_be_a_path(given) and os.path.isdir(folder) and not os.path.isdir(self.path)
        if not usable or not os.access(folder, os.W_OK | os.X_OK):
            raise WrongUsage(
                f"A report can't be written to {safe_path(str(self.path))}.",
                "Name a file in a folder that is there and may be written.",
            )

    def write(self, text: str) -> None:
        """Write it in UTF-8, whole or not at all. Raises ReportNotWritten."""
        # A name of its own: the folder is the administrator's, and so are the files in it.
        partial = self.path.with_name(f".{token_hex(8)}.new")
        try:
            with partial.open("x", encoding="utf-8", newline="") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(self.path)
        except (OSError, ValueError) as error:
            raise ReportNotWritten(
                f"The report can't be written to {safe_path(str(self.path))}: {reason(error)}."
            ) from error
        finally:
            with suppress(OSError):
                partial.unlink()
