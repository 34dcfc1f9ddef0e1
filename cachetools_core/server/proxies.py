"""The proxies that this machine's settings name for an address."""

from __future__ import annotations

from urllib.parse import urlsplit

from requests.packages.urllib3.util import parse_url
from requests.utils import get_environ_proxies, select_proxy

from ..errors import NeverSent
from ..naming.address import safe_text
from ..naming.identity import is_loopback


def proxies_to(url: str) -> dict[str, str]:
    """The environment's proxies; none for plain HTTP within this machine, since secrets may be in it.

    Raises NeverSent for a proxy that isn't an http or https address; it isn't quoted, since a password is the usual
    reason.
    """
    if url.startswith("http://") and is_loopback(url):
        return {}
    proxies: dict[str, str] = get_environ_proxies(url)
    if not _is_address(select_proxy(url, proxies)):
        raise NeverSent(
            f"The proxy that this machine's settings name for {safe_text(url)} isn't an address that can be used.",
            "Write HTTPS_PROXY as http://host:port or http://user:password@host:port, with each of / # ? @ : % in the"
            " password as a percent code (%40 for @).",
            passing=False,
        )
    return proxies


def _is_address(proxy: str | None) -> bool:
    if proxy is None:
        return True
    try:
        urlsplit(proxy)  # requests reads it once this way and once the other
        parts = parse_url(proxy)
    except ValueError:
        return False
    return bool(parts.host) and parts.scheme in (None, "http", "https")
