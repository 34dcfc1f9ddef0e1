"""The look after: repeated until the cache is seen to be gone and the service back, or waiting makes no sense."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import CacheToolsError, DeadlinePassed, NoAnswer, NotPermitted, ServerSaysNo, TokenRefused
from ..naming.service import ServiceReference
from .cache import CacheLook, CacheState, ServiceState, compare, look
from .job import JobEnd, Patience
from .site import start_service
from .wire import Wire

AWAY = {ServiceState.NOT_STARTED, ServiceState.UNREADABLE}
STALE = {CacheState.FEWER, CacheState.AS_BEFORE, CacheState.UNCOUNTED}
FIRST_PAUSE, LONGEST_PAUSE, PAUSES_GROW_BY = 0.1, 5.0, 0.2


def look_after(
    wire: Wire,
    service: ServiceReference,
    before: CacheLook,
    end: JobEnd,
    patience: Patience,
    warn: Callable[[str], None],
) -> CacheLook:
    """The last of the looks after a job that ended so.

    REST metadata may be stale for a moment, and the service is away while it restarts (documented); a service that
    stays stopped is started where this account may. A cancel disturbs none of this: nothing is left to cancel.
    """
    with wire.run.undisturbed():
        try:
            after = _look_until_settled(wire, service, before, end, patience)
            if (
                after.service is ServiceState.NOT_STARTED
                and end is not JobEnd.RUNNING
                and _may_have_been_started(wire, service, warn)
            ):
                after = _look_until_settled(wire, service, before, end, patience)
        except CacheToolsError as error:
            return CacheLook(ServiceState.UNREADABLE, trouble=(error.what,))
    return after


def _look_until_settled(
    wire: Wire, service: ServiceReference, before: CacheLook, end: JobEnd, patience: Patience
) -> CacheLook:
    run = wire.run
    begun, restart = run.clock.monotonic(), min(patience.restart, run.left() / 2)
    after = CacheLook(ServiceState.UNREADABLE, trouble=("The time was up before a look.",))
    try:
        while True:
            after = _look_once(wire, service)
            waited = run.clock.monotonic() - begun
            wait = restart if after.service in AWAY else patience.grace if _may_change(before, after, end) else 0.0
            if end is JobEnd.RUNNING or waited >= wait:
                return after
            run.pause(min(max(FIRST_PAUSE, waited * PAUSES_GROW_BY), LONGEST_PAUSE))
    except DeadlinePassed:
        return after


def _look_once(wire: Wire, service: ServiceReference) -> CacheLook:
    """A service that refuses this account while it comes back isn't read yet, and may be read in a moment."""
    try:
        return look(wire, service, tries=1)
    except (NotPermitted, TokenRefused) as error:
        return CacheLook(ServiceState.UNREADABLE, trouble=(error.what,))


def _may_change(before: CacheLook, after: CacheLook, end: JobEnd) -> bool:
    """True where what is seen contradicts what the job said, or itself, or lacks the tiles that were counted before."""
    state = compare(before, after)
    stale = state in STALE and end is JobEnd.SUCCEEDED
    return stale or state is CacheState.CONTRADICTORY or (after.tiles is None and before.tiles is not None)


def _may_have_been_started(wire: Wire, service: ServiceReference, warn: Callable[[str], None]) -> bool:
    """Start it; True as well where the answer to that was lost, since the service may come up all the same."""
    warn(f"{service} was left stopped; starting it.")
    try:
        start_service(wire, service)
    except (NoAnswer, ServerSaysNo) as error:
        warn(f"{service} couldn't be started from here: {error.what}")
        return isinstance(error, NoAnswer) and error.passing
    return True
