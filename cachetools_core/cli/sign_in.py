"""`sign-in`: stores an account for a site after trying it, lists what is stored, removes it; never shows a password."""

from __future__ import annotations

import argparse
from dataclasses import asdict, replace

from ..account import Account
from ..errors import KeyringRefused, WrongUsage
from ..local.sites import KeptSite
from ..messages import plain_words
from ..tools.sign_in import remove_sign_in, store_sign_in, stored_sign_ins
from ..waiting import Run
from .access import access_from
from .end import End
from .password import asked_for
from .terminal import Terminal

WITHOUT_KEYRING = (
    "Or store nothing, and give each run --user NAME with --password-stdin, or with --password-command CMD, a program"
    " that prints the password."
)
ONLY_TO_STORE = ("password_stdin", "password_command", "ca_file", "cache_directory")


def run_command(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    """Store, list or remove. Raises WrongUsage where these are mixed, and as the tools do."""
    _check(options)
    if options.list:
        return _list()
    if options.remove:
        return _remove(options, terminal, run)
    return _store(options, terminal, run)


def _check(options: argparse.Namespace) -> None:
    if options.list and options.remove:
        raise WrongUsage("--list and --remove can't be used together.")
    if (options.list or options.remove) and any(getattr(options, name) for name in ONLY_TO_STORE):
        raise WrongUsage("--list and --remove take no password, CA file or cache directory.")
    if options.list and (options.site or options.user):
        raise WrongUsage("--list shows everything that is stored: it takes no SITE and no --user.")
    if not options.list and not options.site:
        raise WrongUsage("Missing: SITE.", "Give the site's address, for example https://gis.example.com/server.")


def _store(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    if not options.user:
        raise WrongUsage("Missing: --user.", "Name the account: --user NAME.")
    access = access_from(options, terminal, run)
    if access.account is None:
        access = replace(access, account=Account(options.user, asked_for(options.user, options.site, terminal, run)))
    try:
        stored = store_sign_in(options.site, access)
    except KeyringRefused as refusal:
        raise KeyringRefused(refusal.what, f"{refusal.remedy} {WITHOUT_KEYRING}") from refusal
    return End(0, stored.to_text(), {**stored.to_dict(), "exit_code": 0})


def _remove(options: argparse.Namespace, terminal: Terminal, run: Run) -> End:
    removed = remove_sign_in(options.site, options.user, access_from(options, terminal, run))
    return End(0, removed.to_text(), {**removed.to_dict(), "exit_code": 0})


def _list() -> End:
    kept = stored_sign_ins()
    text = "\n".join(map(_in_words, kept)) or "Nothing is stored."
    return End(0, text, {"sites": [asdict(site) for site in kept], "exit_code": 0})


def _in_words(kept: KeptSite) -> str:
    users = ", ".join(map(plain_words, kept.usernames))
    accounts = "account" if len(kept.usernames) == 1 else "accounts"
    words = [users and f"{accounts} {users}", kept.signs_in_at and f"signs in at {kept.signs_in_at}"]
    words.append(kept.cache_directory and f"cache directory {kept.cache_directory}")
    return f"{kept.address}: {'; '.join(filter(None, words))}"
