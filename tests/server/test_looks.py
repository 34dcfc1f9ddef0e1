"""A look at a service's cache: what each witness says, of which answers, and who is asked at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.addresses import REPORT
from support.body_server import Answer, BodyServer, Page, refusal
from support.choosing import one_in
from support.clocks import FastClock
from support.puppet import executed
from support.story import account_of

from cachetools_core.errors import DeadlinePassed, NotPermitted, SignInRefused, TokenRefused
from cachetools_core.naming.service import ServiceReference
from cachetools_core.proof.evidence import Look, Remark, Says, Scale, ServiceState, Why, Witness
from cachetools_core.server.looks import look
from cachetools_core.server.signin import sign_in
from cachetools_core.server.site import open_site
from cachetools_core.server.sources import GivenAccount
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.waiting import Run

SERVICE, ADMIN = "rest/services/F/Rain/MapServer", "admin/services/F/Rain.MapServer"
NOT_STARTED = {"error": {"code": 500, "message": "Service F/Rain/MapServer not started ", "details": []}}
NO_MACHINES = {"error": {"code": 500, "message": "Could not access any server machines. Please contact ...",
                         "details": []}}  # fmt: skip
NOT_FOUND = {"error": {"code": 404, "message": "Service F/Rain/MapServer not found ", "details": []}}
IN_10_0 = "Service 'F/Rain' of type 'MapServer' does not exist or is inaccessible."
OF_10_0 = {"error": {"code": 400, "message": "Unable to complete operation.", "details": [IN_10_0]}}
OTHER = {"error": {"code": 500, "message": "Error performing operation", "details": []}}
DENIED = refusal(403)
CACHED = {"singleFusedMapCache": True, "tileInfo": {"lods": [{}, {}]}, "capabilities": "Map"}
UNCACHED = {"singleFusedMapCache": False, "capabilities": "Map,Query,Data"}


def level(number: Any = 0, tiles: Any = 4, **more: Any) -> dict[str, Any]:
    return {"scale": 100.0, "levelID": number, "tileCount": tiles, "tilesSize": 40, "isRunning": "false", **more}


def report(*levels: Any, status: Any = "EXISTS", **more: Any) -> dict[str, Any]:
    return {"name": "F/Rain", "type": "MapServer", "status": status, "lodInfos": list(levels), **more}


class Site:
    """A site of which a test says what three addresses answer."""

    def __init__(self, server: BodyServer) -> None:
        self.server = server
        self.bodies: dict[str, Any] = {}
        self.clock = FastClock(200)
        server.answer = self._answer

    def _answer(self, path: str) -> Answer:
        body = self.bodies.get(path)
        content = body() if callable(body) else body
        return content if content is None or isinstance(content, (bytes, Page)) else json.dumps(content).encode()

    def look(self, service: Any, report: Any = None, admin: Any = None, kind: str = "MapServer") -> Look:
        self.bodies = {SERVICE.replace("MapServer", kind): service, REPORT: report, ADMIN: admin}
        rest = PlainWire(Trust(), Run(self.clock, 600, lambda: False))
        return look(rest, ServiceReference(self.server.site, "F", "Rain", kind), tries=1)


@pytest.fixture
def site() -> Iterator[Site]:
    with BodyServer(lambda path: None) as server:
        yield Site(server)


def says(found: Look, witness: Witness) -> tuple[Says, Why | None, int | None]:
    """What a witness says, why it says nothing, and how many tiles it counts."""
    one = found.of(witness)
    return one.says, one.why, one.tiles


THERE, GONE, NOTHING = Says.THERE, Says.GONE, Says.NOTHING
UNREADABLE = (NOTHING, Why.UNREADABLE, None)


# What the service says


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (CACHED, THERE),
        (UNCACHED, GONE),
        ({"singleFusedMapCache": True}, THERE),
        ({"singleFusedMapCache": False}, GONE),
        ({"singleFusedMapCache": False, "tileInfo": {"lods": [{}]}}, GONE),
        ({"singleFusedMapCache": True, "tileInfo": None}, THERE),
    ],
    ids=str,
)
def test_only_the_services_own_word_counts_and_a_tiling_scheme_beside_it_proves_nothing(body, said, site):
    found = site.look(body)
    assert (found.service, found.of(Witness.SERVICE).says) == (ServiceState.ANSWERS, said)
    assert found.cached is (said is THERE)


NO_WORDS: tuple[Any, ...] = ("false", "true", None, 0, 1, [], {})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"currentVersion": 11.3},
        {"capabilities": "Map"},
        {"tileInfo": {"lods": [{}]}},
        {"tasks": []},
        *({"singleFusedMapCache": word, "capabilities": "Map"} for word in NO_WORDS),
        {"singleFusedMapCache": False, "service": {"singleFusedMapCache": True}},
        {"singleFusedMapCache": False, "serviceDataType": "esriImageServiceDataTypeRGB"},
        b"<html>Please sign in</html>",
        b"<html>404</html>",
        b"[]",
        b"false",
        b"",
        None,
    ],
    ids=str,
)
def test_a_body_that_says_nothing_of_a_cache_is_no_service_that_answers(body, site):
    found = site.look(body, executed({"status": "NONE"}))
    assert (found.service, found.of(Witness.SERVICE).says, found.cached) == (ServiceState.UNREADABLE, NOTHING, None)
    assert not found.has_no_cache
    assert found.trouble[0]


@pytest.mark.parametrize(
    ("body", "state"),
    [
        (NOT_STARTED, ServiceState.NOT_STARTED),
        (NO_MACHINES, ServiceState.NOT_STARTED),
        (NOT_FOUND, ServiceState.MISSING),
        (OF_10_0, ServiceState.MISSING),
        (OTHER, ServiceState.UNREADABLE),
        ({"error": {"code": 404, "message": "Layer gone", "details": []}}, ServiceState.UNREADABLE),
        ({"error": {"code": 400, "message": "Service not found ", "details": []}}, ServiceState.UNREADABLE),
        ({"error": {"code": 400, "message": "Service not started ", "details": []}}, ServiceState.UNREADABLE),
        ({"error": {"code": 500, "message": "Layer does not exist", "details": []}}, ServiceState.UNREADABLE),
        (b"<html>502</html>", ServiceState.UNREADABLE),
        (None, ServiceState.UNREADABLE),
    ],
    ids=str,
)
def test_a_service_that_gives_no_json_of_its_own_is_in_one_of_three_states(body, state, site):
    found = site.look(body, executed(report(level())), {})
    assert (found.service, found.cached, found.has_no_cache, found.tiles) == (state, None, False, 4)
    assert found.of(Witness.SERVICE).words == found.trouble[0] != ""


@pytest.mark.parametrize(
    "gate",
    [Page(302, b"", {"Location": "/my.policy"}), Page(302, b"", {"Location": "https://login.example.com/x"}),
     Page(401, b"", {"WWW-Authenticate": "Negotiate"}), Page(200, b"<html>Sign in</html>")],
    ids=["policy", "single sign-on", "challenge", "page"],
)  # fmt: skip
def test_what_stands_in_front_of_a_service_is_told_with_the_way_past_it(gate, site):
    found = site.look(gate, executed({"status": "NONE"}))
    assert "https://gisserver:6443/arcgis/rest/services/" in found.of(Witness.SERVICE).words
    assert "login.example.com" not in found.of(Witness.SERVICE).words


def test_a_missing_service_is_not_asked_for_in_the_administrator_api(site):
    site.look(NOT_FOUND, report(status="NONE"), {"properties": {"isCached": "false"}})
    assert ADMIN not in [path for path, _ in site.server.asked]


ADMIN_SAYS = [
    ({"properties": {"isCached": "true"}}, THERE),
    ({"properties": {"isCached": "false"}}, GONE),
    ({"properties": {"isCached": "False"}}, GONE),
    ({"properties": {"isCached": True}}, THERE),
    ({"properties": {"isCached": 1.0}}, THERE),
    ({"jsonProperties": {"iscached": ["on"]}, "properties": {}}, THERE),
    ({"isCached": "true", "properties": {"isCached": "false"}}, THERE),
    ({"isCached": "false"}, NOTHING),
    ({"properties": {"isCached": "false"}, "folderName": "G"}, NOTHING),
    ({"properties": {"isCached": "perhaps"}}, NOTHING),
    ({"properties": {"isCached": None}}, NOTHING),
    ({"properties": {}}, NOTHING),
    ({"properties": "none"}, NOTHING),
    ({}, NOTHING),
    (DENIED, NOTHING),
    ({"status": "error", "messages": ["Could not find resource or operation 'x'."], "code": 404}, NOTHING),
    (b"<html>Please sign in</html>", NOTHING),
    (None, NOTHING),
]


@pytest.mark.parametrize(("admin", "said"), ADMIN_SAYS, ids=lambda one: str(one)[:60])
@pytest.mark.parametrize("service", [NOT_STARTED, UNCACHED, OTHER], ids=["stopped", "uncached", "an error"])
def test_the_administrator_api_is_asked_where_the_others_leave_a_doubt(admin, said, service, site):
    found = site.look(service, OTHER, admin)
    assert found.of(Witness.ADMIN).says is said
    assert (ADMIN, {"f": ["json"]}) in site.server.asked
    assert bool(found.of(Witness.ADMIN).words) is (said is NOTHING)
    if service is not UNCACHED:
        assert found.cached is {THERE: True, GONE: False, NOTHING: None}[said]


@pytest.mark.parametrize(
    ("service", "report_says", "asked"),
    [
        (UNCACHED, report(status="NONE"), False),
        (UNCACHED, report(level(tiles=0, tilesSize=0)), True),
        (UNCACHED, report(level()), True),
        (UNCACHED, report(status="FAILED"), True),
        (CACHED, report(level()), False),
        (CACHED, report(status="FAILED"), False),
        (CACHED, report(status="NONE"), True),
        (NOT_FOUND, report(status="NONE"), False),
    ],
    ids=str,
)
def test_the_administrator_api_is_asked_only_where_a_doubt_is_left(service, report_says, asked, site):
    site.look(service, executed(report_says), {"properties": {"isCached": "false"}})
    assert (ADMIN in [path for path, _ in site.server.asked]) is asked


@pytest.mark.parametrize("code", [401, 403, 498, 499])
def test_an_administrator_api_that_is_closed_to_this_account_says_nothing(code, site):
    found = site.look(UNCACHED, OTHER, {"status": "error", "messages": ["No."], "code": code})
    assert says(found, Witness.ADMIN) == (NOTHING, Why.REFUSED, None)


@pytest.mark.parametrize(("code", "kind"), [(403, NotPermitted), (498, TokenRefused), (499, TokenRefused)])
def test_a_service_that_this_account_may_not_see_is_an_error(code, kind, site):
    with pytest.raises(kind):
        site.look({"error": {"code": code, "message": "No.", "details": []}})


@pytest.mark.parametrize(
    ("kind", "capabilities", "tiles_only"),
    [
        ("MapServer", "Map,TilesOnly,Tilemap", True),
        ("MapServer", "Map, TilesOnly", True),
        ("MapServer", " tilesonly ", True),
        ("MapServer", "Map,Tiles Only", True),
        ("MapServer", "Map_Tiles_Only", True),
        ("MapServer", ["Map", "TilesOnly"], True),
        ("MapServer", ["Map,TilesOnly"], True),
        ("MapServer", ["Map", None, {}], False),
        ("MapServer", "Map,NotTilesOnly", False),
        ("MapServer", "Map,Tilemap", False),
        ("MapServer", None, False),
        ("ImageServer", "Image,TilesOnly", False),
    ],
)
def test_a_hosted_tile_layer_is_a_map_service_with_tiles_only(kind, capabilities, tiles_only, site):
    found = site.look({**CACHED, "capabilities": capabilities}, kind=kind)
    assert found.tiles_only is tiles_only
    assert (Remark.TILES_ONLY in found.of(Witness.SERVICE).remarks) is tiles_only


@pytest.mark.parametrize(
    ("tile_info", "scales"), [({"lods": [{}, {}]}, 2), ({"lods": None}, 0), ({}, 0), ("x", 0), (None, 0)], ids=str
)
def test_the_scales_of_the_tiling_scheme_are_counted(tile_info, scales, site):
    assert site.look({"singleFusedMapCache": True, "tileInfo": tile_info}).scheme_scales == scales


# What the report says


DRESSES: list[Callable[[Any], Any]] = [lambda value: value, json.dumps]


@pytest.mark.parametrize("dress", DRESSES, ids=["an object", "a string"])
def test_the_report_counts_the_scales_that_hold_tiles(dress, site):
    levels = (level(0, 4), level(1, 0, tilesSize=0), level(2, 16.0), level(3, 1))
    found = site.look(CACHED, executed(dress(report(*levels))))
    assert found.scales == (Scale(0, 100.0, 4, 40), Scale(2, 100.0, 16, 40), Scale(3, 100.0, 1, 40))
    assert (found.tiles, found.bytes, found.busy, found.trouble) == (21, 120, False, ())
    assert (REPORT, {"service_url": ["F/Rain:MapServer"], "f": ["json"]}) in site.server.asked


@pytest.mark.parametrize(
    "answer",
    [
        executed("no JSON"),
        executed("[" * 100_000),
        executed("9" * 5000),
        executed(json.dumps("twice")),
        executed(None),
        executed([report()]),
        executed(report(status="PERHAPS")),
        executed(report(status=["NONE"])),
        executed(report(status={})),
        executed({"lodInfos": []}),
        {"results": []},
        {"results": [None]},
        {"results": {"value": report()}},
        {},
        b"<html>",
        None,
    ],
    ids=lambda answer: str(answer)[:60],
)
def test_a_report_in_another_form_says_nothing(answer, site):
    found = site.look(CACHED, answer)
    assert says(found, Witness.REPORT) == UNREADABLE
    assert (found.scales, found.tiles, found.bytes, found.busy) == (None, None, None, False)
    assert found.of(Witness.REPORT).words
    assert (found.service, found.cached) == (ServiceState.ANSWERS, True)


@pytest.mark.parametrize("levels", [[], [level()]], ids=["no level", "a level"])
@pytest.mark.parametrize(
    "other",
    [{"name": "Other"}, {"name": "Rain"}, {"name": "G/Rain"}, {"name": "F/Rain2"}, {"type": "ImageServer"},
     {"name": ["F/Rain"]}, {"name": ""}, {"name": 5}],
    ids=str,
)  # fmt: skip
def test_a_report_about_another_service_says_nothing(other, levels, site):
    found = site.look(UNCACHED, executed({**report(*levels, status="NONE"), **other}))
    assert says(found, Witness.REPORT) == (NOTHING, Why.ABOUT_ANOTHER, None)
    assert not found.has_no_cache


SAME = [{"name": "f/RAIN"}, {"type": "mapserver"}, {"name": None}, {"type": None}, {"service": "Rain"},
        {"service": "F/Rain/MapServer"}, {"url": "https://h/arcgis/rest/services/F/Rain/MapServer?f=json"},
        {"url": "https://h/arcgis/rest/services/System/ReportingTools/GPServer"}, {"folder": "F/"}]  # fmt: skip


@pytest.mark.parametrize("same", SAME, ids=str)
def test_letter_case_is_no_other_service_and_a_report_without_a_name_is_about_the_one_that_was_asked_for(same, site):
    assert says(site.look(CACHED, executed({**report(level()), **same})), Witness.REPORT) == (THERE, None, 4)


def test_another_unicode_form_is_no_other_service(site):
    site.bodies = {
        REPORT: executed({**report(level()), "name": "Nu\u0308sse"}),
        "rest/services/N%C3%BCsse/MapServer": CACHED,
    }
    wire = PlainWire(Trust(), Run(site.clock, 600, lambda: False))
    assert look(wire, ServiceReference(site.server.site, "", "N\u00fcsse", "MapServer"), tries=1).tiles == 4


@pytest.mark.parametrize(
    ("code", "why"),
    [(403, Why.REFUSED), (499, Why.REFUSED), (404, Why.NOT_OFFERED),
     *((code, Why.UNREADABLE) for code in (400, 401, 405, 408, 429, 498, 500, 503, 504))],
)  # fmt: skip
def test_only_arcgis_own_403_499_and_404_mean_that_nobody_may_count(code, why, site):
    refused = {"error": {"code": code, "message": "No.", "details": []}}
    found = site.look(UNCACHED, refused)
    assert says(found, Witness.REPORT) == (NOTHING, why, None)
    assert found.nobody_may_count is found.has_no_cache is (why is not Why.UNREADABLE)


@pytest.mark.parametrize("code", [403, 404, 499, 500])
@pytest.mark.parametrize("dress", ["admin", "bare", "failed", "page", "odd error"])
def test_the_same_codes_from_anybody_else_prove_nothing(dress, code, site):
    answers: dict[str, Any] = {
        "admin": {"status": "error", "messages": ["No."], "code": code},
        "bare": {"code": code, "message": "No."},
        "failed": {"status": "failed", "code": code, "message": "No."},
        "page": f"<html>{code}</html>".encode(),
        "odd error": {"error": "Forbidden", "code": code},
    }
    found = site.look(UNCACHED, answers[dress])
    assert says(found, Witness.REPORT) == UNREADABLE
    assert not found.nobody_may_count
    assert not found.has_no_cache


@pytest.mark.parametrize(
    ("status", "levels", "said", "counted"),
    [
        ("NONE", [], GONE, 0),
        ("NONE", None, GONE, 0),
        ("NONE", [level(tiles=0, tilesSize=0)], GONE, 0),
        ("NONE", [level()], THERE, 4),
        ("EXISTS", [], THERE, None),
        ("EXISTS", None, THERE, None),
        ("EXISTS", [level()], THERE, 4),
        ("EXISTS", [level(tiles=0)], THERE, None),
        ("EXISTS", [level(), level(tiles=0)], THERE, None),
        ("NONE", [level(tiles=0)], THERE, None),
        ("EXISTS", [level(tiles=0, tilesSize=0)], GONE, 0),
        ("COMPLETED", [], THERE, None),
        ("COMPLETED", [level(tiles=0, tilesSize=0)], GONE, 0),
        ("COMPLETED", [level()], THERE, 4),
        *((word, [level()], THERE, None) for word in ("FAILED", "FAILURE", "FAILING")),
        *((word, [level(tiles=0, tilesSize=0)], NOTHING, None) for word in ("FAILED", "FAILURE", "FAILING")),
        *((word, [], NOTHING, None) for word in ("FAILED", "PERHAPS", "none", "", None)),
        *((word, None, NOTHING, None) for word in ("FAILED", "PERHAPS", "none", "", None)),
    ],
    ids=str,
)
def test_each_status_with_and_without_levels(status, levels, said, counted, site):
    found = site.look(UNCACHED, executed({**report(status=status), "lodInfos": levels}))
    assert says(found, Witness.REPORT)[::2] == (said, counted)
    assert found.claims_a_cache is (said is GONE and status != "NONE")
    assert found.has_no_cache is (said is GONE and status == "NONE")


def test_a_refusal_without_a_code_is_told_without_one(site):
    words = site.look(UNCACHED, {"error": {"message": "Broken."}}).of(Witness.REPORT).words
    assert words.endswith("the server says 'Broken.' (no code).")


def test_a_report_without_a_status_says_nothing(site):
    assert says(site.look(UNCACHED, executed({"lodInfos": []})), Witness.REPORT) == UNREADABLE


def test_the_only_result_in_its_form_is_the_report(site):
    results = executed(report(level()))["results"]
    assert site.look(CACHED, {"results": [*results, None]}).tiles == 4


HELD = {"name": "F/Rain", "type": "MapServer", "status": "EXISTS", "lodInfos": [level(0, 21)]}
DISSENT: dict[str, dict[str, Any]] = {
    "a report within": {"report": {"status": "EXISTS"}},
    "a report within, as text": {"detail": json.dumps([HELD])},
    "another status": {"cacheStatus": "exists"},
    "a flag": {"isCached": "true"},
    "a count in words": {"tileCount": "1,234"},
    "a count within": {"tileCount": {"value": 21}},
    "a size in words": {"tilesSize": "12 MB"},
    "levels by another name": {"lods": [{"level": 0, "tiles": 21}]},
    "another folder": {"folderName": "G"},
    "another name": {"service": "Wind"},
    "another address": {"serviceUrl": "https://h/arcgis/rest/services/F/Wind/MapServer"},
    "another type": {"serviceType": "ImageServer"},
    "errors": {"errors": ["Status.gdb can't be read"]},
    "no success": {"success": False},
    "a count with a line": {"tile_count": 21},
    "a size of another name": {"cacheSize": 4000},
    "a size in bytes": {"sizeOnDisk": "4,000 bytes"},
    "bundles": {"bundleCount": 2},
    "a level that is filled": {"lodInfos": [{**level(0, 0), "tilesSize": 0, "expectedTileCount": 21, "percent": 1}]},
    "a level that is complete": {
        "lodInfos": [{**level(0, 0), "tilesSize": 0, "expectedTileCount": 1, "status": "Complete"}]
    },
    "a part of a report": {"exceededTransferLimit": True},
}


@pytest.mark.parametrize("dissent", DISSENT.values(), ids=DISSENT)
def test_a_report_in_which_anything_speaks_against_none_counts_no_cache_as_gone(dissent, site):
    found = site.look(UNCACHED, executed(report(status="NONE", **dissent)))
    assert found.of(Witness.REPORT).says is not Says.GONE
    assert not found.has_no_cache


BESIDE: dict[str, dict[str, Any]] = {
    "a report in a list": {"results": [{"value": report(status="NONE")}, {"value": [HELD]}]},
    "a report in the answer": {"value": HELD},
    "an error in capitals": {"Error": {"code": 403, "message": "No"}},
    "an error object": {"error": {"code": 404, "message": "No"}},
    "a job that failed": {"jobStatus": "esriJobFailed"},
    "an error in short": {"messages": {"type": "ERROR", "description": "No"}},
}


@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE)
def test_what_stands_beside_a_report_of_none_may_speak_against_it(beside, site):
    found = site.look(UNCACHED, {**executed(report(status="NONE")), **beside})
    assert (found.of(Witness.REPORT).says, found.nobody_may_count) == (NOTHING, False)


STRAY = [
    {"more": {"tileCount": 21}},
    {"lodInfos": [level(0, 4, parts=[{"tileCount": 1}])]},
    {"lodInfos": [level(0, 4), level(1, 0, tilesSize=0, expectedTileCount=16, status="Complete")]},
]


@pytest.mark.parametrize("stray", STRAY)
def test_tiles_that_stand_elsewhere_than_in_the_levels_leave_nothing_counted(stray, site):
    found = site.look(CACHED, executed({**report(level(0, 4)), **stray}))
    assert (found.of(Witness.REPORT).says, found.tiles) == (THERE, None)


def test_of_two_reports_neither_is_believed(site):
    results = [*executed(report(status="NONE"))["results"], *executed(report(level()))["results"]]
    assert says(site.look(UNCACHED, {"results": results}), Witness.REPORT) == UNREADABLE


def test_a_thousand_levels_are_counted(site):
    assert site.look(CACHED, executed(report(*[level()] * 1000))).tiles == 4000


@pytest.mark.parametrize(
    ("value", "counted"),
    [
        (21, 21),
        (21.0, 21),
        ("21", 21),
        ("21.0", 21),
        (" 21 ", 21),
        ("021", 21),
        (0, 0),
        ("0", 0),
        (0.0, 0),
        ("0.00", 0),
    ],
    ids=repr,
)
@pytest.mark.parametrize("dress", DRESSES, ids=["an object", "a string"])
def test_counts_come_as_numbers_or_as_text(value, counted, dress, site):
    found = site.look(UNCACHED, executed(dress(report(level(tiles=value, tilesSize=0)))))
    assert says(found, Witness.REPORT) == (THERE if counted else GONE, None, counted)


# No count, and no size beside them.
ODD: tuple[Any, ...] = (
    None,
    "",
    "x",
    "21 tiles",
    "-1",
    "1e3",
    "٢١",
    True,
    False,
    [],
    {},
    [21],
    -1,
    -0.5,
    float("nan"),
    float("-inf"),
    -(10**400),
    10**400,
    float("inf"),
)
# Something, and no count.
TOO_MUCH: tuple[Any, ...] = (4.5, "4.5", 1e18, 1e30, "9" * 18)


@pytest.mark.parametrize("status", ["NONE", "EXISTS"])
@pytest.mark.parametrize("odd", one_in(2, ODD), ids=lambda one: repr(one)[:20])
def test_one_level_that_cannot_be_read_makes_the_report_say_nothing(odd, status, site):
    for levels in (
        [level(tiles=odd, tilesSize=0)],
        [level(tiles=0, tilesSize=odd)],
        [level(tiles=0, tilesSize=0), level(tiles=odd, tilesSize=0)],
    ):
        found = site.look(UNCACHED, executed(json.dumps(report(*levels, status=status))))
        assert says(found, Witness.REPORT) == UNREADABLE
        assert not found.has_no_cache


@pytest.mark.parametrize("status", ["NONE", "EXISTS", "FAILED"])
@pytest.mark.parametrize("odd", TOO_MUCH, ids=lambda one: repr(one)[:20])
def test_what_is_more_than_nothing_is_there_though_it_cannot_be_counted(odd, status, site):
    for levels in ([level(tiles=odd, tilesSize=0)], [level(tiles=0, tilesSize=odd)]):
        found = site.look(UNCACHED, executed(json.dumps(report(*levels, status=status))))
        assert says(found, Witness.REPORT) == (THERE, None, None)
        assert found.contradicts_itself


@pytest.mark.parametrize(
    "levels",
    [
        [level(), None], [level(), {}], [level(), "x"], [level(), level(tiles=None)], [level(number=None)],
        [level(number=-1)], [level(number="x")], [level(scale="big")], [level(scale=None)], [level(scale=-0.5)],
        [level(scale=1e18)], [level(tilesSize="x")], [level()] * 1001,
    ],
    ids=lambda levels: str(levels)[:70],
)  # fmt: skip
def test_half_a_count_says_there_and_counts_none(levels, site):
    found = site.look(CACHED, executed(report(*levels)))
    assert says(found, Witness.REPORT) == (THERE, None, None)
    assert (found.scales, found.tiles) == (None, None)


def test_a_level_without_a_size_still_counts_its_tiles(site):
    without = level(scale=0)
    del without["tilesSize"]
    assert site.look(CACHED, executed(report(without))).scales == (Scale(0, 0.0, 4, 0),)


@pytest.mark.parametrize("status", ["NONE", "EXISTS"])
@pytest.mark.parametrize("infos", ["x", 5, {}, {"0": level(tiles=0, tilesSize=0)}, True])
def test_levels_that_are_no_list_count_nothing(infos, status, site):
    found = site.look(UNCACHED, executed({**report(status=status), "lodInfos": infos}))
    assert says(found, Witness.REPORT) == UNREADABLE


@pytest.mark.parametrize(
    ("more", "busy"),
    [
        ({}, False),
        ({"cacheExecutionStatus": "NONE"}, False),
        ({"cacheExecutionStatus": "SUBMITTED"}, True),
        ({"cacheExecutionStatus": "PROCESSING"}, True),
        ({"cacheExecutionStatus": "Processing"}, True),
    ],
)
def test_a_report_says_whether_caching_is_going_on(more, busy, site):
    assert site.look(CACHED, executed(report(level(), **more))).busy is busy


@pytest.mark.parametrize(("running", "busy"), [("true", True), (True, True), ("TRUE", True), ("false", False)])
def test_one_level_that_is_at_work_is_enough(running, busy, site):
    assert site.look(CACHED, executed(report(level(), None, level(isRunning=running)))).busy is busy


@pytest.mark.parametrize("service", [OTHER, NOT_FOUND, NOT_STARTED, b"<html>"], ids=["error", "404", "stopped", "page"])
@pytest.mark.parametrize("status", ["NONE", "EXISTS", "COMPLETED", "FAILED"])
def test_no_report_speaks_in_the_services_place(status, service, site):
    found = site.look(service, executed(report(status=status)))
    assert (found.of(Witness.SERVICE).says, found.cached, found.has_no_cache) == (NOTHING, None, False)


def test_one_nameless_answer_counts_once(site):
    found = site.look(b"<html>", executed({"status": "NONE"}))
    assert [one.witness for one in found.saying(GONE)] == [Witness.REPORT]
    assert not found.has_no_cache


@pytest.mark.parametrize("late", [SERVICE, ADMIN, REPORT])
def test_a_look_ends_with_the_deadline_wherever_it_is(late, site):
    def slow() -> Any:
        site.clock.later = 1000.0
        return None

    class Late(FastClock):
        later = 0.0

        def monotonic(self) -> float:
            return super().monotonic() + self.later

    site.clock = Late(1.0)
    bodies = {SERVICE: NOT_STARTED, ADMIN: {}, REPORT: executed(report()), late: slow}
    with pytest.raises(DeadlinePassed):
        site.look(bodies[SERVICE], bodies[REPORT], bodies[ADMIN])


# On the rehearsal server


def signed_in(server: Any, name: str = "Rainfall", kind: str = "MapServer") -> tuple[Any, ServiceReference]:
    rest = PlainWire(Trust(ca_file=server.ca_file), Run(FastClock(), 600, lambda: False))
    wire = sign_in(rest, open_site(rest, server.site), GivenAccount(account_of(server)), ()).wire
    return wire, ServiceReference(server.site, "", name, kind)


def test_the_look_counts_what_lies_on_the_servers_disk(server):
    found = look(*signed_in(server))
    on_disk = server.cache("Rainfall").counts()
    assert {scale.level: (scale.tiles, scale.bytes) for scale in found.scales} == on_disk
    assert (found.service, found.cached, found.busy) == (ServiceState.ANSWERS, True, False)
    assert found.scheme_scales == len(server.cache("Rainfall").scheme.lods)


def test_the_look_follows_the_service_through_stop_and_removal(server):
    wire, service = signed_in(server)
    server.stop_service("Rainfall")
    stopped = look(wire, service)
    assert (stopped.service, stopped.cached, stopped.tiles) == (ServiceState.NOT_STARTED, True, 2735)
    server.remove_service("Rainfall")
    missing = look(wire, service)
    assert (missing.service, missing.cached, missing.tiles) == (ServiceState.MISSING, None, None)
    assert Witness.ADMIN not in [one.witness for one in missing.testimonies]


def test_a_sign_in_that_is_refused_while_the_report_is_asked_for_is_an_error(server):
    wire, service = signed_in(server)
    server.fault("token-498@report")
    server.fault("account-locked")
    with pytest.raises(SignInRefused):
        look(wire, service)


def test_a_cached_image_service_is_looked_at_in_the_same_way(rehearsal, rainfall):
    server = rehearsal(caches={"Wind:ImageServer": rainfall})
    found = look(*signed_in(server, "Wind", "ImageServer"))
    assert (found.cached, found.tiles, found.tiles_only) == (True, 2735, False)
