"""A service named by any text a user has: a REST or SOAP address, a catalog path, a layer file.

Text only: nothing here opens a file or a connection, so validation in Pro may use it at every keystroke.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Union
from urllib.parse import quote, unquote, urlsplit

from .errors import NotAService

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
DEFAULT_PORTS = {"http": 80, "https": 443}
CONNECTION_NAME = re.compile(r"arcgis on (?P<host>[^\s_\\/]+?)(?:_(?P<port>\d+))? \((?P<role>[^)]*)\)", re.IGNORECASE)


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
    plain = text.strip().strip("\"'").strip()
    if not plain:
        raise NotAService("No service is named.")
    if len(plain) > LONGEST_TEXT or any(ord(letter) < 32 or ord(letter) == 127 for letter in plain):
        raise NotAService("The text is too long, or holds control characters, and names no service.")
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
    except ValueError as error:
        raise NotAService("The address can't be read: its host or port is malformed.") from error
    scheme = split.scheme.lower()
    if scheme not in DEFAULT_PORTS:
        raise NotAService("Only http and https addresses name a service.")
    if not host or not re.fullmatch(r"[\w.\-:]+", host):
        raise NotAService("The address has no host that could be asked.")
    if "@" in split.netloc:
        raise NotAService(
            f"The address of {host} holds a user name or password, which would end up in logs.",
            "Remove everything up to and with the @ sign; the README tells how to sign in.",
        )
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}" + (f":{port}" if port and port != DEFAULT_PORTS[scheme] else "")


def safe_text(text: str) -> str:
    """The text without credentials, query and control characters, for messages and receipts."""
    shown = "".join(letter if ord(letter) >= 32 and ord(letter) != 127 else " " for letter in text)[:LONGEST_TEXT]
    if "://" in shown:
        scheme, _, rest = shown.partition("://")
        rest = re.split(r"[?#]", rest, maxsplit=1)[0]
        authority, slash, path = rest.partition("/")
        shown = f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"
    return shown


def _read_address(text: str) -> ServiceReference:
    base = site_address(text)
    parts = [part for part in urlsplit(text).path.split("/") if part]
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
    context = ["arcgis" if part.lower() == "arcgis" else part for part in context]
    tail = parts[mark].partition(";")[2]
    names = ([tail] if tail else []) + parts[mark + 1 :]
    folder, name, kind = _split_service([unquote(part) for part in names], safe_text(text))
    return ServiceReference("/".join([base, *context]), folder, name, kind)


def _read_catalog_path(text: str) -> CatalogPath:
    parts = text.replace("\\", "/").split("/")
    at = next((i for i, part in enumerate(parts) if _is_connection(part)), -1)
    if at < 0:
        raise NotAService(f"'{safe_text(text)}' is neither an address nor a path through a server connection.")
    below = [part for part in parts[at + 1 :] if part]
    folder, name, kind = _split_service(below, safe_text(text))
    return CatalogPath("/".join(parts[: at + 1]), folder, name, kind)


def _is_connection(part: str) -> bool:
    return part.lower().endswith(".ags") or CONNECTION_NAME.fullmatch(part) is not None


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
    if len(parts) == 1 and "/" in parts[0]:
        parts = parts[0].split("/")
    at = next((i for i, part in enumerate(parts) if _type_of(part)), -1)
    if at < 0:
        raise NotAService(f"'{text}' names a folder or lacks the service's type, MapServer or ImageServer.")
    kind = _type_of(parts[at])
    below = parts[at + 1 :]
    stem = parts[at][: -len(kind) - 1] if "." in parts[at] else ""
    path = parts[:at] + ([stem] if stem else [])
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
        raise NotAService(f"'{text}' has a wildcard; one deletion names one service.")
    if part.strip(". ") == "" or any(letter in part for letter in '/\\:;"<>|#%&') or any(ord(c) < 32 for c in part):
        raise NotAService(f"'{text}' holds a name that no folder or service of ArcGIS Server can have.")


def is_loopback(url: str) -> bool:
    """True where the address never leaves this machine."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or re.fullmatch(r"127\.\d{1,3}\.\d{1,3}\.\d{1,3}", host) is not None


def same_host(one: str, other: str) -> bool:
    """True where both addresses name the same host; the port may differ, as between a web adaptor and port 6443."""
    return urlsplit(one).hostname == urlsplit(other).hostname


def same_address(one: str, other: str) -> bool:
    """True where both addresses name the same portal or site: host, port and path, in whatever case and with or without
    a trailing slash; http and https count as one, since portals name themselves by either.
    """
    return _spelled_plainly(one) == _spelled_plainly(other)


def _spelled_plainly(address: str) -> str:
    split = urlsplit(address.strip())
    authority = split.netloc.lower()
    for port in DEFAULT_PORTS.values():
        authority = authority[: -len(f":{port}")] if authority.endswith(f":{port}") else authority
    return authority + split.path.rstrip("/").lower()
