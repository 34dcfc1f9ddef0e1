"""Keeps the receipt of each run as JSON and as a page, where an administrator finds it again."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from ..errors import ReceiptNotKept
from ..messages import reason
from ..naming.address import can_be_a_path, safe_path
from ..waiting import Exchange, started
from . import own_files
from .folders import application_folder, file_name_for, whole_path

VARIABLE = "CACHETOOLS_RECEIPTS"
LONGEST = 20.0


class ReceiptFolder:
    """The folder that receipts are kept in: the one given, else CACHETOOLS_RECEIPTS, else one in the application data.

    Only the last is made for this user alone; a folder that somebody names may be one that colleagues read.
    """

    def __init__(self, given: str | os.PathLike[str] | None = None) -> None:
        """Raises JournalError where this user has no folder for application data and names none.

        Raises ReceiptNotKept where what is named can't be a folder.
        """
        named = given if given is not None else os.environ.get(VARIABLE)
        if named and not can_be_a_path(named):
            where = "given" if given is not None else f"in {VARIABLE}"
            raise ReceiptNotKept(f"The folder for receipts that is {where} can't be a path.")
        self._named = bool(named)
        self.path = whole_path(named) if named else application_folder() / "receipts"

    def stem_for(self, service_url: str, started: datetime) -> Path:
        """The path without an ending that all files of one receipt share: the time (UTC), then the service, readable.

        A few random letters keep two runs of the same second apart.
        """
        return self.path / f"{started:%Y%m%dT%H%M%SZ}-{file_name_for(service_url)}-{token_hex(2)}"

    def stem_of_summary(self, started: datetime) -> Path:
        """The path without an ending that the files of a summary share. Raises nothing."""
        return self.path / f"{started:%Y%m%dT%H%M%SZ}-summary-{token_hex(2)}"

    def write(self, file: Path, text: str) -> None:
        """Write one file of a receipt, whole or not at all. Raises ReceiptNotKept."""
        try:
            self._make()
            if self._named:
                _write_for_all(file, text)
            else:
                own_files.write_text(file, text)
        except (OSError, UnicodeError) as error:
            raise self._not_kept(error) from error

    def write_together(self, texts: Mapping[Path, str], seconds: float = LONGEST) -> None:
        """Write several files of a receipt, all of them or none.

        Raises ReceiptNotKept, also where a share gives no answer in these seconds, which are no part of the run's time.
        """
        writing = Exchange(lambda: self._write_all(texts))
        if not started(writing.go, "CacheTools receipts"):
            writing.go()  # no thread can be had
        elif not writing.done.wait(seconds):
            raise ReceiptNotKept(f"{safe_path(str(self.path))} gave no answer within {seconds:.0f} seconds.")
        writing.answer()

    def _write_all(self, texts: Mapping[Path, str]) -> None:
        written: list[Path] = []
        try:
            for file, text in texts.items():
                self.write(file, text)
                written.append(file)
        except ReceiptNotKept:
            for file in written:
                with suppress(OSError):  # why the other one can't be written is what counts
                    file.unlink()
            raise

    def _make(self) -> None:
        if self._named:
            try:
                self.path.mkdir(parents=True, exist_ok=True)
            except FileExistsError:
                raise NotADirectoryError(errno.ENOTDIR, "it is a file, not a folder") from None
        else:
            own_files.make_folder(self.path)

    def _not_kept(self, error: Exception) -> ReceiptNotKept:
        return ReceiptNotKept(f"Receipts can't be written to {safe_path(str(self.path))}: {reason(error)}.")


def _write_for_all(file: Path, text: str) -> None:
    partial = own_files.partial_of(file)
    partial.unlink(missing_ok=True)
    try:
        with partial.open("x", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
