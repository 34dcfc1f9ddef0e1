"""Answers as ArcGIS Server shapes them: JSON or HTML, errors inside an HTTP 200 (protocol.md 2.7 and 6)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from typing import Any

HTML = "text/html;charset=utf-8"
TEXT = "text/plain;charset=utf-8"


@dataclass
class Answer:
    """An HTTP answer."""

    body: bytes
    content_type: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):
    """A request that gets an error object: REST shape under /rest, /tokens and /sharing, admin shape under /admin."""

    def __init__(self, code: int, message: str, *details: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = list(details)

    def rest(self) -> dict[str, Any]:
        """`{"error": {...}}`, capture_server_err_499_token_required.json."""
        return {"error": {"code": self.code, "message": self.message, "details": self.details}}

    def admin(self) -> dict[str, Any]:
        """`{"status": "error", ...}`, doc_admin_err_499_token_not_found.json."""
        return {"status": "error", "messages": [self.message, *self.details], "code": self.code}


def not_found(service: str) -> Refused:
    """A service that does not exist; the trailing blank is real (capture_err_404_service_not_found.json)."""
    return Refused(404, f"Service {service} not found ")


def not_started(service: str) -> Refused:
    """A stopped service; the trailing blank is real (capture_err_500_service_not_started.json)."""
    return Refused(500, f"Service {service} not started ")


def unable(*details: str) -> Refused:
    """The documented family of refused operations (protocol.md 3.5 and 4.6)."""
    return Refused(400, "Unable to complete operation.", *details)


def as_json(content: Any, wanted: str) -> Answer:
    """The content as `f=json` or `f=pjson`. ArcGIS Server labels JSON as plain text (protocol.md 8)."""
    if wanted == "pjson":
        return Answer(json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8"), TEXT)
    return Answer(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8"), TEXT)


def as_page(title: str, text: str, status: int = 200) -> Answer:
    """An HTML page, as a browser, a proxy or a client that forgot `f=json` gets it."""
    page = f"<html><head><title>{escape(title)}</title></head><body><h2>{escape(title)}</h2>{text}</body></html>"
    return Answer(page.encode("utf-8"), HTML, status)


def as_directory_page(title: str, content: Any) -> Answer:
    """The Services Directory's page of a resource (its looks are invented)."""
    return as_page(title, f"<pre>{escape(json.dumps(content, ensure_ascii=False, indent=1))}</pre>")


def login_page() -> Answer:
    """What a request without `f=json` gets instead of an authorisation error (protocol.md 2.7)."""
    return as_page("ArcGIS Server - Sign in", "<form method='post'>User <input name='username'></form>")
