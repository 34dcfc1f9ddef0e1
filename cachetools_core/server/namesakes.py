"""Whether another service of the site keeps its cache in a folder of the same name."""

from __future__ import annotations

from ..errors import NotPermitted, TokenRefused
from ..naming.cache_folder import namesakes
from ..naming.service import ServiceReference
from ..proof.evidence import ServiceState
from .wire import READ_TRIES, Wire
from .witnesses import service


def namesake_of(wire: Wire, reference: ServiceReference) -> ServiceReference | None:
    """The first service that may be on the site and whose cache would have the same folder; None where there is none.

    A service that is refused to this account, or can't be read, may be there.
    Raises SignInRefused, DeadlinePassed, Cancelled.
    """
    return next((one for one in namesakes(reference) if _may_be_there(wire, one)), None)


def _may_be_there(wire: Wire, one: ServiceReference) -> bool:
    try:
        return service.ask(wire, one, READ_TRIES).state is not ServiceState.MISSING
    except (NotPermitted, TokenRefused):
        return True
