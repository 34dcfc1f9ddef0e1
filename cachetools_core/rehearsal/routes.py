"""Which function answers which address, and what the request is called in the table of faults."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cachetools_core.rehearsal import admin, admin_jobs, admin_services, gp, oauth, portal, publishing, rest
from cachetools_core.rehearsal.request import Request

_KINDS = {kind.lower(): kind for kind in ("MapServer", "ImageServer", "GPServer")}
_SERVICE = r"((?:[^/]+/)?[^/]+)/(MapServer|ImageServer)"
_MAP = r"((?:[^/]+/)?[^/]+)/MapServer"
_TOOL = r"rest/services/System/([^/]+)/GPServer"
_TASK = rf"{_TOOL}/([^/]+)"
_JOB = rf"{_TASK}/jobs/([^/]+)"
_REPORTING = r"rest/services/System/(ReportingTools)/GPServer"
_PUBLISHING = r"rest/services/System/(PublishingTools)/GPServer"
_CACHE_INFO = r"rest/services/System/PublishingTools/GPServer/Get Cache Info"
_ADMIN_SERVICE = r"admin/services/((?:[^/]+/)?[^/]+)\.(MapServer|ImageServer|GPServer)"


@dataclass(frozen=True)
class Route:
    """An address below the context, the step's name, and the function for it."""

    step: str
    pattern: re.Pattern[str]
    function: Callable[..., Any]
    area: str

    def arguments(self, request: Request) -> tuple[str, ...] | None:
        """The parts of the address that the function takes; None where the address is another."""
        match = self.pattern.fullmatch(request.resource)
        return tuple(_KINDS.get(part.lower(), part) for part in match.groups()) if match else None


def _routes(area: str, *rows: tuple[str, str, Callable[..., Any]]) -> list[Route]:
    # The fixed words of addresses are taken in any case, as IIS in front of a site does.
    return [Route(step, re.compile(pattern, re.IGNORECASE), function, area) for step, pattern, function in rows]


SERVER = [
    *_routes(
        "rest",
        ("info", r"rest/info", rest.info),
        ("info", r"rest/info/healthcheck", rest.health),
        ("token", r"tokens(?:/generateToken)?", rest.token),
        ("catalog", r"rest/services", rest.catalog),
        ("catalog", r"rest/services/([^/]+)", rest.catalog),
        ("service", rf"rest/services/{_SERVICE}", rest.service),
        ("service", rf"rest/services/{_SERVICE}/info/iteminfo", rest.item_info),
        ("service", rf"rest/services/{_MAP}/(\d+)", rest.layer),
        ("service", rf"rest/services/{_MAP}/layers", rest.layers),
        ("service", rf"rest/services/{_MAP}/legend", rest.legend),
        ("tile", rf"rest/services/{_SERVICE}/tile/(\d+)/(\d+)/(\d+)", rest.tile),
        ("tile", rf"rest/services/{_SERVICE}/tilemap/(\d+)/(\d+)/(\d+)/(\d+)/(\d+)", rest.tilemap),
        ("reporting", rf"{_REPORTING}", gp.toolbox),
        ("report", r"rest/services/System/ReportingTools/GPServer/([^/]+)/execute", rest.report),
        ("reporting", rf"{_REPORTING}/([^/]+)", gp.task),
        ("cache-info", rf"{_PUBLISHING}", gp.toolbox),
        ("cache-info", rf"{_PUBLISHING}/(Get Cache Info)", gp.task),
        ("cache-info", rf"{_CACHE_INFO}/submitJob", publishing.submit),
        ("cache-info", rf"{_CACHE_INFO}/jobs/([^/]+)", publishing.job),
        ("cache-info", rf"{_CACHE_INFO}/jobs/([^/]+)/results/([^/]+)", publishing.result),
        ("tasks", _TOOL, gp.toolbox),
        ("tasks", r"rest/services/(System/[^/]+)/(GPServer)/info/iteminfo", rest.item_info),
        ("task", _TASK, gp.task),
        ("submit", rf"{_TASK}/submitJob", gp.submit),
        ("job", _JOB, gp.job),
        ("result", rf"{_JOB}/results", gp.results),
        ("result", rf"{_JOB}/results/([^/]+)", gp.result),
        ("result", rf"{_JOB}/inputs/([^/]+)", gp.job_input),
        ("cancel", rf"{_JOB}/cancel", gp.cancel),
        ("service", r"rest/services/((?:[^/]+/)?[^/]+)/([A-Za-z]+Server)(?:/.*)?", rest.no_such_service),
        ("catalog", r"(?:rest|tokens|services)?(?:/.*)?", rest.no_such_resource),
    ),
    *_routes(
        "admin",
        ("token", r"admin/generateToken", rest.admin_token),
        ("admin", r"admin", admin.root),
        ("admin", r"admin/info", admin.info),
        ("admin", r"admin/mode", admin.mode),
        ("admin", r"admin/publicKey", admin.public_key),
        ("admin", r"admin/services", admin_services.services),
        ("start", r"admin/services/(start)Services", admin_services.start_or_stop_many),
        ("stop", r"admin/services/(stop)Services", admin_services.start_or_stop_many),
        ("admin", r"admin/services/report", admin_services.services_report),
        ("admin-service", _ADMIN_SERVICE, admin_services.service),
        ("status", rf"{_ADMIN_SERVICE}/status", admin_services.status),
        ("start", rf"{_ADMIN_SERVICE}/start", admin_services.start),
        ("stop", rf"{_ADMIN_SERVICE}/stop", admin_services.stop),
        ("admin-service", rf"{_ADMIN_SERVICE}/lifecycleinfos", admin_services.lifecycle),
        ("admin-service", rf"{_ADMIN_SERVICE}/statistics", admin_services.statistics),
        ("admin-service", rf"{_ADMIN_SERVICE}/iteminfo", admin_services.item_info),
        ("admin-service", rf"{_ADMIN_SERVICE}/iteminfo/manifest/manifest\.json", admin_services.manifest),
        ("admin-service", rf"{_ADMIN_SERVICE}/permissions", admin_services.permissions),
        ("jobs-query", rf"{_ADMIN_SERVICE}/jobs", admin_jobs.resource),
        ("jobs-query", rf"{_ADMIN_SERVICE}/jobs/query", admin_jobs.query),
        ("jobs-query", rf"{_ADMIN_SERVICE}/jobs/statistics", admin_jobs.statistics),
        ("jobs-query", rf"{_ADMIN_SERVICE}/jobs/([^/]+)", admin_jobs.job),
        ("cancel", rf"{_ADMIN_SERVICE}/jobs/([^/]+)/cancel", admin_jobs.cancel),
        ("admin", r"admin/services/([^/]+)", admin_services.services),
        ("admin", r"admin/services/([^/]+)/report", admin_services.services_report),
        ("admin", r"admin/machines", admin.machines),
        ("admin", r"admin/system", admin.system),
        ("admin", r"admin/system/properties", admin.properties),
        ("admin", r"admin/system/properties/update", admin.update_properties),
        ("admin", r"admin/system/directories", admin.directories),
        ("admin", r"admin/system/directories/([^/]+)", admin.directory),
        ("admin", r"admin/system/handlers/rest/cache/clear", admin.clear_rest_cache),
        (
            "admin",
            r"admin/((?:logs|data|uploads|usagereports|security)(?:/(?:psa|roles|users|config))?)",
            admin.readable,
        ),
        ("admin", r"admin/.*", admin.no_such_resource),
    ),
]

PORTAL = _routes(
    "portal",
    ("token", r"sharing(?:/rest)?/generateToken", portal.token),
    ("portal", r"sharing(?:/rest)?/oauth2/authorize", oauth.authorize),
    ("token", r"sharing(?:/rest)?/oauth2/signin", oauth.sign_in),
    ("portal", r"sharing(?:/rest)?/oauth2/approval", oauth.approval),
    ("portal", r"sharing(?:/rest)?/oauth2/token", oauth.token),
    ("portal", r"sharing/rest", portal.root),
    ("portal", r"sharing/rest/info", portal.info),
    # The doubled path is what one client asks for (clients.md 5).
    ("portal", r"sharing/rest/portals/([^/]+)(?:/rest/portals/self)?", portal.portal_self),
    ("portal", r"sharing/rest/portals/([^/]+)/servers", portal.servers),
    ("portal", r"sharing/rest/community/self", portal.community_self),
    ("portal", r"sharing/rest/community/users/([^/]+)", portal.user),
    ("portal", r"sharing/rest/search", portal.search),
    ("portal", r"portaladmin(?:/.*)?", portal.portal_admin),
    ("portal", r".*", portal.no_such_resource),
)


@dataclass(frozen=True)
class Found:
    """A route and the arguments for its function, taken from the address."""

    route: Route
    arguments: tuple[str, ...]


def find_route(request: Request, contexts: tuple[str, ...], federated: bool) -> Found | None:
    """The route of an address; None for one outside of the site and its portal.

    The letter case of a context counts, as it does for ArcGIS Server's own Tomcat (cases/context-letter-case.txt).
    """
    table = SERVER if request.context in contexts else PORTAL if federated and request.context == "portal" else []
    for route in table:
        arguments = route.arguments(request)
        if arguments is not None:
            return Found(route, arguments)
    return None


def step_of(request: Request, found: Found | None) -> str:
    """The request's name in the table of faults; empty where it came to no address of the site."""
    if found is None:
        return ""
    exchanged = request.form.get("token") and not request.form.get("username")
    return "exchange" if found.route.step == "token" and exchanged else found.route.step
