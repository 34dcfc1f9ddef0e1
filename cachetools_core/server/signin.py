"""Whose account is used for a site, and where it was found; the secret itself is never told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..account import Found, Home, Place, WhyNot
from ..errors import (
    DeadlinePassed,
    NoAccount,
    NoAnswer,
    NotPermitted,
    ServerSaysNo,
    SignInRefused,
    TokenRefused,
    UnsafeSignIn,
)
from ..messages import plain_words
from ..waiting import Run
from .destination import (
    TokenService,
    admin_tokens_of,
    guard_secret,
    token_service_of,
)
from .signed_in import SignedIn
from .site import CACHING_TOOLS, SiteInfo
from .sources import BY_THE_CALLER, GivenAccount, PortalSession, Source, how_to_store
from .tokens import (
    TOKEN_MINUTES,
    Bound,
    ExchangedTokens,
    PasswordTokens,
    Token,
    TokenGiver,
)
from .wire import PlainWire, Wire

NO_SIGN_IN = "this site asks for no sign-in"


@dataclass(frozen=True)
class OpenSite:
    """A site that was opened and signed in to, and a wire that talks to it as `account`.

    `account` is a user name or empty, `found` the place where it was found, `remark` what the caller gave that isn't
    used, and why; empty where there is nothing to remark.
    """

    info: SiteInfo
    wire: Wire
    account: str
    found: str
    remark: str = ""

    @property
    def url(self) -> str:
        """The site's address, without a trailing slash."""
        return self.info.url


@dataclass(frozen=True)
class _StoredPassword:
    tokens: TokenGiver
    how_to_store: str

    def give(self, bound: Bound) -> Token:
        try:
            return self.tokens.give(bound)
        except SignInRefused as refusal:
            if not refusal.judged:
                raise
            anew = f"{refusal.remedy} If its password has changed, store the new one. {self.how_to_store}"
            raise SignInRefused(refusal.what, anew) from refusal


def sign_in(rest: PlainWire, site: SiteInfo, given: GivenAccount, others: Iterable[Source]) -> OpenSite:
    """Sign in to a site with the first account there is: what the caller gives, then the other sources in their order.

    A secret goes to an address derived from the one that it was stored for or given with, and to no other:
    an account that the caller gives was given for the site that he named, so it goes to that site's own token services,
    and to the portal that the site names only at the site's own scheme, host and port; a stored account goes to the
    token service of the address under which it is stored; Pro's token goes to Pro's own active portal, in exchange for
    one for the server. What a site says of itself chooses between these and never adds one (see `destination`).

    A site that starts no token service is talked to without a sign-in, unless an account is given or its caching tools
    ask for one: its administrator API gives tokens then. A second account isn't tried
    where the first is refused.
    Raises NoAccount with all the places that were looked at, SignInRefused, UnsafeSignIn, NoAnswer, Cancelled.
    """
    rest.run.secrets.spare(site.url, given.username or "", given.account.username if given.account else "")
    if given.account is not None:
        rest.run.secrets.remember(given.account.password)
    if not site.token_service:
        return _without_token_service(rest, site, given, others)
    guard_secret(site.url)
    service = token_service_of(site)
    return _enter(rest, site, service, given, others)


def how_to_sign_in(home: Home, place: Place) -> str:
    """What somebody there can do for whom no account was found.

    The site as it was named, and not a portal that it claims: where that is elsewhere, storing says so and asks first.
    """
    how = how_to_store(home.site, place, "an account")
    how = f"{how} Do it as the user who runs this: each user has a keyring of their own."
    if place is not Place.TERMINAL:
        return how
    return f"{how} Where there is no keyring: --user NAME --password-command CMD, a program that prints the password."


def _first(run: Run, home: Home, given: GivenAccount, others: Iterable[Source]) -> Found | PortalSession:
    looked: list[str] = []
    for source in (given, *others):
        offer = source.look(home, run)
        if not isinstance(offer, WhyNot):
            return offer
        looked.append(offer.words)
    raise NoAccount(
        f"{home.site} wants a sign-in and no account was found. Looked at: {'; '.join(looked)}.",
        how_to_sign_in(home, given.place),
    )


def _enter(
    rest: PlainWire, site: SiteInfo, service: TokenService, given: GivenAccount, others: Iterable[Source]
) -> OpenSite:
    offer = _first(rest.run, service.home, given, others)
    if isinstance(offer, PortalSession):
        giver: TokenGiver = ExchangedTokens(rest, offer.address, site.url, offer.tokens)
        return OpenSite(site, SignedIn(rest, giver), "", offer.place)
    rest.run.secrets.remember(offer.account.password)
    rest.run.secrets.spare(offer.account.username)
    minutes = min(TOKEN_MINUTES, site.token_minutes or TOKEN_MINUTES)
    giver = PasswordTokens(rest, service.address, offer.account, site.url, minutes)
    if offer.place != BY_THE_CALLER:
        giver = _StoredPassword(giver, how_to_store(service.home.address, given.place))
    if service.home.portal:
        giver = ExchangedTokens(rest, service.address, site.url, giver)
    return OpenSite(site, SignedIn(rest, giver), offer.account.username, offer.place)


def _without_token_service(rest: PlainWire, site: SiteInfo, given: GivenAccount, others: Iterable[Source]) -> OpenSite:
    """`isTokenBasedSecurity` false says only that no token service is started for users (Token Manager, documented)."""
    service = admin_tokens_of(site)
    if given.account is not None:
        return _with_given_account(rest, site, service, given)
    if _asks_for_a_token(rest, site):
        guard_secret(site.url)
        return _enter(rest, site, service, given, others)
    name = plain_words(given.username or "")
    return OpenSite(site, rest, "", NO_SIGN_IN, f"The user name {name} isn't used: {NO_SIGN_IN}." if name else "")


def _with_given_account(rest: PlainWire, site: SiteInfo, service: TokenService, given: GivenAccount) -> OpenSite:
    try:
        return _enter(rest, site, service, given, ())
    except SignInRefused as refusal:
        if refusal.judged:
            raise
        why: SignInRefused | UnsafeSignIn | NoAnswer = refusal
    except DeadlinePassed:
        raise
    except (UnsafeSignIn, NoAnswer) as trouble:
        why = trouble
    name = given.account.username if given.account else ""
    unused = f"The account of {plain_words(name)} isn't used: the site has no token service for users, and its"
    unused = f"{unused} administrator API gave no token. {why.what}"
    if _asks_for_a_token(rest, site):
        raise SignInRefused(f"The caching tools of {site.url} want a sign-in. {unused}", why.remedy, judged=False)
    return OpenSite(site, rest, "", NO_SIGN_IN, unused)


def _asks_for_a_token(rest: PlainWire, site: SiteInfo) -> bool:
    """True where the caching tools want a sign-in, whatever the site says of its token service."""
    for tools in CACHING_TOOLS:
        try:
            rest.get(f"{site.url}/rest/services/System/{tools}/GPServer", tries=1)
        except (TokenRefused, NotPermitted):
            return True
        except (NoAnswer, ServerSaysNo):
            continue
        return False
    return False
