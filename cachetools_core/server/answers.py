"""What an answer of a REST address amounts to: its JSON object, or an error that says who refused what.

Pure: an HTTP status, headers and a body go in; nothing is sent, and nobody is asked.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn
from urllib.parse import urljoin, urlsplit

from ..errors import Moved, NotArcGIS, NotAService, NotPermitted, RefusalShape, ServerSaysNo, TokenRefused
from ..messages import plain_words
from ..naming.address import site_of
from ..naming.identity import same_host
from ..naming.service import OWN_SITE, ServiceReference

Body = dict[str, Any]

MOST_WORDS, MOST_TEXTS = 20, 100
# `1.#QNAN`, `-nan(ind)`, `inf`, `\u221e`: what the C libraries of Windows and others, and Java, print (inferred).
ODD_NUMBER = re.compile(
    r"(?<=[:,\[\s])[-+]?(?:\d[.,]#[a-z]+\d*|nan(?:\(\w*\))?|inf(?:inity)?|undefined|[\u221e\ufffd])(?=\s*[,\]}])",
    re.IGNORECASE,
)
# What an error object of ArcGIS Server itself comes with.
OF_ARCGIS = (200, 400, 401, 403, 404, 498, 499)
# PNG, JPEG, and the two forms of LERC, in which tiles of elevation are sent.
PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"Lerc2 ", b"CntZImage ")
# What names a resource within a site; before it stands the site's own address.
WITHIN_A_SITE = re.compile("/(?:rest|admin)/.*", re.IGNORECASE)
# What Tomcat (ArcGIS Server's own), nginx, Apache and servers in Go answer to plain HTTP on a TLS port.
NEEDS_TLS = re.compile(
    rb"requires TLS|sent to (?:an )?HTTPS (?:port|server)|request to an HTTPS server|plain HTTP to an SSL-enabled",
    re.IGNORECASE,
)
OWN_SERVICE = ServiceReference(OWN_SITE, "Folder", "Name", "MapServer")


def read_answer(where: str, url: str, status: int, headers: Mapping[str, str], body: bytes) -> Body:
    """The JSON object in an answer from an address; `where` is the request in words, such as `GET https://...`.

    Raises Moved for a redirect and where the address needs https, ServerSaysNo and its kinds for an error object,
    NotArcGIS for anything else.
    """
    if 300 <= status < 400 and "Location" in headers:
        _moved(where, url, headers["Location"])
    if status in (400, 497) and url.lower().startswith("http://") and NEEDS_TLS.search(body):
        _needs_tls(where, url)
    content = _json_in(body)
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
    if status == 404 and _json_in(body) is None:
        return None
    try:
        read_answer(where, url, status, headers, body)
    except ServerSaysNo as error:
        if error.code == 404:
            return None
        raise
    raise NotArcGIS(f"{where} returned no image.", status=status)


def _json_in(body: bytes) -> Body | None:
    """The JSON object that the bytes hold, a byte order mark put aside; None where they hold none."""
    try:
        return json_object(body.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return None


def json_object(text: str) -> Body | None:
    """The JSON object that a text holds, also one within an answer; None where it holds none, or an ambiguous one.

    Some servers write what no standard allows: controls in texts, and numbers as C prints those that are none.
    """
    content = _parsed(text)
    return _parsed(ODD_NUMBER.sub("null", text)) if content is None else content


def _parsed(text: str) -> Body | None:
    try:
        content = json.loads(
            text,
            strict=False,
            parse_int=_whole_number,
            parse_float=_finite,
            parse_constant=_no_number,
            object_pairs_hook=_unambiguous,
        )
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def in_small_letters(fields: Any) -> Body:
    """The fields of an object, their names in small letters; none of anything else."""
    return {name.lower(): value for name, value in fields.items()} if isinstance(fields, dict) else {}


def fields_in(value: Any) -> Iterator[tuple[str, Any]]:
    """Every field at any depth, its name in small letters; of a few texts that hold JSON themselves, too."""
    waiting, opened = [value], 0
    while waiting:
        one = waiting.pop()
        if isinstance(one, str) and one.lstrip()[:1] in ("{", "[") and opened < MOST_TEXTS:
            opened += 1
            one = (json_object(f'{{"text": {one}}}') or {}).get("text")
        if isinstance(one, dict):
            yield from in_small_letters(one).items()
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def _whole_number(digits: str) -> int | float | None:
    return int(digits) if len(digits) < 30 else _finite(digits)


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _no_number(name: str) -> None:
    """NaN and Infinity, which servers were seen to write into an extent: no JSON, and no number either."""


def _unambiguous(pairs: list[tuple[str, Any]]) -> Body:
    """Names that differ in letter case only count as one, since nobody can say which of them is meant."""
    values = {name.lower(): value for name, value in pairs}
    if len(values) != len(pairs) and any(values[name.lower()] != value for name, value in pairs):
        raise ValueError("a name stands for two values")
    return dict(pairs)


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


def _moved(where: str, url: str, location: str) -> NoReturn:
    unfollowed = "Redirects aren't followed, so that no password or token goes to an address that you didn't name."
    site = _site_there(url, location)
    if not site:
        raise Moved(
            f"{where} is redirected to a page that isn't part of ArcGIS Server: a sign-in page or another gateway"
            f" is in front of it. {unfollowed}",
            _past_the_gate(OWN_SERVICE),
        )
    if url.lower().startswith("https://") and not site.startswith("https://"):
        raise Moved(
            f"{where} is redirected to plain http, which would send a password or token unencrypted. {unfollowed}",
            _past_the_gate(OWN_SERVICE),
        )
    raise Moved(
        f"{where} is answered from another address: the site is at {site}. {unfollowed}",
        "If that is right, give the service's address there.",
        site=site,
    )


def _needs_tls(where: str, url: str) -> NoReturn:
    raise Moved(
        f"{where}: this port speaks TLS, so the address must begin with https.",
        "Give the service's https address.",
        site=_site_there(url, "https" + url[len("http") :]),
    )


def _past_the_gate(service: ServiceReference) -> str:
    return f"Use the server's own address instead, usually on port 6443, such as {service.url}."


def _site_there(asked: str, location: str) -> str:
    """The site that a redirect leads to, where the same resource of a site is asked there; empty for any other page."""
    try:
        there = urljoin(asked, location)
        within, path = WITHIN_A_SITE.search(urlsplit(asked).path), urlsplit(there).path.rstrip("/")
        if not within or not path.lower().endswith(within.group().lower()):
            return ""
        site = site_of(there, path[: -len(within.group())].count("/"))
        return "" if site == site_of(asked, urlsplit(asked).path[: within.start()].count("/")) else site
    except (NotAService, ValueError):
        return ""


def moved_service(moved: Moved, service: ServiceReference) -> Moved:
    """The same error with the service's own address in its remedy, one that can be given as it stands."""
    if not moved.site:
        return Moved(moved.what, _past_the_gate(service._replace(site=OWN_SITE)))
    there = service._replace(site=moved.site)
    if same_host(there.site, service.site):
        return Moved(moved.what, f"Give {there.url} instead.", site=moved.site)
    return Moved(moved.what, f"If you know that address to be right, give {there.url} instead.", site=moved.site)


def _not_arcgis(where: str, status: int, headers: Mapping[str, str], body: bytes) -> NoReturn:
    challenge = headers.get("WWW-Authenticate", "")
    past_the_gate = _past_the_gate(OWN_SERVICE)
    if status == 401:
        raise NotArcGIS(
            f"{where}: the web server in front wants its own sign-in ({plain_words(challenge) or 'HTTP 401'}).",
            f"{past_the_gate} Sign in there with an account of the site.",
            status=status,
            challenge=bool(challenge),
        )
    if status == 200 and body.lstrip()[:1] == b"<":
        raise NotArcGIS(
            f"{where} was answered with a web page, perhaps a sign-in page.",
            f"Check the address. {past_the_gate}",
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
