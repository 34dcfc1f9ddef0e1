"""The services in the Administrator API: /admin/services and what is below it (protocol.md 6, clients.md 4)."""

from __future__ import annotations

import json
from typing import Any

from cachetools_core.rehearsal import tools
from cachetools_core.rehearsal.admin import SUCCESS, check_post, check_right, nothing_there
from cachetools_core.rehearsal.answers import Refused
from cachetools_core.rehearsal.jobs import EXECUTING
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.services import Service
from cachetools_core.rehearsal.site import Site


def services(site: Site, request: Request, folder: str = "") -> dict[str, Any]:
    """`/admin/services[/FOLDER]`."""
    check_right(site, request)
    folders = sorted({"System", "Utilities", *(one.folder for one in site.services.values() if one.folder)})
    if folder and folder not in folders:
        raise nothing_there(folder)
    return {
        "folderName": folder or "/",
        "description": "" if folder else "Root folder",
        "webEncrypted": False,
        "isDefault": not folder,
        "folders": [] if folder else folders,
        "foldersDetail": []
        if folder
        else [{"folderName": one, "description": "", "webEncrypted": False, "isDefault": False} for one in folders],
        "services": [
            {"folderName": folder or "/", "serviceName": one.name, "type": one.kind, "description": ""}
            for one in site.visible(folder)
        ],
    }


def find(site: Site, request: Request, path: str, kind: str) -> Service:
    """The service, for any authorised privilege."""
    check_right(site, request)
    found = site.services.get(f"{path}:{kind}")
    if found is None or found not in site.visible(found.folder):
        raise nothing_there(f"{path.rpartition('/')[2]}.{kind}")
    return found


def service(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`/admin/services/[FOLDER/]NAME.TYPE`."""
    found = find(site, request, path, kind)
    return {
        "serviceName": found.name,
        "type": found.kind,
        "description": tools.description(found.name) if found.cache is None else "",
        "capabilities": "" if found.cache is None else "Map,Query,Data" if found.kind == "MapServer" else "Image",
        "provider": "ArcObjects" if site.version.arcmap_runtime else "ArcObjects11",
        "clusterName": "default",
        "minInstancesPerNode": 1,
        "maxInstancesPerNode": 2,
        "instancesPerContainer": 1,
        "maxWaitTime": 60,
        "maxStartupTime": 300,
        "maxIdleTime": 1800,
        "maxUsageTime": 600,
        "loadBalancing": "ROUND_ROBIN",
        "isolationLevel": "HIGH",
        "configuredState": found.configured,
        "recycleInterval": 24,
        "recycleStartTime": "00:00",
        "keepAliveInterval": 1800,
        "private": False,
        "isDefault": False,
        "maxUploadFileSize": 0,
        "allowedUploadFileTypes": "",
        "properties": _cache_properties(site, found) if found.cache is not None else {},
        "extensions": [],
        "datasets": [],
    }


def _cache_properties(site: Site, found: Service) -> dict[str, str]:
    """All strings (protocol.md 6)."""
    return {
        "cacheDir": str(site.cache_root),
        "virtualCacheDir": "/rest/directories/arcgiscache",
        "isCached": "true" if found.cached else "false",
        "ignoreCache": "false",
        "cacheOnDemand": "true" if found.on_demand else "false",
        "clientCachingAllowed": "true",
        "outputDir": str(site.cache_root.parent / "arcgisoutput"),
        "virtualOutputDir": "/rest/directories/arcgisoutput",
        "maxImageHeight": "4096",
        "maxImageWidth": "4096",
    }


def status(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`…/status` (doc_admin_service_status.json)."""
    found = find(site, request, path, kind)
    real = found.real if found.cache is not None or site.runs(found) else "STOPPED"
    return {"configuredState": found.configured, "realTimeState": real}


def start(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`…/start`."""
    found = find(site, request, path, kind)
    check_post(request, "start")
    site.start(found, _user(request))
    return SUCCESS


def stop(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`…/stop`."""
    found = find(site, request, path, kind)
    check_post(request, "stop")
    site.stop(found, _user(request))
    return SUCCESS


def start_or_stop_many(site: Site, request: Request, which: str) -> dict[str, Any]:
    """`/admin/services/startServices` and `stopServices`."""
    check_right(site, request)
    check_post(request, f"{which}Services")
    try:
        wanted = json.loads(request.parameter("services"))["services"]
        found = [
            site.services[
                f"{'' if one['folderName'] in ('', '/') else one['folderName'] + '/'}{one['serviceName']}:{one['type']}"
            ]
            for one in wanted
        ]
    except (ValueError, KeyError, TypeError) as error:
        # Invented text.
        raise Refused(400, "The parameter 'services' names no services of this site.") from error
    for one in found:
        (site.start if which == "start" else site.stop)(one, _user(request))
    return SUCCESS


def _user(request: Request) -> str:
    assert request.account is not None
    return request.account.username


def lifecycle(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`…/lifecycleinfos`, from 11.1 on."""
    found = find(site, request, path, kind)
    if not site.version.results_and_lifecycle:
        raise nothing_there("lifecycleinfos")
    return {"lifecycleinfos": found.lifecycle, "lastmodified": found.lifecycle[-1]["timestamp"]}


def statistics(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`…/statistics`: busy instances say that caching is under way (protocol.md 6); other keys are inferred."""
    found = find(site, request, path, kind)
    busy = sum(1 for job in site.jobs.of_tool(found.name) if job.status == EXECUTING)
    busy += int(site.faults.on("other-job-running"))
    summary = {
        "folderName": found.folder or "/",
        "serviceName": found.name,
        "type": found.kind,
        "startTime": None,
        "max": 2,
        "busy": busy,
        "free": max(0, 2 - busy),
        "initializing": 0,
        "notCreated": 0,
        "transactions": site.jobs.submits,
        "totalBusyTime": 0,
        "isStatisticsAvailable": True,
    }
    return {"summary": summary, "perMachine": []}


def item_info(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`…/iteminfo`."""
    found = find(site, request, path, kind)
    return {"name": found.name, "title": found.name, "description": "", "summary": "", "tags": [], "thumbnail": None}


def manifest(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`…/iteminfo/manifest/manifest.json`."""
    find(site, request, path, kind)
    return {"databases": [], "resources": []}


def permissions(site: Site, request: Request, path: str, kind: str) -> dict[str, Any]:
    """`…/permissions`."""
    found = find(site, request, path, kind)
    return {
        "permissions": [
            {"principal": "esriEveryone", "permission": {"isAllowed": found.everyone, "constraint": ""}},
        ]
    }


def services_report(site: Site, request: Request, folder: str = "") -> dict[str, Any]:
    """`/admin/services[/FOLDER]/report`."""
    check_right(site, request)
    return {
        "reports": [
            {
                "folderName": folder or "/",
                "serviceName": one.name,
                "type": one.kind,
                "description": "",
                "status": {"configuredState": one.configured, "realTimeState": one.real},
                "instances": {"max": 2, "busy": 0, "totalBusyTime": 0, "transactions": 0},
                "properties": _cache_properties(site, one) if one.cache is not None else {},
                "iteminfo": {},
                "permissions": [],
            }
            for one in site.visible(folder)
        ]
    }
