"""The System folder's geoprocessing services: their tasks and the tasks' parameters (protocol.md 4.1, 4.3, 5)."""

from __future__ import annotations

from typing import Any

from cachetools_core.rehearsal.versions import Version

INPUT = "esriGPParameterDirectionInput"
ASYNCHRONOUS, SYNCHRONOUS = "esriExecutionTypeAsynchronous", "esriExecutionTypeSynchronous"

CACHING = ("CachingTools", "CachingToolsEx")

# The order of capture_1081_System_CachingTools_GPServer_pjson.json (ArcMap's runtime) ...
_ARCMAP_TASKS = [
    "Convert Cache Storage Format",
    "Convert Cache Storage Format Worker",
    "Manage Map Cache Tiles",
    "Manage Map Cache Tiles Worker",
    "Export Cache",
    "Export Cache Worker",
    "DeleteCache",
    "Create Map Cache",
    "ImportCache",
    "Import Cache Worker",
    "Suggest Default Scales",
    "Manage Map Cache Scales",
    "Manage Map Cache Status",
    "Manage Map Cache Status Worker",
    "Upgrade Cache Storage Format Worker",
]
_CONTROLLER_TASKS = [
    "Export Cache",
    "ImportCache",
    "Manage Map Cache Tiles",
    "Manage Map Cache Status",
    "Convert Cache Storage Format",
    "Upgrade Cache Storage Format",
]


def _pro_tasks() -> list[str]:
    """... and of capture_1081_System_CachingToolsEx_GPServer_pjson.json (Pro's runtime)."""
    return sorted(_ARCMAP_TASKS, key=lambda task: task.replace("ImportCache", "Import"))


def system_services(version: Version) -> list[str]:
    """The geoprocessing services that are rehearsed, in the captured order of the folder (protocol.md 3.1)."""
    second = ["CachingToolsEx"] if version.second_caching_tools else []
    return ["CachingControllers", *second, "CachingTools", "PublishingTools", "ReportingTools"]


def toolbox(name: str, version: Version) -> dict[str, Any]:
    """`System/NAME/GPServer`."""
    if name in CACHING:
        pro = name == "CachingToolsEx" or not version.arcmap_runtime
        return _toolbox(name, version, _pro_tasks() if pro else _ARCMAP_TASKS, ASYNCHRONOUS, pro)
    if name == "CachingControllers":
        return _toolbox(name, version, _CONTROLLER_TASKS, ASYNCHRONOUS, not version.arcmap_runtime)
    if name == "PublishingTools":
        # Of its tasks the one that is rehearsed; the other ones publish services.
        return _toolbox(name, version, ["Get Cache Info"], ASYNCHRONOUS, not version.arcmap_runtime)
    return _toolbox(name, version, ["ReportCacheStatus"], SYNCHRONOUS, not version.arcmap_runtime)


def _toolbox(name: str, version: Version, tasks: list[str], execution: str, pro: bool) -> dict[str, Any]:
    # That an 11.x service looks like 10.8.1's CachingToolsEx, with the string "null", is inferred: both run in Pro's
    # runtime.
    return {
        "currentVersion": version.current,
        **({"cimVersion": version.pro_runtime} if pro else {}),
        "serviceDescription": description(name),
        "tasks": tasks,
        "executionType": execution,
        "resultMapServerName": "",
        "maximumRecords": 1000,
        **({"capabilities": "null"} if pro else {}),
    }


def description(name: str) -> str:
    """The captured service descriptions."""
    if name == "ReportingTools":
        return (
            "The ReportingTools service is used by ArcGIS Server to report cache status for Map and Image service "
            "caches."
        )
    return f"The {name} service is used by ArcGIS Server to create and manage Map, Globe and Image service caches."


def task(service: str, name: str, site: str, version: Version) -> dict[str, Any]:
    """`System/SERVICE/GPServer/NAME`; KeyError for a task that the service doesn't list.

    DeleteCache calls itself DeleteMapCache in its own JSON (capture_1081_System_CachingTools_DeleteCache_pjson.json).
    The parameters of tasks nobody has captured are reduced to `service_url` (invented).
    """
    if name not in toolbox(service, version)["tasks"]:
        raise KeyError(name)
    inner = "DeleteMapCache" if name == "DeleteCache" else name
    page = f"System/{service}_GPServer/System_{service}/{inner.replace(' ', '%20')}.htm"
    return {
        "name": inner,
        "displayName": name,
        "description": "",
        "category": "",
        "helpUrl": f"{site}/rest/directories/arcgisoutput/{page}",
        "executionType": SYNCHRONOUS if service == "ReportingTools" else ASYNCHRONOUS,
        "parameters": _parameters(name, version),
    }


def _parameters(task_name: str, version: Version) -> list[dict[str, Any]]:
    service = _input("service_url", "Input Map Service or Image Service URL", required=True)
    output = _parameter("out_service_url", "GPString", "Output Map Service URL", "", "Output", "Derived")
    if task_name == "DeleteCache":
        options = [_input("in_delete_options", "Delete Options")] if version.delete_options else []
        instances = _input("thread_count", "Number of caching service instances", "GPLong")
        return [service, instances, _input("cache_path", "Cache Path"), *options, output]
    if task_name == "ReportCacheStatus":
        return [
            service,
            _input("report_mode", "Report Mode", default="esriCacheStatus"),
            _input("job_id", "Input Job ID"),
            _input("levelID", "Input Level ID", "GPLong"),
            _input("error_start", "Error Start", "GPLong"),
            _input("error_count", "Error Count", "GPLong"),
            # Invented: the capture is cut before the output parameter.
            _parameter("out_cache_status", "GPString", "Output Cache Status", "", "Output", "Derived"),
        ]
    if task_name == "Get Cache Info":
        # capture of the task's page (family.md 7), cut after out_cacheFound; that it is derived is inferred.
        kinds = _input("in_serviceType", "Service Type", required=True)
        return [
            _input("in_serverCacheFolder", "Server Cache Folder", required=True),
            _input("in_serviceName", "Service Name", required=True),
            {**kinds, "choiceList": ["MAPSERVER", "IMAGESERVER"]},
            _input("in_serviceFolder", "Service Folder"),
            {**_input("in_resultFormat", "Result Format"), "choiceList": ["XML", "JSON"]},
            _parameter("out_cacheFound", "GPBoolean", "Cache Found", None, "Output", "Derived"),
        ]
    if task_name == "Manage Map Cache Tiles":
        modes = ["RECREATE_EMPTY_TILES", "RECREATE_ALL_TILES", "DELETE_TILES"]
        modes += ["COMPLETE_JOB", "FIX_JOB", "RESUME_JOB"]
        mode = _input("update_mode", "Update Mode", default="Recreate All Tiles", required=True)
        return [
            service,
            _input("levels", "Scales", required=True),
            _input("thread_count", "Number of caching service instances", "GPLong", required=True),
            {**mode, "choiceList": modes},
            _input("constraining_extent", "Constraining Extent", default="DEFAULT"),
            _input("jobid", "Input Job ID"),
            output,
        ]
    return [service, output]


def _input(
    name: str, label: str, data_type: str = "GPString", default: str = "", required: bool = False
) -> dict[str, Any]:
    value = None if data_type == "GPLong" else default
    return _parameter(name, data_type, label, value, "Input", "Required" if required else "Optional")


def _parameter(name: str, data_type: str, label: str, default: str | None, direction: str, kind: str) -> dict[str, Any]:
    return {
        "name": name,
        "dataType": data_type,
        "displayName": label,
        "description": "",
        "direction": f"esriGPParameterDirection{direction}",
        "defaultValue": default,
        "parameterType": f"esriGPParameterType{kind}",
        "category": "",
    }
