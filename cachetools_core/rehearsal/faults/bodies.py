"""Faults in what a site says: bodies that contradict each other, or that no client expects."""

from __future__ import annotations

from cachetools_core.rehearsal.faults.fault import TOKEN_STEPS, Fault, Kind

_READ = ("info", "service", "report", "job", "jobs-query")

_AMENDED: list[tuple[str, tuple[str, ...], str, str]] = [
    (
        "report-exists-as-text",
        ("report",),
        "The report says EXISTS and counts 21 tiles, as text.",
        "issue, B 1; numbers as text are inferred",
    ),
    ("report-exists-without-levels", ("report",), "The report says EXISTS and lists no levels.", "issue, B 1"),
    (
        "report-level-unreadable",
        ("report",),
        "The report says EXISTS; one level has 21 tiles, the other one's count is null.",
        "issue, B 1",
    ),
    ("report-names-another-service", ("report",), "The report is about another service.", "issue, B 1"),
    ("report-failed", ("report",), "The report's status is FAILED, without levels.", "protocol.md 5.1"),
    ("report-nameless-none", ("report",), "The report says NONE and not about what.", "issue, B 1"),
    ("report-error-500", ("report",), "The report is an error object, code 500: Error executing tool.", "issue, B 1"),
    ("counts-as-text", ("report",), "The report is true; its counts and sizes are text.", "inferred from isRunning"),
    (
        "service-says-uncached",
        ("service",),
        "The service says that it has no cache, whatever lies on disk.",
        "protocol.md 6, inferred",
    ),
    (
        "service-says-cached",
        ("service",),
        "The service says that it has a cache, whatever lies on disk.",
        "protocol.md 6, inferred",
    ),
    ("service-body-bare", ("service",), 'The service\'s body is {"capabilities":"Map"}.', "issue, B 1"),
    ("service-flag-as-text", ("service",), 'singleFusedMapCache is the text "true" or "false".', "inferred"),
    ("tiles-only-with-blank", ("service",), 'The capabilities are "Map, TilesOnly".', "issue, B 15"),
    ("tiles-only-list", ("service",), 'The capabilities are the list ["Map", "TilesOnly"].', "issue, B 15"),
    ("nan-extent", ("service",), "The extents hold NaN without quotes.", "cases/nan-in-service.json"),
    ("tilemap-adjusted", ("tile",), "A tile map says adjusted true, and shows no tile.", "cache-format.md 8, inferred"),
    ("tilemap-no-list", ("tile",), "The data of a tile map are a text of zeros.", "invented"),
    ("tilemap-other-size", ("tile",), "A tile map has two tiles too many, and shows none.", "invented"),
    ("tilemap-other-place", ("tile",), "A tile map begins a row further down, and shows no tile.", "invented"),
    ("tilemap-odd-bits", ("tile",), "A tile map holds null for every tile.", "invented"),
    ("admin-says-cached", ("admin-service",), 'The administrator API says isCached "true".', "issue, B 2"),
    ("job-list-cut", ("jobs-query",), "The newest job of a page is missing, but counted in total.", "issue, B 3"),
    ("job-list-respelled", ("jobs-query",), "The jobs' addresses spell the task Delete Cache.", "issue, B 3"),
    (
        "job-list-names-own-host",
        ("jobs-query",),
        "The jobs' addresses have the host that the server knows itself by, not the one that was asked.",
        "protocol.md 8, inferred",
    ),
    ("job-list-nameless", ("jobs-query",), "The jobs are listed without the account that submitted them.", "inferred"),
    ("job-input-respelled", ("result",), "A job's service_url is the service's whole address.", "issue, B 3"),
    (
        "job-messages-roll",
        ("job",),
        "A job shows its last two messages only, so that a list doesn't continue the one before.",
        "issue, B 15",
    ),
    ("huge-answer", _READ, "The answer is right, and 32 MB of small lists longer.", "issue, B 15"),
    ("deep-answer", _READ, "The answer is right, and holds lists in lists, 100,000 deep.", "invented"),
    (
        "owner-other-port",
        ("info",),
        "rest/info names the portal of its host as owner, and for tokens another port of that host.",
        "issue, B 4",
    ),
    (
        "owner-other-path",
        ("info",),
        "rest/info names the portal of its host as owner, and for tokens another path of that host.",
        "issue, B 4",
    ),
    ("owner-is-site", ("info",), "rest/info names the site itself as its owner.", "promises.md 5"),
    ("owner-with-command", ("info",), "owningSystemUrl holds $(touch pwned).", "issue, B 13"),
    ("owner-with-quotes", ("info",), "owningSystemUrl holds a quotation mark and a command.", "promises.md 12"),
    (
        "exchange-returns-same-token",
        ("exchange",),
        "The portal answers an exchange with the token that it was given.",
        "issue, B 4",
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
            "issue, B 9",
            ("submit",),
            Kind.ANSWER,
        )
        for code, text in _REFUSALS_THAT_ARE_NONE.items()
    ),
    Fault(
        "http-403-after",
        "The job is made; a web tier then answers with HTTP 403 and a page.",
        "issue, B 9",
        ("submit",),
        Kind.ANSWER,
    ),
    Fault(
        "http-499-after",
        "The job is made; a web tier then answers with HTTP 499 and a page.",
        "issue, B 9",
        ("submit",),
        Kind.ANSWER,
    ),
    Fault(
        "token-odd-body", 'A token request is answered with {"token": null}.', "promises.md 8", TOKEN_STEPS, Kind.ANSWER
    ),
    Fault(
        "account-locked-500",
        "A token request is answered with the error object 500: Account locked out.",
        "promises.md 8",
        ("token",),
        Kind.ANSWER,
    ),
]
