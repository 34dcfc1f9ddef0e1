"""Delete a map or image service's cache: name it, look, submit once, watch, prove."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..proof.receipt import Receipt
from .access import Access

if TYPE_CHECKING:
    from .plan import Plan

# The imports within the functions bring requests: who only names a function hasn't used it yet.


def delete_map_server_cache(service: str, access: Access = Access()) -> Receipt:  # noqa: B008 - frozen
    """Delete the cache of a map or image service, its files on the server included; this can't be undone.

    `service` is any text that names the service: its REST or SOAP address, a catalog path through a server connection,
    a layer file. A deletion that an earlier run began is followed to its end instead of submitting a second one.

    Returns a receipt where the cache is proven to be gone, or there was none. Everything else raises a CacheToolsError
    whose `receipt` says what was found; nothing that can't be proven is called deleted.
    """
    from .deletion import outcome

    return outcome(run_deletion(service, access, lambda plan: True))


def run_deletion(service: str, access: Access, agree: Callable[[Plan], bool]) -> Receipt:
    """Plan the deletion, have it agreed to, and carry it out, as `run_deletion_of` does. Raises nothing."""
    from .cache_work import WholeCache
    from .deletion import run_deletion_of

    return run_deletion_of(WholeCache(), service, access, agree)


def plan_deletion(service: str, access: Access) -> Plan:
    """What a deletion would do, for `carry_out`; changes nothing. Raises what `plan_deletion_of` raises."""
    from .cache_work import WholeCache
    from .deletion import plan_deletion_of

    return plan_deletion_of(WholeCache(), service, access)
