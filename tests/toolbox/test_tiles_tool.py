"""Delete Map Server Cache Tiles in the pane, in a model and from a script."""

from __future__ import annotations

from typing import Any

import pytest
from arcpy_standin import ExecuteError, Extent, Pro, SpatialReference
from support.choosing import one_in
from support.toolbox import (
    INSTANCES,
    NAMED,
    NOT_NAMED,
    REPORT,
    SERVICE,
    TILES,
    TOOLBOX,
    URL,
    Place,
    Start,
    assert_ended_cleanly,
)

from cachetools_core.local.sites import KeptSite, keep_site

WITHIN = Extent(0, 6500000, 1000000, 7500000)


def scales_of(pro: Pro, place: Place) -> list[float]:
    return [float(text) for text in (pro.call(REPORT, place.url).getOutput(3) or "").split(";")]


def test_one_scale_from_the_pane(pro: Pro, place: Place) -> None:
    *others, finest = scales_of(pro, place)
    pane = pro.open_in_pane(TILES)
    pane.edit(SERVICE, place.url)
    pane.edit("scales", [finest])
    assert "cannot be undone" in pane[SERVICE].message
    assert [pane[name].message for name in ("scales", "extent", INSTANCES)] == ["", "", ""]
    outcome = pane.run()
    assert outcome.texts(2) == []
    assert pane[URL].value == place.url
    assert place.server.submits == 1
    assert_ended_cleanly(pro)
    assert scales_of(pro, place) == others


def test_the_directory_that_is_kept_with_the_site_counts_in_the_pane(pro: Pro, place: Place) -> None:
    keep_site(KeptSite(place.server.site, cache_directory=str(place.server.cache_directory)))
    outcome = pro.call(TILES, place.url, scales_of(pro, place)[-1:])
    assert any("On disk: " in text and "holds" in text for text in outcome.getMessages().splitlines())
    assert any("0 tiles on disk" in text for text in outcome.getMessages().splitlines())


def test_the_scales_of_a_report_as_they_are(pro: Pro, place: Place) -> None:
    report = pro.call(REPORT, place.url)
    result = pro.call(TILES, place.url, report.getOutput(3), 2)
    assert (result.getOutput(0), result.maxSeverity) == (place.url, 1)
    assert "2 is ignored" in result.getMessages(1)
    assert pro.call(REPORT, place.url).getOutput(1) == "0"


@pytest.mark.parametrize("extent", [WITHIN, str(WITHIN)])
def test_an_extent(pro: Pro, place: Place, extent: Any) -> None:
    scales, before = scales_of(pro, place), place.tiles()
    result = pro.call(TILES, place.url, scales, extent=extent)
    assert result.getOutput(0) == place.url
    assert 0 < place.tiles() <= before
    assert place.server.submits == 1


def in_system(wkid: int, name: str = "") -> Extent:
    return Extent(WITHIN.XMin, WITHIN.YMin, WITHIN.XMax, WITHIN.YMax, spatial_reference=SpatialReference(wkid, name))


@pytest.mark.parametrize("wkid", one_in(3, [3857, 102100, 102113, 0]))
def test_an_extent_in_the_services_coordinate_system_or_in_none(pro: Pro, place: Place, wkid: int) -> None:
    finest = scales_of(pro, place)[-1]
    assert pro.call(TILES, place.url, [finest], extent=in_system(wkid)).getOutput(0) == place.url


def test_an_extent_in_another_coordinate_system_is_refused(pro: Pro, place: Place) -> None:
    scales = scales_of(pro, place)
    with pytest.raises(ExecuteError, match=r"WKID 25832, and .*WKID 102100 \(3857\)"):
        pro.call(TILES, place.url, scales, extent=in_system(25832))
    with pytest.raises(ExecuteError, match=r"system Custom_TM, which has no number, and .*WKID 102100 \(3857\)"):
        pro.call(TILES, place.url, scales, extent=in_system(0, "Custom_TM"))
    assert place.server.submits == 0
    assert_ended_cleanly(pro)


@pytest.mark.parametrize("empty", one_in(3, ["#", "", None, "DEFAULT"]))
def test_no_extent(pro: Pro, place: Place, empty: Any) -> None:
    finest = scales_of(pro, place)[-1]
    pro.call(TILES, place.url, [finest], extent=empty)
    assert finest not in scales_of(pro, place)


def test_a_scale_that_the_service_does_not_have(pro: Pro, place: Place) -> None:
    with pytest.raises(ExecuteError, match="1:5000") as caught:
        pro.call(TILES, place.url, [5000.0])
    assert len(str(caught.value).splitlines()) == 2
    assert place.server.submits == 0
    assert_ended_cleanly(pro)


@pytest.mark.parametrize("scales", [[0], [-5000.0], "5000;0"])
def test_a_scale_that_no_service_could_have(pro: Pro, scales: Any) -> None:
    pane = pro.open_in_pane(TILES)
    pane.edit("scales", scales)
    assert pane["scales"].hasError()
    assert "above 0" in pane["scales"].message


@pytest.mark.parametrize(
    "extent", [Extent(), Extent(1, 2, 1, 3), Extent(1, 3, 2, 2), "3 3 1 1", "nan nan nan nan", "MINOF"]
)
def test_an_extent_without_area_is_none(pro: Pro, extent: Any) -> None:
    pane = pro.open_in_pane(TILES)
    pane.edit("extent", extent)
    assert pane["extent"].hasError()
    assert "four numbers" in pane["extent"].message
    with pytest.raises(ExecuteError, match="Parameters are not valid"):
        pro.call(TILES, NAMED[0], [4000.0], extent=extent)
    assert "execute" not in pro.calls


@pytest.mark.parametrize("text", NAMED)
def test_a_named_service_gets_the_warning_that_deletion_is_final(pro: Pro, text: str) -> None:
    pane = pro.open_in_pane(TILES)
    pane.edit(SERVICE, text)
    assert "cannot be undone" in pane[SERVICE].message
    assert pane[SERVICE].hasWarning()


def test_a_text_that_names_no_service(pro: Pro) -> None:
    pane = pro.open_in_pane(TILES)
    pane.edit(SERVICE, NOT_NAMED[0])
    assert pane[SERVICE].message.startswith("CT101: ")


def test_another_tools_outputs_are_let_through(pro: Pro) -> None:
    parameters = pro.model_validate(TILES, derived={SERVICE: None, "scales": None, "extent": None, INSTANCES: None})
    assert [p.message for p in parameters.values()] == [""] * 5


def test_messages_are_put_again_on_every_round(pro: Pro) -> None:
    pane = pro.open_in_pane(TILES)
    pane.edit("scales", [0])
    pane.edit(INSTANCES, 3)
    pane.edit(SERVICE, NAMED[0])
    assert "above 0" in pane["scales"].message
    assert "3 is ignored" in pane[INSTANCES].message


def test_a_cancel_stops_the_servers_job(start: Start) -> None:
    place = start(job_seconds=15)
    executing = lambda session: any(job.status == "esriJobExecuting" for job in place.server.jobs)  # noqa: E731
    with Pro() as pro:
        pro.add_toolbox(TOOLBOX)
        finest = scales_of(pro, place)[-1]
    with Pro(cancel_when=executing) as pro:
        pro.add_toolbox(TOOLBOX)
        with pytest.raises(ExecuteError, match="CT601"):
            pro.call(TILES, place.url, [finest])
        assert [job.status for job in place.server.jobs] == ["esriJobCancelled"]
        assert_ended_cleanly(pro)
