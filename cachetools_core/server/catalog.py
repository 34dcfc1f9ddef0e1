"""What a site's services directory lists: its folders, and the map and image services in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

from ..errors import NotArcGIS, NotAService
from ..messages import plain_words
from ..naming.address import check_name
from ..naming.service import CACHED_TYPES, ServiceReference
from ..naming.site import SitePart
from .wire import READ_TRIES, Wire

Known = TypeVar("Known")


@dataclass(frozen=True)
class Listing:
    """What one folder of a site lists; `unnamed` are entries that can't be map or image services' names, as text."""

    folders: tuple[SitePart, ...]
    services: tuple[ServiceReference, ...]
    unnamed: tuple[str, ...] = ()


def read_listing(wire: Wire, part: SitePart, *, tries: int = READ_TRIES) -> Listing:
    """What the root of a site lists, or a folder; in a folder names are `Folder/Name` (captured, protocol.md 3.1).

    Only the root has folders. The list holds what the account may see. Raises NotArcGIS for an answer without a list
    of services, or with folders that aren't a list, and what `get` raises.
    """
    body = wire.get(part.url, tries=tries)
    listed, folders = body.get("services"), body.get("folders")
    if not isinstance(listed, list):
        raise NotArcGIS(f"{part.url} was answered with no list of services.")
    if folders is not None and not isinstance(folders, list):
        raise NotArcGIS(f"{part.url} was answered with no list of folders.")
    below = folders or [] if not part.folder else []
    unnamed: list[str] = []
    found = [_folder(part, one, unnamed) for one in below]
    services = [_service(part, entry, unnamed) for entry in listed if _is_cached_type(entry)]
    return Listing(_known(found), _known(services), tuple(unnamed))


def _known(found: list[Known | None]) -> tuple[Known, ...]:
    return tuple(one for one in found if one is not None)


def _is_cached_type(entry: Any) -> bool:
    kind = entry.get("type") if isinstance(entry, dict) else None
    return isinstance(kind, str) and kind.lower() in CACHED_TYPES


def _service(part: SitePart, entry: dict[str, Any], unnamed: list[str]) -> ServiceReference | None:
    name = entry.get("name")
    parts = name.split("/") if isinstance(name, str) else []
    folder = parts[0] if len(parts) == 2 else part.folder
    if len(parts) not in (1, 2) or not all(map(_is_a_name, parts)):
        unnamed.append(_shown(name))
        return None
    return ServiceReference(part.site, folder, parts[-1], CACHED_TYPES[entry["type"].lower()])


def _folder(part: SitePart, name: Any, unnamed: list[str]) -> SitePart | None:
    if not isinstance(name, str) or "/" in name or not _is_a_name(name):
        unnamed.append(_shown(name))
        return None
    return SitePart(part.site, name)


def _shown(name: Any) -> str:
    return plain_words("" if name is None else name) or "an entry without a name"


def _is_a_name(name: str) -> bool:
    try:
        check_name(name, name)
    except NotAService:
        return False
    return True
