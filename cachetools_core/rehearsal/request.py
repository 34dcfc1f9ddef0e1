"""One HTTP request as the server saw it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, unquote, urlsplit

from tornado.httputil import HTTPServerRequest, parse_body_arguments

from cachetools_core.rehearsal.accounts import Account


@dataclass
class Request:
    """A request with the beginning of the answer that it got; pictures are not kept.

    `url` is as the client sent it, query included; `path` its path; `context` the path's first segment
    ("arcgis"), empty for a site at the root of its host;
    `resource` the rest of the path, decoded, with runs of slashes and the trailing slash taken out, since clients
    send all of these (clients.md 0). `headers` have lower-case names. `root` is scheme and host as the client knows
    them: a proxy's X-Forwarded-Host and X-Forwarded-Proto count, and a `web_context_url` over all. `step` is the
    request's name in the table of faults, `fault` the one that struck here.
    """

    number: int
    method: str
    url: str
    path: str
    context: str
    resource: str
    headers: dict[str, str]
    query: dict[str, str]
    form: dict[str, str]
    body: bytes
    peer: str
    root: str
    web_context_url: str = ""
    received: float = field(default_factory=time.time)
    step: str = ""
    fault: str = ""
    account: Account | None = None
    status: int | None = None
    answer: bytes = b""

    @property
    def site(self) -> str:
        """The site's URL as the client knows it."""
        return self.web_context_url or f"{self.root}/{self.context}".rstrip("/")

    def parameter(self, name: str, default: str = "") -> str:
        """A form field, or else a query parameter; an empty one counts as absent."""
        return self.form.get(name) or self.query.get(name) or default

    @property
    def token(self) -> str:
        """The token that it carries, by any of the carriers of clients.md 1: form, query, two headers, the cookie."""
        for place in (self.form, self.query):
            if "token" in place:
                return place["token"]
        for header in ("x-esri-authorization", "authorization"):
            scheme, _, text = self.headers.get(header, "").partition(" ")
            if scheme.lower() == "bearer":
                return text.strip()
        cookie = SimpleCookie(self.headers.get("cookie", "")).get("agstoken")
        return cookie.value if cookie else ""

    @property
    def format(self) -> str:
        """What `f` asks for; ArcGIS Server's default is html."""
        return self.parameter("f", "html").lower()


def read_request(number: int, raw: HTTPServerRequest, root_context: bool = False, web_context_url: str = "") -> Request:
    """The request that tornado has received. With `root_context` the site lies at the root of the host, and only
    /portal is a context. `web_context_url` is the site's property WebContextURL, which the documentation has
    administrators set where a reverse proxy gives the site another context."""
    headers = {name.lower(): value for name, value in raw.headers.get_all()}
    parts = urlsplit(raw.uri or "/")
    segments = [unquote(segment) for segment in parts.path.split("/") if segment]
    if root_context and segments[:1] != ["portal"]:
        segments = ["", *segments]
    context_url = urlsplit(web_context_url)
    scheme = context_url.scheme or _first(headers.get("x-forwarded-proto", "")) or raw.protocol
    host = context_url.netloc or _first(headers.get("x-forwarded-host", "")) or raw.host
    fields: dict[str, list[bytes]] = {}
    if raw.body:
        parse_body_arguments(headers.get("content-type", ""), raw.body, fields, {}, raw.headers)
    return Request(
        number=number,
        method=raw.method or "GET",
        url=f"{raw.protocol}://{raw.host}{raw.uri}",
        path=parts.path,
        context=segments[0] if segments else "",
        resource="/".join(segments[1:]),
        headers=headers,
        query=dict(parse_qsl(parts.query, keep_blank_values=True)),
        form={name: values[-1].decode("utf-8", "replace") for name, values in fields.items() if values},
        body=raw.body,
        peer=raw.remote_ip or "",
        root=f"{scheme}://{host}",
        web_context_url=web_context_url,
    )


def _first(value: str) -> str:
    return value.split(",")[0].strip()
