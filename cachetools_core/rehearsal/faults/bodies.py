"""Faults in what a site says: bodies that contradict each other, or that no client expects."""

from __future__ import annotations

from cachetools_core.rehearsal.faults.fault import TOKEN_STEPS, Fault, Kind

_READ = ("info", "service", "report", "job", "jobs-query")

_AMENDED: list[tuple[str, tuple[str, ...], str, str]] = [
    (
        "report-exists-as-text",
        ("report",),
        "The report says EXISTS and counts 21 tiles, as text.",
        "inferred",
    ),
    ("report-exists-without-levels", ("report",), "The report says EXISTS and lists no levels.", "invented"),
    (
        "report-level-unreadable",
        ("report",),
        "The report says EXISTS; one level has 21 tiles, the other one's count is null.",
        "invented",
    ),
    ("report-names-another-service", ("report",), "The report is about another service.", "invented"),
    ("report-failed", ("report",), "The report's status is FAILED, without levels.", "inferred"),
    ("report-nameless-none", ("report",), "The report says NONE and not about what.", "invented"),
    ("report-error-500", ("report",), "The report is an error object, code 500: Error executing tool.", "invented"),
    ("counts-as-text", ("report",), "The report is true; its counts and sizes are text.", "inferred"),
    (
        "service-says-uncached",
        ("service",),
        "The service says that it has no cache, whatever lies on disk.",
        "inferred",
    ),
    (
        "service-says-cached",
        ("service",),
        "The service says that it has a cache, whatever lies on disk.",
        "inferred",
    ),
    ("service-body-bare", ("service",), 'The service\'s body is {"capabilities":"Map"}.', "invented"),
    ("service-flag-as-text", ("service",), 'singleFusedMapCache is the text "true" or "false".', "inferred"),
    ("tiles-only-with-blank", ("service",), 'The capabilities are "Map, TilesOnly".', "invented"),
    ("tiles-only-list", ("service",), 'The capabilities are the list ["Map", "TilesOnly"].', "invented"),
    ("nan-extent", ("service",), "The extents hold NaN without quotes.", "reported"),
    ("tilemap-adjusted", ("tile",), "A tile map says adjusted true, and shows no tile.", "inferred"),
    ("tilemap-no-list", ("tile",), "The data of a tile map are a text of zeros.", "invented"),
    ("tilemap-other-size", ("tile",), "A tile map has two tiles too many, and shows none.", "invented"),
    ("tilemap-other-place", ("tile",), "A tile map begins a row further down, and shows no tile.", "invented"),
    ("tilemap-odd-bits", ("tile",), "A tile map holds null for every tile.", "invented"),
    ("admin-says-cached", ("admin-service",), 'The administrator API says isCached "true".', "invented"),
    ("job-list-cut", ("jobs-query",), "The newest job of a page is missing, but counted in total.", "invented"),
    ("job-list-respelled", ("jobs-query",), "The jobs' addresses spell the task Delete Cache.", "invented"),
    (
        "job-list-names-own-host",
        ("jobs-query",),
        "The jobs' addresses have the host that the server knows itself by, not the one that was asked.",
        "inferred",
    ),
    ("job-list-nameless", ("jobs-query",), "The jobs are listed without the account that submitted them.", "inferred"),
    ("job-input-respelled", ("result",), "A job's service_url is the service's whole address.", "invented"),
    (
        "job-messages-roll",
        ("job",),
        "A job shows its last two messages only, so that a list doesn't continue the one before.",
        "invented",
    ),
    ("huge-answer", _READ, "The answer is right, and 32 MB of small lists longer.", "invented"),
    ("deep-answer", _READ, "The answer is right, and holds lists in lists, 100,000 deep.", "invented"),
    (
        "owner-other-port",
        ("info",),
        "rest/info names the portal of its host as owner, and for tokens another port of that host.",
        "invented",
    ),
    (
        "owner-other-path",
        ("info",),
        "rest/info names the portal of its host as owner, and for tokens another path of that host.",
        "invented",
    ),
    ("owner-is-site", ("info",), "rest/info names the site itself as its owner.", "invented"),
    ("owner-with-command", ("info",), "owningSystemUrl holds $(touch pwned).", "invented"),
    ("owner-with-quotes", ("info",), "owningSystemUrl holds a quotation mark and a command.", "invented"),
    (
        "exchange-returns-same-token",
        ("exchange",),
        "The portal answers an exchange with the token that it was given.",
        "invented",
    ),
]
_REFUSALS_THAT_ARE_NONE = {
    "408": "Request timed out.",
    "409": "Conflict.",
    "425": "Too early.",
    "429": "Too many requests.",
}

BODY_FAULTS = [
    *(Fault(name, meaning, evidence, steps, Kind.AMENDMENT) for name, steps, meaning, evidence in _AMENDED),
    *(
        Fault(
            f"submit-error-{code}",
            f"The job is made; submitJob then answers with the error object {code}: {text}",
            "invented",
            ("submit",),
            Kind.ANSWER,
        )
        for code, text in _REFUSALS_THAT_ARE_NONE.items()
    ),
    Fault(
        "http-403-after",
        "The job is made; a web tier then answers with HTTP 403 and a page.",
        "invented",
        ("submit",),
        Kind.ANSWER,
    ),
    Fault(
        "http-499-after",
        "The job is made; a web tier then answers with HTTP 499 and a page.",
        "invented",
        ("submit",),
        Kind.ANSWER,
    ),
    Fault("token-odd-body", 'A token request is answered with {"token": null}.', "invented", TOKEN_STEPS, Kind.ANSWER),
    Fault(
        "account-locked-500",
        "A token request is answered with the error object 500: Account locked out.",
        "invented",
        ("token",),
        Kind.ANSWER,
    ),
]
