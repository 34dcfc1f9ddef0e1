"""The name of a cache's folder in a site's cache directory, and the services that share it."""

from __future__ import annotations

from collections.abc import Iterator

from .service import CACHED_TYPES, ServiceReference


def cache_folder_name(service: ServiceReference) -> str:
    """`Service` in the root folder, else `Folder_Service` (inferred from Esri's own sample, cache-format.md 1).

    Raises nothing.
    """
    return "_".join(part for part in (service.folder, service.name) if part)


def namesakes(service: ServiceReference) -> tuple[ServiceReference, ...]:
    """The other services, real or not, whose caches would lie in the same folder.

    >>> [str(one) for one in namesakes(ServiceReference("https://h/arcgis", "A", "B", "MapServer"))]
    ['A_B:MapServer', 'A_B:ImageServer', 'A/B:ImageServer']

    Raises nothing.
    """
    return tuple(one for one in _all_of(service) if one != service)


def _all_of(service: ServiceReference) -> Iterator[ServiceReference]:
    whole = cache_folder_name(service)
    cuts = [place for place, letter in enumerate(whole) if letter == "_"]
    for folder, name in (("", whole), *((whole[:cut], whole[cut + 1 :]) for cut in cuts)):
        for kind in CACHED_TYPES.values():
            one = service._replace(folder=folder, name=name, kind=kind)
            if name and cache_folder_name(one) == whole:
                yield one
