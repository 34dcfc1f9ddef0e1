"""The site in the Administrator API: /admin, its mode, its system (protocol.md 6, clients.md 4)."""

from __future__ import annotations

import json
from typing import Any

from cachetools_core.rehearsal.accounts import ADMINISTER
from cachetools_core.rehearsal.answers import Refused
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.site import Site

SUCCESS = {"status": "success"}
RESOURCES = ["machines", "services", "security", "system", "data", "uploads", "logs", "usagereports", "info"]


def nothing_there(operation: str) -> Refused:
    """capture_113_admin_err_404_unknown_operation.json; for a missing service the sentence is inferred."""
    return Refused(404, f"Could not find resource or operation '{operation}' on the system.")


def check_right(site: Site, request: Request, administrator: bool = False) -> None:
    """Refused 499 without a token (doc_admin_err_499_token_not_found.json), 403 without the right (invented text)."""
    if request.account is None:
        raise Refused(
            499,
            "Unauthorized access.Token not found. You can generate a token using the 'generateToken' operation.",
        )
    allowed = request.account.privilege == ADMINISTER if administrator else request.account.may_cache
    if not allowed:
        raise Refused(403, "Unauthorized access. The account is not allowed to perform this operation.")


def check_post(request: Request, operation: str) -> None:
    if request.method != "POST":
        # How a GET is refused is not known: invented.
        raise Refused(405, f"The operation '{operation}' needs HTTP POST.")


def root(site: Site, request: Request) -> dict[str, Any]:
    """`/admin`."""
    check_right(site, request)
    return {"currentVersion": site.version.current, "fullVersion": site.version.full, "resources": RESOURCES}


def info(site: Site, request: Request) -> dict[str, Any]:
    """`/admin/info`, with the keys of doc_admin_info_video_server_120.json; values for a GIS Server are inferred."""
    check_right(site, request)
    assert request.account is not None
    return {
        "fullVersion": site.version.full,
        "configStoreVersion": "3",
        "loggedInUserPrivilege": request.account.privilege,
        "currentversion": site.version.full,
        "loggedInUser": request.account.username,
        "currentbuild": "0",
    }


def public_key(site: Site, request: Request) -> dict[str, Any]:
    """`/admin/publicKey`, for anybody."""
    return dict(site.tokens.public_key())


def mode(site: Site, request: Request) -> dict[str, Any]:
    """`/admin/mode`, since 10.4 ("Mode" in the ArcGIS Server Administrator API)."""
    check_right(site, request)
    read_only = site.faults.on("read-only-site")
    return {
        "siteMode": "READ_ONLY" if read_only else "EDITABLE",
        "copyConfigLocal": True,
        "lastModified": site.opened,
    }


def machines(site: Site, request: Request) -> dict[str, Any]:
    """`/admin/machines`."""
    check_right(site, request)
    return {"machines": [{"machineName": "LOCALHOST", "adminURL": f"{request.site}/admin", "synchronize": True}]}


def system(site: Site, request: Request) -> dict[str, Any]:
    """`/admin/system`."""
    check_right(site, request, administrator=True)
    return {"resources": ["directories", "handlers", "jobs", "properties"]}


def properties(site: Site, request: Request) -> dict[str, Any]:
    """`/admin/system/properties`."""
    check_right(site, request, administrator=True)
    return {"WebContextURL": site.web_context_url} if site.web_context_url else {}


def update_properties(site: Site, request: Request) -> dict[str, Any]:
    """`/admin/system/properties/update` with `properties={"WebContextURL": ...}`, as documented for reverse proxies."""
    check_right(site, request, administrator=True)
    check_post(request, "update")
    try:
        site.web_context_url = str(json.loads(request.parameter("properties")).get("WebContextURL", "")).rstrip("/")
    except (ValueError, AttributeError) as error:
        # Invented text.
        raise Refused(400, "The parameter 'properties' is no JSON object.") from error
    return SUCCESS


def directories(site: Site, request: Request) -> dict[str, Any]:
    """`/admin/system/directories`."""
    check_right(site, request)
    return {"directories": [_directory(site, name) for name in _DIRECTORIES]}


_DIRECTORIES = {"arcgiscache": "CACHE", "arcgisjobs": "JOBS", "arcgisoutput": "OUTPUT", "arcgissystem": "SYSTEM"}


def directory(site: Site, request: Request, name: str) -> dict[str, Any]:
    """`/admin/system/directories/NAME`."""
    check_right(site, request)
    if name not in _DIRECTORIES:
        raise nothing_there(name)
    return _directory(site, name)


def _directory(site: Site, name: str) -> dict[str, Any]:
    cleaned = name in ("arcgisjobs", "arcgisoutput")
    return {
        "name": name,
        "physicalPath": str(site.cache_root.parent / name),
        "directoryType": _DIRECTORIES[name],
        "cleanupMode": "TIME_ELAPSED_SINCE_LAST_MODIFIED" if cleaned else "NONE",
        "maxFileAge": {"arcgisjobs": 360, "arcgisoutput": 10}.get(name, 0),
        "description": "",
        "useLocalDir": False,
        "localDirectoryPath": "",
        "virtualPath": f"/rest/directories/{name}",
    }


def clear_rest_cache(site: Site, request: Request) -> dict[str, Any]:
    """`/admin/system/handlers/rest/cache/clear`: stale metadata is gone after it."""
    check_right(site, request)
    for found in site.services.values():
        found.stale_until = 0.0
    return SUCCESS


def readable(site: Site, request: Request, name: str) -> dict[str, Any]:
    """Resources that some clients read when they are made; their content is free (clients.md 4)."""
    check_right(site, request, administrator=True)
    return {"resources": [], "name": name}


def no_such_resource(site: Site, request: Request) -> dict[str, Any]:
    """Anything else under /admin."""
    check_right(site, request)
    raise nothing_there(request.resource.rpartition("/")[2])
