"""Hostile texts and files: one service that they name comes out, or a documented error."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st
from support.clocks import FastClock
from support.hostile import (
    as_bytes,
    coded_address,
    every_odd_body,
    fed_to,
    hostile_address,
    hostile_text,
)

from cachetools_core.naming.address import safe_text
from cachetools_core.naming.files import find_service
from cachetools_core.naming.service import ServiceReference, read_name
from cachetools_core.waiting import Run


def find_it(text: str) -> ServiceReference:
    return find_service(text, Run(FastClock(), 6e5, lambda: False))


@settings(max_examples=200)
@given(st.one_of(hostile_text, hostile_address, coded_address))
def test_any_text_names_one_service_on_the_host_in_it_or_is_refused(text: str) -> None:
    named = fed_to(read_name, text)
    if isinstance(named, ServiceReference):
        host = urlsplit(text.strip(" \t\r\n\v\f\"'\u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")).hostname
        for url in (named.url, named.admin_url):
            assert urlsplit(url).hostname == host
            assert re.fullmatch(r"[\x21-\x7e]+", url[url.index("://") + 3 + len(urlsplit(url).netloc) :])
            assert not {"..", "."} & set(urlsplit(url).path.split("/"))
        assert read_name(named.url) == named
        assert (named.folder + named.name).isprintable()
        assert not set("/\\:;@%?#") & set(named.folder + named.name)
    shown = safe_text(text)
    assert len(shown) <= 4096
    assert shown.isprintable()
    assert "@" not in shown


@settings(max_examples=150)
@given(
    st.lists(
        st.one_of(st.binary(max_size=30), hostile_text.map(lambda t: t.encode("utf-16-le", "replace"))), max_size=6
    )
)
def test_any_bytes_of_a_connection_give_one_site_or_an_error(tmp_path: Path, pieces: list[bytes]) -> None:
    file = tmp_path / "x.ags"
    file.write_bytes(b"".join(pieces))
    service = fed_to(find_it, f"{file}/F/Rainfall.MapServer")
    if service is not None:
        host = urlsplit(service.site).hostname
        content = file.read_bytes()
        found = (content.decode("utf-16-le", "replace") + content[1:].decode("utf-16-le", "replace")).lower()
        assert f"://{host}" in found
        assert read_name(service.url) == service


LAYER = {
    "type": "CIMLayerDocument",
    "layerDefinitions": [
        {
            "type": "CIMTiledServiceLayer",
            "serviceConnection": {
                "type": "CIMAGSServiceConnection",
                "objectType": "MapServer",
                "url": "https://good.example/arcgis/rest/services/Rainfall/MapServer",
            },
        }
    ],
}


def test_one_odd_value_in_a_layer_file_ends_in_its_service_or_an_error(tmp_path: Path) -> None:
    for content in every_odd_body(LAYER):
        feed_layer_file(tmp_path / "x.lyrx", content)


@settings(max_examples=100)
@given(as_bytes(LAYER))
def test_any_layer_file_draws_one_service_that_it_names_or_is_refused(tmp_path: Path, content: bytes) -> None:
    feed_layer_file(tmp_path / "x.lyrx", content)


def feed_layer_file(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    service = fed_to(find_it, str(file))
    if service is not None:
        assert (urlsplit(service.site).hostname or "").encode() in content.lower()
