"""Accounts put into the keyring of this machine's user, and taken out of it again; a password is never shown."""

from __future__ import annotations

from collections.abc import Callable

from ..account import Account
from ..errors import KeyringRefused
from ..waiting import Run
from .accounts import Held, Unusable, ask_keyring


def store_in_keyring(run: Run, entry: str, account: Account) -> None:
    """Store the account under that entry, in place of what was there for the same user, and see that it is there.

    Raises KeyringRefused, Cancelled, DeadlinePassed.
    """

    def store() -> bool:
        import keyring

        keyring.set_password(entry, account.username, account.password)
        return bool(keyring.get_password(entry, account.username) == account.password)

    if not _asked(run, entry, "kept in", store):
        raise KeyringRefused(
            f"The account can't be kept in the keyring entry '{entry}': what is read back isn't what was stored."
        )


def user_in_keyring(run: Run, entry: str) -> str | None:
    """The user of an account under that entry; None where there is none, or the keyring can't be searched.

    Raises KeyringRefused, Cancelled, DeadlinePassed.
    """

    def search() -> str | None:
        import keyring

        credential = keyring.get_credential(entry, None)
        user = None if credential is None else credential.username
        return user if isinstance(user, str) and user else None

    return _asked(run, entry, "looked for in", search)


def remove_from_keyring(run: Run, entry: str, username: str) -> bool:
    """Remove the user's account from that entry, and see that it is gone; False where there was none.

    Raises KeyringRefused, Cancelled, DeadlinePassed.
    """

    def remove() -> tuple[bool, bool]:
        import keyring

        if keyring.get_password(entry, username) is None:
            return False, False
        keyring.delete_password(entry, username)
        return True, keyring.get_password(entry, username) is not None

    was_there, is_there = _asked(run, entry, "removed from", remove)
    if is_there:
        raise KeyringRefused(f"The account can't be removed from the keyring entry '{entry}': it is still there.")
    return was_there


def _asked(run: Run, entry: str, doing: str, ask: Callable[[], Held]) -> Held:
    try:
        return ask_keyring(run, ask)
    except Unusable as trouble:
        refusal = KeyringRefused(f"The account can't be {doing} the keyring entry '{entry}': {trouble}.")
    raise refusal  # not within the clause, so that nothing of what the keyring said goes with it
