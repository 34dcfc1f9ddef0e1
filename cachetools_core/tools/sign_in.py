"""Store Server Sign-In and Remove Server Sign-In: an account is tried, and then kept for the runs that come after."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from ..account import Account, Found, Home
from ..errors import (
    JournalError,
    KeyringRefused,
    Moved,
    NotArcGIS,
    ServerSaysNo,
    SignInRefused,
    SiteNotKept,
    WrongUsage,
)
from ..local.accounts import StoredInKeyring
from ..local.folders import kept_certificate, whole_path
from ..local.sign_ins import remove_from_keyring, store_in_keyring, user_in_keyring
from ..local.sites import (
    KeptSite,
    check_keepable,
    every_kept_site,
    keep_certificates,
    keep_site,
    kept_site,
    read_certificates,
)
from ..naming.address import safe_path, site_address
from ..naming.site import SitePart, read_site
from ..proof.sign_ins import RemovedSignIns, StoredSignIn
from ..server.destination import same_authority, token_service_of
from ..server.moved import moved_site
from ..server.portal import find_portal, sign_in_to_portal
from ..server.signin import sign_in
from ..server.site import SiteInfo, open_site
from ..server.sources import GivenAccount, Source
from ..waiting import Run
from .access import Access
from .session import Session

MOST_ACCOUNTS = 100
NO_NAME = "Some keyrings, such as encrypted files, can't be searched without a user name: name the user."


def store_sign_in(site: str, access: Access) -> StoredSignIn:
    """Sign in to a site, or to a portal, with the account of `access`; where that works, keep the account for later.

    It is kept in the keyring of this machine's user, and nowhere else. A CA file of `access` is kept for the site's
    authority, a cache directory for the site; later runs use both. Nothing is kept where the account isn't taken.
    Raises NotAService for what names no site, WrongUsage for an account or a folder that is none, CertificateFileError,
    SignInRefused, UnsafeSignIn where the site belongs to a portal elsewhere (name the portal then), KeyringRefused,
    SiteNotKept, JournalError, NoAnswer, Cancelled.
    """
    session = Session(access)
    with session.discreetly():
        named, account = read_site(site), _account_of(access)
        session.secrets.spare(named, account.username)
        session.secrets.remember(account.password)
        certificates = _certificates_of(access, session.run)
        folder = _cache_directory_of(access, session.run)
        check_keepable()
        home = _where_it_is_taken(named, account, session)
        notes = _notes(home, account.username, folder)
        with session.run.undisturbed():
            store_in_keyring(session.run, home.keyring_entry, account)
            try:
                file = keep_certificates(site_address(named), certificates) if certificates else ""
                for one in notes:
                    keep_site(one)
            except (SiteNotKept, JournalError) as error:
                raise SiteNotKept(f"{error.what} The account itself is in the keyring.", error.remedy) from error
        return session.secrets.blotted_value(StoredSignIn(named, home.address, account.username, str(file), folder))


def remove_sign_in(site: str, username: str | None = None, access: Access = Access()) -> RemovedSignIns:  # noqa: B008 - frozen
    """Remove the accounts that are stored for a site, or only the one of this user; asks no server.

    Accounts of a portal, where the site signs in to one, are good for its other servers too, and are removed for them
    as well. Without a user name all are removed that were stored with `store_sign_in` or that the keyring finds.
    Raises NotAService for what names no site, KeyringRefused, SiteNotKept, Cancelled.
    """
    session = Session(access)
    with session.discreetly():
        named = read_site(site)
        addresses = dict.fromkeys(filter(None, (named, kept_site(named).signs_in_at)))
        removed: list[tuple[str, str]] = []
        remarks: list[str] = []
        try:
            for address in addresses:
                for user in (username,) if username else _users_of(address, session.run):
                    if remove_from_keyring(session.run, _entry(address), user):
                        removed.append((address, user))
                    keep_site(kept_site(address).without_user(user))
            remarks.extend(_remarks(named, bool(removed or username)))
        except (KeyringRefused, SiteNotKept, JournalError) as error:
            if not removed:
                raise
            remarks.append(f"There may be more: {error.what}")
        return RemovedSignIns(named, tuple(removed), tuple(remarks))


def stored_sign_ins() -> tuple[KeptSite, ...]:
    """The sites and portals for which something is kept, with the user names; never a password. Raises SiteNotKept."""
    return tuple(every_kept_site())


def _account_of(access: Access) -> Account:
    account = access.account
    if account is None or not account.username.strip() or not account.password:
        raise WrongUsage("A sign-in takes a user name and its password, and one of them is missing.", "Give both.")
    return account


def _certificates_of(access: Access, run: Run) -> str:
    if access.ca_file is None:
        return ""
    return run.in_time("reading the CA file", partial(read_certificates, access.ca_file))


def _cache_directory_of(access: Access, run: Run) -> str:
    if access.cache_directory is None:
        return ""
    folder = whole_path(access.cache_directory)
    if not run.in_time("looking for the cache directory", partial(os.path.isdir, folder)):
        raise WrongUsage(
            f"The cache directory {safe_path(str(folder))} isn't there, or this user can't see it.",
            "Give its path as this machine sees it, such as that of a network share.",
        )
    return str(folder)


def _where_it_is_taken(named: str, account: Account, session: Session) -> Home:
    """Signs in, and returns where accounts of the site, or of the portal, are looked for."""
    rest = session.unsigned()
    try:
        info = open_site(rest, named)
    except Moved as moved:
        raise moved_site(moved, SitePart(named)) from moved
    except (NotArcGIS, ServerSaysNo):
        portal = find_portal(rest, named)
        if portal is None:
            raise
        sign_in_to_portal(rest, portal, account)
        return portal
    entered = sign_in(rest, info, *_sources(info, account, session))
    if not entered.account:
        raise SignInRefused(
            f"{named} gave no token for this account, so nothing was stored. {entered.remark}".rstrip(), judged=False
        )
    return token_service_of(info).home


def _sources(info: SiteInfo, account: Account, session: Session) -> tuple[GivenAccount, tuple[Source, ...]]:
    """The given account; for a portal elsewhere the stored one, if it is the same: it was stored for that portal."""
    place = session.access.place
    home = token_service_of(info).home
    if home.portal and not same_authority(home.address, home.site):
        stored = StoredInKeyring(account.username, place)
        found = stored.look(home, session.run)
        if isinstance(found, Found) and found.account == account:
            return GivenAccount(username=account.username, place=place), (stored,)
    return GivenAccount(account, place=place), ()


def _notes(home: Home, username: str, cache_directory: str) -> list[KeptSite]:
    """What is to be kept of the site, and of its portal. Raises SiteNotKept for what is kept and can't be read."""
    signs_in = kept_site(home.address).with_user(username)
    elsewhere = [] if home.address == home.site else [signs_in]
    site = replace(kept_site(home.site), signs_in_at=home.address) if elsewhere else signs_in
    return [*elsewhere, replace(site, cache_directory=cache_directory or site.cache_directory)]


def _users_of(address: str, run: Run) -> Iterator[str]:
    """The noted users, then those that the keyring finds once these are removed."""
    yield from kept_site(address).usernames
    seen: set[str] = set()
    while len(seen) < MOST_ACCOUNTS:
        user = user_in_keyring(run, _entry(address))
        if user is None or user in seen:
            return
        seen.add(user)
        yield user


def _remarks(named: str, is_settled: bool) -> Iterator[str]:
    kept = kept_site(named)
    if kept.signs_in_at and not kept_site(kept.signs_in_at).usernames:
        keep_site(replace(kept, signs_in_at=""))
    if not is_settled:
        yield NO_NAME
    if kept.cache_directory:
        yield f"Still kept for {named}: its cache directory {kept.cache_directory}."
    certificates = kept_certificate(site_address(named))
    if certificates is not None and os.path.exists(certificates):
        yield f"Still kept for {site_address(named)}: its certificates, {certificates}."


def _entry(address: str) -> str:
    return Home(address, address).keyring_entry
