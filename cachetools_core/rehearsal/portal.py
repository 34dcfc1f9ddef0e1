"""The small portal of a federated site, under /portal (clients.md 5)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from cachetools_core.rehearsal.accounts import ADMINISTER, Account
from cachetools_core.rehearsal.answers import Refused
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.site import Site

LONGEST_MINUTES = 21600


def token(site: Site, request: Request) -> dict[str, Any]:
    """`sharing/rest/generateToken`: for a username and password, or a server's token for a portal's.

    Success as in capture_community_portal_token_success.json. Both serverUrl and serverURL are in use (protocol.md
    2.4); how a server that isn't federated is refused is invented.
    """
    form = {name.lower(): value for name, value in request.form.items()}
    if form.get("token") and not form.get("username"):
        server = form.get("serverurl", "")
        if not server:
            raise Refused(400, "Unable to generate token.", "'serverUrl' must be specified.")
        if not _is_this_site(site, server, request):
            raise Refused(400, "Unable to generate token.", f"The server {server} is not federated with this portal.")
        text, expires = site.tokens.exchange(request, LONGEST_MINUTES)
    else:
        text, expires = site.tokens.sign_in(request, LONGEST_MINUTES, "Invalid username or password.")
    return {"token": text, "expires": expires, "ssl": True}


def _is_this_site(site: Site, server: str, request: Request) -> bool:
    if request.web_context_url and server.rstrip("/").startswith(request.web_context_url):
        return True
    parts = urlsplit(server)
    context = parts.path.strip("/").partition("/")[0]
    return f"{parts.scheme}://{parts.netloc}" == request.root and context in site.contexts


def root(site: Site, request: Request) -> dict[str, Any]:
    """`sharing/rest`; a portal's own version is another one than its servers', here the same (invented)."""
    return {"currentVersion": str(site.version.current), "enterpriseVersion": site.version.full}


def info(site: Site, request: Request) -> dict[str, Any]:
    """`sharing/rest/info` (fixture_restjs_sharing_rest_info.json)."""
    return {
        "owningSystemUrl": f"{request.root}/portal",
        "authInfo": {
            "tokenServicesUrl": f"{request.root}/portal/sharing/rest/generateToken",
            "isTokenBasedSecurity": True,
        },
    }


def portal_self(site: Site, request: Request, *_: str) -> dict[str, Any]:
    """`portals/self`."""
    return {
        "id": "0123456789ABCDEF",
        "name": "Rehearsal portal",
        "portalName": "Rehearsal portal",
        "portalHostname": f"{urlsplit(request.root).netloc}/portal",
        "portalMode": "singletenant",
        "portalDeploymentType": "ArcGISEnterprise",
        "isPortal": True,
        "allSSL": True,
        "supportsHostedServices": False,
        "helperServices": {},
        "currentVersion": str(site.version.current),
        **({"user": _user(request.account)} if request.account else {}),
    }


def _user(account: Account) -> dict[str, Any]:
    administers = account.privilege == ADMINISTER
    role = "org_admin" if administers else "org_publisher" if account.may_cache else "org_user"
    privileges = ["portal:user:viewOrgItems"]
    if account.may_cache:
        privileges.append("portal:publisher:publishServerServices")
    if administers:
        privileges.append("portal:admin:manageServers")
    return {
        "username": account.username,
        "fullName": account.username,
        "email": "",
        "role": role,
        "roleId": role,
        "level": "2",
        "userType": "arcgisonly",
        "provider": "arcgis",
        "access": "private",
        "privileges": privileges,
        "groups": [],
    }


def community_self(site: Site, request: Request) -> dict[str, Any]:
    """`community/self`."""
    return _user(_signed_in(request))


def user(site: Site, request: Request, name: str) -> dict[str, Any]:
    """`community/users/NAME`."""
    _signed_in(request)
    for account in site.accounts.values():
        if account.username == name:
            return _user(account)
    raise Refused(400, "User does not exist or is inaccessible.")


def _signed_in(request: Request) -> Account:
    if request.account is None:
        # A portal's text has a full stop (protocol.md 2.7).
        raise Refused(499, "Token Required.")
    return request.account


def servers(site: Site, request: Request, *_: str) -> dict[str, Any]:
    """`portals/self/servers`: the one federated site; `url` is a web adaptor's, `adminUrl` the site's own address."""
    _signed_in(request)
    address = request.web_context_url or f"{request.root}/{site.contexts[-1]}".rstrip("/")
    return {
        "servers": [
            {
                "id": "rehearsal",
                "name": urlsplit(request.root).netloc,
                "url": address,
                "adminUrl": f"{request.root}/{site.contexts[0]}".rstrip("/"),
                "serverRole": "FEDERATED_SERVER",
                "serverFunction": "GeneralPurposeServer",
                "isHosted": False,
                "serverType": "ARCGIS",
            }
        ]
    }


def search(site: Site, request: Request) -> dict[str, Any]:
    """`search`: the portal keeps no items."""
    return {"query": request.parameter("q"), "total": 0, "start": 1, "num": 10, "nextStart": -1, "results": []}


def portal_admin(site: Site, request: Request) -> dict[str, Any]:
    """`portaladmin`."""
    return {"version": site.version.full, "resources": []}


def no_such_resource(site: Site, request: Request) -> dict[str, Any]:
    """Anything else under /portal."""
    raise Refused(400, "Invalid URL", "Invalid URL")
