"""A report on a whole site, or on several services: true numbers, bounded work, nothing changed, nobody holds it up."""

from __future__ import annotations

import csv
import json
import os
import shutil
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.body_server import BodyServer, Page, refusal
from support.clocks import ScaledClock
from support.listener import CancelWhen, Listener
from support.many_services import REPORT, ManyServices, OnceOneIsLeft
from support.puppet import GONE, NONE, STOPPED, executed, is_cached, level, page
from support.rehearsal_client import SOURCES, Start
from support.story import access, account_of, service_url

from cachetools_core.errors import Cancelled, Moved, NoAccount, NoAnswer, NotAService, SignInRefused, WrongUsage
from cachetools_core.proof.site_caches import Ending, Why
from cachetools_core.proof.site_report import SiteReport
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.tools.access import Access
from cachetools_core.tools.inquiry import AT_A_TIME
from cachetools_core.tools.report import report_cache
from cachetools_core.tools.report_site import report_services, report_site

NAMES = ("A", "B", "F/C", "F/D", "F/E", "G/H")
A_SERVICE = 3
"""Requests for a service with a cache: itself, the cache report, the administrator API."""


def by_name(report: SiteReport) -> dict[str, Any]:
    return {str(row.service).partition(":")[0]: row for row in report.caches}


def unread(report: SiteReport) -> dict[str, Why]:
    return {row.name: row.why for row in report.unread}


@pytest.fixture
def many(bodies: BodyServer) -> Iterator[ManyServices]:
    site = ManyServices(bodies, NAMES)
    yield site
    site.let_go.set()


# What it tells


def test_the_numbers_equal_each_services_own_report_and_the_files(
    rehearsal: Start, shared: Path, tmp_path: Path
) -> None:
    server = rehearsal(services=4, caches={f"Basemaps/{name}": shared / path for name, path in SOURCES.items()})
    server.cache_on_demand("Rainfall")
    first = len(server.requests)
    found = report_site(server.site, access(server), tmp_path / "site.json")
    asked = server.requests[first:]
    rows = by_name(found)
    assert set(rows) == {"Rainfall", *server._caches} and found.ending is Ending.WHOLE and found.unread == ()
    for name, row in rows.items():
        counts = server.cache(name).counts()
        assert row.tiles == sum(tiles for tiles, _ in counts.values())
        assert row.bytes == sum(size for _, size in counts.values())
        alone = report_cache(service_url(server, name), access(server))
        scales = [one.scale.scale for one in alone.rows]
        assert (row.tiles, row.bytes, row.scales) == (alone.tiles, alone.bytes, len(scales))
        assert (row.first_scale, row.last_scale) == (max(scales), min(scales))
        assert alone.scheme is not None and row.on_demand is alone.found.on_demand is (name == "Rainfall")
        assert (row.storage_format, row.tile_format) == (alone.scheme.storage_format, alone.scheme.tile_format)
    assert [row.bytes for row in found.caches] == sorted((row.bytes or 0 for row in rows.values()), reverse=True)
    assert json.loads((tmp_path / "site.json").read_text(encoding="utf-8")) == found.to_dict()
    posts = {one.resource for one in asked if one.method != "GET"}
    assert posts == {"tokens/generateToken", "rest/services/System/ReportingTools/GPServer/ReportCacheStatus/execute"}
    assert server.submits == 0 and not [one for one in asked if one.step in ("submit", "start", "stop")]


def test_a_federated_site_tells_of_its_hosted_tile_layers(rehearsal: Start, rainfall: Path) -> None:
    server = rehearsal(federated=True, caches={"Hosted/Tiles": rainfall})
    rows = by_name(report_site(server.site, access(server)))
    assert (rows["Hosted/Tiles"].tiles_only, rows["Rainfall"].tiles_only) == (True, False)
    with pytest.raises(NotAService, match="is a portal"):
        report_site(f"{server.portal}/home/", access(server))


def test_stopped_secured_and_uncached_services_are_told_as_such(rehearsal: Start) -> None:
    server = rehearsal(services=8)
    server.stop_service("Planning/Map0001")
    server.secure_service("Transport/Map0002")
    shutil.rmtree(server.cache("Water/Map0003").folder.parent)
    server.stop_service("Water/Map0003")
    server.start_service("Water/Map0003")
    found = report_site(server.site, access(server))
    rows = by_name(found)
    assert (found.uncached, len(rows), found.unread) == (1, 8, ())
    assert [name for name, row in rows.items() if not row.started] == ["Planning/Map0001"]
    as_reader = report_site(server.site, access(server, "user"))
    assert unread(as_reader) == {"folder System": Why.NOT_PERMITTED, "Planning/Map0001:MapServer": Why.STOPPED}
    assert {row.bytes for row in as_reader.caches} == {None}
    assert {row.remarks for row in as_reader.caches} == {("the cache report says nothing (refused to this account)",)}


def test_a_folder_is_reported_alone(rehearsal: Start) -> None:
    server = rehearsal(services=8)
    found = report_site(f"{server.site}/rest/services/Planning", access(server))
    assert set(by_name(found)) == {"Planning/Map0001", "Planning/Map0005"}


def test_what_cant_be_read_is_listed_with_the_reason_and_stops_nothing(many: ManyServices, bodies: BodyServer) -> None:
    services = [{"name": "A", "type": "MapServer"}, {"name": "F/C/D", "type": "MapServer"},
                {"name": 7, "type": "ImageServer"}, {"name": "Other", "type": "FeatureServer"}, "odd"]  # fmt: skip
    many.bodies |= {
        "rest/services": {"folders": ["F", "G", "No", 3, "", "F"], "services": services},
        "rest/services/No": refusal(403, "Not for you."),
        "rest/services/A/MapServer": page(200),
        "rest/services/F/C/MapServer": refusal(499, "Token Required"),
        "rest/services/F/D/MapServer": GONE,
        "rest/services/G/H/MapServer": {"name": "no service"},
    }
    found = report_site(many.url)
    assert unread(found) == {
        "folder No": Why.NOT_PERMITTED, "A:MapServer": Why.UNREADABLE, "F/C:MapServer": Why.NOT_PERMITTED,
        "G/H:MapServer": Why.UNREADABLE, "F/C/D": Why.NO_SERVICE, "7": Why.NO_SERVICE, "3": Why.NO_SERVICE,
        "an entry without a name": Why.NO_SERVICE,
    }  # fmt: skip
    assert Counter(path for path, _ in bodies.asked)["rest/services/F"] == 1
    assert [row.name for row in found.unread][-4:] == ["A:MapServer", "F/C:MapServer", "G/H:MapServer", "folder No"]
    # A service that says that it has no cache, and whose tiles are counted, has one.
    assert set(by_name(found)) == {"F/D", "F/E"} and "counts 21 tiles" in by_name(found)["F/D"].remarks[0]
    assert next(row.words for row in found.unread if row.is_folder) == "the server says 'Not for you.'"


def test_a_cache_whose_counts_cant_be_read_is_told_as_one(many: ManyServices) -> None:
    many.bodies[REPORT] = executed({"status": "EXISTS", "lodInfos": [level(), level(tileCount=0.5)]})
    remarks = {remark for row in report_site(many.url).caches for remark in row.remarks}
    assert remarks == {"the cache report says that there is a cache: The report's counts can't be read."}


def test_a_cache_without_tiles_is_no_contradiction(many: ManyServices) -> None:
    many.bodies[REPORT] = executed({"status": "EXISTS", "lodInfos": [level(0, 0)]})
    many.bodies["rest/services/A/MapServer"] = GONE
    many.bodies["admin/services/A.MapServer"] = is_cached("false")
    found = report_site(many.url)
    assert {(row.tiles, row.bytes, row.remarks) for row in found.caches} == {(0, 0, ())}
    assert [(row.name, row.words.partition("and ")[2]) for row in found.unread] == [
        ("A:MapServer", "counts no tile in it.")
    ]


@pytest.mark.parametrize("stop", [{"deadline": 0}, {"messages": CancelWhen("")}])
def test_a_text_that_nobody_came_to_read_shows_no_password(stop: dict[str, Any]) -> None:
    found = report_services(["https://ann:s3cret@gis.example.com/rest/services/A/MapServer"], Access(**stop))
    told = "".join((found.to_text(), found.to_json(), found.to_csv(), found.to_html()))
    assert found.ending is not Ending.WHOLE and "gis.example.com" in told and "s3cret" not in told


class OnADeadShare(os.PathLike[str]):
    """The path of a file on a share that doesn't answer."""

    def __init__(self) -> None:
        self.is_looked_for, self.let_go = threading.Event(), threading.Event()

    def __fspath__(self) -> str:
        self.is_looked_for.set()
        self.let_go.wait(60)
        return "a.html"


def test_a_share_that_hangs_holds_up_no_cancel(many: ManyServices, bodies: BodyServer) -> None:
    class CancelsThen(Listener):
        def cancelled(self) -> bool:
            return file.is_looked_for.is_set()

    file, listener = OnADeadShare(), CancelsThen()
    with pytest.raises(Cancelled):
        report_site(many.url, Access(messages=listener), file)
    file.let_go.set()
    assert bodies.asked == []


def test_a_site_that_cant_be_listed_is_an_error(many: ManyServices, server: Rehearsal) -> None:
    many.bodies["rest/services"] = {"currentVersion": 11.3}
    with pytest.raises(NoAnswer, match="no list of services") as refused:
        report_site(many.url)
    assert refused.value.exit_code == 1
    many.bodies["rest/services"] = {"folders": {"F": 1}, "services": []}
    with pytest.raises(NoAnswer, match="no list of folders"):
        report_site(many.url)
    many.bodies["rest/info"] = Page(302, headers={"Location": "https://gis.example.com/arcgis/rest/info"})
    with pytest.raises(Moved, match=r"be right, give https://gis\.example\.com/arcgis/rest/services/F instead"):
        report_site(f"{many.url}/rest/services/F")
    with pytest.raises(NoAccount):
        report_site(server.site, Access(ca_file=server.ca_file))
    with pytest.raises(NotAService, match="Report on it by itself"):
        report_services([server.site, f"{server.site}/rest/services/F"])
    with pytest.raises(NotAService):
        report_site(f"{many.url}/rest/services/F/C/MapServer")
    with pytest.raises(WrongUsage, match="cache directory"):
        report_site(many.url, Access(cache_directory="caches"))


# Several services


def test_one_bad_text_never_stops_the_others(rehearsal: Start, tmp_path: Path) -> None:
    server = rehearsal(services=3)
    urls = [one["url"] for one in server.services]
    texts = [*urls, urls[1].replace("localhost", "LOCALHOST"), "nonsense", server.site,
             "https://127.0.0.1:9/arcgis/rest/services/A/MapServer", service_url(server, "Missing")]  # fmt: skip
    found = report_services(texts, access(server, clock=ScaledClock()), tmp_path / "several.csv")
    assert [one.service.url for one in found.caches] == [urls[0], urls[3], urls[2], urls[1]]
    assert (found.services, found.exit_code, found.ending) == (8, 0, Ending.WHOLE)
    assert unread(found) == {
        "nonsense": Why.NO_SERVICE, server.site: Why.NO_SERVICE, "A:MapServer": Why.UNREADABLE,
        "Missing:MapServer": Why.MISSING,
    }  # fmt: skip
    rows = list(csv.DictReader((tmp_path / "several.csv").read_text(encoding="utf-8").splitlines()))
    assert Counter(one["status"] for one in rows)["sum of folder"] == len(rows) - 9 == len(found.folders)
    assert int(rows[-1]["bytes"]) == found.total.bytes
    assert Counter(one.step for one in server.requests)["token"] == 1


def test_where_no_service_could_even_be_asked_the_first_error_is_raised(server: Rehearsal) -> None:
    wrong = Access(account=account_of(server, "user"), ca_file=server.ca_file)
    with pytest.raises(NotAService):
        report_services(["nonsense", "more of it"], wrong)
    server.accounts["user"] = server.accounts["publisher"]
    bad = type(account_of(server))("siteadmin", "not the password")
    with pytest.raises(SignInRefused):
        report_services(
            [service_url(server), service_url(server, "Other")], Access(account=bad, ca_file=server.ca_file)
        )
    assert Counter(one.step for one in server.requests)["token"] == 1, "the site isn't asked again for each service"


# How it goes about it


def test_it_asks_a_few_at_a_time_and_as_many_for_each_service(many: ManyServices, bodies: BodyServer) -> None:
    many.together = AT_A_TIME
    report_site(many.url)
    assert many.most_at_once == AT_A_TIME
    asked = Counter(path for path, _ in bodies.asked)
    services = {path: times for path, times in asked.items() if path.endswith("MapServer")}
    assert set(services.values()) == {1} and len(services) == 2 * len(NAMES)
    assert asked["rest/services/System/ReportingTools/GPServer/ReportCacheStatus/execute"] == len(NAMES)
    assert A_SERVICE * len(NAMES) + 3 <= sum(asked.values()) <= A_SERVICE * len(NAMES) + 6


def test_messages_are_told_and_asked_for_a_cancel_in_the_callers_thread_alone(many: ManyServices) -> None:
    heard: set[int] = set()

    class Here(Listener):
        def cancelled(self) -> bool:
            heard.add(threading.get_ident())
            return False

        def progress(self, label: str, percent: float | None = None) -> None:
            heard.add(threading.get_ident())
            super().progress(label, percent)

    listener = Here()
    report_site(many.url, Access(messages=listener))
    report_services([f"{many.url}/rest/services/A/MapServer"], Access(messages=listener))
    assert heard == {threading.get_ident()}
    assert listener.labels[0] == ("0 of 2 or more services, 0 kB so far", None)
    assert ("6 of 6 services, 24.0 kB so far", 100.0) in listener.labels


def test_a_service_that_hangs_holds_up_its_own_place_until_the_deadline(many: ManyServices, tmp_path: Path) -> None:
    many.hanging = {"rest/services/F/C/MapServer"}
    clock, listener = OnceOneIsLeft(many), Listener()
    clock.then = clock.leap
    found = report_site(many.url, Access(clock=clock, deadline=3600, messages=listener), tmp_path / "site.html")
    assert listener.labels[-1][0] == "5 of 6 services, 20.0 kB so far, waiting for F/C:MapServer"
    assert (found.ending, found.exit_code) == (Ending.NO_TIME, 5)
    assert set(by_name(found)) == set(NAMES) - {"F/C"} and unread(found) == {"F/C:MapServer": Why.NO_TIME}
    assert "Not complete" in (tmp_path / "site.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("hanging", ["rest/services/F", "rest/services/G/H/MapServer"])
def test_a_cancel_gives_what_is_known_until_then(many: ManyServices, hanging: str, tmp_path: Path) -> None:
    many.hanging = {hanging}
    listener = Listener()
    clock = OnceOneIsLeft(many, lambda: setattr(listener, "cancel_now", True))
    found = report_site(many.url, Access(clock=clock, messages=listener), tmp_path / "site.json")
    assert (found.ending, found.exit_code) == (Ending.CANCELLED, 3)
    assert set(by_name(found)) == {"A", "B", "G/H"} if hanging.endswith("F") else set(NAMES) - {"G/H"}
    assert [row.why for row in found.unread] == [Why.CANCELLED]
    assert json.loads((tmp_path / "site.json").read_text(encoding="utf-8"))["ending"] == "cancelled"


def test_a_cancel_before_anything_is_listed_is_an_error(many: ManyServices, tmp_path: Path) -> None:
    listener = Listener()
    listener.cancel_now = True
    with pytest.raises(Cancelled):
        report_site(many.url, Access(messages=listener), tmp_path / "site.json")
    assert list(tmp_path.iterdir()) == []


def test_a_secret_that_a_server_repeats_stands_nowhere(server: Rehearsal, tmp_path: Path) -> None:
    password, file = account_of(server).password, tmp_path / "site.html"
    server.fault("echo-in-error@report")
    found = report_site(server.site, access(server), file)
    assert by_name(found)["Rainfall"].bytes is None
    assert password not in file.read_text(encoding="utf-8") + repr(found)


def test_a_stopped_service_that_nobody_counts_is_told_as_stopped(many: ManyServices) -> None:
    many.bodies["rest/services/A/MapServer"] = STOPPED
    many.bodies |= {"admin/services/A.MapServer": None, **{key: NONE for key in many.bodies if key.endswith("execute")}}
    assert unread(report_site(many.url))["A:MapServer"] is Why.STOPPED


@pytest.mark.thorough
def test_many_services_cost_as_many_requests_each_and_little_memory(bodies: BodyServer) -> None:
    peaks, asked = [], []
    for number in (24, 240, 2000):
        site = ManyServices(bodies, [f"F{at % 7}/Map{at:04d}" for at in range(number)])
        bodies.asked.clear()
        tracemalloc.start()
        found = report_site(site.url)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        asked.append(len(bodies.asked) - A_SERVICE * number)
        assert len(found.caches) == number and site.most_at_once <= AT_A_TIME
    assert len(set(asked)) == 1, "requests beside those for each service don't grow with their number"
    assert peaks[-1] < 40_000_000
