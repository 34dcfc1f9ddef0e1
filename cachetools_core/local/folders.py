"""Where CacheTools keeps its own files: the user's application-data folder, and nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from ..errors import JournalError
from ..system import data_below, data_variable, home_folder

NAME = "CacheTools"


def application_folder() -> Path:
    """The folder `CacheTools` in the user's application data; it need not exist yet.

    `%LOCALAPPDATA%` on Windows, `$XDG_DATA_HOME` or `~/.local/share` elsewhere. Raises JournalError where this user has
    none of them.
    """
    folders = application_folders()
    if not folders:
        raise JournalError(
            "CacheTools has no place for its files here: this user has no home folder.",
            f"Run this with a home folder, or {other_place()}.",
        )
    return folders[0]


def application_folders() -> tuple[Path, ...]:
    """The folder that is written to, and then the one that is used where no variable names another.

    Empty where this user has no home folder and no variable names another.
    """
    return tuple(dict.fromkeys(base / NAME for base in _bases()))


def kept_certificate(authority: str) -> Path | None:
    """Where the certificate kept for an authority lies, such as `https://gis.example.com:6443`; None without a home."""
    folders = application_folders()
    return folders[0] / "certificates" / f"{file_name_for(authority)}.pem" if folders else None


def other_place() -> str:
    """How to have the files elsewhere: half a sentence."""
    return f"set {data_variable()} to a folder of this user's on a local disk, given with its whole path"


def whole_path(given: str | os.PathLike[str]) -> Path:
    """The path from the root on; as it was given where the working directory has been removed. Raises nothing."""
    try:
        return Path(given).absolute()
    except OSError:
        return Path(given)


def file_name_for(address: str) -> str:
    """A file name that people can read and that no two addresses share.

    It has no dots, since Windows takes a name such as `aux.example.com` for a device.
    """
    readable = re.sub(r"[^A-Za-z0-9-]+", "_", address.partition("://")[2])[:80].strip("_")
    return f"{readable}-{sha256(address.encode('utf-8')).hexdigest()[:10]}"


def _bases() -> Iterator[Path]:
    """A relative path is ignored, as the XDG Base Directory specification wants it: it would change with each run."""
    named = Path(os.environ.get(data_variable(), ""))
    if named.is_absolute():
        yield named
    home = _home()
    if home is not None:
        yield data_below(home)


def _home() -> Path | None:
    """The user's home; None for a user without one, as in some containers."""
    try:
        home = home_folder()
    except (RuntimeError, KeyError):
        return None
    return home if home.is_absolute() else None
