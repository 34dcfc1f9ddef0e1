"""Whole deletions through a real nginx as web adaptor and TLS end, with what such a web tier does to requests."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest
from support.choosing import by_name, some_of
from support.clocks import FastClock
from support.listener import Listener
from support.raw_server import free_port
from support.story import account_of, delete
from support.webtier import WebTier

from cachetools_core.errors import Moved, NotArcGIS
from cachetools_core.proof.verdict import Verdict
from cachetools_core.waiting import Patience

CUT = "proxy_read_timeout 1000ms;"  # long enough for an honest answer on a busy machine, shorter than a request waits
LITTLE = Patience(no_answer=20.0, gone=5.0, grace=5.0, restart=60.0, settle=10.0)


class Behind:
    """A rehearsal site over plain HTTP behind nginx, and one way to delete there."""

    def __init__(self, server, tier) -> None:
        self.server, self.tier = server, tier
        self.service = f"{tier.site}/rest/services/Rainfall/MapServer"
        self.listener = Listener()

    def delete(self, **story):
        story = {"ca_file": self.tier.ca_file, "messages": self.listener, "patience": LITTLE, **story}
        return delete(self.server, self.service, account=account_of(self.server), **story)

    @property
    def is_gone(self) -> bool:
        return not Path(self.server.services[0]["cache"]).exists()

    def tells_the_truth(self, receipt) -> None:
        """The verdict against the disk and the server's own count."""
        assert self.server.submits <= 1, "never a second submit"
        if receipt.verdict is Verdict.DELETED:
            assert self.is_gone
        elif receipt.verdict is Verdict.NOT_DELETED:
            assert not self.is_gone
        if receipt.after is not None and receipt.after.cached is not None:
            assert receipt.after.cached is not self.is_gone


@pytest.fixture
def behind(rehearsal, tmp_path):
    """Starts a site behind nginx, with directives for nginx and faults of the site."""
    with ExitStack() as running:

        def start(here: str = "", for_all: str = "", faults=(), **site) -> Behind:
            server = rehearsal(http=True, faults=faults, **site)
            tier = running.enter_context(WebTier(server.site, tmp_path / "nginx", here, for_all))
            server.set_web_context(tier.site)
            return Behind(server, tier)

        yield start


TIERS = {
    "as it comes": "",
    "without buffering": "proxy_buffering off; proxy_request_buffering off;",
    "with HTTP/1.1 and kept connections": "proxy_http_version 1.1; proxy_set_header Connection '';",
    "packing whatever it can": "gzip on; gzip_proxied any; gzip_min_length 1; gzip_types *;",
    "without Referer": "proxy_set_header Referer '';",
    "without Authorization": "proxy_set_header Authorization '';",
    "without X-Esri-Authorization": "proxy_set_header X-Esri-Authorization '';",
    "without any of the three": "proxy_set_header Referer ''; proxy_set_header Authorization '';"
    " proxy_set_header X-Esri-Authorization '';",
    "with a cookie for its own use": "add_header Set-Cookie 'BIGipServer=1.2.3; path=/; secure; httponly';",
}


@pytest.mark.parametrize(
    "here", some_of(TIERS, "as it comes", "packing whatever it can", "without Referer", "without any of the three")
)
def test_a_cache_is_deleted_through_a_web_tier(behind, here):
    site = behind(here)
    receipt = site.delete()
    assert (receipt.verdict, receipt.exit_code, receipt.error) == (Verdict.DELETED, 0, None)
    site.tells_the_truth(receipt)
    assert site.server.submits == 1
    assert receipt.output_url == site.service
    assert receipt.job_url.startswith(f"{site.tier.site}/rest/services/System/CachingTools/GPServer/")
    assert {request.context for request in site.server.requests} == {"arcgis"}
    assert {request.root for request in site.server.requests} == {site.tier.site.rpartition("/")[0]}


@pytest.mark.parametrize("role", ["administrator", "publisher"])
def test_no_secret_stands_in_an_address_that_a_web_tier_would_log(behind, role):
    site = behind("proxy_set_header X-Esri-Authorization ''; proxy_set_header Referer '';")
    account = account_of(site.server, role)
    receipt = delete(site.server, site.service, account=account, ca_file=site.tier.ca_file, patience=LITTLE)
    assert receipt.verdict is Verdict.DELETED
    tokens = {request.form["token"] for request in site.server.requests if "token" in request.form}
    log = (site.tier.ca_file.parent / "access.log").read_text(encoding="utf-8")
    assert tokens
    assert not [secret for secret in (account.password, *tokens) if secret in log]


def test_a_web_tier_that_knows_no_administrator_api_is_no_obstacle(behind, tmp_path):
    site = behind("location /gis/admin/ { return 404; }")
    receipt = site.delete()
    assert receipt.verdict is Verdict.DELETED
    site.tells_the_truth(receipt)
    assert "POST submitJob 200" in site.tier.statuses


# The web tier answers in the site's place


def test_a_site_that_is_down_behind_its_web_tier_is_not_taken_for_another_answer(server, tmp_path):
    with WebTier(f"http://127.0.0.1:{free_port()}", tmp_path / "nginx") as tier:
        service = f"{tier.site}/rest/services/Rainfall/MapServer"
        receipt = delete(server, service, ca_file=tier.ca_file)
    assert type(receipt.error) is NotArcGIS
    assert "HTTP 502" in receipt.error.what
    assert (receipt.verdict, receipt.exit_code) == (Verdict.NOT_DELETED, 1)
    assert server.requests == []


STEPS = ["info", "token", "service", "report", "tasks", "task"]


@pytest.mark.parametrize("step", some_of(by_name(STEPS), "token", "task"))
def test_a_cut_before_the_job_submits_nothing_twice(behind, step):
    """Upstream is silent once; nginx answers 504 in its place, and the reading is asked for again."""
    site = behind(CUT, faults=[f"blackhole-after@{step}-before:1"])
    receipt = site.delete(clock=FastClock(30))
    assert site.tier.answered("504")
    site.tells_the_truth(receipt)
    if step == "token":  # a password is sent once
        assert (receipt.verdict, site.server.submits) == (Verdict.NOT_DELETED, 0)
    else:
        assert (receipt.verdict, site.server.submits) == (Verdict.DELETED, 1)


AFTER = {
    "502 while the job runs": ("job", "reset-before@job-after:2", "502"),
    "504 while the job runs": ("job", "blackhole-before@job-after:1", "504"),
    "502 for the look after": ("MapServer", "reset-before@service-after:2", "502"),
    "504 for the look after": ("MapServer", "blackhole-before@service-after:1", "504"),
    "502 for the report after": ("execute", "reset-after@report-after:2", "502"),
}


@pytest.mark.parametrize(
    ("step", "fault", "status"), some_of(AFTER, "504 while the job runs", "502 for the look after")
)
def test_a_cut_after_the_submit_loses_no_job(behind, step, fault, status):
    site = behind(CUT, faults=[fault], job_seconds=0.3)
    receipt = site.delete(clock=FastClock(30))
    assert site.tier.answered(status)
    assert (receipt.verdict, site.server.submits) == (Verdict.DELETED, 1)
    site.tells_the_truth(receipt)


LOST = {
    "504, the job runs": ("blackhole-after@submit", CUT, 1),
    "502, the job runs": ("reset-after@submit", "", 1),
    "cut in the answer, buffered": ("reset-during@submit", "", 1),
    "cut in the answer, not buffered": ("reset-during@submit", "proxy_buffering off;", 1),
    "504, nothing arrived": ("blackhole-before@submit", CUT, 0),
    "502, nothing arrived": ("reset-before@submit", "", 0),
    "404 from the web tier": ("http-404@submit", "", 0),
}


@pytest.mark.parametrize("role", ["administrator", pytest.param("publisher", marks=pytest.mark.thorough)])
@pytest.mark.parametrize(
    ("fault", "here", "arrived"),
    some_of(
        LOST, "504, the job runs", "cut in the answer, not buffered", "502, nothing arrived", "404 from the web tier"
    ),
)
def test_a_lost_answer_to_the_submit_is_never_a_second_submit(behind, fault, here, arrived, role):
    site = behind(here, faults=[fault])
    account = account_of(site.server, role)
    story = {"ca_file": site.tier.ca_file, "patience": LITTLE, "clock": FastClock(30), "account": account}
    receipt = delete(site.server, site.service, **story)
    assert site.server.submits == arrived
    assert len([request for request in site.server.requests if request.step == "submit"]) == 1
    site.tells_the_truth(receipt)
    if arrived:
        assert receipt.verdict is Verdict.DELETED
    else:
        assert receipt.verdict in (Verdict.UNKNOWN, Verdict.NOT_DELETED)


def test_plain_http_is_not_followed_to_https_and_no_secret_sent(behind):
    site = behind()
    site.service = f"{site.tier.http_site}/rest/services/Rainfall/MapServer"
    receipt = site.delete()
    assert type(receipt.error) is Moved
    assert f"Give {site.tier.site}/rest/services/Rainfall/MapServer instead." in receipt.error.remedy
    assert (receipt.verdict, site.server.requests) == (Verdict.NOT_DELETED, [])


@pytest.mark.parametrize(("size", "verdict"), [("16", Verdict.NOT_DELETED), ("8k", Verdict.DELETED)])
def test_a_limit_for_bodies_is_said_where_it_is_too_small(behind, size, verdict):
    site = behind(f"client_max_body_size {size};")
    receipt = site.delete()
    assert receipt.verdict is verdict
    site.tells_the_truth(receipt)
    if verdict is Verdict.NOT_DELETED:
        assert "HTTP 413" in receipt.error.what
        assert site.server.submits == 0


def test_a_web_tier_that_asks_for_its_own_sign_in_is_named(behind, tmp_path):
    (tmp_path / "users").write_text("nobody:x\n", encoding="ascii")
    site = behind(f"auth_basic 'Intranet'; auth_basic_user_file {tmp_path / 'users'};")
    receipt = site.delete()
    assert type(receipt.error) is NotArcGIS
    assert "wants its own sign-in (Basic realm=" in receipt.error.what
    assert (receipt.verdict, site.server.requests) == (Verdict.NOT_DELETED, [])


def test_a_web_tier_that_lets_too_few_requests_through_is_waited_for(behind):
    site = behind(
        "limit_req zone=few burst=3; limit_req_status 429; add_header Retry-After 1 always;",
        for_all="limit_req_zone $binary_remote_addr zone=few:1m rate=40r/s;",
    )
    receipt = site.delete()
    assert receipt.verdict is Verdict.DELETED
    site.tells_the_truth(receipt)
    assert site.server.submits == 1
