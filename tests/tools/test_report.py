"""Report Map Server Cache: numbers that equal the files on disk, nothing submitted, nothing changed."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from support.body_server import BodyServer, refusal
from support.clocks import FastClock
from support.listener import CancelWhen, Listener
from support.puppet import (
    COUNTS_21,
    GONE,
    JOBS,
    NONE,
    STOPPED,
    THERE,
    WITH_A_CACHE,
    Answers,
    Puppet,
    is_cached,
    level,
    page,
    report,
)
from support.rehearsal_client import OTHER_SOURCES, SOURCES, TILES, Start, fingerprint, tiles_in
from support.story import access, account_of, files_below, service_url

from cachetools_core.errors import Cancelled, CannotDelete, ReportNotWritten, WrongUsage
from cachetools_core.proof.cache_found import ON_DEMAND, TILES_ONLY
from cachetools_core.proof.evidence import Says, Witness
from cachetools_core.proof.tile_range import expected_tiles
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.tools.access import Access
from cachetools_core.tools.report import report_cache, report_map_server_cache

TILE_INFO = {
    "rows": 10, "cols": 10, "dpi": 96, "format": "PNG", "origin": {"x": 0, "y": 10},
    "spatialReference": {"wkid": 3857}, "lods": [{"level": 0, "scale": 1000, "resolution": 0.1}],
}  # fmt: skip


def changes(server: Rehearsal) -> list[str]:
    """What was sent that starts work or changes the site: every POST but the sign-in's and the report's own."""
    harmless = ("generateToken", "ReportCacheStatus/execute")
    posts = [one.resource for one in server.requests if one.method not in ("GET", "HEAD")]
    return [one for one in posts if not one.endswith(harmless)]


def test_the_numbers_equal_the_files_of_the_real_caches(rehearsal: Start, shared: Path, tmp_path: Path) -> None:
    sources = {**SOURCES, **OTHER_SOURCES}
    server = rehearsal(caches={name: shared / path for name, path in sources.items()})
    for name in (*sources, "Rainfall"):
        before = fingerprint(server.cache(name).folder)
        found = report_cache(service_url(server, name), access(server), tmp_path / f"{name}.csv")
        on_disk = server.cache(name).counts()
        told = {"Rainfall": server.services[0]["tiles"], **TILES}.get(name, found.tiles)
        assert found.tiles == tiles_in(server, name) == told
        assert {row.scale.level: (row.scale.tiles, row.scale.bytes) for row in found.rows} == on_disk
        assert found.scheme is not None and found.scheme.storage_format == server.cache(name).scheme.storage_format
        for row in found.rows:
            assert row.expected == expected_tiles(found.scheme, row.scale.level)
        rows = list(csv.DictReader((tmp_path / f"{name}.csv").read_text(encoding="utf-8").splitlines()))
        assert int(rows[-1]["tiles"]) == sum(int(row["tiles"]) for row in rows[:-1]) == found.tiles
        assert int(rows[-1]["bytes"]) == sum(int(row["bytes"]) for row in rows[:-1]) == found.bytes
        assert fingerprint(server.cache(name).folder) == before
    assert (server.submits, changes(server)) == (0, [])
    assert not [one for one in server.requests if one.resource.startswith("admin/") and one.method != "GET"]


def test_loose_tiles_are_counted_as_their_files(rehearsal: Start, shared: Path) -> None:
    server = rehearsal(caches={"Loose": shared / SOURCES["Loose"]})
    found = report_cache(service_url(server, "Loose"), access(server))
    tiles = [one for one in (server.cache("Loose").folder / "_alllayers").rglob("*") if one.is_file()]
    assert (found.tiles, found.bytes) == (len(tiles), sum(one.stat().st_size for one in tiles))


def test_the_pane_hears_a_message_a_finding_and_the_scales(server: Rehearsal, tmp_path: Path) -> None:
    heard = Listener()
    file = tmp_path / "report.html"
    found = report_map_server_cache(service_url(server), str(file), access(server, messages=heard))
    assert (found.deletable, found.tiles) == (True, server.services[0]["tiles"])
    assert found.scales.split(";")[0] == "591657527.591555"
    for finding in found.findings:
        assert f"{finding.what}: {finding.words}" in heard.lines
    assert (heard.lines[-1], heard.warnings) == (f"Report: {file}", [])
    assert heard.lines[-2] == found.table
    text = file.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") and f"{found.tiles:,} tiles" in text
    assert text.count("http") == text.count(server.site)


def test_what_stands_in_the_way_is_a_warning_and_no_failure(server: Rehearsal) -> None:
    server.fault("read-only-site")
    server.fault("other-job-running")
    heard = Listener()
    found = report_map_server_cache(service_url(server), access=access(server, messages=heard))
    assert found.deletable is False and [one.what for one in found.stoppers] == ["site mode", "other jobs"]
    assert [one for one in heard.warnings if one.startswith("site mode: the site is in READ_ONLY mode")]
    assert found.jobs and (server.submits, changes(server)) == (0, [])


def test_a_service_that_does_not_answer_is_told_with_what_was_checked(server: Rehearsal, tmp_path: Path) -> None:
    server.stop_service("Rainfall")
    server.fault("report-refused")
    heard = Listener()
    with pytest.raises(CannotDelete, match="is not started"):
        report_map_server_cache(service_url(server), tmp_path / "a.json", access(server, messages=heard))
    assert any(one.startswith("service: Rainfall:MapServer is not started") for one in heard.warnings)
    assert list(tmp_path.iterdir()) == []


def test_a_reader_learns_what_he_may_know(server: Rehearsal, tmp_path: Path) -> None:
    found = report_cache(service_url(server), access(server, "user"), tmp_path / "a.json")
    fields = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert fields == found.to_dict()
    assert (fields["tiles"], fields["jobs"], fields["on_demand"], fields["deletable"]) == (None, None, None, False)
    assert "code 403" in found.no_jobs


def test_another_ending_is_refused_before_anything_is_asked(server: Rehearsal, tmp_path: Path) -> None:
    asked = len(server.requests)
    with pytest.raises(WrongUsage) as refused:
        report_cache(service_url(server), access(server), tmp_path / "report.pdf")
    assert (refused.value.exit_code, len(server.requests)) == (2, asked)


def test_a_file_that_cant_be_written_is_told(server: Rehearsal, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    server.before_request = lambda request: file.mkdir(exist_ok=True)
    with pytest.raises(ReportNotWritten, match=r"report\.json"):
        report_cache(service_url(server), access(server), file)


def test_a_cancel_leaves_no_file(server: Rehearsal, tmp_path: Path) -> None:
    heard = CancelWhen("System/CachingTools: STARTED")
    with pytest.raises(Cancelled):
        report_map_server_cache(service_url(server), tmp_path / "a.html", access(server, messages=heard))
    assert list(tmp_path.iterdir()) == [] and server.submits == 0


def test_a_cancel_during_the_checks_is_no_finding(server: Rehearsal) -> None:
    heard = Listener()

    def cancel_at_the_task(request: Request) -> None:
        heard.cancel_now = heard.cancel_now or request.resource.endswith("CachingTools/GPServer")

    server.before_request = cancel_at_the_task
    with pytest.raises(Cancelled):
        report_map_server_cache(service_url(server), access=access(server, messages=heard))
    assert heard.cancel_now and "task DeleteCache" not in heard.everything


def test_a_report_leaves_no_journal_and_no_receipt(server: Rehearsal, own_home: Path) -> None:
    report_cache(service_url(server), access(server))
    assert files_below(own_home) == 0


@pytest.mark.parametrize("ending", ["html", "json", "csv"])
def test_what_a_server_repeats_of_a_password_stands_nowhere(server: Rehearsal, tmp_path: Path, ending: str) -> None:
    password, file = account_of(server).password, tmp_path / f"report.{ending}"
    server.fault("echo-in-error@report")
    found = report_cache(service_url(server), access(server), file)
    assert "repeated" in found.to_text() or "***" in found.to_text()
    assert password not in file.read_text(encoding="utf-8") + found.to_text() + repr(found)


def reported(bodies: BodyServer, *answers: Any) -> Any:
    puppet = Puppet(bodies, Answers(*answers), WITH_A_CACHE)
    return report_cache(puppet.service_url, Access(clock=FastClock(100), deadline=600))


@pytest.mark.parametrize(
    ("word", "on_demand"), [("true", True), ("TRUE", True), ("false", False), (None, None), ("x", None)]
)
def test_the_administrator_api_tells_of_tiles_that_are_made_on_demand(
    word: Any, on_demand: bool | None, bodies: BodyServer
) -> None:
    admin = {"properties": {"isCached": "true", "cacheOnDemand": word}}
    found = reported(bodies, THERE, report("EXISTS", level()), admin)
    assert found.found.on_demand is on_demand and (ON_DEMAND in found.to_text()) is (on_demand is True)


def test_an_administrator_api_that_is_silent_leaves_no_doubt_of_tiles_that_were_counted(bodies: BodyServer) -> None:
    found = reported(bodies, THERE, report("EXISTS", level()))
    assert (found.found.on_demand, found.cautions, found.to_dict()["warnings"]) == (None, (), [])
    assert "HTTP 404" in found.found.of(Witness.ADMIN).words


def test_the_administrator_api_is_not_asked_where_all_say_that_there_is_no_cache(bodies: BodyServer) -> None:
    found = reported(bodies, GONE, NONE, is_cached("true"))
    assert found.to_text() == f"{found.service} has no cache."
    assert (found.tiles, found.bytes, found.scales) == (0, 0, "")


def test_a_hosted_tile_layer_is_flagged(bodies: BodyServer) -> None:
    found = reported(bodies, {**THERE, "capabilities": "Map,TilesOnly"}, report("EXISTS", level()))
    assert TILES_ONLY in found.cautions and found.deletable is False
    assert found.to_dict()["tiles_only"] is True


def test_a_secret_that_a_server_puts_into_a_scheme_or_a_job_is_blotted(
    bodies: BodyServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "canaryproxy7Qz"
    monkeypatch.setenv("HTTP_PROXY", f"http://someone:{secret}@127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    puppet = Puppet(bodies, Answers({**THERE, "tileInfo": {**TILE_INFO, "format": secret}}, COUNTS_21), WITH_A_CACHE)
    for name in ("a.html", "a.json", "a.csv"):
        found = report_cache(puppet.service_url, Access(clock=FastClock(100), deadline=600), tmp_path / name)
        assert found.scheme is not None and found.scheme.tile_format
        assert secret not in (tmp_path / name).read_text(encoding="utf-8") + repr(found)


def test_who_contradicts_whom_is_told(bodies: BodyServer) -> None:
    found = reported(bodies, GONE, report("EXISTS", level()))
    assert "counts 21 tiles" in found.cautions[0] and "no cache" in found.cautions[0]
    assert reported(bodies, THERE, NONE, is_cached("true")).found.of(Witness.REPORT).says is Says.GONE


def test_what_the_report_expects_comes_before_what_is_reckoned(bodies: BodyServer) -> None:
    whole = {**THERE, "fullExtent": {"xmin": 0, "ymin": 0, "xmax": 10, "ymax": 10}, "tileInfo": TILE_INFO}
    assert reported(bodies, whole, report("EXISTS", level(21, expectedTileCount="42"))).rows[0].percent == 50
    assert reported(bodies, whole, report("EXISTS", level(21, expectedTileCount=0))).rows[0].expected == 100
    assert reported(bodies, THERE, report("EXISTS", level(21, expectedTileCount=None))).rows[0].expected is None


@pytest.mark.parametrize("refusal", [refusal(403), page(), {"results": None}, None], ids=str)
def test_a_list_of_jobs_that_cant_be_read_is_told(refusal: Any, bodies: BodyServer) -> None:
    puppet = Puppet(bodies, WITH_A_CACHE, WITH_A_CACHE)
    answer = bodies.answer

    def without_a_list(path: str) -> Any:
        said = json.dumps(refusal).encode() if isinstance(refusal, dict) else refusal
        return said if path == JOBS else answer(path)

    bodies.answer = without_a_list
    found = report_cache(puppet.service_url, Access(clock=FastClock(100), deadline=600))
    assert found.jobs is None and found.no_jobs and found.tiles == 21


def test_jobs_that_have_ended_are_not_at_work(bodies: BodyServer) -> None:
    statuses = ("esriJobExecuting", "executing", "", "esriJobSucceeded", "FAILED", "TimedOut")
    puppet = Puppet(bodies, WITH_A_CACHE, WITH_A_CACHE)
    answer = bodies.answer
    user = "an\u001b[1mna"
    jobs = [{"jobid": f"j{number}", "status": one, "username": user} for number, one in enumerate(statuses)]
    body = json.dumps({"results": jobs, "total": len(jobs)}).encode()
    bodies.answer = lambda path: body if path.endswith("GPServer/jobs/query") else answer(path)
    found = report_cache(puppet.service_url, Access(clock=FastClock(100), deadline=600))
    assert [job.id for job in found.jobs or () if job.tools == "CachingTools"] == ["j0", "j1", "j2"]
    assert {job.user for job in found.jobs or ()} == {"anna"}


@pytest.mark.parametrize("service", [STOPPED, refusal(500)])
def test_a_service_that_does_not_answer_is_reported_where_its_tiles_are_counted(
    service: Any, bodies: BodyServer
) -> None:
    found = reported(bodies, service, COUNTS_21)
    assert (found.tiles, found.deletable, found.to_dict()["cached"]) == (21, False, None)
    assert [one.what for one in found.stoppers if one.what == "service"]


def test_a_stopped_service_is_refused_with_what_to_do(bodies: BodyServer) -> None:
    with pytest.raises(CannotDelete, match="Start the service in ArcGIS Server Manager"):
        reported(bodies, STOPPED, NONE)
