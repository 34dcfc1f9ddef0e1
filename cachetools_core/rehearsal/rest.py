"""The REST API under /rest but for jobs, and the token service under /tokens."""

from __future__ import annotations

from typing import Any

from cachetools_core.rehearsal import gp, reports, tools
from cachetools_core.rehearsal.access import check_access, may_use, running
from cachetools_core.rehearsal.answers import Answer, Refused, as_page, not_found, unable
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.services import (
    COMPACT_V2,
    Service,
    image_service,
    map_layer,
    map_service,
)
from cachetools_core.rehearsal.site import Site
from cachetools_core.rehearsal.tokens import LONGEST_MINUTES, SHORT_LIVED_MINUTES


def info(site: Site, request: Request) -> dict[str, Any]:
    """Stand-alone: capture_1061_standalone_rest_info.json. Federated: inferred from another server's documented
    example (doc_mission_108_federated_rest_root.json); the SOAP addresses in it are inferred."""
    head = {"currentVersion": site.version.current, "fullVersion": site.version.full}
    soap = {"soapUrl": f"{request.site}/services", "secureSoapUrl": None}
    if site.federated:
        portal = f"{request.root}/portal"
        return {
            **head,
            **soap,
            "owningSystemUrl": portal,
            "authInfo": {
                "isTokenBasedSecurity": True,
                "tokenServicesUrl": _token_address(site, request, f"{portal}/sharing/rest/generateToken"),
            },
        }
    if site.faults.on("no-token-security"):
        return {**head, **soap, "authInfo": {"isTokenBasedSecurity": False}}
    return {
        **head,
        **soap,
        "authInfo": {
            "isTokenBasedSecurity": True,
            "tokenServicesUrl": _token_address(site, request, f"{request.site}/tokens/"),
            "shortLivedTokenValidity": SHORT_LIVED_MINUTES,
        },
    }


def _token_address(site: Site, request: Request, url: str) -> str:
    return url.replace(request.root, "https://tokens.invalid") if site.faults.take("wrong-token-host", "info") else url


def health(site: Site, request: Request) -> dict[str, Any]:
    """`rest/info/healthCheck`; the body is inferred (protocol.md 1.5)."""
    return {"success": True}


def token(site: Site, request: Request) -> dict[str, Any]:
    """`/tokens`; on a federated site it serves nobody (how it says so is invented)."""
    if site.federated:
        raise unable("This site is federated: ask its portal for tokens.")
    if site.faults.on("no-token-security"):
        # Invented.
        raise unable("The token service of this site is not started.")
    return _issue(site, request, SHORT_LIVED_MINUTES)


def _issue(site: Site, request: Request, most_minutes: int) -> dict[str, Any]:
    # Whether a stand-alone server exchanges a token for another is not known; some clients ask it to (clients.md 1).
    if request.form.get("token") and not request.form.get("username"):
        text, expires = site.tokens.exchange(request, most_minutes)
    else:
        text, expires = site.tokens.sign_in(request, most_minutes, "Invalid username or password specified.")
    return {"token": text, "expires": expires}


def admin_token(site: Site, request: Request) -> dict[str, Any]:
    """`/admin/generateToken`, for administrators and publishers."""
    return _issue(site, request, LONGEST_MINUTES)


def catalog(site: Site, request: Request, folder: str = "") -> dict[str, Any]:
    """`rest/services` and its folders (capture_103_rest_services_folder_pjson.json): what the account may see."""
    folders = sorted({"System", "Utilities", *(one.folder for one in site.services.values() if one.folder)})
    if folder and folder not in folders:
        # Invented.
        raise Refused(404, f"Folder {folder} not found ")
    if folder == "System":
        check_access(request, site.visible("System")[0])
    return {
        "currentVersion": site.version.current,
        "folders": [] if folder else folders,
        "services": [{"name": one.path, "type": one.kind} for one in site.visible(folder) if may_use(request, one)],
    }


def service(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`…/MapServer` or `…/ImageServer`."""
    found = running(site, request, path, kind)
    body = map_service if kind == "MapServer" else image_service
    return body(found, site.cache_of(found), site.version)


def item_info(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`…/info/iteminfo` (capture_1081_System_ReportingTools_info_iteminfo_pjson.json)."""
    found = running(site, request, path, kind)
    text = tools.description(found.name) if found.cache is None else ""
    return {"description": text, "summary": text, "tags": [f"{found.name} service"]}


def layer(site: Site, request: Request, path: str, number: str) -> dict[str, Any]:
    """`…/MapServer/0`."""
    found = running(site, request, path, "MapServer")
    if number != "0":
        raise Refused(400, "Invalid or missing input parameters", f"Layer {number} does not exist.")
    return map_layer(found, site.cache_of(found), site.version, 0)


def layers(site: Site, request: Request, path: str) -> dict[str, Any]:
    """`…/MapServer/layers`."""
    return {"layers": [layer(site, request, path, "0")], "tables": []}


def tile(site: Site, request: Request, path: str, kind: str, level: str, row: str, column: str) -> Answer:
    """`…/tile/LEVEL/ROW/COLUMN`: the picture, or HTTP 404 (protocol.md 3.4).

    A missing.png or .jpg in `_alllayers` is sent instead, unless `blankTile=false`. That an uncached service
    answers 404 as well is invented, as are the pages.
    """
    try:
        found = running(site, request, path, kind)
    except Refused as refused:
        if refused.code == 500:
            return as_page("Error", refused.message, 500)
        raise
    picture = None
    if found.cached:
        picture = site.cache_of(found).tile(int(level), int(row), int(column))
    if picture is not None:
        return Answer(picture, _picture_type(picture), headers={"Cache-Control": "max-age=86400"})
    blank = _blank_tile(site, found)
    if blank is not None and request.parameter("blankTile", "true").lower() != "false":
        return Answer(blank, _picture_type(blank), headers={"blank-tile": "true"})
    return as_page("404 - Not Found", f"<p>Tile not found: {level}/{row}/{column}</p>", 404)


def _blank_tile(site: Site, found: Service) -> bytes | None:
    for name in ("missing.png", "missing.jpg"):
        file = site.cache_of(found).folder / "_alllayers" / name
        if file.is_file():
            return file.read_bytes()
    return None


def _picture_type(picture: bytes) -> str:
    return "image/png" if picture.startswith(b"\x89PNG") else "image/jpeg"


def tilemap(
    site: Site, request: Request, path: str, kind: str, level: str, row: str, column: str, width: str, height: str
) -> dict[str, Any]:
    """`…/tilemap/…`, for compact V2 caches only (cache-format.md 8); the refusal is invented."""
    found = running(site, request, path, kind)
    cache = site.cache_of(found)
    if not found.cached or cache.scheme.storage_format != COMPACT_V2:
        raise unable("Tilemap is not supported by this service.")
    place = (int(level), int(row), int(column), int(width), int(height))
    if not 0 < place[3] <= 128 or not 0 < place[4] <= 128:
        raise Refused(400, "Invalid or missing input parameters", "Width and height go from 1 to 128.")
    return {
        "adjusted": False,
        "location": {"left": place[2], "top": place[1], "width": place[3], "height": place[4]},
        "data": cache.tilemap(*place),
    }


def legend(site: Site, request: Request, path: str) -> dict[str, Any]:
    """`…/MapServer/legend`: a picture has none."""
    running(site, request, path, "MapServer")
    return {"layers": []}


def report(site: Site, request: Request, task_name: str) -> dict[str, Any]:
    """`ReportCacheStatus/execute`."""
    gp.task(site, request, "ReportingTools", task_name)
    if site.faults.take("report-refused", "report"):
        raise Refused(403, "User does not have permissions to access 'system/reportingtools.gpserver'.")
    return reports.execute(site, request)


def no_such_service(site: Site, request: Request, path: str, kind: str) -> Answer:
    """A service of a type that isn't there."""
    raise not_found(f"{path}/{kind}")


def no_such_resource(site: Site, request: Request) -> Answer:
    """An address that means nothing."""
    raise Refused(400, "Invalid URL", "Invalid URL")
