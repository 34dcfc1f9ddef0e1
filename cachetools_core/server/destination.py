"""Where a secret may go: an address derived from the one that it was stored for or given with, whatever a site says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..account import Home
from ..errors import NotAService, UnsafeSignIn
from ..naming.address import safe_text, site_address
from ..naming.identity import is_loopback, same_address
from .site import SiteInfo

PORTAL_TOKENS = "/sharing/rest/generateToken"
SITE_TOKENS = "/tokens/generateToken"
ADMIN_TOKENS = "/admin/generateToken"
# `…/sharing/generateToken` is the older spelling, which ArcGIS Online's federated servers still print.
SPELLINGS_OF_PORTAL_TOKENS = (PORTAL_TOKENS, "/sharing/generateToken", "/sharing/rest", "/sharing")
OWNERLESS = re.compile(r"(.+?)/sharing(?:/rest)?/generateToken", re.IGNORECASE)
USER = re.compile(r"^(https?://)[^/\\?#@]*@", re.IGNORECASE)
PORTAL = re.compile(r"https?://(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?(?:/(?!\.+(?:/|$))[\w.~-]+)*", re.IGNORECASE)


@dataclass(frozen=True)
class TokenService:
    """Where tokens for a site are asked for: `address` is derived from `home`, under which its accounts are kept."""

    home: Home
    address: str


def token_service_of(site: SiteInfo) -> TokenService:
    """The token service that the site chooses by what it says of itself (protocol.md 1).

    The site's own words never make up an address. Where it names a token service of its own, that is
    `{site}/tokens/generateToken` at the address that the caller named, whatever host the site knows itself by. Where it
    is federated, it is `{portal}/sharing/rest/generateToken`, if the portal and the token service that the site names
    agree; one that names no portal belongs to the one whose token service it names. Where it starts none, or names
    the administrator API's, it is `{site}/admin/generateToken`, which is always there.
    Raises UnsafeSignIn where what it says fits none of these.
    """
    said = site.token_service
    if not said:
        return admin_tokens_of(site)
    if site.portal:
        return _of_portal(site)
    if _path(said).endswith(ADMIN_TOKENS.lower()):
        return admin_tokens_of(site)
    if _path(said).endswith(("/tokens", SITE_TOKENS.lower())):
        return TokenService(Home(site.url, site.url), f"{site.url}{SITE_TOKENS}")
    unnamed = OWNERLESS.fullmatch(said.rstrip("/"))
    if unnamed and PORTAL.fullmatch(unnamed[1]):
        return TokenService(Home(site.url, unnamed[1], portal=True), portal_tokens(unnamed[1]))
    raise UnsafeSignIn(
        f"{site.url} sends sign-ins to {safe_text(said) or 'no address'}, which isn't a token service of the site,"
        " and names no portal that it belongs to.",
        "Have the site's configuration corrected, or name the site by its own address, such as"
        " https://gisserver:6443/arcgis.",
    )


def admin_tokens_of(site: SiteInfo) -> TokenService:
    """The administrator API's own token service, which knows the site's administrators and publishers."""
    return TokenService(Home(site.url, site.url), f"{site.url}{ADMIN_TOKENS}")


def portal_tokens(portal: str) -> str:
    """Where a portal gives tokens."""
    return f"{portal}{PORTAL_TOKENS}"


def same_authority(one: str, other: str) -> bool:
    """True where both addresses have the same scheme, host and port."""
    try:
        return site_address(one) == site_address(other)
    except NotAService:
        return False


def guard_secret(url: str) -> None:
    """Raises UnsafeSignIn where the address isn't safe for a secret: plain HTTP that leaves this machine."""
    if not url.lower().startswith("https://") and not is_loopback(url):
        raise UnsafeSignIn(
            f"{safe_text(url)} is plain HTTP, and a password or token would travel in the clear.",
            "Give the site's https address.",
        )


def _of_portal(site: SiteInfo) -> TokenService:
    said = _without_user(site.token_service)
    agreed = PORTAL.fullmatch(site.portal) and any(
        same_address(said, f"{site.portal}{spelling}") for spelling in SPELLINGS_OF_PORTAL_TOKENS
    )
    if not agreed:
        raise UnsafeSignIn(
            f"{site.url} belongs to the portal {safe_text(site.portal)}, but sends sign-ins to"
            f" {safe_text(site.token_service)}, which isn't that portal's token service.",
            "Have the site's configuration corrected.",
        )
    portal = secure_form(site.portal, site.token_service)
    return TokenService(Home(site.url, portal, portal=True), portal_tokens(portal))


def secure_form(address: str, other: str) -> str:
    """The first address, with https where the second, which means the same, has it: portals print either."""
    return re.sub("^http:", "https:", address, flags=re.IGNORECASE) if other.lower().startswith("https:") else address


def _without_user(address: str) -> str:
    """Some proxies print a user in a token service's address; it chooses nothing, and nothing is sent to it."""
    return USER.sub(r"\1", address)


def _path(address: str) -> str:
    """The path of an address in lower case, without a trailing slash; empty where the address can't be read."""
    try:
        site_address(_without_user(address))
    except NotAService:
        return ""
    return urlsplit(address).path.rstrip("/").lower()
