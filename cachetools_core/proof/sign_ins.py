"""What was stored of a sign-in, or removed, in words and for JSON; never a password."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from ..messages import plain_words


@dataclass(frozen=True)
class StoredSignIn:
    """What was stored: `username` under `address`, the portal's where the site is federated, else the site's own.

    `certificate_file` is the file of certificates that counts for the site from now on, `cache_directory` the folder of
    its caches; empty where none is kept.
    """

    site: str
    address: str
    username: str
    certificate_file: str = ""
    cache_directory: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The fields, for JSON."""
        return asdict(self)

    def to_text(self) -> str:
        """What was stored, in words."""
        lines = [f"Stored in the keyring: {plain_words(self.username)}, under 'CacheTools:{self.address}'."]
        if self.certificate_file:
            lines.append(f"Certificates trusted for {self.site}: {self.certificate_file}")
        if self.cache_directory:
            lines.append(f"Cache directory of {self.site}: {self.cache_directory}")
        return "\n".join(lines)


@dataclass(frozen=True)
class RemovedSignIns:
    """What was removed for a site: each address with the user whose account stood there; `remarks` say what stays."""

    site: str
    accounts: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many accounts were removed."""
        return len(self.accounts)

    def to_dict(self) -> dict[str, Any]:
        """The fields, for JSON."""
        accounts = [{"address": address, "username": username} for address, username in self.accounts]
        return {"site": self.site, "removed": self.count, "accounts": accounts, "remarks": list(self.remarks)}

    def to_text(self) -> str:
        """What was removed, in words."""
        removed = [
            f"Removed from the keyring: {plain_words(username)}, under 'CacheTools:{address}'."
            for address, username in self.accounts
        ]
        return "\n".join([*(removed or [f"No account for {self.site} was found to remove."]), *self.remarks])
