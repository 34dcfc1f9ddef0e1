"""Which certificates count, for which authority, and which files can't be used: real TLS."""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys

import pytest
import requests
from support.certificates import Certificate
from support.clocks import FastClock
from support.needs import program
from support.story import delete
from support.trusting import (
    a_run,
    ask,
    explained,
    kept_file,
    refusal,
    trusting,
)

from cachetools_core.errors import CertificateFileError, DeadlinePassed
from cachetools_core.local.folders import application_folder, file_name_for
from cachetools_core.proof.verdict import Verdict
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire

# What counts


@pytest.mark.usefixtures("store")
def test_a_certificate_of_a_known_authority_counts(serve, root, good, tmp_path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(root.saved(tmp_path / "store.pem")))
    server = serve(good)
    assert ask(server.url) == {"currentVersion": 11.3}


def test_truststore_is_used_where_it_is_installed():
    truststore = pytest.importorskip("truststore", reason="truststore isn't in this set of versions")
    assert isinstance(Trust().anchors_for("https://gis.example.com", a_run()).context, truststore.SSLContext)


def test_with_a_file_of_certificates_python_checks_since_truststore_heeds_only_authorities_in_it(root, tmp_path):
    """On Windows truststore takes from a file what `get_ca_certs` lists, and a server's own certificate isn't there."""
    own = Certificate("localhost").saved(tmp_path / "own.pem")
    context = Trust(ca_file=own).anchors_for("https://localhost", a_run()).other()
    assert _in_order(context.get_ca_certs()) == _in_order(ssl.create_default_context().get_ca_certs())
    assert type(context) is ssl.SSLContext


def _in_order(certificates):
    """In one order, since OpenSSL gives them in any."""
    return sorted(map(str, certificates))


def test_without_truststore_python_reads_the_store(monkeypatch):
    monkeypatch.setitem(sys.modules, "truststore", None)
    assert type(Trust().anchors_for("https://gis.example.com", a_run()).context) is ssl.SSLContext


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_ca_file_counts(serve, root, good, tmp_path, host):
    server = serve(good, host=host)
    assert ask(server.url, root.saved(tmp_path / "ca.pem")) == {"currentVersion": 11.3}
    assert ask(server.url, str(tmp_path / "ca.pem")) == {"currentVersion": 11.3}
    refusal(server)


@pytest.mark.usefixtures("store")
def test_a_name_that_ends_in_a_dot_is_the_same_name(serve, root, good, tmp_path, monkeypatch):
    """Which is how DNS writes a whole name. It knows `localhost.`, but not every machine asks it for that."""
    look_up = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest: look_up(host.rstrip("."), *rest))
    assert ask(serve(good, host="localhost.").url, root.saved(tmp_path / "ca.pem")) == {"currentVersion": 11.3}


@pytest.mark.usefixtures("store")
def test_a_ca_file_adds_to_the_store(serve, root, good, tmp_path, monkeypatch):
    other = Certificate("Other root", authority=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(root.saved(tmp_path / "store.pem")))
    assert ask(serve(good).url, other.saved(tmp_path / "other.pem")) == {"currentVersion": 11.3}


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_bundle_that_the_environment_names_counts(serve, root, good, tmp_path, monkeypatch, variable):
    server = serve(good)
    monkeypatch.setenv(variable, str(root.saved(tmp_path / "bundle.pem")))
    assert ask(server.url) == {"currentVersion": 11.3}


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_folder_of_certificates_counts(serve, root, good, tmp_path, monkeypatch, variable):
    openssl = program("openssl", "openssl")  # gives the files of such a folder their names
    folder = tmp_path / "authorities"
    root.saved(folder / "root.pem")
    subprocess.run([openssl, "rehash", str(folder)], check=True)
    monkeypatch.setenv(variable, str(folder))
    assert ask(serve(good).url) == {"currentVersion": 11.3}


def test_requests_bundle_comes_before_curls(serve, root, good, tmp_path, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(Certificate("Other", authority=True).saved(tmp_path / "other.pem")))
    monkeypatch.setenv("CURL_CA_BUNDLE", str(root.saved(tmp_path / "root.pem")))
    refusal(serve(good))


def test_certifi_alone_does_not_count(serve, root, good, tmp_path, monkeypatch):
    """The bundle that requests brings along is other people's list, and an outdated one in an old Pro."""
    bundle = str(root.saved(tmp_path / "certifi.pem"))
    for module in (requests.adapters, requests.utils):
        monkeypatch.setattr(module, "DEFAULT_CA_BUNDLE_PATH", bundle)
    server = serve(good)
    session = requests.Session()
    session.trust_env = False
    assert session.get(server.url, timeout=10).status_code == 200
    refusal(server)


def test_the_file_kept_for_a_site_counts_for_that_site_alone(serve, good):
    server, other = serve(good), serve(good)
    good.saved(kept_file(server.url))
    assert ask(server.url) == {"currentVersion": 11.3}
    refusal(other)


def test_the_kept_file_lies_in_the_application_folder_under_the_name_of_the_site(own_home):
    kept = kept_file("https://gis.example.com:6443")
    assert kept.parent == application_folder() / "certificates"
    assert own_home in kept.parents
    assert kept.name == f"{file_name_for('https://gis.example.com:6443')}.pem"
    assert kept.name.startswith("gis_example_com_6443-")
    assert kept != kept_file("https://gis.example.com")


def test_a_password_in_an_address_is_neither_told_nor_part_of_the_files_name():
    error = explained("https://anna:canary@localhost:1/arcgis", 18)
    assert error.what.startswith("The certificate of https://localhost:1 was refused")
    assert "canary" not in f"{error.what} {error.remedy}"
    authorities: list[str] = []
    trust = Trust(kept=lambda authority: authorities.append(authority))
    trust.anchors_for("https://anna:canary@localhost:1/arcgis", a_run())
    assert authorities == ["https://localhost:1"]


def test_two_addresses_never_share_a_file_name():
    addresses = [
        "https://a.example.com",
        "http://a.example.com",
        "https://a_example.com",
        "https://A.example.com",
        f"https://{'a' * 300}",
        f"https://{'a' * 301}",
        "https://aux.example.com",
        "https://[::1]:6443",
    ]
    names = [file_name_for(address) for address in addresses]
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}", name), name


@pytest.mark.parametrize(
    ("platform", "variables", "folder"),
    [
        ("linux", {"XDG_DATA_HOME": "/data/x"}, "/data/x/CacheTools"),
        ("linux", {"HOME": "/home/a"}, "/home/a/.local/share/CacheTools"),
        ("linux", {"HOME": "/home/a", "XDG_DATA_HOME": ""}, "/home/a/.local/share/CacheTools"),
        ("win32", {"LOCALAPPDATA": "/users/a/AppData/Local"}, "/users/a/AppData/Local/CacheTools"),
        ("win32", {"HOME": "/users/a", "USERPROFILE": "/users/a"}, "/users/a/AppData/Local/CacheTools"),
    ],
)
def test_the_application_folder_is_the_users_own(monkeypatch, platform, variables, folder):
    for variable in ("HOME", "USERPROFILE", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert application_folder().as_posix() == folder


# Files that can't be used


UNUSABLE = [b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", None]
KEPT = "the file kept for this site"


@pytest.mark.parametrize(
    ("named_by", "content"),
    [
        *(
            (name, content)
            for name in ("you as the CA file", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
            for content in UNUSABLE
        ),
        *((KEPT, content) for content in UNUSABLE[:-1]),
    ],
)
def test_a_ca_file_that_cannot_be_used_is_said_before_any_network(server, tmp_path, monkeypatch, content, named_by):
    file = kept_file(server.site) if named_by == KEPT else tmp_path / "no certificates.pem"
    ca_file = file if named_by == "you as the CA file" else None
    if named_by.endswith("BUNDLE"):
        monkeypatch.setenv(named_by, str(file))
    if content is not None:
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_bytes(content)
    receipt = delete(server, ca_file=ca_file)
    assert type(receipt.error) is CertificateFileError
    assert (receipt.exit_code, receipt.verdict) == (2, Verdict.NOT_DELETED)
    assert str(file) in receipt.error.what
    assert named_by in receipt.error.what
    assert server.requests == []


@pytest.mark.parametrize("size", [10_000_001, 50_000_000])
def test_a_file_larger_than_any_is_refused(tmp_path, size):
    with (tmp_path / "ca.pem").open("wb") as file:
        file.truncate(size)
    with pytest.raises(CertificateFileError, match="too large"):
        Trust(ca_file=tmp_path / "ca.pem").anchors_for("https://localhost", a_run())


def test_comments_in_any_coding_and_a_byte_order_mark_do_no_harm(serve, root, good, tmp_path):
    file = root.saved(tmp_path / "ca.pem")
    file.write_bytes(b"\xef\xbb\xbf# Z\xfcrich \xe9\n" + file.read_bytes())
    assert ask(serve(good).url, file) == {"currentVersion": 11.3}


PIPES = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")


@PIPES
@pytest.mark.parametrize("named_by", ["you as the CA file", "REQUESTS_CA_BUNDLE", KEPT])
def test_a_file_that_does_not_answer_ends_by_the_deadline(server, tmp_path, monkeypatch, named_by):
    pipe = kept_file(server.site) if named_by == KEPT else tmp_path / "silent.pem"
    pipe.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(pipe)
    if named_by == "REQUESTS_CA_BUNDLE":
        monkeypatch.setenv(named_by, str(pipe))
    named = pipe if named_by == "you as the CA file" else None
    receipt = delete(server, ca_file=named, clock=FastClock(), deadline=5.0)
    assert type(receipt.error) is DeadlinePassed
    assert f"was reached while reading {pipe} (" in receipt.error.what
    assert named_by in receipt.error.what
    assert server.requests == []


# Who vouches for whom


def test_the_file_kept_for_a_site_does_not_vouch_for_another_authority_in_the_same_run(serve, root, good):
    site, portal = serve(good), serve(good)
    root.saved(kept_file(site.url))
    trust = trusting()
    assert ask(site.url, trust=trust) == {"currentVersion": 11.3}
    refusal(portal, trust=trust)
    refusal(site_by_another_name := serve(good, host="127.0.0.1"), trust=trust)
    assert site_by_another_name.requests == []
    assert ask(site.url, trust=trust) == {"currentVersion": 11.3}


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("named", ["you as the CA file", "the bundle", "the kept file"])
def test_naming_a_file_makes_no_anchor_of_an_intermediate_in_the_store(serve, root, tmp_path, monkeypatch, named):
    between = Certificate("Test intermediate", issuer=root, authority=True)
    server = serve(Certificate("localhost", issuer=between))
    monkeypatch.setenv("SSL_CERT_FILE", str(between.saved(tmp_path / "store.pem")))
    unrelated = Certificate("Other root", authority=True)
    if named == "you as the CA file":
        refusal(server, unrelated.saved(tmp_path / "other.pem"))
        return
    if named == "the bundle":
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(unrelated.saved(tmp_path / "other.pem")))
    else:
        unrelated.saved(kept_file(server.url))
    refusal(server, trust=trusting())


@pytest.mark.usefixtures("store")
def test_an_intermediate_of_the_store_still_leads_to_a_named_root(serve, root, tmp_path, monkeypatch):
    between = Certificate("Test intermediate", issuer=root, authority=True)
    server = serve(Certificate("localhost", issuer=between))
    monkeypatch.setenv("SSL_CERT_FILE", str(between.saved(tmp_path / "store.pem")))
    assert ask(server.url, root.saved(tmp_path / "root.pem")) == {"currentVersion": 11.3}


@pytest.mark.usefixtures("store")
def test_a_submit_is_sent_once_whichever_check_its_connection_passes(serve, root, good, tmp_path, monkeypatch):
    """The system's store counts in the second check, so the first connection is refused."""
    monkeypatch.setenv("SSL_CERT_FILE", str(root.saved(tmp_path / "store.pem")))
    server = serve(good)
    unrelated = Certificate("Other root", authority=True)
    wire = PlainWire(trusting(unrelated.saved(tmp_path / "other.pem")), a_run())
    assert wire.post_once(f"{server.url}/arcgis/submitJob", {"a": "1"}) == {"currentVersion": 11.3}
    assert (len(server.requests), server.connections) == (1, 2)
    assert server.requests[0].endswith(b"a=1&f=json")
    wire.post_once(f"{server.url}/arcgis/submitJob", {"a": "2"})
    assert (len(server.requests), server.connections) == (2, 3), "the second connection is checked as the first one was"


@pytest.mark.usefixtures("store")
def test_an_authority_that_has_expired_in_the_file_counts_where_the_store_has_it_renewed(serve, tmp_path, monkeypatch):
    old = Certificate("Test root", authority=True, days=(-9, -1))
    renewed = Certificate("Test root", authority=True, renews=old)
    server = serve(Certificate("localhost", issuer=renewed))
    file = old.saved(tmp_path / "old.pem")
    refusal(server, file)
    monkeypatch.setenv("SSL_CERT_FILE", str(renewed.saved(tmp_path / "store.pem")))
    assert ask(server.url, file) == {"currentVersion": 11.3}


@pytest.mark.usefixtures("store")
def test_a_named_file_that_does_costs_one_connection(serve, root, tmp_path):
    leaf = Certificate("localhost", issuer=root)
    server = serve(leaf)
    assert ask(server.url, leaf.saved(tmp_path / "leaf.pem")) == {"currentVersion": 11.3}
    assert server.connections == 1
