"""Hostile input: whatever is fed in, a valid result or a documented error comes out, and no other host is asked."""

from __future__ import annotations

import copy
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cachetools_core.server.cache import CacheState, compare, look
from cachetools_core.server.job import JobEnd, JobReport, Patience, follow, result, submit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.addresses import REPORT
from support.body_server import BodyServer
from support.clocks import FastClock
from support.listener import Listener
from support.story import delete, files_below, service_url

from cachetools_core.errors import CacheToolsError, Unexpected
from cachetools_core.local.folders import file_name_for
from cachetools_core.messages import LONGEST_MESSAGE
from cachetools_core.naming.address import safe_text
from cachetools_core.naming.files import find_service
from cachetools_core.naming.service import ServiceReference, read_name
from cachetools_core.proof.receipt import Receipt, Verdict
from cachetools_core.server.signin import ActivePortal, GivenAccount, sign_in
from cachetools_core.server.site import (
    advertised_in_admin,
    find_delete_task,
    list_jobs,
    open_site,
    service_of_job,
    start_service,
    tools_state,
)
from cachetools_core.server.tokens import Account, ask_for_token
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.tools.access import other_sources
from cachetools_core.tools.delete import delete_map_server_cache
from cachetools_core.waiting import Run

STEADY = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
ACCOUNT = Account("admin", "Canary-Password-1")
PATIENCE = Patience(no_answer=4.0, gone=1.0, cancel=1.0, grace=1.0, restart=2.0, settle=2.0)
TASK = "rest/services/System/CachingTools/GPServer/DeleteCache"
SERVICE = "rest/services/Rainfall/MapServer"
JOB = "j0123456789abcdef"
# In a body these stand for the server that was named, and for another one that must never be asked.
HERE, ELSEWHERE = "HERE.invalid", "ELSEWHERE.invalid"

# --- texts and files

hostile_text = st.one_of(
    st.text(st.characters(exclude_categories=())),
    st.lists(
        st.sampled_from(
            [
                *(
                    "https://",
                    "http://",
                    "HTTPS:",
                    "//",
                    "/",
                    "\\",
                    "@",
                    ":",
                    "?",
                    "#",
                    ";",
                    "%",
                    "%2f",
                    "%00",
                    "%2e",
                    "*",
                ),
                *("good", "evil", "good:6443", "[::1]", "[", "]", "127.0.0.1", "\u0661", "\uff47", "\u3002", "\u202e"),
                *(
                    "arcgis",
                    "ArcGIS",
                    "server",
                    "admin",
                    "rest",
                    "services",
                    "services;",
                    "F",
                    "Rainfall",
                    "..",
                    ".",
                    " ",
                ),
                *("MapServer", "ImageServer", ".MapServer", "FeatureServer", "GPServer", "0", "?token=", "user:pw@"),
                *(
                    "GIS Servers",
                    "arcgis on good_6443 (admin)",
                    ".ags",
                    ".lyrx",
                    ".lyr",
                    "C:",
                    "\t",
                    "\n",
                    "\0",
                    '"',
                    "'",
                ),
            ]
        ),
        max_size=14,
    ).map("".join),
)


hostile_address = st.builds(
    "https://{}/{}/rest/services/{}/{}/MapServer".format,
    st.one_of(st.just("good"), hostile_text),
    *[st.one_of(st.just("F"), st.text(st.characters(exclude_categories=()), min_size=1, max_size=4), hostile_text)] * 3,
)
percent_codes = st.text("0123456789abcdefABCDEF", min_size=2, max_size=2).map("%{}".format)
coded_address = st.builds(
    "https://good/{}server/rest/services/F{}/Rain{}fall/MapServer".format,
    *[st.lists(percent_codes, max_size=3).map("".join)] * 3,
)


def find_it(text: str) -> ServiceReference:
    return find_service(text, Run(FastClock(), 6e5, lambda: False))


def fed_to(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What the function gives, or None where it ends in a documented error; that error is fit to be shown."""
    try:
        return function(*arguments, **named)
    except CacheToolsError as error:
        assert type(error) is not Unexpected, str(error)
        # A file's own name may hold any space that its system allows.
        assert all(letter.isprintable() or unicodedata.category(letter) == "Zs" for letter in str(error))
        assert len(str(error)) < 8 * LONGEST_MESSAGE
        assert ACCOUNT.password not in str(error)
        return None


@settings(STEADY, max_examples=400)
@given(st.one_of(hostile_text, hostile_address, coded_address))
def test_any_text_names_one_service_on_the_host_in_it_or_is_refused(text: str) -> None:
    named = fed_to(read_name, text)
    if isinstance(named, ServiceReference):
        host = urlsplit(text.strip(" \t\r\n\v\f\"'\u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")).hostname
        for url in (named.url, named.admin_url):
            assert urlsplit(url).hostname == host
            assert re.fullmatch(r"[\x21-\x7e]+", url[url.index("://") + 3 + len(urlsplit(url).netloc) :])
            assert not {"..", "."} & set(urlsplit(url).path.split("/"))
        assert read_name(named.url) == named
        assert (named.folder + named.name).isprintable()
        assert not set("/\\:;@%?#") & set(named.folder + named.name)
    shown = safe_text(text)
    assert len(shown) <= 4096
    assert shown.isprintable()
    assert "@" not in shown


@settings(STEADY, max_examples=150)
@given(
    st.lists(
        st.one_of(st.binary(max_size=30), hostile_text.map(lambda t: t.encode("utf-16-le", "replace"))), max_size=6
    )
)
def test_any_bytes_of_a_connection_give_one_site_or_an_error(tmp_path: Path, pieces: list[bytes]) -> None:
    file = tmp_path / "x.ags"
    file.write_bytes(b"".join(pieces))
    service = fed_to(find_it, f"{file}/F/Rainfall.MapServer")
    if service is not None:
        host = urlsplit(service.site).hostname
        content = file.read_bytes()
        found = (content.decode("utf-16-le", "replace") + content[1:].decode("utf-16-le", "replace")).lower()
        assert f"://{host}" in found
        assert read_name(service.url) == service


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(
        [10**400, 1e999, -1, 0, 2**63, "²", "٣", "", "NONE", "EXISTS", "true", "error", "esriJobSucceeded"]
    ),
    st.sampled_from(
        ["esriJobFailed", "../../x", "a/b", "\x1b[31m", "\u202e", "<script>", "\ud800", "x" * 5000, "1e999"]
    ),
    st.sampled_from(
        [
            f"http://{ELSEWHERE}/sharing/rest/generateToken",
            f"http://{ELSEWHERE}\\@{HERE}/sharing/rest/generateToken",
            f"http://{HERE}\\@{ELSEWHERE}/sharing/rest/generateToken",
            f"http://{HERE}@{ELSEWHERE}/sharing/rest/generateToken",
            f"http://{ELSEWHERE}/arcgis/tokens/",
            f"http://{HERE}/sharing/rest/generateToken",
            f"http://{HERE}",
            "http://[",
            "//evil/sharing",
        ]
    ),
    st.text(st.characters(exclude_categories=()), max_size=20),
)
KEYS = """error code message details messages status statusMessage currentVersion fullVersion authInfo tokenServicesUrl
owningSystemUrl shortLivedTokenValidity singleFusedMapCache tileInfo lods capabilities results value lodInfos name type
levelID scale tileCount tilesSize isRunning cacheExecutionStatus tasks parameters direction parameterType jobId
jobStatus description progress percent token expires properties isCached realTimeState id nextStart url objectType
layerDefinitions serviceConnection"""
json_values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(KEYS.split()), st.text(max_size=5)), inner, max_size=5),
    ),
    max_leaves=10,
)


def paths_of(body: Any) -> Iterator[tuple[Any, ...]]:
    """Where every value of a body is: the keys and places that lead to it."""
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for key, value in inner:
        yield (key,)
        yield from ((key, *path) for path in paths_of(value))


def changed(good: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    """The body after a change of what a path leads to: the change gets what holds the value, and its key there."""
    body = holder = copy.deepcopy(good)
    for key in path[:-1]:
        holder = holder[key]
    change(holder, path[-1])
    return body


def dropped(holder: Any, key: Any) -> None:
    del holder[key]


def replaced_by(value: Any) -> Callable[[Any, Any], None]:
    return lambda holder, key: holder.__setitem__(key, value)


ODD: tuple[Any, ...] = (
    *(None, True, [], {}, [[]], -1, 0.5, 10**400, 1e999, float("nan"), "", "²", "1e999", "\x1b[31m\u202e", "\ud800"),
    *("x" * 5000, "http://[", f"http://{ELSEWHERE}/sharing/x", f"http://{ELSEWHERE}\\@{HERE}/sharing/x"),
    f"http://{HERE}@{ELSEWHERE}/sharing/x",
)


NO_JSON = (b"", b"<html>sign in</html>", b"NaN", b"\xff\xfe{}", b"[" * 100_000, b'{"a":' * 900 + b"1" + b"}" * 900)


def every_odd_body(good: Any, odd: tuple[Any, ...] = ODD) -> Iterator[bytes]:
    """What is no JSON; then the body with each of its values dropped, and replaced by each of the odd ones."""
    yield from NO_JSON
    for path in paths_of(good):
        for change in (dropped, *map(replaced_by, odd)):
            yield json.dumps(changed(good, path, change)).encode()


@st.composite
def spoiled(draw: st.DrawFn, good: Any) -> Any:
    """A good body in which up to three values are dropped or replaced."""
    body = good
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from([(), *paths_of(body)]))
        if path:
            odd = st.one_of(st.sampled_from(ODD), json_values).map(replaced_by)
            body = changed(body, path, draw(st.one_of(st.just(dropped), odd, odd)))
    return body


def as_bytes(good: Any) -> st.SearchStrategy[bytes]:
    """What a server may send where that body is due: mostly JSON, sometimes no JSON at all."""
    text = st.one_of(spoiled(good), spoiled(good), spoiled(good), json_values).map(json.dumps).map(str.encode)
    return st.one_of(
        text,
        text,
        text,
        text.map(lambda body: b"\xef\xbb\xbf" + body),
        text.map(lambda body: body[: len(body) // 2]),
        st.sampled_from(NO_JSON),
        st.integers(700, 1000).map(lambda depth: b'{"message":' + b"[" * depth + b"]" * depth + b"}"),
        st.binary(max_size=40),
    )


LAYER = {
    "type": "CIMLayerDocument",
    "layerDefinitions": [
        {
            "type": "CIMTiledServiceLayer",
            "serviceConnection": {
                "type": "CIMAGSServiceConnection",
                "objectType": "MapServer",
                "url": "https://good.example/arcgis/rest/services/Rainfall/MapServer",
            },
        }
    ],
}


def test_one_odd_value_in_a_layer_file_ends_in_its_service_or_an_error(tmp_path: Path) -> None:
    for content in every_odd_body(LAYER):
        feed_layer_file(tmp_path / "x.lyrx", content)


@settings(STEADY, max_examples=100)
@given(as_bytes(LAYER))
def test_any_layer_file_draws_one_service_that_it_names_or_is_refused(tmp_path: Path, content: bytes) -> None:
    feed_layer_file(tmp_path / "x.lyrx", content)


def feed_layer_file(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    service = fed_to(find_it, str(file))
    if service is not None:
        assert (urlsplit(service.site).hostname or "").encode() in content.lower()


# --- bodies of a server


class Wires:
    """A server whose bodies a test makes up, and a second one that must never be asked."""

    def __init__(self, here: BodyServer, elsewhere: BodyServer) -> None:
        self.here, self.elsewhere = here, elsewhere
        self.trust = Trust()
        self.site = here.site
        self.service = ServiceReference(self.site, "", "Rainfall", "MapServer")

    def rest(self, seconds: float = 60.0, factor: float = 200.0) -> PlainWire:
        return PlainWire(self.trust, Run(FastClock(factor), seconds, lambda: False))

    def placed(self, body: bytes) -> bytes:
        """The body with this run's addresses in it."""
        here, elsewhere = self.here.authority.encode(), self.elsewhere.authority.encode()
        return body.replace(HERE.encode(), here).replace(ELSEWHERE.encode(), elsewhere)

    def serve(self, answer: Callable[[str], bytes | None]) -> None:
        self.here.asked.clear()
        self.here.answer = answer


@pytest.fixture(scope="module")
def wires() -> Iterator[Wires]:
    with BodyServer(lambda path: None) as here, BodyServer(lambda path: b"{}", "127.0.0.2") as elsewhere:
        found = Wires(here, elsewhere)
        yield found
        assert elsewhere.asked == [], "another host than the one that was named has been asked"


INFO = {
    "currentVersion": 11.3,
    "fullVersion": "11.3.0",
    "owningSystemUrl": f"http://{HERE}/portal",
    "authInfo": {
        "isTokenBasedSecurity": True,
        "tokenServicesUrl": f"http://{HERE}/portal/sharing/rest/generateToken",
        "shortLivedTokenValidity": 60,
    },
}
TOKEN = {"token": "abc.def", "expires": 4102444800000, "ssl": True}
CACHED = {
    "currentVersion": 11.3,
    "singleFusedMapCache": True,
    "tileInfo": {"rows": 256, "lods": [{"level": 0, "scale": 1000}]},
    "capabilities": "Map,Query,Data",
}
UNCACHED = {"currentVersion": 11.3, "singleFusedMapCache": False, "capabilities": "Map,Query,Data"}
LOD = {"levelID": 0, "scale": 1000.0, "tileCount": 21, "tilesSize": 4000, "isRunning": "false", "status": "Complete"}


def reported(status: str, *lods: Mapping[str, Any]) -> dict[str, Any]:
    report = {
        "name": "Rainfall",
        "type": "MapServer",
        "status": status,
        "lodInfos": list(lods),
        "cacheExecutionStatus": "NONE",
    }
    return {"results": [{"paramName": "report", "dataType": "GPString", "value": report}], "messages": []}


EXISTS, NONE = reported("EXISTS", LOD), reported("NONE")
PARAMETERS = {
    "name": "DeleteMapCache",
    "parameters": [
        {
            "name": "service_url",
            "direction": "esriGPParameterDirectionInput",
            "parameterType": "esriGPParameterTypeRequired",
        },
        {
            "name": "thread_count",
            "direction": "esriGPParameterDirectionInput",
            "parameterType": "esriGPParameterTypeOptional",
        },
    ],
}
SUBMITTED = {"jobId": JOB, "jobStatus": "esriJobSubmitted"}
SUCCEEDED = {
    "jobId": JOB,
    "jobStatus": "esriJobSucceeded",
    "messages": [{"type": "esriJobMessageTypeInformative", "description": "Deleted."}],
    "progress": {"percent": 100},
}
JOBS = {"results": [{"jobId": JOB, "status": "esriJobSucceeded"}], "nextStart": -1}
ADMIN = {"realTimeState": "STARTED", "configuredState": "STARTED", "properties": {"isCached": "true"}}
REFUSAL = {"error": {"code": 498, "message": "Invalid Token", "details": ["Token expired."]}}
REFUSAL_OF_THE_ADMIN_API = {"status": "error", "messages": ["Could not find resource."], "code": 404}
VALUE = {"paramName": "service_url", "value": "Rainfall:MapServer"}


# Each takes a body to where the core reads it, and looks at what comes out.
Feed = Callable[[Wires, bytes], None]


def feed_info(wires: Wires, body: bytes, token: bytes = json.dumps(TOKEN).encode()) -> None:
    wires.serve(lambda path: wires.placed(body if path == "rest/info" else token))
    rest = wires.rest()
    site = fed_to(open_site, rest, wires.site)
    if site is None:
        return
    assert site.url == wires.site
    assert (site.version + site.token_service + site.portal).isprintable()
    portal = ActivePortal(site.portal, lambda: {"token": "portal-token", "referer": "https://h"})
    for given_account, active in ((GivenAccount(ACCOUNT), None), (GivenAccount(), portal)):
        signed_in = fed_to(sign_in, rest, site, given_account, other_sources(None, active))
        if signed_in is not None and site.token_service:
            fed_to(signed_in.wire.get, f"{wires.site}/rest/info")
    assert wires.elsewhere.asked == [], "a password or a token went to another host"


def feed_token(wires: Wires, body: bytes) -> None:
    wires.serve(lambda path: body)
    token = fed_to(ask_for_token, wires.rest(), f"{wires.site}/t", {}, referer="", minutes=60)
    if token is not None:
        assert re.fullmatch(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?", token.value), "it fits into a header"
        assert 0 < token.good_for <= 3600


def feed_look(wires: Wires, bodies: Mapping[str, bytes]) -> None:
    good = {SERVICE: CACHED, REPORT: EXISTS, "admin/services/Rainfall.MapServer": ADMIN}
    served = {**{path: json.dumps(body).encode() for path, body in good.items()}, **bodies}
    wires.serve(served.get)
    seen = fed_to(look, wires.rest(), wires.service, tries=1)
    assert seen is not None or any(b'"code"' in body or b"error" in body for body in bodies.values())
    if seen is not None:
        receipt = Receipt("x", "now", before=seen, after=seen)
        json.dumps(receipt.to_dict(), allow_nan=False)
        assert receipt.to_text().replace("\n", " ").isprintable()
        assert "<table>" in receipt.to_html()
        assert isinstance(compare(seen, seen), CacheState)
        assert all(0 <= scale.tiles < 1e18 and 0 <= scale.bytes < 1e18 for scale in seen.scales or ())


def feed_service(wires: Wires, body: bytes) -> None:
    feed_look(wires, {SERVICE: body})


def feed_report(wires: Wires, body: bytes) -> None:
    feed_look(wires, {REPORT: body})


def feed_stopped(wires: Wires, body: bytes) -> None:
    stopped = {"error": {"code": 500, "message": "Service Rainfall/MapServer not started ", "details": []}}
    feed_look(wires, {SERVICE: json.dumps(stopped).encode(), "admin/services/Rainfall.MapServer": body})


def feed_tasks(wires: Wires, body: bytes, task: bytes = json.dumps(PARAMETERS).encode()) -> None:
    wires.serve(lambda path: body if path.endswith("/GPServer") else task)
    found = fed_to(find_delete_task, wires.rest(), wires.site)
    if found is not None:
        assert re.fullmatch(re.escape(wires.site) + r"/rest/services/System/\w+/GPServer/[\w%]+", found.url)
        assert found.required <= found.inputs


def feed_task(wires: Wires, body: bytes) -> None:
    feed_tasks(wires, b'{"tasks": ["DeleteCache"]}', body)


def feed_submit(wires: Wires, body: bytes) -> None:
    wires.serve(lambda path: body)
    url = fed_to(submit, wires.rest(factor=20.0), f"{wires.site}/{TASK}", {"service_url": "Rainfall:MapServer"})
    assert url is None or re.fullmatch(re.escape(f"{wires.site}/{TASK}/jobs/") + r"[^\W_]{1,100}", url)
    assert len(wires.here.asked) == 1


def feed_job(wires: Wires, body: bytes) -> None:
    wires.serve(lambda path: body)
    listener = Listener()
    report = fed_to(follow, wires.rest(20.0, 400.0), f"{wires.site}/{TASK}/jobs/{JOB}", listener, PATIENCE)
    assert isinstance(report, JobReport)
    assert listener.everything.replace("\n", " ").isprintable()
    assert len(report.messages) <= 1000
    assert report.end is not JobEnd.SUCCEEDED or b"esriJobSucceeded" in body
    assert all(percent is None or 0 <= percent <= 100 for _, percent in listener.labels)


def feed_jobs(wires: Wires, body: bytes) -> None:
    wires.serve(lambda path: body)
    listed = fed_to(list_jobs, wires.rest(), wires.site, "CachingTools")
    assert listed is None or all(isinstance(one, str) and one for one in listed)


def feed_admin(wires: Wires, body: bytes) -> None:
    wires.serve(lambda path: body)
    assert fed_to(advertised_in_admin, wires.rest(), wires.service) in (True, False, None)
    assert (fed_to(tools_state, wires.rest(), wires.site, "CachingTools") or "").isprintable()
    assert fed_to(start_service, wires.rest(), wires.service) is None


def feed_value(wires: Wires, body: bytes) -> None:
    wires.serve(lambda path: body)
    job_url = f"{wires.site}/{TASK}/jobs/{JOB}"
    assert (fed_to(service_of_job, wires.rest(), job_url) or "").isprintable()
    assert (fed_to(result, wires.rest(), job_url, "out_service_url") or "").isprintable()


FEEDS: list[tuple[Any, Feed]] = [
    (INFO, feed_info),
    (TOKEN, feed_token),
    (CACHED, feed_service),
    (EXISTS, feed_report),
    (ADMIN, feed_stopped),
    ({"tasks": ["Create Map Cache", "DeleteCache"]}, feed_tasks),
    (PARAMETERS, feed_task),
    (SUBMITTED, feed_submit),
    (SUCCEEDED, feed_job),
    (JOBS, feed_jobs),
    (ADMIN, feed_admin),
    (VALUE, feed_value),
    (REFUSAL, feed_value),
    (REFUSAL_OF_THE_ADMIN_API, feed_admin),
]
BY_FEED = pytest.mark.parametrize(
    ("good", "feed"), FEEDS, ids=[f"{feed.__name__}-{number}" for number, (_, feed) in enumerate(FEEDS)]
)


@BY_FEED
def test_one_odd_value_in_a_body_ends_in_a_result_or_a_documented_error(wires: Wires, good: Any, feed: Feed) -> None:
    feed(wires, json.dumps(good).encode())
    for body in every_odd_body(good):
        feed(wires, body)


@BY_FEED
def test_any_body_ends_in_a_result_or_a_documented_error(wires: Wires, good: Any, feed: Feed) -> None:
    @settings(STEADY, max_examples=20)
    @given(as_bytes(good))
    def fuzz(body: bytes) -> None:
        feed(wires, body)

    fuzz()


def test_a_report_in_a_string_may_hold_numbers_that_json_does_not_know(wires: Wires) -> None:
    for body in every_odd_body(EXISTS["results"][0]["value"]):
        feed_report(wires, json.dumps({"results": [{"value": body.decode("utf-8", "replace")}]}).encode())


@settings(STEADY, max_examples=60)
@given(info=as_bytes(INFO), token=as_bytes(TOKEN))
def test_any_rest_info_and_token_together_sign_in_at_the_named_host_or_nowhere(
    wires: Wires, info: bytes, token: bytes
) -> None:
    feed_info(wires, info, token)


# --- the whole story on a hostile server

GOOD: dict[str, Any] = {
    "info": {"currentVersion": 11.3, "fullVersion": "11.3.0"},
    "service before": CACHED,
    "service after": UNCACHED,
    "report before": EXISTS,
    "report after": NONE,
    "tasks": {"tasks": ["DeleteCache"]},
    "task": PARAMETERS,
    "submit": SUBMITTED,
    "job": SUCCEEDED,
    "result": {"paramName": "out_service_url", "value": "x"},
    "jobs": {"results": [], "nextStart": -1},
}


class Story:
    """A server that goes from cached to not cached once a job is submitted; `said` is the last body of each step."""

    def __init__(self, bodies: Mapping[str, bytes | None]) -> None:
        good = {name: json.dumps(body).encode() for name, body in GOOD.items()}
        self.bodies: dict[str, bytes | None] = {**good, **bodies}
        self.submits = 0
        self.said: dict[str, Any] = {}

    def answer(self, path: str) -> bytes | None:
        step = self._step(path)
        if step == "submit":
            self.submits += 1
        body = self.bodies.get(step)
        self.said[step.partition(" ")[0]] = _parsed(body)
        return body

    def _step(self, path: str) -> str:
        when = "after" if self.submits else "before"
        named = {
            "rest/info": "info",
            SERVICE: f"service {when}",
            REPORT: f"report {when}",
            TASK.rpartition("/")[0]: "tasks",
            TASK: "task",
            f"{TASK}/submitJob": "submit",
            "admin/services/System/CachingTools.GPServer/jobs/query": "jobs",
        }
        if path in named:
            return named[path]
        return "result" if "/results/" in path else "job" if path.startswith(f"{TASK}/jobs/") else "?"

    def really_says_gone(self) -> bool:
        """The service advertises no cache (or nothing while the report says none), and job or report confirm it."""
        service, job = (self.said.get(step) for step in ("service", "job"))
        report = self.report()
        fused = service.get("singleFusedMapCache") if isinstance(service, dict) else "unread"
        no_tiles = isinstance(report, dict) and report.get("status") == "NONE" and not _tiles(report)
        no_tiles = no_tiles or (isinstance(report, dict) and _tiles(report) == 0)
        succeeded = isinstance(job, dict) and job.get("jobStatus") == "esriJobSucceeded"
        says_nothing = (
            fused not in (True, False, "unread") and isinstance(report, dict) and report.get("status") == "NONE"
        )
        return (fused is False or says_nothing) and (succeeded or no_tiles)

    def report(self) -> Any:
        said = self.said.get("report")
        results = said.get("results") if isinstance(said, dict) else None
        value = (
            results[0].get("value") if isinstance(results, list) and results and isinstance(results[0], dict) else None
        )
        return _parsed(value.encode("utf-8", "replace")) if isinstance(value, str) else value


def _tiles(report: Mapping[str, Any]) -> int | None:
    infos = report.get("lodInfos") or []
    try:
        return sum(int(info["tileCount"]) for info in infos)
    except (TypeError, KeyError, ValueError, OverflowError):
        return None


def _parsed(body: bytes | None) -> Any:
    try:
        return json.loads((body or b"").decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


@st.composite
def spoiled_steps(draw: st.DrawFn) -> dict[str, bytes]:
    steps = draw(st.lists(st.sampled_from(sorted(GOOD)), min_size=0, max_size=3, unique=True))
    swaps = st.sampled_from(sorted(GOOD)).map(lambda name: json.dumps(GOOD[name]).encode())
    return {step: draw(st.one_of(as_bytes(GOOD[step]), as_bytes(GOOD[step]), swaps)) for step in steps}


def tell(wires: Wires, journal: Path, bodies: Mapping[str, bytes | None]) -> None:
    """Run the whole story on a server with these bodies, and hold its verdict against what the server has said."""
    story = Story({step: body and wires.placed(body) for step, body in bodies.items()})
    wires.serve(story.answer)
    listener = Listener()
    try:
        receipt = delete_map_server_cache(
            f"{wires.site}/{SERVICE}",
            messages=listener,
            account=ACCOUNT,
            clock=FastClock(200.0),
            patience=PATIENCE,
            deadline=60.0,
            journal_folder=journal,
        )
    except CacheToolsError as error:
        assert type(error) is not Unexpected, str(error)
        assert error.receipt is not None
        receipt = error.receipt
    assert story.submits <= 1
    assert wires.elsewhere.asked == []
    assert receipt.output_url == f"{wires.site}/{SERVICE}"
    assert receipt.job_url is None or receipt.job_url.startswith(f"{wires.site}/{TASK}/jobs/")
    if receipt.verdict is Verdict.DELETED:
        assert story.really_says_gone(), (story.said, bodies)
        assert story.submits == 1
    if receipt.verdict is Verdict.NOTHING_TO_DELETE:
        assert story.submits == 0
    told = json.dumps(receipt.to_dict(), allow_nan=False)
    assert ACCOUNT.password not in told + listener.everything
    assert listener.everything.replace("\n", " ").isprintable()
    assert receipt.to_text().replace("\n", " ").isprintable()
    for file in journal.glob("*.json"):
        file.unlink()


@settings(STEADY, max_examples=60)
@given(spoiled_steps())
def test_no_server_can_have_a_cache_called_deleted_that_it_does_not_show_to_be_gone(
    wires: Wires, tmp_path: Path, bodies: dict[str, bytes]
) -> None:
    tell(wires, tmp_path / "journal", bodies)


@pytest.mark.parametrize("reported", [True, False], ids=["with a report", "without a report"])
@pytest.mark.parametrize("job", [SUCCEEDED, {"jobStatus": "esriJobFailed"}], ids=["succeeded", "failed"])
@pytest.mark.parametrize("step", ["service after", "report after", "job"])
def test_one_odd_value_never_makes_deleted_of_a_cache_that_is_not_shown_to_be_gone(
    wires: Wires, tmp_path: Path, step: str, job: Any, reported: bool
) -> None:
    base: dict[str, bytes | None] = {"job": json.dumps(job).encode()}
    if not reported:
        base.update({"report before": None, "report after": None})
    if base.get(step, b"") is not None:
        for body in every_odd_body(job if step == "job" else GOOD[step], (None, [], True)):
            tell(wires, tmp_path / "journal", {**base, step: body})


def test_the_story_of_the_hostile_server_ends_in_deleted_where_nothing_is_spoiled(wires: Wires, tmp_path: Path) -> None:
    story = Story({})
    wires.serve(story.answer)
    receipt = delete_map_server_cache(
        f"{wires.site}/{SERVICE}", clock=FastClock(), patience=PATIENCE, journal_folder=tmp_path
    )
    assert (receipt.verdict, story.submits, story.really_says_gone()) == (Verdict.DELETED, 1, True)


@pytest.mark.parametrize(
    "job_id", ["../../x", "a/b", "..", "a%2fb", "j1?x=1", "j1#", "", " ", "j" * 101, 5, None, ["j1"]]
)
def test_a_job_id_that_is_no_id_starts_no_request_elsewhere(wires: Wires, tmp_path: Path, job_id: Any) -> None:
    story = Story({"submit": json.dumps({"jobId": job_id, "jobStatus": "esriJobSubmitted"}).encode()})
    wires.serve(story.answer)
    receipt = fed_to(
        delete_map_server_cache,
        f"{wires.site}/{SERVICE}",
        clock=FastClock(),
        patience=PATIENCE,
        journal_folder=tmp_path,
    )
    assert receipt.verdict is Verdict.DELETED, "the look shows that the cache is gone"
    assert (story.submits, receipt.job_url) == (1, None)
    assert not [path for path, _ in wires.here.asked if ".." in path or path.startswith(f"{TASK}/jobs")]


@pytest.mark.parametrize("many", [600, 20_000])
def test_a_job_with_a_flood_of_messages_is_told_in_part(wires: Wires, many: int) -> None:
    said: list[dict[str, str]] = []

    def more(path: str) -> bytes:
        said.extend({"description": f"m{number}"} for number in range(many))
        status = "esriJobSucceeded" if len(said) >= 4 * many else "esriJobExecuting"
        return json.dumps({"jobStatus": status, "messages": said}).encode()

    wires.serve(more)
    listener = Listener()
    report = follow(wires.rest(600.0, 20.0), f"{wires.site}/{TASK}/jobs/{JOB}", listener, Patience())
    assert (report.end, len(report.messages)) == (JobEnd.SUCCEEDED, 1000)
    assert len(listener.lines) == 1000


# --- the same with the rehearsal server's own hostile faults, over real TLS


@pytest.mark.parametrize(
    "fault", ["huge-message", "control-characters", "html-in-messages", "hostile-result-url", "endless-body@result"]
)
def test_hostile_words_change_no_verdict_and_reach_no_terminal(rehearsal: Callable[..., Any], fault: str) -> None:
    server = rehearsal(faults=[fault])
    listener = Listener()
    receipt = delete(server, messages=listener)
    assert (receipt.verdict, receipt.exit_code, server.submits) == (Verdict.DELETED, 0, 1)
    assert not Path(server.services[0]["cache"]).exists()
    everything = listener.everything + receipt.to_text() + "\n".join(receipt.messages)
    assert everything.replace("\n", " ").isprintable()
    assert max(map(len, receipt.messages)) <= LONGEST_MESSAGE + 20
    page = receipt.to_html()
    assert not re.search(r"<(script|img|b|a)\b", page)
    if fault == "html-in-messages":
        assert "&lt;script" in page
    assert receipt.output_url == service_url(server)


def test_an_endless_body_ends_in_a_true_verdict(rehearsal: Callable[..., Any]) -> None:
    server = rehearsal(faults=["endless-body@job"])
    receipt = delete(server, clock=FastClock(200.0))
    folder = Path(server.services[0]["cache"])
    assert receipt.verdict is Verdict.DELETED, "the look shows that the cache is gone"
    assert files_below(folder) == 0
    assert server.submits == 1
    assert any("though of the job this is known: no answer" in text for text in receipt.warnings)


def test_an_endless_body_instead_of_the_look_proves_nothing(rehearsal: Callable[..., Any]) -> None:
    server = rehearsal(faults=["endless-body@service-after", "endless-body@report-after"])
    receipt = delete(server, clock=FastClock(200.0), deadline=600.0)
    assert receipt.verdict not in (Verdict.DELETED, Verdict.NOTHING_TO_DELETE, Verdict.NOT_DELETED)
    assert (receipt.after.cached, receipt.after.tiles) == (None, None)
    assert server.submits == 1


# --- files of this machine

URL = "https://gis.example.com:6443/arcgis/rest/services/F/Rainfall/MapServer"


@settings(STEADY, max_examples=150)
@given(
    st.one_of(
        hostile_text.map(lambda t: t.encode("utf-8", "replace").decode()), hostile_text.map("https://h/{}".format)
    )
)
def test_a_file_name_stays_in_its_folder_and_no_two_addresses_share_it(text: str) -> None:
    address = text.encode("utf-8", "replace").decode()
    name = file_name_for(address)
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,100}", name)
    assert Path("/a/journal", f"{name}.json").resolve().parent == Path("/a/journal").resolve()
    assert name != file_name_for(address + "/")
    assert not name.startswith(".")
