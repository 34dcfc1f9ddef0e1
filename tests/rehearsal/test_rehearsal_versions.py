"""What depends on the version of the rehearsal server."""

from __future__ import annotations

import pytest
from support.rehearsal_client import (
    TOOLS,
    Client,
    Start,
    error_of,
)

from cachetools_core.rehearsal.versions import Version


@pytest.mark.parametrize(
    ("text", "current"),
    [("10.8.1", 10.81), ("10.9", 10.9), ("10.9.1", 10.91), ("11.1", 11.1), ("11.3", 11.3), ("12.0", 12)],
)
def test_versions_are_numbers_without_their_later_dots(text: str, current: float) -> None:
    assert Version(text).current == current


def test_what_depends_on_the_version(rehearsal: Start) -> None:
    old, new = Client(rehearsal(version="10.8.1")), Client(rehearsal(version="11.3"))
    assert "System/CachingToolsEx" in [one["name"] for one in old.get("/rest/services/System")["services"]]
    assert "System/CachingToolsEx" not in [one["name"] for one in new.get("/rest/services/System")["services"]]
    assert "cimVersion" not in old.get("/rest/services/Rainfall/MapServer")
    assert new.get("/rest/services/Rainfall/MapServer")["storageInfo"]["packetSize"] == 128
    second = f"{TOOLS.replace('CachingTools', 'CachingToolsEx')}/DeleteCache"
    job = old.post(f"{second}/submitJob", service_url="Rainfall:MapServer")["jobId"]
    assert old.ended(f"{second}/jobs/{job}")["jobStatus"] == "esriJobSucceeded"
    assert error_of(old.get(f"{second}/jobs/{job}/results"))[0] == 400
    assert old.get("/admin/services/Rainfall.MapServer/lifecycleinfos")["code"] == 404
