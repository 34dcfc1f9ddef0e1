"""Files that point at a service: a server connection (.ags) and a layer file (.lyrx)."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from glob import escape, glob
from pathlib import Path
from typing import Any, TypeVar

from ..errors import ConnectionFileError, NotAService
from ..messages import reason
from ..waiting import Run
from .address import parts_of, safe_path, site_of
from .service import CONNECTION_NAME, OWN_SITE, CatalogPath, LayerFile, ServiceReference, read_name

Name = TypeVar("Name")

LARGEST_CONNECTION = 1_000_000
LARGEST_LAYER_FILE = 8_000_000
SERVICE_CONNECTION = "CIMAGSServiceConnection"
CACHED_OBJECTS = ("MapServer", "ImageServer")
ADDRESS = re.compile(r"https?://[!#-&(-;=?-~]{3,2000}", re.IGNORECASE | re.ASCII)
SITE_ENDS = ("services", "rest", "admin")
MOST_NAMED = 5


def find_service(text: str, run: Run) -> ServiceReference:
    """The service that any text a user has names; reads the .ags or .lyrx file where the text points at one.

    Raises NotAService where the text itself is wrong, ConnectionFileError where the file doesn't lead to one service,
    DeadlinePassed and Cancelled where it doesn't answer, as on a dead share.
    """
    named = read_name(text)
    if isinstance(named, CatalogPath):
        site = run.in_time(
            f"reading the connection file of '{safe_path(named.connection)}'", partial(_site_of_connection, named)
        )
        return _at(site, named)
    if isinstance(named, LayerFile):
        return run.in_time(f"reading the layer file {safe_path(named.path)}", partial(_service_of_layer_file, named))
    return named


def _at(site: str, named: CatalogPath) -> ServiceReference:
    return ServiceReference(site, named.folder, named.name, named.kind)


def _site_of_connection(named: CatalogPath) -> str:
    files = [file for file in _places_of(named.connection) if os.path.isfile(file)]
    if not files:
        raise ConnectionFileError(
            f"The connection file of '{safe_path(named.connection)}' isn't there.", _give_address(named)
        )
    found_sites = (site for file in files for site in _sites_in(_read(file, LARGEST_CONNECTION, _give_address(named))))
    sites = _one_of_each_spelling(found_sites, str.lower)
    if len(sites) != 1:
        found = f"several sites: {_some(sites)}" if sites else "no site"
        where = " and ".join(safe_path(str(file)) for file in files)
        raise ConnectionFileError(f"The connection file {where} names {found}.", _give_address(named))
    return sites.pop()


def _one_of_each_spelling(names: Iterable[Name], key: Callable[[Name], str]) -> list[Name]:
    """The first of those that differ in letter case only, as it was spelled."""
    first: dict[str, Name] = {}
    for name in names:
        first.setdefault(key(name), name)
    return list(first.values())


def _places_of(connection: str) -> Iterator[Path]:
    """Where a connection's file may lie: the path itself, or for `GIS Servers/...`, in any language, ArcCatalog's."""
    file = Path(connection if connection.lower().endswith(".ags") else connection + ".ags")
    yield file
    settings = os.environ.get("APPDATA")
    # Pro translates the words before a connection's name.
    words = file.parent.name if len(file.parts) == 2 and ":" not in file.parts[0] and not file.is_absolute() else ""
    if settings and words:
        for maker in ("ESRI", "Esri"):
            for folder in sorted(glob(os.path.join(escape(settings), maker, "*", "ArcCatalog"))):
                yield Path(folder, file.name)


def _sites_in(content: bytes) -> Iterator[str]:
    """The sites named in an .ags file: UTF-16-LE text among binary data (pyt.md 5.1; the byte layout isn't documented).

    The text is searched for at both byte alignments, since a decode of the whole file misses odd-aligned strings.
    """
    for start in (0, 1):
        text = content[start:].decode("utf-16-le", errors="replace")
        for match in ADDRESS.finditer(text):
            yield from _site_in(match.group())


def _site_in(url: str) -> Iterator[str]:
    """The site of an address that clearly belongs to an ArcGIS Server; a portal's, and those of schemas, give none."""
    try:
        parts = [part.lower() for part in parts_of(url)]
        mark = next((i for i, part in enumerate(parts) if part in SITE_ENDS), 1 if parts == ["arcgis"] else None)
        if mark is not None and "sharing" not in parts[:mark]:
            yield site_of(url, mark)
    except NotAService:
        return


def _some(names: Iterable[str]) -> str:
    listed = sorted(names)
    return ", ".join(listed[:MOST_NAMED]) + (", ..." if len(listed) > MOST_NAMED else "")


def _give_address(named: CatalogPath) -> str:
    """What to give instead; the host is what the connection's name hints at, and is never asked."""
    hint = re.search(CONNECTION_NAME, named.connection)
    host = hint["host"] + (f":{hint['port']}" if hint["port"] else "") if hint else "gisserver:6443"
    try:
        site = site_of(f"https://{host}/arcgis", 1)
    except NotAService:
        site = OWN_SITE
    return f"Give the service's address instead, such as {_at(site, named).url}."


def _service_of_layer_file(named: LayerFile) -> ServiceReference:
    remedy = "Give the service's address, or a layer file with one map or image service layer."
    content = _read(Path(named.path), LARGEST_LAYER_FILE, remedy)
    try:
        document = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_with_each_name_once)
    except (ValueError, RecursionError) as error:
        raise ConnectionFileError(f"The layer file {safe_path(named.path)} isn't readable JSON.", remedy) from error
    try:
        services = _one_of_each_spelling(_services_in(document), lambda service: service.url.lower())
    except NotAService as error:
        raise ConnectionFileError(
            f"The layer file {safe_path(named.path)} draws a service that can't be named: {error.what}", remedy
        ) from error
    if len(services) != 1:
        found = f"several services: {_some(one.url for one in services)}" if services else "no map or image service"
        raise ConnectionFileError(f"The layer file {safe_path(named.path)} draws {found}.", remedy)
    return services.pop()


def _services_in(document: Any) -> Iterator[ServiceReference]:
    """Every service that a layer definition draws, through serviceConnection or dataConnection (Esri/cim-spec v3).

    Raises NotAService where one of them has no readable address, since the layer file can't be known to draw one alone.
    """
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            waiting.extend(reversed([*value.values()]))
            if value.get("type") == SERVICE_CONNECTION and value.get("objectType") in CACHED_OBJECTS:
                yield _named_by(
                    {value[name] for name in ("url", "URL") if isinstance(value.get(name), str) and value[name]}
                )


def _with_each_name_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; of two values of one name, as a merge of two files leaves them, nobody knows the right one."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands twice in an object")
    return dict(pairs)


def _named_by(urls: set[str]) -> ServiceReference:
    named = read_name(urls.pop()) if len(urls) == 1 else None
    if not isinstance(named, ServiceReference):
        raise NotAService("The layer's connection has no service's address.")
    return named


def _read(file: Path, largest: int, remedy: str) -> bytes:
    shown = safe_path(str(file))
    try:
        with file.open("rb") as stream:
            content = stream.read(largest + 1)
    except OSError as error:
        raise ConnectionFileError(f"The file {shown} can't be read: {reason(error)}.", remedy) from error
    if len(content) > largest:
        raise ConnectionFileError(f"The file {shown} is too large for a connection or layer file.", remedy)
    return content
