"""Standard output and standard error as streams that can't fail and can't hold anybody up."""

from __future__ import annotations

import io
import os
import stat
import threading
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TextIO

from ..waiting import started

WAITS_FOR_A_READER = 0.5
TRIES_AGAIN_AFTER = 0.05


class Stream(io.TextIOBase):
    """A stream whose text goes on its way in a thread of its own, in order; raises nothing.

    Text that can't be written is lost: the stream is full, closed, or None, as Python has it where there is no
    stream. A reader who doesn't read holds up one write for half a second, and none after it until he reads again.
    """

    def __init__(self, beneath: TextIO | None) -> None:
        self._beneath = beneath
        self._changed = threading.Condition()
        self._unwritten: deque[str] = deque()
        self._unread = False
        self.failed = False
        """True once text was lost."""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream beneath."""
        return getattr(self._beneath, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        """True where a person sees it."""
        with suppress(OSError, ValueError):
            return self._beneath is not None and self._beneath.isatty()
        return False

    @property
    def may_be_seen(self) -> bool:
        """True where somebody may read it now: on a terminal, or through a pipe, as of tee; never in a file."""
        try:
            kind = os.fstat(self.fileno()).st_mode
        except (OSError, ValueError):
            return self.isatty()
        return self.isatty() or stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind)

    def fileno(self) -> int:
        """The file descriptor. Raises OSError where there is none, as io.TextIOBase does."""
        return super().fileno() if self._beneath is None else self._beneath.fileno()

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Take the text; by the return it has been written, unless nobody reads."""
        if self._beneath is not None and text:
            with self._changed:
                self._unwritten.append(text)
                if len(self._unwritten) == 1:
                    work = partial(self._write_on, self._beneath)
                    if not started(work, "CacheTools stream"):
                        work()  # without a thread, a reader who doesn't read holds it up
                if not self._unread:
                    self._unread = not self._changed.wait_for(self._is_written, WAITS_FOR_A_READER)
        return len(text)

    def written_within(self, seconds: float) -> bool:
        """Wait until everything is written or lost, at most that long; True where it is."""
        with self._changed:
            return self._changed.wait_for(self._is_written, seconds)

    def _is_written(self) -> bool:
        return not self._unwritten

    def _write_on(self, beneath: TextIO) -> None:
        while True:
            try:
                _put(beneath, self._unwritten[0])
            except Exception:  # noqa: BLE001 - a console may fail in ways of its own, and that is no reason to stop
                self.failed = True
            with self._changed:
                self._unwritten.popleft()
                if not self._unwritten:
                    self._unread = False
                    self._changed.notify_all()
                    return


def same(one: Stream, other: Stream) -> bool:
    """True where both lead to the same terminal or file, so that whoever reads one reads the other."""
    if one.isatty() and other.isatty():
        return True
    try:
        first, second = os.fstat(one.fileno()), os.fstat(other.fileno())
    except (OSError, ValueError):
        return False
    # Windows has no number for a pipe or a console.
    return bool(first.st_ino) and os.path.samestat(first, second)


def _put(beneath: TextIO, text: str) -> None:
    """Past Python's buffers: what failed there would be tried once more when Python ends, and fail its exit code."""
    encoding = beneath.encoding or "utf-8"
    content = text.encode(encoding, "backslashreplace")  # an old console of Windows lacks letters
    buffer = getattr(beneath, "buffer", None)
    raw = buffer if isinstance(buffer, io.RawIOBase) else getattr(buffer, "raw", None)
    if raw is None:
        beneath.write(content.decode(encoding))
        beneath.flush()
        return
    left = memoryview(content.replace(b"\n", os.linesep.encode(encoding)) if os.linesep != "\n" else content)
    while left:
        written = raw.write(left)
        if written is None:  # somebody has made the stream non-blocking
            threading.Event().wait(TRIES_AGAIN_AFTER)
        else:
            left = left[written:]
