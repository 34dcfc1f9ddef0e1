"""Files that point at a service: a server connection (.ags) and a layer file (.lyrx)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .errors import ConnectionFileError, NotAService
from .service import CONNECTION_NAME, CatalogPath, LayerFile, ServiceReference, read_name, site_address

LARGEST_CONNECTION = 1_000_000
LARGEST_LAYER_FILE = 20_000_000
SERVICE_CONNECTION = "CIMAGSServiceConnection"
CACHED_OBJECTS = {"MapServer", "ImageServer"}


def find_service(text: str) -> ServiceReference:
    """The service that any text a user has names; reads the .ags or .lyrx file where the text points at one.

    Raises NotAService where the text itself is wrong, ConnectionFileError where the file doesn't lead to one service.
    """
    named = read_name(text)
    if isinstance(named, CatalogPath):
        return ServiceReference(_site_of_connection(named), named.folder, named.name, named.kind)
    if isinstance(named, LayerFile):
        return _service_of_layer_file(named)
    return named


def _site_of_connection(named: CatalogPath) -> str:
    file = next((path for path in _places_of(named.connection) if path.is_file()), None)
    if file is None:
        raise ConnectionFileError(f"The connection file of '{named.connection}' isn't there.", _give_address(named))
    sites = sorted(set(_sites_in(_read(file, LARGEST_CONNECTION, _give_address(named)))))
    if len(sites) != 1:
        found = "no site" if not sites else "several sites: " + ", ".join(sites)
        raise ConnectionFileError(f"The connection file {file} names {found}.", _give_address(named))
    return sites[0]


def _places_of(connection: str) -> Iterator[Path]:
    """Where a connection's file may lie: the path itself, or ArcCatalog's own folder for `GIS Servers/…`."""
    file_name = connection if connection.lower().endswith(".ags") else connection + ".ags"
    yield Path(file_name)
    settings = os.environ.get("APPDATA")
    if settings:
        for maker in ("ESRI", "Esri"):
            yield from sorted(Path(settings, maker).glob(f"*/ArcCatalog/{_literal(Path(file_name).name)}"))


def _literal(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)


def _sites_in(content: bytes) -> Iterator[str]:
    """The sites named in an .ags file: UTF-16-LE text among binary data (pyt.md 5.1; the byte layout isn't documented).

    The text is searched for at both byte alignments, since a decode of the whole file misses odd-aligned strings.
    """
    for start in (0, 1):
        text = content[start:].decode("utf-16-le", errors="replace")
        for match in re.finditer(r"https?://[^\s\"'<>\x00-\x20\x7f-\uffff]{3,2000}", text, re.IGNORECASE):
            yield from _site_in(match.group())


def _site_in(url: str) -> Iterator[str]:
    """The site of an address that clearly belongs to an ArcGIS Server; other addresses, of schemas say, give none."""
    try:
        base = site_address(url)
    except NotAService:
        return
    parts = [part for part in re.sub(r"^[^/]*//[^/]*", "", url.split("?")[0]).split("/") if part]
    mark = next((i for i, part in enumerate(parts) if part.lower() in ("services", "admin", "rest", "tokens")), None)
    if mark is None and "arcgis" in (part.lower() for part in parts):
        mark = 1 + [part.lower() for part in parts].index("arcgis")
    if mark:
        yield "/".join([base, *("arcgis" if part.lower() == "arcgis" else part for part in parts[:mark])])


def _give_address(named: CatalogPath) -> str:
    """What to give instead; the host is what the connection's name hints at, and is never asked."""
    hint = CONNECTION_NAME.search(named.connection)
    host = hint["host"] + (f":{hint['port']}" if hint["port"] else "") if hint else "host:6443"
    path = "/".join(part for part in (named.folder, named.name) if part)
    return f"Give the service's address instead, such as https://{host}/arcgis/rest/services/{path}/{named.kind}."


def _service_of_layer_file(named: LayerFile) -> ServiceReference:
    remedy = "Give the service's address, or a layer file with one map or image service layer."
    content = _read(Path(named.path), LARGEST_LAYER_FILE, remedy)
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise ConnectionFileError(f"The layer file {named.path} isn't readable JSON.", remedy) from error
    services = sorted({str(s.url): s for s in _services_in(document)}.items())
    if len(services) != 1:
        found = (
            "no map or image service" if not services else "several services: " + ", ".join(url for url, _ in services)
        )
        raise ConnectionFileError(f"The layer file {named.path} draws {found}.", remedy)
    return services[0][1]


def _services_in(document: Any) -> Iterator[ServiceReference]:
    """Every service that a layer definition draws, through serviceConnection or dataConnection (Esri/cim-spec v3)."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            if value.get("type") == SERVICE_CONNECTION and value.get("objectType") in CACHED_OBJECTS:
                yield from _named_by(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _named_by(connection: dict[str, Any]) -> Iterable[ServiceReference]:
    url = connection.get("url") or connection.get("URL")
    if not isinstance(url, str):
        return
    try:
        named = read_name(url)
    except NotAService:
        return
    if isinstance(named, ServiceReference):
        yield named


def _read(file: Path, largest: int, remedy: str) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(largest + 1)
    except OSError as error:
        raise ConnectionFileError(f"The file {file} can't be read: {error.strerror or error}.", remedy) from error
    if len(content) > largest:
        raise ConnectionFileError(f"The file {file} is larger than any connection or layer file.", remedy)
    return content
