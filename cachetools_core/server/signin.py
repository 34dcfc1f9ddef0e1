"""Whose account is used for a site, and where it was found; the secret itself is never told."""

from __future__ import annotations

import configparser
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import NoAccount, SignInRefused, UnsafeSignIn
from ..messages import plain_words
from ..naming.identity import same_address, same_host
from ..waiting import Run
from .site import SiteInfo
from .tokens import TOKEN_MINUTES, Account, SignedIn, Token, TokenSource, ask_for_token, fits_a_header, guard_secret
from .wire import PlainWire, Wire

KEYRING_PREFIX = "CacheTools:"
KEYRING_WAITS = 20.0
PROFILE_FILES = {
    # Profiles that the ArcGIS API for Python stores: for portals, and for stand-alone servers (users-and-peers.md 5).
    "portal": (".arcgisprofile", "arcgis_python_api_profile_passwords"),
    "server": (".agsprofile", "esri_ags_profile_passwords"),
}


@dataclass(frozen=True)
class ActivePortal:
    """Pro's active portal: its address, and arcpy.GetSigninToken, which gives `token` and `referer` or None."""

    url: str
    signin_token: Callable[[], Mapping[str, Any] | None]


@dataclass(frozen=True)
class SignIn:
    """A way to talk to the site; `account` is a user name or what stands for one, `found` where it was found."""

    wire: Wire
    account: str
    found: str


@dataclass(frozen=True)
class Given:
    """What the caller gives: an account, or only a user name whose password is in the keyring; both may be missing."""

    account: Account | None = None
    username: str | None = None


def sign_in(rest: PlainWire, site: SiteInfo, given: Given, active_portal: ActivePortal | None) -> SignIn:
    """Sign in to a site with the first account there is: the caller's, Pro's active portal where the site is federated
    with it, the keyring's, a profile's of the ArcGIS API for Python.

    A site without token security is talked to without a sign-in. Nobody is asked for anything.
    Raises NoAccount with all the places that were looked at, SignInRefused, UnsafeSignIn.
    """
    if not site.token_service:
        return SignIn(rest, "", "this site asks for no sign-in")
    guard_secret(site.url)
    looked: list[str] = []
    if given.account is not None:
        return _with_password(rest, site, given.account, "given by the caller")
    looked.append("the caller: no account with a password was given")
    if _is_active(site, active_portal, looked):
        token = _portal_token(active_portal, looked)
        if token is not None:
            return SignIn(SignedIn(rest, _from_active_portal(rest, site, active_portal)), "", "Pro's active portal")
    for account, found in _stored_accounts(rest.run, site, given.username, looked):
        return _with_password(rest, site, account, found)
    raise NoAccount(
        f"{site.url} wants a sign-in and no account was found. Looked at: {'; '.join(looked)}.",
        f'Store one: python -m keyring set "{KEYRING_PREFIX}{_home(site)}" USERNAME. Entries belong to one user of this'
        " machine, so store it as the user that runs this.",
    )


def _with_password(rest: PlainWire, site: SiteInfo, account: Account, found: str) -> SignIn:
    return SignIn(SignedIn(rest, _from_password(rest, site, account)), account.username, found)


def _home(site: SiteInfo) -> str:
    """The address that accounts for this site are stored under: its portal's where it is federated, else its own."""
    return site.portal or site.url


def _from_password(rest: PlainWire, site: SiteInfo, account: Account) -> TokenSource:
    """Tokens for an account; the password goes to the token service of the site or portal and nowhere else."""
    home = _home(site)
    if not same_host(site.token_service, home):
        raise UnsafeSignIn(
            f"{site.url} sends sign-ins to {site.token_service}, which is another host than {home}.",
            "Name the site by the address that its own rest/info uses, or have the site's configuration corrected.",
        )
    fields = {"username": account.username, "password": account.password}
    minutes = min(TOKEN_MINUTES, site.token_minutes or TOKEN_MINUTES)

    def from_site(past_proxy: bool) -> Token:
        referer = "" if past_proxy else site.url
        return ask_for_token(rest, _token_address(site.token_service), fields, referer=referer, minutes=minutes)

    def from_portal(past_proxy: bool) -> Token:
        referer = "" if past_proxy else site.url
        portal_token = ask_for_token(rest, site.token_service, fields, referer=referer, minutes=minutes)
        return _exchange(rest, site, portal_token, past_proxy)

    return from_portal if site.portal else from_site


def _from_active_portal(rest: PlainWire, site: SiteInfo, portal: ActivePortal | None) -> TokenSource:
    def source(past_proxy: bool) -> Token:
        token = _portal_token(portal, [])
        if token is None:
            raise SignInRefused("Pro isn't signed in to its active portal any more.", "Sign in again in Pro.")
        return _exchange(rest, site, token, past_proxy)

    return source


def _exchange(rest: PlainWire, site: SiteInfo, token: Token, past_proxy: bool) -> Token:
    """A token for the federated server in exchange for the portal's own (documented: `token` and `serverUrl`).

    The portal's token itself is never sent to the server: any server could claim to be federated with a portal, and
    only the portal knows whether that is so.
    """
    if not same_host(site.token_service, site.portal):
        raise UnsafeSignIn(
            f"{site.url} belongs to the portal {site.portal}, but sends sign-ins to {site.token_service}.",
            "Have the site's configuration corrected.",
        )
    referer = "" if past_proxy else (token.referer or site.url)
    fields = {"request": "getToken", "token": token.value, "serverUrl": site.url}
    try:
        return ask_for_token(
            rest, site.token_service, fields, referer=referer, minutes=TOKEN_MINUTES, sent_from=token.referer
        )
    except SignInRefused as refusal:
        raise SignInRefused(
            f"The portal {site.portal} gives no token for {site.url}: {refusal.what}",
            "Name the site by the address under which it is federated, as the portal's list of servers shows it.",
        ) from refusal


def _token_address(token_service: str) -> str:
    """`…/tokens/` and `…/tokens` both mean `…/tokens/generateToken` (protocol.md 1.1)."""
    address = token_service.rstrip("/")
    return f"{address}/generateToken" if address.lower().endswith("/tokens") else address


def _is_active(site: SiteInfo, portal: ActivePortal | None, looked: list[str]) -> bool:
    if portal is None:
        looked.append("Pro's active portal: there is none here")
        return False
    if not site.portal or not same_address(portal.url, site.portal):
        looked.append(f"Pro's active portal {portal.url}: the site isn't federated with it")
        return False
    return True


def _portal_token(portal: ActivePortal | None, looked: list[str]) -> Token | None:
    """The active portal's token. The unit of `expires` isn't known (pyt.md 4), so it isn't used."""
    held = portal.signin_token() if portal is not None else None
    value = held.get("token") if held else None
    if not isinstance(value, str) or not value:
        looked.append("Pro's active portal: Pro isn't signed in to it")
        return None
    referer = held.get("referer") if held else None
    return Token(value, referer if isinstance(referer, str) and fits_a_header(referer) else "")


def _stored_accounts(
    run: Run, site: SiteInfo, username: str | None, looked: list[str]
) -> Iterator[tuple[Account, str]]:
    service = f"{KEYRING_PREFIX}{_home(site)}"
    account = _from_keyring(run, service, username, looked)
    if account is not None:
        yield account, f"keyring entry '{service}'"
    yield from _profiles(run, site, username, looked)


def _from_keyring(run: Run, service: str, username: str | None, looked: list[str]) -> Account | None:
    """The account stored under this service name; without a user name, any that the back end gives.

    The user name that comes back is the one that counts (keyring's documentation of get_credential). Back ends that
    keep files can't be searched by the service alone, and say the same as for nothing stored.
    """

    def ask() -> Account | None:
        import keyring

        credential = keyring.get_credential(service, username)
        if credential is None:
            keyring.get_password(service, username or "")  # raises where there is no keyring; the line above need not
        if credential is None or not credential.username or not credential.password:
            return None
        return Account(credential.username, credential.password)

    place = f"keyring entry '{service}'"
    if username:
        return _ask_keyring(run, ask, f"{place} of {username}", "nothing stored", looked)
    nothing = "nothing found without a user name; some keyrings, such as encrypted files, need one: --user NAME"
    return _ask_keyring(run, ask, place, nothing, looked)


def _ask_keyring(
    run: Run, ask: Callable[[], Account | None], place: str, nothing: str, looked: list[str]
) -> Account | None:
    """In a thread, so that a back end which waits for somebody to unlock it can't hang a scheduled run."""
    try:
        account = run.call(lambda _: _quietly(ask), KEYRING_WAITS)
    except TimeoutError:
        looked.append(f"{place}: the keyring gave no answer; it may be locked and waiting for somebody")
        return None
    except _KeyringTrouble as trouble:
        looked.append(f"{place}: the keyring can't be used here ({trouble})")
        return None
    if account is None:
        looked.append(f"{place}: {nothing}")
    return account


class _KeyringTrouble(Exception):
    """Whatever a keyring back end raised, by the name of its class: its text could hold a secret."""


def _quietly(ask: Callable[[], Account | None]) -> Account | None:
    try:
        return ask()
    except BaseException as error:  # noqa: BLE001 - back ends are other people's code and raise what they like
        raise _KeyringTrouble(type(error).__name__) from None


def _profiles(run: Run, site: SiteInfo, username: str | None, looked: list[str]) -> Iterator[tuple[Account, str]]:
    """Accounts that the ArcGIS API for Python has stored for this portal or server.

    The profile's name, not the user's, is the key in the keyring; the "password" of an OAuth profile is a refresh token
    and is left alone (users-and-peers.md 5).
    """
    file_name, keyring_service = PROFILE_FILES["portal" if site.portal else "server"]
    profiles = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        profiles.read(Path.home() / file_name, encoding="utf-8-sig")
    except (configparser.Error, UnicodeDecodeError, OSError, RuntimeError) as error:
        looked.append(f"profiles in ~/{file_name}: unreadable ({type(error).__name__})")
        return
    for name in profiles.sections():
        user = profiles.get(name, "username", fallback="")
        if not same_address(profiles.get(name, "url", fallback=""), _home(site)) or username not in (None, user):
            continue
        place = f"profile '{plain_words(name)}' of the ArcGIS API for Python"
        if not user or profiles.has_option(name, "client_id"):
            looked.append(f"{place}: it signs in without a password")
            continue

        def ask(name: str = name, user: str = user) -> Account | None:
            import keyring

            password = keyring.get_password(keyring_service, name)
            return Account(user, password) if password else None

        account = _ask_keyring(run, ask, place, "its password isn't in the keyring of this user", looked)
        if account is not None:
            yield account, place
    looked.append(f"profiles in ~/{file_name}: none to use for {_home(site)}")
