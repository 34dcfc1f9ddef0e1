"""What a text names where a whole site is meant: an ArcGIS Server site, or the portal of one."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote, unquote

from ..errors import NotAService
from .address import as_text, check_name, parts_of, safe_text, site_of
from .service import read_name

AROUND_A_NAME = " \t\r\n\"'"
BELOW_A_SITE = ("rest", "services", "admin", "manager", "tokens", "sharing", "home", "portaladmin")
"""What follows a site's own address in those that a browser shows."""


class SitePart(NamedTuple):
    """A whole site, or one folder of it; `folder` is decoded, and empty for the whole site."""

    site: str
    folder: str = ""

    @property
    def url(self) -> str:
        """Where the services directory lists it."""
        return f"{self.site}/rest/services" + (f"/{quote(self.folder, safe='')}" if self.folder else "")


def read_site(text: str) -> str:
    """The address of the site, without a trailing slash, spelled as its services' addresses begin.

    Any address below it will do, as a browser shows it: the services directory, Manager, a portal's home page.

    >>> read_site("https://GIS.example.com:443/server/rest/services/")
    'https://gis.example.com/server'

    Raises NotAService for anything else.
    """
    plain, parts = _read(text)
    return site_of(plain, _depth(parts))


def read_site_part(text: str) -> SitePart:
    """The site, or the folder of one, that an address of the services directory names.

    >>> read_site_part("https://gis.example.com/server/rest/services/Planning").folder
    'Planning'
    >>> read_site_part("https://gis.example.com/server").url
    'https://gis.example.com/server/rest/services'

    Raises NotAService for anything else, such as an address that may be meant for a service.
    """
    plain, parts = _read(text)
    depth = _depth(parts)
    below = [unquote(part) for part in parts[depth:]]
    directory = below[1:] if below and below[0].lower() == "rest" else below
    folders = directory[1:] if directory and directory[0].lower() == "services" else []
    if depth > 1 or len(folders) > 1 or (len(directory) > 1 and not folders):
        raise NotAService(
            f"'{safe_text(plain)}' is neither a service nor a site.",
            "Give a site as https://gis.example.com/server, a folder of it as"
            " https://gis.example.com/server/rest/services/Folder.",
        )
    for folder in folders:
        check_name(folder, safe_text(plain))
    return SitePart(site_of(plain, depth), *folders)


def names_a_site(text: str) -> bool:
    """True where the text names a site, or a folder of one, and no service. Raises nothing."""
    try:
        read_name(text)
    except NotAService:
        return _is_a_part(text)
    return False


def _is_a_part(text: str) -> bool:
    try:
        read_site_part(text)
    except NotAService:
        return False
    return True


def _read(text: str) -> tuple[str, list[str]]:
    """The text without what stands around it, and the parts of its path."""
    plain = as_text(text).strip(AROUND_A_NAME)
    if not plain.lower().startswith(("https://", "http://")):
        raise NotAService(
            f"'{safe_text(plain)}' isn't the address of a site.",
            "Give it whole, for example https://gis.example.com/server.",
        )
    return plain, parts_of(plain)


def _depth(parts: list[str]) -> int:
    """How many parts the site's own context has."""
    below = (at for at, part in enumerate(parts) if part.partition(";")[0].lower() in BELOW_A_SITE)
    return next(below, len(parts))
