"""A service named by any text: every form leads to the same service, every refusal says what to give instead."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from cachetools_core.errors import NotAService
from cachetools_core.naming.address import safe_text, site_address
from cachetools_core.naming.identity import is_loopback, same_address, same_host
from cachetools_core.naming.service import CatalogPath, LayerFile, ServiceReference, read_name

SITE = "https://h/server"
SECRET = "Canary7Secret"


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Naming is text only: a socket here would be a fault."""

    def refuse(*_):
        raise AssertionError("naming a service has opened a socket")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def refusal(text: str) -> NotAService:
    with pytest.raises(NotAService) as caught:
        read_name(text)
    error = caught.value
    assert (error.message_id, error.exit_code) == ("CT101", 2)
    assert error.remedy, "a refusal says what to give instead"
    assert "\n" not in str(error)
    return error


ADDRESSES = [
    "{site}/rest/services/F/Rainfall/{kind}",
    "{site}/rest/services/F/Rainfall/{kind}/",
    "{site}/rest/services/F/Rainfall/{kind}?f=pjson&token=abc",
    "{site}/rest/services/F/Rainfall/{kind}/?f=json#frag",
    "{site}/REST/Services/F/Rainfall/{kind}",
    "{site}//rest//services//F/Rainfall/{kind}",
    "{site}/services/F/Rainfall/{kind}",
    "{site}/services/F/Rainfall/{kind}?wsdl",
    "{site}/services/F/Rainfall.{kind}",
    "{site}/rest/services/F/Rainfall.{kind}",
    "{site}/services;F/Rainfall.{kind}",
    "{site}/services;F/Rainfall/{kind}",
    "{site}/services;F%2FRainfall.{kind}",
    "{site}/rest/services/%46/R%61infall/{kind}",
    "HTTPS://H/server/rest/services/F/Rainfall/{kind}",
    "https://h:443/server/rest/services/F/Rainfall/{kind}",
    "  {site}/rest/services/F/Rainfall/{kind} \r\n",
    '"{site}/rest/services/F/Rainfall/{kind}"',
    "'{site}/rest/services/F/Rainfall/{kind}'",
    "\ufeff\u202a{site}/rest/services/F/Rainfall/{kind}\u200b",
]


@pytest.mark.parametrize("kind", ["MapServer", "ImageServer"])
@pytest.mark.parametrize("form", ADDRESSES)
def test_every_form_of_address_names_the_same_service(form: str, kind: str) -> None:
    service = read_name(form.format(site=SITE, kind=kind))
    assert service == ServiceReference(SITE, "F", "Rainfall", kind)
    assert service.url == f"https://h/server/rest/services/F/Rainfall/{kind}"
    assert (service.task_name, str(service)) == (f"F/Rainfall:{kind}", f"F/Rainfall:{kind}")
    assert service.admin_url == f"https://h/server/admin/services/F/Rainfall.{kind}"


@pytest.mark.parametrize("form", ADDRESSES)
def test_a_service_in_the_root_folder_has_no_folder(form: str) -> None:
    root = form.format(site=SITE, kind="mapserver").replace("F/R", "R").replace("F%2F", "").replace("%46/", "")
    service = read_name(root)
    assert service == ServiceReference(SITE, "", "Rainfall", "MapServer")
    assert service.url == "https://h/server/rest/services/Rainfall/MapServer"
    assert service.task_name == "Rainfall:MapServer"


@pytest.mark.parametrize("context", ["arcgis", "ArcGIS", "ARCGIS", "Tiles/AbC", "%C3%9Cber", "a%2Bb", "a+b", "~gis"])
@pytest.mark.parametrize("form", ["rest/services/Rainfall/MapServer", "services/Rainfall/MapServer?wsdl"])
def test_a_site_is_asked_as_it_was_spelled(context: str, form: str) -> None:
    assert read_name(f"https://h:6443/{context}/{form}").site == f"https://h:6443/{context}"


@pytest.mark.parametrize(
    "form",
    [
        "https://h/rest/services/F/Rainfall/MapServer",
        "https://h/REST/services/F/Rainfall/MapServer",
        "https://h/services/F/Rainfall/MapServer",
        "https://h/services;F/Rainfall.MapServer",
    ],
)
def test_a_site_may_stand_at_the_root_of_its_host(form: str) -> None:
    service = read_name(form)
    assert service == ServiceReference("https://h", "F", "Rainfall", "MapServer")
    assert service.url == "https://h/rest/services/F/Rainfall/MapServer"
    assert service.admin_url == "https://h/admin/services/F/Rainfall.MapServer"


@pytest.mark.parametrize(
    ("tail", "folder", "name"),
    [
        ("MapServer/Rainfall/MapServer", "MapServer", "Rainfall"),
        ("MapServer/Rainfall.MapServer", "MapServer", "Rainfall"),
        ("ImageServer/Rainfall/MapServer", "ImageServer", "Rainfall"),
        ("GPServer/Rainfall/MapServer", "GPServer", "Rainfall"),
        ("MapServer/MapServer", "", "MapServer"),
        ("MapServer/MapServer/MapServer", "MapServer", "MapServer"),
    ],
)
def test_a_folder_or_a_service_may_be_called_like_a_type(tail: str, folder: str, name: str) -> None:
    for text in (f"https://h/s/rest/services/{tail}", f"https://h/s/services/{tail}", f"C:\\x.ags\\{tail}"):
        named = read_name(text)
        assert (named.folder, named.name, named.kind) == (folder, name, "MapServer")


WORDS = ["GIS Servers", "GIS-Server", "Serveurs SIG", "GISサーバー", "Server GIS", "C:\\Projects\\GIS Servers"]


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("slash", ["\\", "/"])
def test_the_text_that_pro_writes_names_the_address_in_it(words: str, slash: str) -> None:
    for address in ("https://h/server/rest/services/F/Rainfall/MapServer", "http://h/s/services/Rainfall.ImageServer"):
        assert read_name(f"{words}{slash}{address}") == read_name(address)
        assert read_name(f'"{words}{slash}{address}/"') == read_name(address)


@pytest.mark.parametrize("words", WORDS[:-1])
def test_without_a_scheme_it_means_https(words: str) -> None:
    for host in ("gis.example.com", "gisserver", "gisserver:6443", "10.0.0.1", "[::1]:6443"):
        for slash in ("\\", "/"):
            if " " not in words and (slash == "/" or host == "gisserver"):
                continue  # such a word could be the host itself
            text = f"{words}{slash}{host}/arcgis/rest/services/Weather/Rainfall/MapServer"
            assert read_name(text).url == f"https://{host}/arcgis/rest/services/Weather/Rainfall/MapServer"


@pytest.mark.parametrize(
    "mistyped",
    ["https:gis.example.com", "https://https://gis.example.com", "gis.example.com:64e3", "gis.a.com,", "gis a.com"],
)
def test_of_a_host_that_is_mistyped_no_part_of_the_path_is_taken_for_the_host(mistyped: str) -> None:
    error = refusal(f"{mistyped}/arcgis/rest/services/Rainfall/MapServer")
    assert "https://arcgis/" not in error.remedy


def test_a_path_without_a_host_is_not_offered_as_an_address() -> None:
    assert "https://arcgis/" not in refusal("/arcgis/rest/services/Rainfall/MapServer").remedy


def test_what_pro_and_public_scripts_write_is_read(shared: Path) -> None:
    *services, layer = (shared / "cases" / "pro-service-text.txt").read_text(encoding="utf-8").splitlines()
    for text in services:
        assert read_name(text).task_name == "Weather/Rainfall:MapServer"
        assert read_name(text).site in ("https://gis.example.com/server", "https://gis.example.com/arcgis")
    assert "layer" in refusal(layer).what
    for text in (shared / "cases" / "no-context.txt").read_text(encoding="utf-8").splitlines():
        assert read_name(text).site == "https://gis.example.com"
    for text in (shared / "cases" / "context-letter-case.txt").read_text(encoding="utf-8").splitlines():
        assert read_name(text).url == text
    for text in (shared / "cases" / "portal-stand-in.txt").read_text(encoding="utf-8").splitlines():
        error = refusal(text)
        assert "a portal stands in for one service" in error.what
        assert "caching tools" in error.what
        assert "https://gisserver:6443/arcgis/rest/services/Buses/MapServer" in error.remedy


@pytest.mark.parametrize(
    "context",
    [
        "portal/sharing/servers/0123456789abcdef0123456789abcdef",
        "sharing/servers/one",
        "usrsvcs/servers/0123456789ABCDEF0123456789ABCDEF",
        "usrsvcs/appservices/abc123",
        "portal/Sharing/appservices/abc123",
        "gateway/servers/0123456789abcdef0123456789abcdef",
    ],
)
def test_a_portals_stand_in_is_refused_by_its_form(context: str) -> None:
    for tail in ("rest/services/F/Buses/MapServer", "services/F/Buses/MapServer"):
        error = refusal(f"https://gis.example.com/{context}/{tail}")
        assert "https://gisserver:6443/arcgis/rest/services/F/Buses/MapServer" in error.remedy
    for tail in ("rest/services/F/Buses/MapServer/0", "rest/services", "rest/services/Buses/FeatureServer"):
        error = refusal(f"https://gis.example.com/{context}/{tail}")
        assert "https://gisserver:6443/arcgis/rest/services/Folder/Name/MapServer" in error.remedy


@pytest.mark.parametrize(
    "text", ["gis.example.com/arcgis/rest/services/F/R/MapServer", "//h/s/rest/services/R/MapServer"]
)
def test_an_address_without_scheme_is_refused_with_the_whole_one(text: str) -> None:
    assert f"https://{text.lstrip('/')}" in refusal(text).remedy


def test_every_address_that_a_refusal_offers_is_one_that_would_be_taken() -> None:
    for text, _, _ in REFUSED:
        for offered in re.findall(r"https?://[^\s,]+", refusal(text).remedy):
            assert isinstance(read_name(offered.rstrip(".")), ServiceReference), (text, offered)


def test_a_site_may_be_called_services() -> None:
    named = read_name("https://h/services/rest/services/rest/MaXX/MapServer")
    assert (named.site, named.folder, named.name) == ("https://h/services", "rest", "MaXX")


def test_a_text_as_long_as_any_is_read() -> None:
    text = "https://h/server/rest/services/Rainfall/MapServer?"
    assert read_name(text.ljust(4096, "x")).url == text[:-1]
    assert "too long" in refusal(text.ljust(4097, "x")).what


def test_other_contexts_are_kept_as_they_are() -> None:
    named = read_name("https://h/tiles/AbC/arcgis/rest/services/Rainfall/MapServer")
    assert named.site == "https://h/tiles/AbC/arcgis"


@pytest.mark.parametrize(
    ("text", "name", "path"),
    [
        ("https://h/s/rest/services/Été/Niederschläge/MapServer", "Niederschläge", "%C3%89t%C3%A9/Niederschl%C3%A4ge"),
        ("https://h/s/rest/services/%C3%89t%C3%A9/Niederschl%C3%A4ge/MapServer", "Niederschläge", "%C3%89t%C3%A9/"),
        ("https://h/s/services;Été/雨量.MapServer", "雨量", "%C3%89t%C3%A9/%E9%9B%A8%E9%87%8F"),
        ("https://h/s/rest/services/Été/Base%20Map/MapServer", "Base Map", "%C3%89t%C3%A9/Base%20Map"),
    ],
)
def test_names_beyond_ascii_and_percent_codes_are_one_name(text: str, name: str, path: str) -> None:
    service = read_name(text)
    assert (service.folder, service.name) == ("Été", name)
    assert service.path.startswith(path)
    assert read_name(service.url) == service


CONNECTIONS = [
    r"C:\c\arcgis on h_6443 (admin).ags\F\Rainfall.MapServer",
    r"C:\c\arcgis on h_6443 (admin)\F\Rainfall.MapServer",
    r"C:\c\ARCGIS on my_host_6443 (Admin)\F\Rainfall.mapserver",
    r"C:\c\production.ags\F\Rainfall.MapServer",
    r"C:\c\production.ags\F\Rainfall\MapServer",
    r"production.ags\F\Rainfall.MapServer",
    r"\\fileserver\share\production.AGS\F\Rainfall.MapServer",
    r"GIS Servers\arcgis on h_6443 (publisher)\F\Rainfall.MapServer",
    r"GIS Servers\production\F\Rainfall.MapServer",
]


@pytest.mark.parametrize("text", CONNECTIONS)
def test_a_catalog_path_names_its_connection_and_its_service(text: str) -> None:
    named = read_name(text)
    connection = text.replace("\\", "/").partition("/F/")[0]
    assert named == CatalogPath(connection, "F", "Rainfall", "MapServer")
    assert read_name(text.replace("\\", "/")) == named
    assert read_name(f'"{text}"') == named
    assert read_name(text + "\\") == named
    image = text.replace("MapServer", "ImageServer").replace("mapserver", "IMAGESERVER")
    assert read_name(image) == CatalogPath(connection, "F", "Rainfall", "ImageServer")


def test_a_catalog_path_may_lead_to_the_root_folder() -> None:
    assert read_name(r"C:\c\x.ags\Niederschläge.MapServer") == CatalogPath(
        "C:/c/x.ags", "", "Niederschläge", "MapServer"
    )


@pytest.mark.parametrize(
    "text", [r"C:\maps\Rainfall.lyrx", r"\\server\share\Rainfall.LYRX", '"C:/my maps/雨\u3000量.lyrx"']
)
def test_a_layer_file_is_named_by_its_path(text: str) -> None:
    assert read_name(text) == LayerFile(text.strip('"'))


REFUSED = [
    ("", "No service is named", "/rest/services/"),
    (' "" \u200b', "No service is named", "/rest/services/"),
    ("https://h/server/rest/services/F/Rainfall/MapServer/0", "a layer of a service", "up to and including MapServer"),
    ("https://h/server/services/F/Rainfall/MapServer/12/", "a layer of a service", "up to and including MapServer"),
    (r"C:\c\x.ags\F\Rainfall.MapServer\Lakes", "inside a service", "up to and including MapServer"),
    ("https://h/server/rest/services/F/Rainfall/ImageServer/tile/0/0/0", "inside a service", "ImageServer"),
    ("https://h/server/rest/services/F", "a folder or lacks the service's type", "/MapServer"),
    (r"C:\c\x.ags\F", "a folder or lacks the service's type", "/MapServer"),
    ("https://h/server/rest/services/F/Rainfall", "a folder or lacks the service's type", "/MapServer"),
    ("https://h/server/rest/services", "a whole site", "/MapServer"),
    ("https://h/server/services/", "a whole site", "/MapServer"),
    (r"C:\c\x.ags", "a whole site", "/MapServer"),
    ("https://h/server", "no /rest/services/ in it", "/MapServer"),
    ("https://h/server/rest/info", "no /rest/services/ in it", "/MapServer"),
    (
        "https://h/server/rest/services/F/MapServer/Rainfall/MapServer",
        "inside a service",
        "up to and including MapServer",
    ),
    ("https://h/server/rest/services/MapServer/Rainfall/MapServer/0", "a layer of a service", "up to and including"),
    (r"Serveurs SIG\https://h/server/rest/services/R/MapServer\Lakes", "a layer", "up to and including MapServer"),
    ("gis.example.com\\arcgis/rest/services/R/MapServer", "neither an address", "/rest/services/"),
    (r"C:\h/arcgis/rest/services/R/MapServer", "neither an address", "/rest/services/"),
    ("https://h/admin/services/F/Rainfall.MapServer", "administrator API", "/rest/services/"),
    ("https://h/server/rest/services/MapServer", "doesn't have the form", "/MapServer"),
    ("https://h/server/rest/services/A/B/Rainfall/MapServer", "doesn't have the form", "/MapServer"),
    (
        "https://h/server/rest/services/Rainfall/FeatureServer",
        "is a FeatureServer",
        "Give the MapServer or ImageServer",
    ),
    ("https://h/server/rest/services/Rainfall/FeatureServer/0", "is a FeatureServer", "Give the MapServer"),
    ("https://h/server/rest/services/System/CachingTools/GPServer", "is a GPServer", "Give the MapServer"),
    (r"C:\c\x.ags\Tools.GPServer", "is a GPServer", "Give the MapServer"),
    ("https://h/server/rest/services/Rain*/MapServer", "wildcard", "/MapServer"),
    (r"C:\c\x.ags\F\Rain?all.MapServer", "wildcard", "/MapServer"),
    ("https://h/server/rest/services/R%3F/MapServer", "wildcard", "/MapServer"),
    (r"C:\c\x.ags\F\.MapServer", "no folder or service", "/MapServer"),
    ("https://h/server/rest/services/F%2FG/Rainfall/MapServer", "no folder or service", "/MapServer"),
    ("https://h/server/rest/services/../Rainfall/MapServer", "no folder or service", "/MapServer"),
    ("https://h/server/rest/services/%2e%2e/Rainfall/MapServer", "no folder or service", "/MapServer"),
    ("https://h/server/rest/services/R%00/MapServer", "no folder or service", "/MapServer"),
    ("https://h/server/rest/services/F/Rainfall%20/MapServer", "no folder or service", "/MapServer"),
    ("https://h/server/rest/services/F./Rainfall/MapServer", "no folder or service", "/MapServer"),
    ("https://h/server/rest/services/R%1b%5B31m/MapServer", "no folder or service", "/MapServer"),
    ("https://h/server/rest/services/R%E2%80%AE/MapServer", "no folder or service", "/MapServer"),
    ("https://h/server/rest/services/R%FF/MapServer", "no folder or service", "/MapServer"),
    ("https://h/a/../b/rest/services/Rainfall/MapServer", "no folder or service", "/MapServer"),
    ("https://h/server/admin/services/F/Rainfall.MapServer", "administrator API", "/rest/services/"),
    ("https://h/portal/home/item.html?id=0123456789abcdef", "no /rest/services/ in it", "/rest/services/"),
    ("ftp://h/server/rest/services/Rainfall/MapServer", "Only http and https", "/rest/services/"),
    ("file:///C:/maps/Rainfall.lyrx", "Only http and https", "/rest/services/"),
    (r"C:\maps\Rainfall.lyr", "layer file of ArcMap", ".lyrx"),
    (r"My Hosted Services\Rainfall.MapServer", "neither an address nor a path", "/rest/services/"),
    (r"Rainfall.MapServer\GIS Servers", "neither an address nor a path", "/rest/services/"),
    ("World Imagery", "neither an address nor a path", "/rest/services/"),
    (r"\\h\server\rest\services\Rainfall\MapServer", "neither an address nor a path", "/rest/services/"),
    ("//h/server/rest/services/Rainfall/MapServer", "neither an address nor a path", "/rest/services/"),
    ("https:/h/server/rest/services/Rainfall/MapServer", "neither an address nor a path", "/rest/services/"),
    ("https:///server/rest/services/Rainfall/MapServer", "no host", "/rest/services/"),
    ("https://h:port/server/rest/services/Rainfall/MapServer", "host or port is malformed", "/rest/services/"),
    ("https://h:99999/server/rest/services/Rainfall/MapServer", "host or port is malformed", "/rest/services/"),
    ("https://[::1/server/rest/services/Rainfall/MapServer", "host or port is malformed", "/rest/services/"),
    ("https://h/server/rest/services/Rain\x07fall/MapServer", "can't be shown", "/rest/services/"),
    ("https://h/server/rest/services/Rain\u202ellaf/MapServer", "can't be shown", "/rest/services/"),
    ("https://h/server/rest/services/Rain\udc80/MapServer", "can't be shown", "/rest/services/"),
    ("https://h/server/rest/services/" + "F" * 5000 + "/MapServer", "too long", "/rest/services/"),
]


@pytest.mark.parametrize(("text", "why", "instead"), REFUSED, ids=[text[:60] for text, _, _ in REFUSED])
def test_a_text_that_is_no_service_is_refused_with_what_to_give_instead(text: str, why: str, instead: str) -> None:
    error = refusal(text)
    assert why in error.what
    assert instead in error.remedy or instead in error.what


@pytest.mark.parametrize(
    "text",
    [
        f"https://user:{SECRET}@h/server/rest/services/Rainfall/MapServer",
        f"https://{SECRET}@h/server/rest/services/Rainfall/MapServer",
        f"https://user:{SECRET}@h:port/server/rest/services/Rainfall/MapServer",
        f"https://user:12/{SECRET}@h/server/rest/services/Rainfall/MapServer",
        f"https://user:{SECRET}/34@h/server/rest/services/Rainfall/MapServer",
        f"https://user:{SECRET}?x@h/server/rest/services/Rainfall/MapServer",
        f"https://user:{SECRET}#x@h/server/rest/services/Rainfall/MapServer",
        f"https://user:20{SECRET}#24@h/server/rest/services/Rainfall/MapServer",
        f"https://user:20#{SECRET}@h/server/rest/services/Rainfall/MapServer",
        f"https://2024#{SECRET}@h/server/rest/services/Rainfall/MapServer",
        f"Serveurs SIG\\https://user:{SECRET}@h/server/rest/services/Rainfall/MapServer",
        f"https://user:{SECRET}\\@h/server/rest/services/Rainfall/MapServer",
        f"https:/user:{SECRET}@h/server/rest/services/Rainfall/MapServer",
        f"user:{SECRET}@h/server/rest/services/Rainfall/MapServer",
        f"https://user:{SECRET}@good@evil/server/rest/services/Rainfall/MapServer",
        f"https://h/server/rest/services/Rainfall?token={SECRET}",
        f"https://h/server/rest/services/Rainfall/MapServer/0?token={SECRET}",
        f"https://h/server#access_token={SECRET}",
        f"h/server/rest/services/Rainfall/MapServer?token={SECRET}",
        f"ftp://h/x?token={SECRET}",
    ],
)
def test_credentials_in_a_text_are_refused_and_never_said_again(text: str) -> None:
    error = refusal(text)
    told: BaseException | None = error
    while told is not None:
        assert SECRET.lower() not in f"{told} {told!r} {told.args}".lower()
        told = told.__cause__
    assert SECRET.lower() not in safe_text(text).lower()


@pytest.mark.parametrize("credentials", ["user:pw", "user", "u:2024#Summer", "u:20?24", "u:20/24", "u:p\uff20ss"])
def test_credentials_are_refused_for_what_they_are(credentials: str) -> None:
    error = refusal(f"https://{credentials}@h/server/rest/services/Rainfall/MapServer")
    assert "holds a user name or password" in error.what
    assert "Remove everything up to and including the @ sign" in error.remedy


@pytest.mark.parametrize(
    "kind",
    [
        *(
            "FeatureServer",
            "GPServer",
            "GeocodeServer",
            "GeoDataServer",
            "GeometryServer",
            "GlobeServer",
            "MobileServer",
        ),
        *("NAServer", "SceneServer", "StreamServer", "VectorTileServer", "WFSServer", "WMSServer"),
        *("KnowledgeGraphServer", "IndexingServer"),
    ],
)
def test_every_other_type_of_service_is_called_by_its_name(kind: str) -> None:
    for text in (f"https://h/server/rest/services/F/R/{kind}", rf"C:\c\x.ags\F\R.{kind}"):
        assert f"is a {kind}, which has no map cache" in refusal(text).what


@pytest.mark.parametrize("letter", '/\\:;"<>|#%&@')
@pytest.mark.parametrize(
    "form", ["https://h/s{}x/rest/services/R/MapServer", "https://h/s/rest/services/R{}x/MapServer"]
)
def test_letters_that_no_name_holds_are_refused_in_percent_codes_too(letter: str, form: str) -> None:
    assert "no folder or service" in refusal(form.format(f"%{ord(letter):02X}")).what


def test_a_token_in_the_query_is_dropped() -> None:
    text = f"https://h/server/rest/services/Rainfall/MapServer?f=json&token={SECRET}"
    assert SECRET not in repr(read_name(text))
    assert SECRET not in read_name(text).url
    assert safe_text(text) == "https://h/server/rest/services/Rainfall/MapServer"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://u:p@h:6443/a/b?c#d", "https://h:6443/a/b"),
        ("https://u:p/q@h/a", "https://h/a"),
        ("https://[::1]:6443/a", "https://[::1]:6443/a"),
        ("https://user:half?a@password", "https://..."),
        ("https://u:2024#Summer@h/a", "https://..."),
        ("https://h/a?mail=x@y&token=secret", "https://..."),
        ("https://u:p\uff20h/a", "https://h/a"),
        ("https://u:p%40h/a", "https://u/a"),
        (r"Serveurs SIG\https://u:p@h/a", "h/a"),
        (r"Serveurs SIG\https://u:p/a?b", r"Serveurs SIG\https://u/a"),
        ("x" * 9000 + "@h", "h"),
        (r"C:\maps\R.lyrx", r"C:\maps\R.lyrx"),
        (r"C:\Users\me@corp\x.ags\R.MapServer", r"corp\x.ags\R.MapServer"),
        ("a\x1b[31m\u202eb\r\nc", "a [31m b  c"),
        ("u@x://y@h/a", "h/a"),
        ("plain", "plain"),
        ("a\u1680b\u3000c", "a b c"),
        ("x" * 9000, "x" * 4096),
    ],
)
def test_safe_text_holds_no_credentials_no_query_and_nothing_unseen(text: str, shown: str) -> None:
    assert safe_text(text) == shown


HOSTS = [
    "h",
    "gis.example.com:6443",
    "10.0.0.1",
    "my_host-1",
    "[::1]:6443",
    "[2001:db8::1]",
    "bücher.example",
    "h:0",
    "H.EXAMPLE.COM",
]


@pytest.mark.parametrize("host", HOSTS)
def test_the_host_that_is_asked_is_the_host_that_was_named(host: str) -> None:
    import requests

    text = f"https://{host}/server/services/F/Rainfall/MapServer"
    service = read_name(text)
    for url in (service.url, service.admin_url, f"{service.site}/rest/info"):
        assert urlsplit(url).netloc == host.lower()
        asked = requests.Request("GET", url).prepare().url
        assert urlsplit(asked).hostname == urlsplit(requests.Request("GET", text).prepare().url).hostname


@pytest.mark.parametrize(
    "host",
    [
        "good@evil",
        "good:443@evil",
        "good%40evil",
        "good\\evil",
        "good\\@evil",
        "evil\\@good",
        "good evil",
        "good%00.evil",
        "good%2eevil",
        "good;evil",
        "good,evil",
        "*.good",
        "[good]",
        "[::1%25eth0]",
        "good\u3002evil",
        "good\uff0eevil",
        "good\uff0fevil",
        "good\u2044evil",
        "\uff47ood",
        "\u212aelvin",
        "\u2460",
        "go\u00adod",
        "go\u200dod",
        "\u202egood",
        "go\tod",
        "go\nod",
    ],
)
def test_a_host_that_readers_would_differ_about_is_refused(host: str) -> None:
    error = refusal(f"https://{host}/server/rest/services/Rainfall/MapServer")
    assert any(words in error.what for words in ("host", "user name or password", "can't be shown"))


@pytest.mark.parametrize(
    ("url", "inside"),
    [
        ("http://localhost:6080/arcgis", True),
        ("https://127.0.0.1/arcgis", True),
        ("http://127.8.9.10:80/", True),
        ("http://[::1]:6080/arcgis", True),
        ("http://[0:0:0:0:0:0:0:1]/", True),
        ("http://[::ffff:127.0.0.1]/", True),
        ("http://[::ffff:10.0.0.1]/", False),
        ("http://127.999.999.999/", False),
        ("http://127.0.0.01/", False),
        ("http://localhost.evil.com/", False),
        ("http://127.0.0.1.evil.com/", False),
        ("http://evil.com/127.0.0.1", False),
        ("http://evil\\@127.0.0.1/", False),
        ("http://127.0.0.1@evil/", False),
        ("http://127.0.0.\u0661/", False),
        ("http://127.0.0/", False),
        ("http://[::2]/", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_loopback_is_what_never_leaves_this_machine(url: str, inside: bool) -> None:
    assert is_loopback(url) is inside


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://h/portal", "http://H:7443/x", True),
        ("https://h", "https://h.evil", False),
        ("https://evil\\@h/sharing", "https://h/portal", False),
        ("https://u:p@h/sharing", "https://h/portal", False),
        ("https://[", "https://[", False),
        ("", "", False),
        ("/sharing", "/portal", False),
    ],
)
def test_same_host_only_where_every_reader_agrees(one: str, other: str, same: bool) -> None:
    assert same_host(one, other) is same
    assert same_host(other, one) is same


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://h/portal", "https://H:443/Portal/", True),
        ("http://h/portal", "https://h/portal", True),
        ("http://h:80/portal", " https://h:443/portal ", True),
        ("https://h:7443/portal", "https://h/portal", False),
        ("https://h/portal", "https://h/portal2", False),
        ("https://h/portal?x=1", "https://h/portal", True),
        ("https://evil\\@h/portal", "https://h/portal", False),
        ("https://[", "https://[", False),
        ("", "", False),
    ],
)
def test_same_address_is_one_portal_in_whatever_spelling(one: str, other: str, same: bool) -> None:
    assert same_address(one, other) is same


def test_a_site_address_has_one_spelling() -> None:
    assert site_address("HTTPS://Gis.Example.COM:443/arcgis") == "https://gis.example.com"
    assert site_address("http://h:80") == "http://h"
    assert site_address("http://h:443") == "http://h:443"
    assert site_address("https://[2001:DB8::1]:6443/x") == "https://[2001:db8::1]:6443"
