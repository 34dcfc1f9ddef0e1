"""`check`: what stands in the way, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.body_server import BodyServer
from support.command_line import Outcome, Site, begun_and_out_of_time
from support.listener import CancelWhen
from support.signing_in import given
from support.story import service_url

from cachetools_core.errors import Cancelled
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.tools.access import Access
from cachetools_core.tools.check import check_deletion


def test_a_check_that_finds_nothing_in_the_way(run: Callable[..., Outcome], site: Site) -> None:
    done = run("check", *site.to(), "--json", stdin=site.password)
    assert (done.code, done.json["possible"], done.json["exit_code"]) == (0, True, 0)
    assert list(done.findings) == [
        "sign-in", "task DeleteCache", "System/CachingTools", "System/CachingControllers", "service", "cache",
        "other jobs", "journal",
    ]  # fmt: skip
    assert all(good for good, _ in done.findings.values())
    text = run("check", *site.to(), stdin=site.password)
    assert text.code == 0 and text.out.endswith("\n\nA deletion is possible from here.\n")
    assert f"ok  sign-in: as siteadmin on {site.server.site}, ArcGIS Server 11.3.0\n" in text.out
    assert site.server.submits == 0


def test_a_check_with_a_refused_password(run: Callable[..., Outcome], site: Site) -> None:
    done = run("check", *site.to(), "--json", stdin="wrong\n")
    assert (done.code, done.json["possible"], done.json["exit_code"]) == (4, False, 4)
    assert list(done.findings) == ["sign-in"] and "refused the sign-in" in done.findings["sign-in"][1]
    text = run("check", *site.to(), stdin="wrong\n")
    assert text.out.startswith("NO  sign-in: CT402: ")
    assert text.out.endswith("Not possible yet: NO marks what stops it.\n")


def test_a_check_of_a_site_that_does_not_answer(run: Callable[..., Outcome], site: Site) -> None:
    site.server.fault("http-404@info")
    done = run("check", *site.to(), "--json", stdin=site.password)
    assert done.code == 1 and list(done.findings) == ["site"]
    assert "HTTP 404" in done.findings["site"][1]


@pytest.mark.parametrize("heard", ["", "Signed in"])
def test_a_check_that_is_stopped_says_so_and_not_that_a_deletion_is_impossible(server: Rehearsal, heard: str) -> None:
    access = Access(account=given(server).account, ca_file=server.ca_file, messages=CancelWhen(heard))
    with pytest.raises(Cancelled):
        check_deletion(service_url(server), access)


def test_a_check_without_the_right(run: Callable[..., Outcome], server: Rehearsal) -> None:
    site = Site(server, "user")
    done = run("check", *site.to(), "--json", stdin=site.password)
    good, words = done.findings["task DeleteCache"]
    assert (done.code, good) == (4, False) and "requires a publisher or an administrator" in words
    assert done.findings["System/CachingTools"][0] is None and done.findings["other jobs"][0] is None


def test_a_check_of_a_service_that_the_account_may_not_see(run: Callable[..., Outcome], server: Rehearsal) -> None:
    server.secure_service("Rainfall")
    site = Site(server, "user")
    done = run("check", *site.to(), "--json", stdin=site.password)
    good, words = done.findings["service"]
    assert (done.code, good) == (4, False) and "CT303" in words
    assert "cache" not in done.findings


@pytest.mark.parametrize(
    ("fault", "what", "good", "words", "code"),
    [
        ("caching-tools-stopped", "System/CachingTools", False, "STOPPED; start it in ArcGIS Server Manager", 1),
        ("caching-tools-stopped", "task DeleteCache", False, "Start System/CachingTools", 1),
        ("caching-tools-missing", "task DeleteCache", False, "not found", 1),
        ("controllers-stopped", "System/CachingControllers", None, "STOPPED; start it in ArcGIS Server Manager", 0),
        ("admin-closed", "System/CachingTools", None, "its state can't be read", 0),
        ("other-job-running", "other jobs", False, "another caching job is running; wait for it", 1),
        ("reporting-tools-missing", "other jobs", None, "not known: ", 0),
        ("reporting-tools-missing", "cache", True, "cached, a tiling scheme of 9 scales, tiles not counted", 0),
    ],
)
def test_what_a_check_says_of_the_caching_tools_and_jobs(
    run: Callable[..., Outcome], site: Site, fault: str, what: str, good: bool | None, words: str, code: int
) -> None:
    site.server.fault(fault)
    done = run("check", *site.to(), "--json", stdin=site.password)
    found = done.findings[what]
    assert found[0] is good and words in found[1]
    assert (done.code, done.json["possible"]) == (code, code == 0)


def test_a_check_marks_what_it_could_not_tell(run: Callable[..., Outcome], site: Site) -> None:
    site.server.fault("admin-closed")
    done = run("check", *site.to(), stdin=site.password)
    assert " ?  System/CachingTools: its state can't be read" in done.out
    assert done.out.endswith("A deletion is possible from here; ? marks what doesn't stop it.\n")


@pytest.mark.parametrize(
    ("break_it", "words"),
    [
        (lambda server: server.stop_service("Rainfall"), "is not started; start it in ArcGIS Server Manager"),
        (lambda server: server.remove_service("Rainfall"), "does not exist; check folder, name and type"),
        (lambda server: server.fault("not-json@service"), "could not be read; open its address in a browser"),
    ],
)
def test_what_a_check_says_of_a_service_that_is_not_there(
    run: Callable[..., Outcome], site: Site, break_it: Callable[[Rehearsal], None], words: str
) -> None:
    break_it(site.server)
    done = run("check", *site.to(), "--json", stdin=site.password)
    good, told = done.findings["service"]
    assert (done.code, good) == (1, False)
    assert told.startswith(f"Rainfall:MapServer {words}")
    assert ("no readable JSON" in told) is ("browser" in words)
    assert "cache" not in done.findings


def test_a_check_of_a_service_without_a_cache(run: Callable[..., Outcome], site: Site) -> None:
    run("delete", *site.to(), "--yes", stdin=site.password)
    done = run("check", *site.to(), "--json", stdin=site.password)
    assert done.code == 0 and done.findings["cache"] == (None, "there is none, so a deletion would do nothing")


def test_a_check_tells_of_an_unfinished_deletion(run: Callable[..., Outcome], rehearsal: Any) -> None:
    site = Site(rehearsal(job_seconds=60.0))
    begun_and_out_of_time(run, site)
    done = run("check", *site.to(), "--json", stdin=site.password)
    good, words = done.findings["journal"]
    assert (
        good is True
        and "an unfinished deletion, begun 20" in words
        and "; a run follows it and submits nothing" in words
    )
    assert done.code == 0


def test_a_check_tells_of_a_journal_that_can_not_be_read(
    run: Callable[..., Outcome], rehearsal: Any, own_home: Path
) -> None:
    site = Site(rehearsal(job_seconds=60.0))
    begun_and_out_of_time(run, site)
    (entry,) = own_home.rglob("journal/*.json")
    entry.write_text("half a jour", encoding="utf-8")
    done = run("check", *site.to(), "--json", stdin=site.password)
    assert done.code == 1 and done.findings["journal"][0] is False and str(entry) in done.findings["journal"][1]


def test_a_check_of_a_hosted_tile_layer_on_a_site_without_sign_in(run: Callable[..., Outcome]) -> None:
    said = {
        "rest/info": {"currentVersion": 11.3},
        "rest/services/Hosted/MapServer": {"singleFusedMapCache": True, "capabilities": "Map,TilesOnly"},
    }
    with BodyServer(lambda path: json.dumps(said[path]).encode() if path in said else None) as site:
        done = run("check", f"{site.site}/rest/services/Hosted/MapServer", "--json")
        assert done.findings["sign-in"] == (True, f"on {site.site}, ArcGIS Server 11.3")
    assert done.findings["kind"] == (False, "a hosted tile layer: its tiles are all it has")
    assert done.code == 1 and "Sign-in: this site asks for no sign-in." in done.err
