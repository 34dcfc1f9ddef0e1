"""A look at a service's cache, and what two looks say together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from cachetools_core.server.cache import CacheLook, CacheState, Scale, ServiceState, compare, look
from support.addresses import REPORT
from support.body_server import BodyServer
from support.clocks import FastClock
from support.story import account_of

from cachetools_core.errors import DeadlinePassed, NotPermitted, SignInRefused, TokenRefused
from cachetools_core.naming.service import ServiceReference
from cachetools_core.server.signin import Given, sign_in
from cachetools_core.server.site import open_site
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
DENIED = {"error": {"code": 403, "message": "No.", "details": []}}
CACHED = {"singleFusedMapCache": True, "tileInfo": {"lods": [{}, {}]}, "capabilities": "Map"}
UNCACHED = {"singleFusedMapCache": False, "capabilities": "Map,Query,Data"}


def level(number: Any = 0, tiles: Any = 4, **more: Any) -> dict[str, Any]:
    return {"scale": 100.0, "levelID": number, "tileCount": tiles, "tilesSize": 40, "isRunning": "false", **more}


def report(*levels: Any, status: str = "EXISTS", **more: Any) -> dict[str, Any]:
    return {"name": "F/Rain", "type": "MapServer", "status": status, "lodInfos": list(levels), **more}


def executed(value: Any) -> dict[str, Any]:
    return {"results": [{"paramName": "out", "dataType": "GPString", "value": value}], "messages": []}


class Site:
    """A site of which a test says what three addresses answer."""

    def __init__(self, server: BodyServer) -> None:
        self.server = server
        self.bodies: dict[str, Any] = {}
        self.clock = FastClock(200)
        server.answer = self._answer

    def _answer(self, path: str) -> bytes | None:
        body = self.bodies.get(path)
        content = body() if callable(body) else body
        return content if content is None or isinstance(content, bytes) else json.dumps(content).encode()

    def look(self, service: Any, report: Any = None, admin: Any = None, kind: str = "MapServer") -> CacheLook:
        self.bodies = {SERVICE.replace("MapServer", kind): service, REPORT: report, ADMIN: admin}
        rest = PlainWire(Trust(), Run(self.clock, 600, lambda: False))
        return look(rest, ServiceReference(self.server.site, "F", "Rain", kind), tries=1)


@pytest.fixture
def site() -> Iterator[Site]:
    with BodyServer(lambda path: None) as server:
        yield Site(server)


# What the service says


@pytest.mark.parametrize(
    ("body", "cached"),
    [
        (CACHED, True),
        (UNCACHED, False),
        ({"capabilities": "Map"}, None),
        ({"singleFusedMapCache": True}, True),
        ({"tileInfo": {}}, True),
        ({"singleFusedMapCache": False, "tileInfo": {"lods": []}}, True),
        ({"singleFusedMapCache": "false", "capabilities": "Map"}, None),
        ({"singleFusedMapCache": None, "tileInfo": None, "capabilities": ""}, None),
    ],
)
def test_a_service_is_cached_only_where_it_says_so_and_not_cached_only_where_it_says_that(body, cached, site):
    found = site.look(body)
    assert (found.service, found.cached) == (ServiceState.ANSWERS, cached)


@pytest.mark.parametrize(
    "body", [{}, {"currentVersion": 11.3}, {"singleFusedMapCache": "false"}, {"tasks": []}], ids=str
)
def test_what_is_no_service_does_not_count_as_its_answer(body, site):
    found = site.look(body)
    assert (found.service, found.cached) == (ServiceState.UNREADABLE, None)
    assert "was answered with something that isn't a service" in found.trouble[0]


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
    assert (found.service, found.cached, found.shows_no_cache, found.tiles) == (state, None, False, 4)
    assert len(found.trouble) == 1, "the service's own"


def test_a_missing_service_is_not_asked_for_in_the_administrator_api(site):
    site.look(NOT_FOUND, report(status="NONE"), {"properties": {"isCached": "false"}})
    assert ADMIN not in [path for path, _ in site.server.asked]


@pytest.mark.parametrize(
    ("admin", "cached"),
    [
        ({"properties": {"isCached": "true"}}, True),
        ({"properties": {"isCached": "false"}}, False),
        ({"properties": {"isCached": "False"}}, False),
        ({"properties": {"isCached": True}}, True),
        ({"properties": {"isCached": "perhaps"}}, None),
        ({"properties": {}}, None),
        ({"properties": "none"}, None),
        ({}, None),
        (DENIED, None),
        (None, None),
    ],
    ids=str,
)
def test_of_a_stopped_service_the_administrator_api_says_whether_it_is_cached(admin, cached, site):
    found = site.look(NOT_STARTED, executed(report(level())), admin)
    assert (found.service, found.cached) == (ServiceState.NOT_STARTED, cached)
    assert len(found.trouble) == (2 if admin in (DENIED, None) else 1)


@pytest.mark.parametrize(("code", "kind"), [(403, NotPermitted), (498, TokenRefused), (499, TokenRefused)])
def test_a_service_that_this_account_may_not_see_is_an_error(code, kind, site):
    with pytest.raises(kind):
        site.look({"error": {"code": code, "message": "No.", "details": []}})


@pytest.mark.parametrize(
    ("kind", "capabilities", "tiles_only"),
    [
        ("MapServer", "Map,TilesOnly,Tilemap", True),
        ("MapServer", "Map,Tilemap", False),
        ("MapServer", None, False),
        ("ImageServer", "Image,TilesOnly", False),
    ],
)
def test_a_hosted_tile_layer_is_a_map_service_with_tiles_only(kind, capabilities, tiles_only, site):
    assert site.look({**CACHED, "capabilities": capabilities}, kind=kind).tiles_only is tiles_only


@pytest.mark.parametrize(
    ("tile_info", "scales"), [({"lods": [{}, {}]}, 2), ({"lods": None}, 0), ({}, 0), ("x", 0), (None, 0)], ids=str
)
def test_the_scales_of_the_tiling_scheme_are_counted(tile_info, scales, site):
    assert site.look({"singleFusedMapCache": True, "tileInfo": tile_info}).scheme_scales == scales


# What the report says


DRESSES: list[Callable[[Any], Any]] = [lambda value: value, json.dumps]


@pytest.mark.parametrize("dress", DRESSES, ids=["an object", "a string"])
def test_the_report_counts_the_scales_that_hold_tiles(dress, site):
    found = site.look(CACHED, executed(dress(report(level(0, 4), level(1, 0), level(2, 16.0), level(3, 1)))))
    assert found.scales == (Scale(0, 100.0, 4, 40), Scale(2, 100.0, 16, 40), Scale(3, 100.0, 1, 40))
    assert (found.tiles, found.bytes, found.busy, found.trouble) == (21, 120, False, ())
    assert (REPORT, {"service_url": ["F/Rain:MapServer"], "f": ["json"]}) in site.server.asked


@pytest.mark.parametrize(
    "answer",
    [
        executed("no JSON"),
        executed("[" * 100_000),
        executed(json.dumps("twice")),
        executed(None),
        executed([report()]),
        executed(report(status="PERHAPS")),
        executed({"lodInfos": []}),
        executed(report(name="Other")),
        executed(report(type="ImageServer")),
        {"results": []},
        {"results": [None]},
        {"results": {"value": report()}},
        {},
        DENIED,
        NOT_FOUND,
        b"<html>",
        None,
    ],
    ids=lambda answer: str(answer)[:60],
)
def test_a_report_in_another_form_counts_nothing(answer, site):
    found = site.look(CACHED, answer)
    assert (found.scales, found.tiles, found.bytes, found.busy) == (None, None, None, False)
    assert found.trouble
    assert (found.service, found.cached) == (ServiceState.ANSWERS, True)


@pytest.mark.parametrize("status", ["EXISTS", "NONE", "COMPLETED", "FAILED", "FAILURE", "FAILING"])
def test_each_status_of_a_report_is_known(status, site):
    found = site.look(CACHED, executed(report(level(), status=status)))
    assert (found.tiles, found.cached) == (4, True)


def test_the_first_result_is_the_report(site):
    results = executed(report(level()))["results"]
    assert site.look(CACHED, {"results": [*results, None]}).tiles == 4


def test_a_report_that_names_no_service_is_about_the_one_that_was_asked_for(site):
    assert site.look(CACHED, executed({"status": "EXISTS", "lodInfos": [level()]})).tiles == 4


def test_a_thousand_levels_are_counted(site):
    assert site.look(CACHED, executed(report(*[level()] * 1000))).tiles == 4000


@pytest.mark.parametrize(
    "levels",
    [
        [level(tiles=None)], [level(tiles="4")], [level(tiles=-1)], [level(tiles=4.5)], [level(tiles=True)],
        [level(tiles=1e18)], [level(tiles=1e30)], [level(scale=1e18)],
        [level(), None], [level(number=None)], [level(scale="big")], [level(scale=None)],
        [level(scale=-0.5)], [level(tilesSize="x")], [level()] * 1001,
    ],
    ids=lambda levels: str(levels)[:70],
)  # fmt: skip
def test_half_a_count_is_none(levels, site):
    found = site.look(CACHED, executed(report(*levels)))
    assert (found.scales, found.tiles) == (None, None)


def test_a_level_without_a_size_still_counts_its_tiles(site):
    without = level(scale=0)
    del without["tilesSize"]
    assert site.look(CACHED, executed(report(without))).scales == (Scale(0, 0.0, 4, 0),)


@pytest.mark.parametrize("infos", ["x", 5, {"0": level()}, [], None])
def test_levels_that_are_no_list_count_nothing(infos, site):
    assert site.look(CACHED, executed({**report(), "lodInfos": infos})).scales is None


@pytest.mark.parametrize("infos", [None, []])
def test_a_report_without_levels_counts_no_tile(infos, site):
    assert site.look(UNCACHED, executed({**report(status="NONE"), "lodInfos": infos})).tiles == 0


@pytest.mark.parametrize(
    ("more", "busy"),
    [
        ({}, False),
        ({"cacheExecutionStatus": "NONE"}, False),
        ({"cacheExecutionStatus": "SUBMITTED"}, True),
        ({"cacheExecutionStatus": "PROCESSING"}, True),
    ],
)
def test_a_report_says_whether_caching_is_going_on(more, busy, site):
    assert site.look(CACHED, executed(report(level(), **more))).busy is busy


@pytest.mark.parametrize(("running", "busy"), [("true", True), (True, True), ("TRUE", True), ("false", False)])
def test_one_level_that_is_at_work_is_enough(running, busy, site):
    assert site.look(CACHED, executed(report(level(), None, level(isRunning=running)))).busy is busy


def test_where_the_service_says_nothing_a_report_of_none_says_not_cached(site):
    found = site.look(OTHER, executed(report(status="NONE")))
    assert (found.service, found.cached, found.tiles, found.shows_no_cache) == (ServiceState.UNREADABLE, False, 0, True)


@pytest.mark.parametrize("status", ["EXISTS", "COMPLETED", "FAILED"])
def test_any_other_report_says_nothing_about_being_cached(status, site):
    assert site.look(OTHER, executed(report(status=status))).cached is None


def test_a_missing_service_is_not_called_uncached_by_any_report(site):
    assert site.look(NOT_FOUND, executed(report(status="NONE"))).cached is None


@pytest.mark.parametrize(
    ("cached", "scales", "no_cache"),
    [
        (False, None, True),
        (False, (), True),
        (False, (Scale(0, 1.0, 1, 1),), False),
        (True, (), False),
        (True, None, False),
        (None, (), False),
        (None, None, False),
    ],
)
def test_no_cache_is_shown_only_where_none_is_advertised_and_no_tile_counted(cached, scales, no_cache):
    assert CacheLook(ServiceState.ANSWERS, cached, scales).shows_no_cache is no_cache


@pytest.mark.parametrize("late", [SERVICE, ADMIN, REPORT])
def test_a_look_ends_with_the_deadline_wherever_it_is(late, site):
    def slow() -> Any:
        site.clock.later = 1000.0
        return NOT_STARTED

    class Late(FastClock):
        later = 0.0

        def monotonic(self) -> float:
            return super().monotonic() + self.later

    site.clock = Late(1.0)
    bodies = {SERVICE: NOT_STARTED, ADMIN: {}, REPORT: executed(report()), late: slow}
    with pytest.raises(DeadlinePassed):
        site.look(bodies[SERVICE], bodies[REPORT], bodies[ADMIN])


# Two looks


def a_look(cached: bool | None, tiles: int | None) -> CacheLook:
    scales = None if tiles is None else tuple([Scale(0, 1.0, tiles, 1)] if tiles else [])
    return CacheLook(ServiceState.ANSWERS, cached, scales)


BEFORE = [a_look(cached, tiles) for cached, tiles in product((True, False, None), (None, 0, 5))]


def by_the_rules(before: CacheLook, after: CacheLook) -> CacheState:
    """What wasn't counted proves nothing, and neither does what one of the two sees alone all of a sudden."""
    if after.tiles is None and after.cached is None:
        return CacheState.UNREADABLE
    if after.tiles is None:
        return CacheState.UNCOUNTED if after.cached else CacheState.UNADVERTISED
    if (after.cached, after.tiles) == (True, 0) and before.tiles in (None, 5):
        return CacheState.CONTRADICTORY
    if after.cached is False and after.tiles > 0 and before.cached in (True, None):
        return CacheState.CONTRADICTORY
    if after.tiles == 0 and not after.cached:
        return CacheState.NONE if after.cached is False else CacheState.UNREADABLE
    if before.tiles is None:
        return CacheState.UNCOUNTED
    return CacheState.FEWER if after.tiles < before.tiles else CacheState.AS_BEFORE


@pytest.mark.parametrize("before", BEFORE, ids=lambda one: f"{one.cached}-{one.tiles}")
@pytest.mark.parametrize(("cached", "tiles"), list(product((True, False, None), (None, 0, 1, 5, 9))))
def test_two_looks_say_what_the_rules_say(before, cached, tiles):
    after = a_look(cached, tiles)
    found = compare(before, after)
    assert found is by_the_rules(before, after)
    assert (found is CacheState.NONE) == (cached is False and tiles == 0)
    assert found is not CacheState.FEWER or tiles < before.tiles
    assert found is not CacheState.AS_BEFORE or tiles >= before.tiles


# On the rehearsal server


def signed_in(server: Any, name: str = "Rainfall", kind: str = "MapServer") -> tuple[Any, ServiceReference]:
    rest = PlainWire(Trust(ca_file=server.ca_file), Run(FastClock(), 600, lambda: False))
    wire = sign_in(rest, open_site(rest, server.site), Given(account_of(server)), None).wire
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
