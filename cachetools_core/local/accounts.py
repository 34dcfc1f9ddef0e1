"""Accounts stored on this machine: in the operating system's keyring, in profiles of the ArcGIS API for Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..account import Account, Answer, Found, Home, Place, WhyNot
from ..errors import SiteNotKept
from ..messages import plain_words
from ..naming.identity import same_address
from ..waiting import Run
from .sites import kept_site

if TYPE_CHECKING:
    import configparser

Held = TypeVar("Held")

KEYRING_WAITS = 20.0
FILE_WAITS = 10.0
NAME_THE_USER = {Place.PANE: "", Place.TERMINAL: ": --user NAME", Place.SCRIPT: ": Access(username=...)"}
LARGEST_FILE = 1_000_000


@dataclass(frozen=True)
class StoredInKeyring:
    """The account stored under `CacheTools:` and the home's address; without a user name, any that the back end gives.

    The user name that comes back is the one that counts (keyring's documentation of get_credential). Back ends that
    keep files can't be searched by the service alone, and say the same as for nothing stored; there the user counts
    that was noted when the account was stored, if it is the only one.
    """

    username: str | None = None
    place: Place = Place.SCRIPT

    def look(self, home: Home, run: Run) -> Answer:
        """The account, or why there is none. Raises Cancelled, DeadlinePassed."""
        place = f"keyring entry '{home.keyring_entry}'"
        of_whom = f" of {plain_words(self.username)}" if self.username else ""
        try:
            account = ask_keyring(run, lambda: self._account(home))
        except Unusable as trouble:
            return WhyNot(f"{place}{of_whom}: {trouble}")
        if account is not None:
            return Found(account, place)
        if self.username:
            return WhyNot(f"{place}{of_whom}: nothing stored")
        return WhyNot(
            f"{place}: nothing found without a user name; some keyrings, such as encrypted files, need one"
            f"{NAME_THE_USER[self.place]}"
        )

    def _account(self, home: Home) -> Account | None:
        import keyring

        entry = home.keyring_entry
        credential = keyring.get_credential(entry, self.username)
        noted = _noted_user(home.address) if credential is None and not self.username else ""
        if noted:
            credential = keyring.get_credential(entry, noted)
        if credential is None:
            keyring.get_password(
                entry, self.username or ""
            )  # raises where there is no keyring; the line above need not
        if credential is None or not credential.username or not credential.password:
            return None
        return Account(_text(credential.username), _text(credential.password))


def _noted_user(address: str) -> str:
    """The only user whose account is noted as stored for this address; empty for none, and for several."""
    try:
        (user,) = kept_site(address).usernames
    except (SiteNotKept, ValueError):
        return ""
    return user


@dataclass(frozen=True)
class ArcGISProfiles:
    """Accounts that the ArcGIS API for Python has stored for this portal or server.

    The profile's name, not the user's, is the key in the keyring; the "password" of an OAuth profile is a refresh token
    and is left alone (users-and-peers.md 5).
    """

    username: str | None = None

    def look(self, home: Home, run: Run) -> Answer:
        """The account of the first profile that has one, or why none has. Raises Cancelled, DeadlinePassed."""
        kind = PORTALS if home.portal else SERVERS
        try:
            profiles = _in_time(run, lambda: _read(Path.home() / kind.file), FILE_WAITS)
        except Unusable as trouble:
            return WhyNot(f"profiles in ~/{kind.file}: unreadable ({trouble})")
        passed_over: list[str] = []
        for name, user in self._fitting(profiles, home):
            found = self._account(run, kind, name, user, profiles.has_option(name, "client_id"))
            if isinstance(found, Found):
                return found
            passed_over.append(found.words)
        return WhyNot("; ".join([*passed_over, f"profiles in ~/{kind.file}: no usable one for {home.address}"]))

    def _fitting(self, profiles: configparser.ConfigParser, home: Home) -> Iterator[tuple[str, str]]:
        for name in profiles.sections():
            user = profiles.get(name, "username", fallback="")
            address = profiles.get(name, "url", fallback="")
            if same_address(address, home.address) and self.username in (None, user):
                yield name, user

    def _account(self, run: Run, kind: _Kind, name: str, user: str, by_oauth: bool) -> Answer:
        place = f"profile '{plain_words(name)}' of the ArcGIS API for Python"
        if not user or by_oauth:
            return WhyNot(f"{place}: it signs in without a password")
        try:
            password = ask_keyring(run, lambda: _password(kind.passwords, name))
        except Unusable as trouble:
            return WhyNot(f"{place}: {trouble}")
        if not password:
            return WhyNot(f"{place}: its password isn't in the keyring of this user")
        return Found(Account(user, password), place)


@dataclass(frozen=True)
class _Kind:
    """A file of profiles in the user's home, and the service under which the keyring has their passwords."""

    file: str
    passwords: str


PORTALS = _Kind(".arcgisprofile", "arcgis_python_api_profile_passwords")
SERVERS = _Kind(".agsprofile", "esri_ags_profile_passwords")


class Unusable(Exception):
    """A place that can't be asked, in words that hold nothing of what it holds."""


def _read(file: Path) -> configparser.ConfigParser:
    """The profiles of a file, none where there is no file. A pipe or a dead share in its place may never answer."""
    import configparser  # not for a run whose account is given

    profiles = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_FILE)
    except FileNotFoundError:
        return profiles
    profiles.read_string(content.decode("utf-8-sig"))
    return profiles


def _password(service: str, name: str) -> str | None:
    import keyring

    password = keyring.get_password(service, name)
    return password and _text(password)


def _text(held: object) -> str:
    """What a back end gives, which is other people's code. Raises TypeError where it isn't a text."""
    if not isinstance(held, str):
        raise TypeError
    return held


def ask_keyring(run: Run, ask: Callable[[], Held]) -> Held:
    """What the keyring answers; in a thread, so that one which waits to be unlocked can't hang a scheduled run.

    Raises Unusable, Cancelled, DeadlinePassed.
    """
    try:
        return _in_time(run, ask, KEYRING_WAITS)
    except _NoAnswerInTime:
        raise Unusable("the keyring gave no answer; it may be locked and waiting for somebody") from None
    except Unusable as trouble:
        raise Unusable(f"the keyring can't be used here ({trouble})") from None


class _NoAnswerInTime(Unusable):
    """A place that gave no answer in time."""


def _in_time(run: Run, ask: Callable[[], Held], seconds: float) -> Held:
    try:
        return run.call(lambda _: _quietly(ask), seconds)
    except TimeoutError:
        raise _NoAnswerInTime("no answer") from None


def _quietly(ask: Callable[[], Held]) -> Held:
    """Whatever is raised goes by the name of its class: its text could hold a secret."""
    try:
        return ask()
    except BaseException as error:  # noqa: BLE001 - back ends are other people's code and raise what they like
        raise Unusable(type(error).__name__) from None
