"""Where an account for a site comes from: the caller, or Pro's active portal; more sources are in `local`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Union

from ..account import Account, Found, Home, Place, WhyNot, program
from ..errors import CacheToolsError, SignInRefused, UnsafeSignIn
from ..messages import plain_words
from ..naming.address import safe_text
from ..naming.identity import same_address
from ..waiting import Run
from .destination import portal_tokens, same_authority, secure_form
from .tokens import Bound, Token, TokenGiver, fits_a_header

BY_THE_CALLER = "given for this run"


@dataclass(frozen=True)
class PortalSession:
    """Somebody's session with the site's portal: where it gives tokens, and who asks for the session's own."""

    address: str
    tokens: TokenGiver
    place: str


Offer = Union[Found, PortalSession, WhyNot]


class Source(Protocol):
    """A place to look for an account; a chain of them is asked one by one."""

    def look(self, home: Home, run: Run) -> Offer:
        """An account for that home, a session with its portal, or why there is none.

        Raises UnsafeSignIn for an account that must not go there, Cancelled, DeadlinePassed.
        """


@dataclass(frozen=True)
class GivenAccount:
    """What the caller gives: an account, or only a user name whose password is stored; both may be missing.

    `place` is where the caller is.
    """

    account: Account | None = None
    username: str | None = None
    place: Place = Place.SCRIPT

    def look(self, home: Home, run: Run) -> Offer:
        """The caller's account. Raises UnsafeSignIn where the site would have it sent elsewhere than to itself."""
        if self.account is None:
            return WhyNot("this run: no account with a password was given")
        if home.portal and not same_authority(home.address, home.site):
            raise UnsafeSignIn(
                f"The account of {plain_words(self.account.username)} was given for {home.site}, which says that it"
                f" belongs to the portal {home.address}. A password isn't sent to another address because a site"
                " says so, so the account isn't used.",
                "If that portal is yours, store your account under its address; a run that is given no password finds"
                f" it there. {how_to_store(home.address, self.place)}",
            )
        return Found(self.account, BY_THE_CALLER)


@dataclass(frozen=True)
class ActivePortal:
    """Pro's active portal: its address, and arcpy.GetSigninToken, which gives `token` and `referer` or None.

    `trouble` is why Pro couldn't be asked for the address; empty where it could.
    """

    url: str
    signin_token: Callable[[], Mapping[str, Any] | None]
    trouble: str = ""

    @classmethod
    def asked_of_pro(cls, url: Callable[[], str | None], signin_token: Callable[[], Any]) -> ActivePortal | None:
        """The portal that arcpy.GetActivePortalURL names; None where it names none. Raises nothing."""
        try:
            named = url()
        except Exception as error:  # noqa: BLE001 - only its class is told: its text could hold anything
            return cls("", signin_token, f"Pro doesn't say which it is ({type(error).__name__})")
        return cls(named, signin_token) if isinstance(named, str) and named else None

    def look(self, home: Home, run: Run) -> Offer:
        """Pro's session, where the site is federated with this portal; Pro's token goes to this portal only."""
        if self.trouble:
            return WhyNot(f"Pro's active portal: {self.trouble}")
        if not home.portal or not same_address(self.url, home.address):
            return WhyNot(f"Pro's active portal {safe_text(self.url)}: the site isn't federated with it")
        try:
            token = self.token()
        except SignInRefused as refusal:
            return WhyNot(f"Pro's active portal: {refusal.what.rstrip('.')}")
        if token is None:
            return WhyNot("Pro's active portal: Pro isn't signed in to it")
        # Without the scheme, which would be blotted out of every other address.
        run.secrets.remember(token.value, token.referer.partition("://")[2] or token.referer)
        address = portal_tokens(secure_form(self.url.strip().rstrip("/"), home.address))
        return PortalSession(address, self, "Pro's active portal")

    def give(self, bound: Bound) -> Token:
        """The portal's token, for one of the server's. Raises SignInRefused, Cancelled."""
        token = self.token()
        if token is None:
            raise SignInRefused("Pro isn't signed in to its active portal any more.", "Sign in again in Pro.")
        return token

    def token(self) -> Token | None:
        """The portal's token that Pro holds. The unit of `expires` isn't known (pyt.md 4), so it isn't used.

        Raises SignInRefused where Pro fails to give it, and Cancelled.
        """
        try:
            held = self.signin_token()
        except CacheToolsError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            failed = type(error).__name__
        else:
            value = held.get("token") if isinstance(held, Mapping) else None
            if held is None or not isinstance(value, str) or not value:
                return None
            referer = held.get("referer")
            return Token(value, referer if isinstance(referer, str) and fits_a_header(referer) else "")
        raise SignInRefused(f"Pro failed to give its token ({failed}).", "Sign in again in Pro.", judged=False)


@dataclass(frozen=True)
class NoActivePortal:
    """The place of Pro's active portal where there is no Pro, or none is active."""

    def look(self, home: Home, run: Run) -> Offer:
        """Nothing."""
        return WhyNot("Pro's active portal: there is none here")


def how_to_store(address: str, place: Place, what: str = "it") -> str:
    """How an account for a site, or for a portal, is stored from there; `what` is what the sentence calls it."""
    if place is Place.PANE:
        return f"Store {what} with the tool Store Server Sign-In, for the site {address}."
    if place is Place.TERMINAL:
        return f'Store {what}: {program()} sign-in "{address}" --user NAME.'
    return f'Store {what} with cachetools_core.store_sign_in, for the site "{address}".'
