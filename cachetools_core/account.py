"""Whose account: an account, the address that it is kept for, what a place has to say of it, and who hears that."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from enum import Enum
from pathlib import PurePath
from typing import Union


class Place(Enum):
    """From where a run is started; a message advises what can be done there."""

    PANE = "pane"
    TERMINAL = "terminal"
    SCRIPT = "script"


def program() -> str:
    """How the command line is called here: as this process was started, so that what a message advises can be typed."""
    started_as = PurePath(sys.argv[0] if sys.argv else "").stem
    return started_as if started_as == "cachetools" else "python -m cachetools_core"


@dataclass(frozen=True)
class Account:
    """A user name and its password; the password never shows."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Home:
    """Where the accounts of a site are at home.

    `address` is what they are stored under: the portal's where the site is federated (`portal` is True then), else the
    site's own. `site` is the site as it was named. Neither has a trailing slash.
    """

    site: str
    address: str
    portal: bool = False

    @property
    def keyring_entry(self) -> str:
        """The service name of its accounts in the keyring."""
        return f"CacheTools:{self.address}"


@dataclass(frozen=True)
class Found:
    """An account, and the place where it was found, in words."""

    account: Account
    place: str


@dataclass(frozen=True)
class WhyNot:
    """Why a place had no account that could be used; `words` name the place too."""

    words: str


Answer = Union[Found, WhyNot]
