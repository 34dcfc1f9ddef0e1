"""Runs over several sites, with faults, killed twice: each service is submitted once, and one summary tells of all."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from support.killing import POSSIBLE
from support.many_killed import Sites

from cachetools_core.rehearsal.server import Rehearsal

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="Windows has no SIGKILL")

# Each strikes one request or job, and passes; none of them takes minutes of real time.
FAULTS = (
    "reset-before@service", "reset-after@report", "reset-before@jobs-query", "http-502@service", "http-503@job",
    "json-500@report", "truncated-json@job", "token-498@service", "http-502@job", "empty-body@jobs-query",
    "html-login@report", "reset-after@job", "http-429@service", "not-json@tasks", "bom@task", "reset-during@service",
    "slow-restart", "stale-metadata", "job-late-results", "job-no-results", "job-failed", "job-failed-half-deleted",
    "job-failed-cache-gone", "job-timed-out", "job-deleted", "service-stays-stopped", "hyphenated-job-ids",
    "reset-before@submit", "http-502-after@submit", "lost-submit-answer", "submit-error-429", "token-expires-mid-job",
)  # fmt: skip


@pytest.fixture
def sites(
    rehearsal: Callable[..., Rehearsal], tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Sites]:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setenv("KEYRING_PROPERTY_FILE_PATH", str(own_home / "keyring.cfg"))

    def start(services: int, job_seconds: float, faults: int, per_site: int = 4) -> Sites:
        chance = random.Random(services)
        servers = [rehearsal(services=services // 3, job_seconds=job_seconds) for _ in range(3)]
        found = Sites(servers, tmp_path, per_site)
        found.prepare()
        for server in servers:
            for fault in chance.choices(FAULTS, k=faults // 3):
                server.fault(f"{fault}:1")
        return found

    return start


def test_three_services_on_three_sites_killed_once(sites: Callable[..., Sites]) -> None:
    found = sites(3, 0.2, 0, per_site=1)
    found.killed_while_all_are_busy(3)
    code, summary, err = found.run()
    assert (code, summary["counts"], found.submits) == (0, {"deleted": 3}, 3), err
    assert found.complaints(summary, code) == []


@pytest.mark.thorough
def test_twelve_services_on_three_sites_killed_twice(sites: Callable[..., Sites]) -> None:
    found = sites(12, 0.2, 0, per_site=2)
    found.killed_while_all_are_busy(6)
    found.killed_while_all_are_busy(12)
    code, summary, err = found.run()
    assert (code, summary["counts"], found.submits) == (0, {"deleted": 12}, 12), err
    assert found.complaints(summary, code) == []


@pytest.mark.thorough
def test_240_services_on_three_sites_with_faults_killed_twice(sites: Callable[..., Sites]) -> None:
    found = sites(240, 0.5, 60)
    found.killed_after(60)
    found.killed_after(150)
    code, summary, err = found.run()
    assert found.complaints(summary, code) == [], err
    assert sum(summary["counts"].values()) == 240
    assert Counter(one["verdict"] for one in summary["receipts"])["deleted"] >= 200
    assert found.peak < 80_000, f"{found.peak} kB"
    print(summary["counts"], found.submits, found.peak)
