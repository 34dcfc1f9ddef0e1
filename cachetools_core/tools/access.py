"""What a run is given beside the service: who signs in, whom to trust, until when, who listens."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..account import Account, Place
from ..errors import WrongUsage
from ..messages import QUIET, Messages
from ..naming.address import can_be_a_path
from ..waiting import SYSTEM_CLOCK, Clock, Patience

if TYPE_CHECKING:  # they bring requests, and a script may name its access long before it uses it
    from ..server.sources import ActivePortal, Source

DEADLINE = 12 * 3600.0


@dataclass(frozen=True)
class Access:
    """What every tool needs beside the service.

    `account` is an account to sign in with, `username` one whose password is in the keyring; without either, Pro's
    active portal and the keyring are tried, and `last_resort` after all others. `ca_file` is a PEM file of certificates
    that count too. `cache_directory` is the folder of the site's caches as this machine sees it; None for the one that
    is kept with the site's sign-in. `deadline` is in seconds and counts for the whole run; a server's job goes on after
    it, and the next run finds it again. `messages` hears what goes on and may cancel, `place` is where that is.
    `receipts` is the folder for receipts, `journal_folder` the one where unfinished jobs are noted; None for the user's
    own.

    Raises WrongUsage where a value is of another kind, as a password is that the environment of a script lacks.
    """

    account: Account | None = None
    username: str | None = None
    active_portal: ActivePortal | None = None
    last_resort: Source | None = None
    ca_file: str | os.PathLike[str] | None = None
    cache_directory: str | os.PathLike[str] | None = None
    deadline: float = DEADLINE
    messages: Messages = QUIET
    place: Place = Place.SCRIPT
    clock: Clock = SYSTEM_CLOCK
    patience: Patience = Patience()  # noqa: RUF009 - frozen
    receipts: str | os.PathLike[str] | None = None
    journal_folder: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        account = self.account
        if account is not None and not all(
            isinstance(getattr(account, name, None), str) for name in ("username", "password")
        ):
            raise WrongUsage("An account takes a user name and its password, and one of them is missing.", "Give both.")
        if not _is_time(self.deadline):
            raise WrongUsage("The deadline isn't a number.", "Give it in seconds.")
        for name in ("ca_file", "cache_directory", "receipts", "journal_folder"):
            path = getattr(self, name)
            if path is not None and not can_be_a_path(path):
                raise WrongUsage(f"The value of {name} can't be a path.", "Give the path of a file or a folder.")


def _is_time(value: object) -> bool:
    """True for what a clock can count, endless time too."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return not math.isnan(value)
    except OverflowError:  # a whole number may have more digits than a clock
        return False
