"""What a site's services directory lists: its folders, and the map and image services in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import NotArcGIS, NotAService
from ..messages import plain_words
from ..naming.address import check_name
from ..naming.service import CACHED_TYPES, ServiceReference
from ..naming.site import SitePart
from .wire import READ_TRIES, Wire


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
    found = [
        *(_folder(part, one) for one in ([] if part.folder else folders or [])),
        *(_service(part, entry) for entry in listed if _is_cached_type(entry)),
    ]
    return Listing(
        tuple(one for one in found if isinstance(one, SitePart)),
        tuple(one for one in found if isinstance(one, ServiceReference)),
        tuple(one for one in found if isinstance(one, str)),
    )


def _is_cached_type(entry: Any) -> bool:
    kind = entry.get("type") if isinstance(entry, dict) else None
    return isinstance(kind, str) and kind.lower() in CACHED_TYPES


def _service(part: SitePart, entry: dict[str, Any]) -> ServiceReference | str:
    """The service that an entry names, or its text where that can't be a name."""
    name = entry.get("name")
    parts = name.split("/") if isinstance(name, str) else []
    folder = parts[0] if len(parts) == 2 else part.folder
    if len(parts) not in (1, 2) or not all(map(_is_a_name, parts)):
        return _shown(name)
    return ServiceReference(part.site, folder, parts[-1], CACHED_TYPES[entry["type"].lower()])


def _folder(part: SitePart, name: Any) -> SitePart | str:
    if not isinstance(name, str) or "/" in name or not _is_a_name(name):
        return _shown(name)
    return SitePart(part.site, name)


def _shown(name: Any) -> str:
    return plain_words("" if name is None else name) or "an entry without a name"


def _is_a_name(name: str) -> bool:
    try:
        check_name(name, name)
    except NotAService:
        return False
    return True
