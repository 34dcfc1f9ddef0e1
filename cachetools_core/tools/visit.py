"""A visit to a service: named, its site opened, signed in; how every story begins."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ..messages import Messages
from ..naming.service import ServiceReference
from ..server.signin import ActivePortal, Given, sign_in
from ..server.site import SiteInfo, open_site
from ..server.trust import Trust
from ..server.wire import PlainWire, Wire
from ..waiting import Run


@dataclass(frozen=True)
class Visit:
    """A service, its site, and a wire that is signed in to it as `account`."""

    service: ServiceReference
    site: SiteInfo
    wire: Wire
    account: str


def visit(
    service: ServiceReference,
    run: Run,
    given: Given,
    active_portal: ActivePortal | None,
    ca_file: str | os.PathLike[str] | None,
    messages: Messages,
) -> Visit:
    """Open the service's site and sign in to it. Raises NoAnswer, NoAccount, SignInRefused, UnsafeSignIn."""
    rest = PlainWire(Trust(service.site, ca_file), run)
    site = open_site(rest, service.site)
    signed_in = sign_in(rest, site, given, active_portal)
    messages.info(f"Service {service} of {site.url}, ArcGIS Server {site.version}.")
    who = f"Signed in as {signed_in.account}" if signed_in.account else "Sign-in"
    messages.info(f"{who}: {signed_in.found}.")
    return Visit(service, site, signed_in.wire, signed_in.account)
