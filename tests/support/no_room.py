"""A disk on which nothing more can be written."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from support.needs import needed

NO_ROOM = os.strerror(errno.EFBIG)


@contextmanager
def no_room() -> Iterator[None]:
    """No file of this process may grow: a write fails as it does on a full disk, under the name `NO_ROOM`."""
    try:
        import resource
    except ImportError:
        needed("needs limits of a process, which Windows hasn't got")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
