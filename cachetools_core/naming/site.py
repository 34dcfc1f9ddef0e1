"""What a text names where a whole site is meant: an ArcGIS Server site, or the portal of one."""

from __future__ import annotations

from ..errors import NotAService
from .address import parts_of, safe_text, site_of

AROUND_A_NAME = " \t\r\n\"'"
BELOW_A_SITE = ("rest", "services", "admin", "manager", "tokens", "sharing", "home", "portaladmin")
"""What follows a site's own address in those that a browser shows."""


def read_site(text: str) -> str:
    """The address of the site, without a trailing slash, spelled as its services' addresses begin.

    Any address below it will do, as a browser shows it: the services directory, Manager, a portal's home page.

    >>> read_site("https://GIS.example.com:443/server/rest/services/")
    'https://gis.example.com/server'

    Raises NotAService for anything else.
    """
    plain = text.strip(AROUND_A_NAME)
    if not plain.lower().startswith(("https://", "http://")):
        raise NotAService(
            f"'{safe_text(plain)}' isn't the address of a site.",
            "Give it whole, for example https://gis.example.com/server.",
        )
    lowered = [part.partition(";")[0].lower() for part in parts_of(plain)]
    below = [at for at, part in enumerate(lowered) if part in BELOW_A_SITE]
    return site_of(plain, below[0] if below else len(lowered))
