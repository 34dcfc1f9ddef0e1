"""Whether two texts mean the same host, address or service. Folding is for comparing only; nothing is asked so."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from enum import Enum
from urllib.parse import unquote, urlsplit

from ..errors import NotAService
from .address import check_name, site_address
from .service import AROUND_A_NAME, CatalogPath, ServiceReference, names_in, read_name, split_at_services

THIS_MACHINE = "localhost"
USUAL_PORTS = (None, 80, 443, 6080, 6443)


class Means(Enum):
    """What a text that a server gives means, seen from one service."""

    THIS = "this service"
    ANOTHER = "another service"
    UNCLEAR = "no service that can be read from it"


def service_key(service: ServiceReference) -> str:
    """One text for all spellings of a service, `host/context/rest/services/Folder/Name/MapServer` in small letters.

    Folded are scheme, port, letter case, a final dot of the host, its Unicode and IPv6 forms, percent codes, composed
    and decomposed letters, and every name of this machine's loopback. A host's alias and a site's other context stay
    apart, since only the server knows of them; so do ports of the loopback that are none of ArcGIS Server's or a web
    server's, since rehearsals listen there side by side: `service_key_at_any_port` folds them. Nothing is asked and
    nothing raised.
    """
    return "/".join([site_key(service), "rest", "services", *_names_of(service)])


def service_key_at_any_port(service: ServiceReference) -> str:
    """As `service_key`, with the ports of this machine's loopback folded too. Raises nothing."""
    _, key = service_key(service).split("/", 1)
    return f"{_folded_host(urlsplit(service.site).hostname or '')}/{key}"


def service_key_in_any_context(service: ServiceReference) -> str:
    """As `service_key`, with the contexts of one host folded too: one server may have several. Raises nothing."""
    return "/".join([site_key(service).partition("/")[0], *_names_of(service)])


def names_in_key(key: str) -> str:
    """The end of a `service_key` that is the same at every address of its server: folder, name, type. Raises nothing.

    >>> names_in_key("gis.example.com/arcgis/rest/services/water/mains/mapserver")
    'water/mains/mapserver'
    """
    return key.partition("/rest/services/")[2]


def _names_of(service: ServiceReference) -> list[str]:
    return [_folded(part) for part in (service.folder, service.name, service.kind) if part]


def site_key(service: ServiceReference) -> str:
    """One text for all spellings of a service's site, `host/context`, folded as `service_key` does. Raises nothing."""
    site = urlsplit(service.site)
    host = _folded_host(site.hostname or "")
    authority = f"{host}:{site.port}" if host == THIS_MACHINE and site.port not in USUAL_PORTS else host
    return "/".join([authority, *(_folded(part) for part in site.path.split("/") if part)])


def names_service(service: ServiceReference, text: str) -> Means:
    """Whether a text that a server gives, such as a job's input `service_url`, means this service.

    Read are `Folder/Name:MapServer`, `Folder/Name.MapServer`, `Folder/Name/MapServer`, and addresses of any host, since
    a site may know itself by another name. A text without a type, or with something else in it, is UNCLEAR: it may
    mean this service or another. Nothing is raised.
    """
    named = _names_in(text.strip(AROUND_A_NAME))
    if named is None:
        return Means.UNCLEAR
    mine = (service.folder, service.name, service.kind)
    return Means.THIS if [*map(_folded, named)] == [*map(_folded, mine)] else Means.ANOTHER


def is_loopback(url: str) -> bool:
    """True where the address certainly never leaves this machine; raises nothing."""
    host = _host_of(url)
    address = _ip_address(host)
    return host == THIS_MACHINE if address is None else address.is_loopback


def same_host(one: str, other: str) -> bool:
    """True where both addresses name the same host; the port may differ, as between a web adaptor and port 6443."""
    return _host_of(one) == _host_of(other) != ""


def same_address(one: str, other: str) -> bool:
    """True where both addresses name the same portal or site: host, port and path, in whatever case and with or without
    a trailing slash; http and https count as one, since portals name themselves by either.
    """
    return _spelled_plainly(one) == _spelled_plainly(other) != ""


def _names_in(text: str) -> tuple[str, str, str] | None:
    """Folder, name and type of the service that the text names, as they are spelled; None where it names none."""
    try:
        named = _spelled_in(text)
        for name in filter(None, (named or ())[:2]):
            check_name(name, text)
    except NotAService:
        return None
    return named


def _spelled_in(text: str) -> tuple[str, str, str] | None:
    if "://" in text:
        return names_in([part.strip() for part in split_at_services(text)[1]])
    # The caching tools' own form has a colon before the type.
    named = names_in([part.strip() for part in re.split(r"[/\\:]", unquote(text)) if part.strip()])
    path = read_name(text) if named is None else None
    return (path.folder, path.name, path.kind) if isinstance(path, CatalogPath) else named


def _folded(part: str) -> str:
    """A part of a path in one spelling."""
    composed = unicodedata.normalize("NFC", unquote(part))
    return unicodedata.normalize("NFC", composed.lower())


def _folded_host(host: str) -> str:
    host = host.lower()
    dotless = host[:-1] if host.endswith(".") else host
    address = _ip_address(dotless)
    if address is not None:
        return THIS_MACHINE if address.is_loopback else str(address)
    return ".".join(map(_label_in_unicode, dotless.split(".")))


def _label_in_unicode(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except UnicodeError:
        return label


def _ip_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The numeric address that a host is; an IPv4 address in the form of IPv6 is the one that it stands for."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return (address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None) or address


def _host_of(address: str) -> str:
    r"""The host; empty where readers differ: in `https://evil\@good/` requests asks evil, urllib reads good."""
    try:
        return urlsplit(site_address(address)).hostname or ""
    except NotAService:
        return ""


def _spelled_plainly(address: str) -> str:
    """Host, port and path in one spelling; empty where the address can't be read."""
    try:
        authority = site_address(address.strip()).partition("://")[2]
    except NotAService:
        return ""
    return authority + urlsplit(address.strip()).path.rstrip("/").lower()
