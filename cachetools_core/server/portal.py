"""A portal, where somebody names it in place of one of its servers; its accounts are good for all of them."""

from __future__ import annotations

from ..account import Account, Home
from ..errors import NotArcGIS, ServerSaysNo, UnsafeSignIn
from ..naming.address import safe_text
from ..naming.identity import same_address
from .destination import PORTAL, portal_tokens, secure_form
from .tokens import TOKEN_MINUTES, Bound, PasswordTokens
from .wire import PlainWire, Wire


def find_portal(wire: Wire, url: str) -> Home | None:
    """The home of a portal's accounts, where a portal answers at that address (clients.md 5), else None.

    The address is spelled as the portal spells it, since its servers say it like that. Raises UnsafeSignIn for a portal
    that calls itself by another address: its servers do too, and look for accounts there. Raises NoAnswer.
    """
    try:
        answer = wire.get(f"{url}/sharing/rest/info")
    except (NotArcGIS, ServerSaysNo):
        return None
    said = answer.get("owningSystemUrl")
    if not isinstance(said, str) or not isinstance(answer.get("authInfo"), dict):
        return None
    own = said.rstrip("/")
    if not PORTAL.fullmatch(own) or not same_address(own, url):
        raise UnsafeSignIn(
            f"The portal at {url} calls itself {safe_text(said)}, and its servers look for accounts there.",
            "If that is your portal, give it by that address.",
        )
    return Home(url, secure_form(own, url), portal=True)


def sign_in_to_portal(rest: PlainWire, portal: Home, account: Account) -> None:
    """Sign in to a portal, and nothing more. Raises SignInRefused, UnsafeSignIn, NoAnswer, Cancelled."""
    rest.run.secrets.spare(portal.site, portal.address, account.username)
    PasswordTokens(rest, portal_tokens(portal.address), account, portal.site, TOKEN_MINUTES).give(Bound.TO_REFERER)
