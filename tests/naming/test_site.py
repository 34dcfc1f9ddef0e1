"""Texts that name a whole site."""

from __future__ import annotations

import pytest

from cachetools_core.errors import NotAService
from cachetools_core.naming.service import ServiceReference, read_name
from cachetools_core.naming.site import SitePart, names_a_site, read_site, read_site_part


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("https://gis.example.com/server", "https://gis.example.com/server"),
        ("https://gis.example.com/server/", "https://gis.example.com/server"),
        (' "https://GIS.example.com:443/server" ', "https://gis.example.com/server"),
        ("https://gis.example.com:6443/arcgis/manager/index.html", "https://gis.example.com:6443/arcgis"),
        ("https://gis.example.com:6443/arcgis/admin?f=json", "https://gis.example.com:6443/arcgis"),
        ("https://gis.example.com/server/rest/services/F/Rainfall/MapServer", "https://gis.example.com/server"),
        ("https://gis.example.com/server/services;F/Rainfall.MapServer", "https://gis.example.com/server"),
        ("https://gis.example.com/portal/home/index.html", "https://gis.example.com/portal"),
        ("https://gis.example.com/portal/sharing/rest", "https://gis.example.com/portal"),
        ("https://gis.example.com", "https://gis.example.com"),
        ("https://gis.example.com/rest/services", "https://gis.example.com"),
    ],
)
def test_the_site_that_is_named(text: str, site: str) -> None:
    assert read_site(text) == site


@pytest.mark.parametrize("text", ["", "gis.example.com/server", "ftp://h/server", "https://", "https://u:p@h/server"])
def test_what_names_no_site(text: str) -> None:
    with pytest.raises(NotAService) as refused:
        read_site(text)
    assert "u:p" not in str(refused.value)


def test_a_site_is_spelled_as_its_services_have_it() -> None:
    """An account is looked for later under the site of a service's address."""
    for context in ("https://H.example.com:443/ArcGIS", "http://h:8080", "https://h/%C3%9Cber"):
        named = read_name(f"{context}/rest/services/Rainfall/MapServer")
        assert isinstance(named, ServiceReference) and read_site(context) == named.site


@pytest.mark.parametrize(
    ("text", "site", "folder"),
    [
        ("https://gis.example.com/server", "https://gis.example.com/server", ""),
        (' "https://GIS.example.com/server/REST/Services/?f=json" ', "https://gis.example.com/server", ""),
        ("https://gis.example.com/rest/services", "https://gis.example.com", ""),
        ("https://gis.example.com", "https://gis.example.com", ""),
        (
            "https://gis.example.com/server/rest/services/Planung%20%C3%9C",
            "https://gis.example.com/server",
            "Planung Ü",
        ),
        ("https://gis.example.com:6443/arcgis/admin", "https://gis.example.com:6443/arcgis", ""),
    ],
)
def test_the_site_or_folder_that_a_report_is_on(text: str, site: str, folder: str) -> None:
    assert read_site_part(text) == SitePart(site, folder)
    assert names_a_site(text)
    again = read_site_part(SitePart(site, folder).url)
    assert again == SitePart(site, folder)


@pytest.mark.parametrize(
    "text",
    [
        "https://gis.example.com/server/rest/services/F/Rainfall/MapServer",
        "https://gis.example.com/server/rest/services/Rainfall/FeatureServer",
        "https://gis.example.com/server/rest/service/Rainfall/MapServer",
        "https://gis.example.com/server/rest/services/F*",
        "https://gis.example.com/a/b/c",
        "https://u:p@gis.example.com/server",
        "nonsense",
        "",
    ],
)
def test_what_may_be_meant_for_a_service_is_no_site(text: str) -> None:
    assert not names_a_site(text)
