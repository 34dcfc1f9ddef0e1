"""What is said where another address answers, or a page in front of the site."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from ..errors import Moved, NotAService
from ..naming.address import site_of
from ..naming.identity import same_host
from ..naming.service import OWN_SITE, ServiceReference
from ..naming.site import SitePart

# What names a resource within a site; before it stands the site's own address.
WITHIN_A_SITE = re.compile("/(?:rest|admin)/.*", re.IGNORECASE)
OWN_SERVICE = ServiceReference(OWN_SITE, "Folder", "Name", "MapServer")


def redirected(where: str, url: str, location: str) -> Moved:
    """The error for a redirect to a location; `where` is the request in words. Raises nothing."""
    unfollowed = "Redirects aren't followed, so that no password or token goes to an address that you didn't name."
    site = _site_there(url, location)
    if not site:
        return Moved(
            f"{where} is redirected to a page that isn't part of ArcGIS Server: a sign-in page or another gateway"
            f" is in front of it. {unfollowed}",
            past_the_gate(),
        )
    if url.lower().startswith("https://") and not site.startswith("https://"):
        return Moved(
            f"{where} is redirected to plain http, which would send a password or token unencrypted. {unfollowed}",
            past_the_gate(),
        )
    return Moved(
        f"{where} is answered from another address: the site is at {site}. {unfollowed}",
        "If that is right, give the service's address there.",
        site=site,
    )


def needs_tls(where: str, url: str) -> Moved:
    """The error for plain HTTP on a port that speaks TLS. Raises nothing."""
    return Moved(
        f"{where}: this port speaks TLS, so the address must begin with https.",
        "Give the service's https address.",
        site=_site_there(url, "https" + url[len("http") :]),
    )


def past_the_gate(example: str = OWN_SERVICE.url) -> str:
    """What to do where something in front of the site answers in its place. Raises nothing."""
    return f"Use the server's own address instead, usually on port 6443, such as {example}."


def _site_there(asked: str, location: str) -> str:
    """The site that a redirect leads to, where the same resource of a site is asked there; empty for any other page."""
    try:
        there = urljoin(asked, location)
        within, path = WITHIN_A_SITE.search(urlsplit(asked).path), urlsplit(there).path.rstrip("/")
        if not within or not path.lower().endswith(within.group().lower()):
            return ""
        site = site_of(there, path[: -len(within.group())].count("/"))
        return "" if site == site_of(asked, urlsplit(asked).path[: within.start()].count("/")) else site
    except (NotAService, ValueError):
        return ""


def moved_service(moved: Moved, service: ServiceReference) -> Moved:
    """The same error with the service's own address in its remedy, one that can be given as it stands."""
    return _with_address(moved, service.site, lambda site: service._replace(site=site).url)


def moved_site(moved: Moved, part: SitePart) -> Moved:
    """The same for a site, or a folder of one."""
    return _with_address(moved, part.site, lambda site: part._replace(site=site).url if part.folder else site)


def _with_address(moved: Moved, named: str, address_at: Callable[[str], str]) -> Moved:
    """`named` is the site that was asked; `address_at` tells how the same thing is addressed at another."""
    if not moved.site:
        return Moved(moved.what, past_the_gate(address_at(OWN_SITE)))
    sure = "Give" if same_host(moved.site, named) else "If you know that address to be right, give"
    return Moved(moved.what, f"{sure} {address_at(moved.site)} instead.", site=moved.site)
