"""What an answer of a REST address amounts to: its JSON object, or an error that says who refused what.

Pure: an HTTP status, headers and a body go in; nothing is sent, and nobody is asked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from ..errors import Moved, NotArcGIS, NotPermitted, RefusalShape, ServerSaysNo, TokenRefused
from ..messages import plain_words
from ..naming.address import safe_text

Body = dict[str, Any]

MOST_WORDS = 20


def read_answer(where: str, status: int, headers: Mapping[str, str], body: bytes) -> Body:
    """The JSON object in an answer; `where` is the request in words, such as `GET https://...`.

    Raises Moved for a redirect, ServerSaysNo and its kinds for an error object, NotArcGIS for anything else.
    """
    if 300 <= status < 400:
        _moved(where, headers.get("Location", ""))
    content = _json_object(body)
    if content is not None:
        _refuse_error_objects(where, content)
    if content is None or status >= 400:
        _not_arcgis(where, status, headers, body)
    return content


def _json_object(body: bytes) -> Body | None:
    """The JSON object that the bytes hold, a byte order mark put aside; None where they hold none."""
    try:
        content = json.loads(
            body.decode("utf-8-sig"),
            parse_int=_whole_number,
            parse_constant=_no_number,
            object_pairs_hook=_unambiguous,
        )
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _whole_number(digits: str) -> int | float:
    return int(digits) if len(digits) < 30 else float(digits)


def _unambiguous(pairs: list[tuple[str, Any]]) -> Body:
    fields = dict(pairs)
    if len(fields) != len(pairs) and any(fields[name] != value for name, value in pairs):
        raise ValueError("a name stands for two values")
    return fields


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


def _refuse_error_objects(where: str, content: Body) -> None:
    """Raises what an error object in the body says; ArcGIS sends these with HTTP status 200.

    Three shapes are known: `{"error": {code, message, details}}` (REST, tokens, portal; captured),
    `{"status": "error", "messages": [...], "code": n}` (administrator API; documented), and a bare
    `{"code": 400 or more, "message": ...}` or `{"status": "failed", "statusMessage": ...}` (arcgis-rest-js's checks).
    """
    error = content.get("error")
    if error is not None:
        fields = error if isinstance(error, dict) else {"message": error}
        shape: RefusalShape = "rest" if _code(fields.get("code")) else "other"
        _server_said_no(where, shape, fields.get("code"), [fields.get("message"), *_as_list(fields.get("details"))])
    status = content.get("status")
    if status == "error":
        _server_said_no(where, "admin", content.get("code"), _as_list(content.get("messages")))
    if status in ("failed", "failure"):
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
    raise kind(f"{where}: the server says '{words}' (code {number}).", code=number, server_words=words, shape=shape)


def _moved(where: str, location: str) -> NoReturn:
    raise Moved(
        f"{where} is answered from another address, {safe_text(plain_words(location)) or 'which it does not name'}."
        " Redirects aren't followed, so that no password or token goes to an address that you didn't name.",
        "If that address is right, give it instead.",
    )


def _not_arcgis(where: str, status: int, headers: Mapping[str, str], body: bytes) -> NoReturn:
    challenge = headers.get("WWW-Authenticate", "")
    if status == 401:
        raise NotArcGIS(
            f"{where}: the web server in front wants its own sign-in ({plain_words(challenge) or 'HTTP 401'}).",
            "With web-tier authentication use the server's own address, such as https://gisserver:6443/arcgis, and an"
            " account of the site.",
            status=status,
            challenge=bool(challenge),
        )
    if status == 200:
        kind = "a web page, perhaps a sign-in page" if body.lstrip()[:1] == b"<" else "no readable JSON"
        raise NotArcGIS(f"{where} was answered with {kind}.", status=status, passing=body.lstrip()[:1] != b"<")
    passing = status in (408, 429) or status >= 500
    raise NotArcGIS(
        f"{where} was answered with HTTP {status}, not by ArcGIS Server but by something in front of it.",
        status=status,
        passing=passing,
        busy_for=_seconds(headers.get("Retry-After", "")),
    )


def _seconds(text: str) -> float | None:
    return float(text) if text.isdecimal() and len(text) < 9 else None
