"""A service named by any text a user has: a REST or SOAP address, a catalog path, a layer file.

Text only: nothing here opens a file or a connection, so validation in Pro may use it at every keystroke.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple, Union
from urllib.parse import quote, unquote

from ..errors import NotAService
from .address import (
    AUTHORITY,
    LONGEST_TEXT,
    as_text,
    check_name,
    has_at_sign,
    parts_of,
    refuse_credentials,
    safe_text,
    site_of,
)

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
# Copied text comes with quotes, and with marks that nobody sees: Windows puts U+202A before paths, for one.
AROUND_A_NAME = " \t\r\n\v\f\"'\u00a0\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
# Patterns are texts, as in `address`.
ANY_SCHEME = r"(?i)[a-z][a-z0-9+.-]*://"
# Pro's own text for a service: words in the user's language, a backslash, the address; sometimes without its scheme.
WORDS_AND_ADDRESS = r"(?i).*?[\\/](?P<address>https?://.*)"
WORDS_AND_HOST = (
    r"(?i)(?P<words>[^\\/]+)(?P<slash>[\\/])(?P<address>(?P<host>[^\\/]+)[\\/](?:.+[\\/])?rest[\\/]services[\\/].*)"
)
STAND_IN = r"(?i)(?:^|/)(?:(?:sharing|usrsvcs)/(?:servers|appservices)/|servers/[0-9a-f]{32}$)"
# `https:gis.example.com` and `gis.example.com:64e3` are mistyped hosts, not words before one.
MISTYPED_HOST = r":|\w\.\w"
ROOTED = r"[\\/](?![\\/])"
NO_SCHEME = r"(?i)^(?:https?:?)?[\\/]+"
OWN_SITE = "https://gisserver:6443/arcgis"
"""A server's own address, for examples: it leads past whatever stands in front."""
CONNECTIONS = "gis servers"
CONNECTION_NAME = r"(?i)arcgis on (?P<host>[^\s\\/]+?)(?:_(?P<port>\d+))? \((?P<role>[^)]*)\)"


class ServiceReference(NamedTuple):
    """One map or image service on one site.

    `site` is the address of the ArcGIS Server site without a trailing slash, `https://host[:port]/context`, its context
    in the letter case in which it was given, or none for a site at the root of its host;
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
        """The REST address; `rest` is small whatever was given, since ArcGIS Server itself knows no other."""
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


class CatalogPath(NamedTuple):
    """A service below a server connection; `connection` is the path of the connection, with or without `.ags`."""

    connection: str
    folder: str
    name: str
    kind: str


class LayerFile(NamedTuple):
    """A layer file (.lyrx) that draws a service."""

    path: str


Named = Union[ServiceReference, CatalogPath, LayerFile]


def read_name(text: str) -> Named:
    r"""What the text names, by its form alone.

    >>> read_name("https://h/server/services/F/Rainfall/MapServer").url
    'https://h/server/rest/services/F/Rainfall/MapServer'
    >>> read_name(r"Serveurs SIG\https://h/server/rest/services/F/Rainfall/MapServer").site
    'https://h/server'
    >>> read_name(r"C:\c\arcgis on h_6443 (admin)\F\Rainfall.MapServer").connection
    'C:/c/arcgis on h_6443 (admin)'

    Raises NotAService, with what to give instead, for anything that isn't one map or image service.
    """
    plain = as_text(text).strip(AROUND_A_NAME)
    if not plain:
        raise NotAService("No service is named.")
    if len(plain) > LONGEST_TEXT or not (plain.isprintable() or all(map(_is_seen, plain))):
        raise NotAService("The text is too long, or holds characters that can't be shown, so it names no service.")
    if re.match(ANY_SCHEME, plain):
        return _read_address(plain)
    address = _address_within(plain)
    if address:
        return _read_address(address)
    if plain.lower().endswith((".lyrx", ".lyr")):
        return _read_layer_file(plain)
    return _read_catalog_path(plain)


def read_service(address: str) -> ServiceReference:
    """The service that an address names. Raises NotAService for any other text, also for one that names a file."""
    named = read_name(address)
    if not isinstance(named, ServiceReference):
        raise NotAService(f"'{safe_text(address)}' isn't a service's address.")
    return named


def _is_seen(letter: str) -> bool:
    return letter.isprintable() or unicodedata.category(letter) == "Zs"


def split_at_services(url: str) -> tuple[list[str], list[str]]:
    """The context of an address, as spelled, and what follows `services` in it, decoded.

    Raises NotAService where it can't be read, holds a user name or password, or has no `services` in it.
    """
    parts = parts_of(url)
    lowered = [part.lower() for part in parts]
    marks = [at for at, part in enumerate(lowered) if part == "services" or part.startswith("services;")]
    rest_marks = [at for at in marks if at and lowered[at - 1] == "rest"]
    if not marks:
        refuse_credentials(url)
        raise NotAService(f"'{safe_text(url)}' isn't a service's address: it has no /rest/services/ in it.")
    mark = (rest_marks or marks)[0]
    first = parts[mark].partition(";")[2]
    names = [unquote(part) for part in [first, *parts[mark + 1 :]] if part]
    return parts[: mark - 1] if rest_marks else parts[:mark], names[0].split("/") if len(names) == 1 else names


def names_in(parts: list[str]) -> tuple[str, str, str] | None:
    """Folder, name and type, whichever it is, where the parts are those of one service; else None."""
    if not parts or not _type_of(parts[-1]):
        return None
    path = _path_to(parts, len(parts) - 1)
    return ("/".join(path[:-1]), path[-1], _type_of(parts[-1])) if 1 <= len(path) <= 2 else None


def _address_within(text: str) -> str:
    """The address in Pro's own text for a service, with https where it has no scheme; empty where there is none."""
    whole = re.match(WORDS_AND_ADDRESS, text)
    if whole:
        return whole["address"]
    bare = re.match(WORDS_AND_HOST, text)
    if bare and re.fullmatch(AUTHORITY, bare["host"]) and _are_words(bare["words"], bare["slash"], bare["host"]):
        return "https://" + bare["address"].replace("\\", "/")
    return ""


def _are_words(words: str, slash: str, host: str) -> bool:
    """True where what stands before a host can't be a host itself, so that no part of a path is taken for the host."""
    if has_at_sign(words) or re.search(MISTYPED_HOST, words):
        return False
    return not re.fullmatch(AUTHORITY, words) or (slash == "\\" and _is_full(host))


def _is_full(host: str) -> bool:
    """True for a host with a domain or a port; a word alone could be a part of a path."""
    return not {".", ":"}.isdisjoint(host)


def _read_address(text: str) -> ServiceReference:
    context, names = split_at_services(text)
    if context and context[-1].lower() == "admin":
        raise NotAService(f"{safe_text(text)} is an address of the administrator API, not of a service.")
    if re.search(STAND_IN, "/".join(context)):
        raise NotAService(
            f"{safe_text(text)} is an address where a portal stands in for one service; neither the caching tools"
            " nor an administrator API are behind it.",
            f"Give the service by its server's own address, such as {_at_its_server(names).url}.",
        )
    folder, name, kind = _split_service(names, safe_text(text))
    return ServiceReference(site_of(text, len(context)), folder, name, kind)


def _at_its_server(names: list[str]) -> ServiceReference:
    try:
        return ServiceReference(OWN_SITE, *_split_service(names, ""))
    except NotAService:
        return ServiceReference(OWN_SITE, "Folder", "Name", "MapServer")


def _read_catalog_path(text: str) -> CatalogPath:
    parts = text.replace("\\", "/").split("/")
    at = next((i for i in range(len(parts)) if _is_connection(parts, i)), -1)
    if at < 0:
        raise NotAService(
            f"'{safe_text(text)}' is neither an address nor a path through a server connection.", _with_https(text)
        )
    below = [part for part in parts[at + 1 :] if part]
    folder, name, kind = _split_service(below, safe_text(text))
    return CatalogPath("/".join(parts[: at + 1]), folder, name, kind)


def _with_https(text: str) -> str:
    """What to give instead of an address that lacks its scheme; empty for any other text."""
    if "/rest/services/" not in text.replace("\\", "/").lower() or re.match(ROOTED, text):
        return ""
    try:
        return f"Give the whole address, {_read_address('https://' + re.sub(NO_SCHEME, '', text)).url}."
    except NotAService:
        return ""


def _is_connection(parts: list[str], at: int) -> bool:
    below_all = at > 0 and parts[at - 1].lower() == CONNECTIONS
    return below_all or parts[at].lower().endswith(".ags") or re.fullmatch(CONNECTION_NAME, parts[at]) is not None


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
    typed = [at for at, part in enumerate(parts) if _type_of(part)]
    if not typed:
        raise NotAService(f"'{text}' names a folder or lacks the service's type, MapServer or ImageServer.")
    # A folder or a service may be called MapServer, too.
    fitting = [at for at in typed if 1 <= len(_path_to(parts, at)) <= 2] or typed[:1]
    at = fitting[-1] if fitting[-1] == len(parts) - 1 else fitting[0]
    kind, path, below = _type_of(parts[at]), _path_to(parts, at), parts[at + 1 :]
    if kind.lower() not in CACHED_TYPES:
        raise NotAService(
            f"'{text}' is a {kind}, which has no map cache.", "Give the MapServer or ImageServer that holds the cache."
        )
    if below:
        inside = "a layer of a service" if below[0].isdigit() else "a layer, or something else, inside a service"
        raise NotAService(f"'{text}' is {inside}.", f"Give the service itself, the text up to and including {kind}.")
    if not 1 <= len(path) <= 2:
        raise NotAService(f"'{text}' doesn't have the form Folder/Name or Name.")
    for part in path:
        check_name(part, text)
    return ("/".join(path[:-1]), path[-1], CACHED_TYPES[kind.lower()])


def _path_to(parts: list[str], at: int) -> list[str]:
    """Folder and name, if the type stands in the part at that place."""
    stem, dot, _ = parts[at].rpartition(".")
    return parts[:at] + ([stem] if dot else [])


def _type_of(part: str) -> str:
    kind = part.rpartition(".")[2]
    return kind if kind.lower() in CACHED_TYPES or kind.lower() in OTHER_TYPES else ""
