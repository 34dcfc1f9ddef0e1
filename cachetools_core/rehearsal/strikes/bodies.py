"""How the bodies of a site go wrong (catalogue: faults/bodies.py)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from cachetools_core.rehearsal.answers import Answer, as_json
from cachetools_core.rehearsal.exchange import Exchange
from cachetools_core.rehearsal.services import EXTENTS
from cachetools_core.rehearsal.strikes.kinds import Amendment, Strike, instead, json_body, on_json, page, processed_but

# As in the example of the issue; nothing of the rehearsal listens there.
_OTHER_PORT = 44307
_OWN_SITE = "https://gisserver.example.com:6443/arcgis"
_LEVEL = {"levelID": 0, "scale": 1000.0, "tileCount": 21, "tilesSize": 4000}
_LISTS_IN_32_MB = 8_000_000
_DEPTH = 100_000


def _report(change: Callable[[dict[str, Any]], object]) -> Amendment:
    """Changes the report's value, unless the report was refused."""

    def amend(_: Exchange, body: Any) -> Any:
        if isinstance(body, dict) and body.get("results"):
            told = body["results"][0]["value"]
            value = json.loads(told) if isinstance(told, str) else told
            changed = change(value)
            body["results"][0]["value"] = json.dumps(changed) if isinstance(told, str) else changed
        return body

    return on_json(amend)


def _exists(*levels: dict[str, Any]) -> Amendment:
    return _report(lambda value: {**_head(value), "status": "EXISTS", "lodInfos": list(levels)})


def _head(value: dict[str, Any]) -> dict[str, Any]:
    return {"name": value["name"], "type": value["type"]}


def _counts_as_text(value: dict[str, Any]) -> dict[str, Any]:
    counts = ("percent", "expectedTileCount", "tileCount", "tilesSize")
    levels = [{name: str(one) if name in counts else one for name, one in level.items()} for level in value["lodInfos"]]
    return {**value, "lodInfos": levels}


def _service(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Amendment:
    """Changes the service's own JSON, and nothing below it."""
    return on_json(lambda _, body: change(body) if isinstance(body, dict) and "singleFusedMapCache" in body else body)


def _uncached(body: dict[str, Any]) -> dict[str, Any]:
    cached_only = ("tileInfo", "storageInfo", "minLOD", "maxLOD", "cacheType")
    return {**{name: one for name, one in body.items() if name not in cached_only}, "singleFusedMapCache": False}


def _without_numbers(body: dict[str, Any]) -> dict[str, Any]:
    nothing = float("nan")
    corners = dict.fromkeys(("xmin", "ymin", "xmax", "ymax"), nothing)
    return {name: {**one, **corners} if name in EXTENTS else one for name, one in body.items()}


def _tilemap(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Amendment:
    return on_json(lambda _, body: {**body, **change(body)} if isinstance(body, dict) and "data" in body else body)


def _no_tiles(body: dict[str, Any]) -> list[int]:
    return [0] * len(body["data"])


def _says_cached(exchange: Exchange, body: Any) -> Any:
    if isinstance(body, dict) and "properties" in body:
        body["properties"] = {**body["properties"], "isCached": "true"}
    return body


def _job_list(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Amendment:
    def amend(_: Exchange, body: Any) -> Any:
        if isinstance(body, dict) and "results" in body:
            body["results"] = change(body["results"])
        return body

    return on_json(amend)


def _respelled(exchange: Exchange, body: Any) -> Any:
    if isinstance(body, dict) and body.get("paramName") == "service_url":
        path, _, kind = str(body["value"]).partition(":")
        body["value"] = f"{exchange.request.site}/rest/services/{path}/{kind}"
    return body


def _last_two(_: Exchange, body: Any) -> Any:
    if isinstance(body, dict) and "messages" in body:
        body["messages"] = body["messages"][-2:]
    return body


def _padded(padding: Callable[[], bytes]) -> Amendment:
    def amend(_: Exchange, answer: Answer) -> Answer:
        if answer.body.startswith(b"{") and answer.body.endswith(b"}"):
            answer.body = answer.body[:-1] + b',"padding":' + padding() + b"}"
        return answer

    return amend


def _owner(change: Callable[[Exchange], dict[str, str]]) -> Amendment:
    """Other words about who gives tokens: `owner`, `tokens`."""

    def amend(exchange: Exchange, body: Any) -> Any:
        if isinstance(body, dict) and "authInfo" in body:
            words = change(exchange)
            body["owningSystemUrl"] = words["owner"]
            if "tokens" in words:
                body["authInfo"] = {
                    **body["authInfo"],
                    "isTokenBasedSecurity": True,
                    "tokenServicesUrl": words["tokens"],
                }
        return body

    return on_json(amend)


def _portal(exchange: Exchange) -> str:
    return f"{exchange.request.root}/portal"


def _other_port(exchange: Exchange) -> dict[str, str]:
    parts = urlsplit(exchange.request.root)
    mallory = f"{parts.scheme}://{parts.hostname}:{_OTHER_PORT}/mallory/rest/services/sharing"
    return {"owner": _portal(exchange), "tokens": mallory}


def _other_path(exchange: Exchange) -> dict[str, str]:
    return {"owner": _portal(exchange), "tokens": f"{exchange.request.root}/mallory/rest/services/sharing"}


def _same_token(exchange: Exchange, body: Any) -> Any:
    if isinstance(body, dict) and "token" in body:
        body["token"] = exchange.request.form.get("token", "")
    return body


def _error(code: int, text: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": text, "details": []}}


BODY_AMENDMENTS: dict[str, Amendment] = {
    "report-exists-as-text": _exists({**_LEVEL, "tileCount": "21"}),
    "report-exists-without-levels": _report(lambda value: {**_head(value), "status": "EXISTS"}),
    "report-level-unreadable": _exists(_LEVEL, {**_LEVEL, "levelID": 1, "scale": 500.0, "tileCount": None}),
    "report-names-another-service": _report(lambda value: {**value, "name": "Snowfall"}),
    "report-failed": _report(lambda value: {**_head(value), "status": "FAILED", "lodInfos": []}),
    "report-nameless-none": _report(lambda _: {"status": "NONE"}),
    "report-error-500": lambda _, answer: as_json(_error(500, "Error executing tool."), "json"),
    "counts-as-text": _report(_counts_as_text),
    "service-says-uncached": _service(_uncached),
    "service-says-cached": _service(lambda body: {**body, "singleFusedMapCache": True}),
    "service-body-bare": _service(lambda _: {"capabilities": "Map"}),
    "service-flag-as-text": _service(
        lambda body: {**body, "singleFusedMapCache": json.dumps(body["singleFusedMapCache"])}
    ),
    "tiles-only-with-blank": _service(lambda body: {**body, "capabilities": "Map, TilesOnly"}),
    "tiles-only-list": _service(lambda body: {**body, "capabilities": ["Map", "TilesOnly"]}),
    "nan-extent": _service(_without_numbers),
    "tilemap-adjusted": _tilemap(lambda body: {"adjusted": True, "data": _no_tiles(body)}),
    "tilemap-no-list": _tilemap(lambda body: {"data": "0" * len(body["data"])}),
    "tilemap-other-size": _tilemap(lambda body: {"data": [0, 0, *_no_tiles(body)]}),
    "tilemap-other-place": _tilemap(
        lambda body: {"location": {**body["location"], "top": body["location"]["top"] + 1}, "data": _no_tiles(body)}
    ),
    "tilemap-odd-bits": _tilemap(lambda body: {"data": [None] * len(body["data"])}),
    "admin-says-cached": on_json(_says_cached),
    "job-list-cut": _job_list(lambda jobs: jobs[:-1]),
    "job-list-respelled": _job_list(
        lambda jobs: [{**job, "url": job["url"].replace("/DeleteCache/", "/Delete%20Cache/")} for job in jobs]
    ),
    "job-list-names-own-host": _job_list(
        lambda jobs: [{**job, "url": f"{_OWN_SITE}/rest/{job['url'].partition('/rest/')[2]}"} for job in jobs]
    ),
    "job-list-nameless": _job_list(
        lambda jobs: [{name: one for name, one in job.items() if name != "username"} for job in jobs]
    ),
    "job-input-respelled": on_json(_respelled),
    "job-messages-roll": on_json(_last_two),
    "huge-answer": _padded(lambda: b"[" + b"[0]," * _LISTS_IN_32_MB + b"[0]]"),
    "deep-answer": _padded(lambda: b"[" * _DEPTH + b"]" * _DEPTH),
    "owner-other-port": _owner(_other_port),
    "owner-other-path": _owner(_other_path),
    "owner-is-site": _owner(lambda exchange: {"owner": exchange.request.site}),
    "owner-with-command": _owner(lambda _: {"owner": "https://portal.example$(touch pwned)"}),
    "owner-with-quotes": _owner(lambda _: {"owner": 'https://portal.example" & touch pwned & "'}),
    "exchange-returns-same-token": on_json(_same_token),
}

BODY_ANSWERS: dict[str, Strike] = {
    "submit-error-408": processed_but(json_body(_error(408, "Request timed out."))),
    "submit-error-409": processed_but(json_body(_error(409, "Conflict."))),
    "submit-error-425": processed_but(json_body(_error(425, "Too early."))),
    "submit-error-429": processed_but(json_body(_error(429, "Too many requests."))),
    "http-403-after": processed_but(page(403, "Forbidden")),
    "http-499-after": processed_but(page(499, "Client Closed Request")),
    "token-odd-body": instead(json_body({"token": None})),
    "account-locked-500": instead(json_body(_error(500, "Account locked out"))),
}
