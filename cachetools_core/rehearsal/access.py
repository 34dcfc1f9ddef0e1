"""Who may use a service, and whether it runs (protocol.md 2.7 and 3.5)."""

from __future__ import annotations

from cachetools_core.rehearsal.answers import Refused, not_started
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.services import Service
from cachetools_core.rehearsal.site import Site


def may_use(request: Request, service: Service) -> bool:
    """Whether the account may; everyone may use a service that isn't secured."""
    return service.everyone or (request.account is not None and request.account.may_cache)


def check_access(request: Request, service: Service) -> None:
    """Refused 499 without a token, 403 without the right; the path is lower case there (protocol.md 2.7)."""
    if may_use(request, service):
        return
    if request.account is None:
        raise Refused(499, "Token Required")
    path = f"{service.path}.{service.kind}".lower()
    raise Refused(403, f"User does not have permissions to access '{path}'.")


def running(site: Site, request: Request, path: str, kind: str) -> Service:
    """The service, started and open to the account; Refused where it isn't there, isn't open or doesn't run."""
    service = site.find(path, kind)
    check_access(request, service)
    if not site.runs(service):
        raise not_started(service.full)
    return service
