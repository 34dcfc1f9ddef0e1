"""Good bodies of a server, to be spoiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from support.hostile import HERE

JOB = "j0123456789abcdef"
INFO = {
    "currentVersion": 11.3,
    "fullVersion": "11.3.0",
    "owningSystemUrl": f"http://{HERE}/portal",
    "authInfo": {
        "isTokenBasedSecurity": True,
        "tokenServicesUrl": f"http://{HERE}/portal/sharing/rest/generateToken",
        "shortLivedTokenValidity": 60,
    },
}
TOKEN = {"token": "abc.def", "expires": 4102444800000, "ssl": True}
CACHED = {
    "currentVersion": 11.3,
    "singleFusedMapCache": True,
    "tileInfo": {"rows": 256, "lods": [{"level": 0, "scale": 1000}]},
    "capabilities": "Map,Query,Data",
}
UNCACHED = {"currentVersion": 11.3, "singleFusedMapCache": False, "capabilities": "Map,Query,Data"}
LOD = {"levelID": 0, "scale": 1000.0, "tileCount": 21, "tilesSize": 4000, "isRunning": "false", "status": "Complete"}


def reported(status: str, *lods: Mapping[str, Any]) -> dict[str, Any]:
    report = {
        "name": "Rainfall",
        "type": "MapServer",
        "status": status,
        "lodInfos": list(lods),
        "cacheExecutionStatus": "NONE",
    }
    return {"results": [{"paramName": "report", "dataType": "GPString", "value": report}], "messages": []}


EXISTS, NONE = reported("EXISTS", LOD), reported("NONE")
PARAMETERS = {
    "name": "DeleteMapCache",
    "parameters": [
        {
            "name": "service_url",
            "direction": "esriGPParameterDirectionInput",
            "parameterType": "esriGPParameterTypeRequired",
        },
        {
            "name": "thread_count",
            "direction": "esriGPParameterDirectionInput",
            "parameterType": "esriGPParameterTypeOptional",
        },
    ],
}
SUBMITTED = {"jobId": JOB, "jobStatus": "esriJobSubmitted"}
SUCCEEDED = {
    "jobId": JOB,
    "jobStatus": "esriJobSucceeded",
    "messages": [{"type": "esriJobMessageTypeInformative", "description": "Deleted."}],
    "progress": {"percent": 100},
}
JOBS = {"results": [{"jobId": JOB, "status": "esriJobSucceeded"}], "nextStart": -1}
ADMIN = {"realTimeState": "STARTED", "configuredState": "STARTED", "properties": {"isCached": "true"}}
REFUSAL = {"error": {"code": 498, "message": "Invalid Token", "details": ["Token expired."]}}
REFUSAL_OF_THE_ADMIN_API = {"status": "error", "messages": ["Could not find resource."], "code": 404}
VALUE = {"paramName": "service_url", "value": "Rainfall:MapServer"}
