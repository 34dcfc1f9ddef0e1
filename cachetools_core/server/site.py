"""One ArcGIS Server site: what it says of itself, its mode, its caching tools and their tasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..errors import CannotDelete, NotArcGIS, ServerSaysNo
from ..messages import plain_words
from ..naming.service import ServiceReference
from .job_list import is_same_task
from .wire import Wire

CACHING_TOOLS = ("CachingTools", "CachingToolsEx")
INPUT = "esriGPParameterDirectionInput"


@dataclass(frozen=True)
class SiteInfo:
    """What `rest/info` says: the version, and where tokens come from; empty strings where it says nothing.

    `portal` is the address of the portal that the site is federated with, without a trailing slash.
    """

    url: str
    version: str
    token_service: str
    portal: str
    token_minutes: int | None


@dataclass(frozen=True)
class Task:
    """A geoprocessing task as the server lists it.

    `tools` is the service of the System folder that offers it, `url` its address; `inputs` and `required` name its
    input parameters.
    """

    tools: str
    url: str
    inputs: frozenset[str]
    required: frozenset[str]


def open_site(wire: Wire, url: str) -> SiteInfo:
    """What the site says of itself at `rest/info`, which needs no sign-in (protocol.md 1).

    Raises NoAnswer where nothing readable comes back, NotArcGIS where it isn't an ArcGIS Server site.
    """
    answer = wire.get(f"{url}/rest/info")
    version = answer.get("fullVersion") or answer.get("currentVersion")
    if not isinstance(version, (str, int, float)):
        raise NotArcGIS(f"{url}/rest/info doesn't say a version, so this isn't an ArcGIS Server site.")
    sign_in = answer.get("authInfo")
    sign_in = sign_in if isinstance(sign_in, dict) else {}
    minutes = sign_in.get("shortLivedTokenValidity")
    token_service = _text(sign_in.get("tokenServicesUrl"))
    # Only a token service of a portal, recognised by /sharing as other clients do, makes the owning system the portal.
    portal = _text(answer.get("owningSystemUrl")).rstrip("/") if "/sharing" in token_service.lower() else ""
    return SiteInfo(
        url=url,
        version=plain_words(version),
        token_service=token_service,
        portal=portal,
        token_minutes=minutes if isinstance(minutes, int) and minutes > 0 else None,
    )


def find_task(wire: Wire, site: str, name: str, offered_by: tuple[str, ...] = CACHING_TOOLS) -> Task:
    """The task of the first of these services of the System folder that lists it.

    10.8.1 has CachingToolsEx for Pro's own services beside CachingTools. The task's address comes from the service's
    list, since its own `name` is another one (captured, 10.8.1).
    Raises CannotDelete where none offers the task, NotPermitted or TokenRefused where the account may not see them.
    """
    refused: list[str] = []
    missing = True
    for tools in offered_by:
        root = f"{site}/rest/services/System/{tools}/GPServer"
        try:
            tasks = _tasks_listed(wire, root)
        except ServerSaysNo as error:
            if error.exit_code != ServerSaysNo.exit_code:
                raise
            refused.append(f"System/{tools}: '{error.server_words}'")
            missing = missing and "not found" in error.server_words.lower()
            continue
        found = next((task for task in tasks if is_same_task(task, name)), None)
        if found is not None:
            return _read_task(wire, tools, f"{root}/{quote(found, safe='')}")
        refused.append(f"System/{tools} lists no task {name}")
        missing = False
    raise CannotDelete(
        f"The caching tools of {site} can't be used: {'; '.join(refused)}.",
        "This account can't see the System folder, or the site has no caching tools: sign in as a publisher or an"
        " administrator, and use the address of an ArcGIS Server, not of a portal."
        if missing
        else "Start System/CachingTools and System/CachingControllers in ArcGIS Server Manager, then run this again.",
    )


def tools_state(wire: Wire, site: str, tools: str) -> str:
    """`STARTED`, or another word that the administrator API has for the state of a service of the System folder."""
    status = wire.get(f"{site}/admin/services/System/{tools}.GPServer/status", tries=1)
    return plain_words(status.get("realTimeState")).upper()


def site_mode(wire: Wire, site: str) -> str:
    """`EDITABLE` or `READ_ONLY`; 10.4 and later, documented as the administrator API's resource "Site mode".

    Raises what `get` raises.
    """
    return plain_words(wire.get(f"{site}/admin/mode", tries=1).get("siteMode")).upper()


def start_service(wire: Wire, service: ServiceReference) -> None:
    """Start a stopped service through the administrator API; publishers and administrators may (documented)."""
    wire.post_once(f"{service.admin_url}/start", {})


def _tasks_listed(wire: Wire, root: str) -> list[str]:
    listed = wire.get(root).get("tasks")
    return [task for task in listed if isinstance(task, str)] if isinstance(listed, list) else []


def _read_task(wire: Wire, tools: str, url: str) -> Task:
    parameters = wire.get(url).get("parameters")
    listed = [p for p in (parameters if isinstance(parameters, list) else []) if isinstance(p, dict)]
    inputs = [p for p in listed if p.get("direction") == INPUT and isinstance(p.get("name"), str)]
    required = frozenset(p["name"] for p in inputs if p.get("parameterType") == "esriGPParameterTypeRequired")
    return Task(tools, url, frozenset(p["name"] for p in inputs), required)


def _text(value: Any) -> str:
    return plain_words(value) if isinstance(value, str) else ""
