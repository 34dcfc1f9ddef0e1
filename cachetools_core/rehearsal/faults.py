"""Faults by name: what can go wrong between a client and a server, switched on from outside.

A fault is switched on as `NAME[@STEP][:TIMES]`. Without a step it strikes wherever it can; without TIMES it goes on
until it is switched off. `STEP-before` and `STEP-after` strike only before or only after a job was submitted.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cachetools_core.rehearsal.answers import Answer, Refused, as_json, as_page, login_page

if TYPE_CHECKING:
    from cachetools_core.rehearsal.exchange import Exchange

Strike = Callable[["Exchange"], Awaitable[None]]

# Names of requests. "tasks" and "task" are CachingTools' or CachingControllers' list and task, "reporting" the pages of
# ReportingTools, "report" its execution. Requests after the job are the same steps.
STEPS = {
    "info": "rest/info",
    "token": "a token for a username and a password",
    "exchange": "a server's token for a portal's token",
    "catalog": "rest/services and its folders",
    "service": "a map or image service",
    "tile": "a tile",
    "reporting": "ReportingTools' list of tasks and its task",
    "report": "ReportCacheStatus/execute",
    "tasks": "a caching service's list of tasks",
    "task": "a caching task's parameters",
    "submit": "submitJob",
    "job": "jobs/ID",
    "result": "jobs/ID/results",
    "cancel": "jobs/ID/cancel, of REST and of the admin API",
    "admin": "any other admin resource",
    "admin-service": "a service in the admin API",
    "status": "a service's status in the admin API",
    "start": "start a service",
    "stop": "stop a service",
    "jobs-query": "the admin API's list of jobs",
    "portal": "any other portal resource",
}
TOKEN_STEPS = ("token", "exchange")
ADMIN_STEPS = ("token", "cancel", "admin", "admin-service", "status", "start", "stop", "jobs-query")
CHECKED_STEPS = tuple(step for step in STEPS if step not in ("info", *TOKEN_STEPS))


class UnknownFault(ValueError):
    """No fault, no step or no number of that name."""


@dataclass(frozen=True)
class Fault:
    """A fault: `meaning` in a sentence, the `steps` where it can strike (empty: it belongs to no request).

    `strike` answers in the server's place. `end` is what a job says at its end, `effect` what then has become of the
    cache: "stays", "half" or "gone".
    """

    name: str
    meaning: str
    evidence: str
    steps: tuple[str, ...] = ()
    strike: Strike | None = None
    end: str = ""
    effect: str = ""


@dataclass
class _On:
    fault: Fault
    step: str
    when: str
    left: int | None

    def fits(self, step: str, submitted: bool) -> bool:
        if (self.step or step) != step or (self.fault.steps and step not in self.fault.steps):
            return False
        return self.when == "" or (self.when == "after") == submitted


class Faults:
    """The faults that are switched on; `submitted` says whether a job came since they were last all off."""

    def __init__(self) -> None:
        self._on: list[_On] = []
        self.submitted = False

    def switch_on(self, text: str) -> Fault:
        """Switches a fault on by `NAME[@STEP][:TIMES]`; UnknownFault says which part is wrong."""
        rest, colon, times = text.partition(":")
        name, at, step = rest.partition("@")
        if name == "lost-submit-answer":
            name, at, step = "reset-after", "@", "submit"
        fault = FAULTS.get(name)
        if fault is None:
            raise UnknownFault(f"There is no fault named {name!r}; --list-faults prints them all.")
        when = ""
        if step not in STEPS:
            for suffix in ("before", "after"):
                if step.endswith(f"-{suffix}"):
                    step, when = step[: -len(suffix) - 1], suffix
        if at and step not in fault.steps:
            where = ", ".join(fault.steps) or "no step: give it without @"
            raise UnknownFault(f"The fault {name!r} cannot strike at {step!r}; it can at {where}.")
        if colon and not (times.isdigit() and int(times) > 0):
            raise UnknownFault(f"{times!r} is not a number of times; give 1 or more, as in {name}:1.")
        self._on.append(_On(fault, step, when, int(times) if colon else None))
        return fault

    def clear(self) -> None:
        """Switches all faults off."""
        self._on.clear()
        self.submitted = False

    def on(self, name: str) -> bool:
        """Whether a fault is switched on; doesn't count as a strike."""
        return any(entry.fault.name == name and entry.left != 0 for entry in self._on)

    def take(self, name: str, step: str = "") -> bool:
        """Whether a fault is switched on, at a step if it belongs to one; counts as one of its strikes."""
        return self._take(lambda entry: entry.fault.name == name and entry.fits(step, self.submitted)) is not None

    def take_strike(self, step: str) -> Fault | None:
        """The fault that answers in the server's place at this step."""
        return self._take(lambda entry: entry.fault.strike is not None and entry.fits(step, self.submitted))

    def take_job_end(self) -> Fault | None:
        """The fault that decides how a job ends."""
        return self._take(lambda entry: bool(entry.fault.end))

    def _take(self, wanted: Callable[[_On], bool]) -> Fault | None:
        for entry in self._on:
            if entry.left != 0 and wanted(entry):
                if entry.left is not None:
                    entry.left -= 1
                return entry.fault
        return None


async def _refuse(exchange: Exchange) -> None:
    exchange.stop_listening()
    exchange.reset()


async def _reset_before(exchange: Exchange) -> None:
    exchange.reset()


async def _reset_during(exchange: Exchange) -> None:
    await exchange.send_half(exchange.answer())
    exchange.reset()


async def _reset_after(exchange: Exchange) -> None:
    exchange.answer()
    exchange.reset()


async def _black_hole_before(exchange: Exchange) -> None:
    await exchange.hold()


async def _black_hole_during(exchange: Exchange) -> None:
    await exchange.send_half(exchange.answer())
    await exchange.hold()


async def _black_hole_after(exchange: Exchange) -> None:
    exchange.answer()
    await exchange.hold()


async def _drip(exchange: Exchange) -> None:
    await exchange.send_slowly(exchange.answer(), pause=0.2)


async def _endless(exchange: Exchange) -> None:
    exchange.answer()
    await exchange.send_endlessly(b'{"currentVersion":10.81,"description":"', b"rain " * 13107)


def _changed(change: Callable[[bytes], bytes]) -> Strike:
    """The true answer with another body, processed as ever."""

    async def strike(exchange: Exchange) -> None:
        answer = exchange.answer()
        answer.body = change(answer.body)
        await exchange.send(answer)

    return strike


def _instead(make: Callable[[Exchange], Answer]) -> Strike:
    """Another answer; the request is not processed."""

    async def strike(exchange: Exchange) -> None:
        await exchange.send(make(exchange))

    return strike


def _processed_but(make: Callable[[Exchange], Answer]) -> Strike:
    """Another answer, after the request was processed."""

    async def strike(exchange: Exchange) -> None:
        exchange.answer()
        await exchange.send(make(exchange))

    return strike


def _page(status: int, title: str, headers: dict[str, str] | None = None) -> Callable[[Exchange], Answer]:
    def make(_: Exchange) -> Answer:
        answer = as_page(f"{status} - {title}", f"<p>{title}</p>", status)
        answer.headers.update(headers or {})
        return answer

    return make


def _json(content: object) -> Callable[[Exchange], Answer]:
    return lambda _: as_json(content, "json")


def _refusal(code: int, message: str) -> Callable[[Exchange], Answer]:
    return lambda exchange: exchange.refusal(Refused(code, message))


def _redirect(target: Callable[[Exchange], str]) -> Strike:
    def make(exchange: Exchange) -> Answer:
        answer = as_page("Object moved", "", 302)
        answer.headers["Location"] = target(exchange)
        return answer

    return _instead(make)


def _to_https(exchange: Exchange) -> str:
    request = exchange.request
    return f"https://{request.root.partition('://')[2]}{request.path}"


_UNAVAILABLE = "Could not access any server machines. Please contact your system administrator."

_ANYWHERE = tuple(STEPS)
_WIRE: list[tuple[str, str, str, Strike]] = [
    ("refuse", "The server stops listening: this connection is reset, new ones are refused.", "common", _refuse),
    ("reset-before", "The connection is reset before the request is processed.", "common", _reset_before),
    (
        "reset-during",
        "The request is processed; the connection is reset half way through the body.",
        "common",
        _reset_during,
    ),
    ("reset-after", "The request is processed; the connection is reset before any answer.", "common", _reset_after),
    ("blackhole-before", "The request is not processed and never answered.", "common", _black_hole_before),
    ("blackhole-during", "The request is processed; the answer stops half way for ever.", "common", _black_hole_during),
    ("blackhole-after", "The request is processed and never answered.", "common", _black_hole_after),
    ("drip", "The answer comes a byte every 0.2 seconds.", "common", _drip),
    ("endless-body", "The answer's body never ends.", "invented", _endless),
    (
        "truncated-json",
        "The answer's JSON is cut in the middle.",
        "protocol.md 10",
        _changed(lambda body: body[: len(body) // 2]),
    ),
    ("empty-body", "The answer's body is empty.", "common", _changed(lambda _: b"")),
    ("not-json", "The answer is plain text.", "common", _changed(lambda _: b"Service is busy.")),
    (
        "bom",
        "The answer begins with a UTF-8 byte order mark, and is right.",
        "protocol.md 8, inferred",
        _changed(lambda body: b"\xef\xbb\xbf" + body),
    ),
    ("html-login", "A sign-on proxy's page comes with HTTP 200.", "protocol.md 8", _instead(lambda _: login_page())),
    (
        "negotiate-401",
        "The web tier asks for Windows sign-in with HTTP 401.",
        "protocol.md 8",
        _instead(_page(401, "Unauthorized", {"WWW-Authenticate": "Negotiate"})),
    ),
    (
        "http-403",
        "The web tier forbids the address with an HTML page.",
        "protocol.md 8",
        _instead(_page(403, "Forbidden")),
    ),
    (
        "http-404",
        "The web tier doesn't know the address and sends an HTML page.",
        "protocol.md 8",
        _instead(_page(404, "Not Found")),
    ),
    (
        "http-429",
        "The web tier asks for patience: HTTP 429 with Retry-After: 1.",
        "common",
        _instead(_page(429, "Too Many Requests", {"Retry-After": "1"})),
    ),
    (
        "http-500",
        "The web adaptor reaches no server machine: HTTP 500 with HTML.",
        "protocol.md 8",
        _instead(_page(500, _UNAVAILABLE)),
    ),
    ("http-502", "A proxy sends HTTP 502 with HTML.", "protocol.md 8", _instead(_page(502, "Bad Gateway"))),
    ("http-503", "A proxy sends HTTP 503 with HTML.", "protocol.md 8", _instead(_page(503, "Service Unavailable"))),
    (
        "http-504",
        "A proxy sends HTTP 504 with HTML; the request never came through.",
        "protocol.md 8",
        _instead(_page(504, "Gateway Time-out")),
    ),
    (
        "http-502-after",
        "The request is processed; a proxy then sends HTTP 502.",
        "common",
        _processed_but(_page(502, "Bad Gateway")),
    ),
    (
        "http-504-after",
        "The request is processed; a proxy then sends HTTP 504.",
        "common",
        _processed_but(_page(504, "Gateway Time-out")),
    ),
    (
        "json-500",
        "HTTP 200 with the REST error object, code 500.",
        "protocol.md 0",
        _instead(_json({"error": {"code": 500, "message": "Error performing operation", "details": []}})),
    ),
    (
        "json-status-error",
        "HTTP 200 with the admin error object, code 500.",
        "protocol.md 0",
        _instead(_json({"status": "error", "messages": ["Server machine is not available."], "code": 500})),
    ),
    (
        "json-code-400",
        "HTTP 200 with code and message at the top of the object.",
        "invented",
        _instead(_json({"code": 400, "message": "Invalid or missing input parameters", "details": []})),
    ),
    (
        "json-status-failed",
        "HTTP 200 with status failed and a statusMessage.",
        "models.md 1",
        _instead(_json({"status": "failed", "statusMessage": "The operation failed."})),
    ),
    ("redirect-https", "A redirect to the same address with https.", "protocol.md 8", _redirect(_to_https)),
    (
        "redirect-other-host",
        "A redirect to another host.",
        "protocol.md 8",
        _redirect(lambda exchange: f"https://gis.invalid{exchange.request.path}"),
    ),
    (
        "redirect-loop",
        "A redirect to the same address.",
        "common",
        _redirect(lambda exchange: f"{exchange.request.root}{exchange.request.path}"),
    ),
]

_JOB_ENDS = [
    ("job-failed", "esriJobFailed", "stays", "The job fails with an error message."),
    ("job-failed-silent", "failed without messages", "stays", "The job fails and gives no message."),
    ("job-timed-out", "esriJobTimedOut", "stays", "The job times out."),
    ("job-cancelled-elsewhere", "esriJobCancelled", "stays", "Somebody else cancels the job."),
    ("job-deleted", "esriJobDeleted", "stays", "The job is deleted from the server's list."),
    ("job-gone", "gone", "gone", "When the job has ended, its address says that there is no such job."),
    ("job-unknown-status", "esriJobPaused", "gone", "When the job has ended, it says a status nobody documents."),
    ("job-no-status", "no status", "gone", "When the job has ended, its answer has no jobStatus."),
]
_EFFECTS = {
    "stays": ("cache-stays", "the cache stays as it was"),
    "half": ("half-deleted", "half of the cache is deleted"),
    "gone": ("cache-gone", "the cache is deleted and the service restarted"),
}


def _job_end_faults() -> list[Fault]:
    """Every end of a job with every thing that can have become of the cache."""
    found = [
        Fault(
            "job-says-succeeded-cache-stays",
            "The job says succeeded; the cache stays as it was.",
            "invented",
            end="esriJobSucceeded",
            effect="stays",
        ),
        Fault(
            "job-succeeded-half-deleted",
            "The job says succeeded; files are locked and half of the cache stays.",
            "invented",
            end="esriJobSucceeded",
            effect="half",
        ),
    ]
    for name, end, usual, meaning in _JOB_ENDS:
        for effect, (suffix, words) in _EFFECTS.items():
            full = name if effect == usual else f"{name}-{suffix}"
            found.append(Fault(full, f"{meaning[:-1]}; {words}.", "protocol.md 4.7", end=end, effect=effect))
    return found


_OTHERS = [
    Fault(
        "token-498", "The token is called invalid.", "captured", CHECKED_STEPS, _instead(_refusal(498, "Invalid Token"))
    ),
    Fault(
        "token-499",
        "A token is asked for although one came.",
        "captured",
        CHECKED_STEPS,
        _instead(_refusal(499, "Token Required")),
    ),
    Fault(
        "access-denied",
        "The account may not do this: code 403.",
        "captured",
        CHECKED_STEPS,
        _instead(_refusal(403, "You do not have permissions to access this resource or perform this operation.")),
    ),
    Fault("token-short-lived", "Tokens live 3 seconds and say so.", "invented", TOKEN_STEPS),
    Fault("token-expires-mid-job", "Every token ends, unannounced, when a job begins to execute.", "invented"),
    Fault(
        "account-locked",
        "Token requests are answered with too many attempts, whatever the password.",
        "protocol.md 2.5, inferred",
        ("token",),
    ),
    Fault("expires-as-string", "A token's end is a string of digits.", "documented", TOKEN_STEPS),
    Fault("wrong-token-host", "rest/info gives a token address on another host.", "protocol.md 8", ("info",)),
    Fault("job-no-results", "A succeeded job never lists results.", "protocol.md 4.7"),
    Fault("job-late-results", "A succeeded job lists its results from the fourth look on.", "protocol.md 4.7"),
    Fault("job-no-messages", "Jobs give no messages.", "documented"),
    Fault("job-waits-forever", "The job waits for an instance that never comes free.", "protocol.md 4.5, inferred"),
    Fault(
        "server-restarts",
        "The server restarts in the middle of a job, after the client's first look at it: "
        "connections are reset, the job is forgotten, the deletion stays half done.",
        "invented",
    ),
    Fault("caching-tools-stopped", "System/CachingTools is stopped.", "protocol.md 4.6, inferred"),
    Fault("caching-tools-missing", "System/CachingTools does not exist.", "captured"),
    Fault(
        "controllers-stopped",
        "System/CachingControllers is stopped; DeleteCache, which isn't in it, still runs.",
        "inferred",
    ),
    Fault("reporting-tools-missing", "System/ReportingTools does not exist.", "captured"),
    Fault("report-refused", "ReportCacheStatus is refused with code 403.", "inferred", ("report",)),
    Fault("report-as-string", "The report's value is a string that holds JSON.", "inferred", ("report",)),
    Fault(
        "other-job-running", "Another account's caching job runs on every service; a new job waits for it.", "invented"
    ),
    Fault("service-stays-stopped", "After the deletion the service does not come back by itself.", "inferred"),
    Fault("slow-restart", "After the deletion the service takes 5 seconds to come back.", "inferred"),
    Fault("service-removed-meanwhile", "The service is removed when its cache has been deleted.", "invented"),
    Fault("service-renamed-meanwhile", "The service gets another name when its cache has been deleted.", "invented"),
    Fault("cache-rebuilt-meanwhile", "Somebody builds the cache again as soon as it has been deleted.", "invented"),
    Fault("stale-metadata", "The service's JSON shows a cache for 3 seconds after the deletion.", "inferred"),
    Fault(
        "admin-closed", "The web adaptor doesn't let /admin through: HTTP 404 with HTML.", "protocol.md 8", ADMIN_STEPS
    ),
    Fault("huge-message", "A job's message is 10 million characters long.", "invented"),
    Fault("control-characters", "A job's messages hold terminal escapes and other control characters.", "invented"),
    Fault("html-in-messages", "A job's messages hold HTML and script.", "invented"),
    Fault("hostile-job-id", "submitJob answers with a job id that climbs out of the address.", "invented", ("submit",)),
    Fault("hostile-result-url", "A job's result points to another host.", "invented", ("job",)),
]

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in [
        *(Fault(name, meaning, evidence, _ANYWHERE, strike) for name, meaning, evidence, strike in _WIRE),
        Fault("lost-submit-answer", "The same as reset-after@submit.", "common", ("submit",)),
        *_job_end_faults(),
        *_OTHERS,
    ]
}
