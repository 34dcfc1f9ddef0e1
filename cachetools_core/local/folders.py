"""Where CacheTools keeps its own files: the user's application-data folder, and nowhere else."""

from __future__ import annotations

import os
import re
import sys
from hashlib import sha256
from pathlib import Path


def application_folder() -> Path:
    """The folder `CacheTools` in the user's application data; it need not exist yet.

    `%LOCALAPPDATA%` on Windows, `$XDG_DATA_HOME` or `~/.local/share` elsewhere.
    """
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "CacheTools"


def file_name_for(address: str) -> str:
    """A file name that people can read and that no two addresses share.

    It has no dots, since Windows takes a name such as `aux.example.com` for a device.
    """
    readable = re.sub(r"[^A-Za-z0-9-]+", "_", address.partition("://")[2])[:80].strip("_")
    return f"{readable}-{sha256(address.encode('utf-8')).hexdigest()[:10]}"
