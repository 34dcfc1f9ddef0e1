"""`report`: a table, or one JSON object."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command_line import LOOK, Outcome, Site
from support.story import account_of, files_below, service_url

from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.tools.access import Access
from cachetools_core.tools.report import report_cache


def test_a_report_is_a_table_and_changes_nothing(run: Callable[..., Outcome], site: Site) -> None:
    before = files_below(site.server.cache("Rainfall").folder)
    done = run("report", *site.to(), stdin=site.password)
    lines = done.out.splitlines()
    assert done.code == 0
    assert lines[0].startswith(f"Deleting the cache of {service_url(site.server)} would remove ")
    assert lines[1].split() == ["level", "scale", "tiles", "bytes"]
    assert lines[2].split()[:3] == ["0", "1:591,657,528", "1"]
    assert lines[-1].split()[:2] == ["sum", f"{site.server.services[0]['tiles']:,}"]
    assert files_below(site.server.cache("Rainfall").folder) == before and site.server.submits == 0
    assert not [request for request in site.server.requests if request.step == "submit"]


def test_a_report_as_json_has_the_keys_of_before(run: Callable[..., Outcome], site: Site) -> None:
    done = run("report", *site.to(), "--json", stdin=site.password)
    assert set(done.json) >= {"service", "warnings", *LOOK} and done.json["warnings"] == []
    assert sum(scale["tiles"] for scale in done.json["scales"]) == done.json["tiles"]


def test_a_report_without_counts_says_so(run: Callable[..., Outcome], site: Site) -> None:
    site.server.fault("reporting-tools-missing")
    done = run("report", *site.to(), stdin=site.password)
    assert done.code == 0 and "cached, a tiling scheme of 9 scales, tiles not counted" in done.out
    assert "'Service System/ReportingTools/GPServer not found'" in done.out


def test_a_report_on_a_stopped_service_counts_and_says_that_it_is_stopped(
    run: Callable[..., Outcome], site: Site
) -> None:
    site.server.stop_service("Rainfall")
    done = run("report", *site.to(), stdin=site.password)
    assert done.code == 0 and "would remove" in done.out
    assert "Not deletable from here: service: Rainfall:MapServer is not started; start it in" in done.out


def test_a_report_on_no_cache(run: Callable[..., Outcome], site: Site) -> None:
    run("delete", *site.to(), "--yes", stdin=site.password)
    done = run("report", *site.to(), stdin=site.password)
    assert (done.code, done.out) == (0, f"{service_url(site.server)} has no cache.\n")


@pytest.mark.parametrize("as_json", [True, False])
def test_a_report_that_fails(run: Callable[..., Outcome], site: Site, as_json: bool) -> None:
    done = run("report", *site.to("Nothing"), *(["--json"] if as_json else []), stdin=site.password)
    assert done.code == 1 and "Nothing/MapServer does not exist." in done.err
    if as_json:
        assert done.json["error"]["id"] == "CT501" and done.json["exit_code"] == 1
        assert done.json["service"] == service_url(site.server, "Nothing")
    else:
        assert done.out == ""


@pytest.mark.parametrize("ending", ["html", "json", "csv"])
def test_a_report_is_written_to_a_file(run: Callable[..., Outcome], site: Site, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"report.{ending}"
    done = run("report", *site.to(), "--output", str(file), "--json", stdin=site.password)
    assert done.code == 0 and f"Report: {file}\n" in done.err
    content = file.read_text(encoding="utf-8")
    if ending == "json":
        assert json.loads(content) == done.json
    assert f"{done.json['tiles']:,}" in content or str(done.json["tiles"]) in content
    assert site.server.submits == 0


@pytest.mark.parametrize("name", ["report.pdf", "report", "missing/report.html"])
def test_a_file_of_another_kind_is_refused_before_anything_is_asked(
    run: Callable[..., Outcome], site: Site, tmp_path: Path, name: str
) -> None:
    done = run("report", *site.to(), "--output", str(tmp_path / name), "--json", stdin=site.password)
    assert (done.code, done.json["error"]["id"], done.json["exit_code"]) == (2, "CT104", 2)
    assert site.server.requests == []


def test_a_report_tells_what_stands_in_the_way(run: Callable[..., Outcome], site: Site) -> None:
    site.server.fault("read-only-site")
    done = run("report", *site.to(), stdin=site.password)
    assert done.code == 0
    assert done.out.splitlines()[-1].startswith("Not deletable from here: site mode: the site is in READ_ONLY mode")


def test_a_report_asks_with_an_account_of_the_callers_own(site: Site) -> None:
    access = Access(account=account_of(site.server, "publisher"), ca_file=site.server.ca_file)
    report = report_cache(service_url(site.server), access)
    assert report.found.tiles == site.server.services[0]["tiles"] and report.found.trouble == ()


def test_a_report_on_a_site_lists_its_caches_by_size(
    run: Callable[..., Outcome], rehearsal: Callable[..., Rehearsal], tmp_path: Path
) -> None:
    site = Site(rehearsal(services=4))
    options, file = site.to()[1:], tmp_path / "caches.html"
    done = run("report", site.server.site, *options, "--output", str(file), stdin=site.password)
    lines = done.out.splitlines()
    assert (done.code, lines[0]) == (0, f"{site.server.site}/rest/services: 5 caches, 6.3 MB")
    assert lines[2].split()[-1] == "Rainfall:MapServer"
    assert file.read_text(encoding="utf-8").startswith("<!DOCTYPE html>") and f"Report: {file}" in done.err
    assert "5 of 5 services, 6.3 MB so far" in done.err and site.server.submits == 0
    done = run("report", f"{site.server.site}/rest/services/Water", *options, "--json", stdin=site.password)
    assert [one["name"] for one in done.json["caches"]] == ["Map0003"] and done.json["exit_code"] == 0


def test_several_services_make_one_report(run: Callable[..., Outcome], site: Site) -> None:
    service, *options = site.to()
    done = run("report", service, "no/service", *options, "--json", stdin=site.password)
    assert (done.code, done.json["site"], done.json["total"]["caches"]) == (0, None, 1)
    assert [one["why"] for one in done.json["unread"]] == ["names no service"]


def test_a_site_that_cant_be_listed_ends_as_an_error(run: Callable[..., Outcome], site: Site) -> None:
    _, *options = site.to()
    done = run("report", site.server.site, *options, "--json", stdin="wrong\n")
    assert (done.code, done.json["error"]["id"]) == (4, "CT402")
    done = run("report", f"{site.server.site}/rest/services/No", *options, "--json", stdin=site.password)
    assert (done.code, done.json["error"]["id"]) == (1, "CT301")
    done = run("report", site.server.site, *options, "--cache-directory", "x", "--json", stdin=site.password)
    assert (done.code, done.json["error"]["id"]) == (2, "CT104")
