"""What an answer of a REST address amounts to: its JSON object, or an error that says who refused what.

Pure: an HTTP status, headers and a body go in; nothing is sent, and nobody is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from ..errors import NotArcGIS, NotPermitted, RefusalShape, ServerSaysNo, TokenRefused
from ..messages import plain_words
from .body import Body, in_small_letters, object_in
from .moved import needs_tls, past_the_gate, redirected

MOST_WORDS = 20
# What an error object of ArcGIS Server itself comes with.
OF_ARCGIS = (200, 400, 401, 403, 404, 498, 499)
# PNG, JPEG, and the two forms of LERC, in which tiles of elevation are sent.
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"Lerc2 ", b"CntZImage ")
# What Tomcat (ArcGIS Server's own), nginx, Apache and servers in Go answer to plain HTTP on a TLS port.
NEEDS_TLS = re.compile(
    rb"requires TLS|sent to (?:an )?HTTPS (?:port|server)|request to an HTTPS server|plain HTTP to an SSL-enabled",
    re.IGNORECASE,
)


def read_answer(where: str, url: str, status: int, headers: Mapping[str, str], body: bytes) -> Body:
    """The JSON object in an answer from an address; `where` is the request in words, such as `GET https://...`.

    Raises Moved for a redirect and where the address needs https, ServerSaysNo and its kinds for an error object,
    NotArcGIS for anything else.
    """
    if 300 <= status < 400 and "Location" in headers:
        raise redirected(where, url, headers["Location"])
    if status in (400, 497) and url.lower().startswith("http://") and NEEDS_TLS.search(body):
        raise needs_tls(where, url)
    content = object_in(body)
    if content is not None:
        _refuse_error_objects(where, status, content)
    if content is None or status != 200:  # with 203 or 206 it is a proxy that speaks, or a part of an answer
        _not_arcgis(where, status, headers, body)
    return content


def read_picture(where: str, url: str, status: int, headers: Mapping[str, str], body: bytes) -> bytes | None:
    """The picture in an answer; None where the server says 404, or that the picture is a blank one (cache-format.md 8).

    Raises what `read_answer` raises for everything else.
    """
    if status == 200 and body.startswith(PICTURES):
        return None if headers.get("blank-tile", "").lower() == "true" else body
    if status == 404 and object_in(body) is None:
        return None
    try:
        read_answer(where, url, status, headers, body)
    except ServerSaysNo as error:
        if error.code == 404:
            return None
        raise
    raise NotArcGIS(f"{where} returned no image.", status=status)


def _refuse_error_objects(where: str, status: int, content: Body) -> None:
    """Raises what an error object in the body says; ArcGIS sends these with HTTP status 200.

    Some front ends make a 401 or 403 of that (protocol.md 2.7). With any other status, such as 408 or 503, or beside
    anything else, such as a job, it isn't ArcGIS Server's own refusal.

    Three shapes are known: `{"error": {code, message, details}}` (REST, tokens, portal; captured),
    `{"status": "error", "messages": [...], "code": n}` (administrator API; documented), and a bare
    `{"code": 400 or more, "message": ...}` or `{"status": "failed", "statusMessage": ...}` (arcgis-rest-js's checks),
    or `{"success": false}`.
    """
    error = in_small_letters(content).get("error")
    if error is not None:
        fields = error if isinstance(error, dict) else {"message": error}
        is_own = status in OF_ARCGIS and [*content] == ["error"] and _code(fields.get("code"))
        shape: RefusalShape = "rest" if is_own else "other"
        _server_said_no(where, shape, fields.get("code"), [fields.get("message"), *_as_list(fields.get("details"))])
    said = content.get("status")
    if said == "error":
        _server_said_no(where, "admin", content.get("code"), _as_list(content.get("messages")))
    if said in ("failed", "failure") or content.get("success") is False:
        _server_said_no(where, "other", content.get("code"), [content.get("statusMessage"), content.get("message")])
    code = content.get("code")
    if _code(code) >= 400 and "message" in content:
        _server_said_no(where, "other", code, [content["message"]])


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _code(value: Any) -> int:
    return int(value) if isinstance(value, (int, float, str)) and str(value).isdecimal() and len(str(value)) < 9 else 0


def _server_said_no(where: str, shape: RefusalShape, code: Any, said: list[Any]) -> NoReturn:
    number = _code(code)
    parts = dict.fromkeys(plain_words(part) for part in said[:MOST_WORDS] if part)
    words = plain_words("; ".join(part for part in parts if part)) or "no words"
    kind = {498: TokenRefused, 499: TokenRefused, 401: TokenRefused, 403: NotPermitted}.get(number, ServerSaysNo)
    told = f"code {number}" if number else "no code"
    raise kind(f"{where}: the server says '{words}' ({told}).", code=number, server_words=words, shape=shape)


def _not_arcgis(where: str, status: int, headers: Mapping[str, str], body: bytes) -> NoReturn:
    challenge = headers.get("WWW-Authenticate", "")
    past = past_the_gate()
    if status == 401:
        raise NotArcGIS(
            f"{where}: the web server in front wants its own sign-in ({plain_words(challenge) or 'HTTP 401'}).",
            f"{past} Sign in there with an account of the site.",
            status=status,
            challenge=bool(challenge),
        )
    if status == 200 and body.lstrip()[:1] == b"<":
        raise NotArcGIS(
            f"{where} was answered with a web page, perhaps a sign-in page.",
            f"Check the address. {past}",
            status=status,
        )
    if status == 200:
        raise NotArcGIS(f"{where} was answered with no readable JSON.", status=status, passing=True)
    raise NotArcGIS(
        f"{where} was answered with HTTP {status}, not by ArcGIS Server but by something in front of it.",
        "Check the address; upper and lower case count in its path, as in /arcgis and /ArcGIS."
        if status == 404
        else "",
        status=status,
        passing=status in (408, 429) or status >= 500,
        busy_for=_seconds(headers.get("Retry-After", "")),
    )


def _seconds(text: str) -> float | None:
    return float(text) if text.isdecimal() and len(text) < 9 else None
