"""A service named by any text a user has: a REST or SOAP address, a catalog path, a layer file.

Text only: nothing here opens a file or a connection, so validation in Pro may use it at every keystroke.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Union
from urllib.parse import quote, unquote, urlsplit

from ..errors import NotAService

CACHED_TYPES = {"mapserver": "MapServer", "imageserver": "ImageServer"}
OTHER_TYPES = {
    "featureserver",
    "gpserver",
    "geocodeserver",
    "geodataserver",
    "geometryserver",
    "globeserver",
    "mobileserver",
    "naserver",
    "sceneserver",
    "streamserver",
    "vectortileserver",
    "wfsserver",
    "wmsserver",
    "knowledgegraphserver",
    "indexingserver",
}
LONGEST_TEXT = 4096
AUTHORITY = re.compile(r"(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d*)?", re.IGNORECASE)
DEFAULT_PORTS = {"http": 80, "https": 443}
# Copied text comes with quotes, and with marks that nobody sees: Windows puts U+202A before paths, for one.
AROUND_A_NAME = " \t\r\n\v\f\"'\u00a0\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
IN_NO_NAME = frozenset('/\\:;"<>|#%&@\ufffd')  # U+FFFD stands for what isn't UTF-8
CONNECTIONS = "gis servers"
CONNECTION_NAME = re.compile(r"arcgis on (?P<host>[^\s\\/]+?)(?:_(?P<port>\d+))? \((?P<role>[^)]*)\)", re.IGNORECASE)


@dataclass(frozen=True)
class ServiceReference:
    """One map or image service on one site.

    `site` is the address of the ArcGIS Server site without a trailing slash, `https://host[:port]/context`;
    `folder` is empty for the root folder; `name` and `folder` are decoded; `kind` is `MapServer` or `ImageServer`.
    """

    site: str
    folder: str
    name: str
    kind: str

    @property
    def path(self) -> str:
        """`Folder/Name`, percent-encoded, as the server's addresses have it."""
        return "/".join(quote(part, safe="") for part in (self.folder, self.name) if part)

    @property
    def url(self) -> str:
        """The REST address."""
        return f"{self.site}/rest/services/{self.path}/{self.kind}"

    @property
    def task_name(self) -> str:
        """`Folder/Name:MapServer`, the form that the caching tools take (protocol.md 4.4)."""
        return "/".join(part for part in (self.folder, self.name) if part) + f":{self.kind}"

    @property
    def admin_url(self) -> str:
        """The service in the administrator API: `…/admin/services/Folder/Name.MapServer`."""
        return f"{self.site}/admin/services/{self.path}.{self.kind}"

    def __str__(self) -> str:
        return self.task_name


@dataclass(frozen=True)
class CatalogPath:
    """A service below a server connection; `connection` is the path of the connection, with or without `.ags`."""

    connection: str
    folder: str
    name: str
    kind: str


@dataclass(frozen=True)
class LayerFile:
    """A layer file (.lyrx) that draws a service."""

    path: str


Named = Union[ServiceReference, CatalogPath, LayerFile]


def read_name(text: str) -> Named:
    r"""What the text names, by its form alone.

    >>> read_name("https://h/server/services/F/Rainfall/MapServer").url
    'https://h/server/rest/services/F/Rainfall/MapServer'
    >>> read_name(r"C:\c\arcgis on h_6443 (admin)\F\Rainfall.MapServer").connection
    'C:/c/arcgis on h_6443 (admin)'

    Raises NotAService, with what to give instead, for anything that isn't one map or image service.
    """
    plain = text.strip(AROUND_A_NAME)
    if not plain:
        raise NotAService("No service is named.")
    if len(plain) > LONGEST_TEXT or not all(map(_is_seen, plain)):
        raise NotAService("The text is too long, or holds characters that nobody can see, and names no service.")
    if re.match(r"[a-z][a-z0-9+.-]*://", plain, re.IGNORECASE):
        return _read_address(plain)
    if plain.lower().endswith((".lyrx", ".lyr")):
        return _read_layer_file(plain)
    return _read_catalog_path(plain)


def site_address(url: str) -> str:
    """Scheme, host and port of an address, in one spelling: lower case, no default port, no credentials.

    Raises NotAService for anything that isn't an http or https address, or holds credentials.
    """
    try:
        split = urlsplit(url)
        host, port = split.hostname, split.port
    except ValueError:  # its text can hold a part of a password
        raise NotAService("The address can't be read: its host or port is malformed.") from None
    scheme = split.scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise NotAService("Only http and https addresses name a service.")
    if "@" in split.netloc:
        raise NotAService(
            "The address holds a user name or password, which would end up in logs.",
            "Remove everything up to and with the @ sign; the README tells how to sign in.",
        )
    if not host or not AUTHORITY.fullmatch(split.netloc) or unicodedata.normalize("NFKC", split.netloc) != split.netloc:
        raise NotAService("The address has no host that could be asked.")
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" + (f":{port}" if port not in (None, DEFAULT_PORTS[scheme]) else "")


def parts_of(url: str) -> list[str]:
    """The parts of an address's path, percent codes as they are. Raises NotAService as site_address does."""
    site_address(url)
    return [part for part in urlsplit(url).path.split("/") if part]


def site_of(url: str, depth: int) -> str:
    """The site whose context is the first so many parts of an address's path, in one spelling. Raises NotAService."""
    context = [unquote(part) for part in parts_of(url)[:depth]]
    for part in context:
        _check_part(part, safe_text(url))
    spelled = ("arcgis" if part.lower() == "arcgis" else quote(part, safe="") for part in context)
    return "/".join([site_address(url), *spelled])


def safe_text(text: str) -> str:
    """The text without credentials, query and characters that nobody can see, for messages and receipts.

    Everything up to the last @ goes, and a port that isn't a number: a password may hold any character of an address.
    """
    shown = "".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_TEXT])
    scheme, mark, rest = re.split(r"[?#]", shown, maxsplit=1)[0].rpartition("://")
    authority, slash, path = rest.rpartition("@")[2].partition("/")
    if mark:
        authority = re.sub(r":(?!\d*$)[^\]]*$", "", authority)
    return f"{scheme.rpartition('@')[2]}{mark}{authority}{slash}{path}"


def _is_seen(letter: str) -> bool:
    return letter.isprintable() or unicodedata.category(letter) == "Zs"


def _read_address(text: str) -> ServiceReference:
    parts = parts_of(text)
    lowered = [part.lower() for part in parts]
    marks = [at for at, part in enumerate(lowered) if part == "services" or part.startswith("services;")]
    rest_marks = [at for at in marks if at and lowered[at - 1] == "rest"]
    if not marks:
        raise NotAService(f"{safe_text(text)} names no service: it has no /rest/services/ in it.")
    mark = (rest_marks or marks)[0]
    context = parts[: mark - 1] if rest_marks else parts[:mark]
    if not context:
        raise NotAService(f"{safe_text(text)} has no site in it, such as /server or /arcgis before /rest/services.")
    if lowered[len(context) - 1] == "admin":
        raise NotAService(f"{safe_text(text)} is an address of the administrator API, not of a service.")
    tail = parts[mark].partition(";")[2]
    names = ([tail] if tail else []) + parts[mark + 1 :]
    folder, name, kind = _split_service([unquote(part) for part in names], safe_text(text))
    return ServiceReference(site_of(text, len(context)), folder, name, kind)


def _read_catalog_path(text: str) -> CatalogPath:
    parts = text.replace("\\", "/").split("/")
    at = next((i for i in range(len(parts)) if _is_connection(parts, i)), -1)
    if at < 0:
        raise NotAService(f"'{safe_text(text)}' is neither an address nor a path through a server connection.")
    below = [part for part in parts[at + 1 :] if part]
    folder, name, kind = _split_service(below, safe_text(text))
    return CatalogPath("/".join(parts[: at + 1]), folder, name, kind)


def _is_connection(parts: list[str], at: int) -> bool:
    below_all = at > 0 and parts[at - 1].lower() == CONNECTIONS
    return below_all or parts[at].lower().endswith(".ags") or CONNECTION_NAME.fullmatch(parts[at]) is not None


def _read_layer_file(text: str) -> LayerFile:
    if text.lower().endswith(".lyr"):
        raise NotAService(
            f"'{safe_text(text)}' is a layer file of ArcMap, which can't be read here.",
            "Save it as a .lyrx file in ArcGIS Pro, or give the service's address.",
        )
    return LayerFile(text)


def _split_service(parts: list[str], text: str) -> tuple[str, str, str]:
    """Folder, name and type out of what follows `services`: `F, Rainfall, MapServer` or `F, Rainfall.MapServer`."""
    if not parts:
        raise NotAService(f"'{text}' is a whole site.")
    if len(parts) == 1:
        parts = parts[0].split("/")
    at = next((i for i, part in enumerate(parts) if _type_of(part)), -1)
    if at < 0:
        raise NotAService(f"'{text}' names a folder or lacks the service's type, MapServer or ImageServer.")
    kind = _type_of(parts[at])
    below = parts[at + 1 :]
    stem, dot, _ = parts[at].rpartition(".")
    path = parts[:at] + ([stem] if dot else [])
    if kind.lower() not in CACHED_TYPES:
        raise NotAService(
            f"'{text}' is a {kind}, which has no map cache.", "Give the MapServer or ImageServer that holds the cache."
        )
    if below:
        inside = "a layer of a service" if below[0].isdigit() else "something inside a service"
        raise NotAService(f"'{text}' is {inside}.", f"Give the service itself, the text up to and with {kind}.")
    if not 1 <= len(path) <= 2:
        raise NotAService(f"'{text}' doesn't have the form Folder/Name or Name.")
    for part in path:
        _check_part(part, text)
    return ("/".join(path[:-1]), path[-1], CACHED_TYPES[kind.lower()])


def _type_of(part: str) -> str:
    kind = part.rpartition(".")[2]
    return kind if kind.lower() in CACHED_TYPES or kind.lower() in OTHER_TYPES else ""


def _check_part(part: str, text: str) -> None:
    if any(letter in part for letter in "*?"):
        raise NotAService(f"'{text}' has a wildcard, * or ?; one deletion names one service.")
    if not part.strip(". ") or not part.isprintable() or IN_NO_NAME & set(part):
        raise NotAService(f"'{text}' holds a name that no folder or service of ArcGIS Server can have.")


def is_loopback(url: str) -> bool:
    """True where the address never leaves this machine."""
    host = _host_of(url)
    return host in ("localhost", "::1") or re.fullmatch(r"127(\.[0-9]{1,3}){3}", host) is not None


def same_host(one: str, other: str) -> bool:
    """True where both addresses name the same host; the port may differ, as between a web adaptor and port 6443."""
    return _host_of(one) == _host_of(other) != ""


def _host_of(address: str) -> str:
    r"""The host; empty where readers differ: in `https://evil\@good/` requests asks evil, urllib reads good."""
    try:
        return urlsplit(site_address(address)).hostname or ""
    except NotAService:
        return ""


def same_address(one: str, other: str) -> bool:
    """True where both addresses name the same portal or site: host, port and path, in whatever case and with or without
    a trailing slash; http and https count as one, since portals name themselves by either.
    """
    return _spelled_plainly(one) == _spelled_plainly(other) != ""


def _spelled_plainly(address: str) -> str:
    """Host, port and path in one spelling; empty where the address can't be read."""
    try:
        authority = site_address(address.strip()).partition("://")[2]
    except NotAService:
        return ""
    return authority + urlsplit(address.strip()).path.rstrip("/").lower()
