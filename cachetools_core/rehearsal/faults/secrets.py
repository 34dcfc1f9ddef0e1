"""Faults that repeat the secrets of a request, plain and in other codings (issue, B 10)."""

from __future__ import annotations

from cachetools_core.rehearsal.faults.fault import CHECKED_STEPS, Fault, Kind

_EVERYWHERE = ("token", *CHECKED_STEPS)
_EVIDENCE = "invented"

SECRET_FAULTS = [
    Fault(
        "echo-in-message",
        "A job's first messages repeat token and password, plain, percent-encoded and in Base64.",
        _EVIDENCE,
        ("job",),
        Kind.AMENDMENT,
    ),
    Fault(
        "echo-old-tokens",
        "A job's first messages repeat every token that the account ever got.",
        "invented",
        ("job",),
        Kind.AMENDMENT,
    ),
    Fault(
        "echo-with-controls",
        "A job's first messages repeat token and password with control characters in between.",
        "invented",
        ("job",),
        Kind.AMENDMENT,
    ),
    Fault("echo-in-result", "A job's result repeats token and password.", _EVIDENCE, ("result",), Kind.AMENDMENT),
    Fault("echo-in-status", "A job's status word ends in the token.", _EVIDENCE, ("job",), Kind.AMENDMENT),
    Fault("echo-in-job-id", "A job's id is made of the token; it is good.", _EVIDENCE, ("submit",)),
    Fault(
        "echo-in-parameter-name",
        "A task has a required parameter, and a job an input, whose name is the token.",
        _EVIDENCE,
        ("task", "job"),
        Kind.AMENDMENT,
    ),
    Fault(
        "echo-in-challenge",
        "HTTP 401, with token and password in WWW-Authenticate.",
        _EVIDENCE,
        _EVERYWHERE,
        Kind.ANSWER,
    ),
    Fault(
        "echo-in-location",
        "A redirect with token and password in the path of its Location.",
        _EVIDENCE,
        _EVERYWHERE,
        Kind.ANSWER,
    ),
    Fault(
        "echo-in-error",
        "An error object, code 400, whose words repeat token and password.",
        _EVIDENCE,
        _EVERYWHERE,
        Kind.ANSWER,
    ),
]
