"""Who runs CacheTools, and on which machine."""

from __future__ import annotations

import getpass
import socket

from ..messages import plain_words


def user_name() -> str:
    """The user of this machine who runs this; empty where the system doesn't say. Raises nothing."""
    try:
        return plain_words(getpass.getuser())
    except (OSError, KeyError, ImportError):  # by version of Python and system, an account without a name
        return ""


def machine_name() -> str:
    """The machine's own name; empty where the system doesn't say. Raises nothing."""
    return plain_words(socket.gethostname())
