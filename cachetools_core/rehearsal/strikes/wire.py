"""Strikes at the connection, and the answers of what stands before a site (catalogue: faults/wire.py)."""

from __future__ import annotations

from cachetools_core.rehearsal.answers import login_page
from cachetools_core.rehearsal.exchange import Exchange
from cachetools_core.rehearsal.strikes.kinds import (
    Strike,
    changed,
    instead,
    json_body,
    page,
    processed_but,
    redirect,
    refused,
)


async def _refuse(exchange: Exchange) -> None:
    exchange.wire.stop_listening()
    exchange.wire.reset()


async def _reset_before(exchange: Exchange) -> None:
    exchange.wire.reset()


async def _reset_during(exchange: Exchange) -> None:
    await exchange.wire.send_half(exchange.process())
    exchange.wire.reset()


async def _reset_after(exchange: Exchange) -> None:
    exchange.process()
    exchange.wire.reset()


async def _black_hole_before(exchange: Exchange) -> None:
    await exchange.wire.hold()


async def _black_hole_during(exchange: Exchange) -> None:
    await exchange.wire.send_half(exchange.process())
    await exchange.wire.hold()


async def _black_hole_after(exchange: Exchange) -> None:
    exchange.process()
    await exchange.wire.hold()


async def _drip(exchange: Exchange) -> None:
    await exchange.wire.send_slowly(exchange.process(), pause=0.2)


async def _endless(exchange: Exchange) -> None:
    exchange.process()
    await exchange.wire.send_endlessly(b'{"currentVersion":10.81,"description":"', b"rain " * 13107)


def _to_https(exchange: Exchange) -> str:
    request = exchange.request
    return f"https://{request.root.partition('://')[2]}{request.path}"


def _to_https_info(exchange: Exchange) -> str:
    site = exchange.request.site.partition("://")[2]
    return f"https://{site}/rest/info?f=json"


_UNAVAILABLE = "Could not access any server machines. Please contact your system administrator."

WIRE: dict[str, Strike] = {
    "refuse": _refuse,
    "reset-before": _reset_before,
    "reset-during": _reset_during,
    "reset-after": _reset_after,
    "blackhole-before": _black_hole_before,
    "blackhole-during": _black_hole_during,
    "blackhole-after": _black_hole_after,
    "drip": _drip,
    "endless-body": _endless,
    "truncated-json": changed(lambda body: body[: len(body) // 2]),
    "empty-body": changed(lambda _: b""),
    "not-json": changed(lambda _: b"Service is busy."),
    "bom": changed(lambda body: b"\xef\xbb\xbf" + body),
    "html-login": instead(lambda _: login_page()),
    "negotiate-401": instead(page(401, "Unauthorized", {"WWW-Authenticate": "Negotiate"})),
    "basic-401": instead(page(401, "Unauthorized", {"WWW-Authenticate": "Basic realm=x"})),
    "http-403": instead(page(403, "Forbidden")),
    "http-404": instead(page(404, "Not Found")),
    "http-429": instead(page(429, "Too Many Requests", {"Retry-After": "1"})),
    "http-500": instead(page(500, _UNAVAILABLE)),
    "http-502": instead(page(502, "Bad Gateway")),
    "http-503": instead(page(503, "Service Unavailable")),
    "http-504": instead(page(504, "Gateway Time-out")),
    "http-502-after": processed_but(page(502, "Bad Gateway")),
    "http-504-after": processed_but(page(504, "Gateway Time-out")),
    "json-500": instead(json_body({"error": {"code": 500, "message": "Error performing operation", "details": []}})),
    "json-status-error": instead(
        json_body({"status": "error", "messages": ["Server machine is not available."], "code": 500})
    ),
    "json-code-400": instead(json_body({"code": 400, "message": "Invalid or missing input parameters", "details": []})),
    "json-status-failed": instead(json_body({"status": "failed", "statusMessage": "The operation failed."})),
    "redirect-https": redirect(_to_https),
    "redirect-other-host": redirect(lambda exchange: f"https://gis.invalid{exchange.request.path}"),
    "redirect-loop": redirect(lambda exchange: f"{exchange.request.root}{exchange.request.path}"),
    # The three of cases/redirects.http.
    "redirect-https-info": redirect(_to_https_info, 301),
    "redirect-single-sign-on": redirect(
        lambda _: "https://login.example.com/0000/oauth2/authorize?response_type=code&client_id=x"
    ),
    "redirect-gateway": redirect(lambda _: "/my.policy"),
    "token-498": instead(refused(498, "Invalid Token")),
    "token-499": instead(refused(499, "Token Required")),
    "access-denied": instead(
        refused(403, "You do not have permissions to access this resource or perform this operation.")
    ),
}
