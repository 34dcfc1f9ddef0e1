"""The accounts of a site, one of each kind."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

ADMINISTER, PUBLISH, VIEW = "ADMINISTER", "PUBLISH", "VIEW"


@dataclass(frozen=True)
class Account:
    """An account with its privilege: ADMINISTER, PUBLISH or VIEW."""

    username: str
    password: str
    privilege: str

    @property
    def may_cache(self) -> bool:
        """Caching tools "require publisher or administrator credentials" (protocol.md 4.6)."""
        return self.privilege in (ADMINISTER, PUBLISH)


def new_accounts() -> dict[str, Account]:
    """One account of each kind, with passwords made now."""
    return {
        role: Account(username, secrets.token_urlsafe(15), privilege)
        for role, username, privilege in (
            ("administrator", "siteadmin", ADMINISTER),
            ("publisher", "publisher", PUBLISH),
            ("user", "viewer", VIEW),
        )
    }


def account_with(accounts: dict[str, Account], username: str, password: str) -> Account | None:
    """The account that both belong to, letter by letter: user names are case-sensitive (protocol.md 2.2)."""
    for account in accounts.values():
        if account.username == username and secrets.compare_digest(account.password.encode(), password.encode()):
            return account
    return None
