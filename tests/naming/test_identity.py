"""Two texts for one service: folded where they mean the same, kept apart where they don't."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cachetools_core.errors import NotAService
from cachetools_core.naming.identity import Means, is_loopback, names_service, service_key, service_key_at_any_port
from cachetools_core.naming.service import ServiceReference, read_name

RAINFALL = ServiceReference("https://gis.example.com/arcgis", "Wetter", "Übersicht", "MapServer")


def key(text: str) -> str:
    service = read_name(text)
    assert isinstance(service, ServiceReference)
    return service_key(service)


ONE_SERVICE = {
    "scheme": "http://gis.example.com/arcgis/rest/services/Wetter/Übersicht/MapServer",
    "port": "https://gis.example.com:6443/arcgis/rest/services/Wetter/Übersicht/MapServer",
    "final dot": "https://gis.example.com./arcgis/rest/services/Wetter/Übersicht/MapServer",
    "final dot and port": "https://gis.example.com.:6443/arcgis/rest/services/Wetter/Übersicht/MapServer",
    "case of the host": "https://GIS.Example.com/arcgis/rest/services/Wetter/Übersicht/MapServer",
    "case of the context": "https://gis.example.com/ArcGIS/rest/services/Wetter/Übersicht/MapServer",
    "percent codes in the context": "https://gis.example.com/%61rcgis/rest/services/Wetter/Übersicht/MapServer",
    "case of the name": "https://gis.example.com/arcgis/rest/services/WETTER/ÜBERSICHT/mapserver",
    "percent codes": "https://gis.example.com/arcgis/rest/services/Wetter/%C3%9Cbersicht/MapServer",
    "decomposed": "https://gis.example.com/arcgis/rest/services/Wetter/U\u0308bersicht/MapServer",
    "decomposed percent codes": "https://gis.example.com/arcgis/rest/services/Wetter/u%CC%88bersicht/MapServer",
    "SOAP": "https://gis.example.com/arcgis/services/Wetter/Übersicht.MapServer?wsdl",
    "Pro": r"GIS Servers\https://gis.example.com/arcgis/rest/services/Wetter/Übersicht/MapServer",
}


@pytest.mark.parametrize("text", ONE_SERVICE.values(), ids=ONE_SERVICE)
def test_all_spellings_of_a_service_have_one_key(text: str) -> None:
    assert key(text) == service_key(RAINFALL) == "gis.example.com/arcgis/rest/services/wetter/übersicht/mapserver"


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST", "localhost.", "localhost:6443", "127.0.0.1", "127.1.2.3:6080", "[::1]"),
        *("[0:0:0:0:0:0:0:1]:6443", "[::ffff:127.0.0.1]", "[::FFFF:7f00:1]"),
    ],
)
def test_every_name_of_this_machines_loopback_is_one(host: str) -> None:
    assert key(f"https://{host}/arcgis/rest/services/R/MapServer") == "localhost/arcgis/rest/services/r/mapserver"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bücher.example", "xn--bcher-kva.example"),
        ("BÜCHER.example", "bücher.example."),
        ("straße.example", "xn--strae-oqa.example"),
        ("[2001:db8::1]", "[2001:0DB8:0:0:0:0:0:1]"),
        ("10.0.0.1", "[::ffff:10.0.0.1]"),
    ],
)
def test_the_forms_of_a_host_are_one(one: str, other: str) -> None:
    assert key(f"https://{one}/s/rest/services/R/MapServer") == key(f"https://{other}/s/rest/services/R/MapServer")


DIFFERENT = [
    "https://gis2.example.com/arcgis/rest/services/Wetter/Übersicht/MapServer",
    "https://gis.example.com/server/rest/services/Wetter/Übersicht/MapServer",
    "https://gis.example.com/rest/services/Wetter/Übersicht/MapServer",
    "https://gis.example.com/arcgis/rest/services/Übersicht/MapServer",
    "https://gis.example.com/arcgis/rest/services/Wetter/Ubersicht/MapServer",
    "https://gis.example.com/arcgis/rest/services/Wetter/Übersicht/ImageServer",
    "https://127.0.0.1/arcgis/rest/services/Wetter/Übersicht/MapServer",
    "https://127.999.999.999/arcgis/rest/services/Wetter/Übersicht/MapServer",
    "https://localhost:50001/arcgis/rest/services/Wetter/Übersicht/MapServer",
    "https://localhost:50002/arcgis/rest/services/Wetter/Übersicht/MapServer",
    "https://xn--/arcgis/rest/services/Wetter/Übersicht/MapServer",
]


def test_different_services_have_different_keys() -> None:
    keys = {service_key(RAINFALL), *map(key, DIFFERENT)}
    assert len(keys) == len(DIFFERENT) + 1


def test_ports_of_this_machine_are_folded_too_where_only_the_server_can_tell() -> None:
    here = ["http://localhost:50001/arcgis", "https://127.0.0.1:50002/arcgis", "https://localhost/arcgis"]
    services = [ServiceReference(site, "Wetter", "Übersicht", "MapServer") for site in here]
    assert len({*map(service_key, services)}) == 3
    assert len({*map(service_key_at_any_port, services)}) == 1


def test_a_folder_and_a_context_are_not_mixed_up() -> None:
    one = key("https://h/a/rest/services/b/c/MapServer")
    assert one != key("https://h/a/b/rest/services/c/MapServer")


THIS = [
    "Wetter/Übersicht:MapServer",
    " wetter/übersicht:mapserver\r\n",
    "Wetter / Übersicht : MapServer",
    "Wetter/Übersicht.MapServer",
    "Wetter/Übersicht/MapServer",
    "/Wetter/Übersicht:MapServer",
    r"Wetter\Übersicht.MapServer",
    "Wetter/%C3%9Cbersicht:MapServer",
    "Wetter%2F%C3%9Cbersicht%3AMapServer",
    "Wetter/U\u0308bersicht:MapServer",
    '"Wetter/Übersicht:MapServer"',
    "https://10.0.0.7:6443/arcgis/rest/services/Wetter/Übersicht/MapServer",
    "http://inside.example/server/services/Wetter/Übersicht/MapServer?wsdl",
    "https://inside.example/services;Wetter/Übersicht.MapServer",
    r"C:\ags\arcgis on inside_6443 (admin).ags\Wetter\Übersicht.MapServer",
]
ANOTHER = [
    "Wetter/Niederschlag:MapServer",
    "Übersicht:MapServer",
    "Wetter/Übersicht:ImageServer",
    "Wetter/Übersicht:GPServer",
    "Wetter/Übersicht/FeatureServer",
    "https://gis.example.com/arcgis/rest/services/Wetter/Ubersicht/MapServer",
    "https://gis.example.com/arcgis/rest/services/Wetter/Übersicht/FeatureServer",
]
UNCLEAR = [
    *("", "  ", "Wetter/Übersicht", "Übersicht", "MapServer", "A/Wetter/Übersicht:MapServer", "j0123", "null"),
    *("Wetter/Übersicht:MapServer;Wetter/Niederschlag:MapServer", "https://gis.example.com/arcgis", "https://[", "://"),
    *("Übersicht:MapServer;Niederschlag:MapServer", "Wetter/%25C3%259Cbersicht:MapServer", "Über\u200bsicht:MapServer"),
    *("https://u:p@h/arcgis/rest/services/Wetter/Übersicht/MapServer", "Wetter/Übersicht:MapServer/0", "x" * 100_000),
]


@pytest.mark.parametrize(
    ("text", "means"),
    [*((t, Means.THIS) for t in THIS), *((t, Means.ANOTHER) for t in ANOTHER), *((t, Means.UNCLEAR) for t in UNCLEAR)],
)
def test_what_a_server_calls_a_service_means_it_or_another_or_is_unclear(text: str, means: Means) -> None:
    assert names_service(RAINFALL, text) is means


NAMES = st.text(st.characters(categories=("L", "N"), include_characters="_ -"), min_size=1, max_size=12).filter(
    lambda name: name.strip() == name and unicodedata.normalize("NFC", name) == name
)
SERVICES = st.builds(
    ServiceReference,
    site=st.sampled_from(["https://gis.example.com/arcgis", "https://h", "http://localhost:6080/a/b"]),
    folder=st.just("") | NAMES,
    name=NAMES,
    kind=st.sampled_from(["MapServer", "ImageServer"]),
)
SPELLINGS = st.sampled_from(
    [
        lambda name: name,
        str.lower,
        quote,
        lambda name: quote(name.lower()),
        lambda name: unicodedata.normalize("NFD", name),
        lambda name: quote(unicodedata.normalize("NFD", name)),
    ]
)


@given(service=SERVICES, spelled=SPELLINGS, form=st.sampled_from(["{}:{}", "{}.{}", "{}/{}", " {}:{} "]))
def test_a_service_is_known_by_every_spelling_of_its_names(
    service: ServiceReference, spelled: Callable[[str], str], form: str
) -> None:
    path = "/".join(spelled(part) for part in (service.folder, service.name) if part)
    assert names_service(service, form.format(path, service.kind)) is Means.THIS
    url = f"https://inside.example:6443/arcgis/rest/services/{path}/{service.kind}"
    assert names_service(service, url) is Means.THIS
    assert service_key(service) == key(f"{service.site}/rest/services/{path}/{service.kind}")


@given(one=SERVICES, other=SERVICES)
def test_services_with_different_names_are_told_apart(one: ServiceReference, other: ServiceReference) -> None:
    same = [part.lower() for part in (one.folder, one.name, one.kind)] == [
        part.lower() for part in (other.folder, other.name, other.kind)
    ]
    assert (names_service(one, other.task_name) is Means.THIS) == same
    if not same or one.site != other.site:
        assert service_key(one) != service_key(other)


@given(text=st.text(max_size=40))
def test_whatever_a_server_says_nothing_is_raised(text: str) -> None:
    assert isinstance(names_service(RAINFALL, text), Means)
    assert isinstance(is_loopback(text), bool)
    assert isinstance(is_loopback(f"http://{text}/"), bool)


@given(service=SERVICES)
def test_what_is_read_from_a_services_own_address_is_that_service(service: ServiceReference) -> None:
    try:
        assert read_name(service.url) == service
    except NotAService:
        assert not service.name.isprintable() or not service.folder.isprintable()
