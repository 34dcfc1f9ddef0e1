"""What a run over many services costs beside the servers' own work, on a simulated clock and counted by the servers."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from support.many_sites import JOB_SECONDS, simulated_sites

from cachetools_core.tools.access import Access
from cachetools_core.tools.delete_many import delete_map_server_caches


def cost(services: int, folder: Path, at_once: int = 8, sites: int = 3) -> tuple[float, float]:
    """The time of the run over the servers' own work, and requests a service."""
    with simulated_sites(sites, services // sites) as (clock, found):
        access = Access(clock=clock, deadline=1e6, receipts=folder / "r", journal_folder=folder / "j")
        urls = [url for site in found for url in site.urls]
        summary = delete_map_server_caches(urls, access, at_once)
        assert summary.counts == {"deleted": services}, Counter(str(one.error) for one in summary.receipts)
        assert [site.most for site in found] == [at_once] * sites
        assert [len(site.jobs) for site in found] == [services // sites] * sites
        asked = sum(len(site.server.asked) for site in found)
        return summary.seconds / (services / sites / at_once * JOB_SECONDS), asked / services


def test_the_clients_part_is_small_and_grows_with_nothing(tmp_path: Path) -> None:
    few, many = cost(12, tmp_path / "few", 2), cost(24, tmp_path / "many", 2)
    assert max(few[0], many[0]) <= 1.1
    assert many[1] <= few[1]


@pytest.mark.thorough
def test_240_services_on_three_sites_take_a_tenth_more_than_the_servers_work_at_most(tmp_path: Path) -> None:
    few, many = cost(24, tmp_path / "few"), cost(240, tmp_path / "many")
    assert many[0] <= 1.1
    assert many[1] <= few[1]
