"""Hostile input: texts, JSON with odd values in it, and a server that sends what a test makes up."""

from __future__ import annotations

import copy
import json
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import strategies as st

from cachetools_core.errors import CacheToolsError, Unexpected
from cachetools_core.messages import LONGEST_MESSAGE
from cachetools_core.naming.service import ServiceReference
from cachetools_core.server.tokens import Account
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.waiting import Patience, Run
from support.body_server import BodyServer
from support.clocks import FastClock

PATIENCE = Patience(no_answer=4.0, gone=1.0, cancel=1.0, grace=1.0, restart=2.0, settle=2.0)
ACCOUNT = Account("admin", "Canary-Password-1")
# In a body these stand for the server that was named, and for another one that must never be asked.
HERE, ELSEWHERE = "HERE.invalid", "ELSEWHERE.invalid"

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


@contextmanager
def hostile_wires() -> Iterator[Wires]:
    """Such a server; the other one was never asked."""
    with BodyServer(lambda path: None) as here, BodyServer(lambda path: b"{}", "127.0.0.2") as elsewhere:
        yield Wires(here, elsewhere)
        assert elsewhere.asked == [], "another host than the one that was named has been asked"
