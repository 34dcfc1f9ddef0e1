"""Delete some tiles of a map or image service's cache: choose scales, perhaps an extent, look, submit once, prove."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ..errors import WrongUsage
from ..proof.asked import read_scales
from ..proof.receipt import Receipt
from ..proof.scheme import Extent
from ..proof.tiles import Asked
from .access import Access
from .deletion import outcome, run_deletion_of
from .plan import Plan
from .tile_work import SomeTiles


def delete_map_server_cache_tiles(
    service: str,
    scales: Iterable[float] | str,
    extent: Sequence[float] | None = None,
    access: Access = Access(),  # noqa: B008 - frozen
    wkid: int | str | None = None,
) -> Receipt:
    """Delete the tiles of some scales of a map or image service's cache, within an extent or everywhere.

    This can't be undone; the service stays cached, and so does its tiling scheme. `service` is any text that names the
    service. `scales` are denominators, such as 36111.909643 for 1:36,111.909643, or one text of them with semicolons in
    between, as a report has them; one is taken for the service's own where it lies within a millionth of it. `extent`
    is xmin, ymin, xmax, ymax in the units of the map; where `wkid` is the number of its coordinate system (or its name,
    if it has no number), a service in another one is refused. A deletion that an earlier run began is followed to its
    end first.

    Returns a receipt where the tiles are proven to be gone and the rest to be as before, or there were none. Everything
    else raises a CacheToolsError whose `receipt` says what was found; WrongUsage is raised, before anything is asked,
    for scales or an extent that no service could have.
    """
    return outcome(run_tile_deletion(service, asked_for(scales, extent, wkid), access, lambda plan: True))


def run_tile_deletion(service: str, asked: Asked, access: Access, agree: Callable[[Plan], bool]) -> Receipt:
    """Plan the deletion, have it agreed to, and carry it out, as `run_deletion_of` does. Raises nothing."""
    return run_deletion_of(SomeTiles(asked), service, access, agree)


def asked_for(scales: Iterable[float] | str, extent: Sequence[float] | None, wkid: int | str | None = None) -> Asked:
    """The tiles that are asked for. Raises WrongUsage where these are no numbers."""
    try:
        corners = None if extent is None else Extent(*map(float, extent))
    except (TypeError, ValueError, OverflowError):
        raise WrongUsage("The extent isn't four numbers.", "Give it as xmin, ymin, xmax, ymax.") from None
    return Asked(scales=read_scales(scales), extent=corners, wkid=wkid)
