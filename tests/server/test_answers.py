"""What an answer amounts to: a redirect, a refusal in one of ArcGIS's shapes, an object."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support.raw_server import RawServer, endless, http, says
from support.wire_client import GOOD, memory, serving

from cachetools_core.errors import (
    Moved,
    NoAnswer,
    NotArcGIS,
    NotPermitted,
    ServerSaysNo,
    TokenRefused,
)
from cachetools_core.naming.service import ServiceReference, read_name
from cachetools_core.naming.site import SitePart
from cachetools_core.server.answers import read_answer
from cachetools_core.server.moved import moved_service, moved_site
from cachetools_core.server.request import LARGEST_BODY

# Redirects

ASKED = "/arcgis/rest/info"
SITES = {
    "https://other.example.com/arcgis/rest/info": "https://other.example.com/arcgis",
    "https://other.example.com/ArcGIS/rest/info/?f=json&token=canary-6cc7": "https://other.example.com/ArcGIS",
    "https://other.example.com:6443/rest/info": "https://other.example.com:6443",
    "//other.example.com/server/rest/info?f=json#top": "http://other.example.com/server",
}
GATES = [
    "https://login.example.com/0000/oauth2/authorize?response_type=code&client_id=canary-6cc7",
    "https://login.example.com/login?to=/arcgis/rest/info",
    "https://siteadmin:canary-6cc7@login.example.com/arcgis/rest/info",
    "/my.policy",
    "/login.example?token=canary-6cc7#top",
    ASKED,
    "",
    "http://[login.example",
    "https://login.example\\@other/arcgis/rest/info",
    "ftp://login.example/arcgis/rest/info",
    "https://login.example.com/\x1b[31mred",
]
SERVICE = ServiceReference("http://127.0.0.1/arcgis", "Weather", "Rainfall", "MapServer")


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"])
@pytest.mark.parametrize("ask", ["get", "post_once"])
def test_no_redirect_is_followed(status, ask):
    with RawServer(says(GOOD)) as other:
        with serving(says(http(b"", status, Location=f"{other.url}/arcgis/rest/info"))) as (server, client):
            error = client.trouble(ask)
        assert (other.connections, len(server.requests)) == (0, 1)
    assert (type(error), error.sent, error.passing) == (Moved, True, False)
    assert error.site == f"{other.url}/arcgis"


@pytest.mark.parametrize(("location", "site"), SITES.items())
def test_where_the_same_resource_is_asked_elsewhere_the_services_address_there_is_offered(location, site):
    with serving(says(http(b"", "301 Moved", Location=location))) as (_, client):
        error = client.trouble()
    assert (type(error), error.site) == (Moved, site)
    assert f"the site is at {site}." in error.what
    offered = re.findall("https?://[^ ]+", moved_service(error, SERVICE).remedy)
    assert offered == [f"{site}/rest/services/Weather/Rainfall/MapServer"]
    assert read_name(offered[0]) == SERVICE._replace(site=site)


@pytest.mark.parametrize("location", GATES)
def test_a_gate_in_front_is_told_and_the_way_past_it_but_never_its_address(location):
    with serving(says(http(b"", "302 Found", Location=location))) as (_, client):
        error = client.trouble()
    assert (type(error), error.site) == (Moved, "")
    assert "a sign-in page or another gateway is in front of it" in error.what
    assert not re.search("login|policy|canary", str(error))
    assert "https://gisserver:6443/arcgis/rest/services/Folder/Name/MapServer" in error.remedy
    own = moved_service(error, SERVICE)
    assert "https://gisserver:6443/arcgis/rest/services/Weather/Rainfall/MapServer" in own.remedy


def answer_of(url, status, body=b"", **headers):
    return read_answer(f"GET {url}", url, status, headers, body)


def test_a_redirect_to_https_on_the_same_host_offers_the_same_service_there(shared):
    first = (shared / "cases" / "redirects.http").read_text(encoding="ascii").split("\n\n")[0]
    location = first.partition("Location: ")[2]
    asked = "http://gis.example.com/arcgis/rest/info"
    with pytest.raises(Moved) as raised:
        answer_of(asked, 301, Location=location)
    typed = read_name("http://gis.example.com/arcgis/services/Weather/Rainfall/MapServer")
    assert isinstance(typed, ServiceReference)
    remedy = moved_service(raised.value, typed).remedy
    assert remedy == "Give https://gis.example.com/arcgis/rest/services/Weather/Rainfall/MapServer instead."
    site = SitePart("http://gis.example.com/arcgis")
    assert moved_site(raised.value, site).remedy == "Give https://gis.example.com/arcgis instead."
    folder = site._replace(folder="Weather")
    assert (
        moved_site(raised.value, folder).remedy == "Give https://gis.example.com/arcgis/rest/services/Weather instead."
    )


def test_a_redirect_from_https_to_plain_http_is_no_address_to_give():
    with pytest.raises(Moved) as raised:
        answer_of("https://gis.example.com/arcgis/rest/info", 302, Location="http://gis.example.com/arcgis/rest/info")
    assert raised.value.site == ""
    assert "plain http" in raised.value.what


@pytest.mark.parametrize(
    "words",
    [
        b"Bad Request\r\nThis combination of host and port requires TLS.\r\n",
        b"<html><title>400 The plain HTTP request was sent to HTTPS port</title></html>",
        b"<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.</p>",
        b"Client sent an HTTP request to an HTTPS server.\n",
    ],
)
def test_plain_http_on_a_tls_port_names_the_https_address(words):
    with serving(says(http(words, "400 "))) as (server, client):
        error = client.trouble()
    assert (type(error), error.site) == (Moved, f"https{server.url[4:]}/arcgis")
    assert "speaks TLS" in error.what
    typed = SERVICE._replace(site=f"{server.url}/arcgis")
    assert f"Give https{typed.url[4:]} instead." == moved_service(error, typed).remedy


def test_nothing_else_is_taken_for_a_tls_port():
    with pytest.raises(NotArcGIS):
        answer_of("https://h/arcgis/rest/info", 400, b"requires TLS")
    with pytest.raises(NotArcGIS):
        answer_of("http://h/arcgis/rest/info", 400, b"<html>Bad Request</html>")


def test_where_nothing_is_found_the_message_says_that_letter_case_counts():
    with pytest.raises(NotArcGIS) as raised:
        answer_of("https://h/ArcGis/rest/info", 404, b"<html>")
    assert "upper and lower case count" in raised.value.remedy


def test_a_redirect_with_an_endless_body_is_not_read():
    head = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\n\r\n"
    with serving(endless(head, b"x" * 65536), factor=2) as (_, client), memory() as used:
        assert type(client.trouble()) in (Moved, NoAnswer)
    assert used() < LARGEST_BODY * 3


# ArcGIS's error objects

NOES = {
    '{"error": {"code": 498, "message": "Invalid Token", "details": []}}': (TokenRefused, 498, "Invalid Token"),
    '{"error": {"code": 499, "message": "Token Required"}}': (TokenRefused, 499, "Token Required"),
    '{"error": {"code": 401, "message": "Unauthorized"}}': (TokenRefused, 401, "Unauthorized"),
    '{"error": {"code": 403, "message": "No permission", "details": null}}': (NotPermitted, 403, "No permission"),
    '{"error": {"code": "400", "message": "Unable", "details": ["a", "a", "b"]}}': (ServerSaysNo, 400, "Unable; a; b"),
    '{"error": {"code": 400, "message": "Unable", "details": "one text"}}': (ServerSaysNo, 400, "Unable; one text"),
    '{"error": "invalid_grant"}': (ServerSaysNo, 0, "invalid_grant"),
    '{"error": {}}': (ServerSaysNo, 0, "no words"),
    '{"error": {"code": "\\u00b2", "message": "x"}}': (ServerSaysNo, 0, "x"),
    '{"error": {"code": [498], "message": {"a": 1}}}': (ServerSaysNo, 0, "{'a': 1}"),
    '{"error": {"code": 1e999, "message": "x"}}': (ServerSaysNo, 0, "x"),
    '{"status": "error", "messages": ["No machine."], "code": 500}': (ServerSaysNo, 500, "No machine."),
    '{"status": "error", "messages": "one text", "code": 499}': (TokenRefused, 499, "one text"),
    '{"status": "error"}': (ServerSaysNo, 0, "no words"),
    '{"status": "failed", "statusMessage": "It failed."}': (ServerSaysNo, 0, "It failed."),
    '{"status": "failure", "message": "It failed."}': (ServerSaysNo, 0, "It failed."),
    '{"code": 400, "message": "Invalid", "details": []}': (ServerSaysNo, 400, "Invalid"),
    '{"code": "498", "message": "Invalid Token"}': (TokenRefused, 498, "Invalid Token"),
}


@pytest.mark.parametrize("status", ["200 OK", "500 Internal Server Error"])
@pytest.mark.parametrize(("body", "expected"), NOES.items())
def test_every_error_object_is_a_no(body, expected, status):
    with serving(says(http(body.encode(), status))) as (server, client):
        error = client.trouble("post_once")
    assert (type(error), error.code, error.server_words) == expected
    assert len(server.requests) == 1


SHAPES = {
    '{"error": {"code": 499, "message": "Token Required", "details": []}}': "rest",
    '{"error": {"code": "400", "message": "Unable"}}': "rest",
    '{"error": {"message": "Unable"}}': "other",
    '{"error": {"code": null, "message": "Unable"}}': "other",
    '{"error": {"code": "quota", "message": "Unable"}}': "other",
    '{"error": "invalid_grant", "code": 400}': "other",
    '{"status": "error", "messages": ["No machine."], "code": 500}': "admin",
    '{"status": "error", "messages": ["Unauthorized"]}': "admin",
    '{"status": "failed", "statusMessage": "It failed.", "code": 403}': "other",
    '{"code": 403, "message": "Forbidden"}': "other",
    '{"error": {"code": 403, "message": "No"}, "results": []}': "other",
    '{"Error": {"code": 403, "message": "No"}}': "other",
    '{"success": false, "code": 403}': "other",
}


@pytest.mark.parametrize(("body", "shape"), SHAPES.items())
def test_a_refusal_tells_whose_shape_it_has(body, shape):
    with serving(says(http(body.encode()))) as (_, client):
        error = client.trouble("post_once")
    assert error.shape == shape


YESES = ['{"code": 200, "message": "ok"}', '{"error": null}', '{"status": "success"}', '{"code": 400}', "{}"]


@pytest.mark.parametrize("body", YESES)
def test_what_is_no_error_object_is_an_answer(body):
    with serving(says(http(body.encode()))) as (_, client):
        assert client.get() == json.loads(body)


def test_the_bodies_that_real_servers_sent_are_read_as_what_they_are(shared):
    refusals = re.compile(r"_err_|missing_params|cancel_job_error")
    seen = 0
    for file in sorted(Path(shared, "wire").glob("*.json")):
        raw = json.loads(file.read_text(encoding="utf-8-sig"))
        with serving(says(http(file.read_bytes()))) as (_, client):
            if refusals.search(file.name):
                error = client.trouble()
                fields = raw.get("error", raw)
                assert isinstance(error, ServerSaysNo), file.name
                assert error.code == int(fields["code"]), file.name
                first = fields.get("message") or fields["messages"][0]
                assert " ".join(first.split()) in error.server_words, file.name
                seen += 1
            else:
                assert client.get() == raw, file.name
    assert seen >= 7
