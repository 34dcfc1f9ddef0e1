"""Faults of the wire and of what stands before a site: another answer, a broken one or none."""

from __future__ import annotations

from cachetools_core.rehearsal.faults.fault import ANYWHERE, CHECKED_STEPS, Fault, Kind

_EVERYWHERE = [
    ("refuse", "The server stops listening: this connection is reset, new ones are refused.", "common"),
    ("reset-before", "The connection is reset before the request is processed.", "common"),
    ("reset-during", "The request is processed; the connection is reset half way through the body.", "common"),
    ("reset-after", "The request is processed; the connection is reset before any answer.", "common"),
    ("blackhole-before", "The request is not processed and never answered.", "common"),
    ("blackhole-during", "The request is processed; the answer stops half way for ever.", "common"),
    ("blackhole-after", "The request is processed and never answered.", "common"),
    ("drip", "The answer comes a byte every 0.2 seconds.", "common"),
    ("endless-body", "The answer's body never ends.", "invented"),
    ("truncated-json", "The answer's JSON is cut in the middle.", "common"),
    ("empty-body", "The answer's body is empty.", "common"),
    ("not-json", "The answer is plain text.", "common"),
    ("bom", "The answer begins with a UTF-8 byte order mark, and is right.", "inferred"),
    ("html-login", "A sign-on proxy's page comes with HTTP 200.", "common"),
    ("negotiate-401", "The web tier asks for Windows sign-in with HTTP 401.", "common"),
    ("basic-401", "The web tier asks for user and password with HTTP 401.", "invented"),
    ("http-403", "The web tier forbids the address with an HTML page.", "common"),
    ("http-404", "The web tier doesn't know the address and sends an HTML page.", "common"),
    ("http-429", "The web tier asks for patience: HTTP 429 with Retry-After: 1.", "common"),
    ("http-500", "The web adaptor reaches no server machine: HTTP 500 with HTML.", "common"),
    ("http-502", "A proxy sends HTTP 502 with HTML.", "common"),
    ("http-503", "A proxy sends HTTP 503 with HTML.", "common"),
    ("http-504", "A proxy sends HTTP 504 with HTML; the request never came through.", "common"),
    ("http-502-after", "The request is processed; a proxy then sends HTTP 502.", "common"),
    ("http-504-after", "The request is processed; a proxy then sends HTTP 504.", "common"),
    ("json-500", "HTTP 200 with the REST error object, code 500.", "captured"),
    ("json-status-error", "HTTP 200 with the admin error object, code 500.", "captured"),
    ("json-code-400", "HTTP 200 with code and message at the top of the object.", "invented"),
    ("json-status-failed", "HTTP 200 with status failed and a statusMessage.", "documented"),
    ("redirect-https", "A redirect to the same address with https.", "common"),
    ("redirect-other-host", "A redirect to another host.", "common"),
    ("redirect-loop", "A redirect to the same address.", "common"),
]
_CHECKED = [
    ("token-498", "The token is called invalid.", "captured"),
    ("token-499", "A token is asked for although one came.", "captured"),
    ("access-denied", "The account may not do this: code 403.", "captured"),
]

WIRE_FAULTS = [
    *(Fault(name, meaning, evidence, ANYWHERE, Kind.ANSWER) for name, meaning, evidence in _EVERYWHERE),
    *(Fault(name, meaning, evidence, CHECKED_STEPS, Kind.ANSWER) for name, meaning, evidence in _CHECKED),
    Fault(
        "redirect-https-info",
        "A redirect to rest/info with https.",
        "reported",
        ("info",),
        Kind.ANSWER,
    ),
    Fault(
        "redirect-single-sign-on",
        "A redirect to the sign-in page of single sign-on on another host.",
        "reported",
        ANYWHERE,
        Kind.ANSWER,
    ),
    Fault(
        "redirect-gateway",
        "An access gateway's redirect to its own sign-in page, on the same host.",
        "inferred",
        ANYWHERE,
        Kind.ANSWER,
    ),
    Fault("lost-submit-answer", "The same as reset-after@submit.", "common", ("submit",)),
]
