"""Which certificates count, what is said of one that doesn't, and that nothing is sent before one does: real TLS."""

from __future__ import annotations

import importlib.util
import inspect
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
import urllib3
from support.certificates import Certificate
from support.clocks import FastClock
from support.needs import program
from support.raw_server import RawServer, http, says
from support.story import delete, service_url

from cachetools_core.errors import CertificateFileError, DeadlinePassed, NoAnswer, NotTrusted
from cachetools_core.local.folders import application_folder, file_name_for, kept_certificate
from cachetools_core.naming.address import site_address
from cachetools_core.proof.receipt import Verdict
from cachetools_core.server.trust import Trust, causes
from cachetools_core.server.wire import READ_TRIES, PlainWire
from cachetools_core.tools import check, report
from cachetools_core.tools.delete import delete_map_server_cache
from cachetools_core.waiting import Run

STORES = ["ssl", *(["truststore"] if importlib.util.find_spec("truststore") else [])]
STRICT_BY_DEFAULT = sys.version_info >= (3, 13)
GOOD = http(b'{"currentVersion": 11.3}')
ADVICE = "To trust this one certificate"


@pytest.fixture(params=STORES)
def store(request, monkeypatch):
    """The operating system's store, through truststore where it is installed, and without it."""
    if request.param == "ssl":
        monkeypatch.setitem(sys.modules, "truststore", None)
    return request.param


@pytest.fixture(scope="module")
def root():
    return Certificate("Test root", authority=True)


@pytest.fixture(scope="module")
def good(root):
    return Certificate("localhost", "127.0.0.1", issuer=root)


@pytest.fixture
def serve(tmp_path):
    """Starts HTTPS servers with a certificate and those sent along."""
    running = []

    def start(certificate, *sent_along, host="localhost"):
        running.append(RawServer(says(GOOD), certificate.tls(tmp_path, *sent_along), host).__enter__())
        return running[-1]

    yield start
    for server in running:
        server.__exit__()


def trusting(ca_file=None):
    return Trust(ca_file=ca_file, kept=kept_certificate)


def kept_file(authority) -> Path:
    file = kept_certificate(site_address(authority))
    assert file is not None
    return file


def a_run(clock=None, deadline=600.0):
    return Run(clock or FastClock(), deadline, lambda: False)


def strict(trust, url):
    for context in trust.anchors_for(url, a_run()).contexts:
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    return trust


def ask(url, ca_file=None, trust=None):
    return PlainWire(trust or trusting(ca_file), Run(FastClock(), 600.0, lambda: False)).get(f"{url}/arcgis/rest/info")


def refusal(server, ca_file=None, trust=None) -> NotTrusted:
    """How the server's certificate is refused; nothing reaches the server before that."""
    requests_before, connections_before = len(server.requests), server.connections
    with pytest.raises(NotTrusted) as raised:
        ask(server.url, ca_file, trust)
    assert len(server.requests) == requests_before
    assert (raised.value.sent, raised.value.passing) == (False, False)
    checks = 2 if ca_file or trust or "REQUESTS_CA_BUNDLE" in os.environ else 1
    assert server.connections - connections_before <= checks + 1, "one a check, one for the fingerprint, no more tries"
    return raised.value


def first(pattern: str, text: str) -> str:
    """What the pattern's group finds first; fails where it finds nothing."""
    return re.findall(pattern, text)[0]


def fingerprint_in(error) -> str:
    return first(r"SHA-256 fingerprint is ([0-9A-F:]{95})\.", error.what).replace(":", "")


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
    context = Trust(ca_file=own).anchors_for("https://localhost", a_run()).context
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
        *((name, content) for name in ("the CA file", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") for content in UNUSABLE),
        *((KEPT, content) for content in UNUSABLE[:-1]),
    ],
)
def test_a_ca_file_that_cannot_be_used_is_said_before_any_network(server, tmp_path, monkeypatch, content, named_by):
    file = kept_file(server.site) if named_by == KEPT else tmp_path / "no certificates.pem"
    ca_file = file if named_by == "the CA file" else None
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
@pytest.mark.parametrize("named_by", ["the CA file", "REQUESTS_CA_BUNDLE", KEPT])
def test_a_file_that_does_not_answer_ends_by_the_deadline(server, tmp_path, monkeypatch, named_by):
    pipe = kept_file(server.site) if named_by == KEPT else tmp_path / "silent.pem"
    pipe.parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(pipe)
    if named_by == "REQUESTS_CA_BUNDLE":
        monkeypatch.setenv(named_by, str(pipe))
    receipt = delete(server, ca_file=pipe if named_by == "the CA file" else None, deadline=5.0)
    assert type(receipt.error) is DeadlinePassed
    assert f"was up while reading {pipe}, named by" in receipt.error.what
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
@pytest.mark.parametrize("named", ["the CA file", "the bundle", "the kept file"])
def test_naming_a_file_makes_no_anchor_of_an_intermediate_in_the_store(serve, root, tmp_path, monkeypatch, named):
    between = Certificate("Test intermediate", issuer=root, authority=True)
    server = serve(Certificate("localhost", issuer=between))
    monkeypatch.setenv("SSL_CERT_FILE", str(between.saved(tmp_path / "store.pem")))
    unrelated = Certificate("Other root", authority=True)
    if named == "the CA file":
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
def test_a_submit_is_sent_once_whichever_check_its_connection_passes(serve, root, tmp_path):
    """A server's own certificate counts in the second check, so the first connection is refused."""
    leaf = Certificate("localhost", issuer=root)
    server = serve(leaf)
    wire = PlainWire(trusting(leaf.saved(tmp_path / "leaf.pem")), a_run())
    assert wire.post_once(f"{server.url}/arcgis/submitJob", {"a": "1"}) == {"currentVersion": 11.3}
    assert (len(server.requests), server.connections) == (1, 2)
    assert server.requests[0].endswith(b"a=1&f=json")
    wire.post_once(f"{server.url}/arcgis/submitJob", {"a": "2"})
    assert (len(server.requests), server.connections) == (2, 3), "the second connection is checked as the first one was"


# What doesn't count, and what is said of it


@pytest.mark.usefixtures("store")
def test_a_self_signed_certificate_is_refused_until_it_is_kept(serve):
    own = Certificate("localhost")
    server = serve(own)
    error = refusal(server)
    assert f"The certificate of {server.url} was refused: it is self-signed" in error.what
    assert fingerprint_in(error) == own.fingerprint
    follow_the_advice(error, own, server)


def follow_the_advice(error, certificate, server) -> None:
    """Do what the message says, and nothing else."""
    assert ADVICE in error.remedy
    file = first(r"in PEM form as (.+?\.pem)", error.remedy)
    certificate.saved(Path(file))
    assert ask(server.url) == {"currentVersion": 11.3}


@pytest.mark.usefixtures("store")
def test_an_unknown_authority_is_named_as_such(serve, root, good):
    server = serve(good, root)
    error = refusal(server)
    assert "an authority that this machine doesn't know" in error.what
    assert "name its PEM file as the CA file" in error.remedy
    assert fingerprint_in(error) == good.fingerprint
    follow_the_advice(error, good, server)


@pytest.mark.usefixtures("store")
def test_an_issuer_that_is_not_sent_may_be_unknown_or_missing(serve, good):
    server = serve(good)
    error = refusal(server)
    assert "an authority that this machine doesn't know signed it, or the server" in error.what
    assert "doesn't send the intermediate certificate" in error.what
    assert fingerprint_in(error) == good.fingerprint
    follow_the_advice(error, good, server)


def test_a_missing_intermediate_is_one_of_two_possibilities(serve, root, tmp_path):
    between = Certificate("Test intermediate", issuer=root, authority=True)
    leaf = Certificate("localhost", issuer=between)
    ca_file = root.saved(tmp_path / "ca.pem")
    assert ask(serve(leaf, between).url, ca_file) == {"currentVersion": 11.3}
    error = refusal(serve(leaf), ca_file)
    assert "doesn't send the intermediate certificate" in error.what
    assert "have the server send its intermediate certificate" in error.remedy
    assert ask(serve(leaf).url, between.saved(tmp_path / "between.pem")) == {"currentVersion": 11.3}


BAD = {
    "expired": ({"days": (-30, -1)}, "it has expired", "Renew the certificate"),
    "too early": ({"days": (1, 30)}, "it isn't valid yet", "Check the clocks"),
    "wrong name": ({"names": ["gis.example.com"]}, "another name than localhost", "Use the host name"),
    "a name like it": (
        {"names": ["xlocalhost", "localhost.example.com"]},
        "another name than localhost",
        "Use the host",
    ),
    "wrong address": ({"names": ["10.1.2.3"], "host": "127.0.0.1"}, "another name than 127.0.0.1", "Use the host"),
    "a name for an address": ({"names": ["localhost"], "host": "127.0.0.1"}, "another name than 127.0.0.1", "Use the"),
}


@pytest.mark.parametrize(("faults", "reason", "remedy"), BAD.values(), ids=BAD)
def test_a_fault_in_the_certificate_itself_is_named_and_keeping_it_is_not_advised(
    serve, root, tmp_path, faults, reason, remedy
):
    names = faults.get("names", ["localhost"])
    bad = Certificate(*names, issuer=root, days=faults.get("days", (-1, 30)))
    server = serve(bad, host=faults.get("host", "localhost"))
    error = refusal(server, root.saved(tmp_path / "ca.pem"))
    assert reason in error.what
    assert remedy in error.remedy
    assert ADVICE not in error.remedy, "it would not help"
    assert fingerprint_in(error) == bad.fingerprint
    bad.saved(kept_file(server.url))
    with pytest.raises(NotTrusted):
        ask(server.url)


@pytest.fixture(scope="module")
def home_made():
    return Certificate("Home-made root", authority=True, by_the_rules=False)


def test_a_home_made_authority_breaks_the_strict_rules(serve, home_made, tmp_path):
    """Pro 3.6 and later has Python 3.13, whose own contexts are strict; the flag is the same in every version."""
    weak = Certificate("localhost", issuer=home_made, by_the_rules=False)
    server = serve(weak)
    trust = strict(trusting(home_made.saved(tmp_path / "ca.pem")), server.url)
    error = refusal(server, trust=trust)
    assert "it breaks the strict rules of this Python (" in error.what
    assert "made anew" in error.remedy
    assert fingerprint_in(error) == weak.fingerprint
    assert ADVICE in error.remedy
    weak.saved(kept_file(server.url))
    assert ask(server.url, trust=strict(trusting(), server.url)) == {"currentVersion": 11.3}


def test_this_pythons_own_rules_hold_for_a_home_made_authority(serve, home_made, tmp_path):
    server = serve(Certificate("localhost", issuer=home_made, by_the_rules=False))
    ca_file = home_made.saved(tmp_path / "ca.pem")
    if STRICT_BY_DEFAULT:
        assert "strict rules" in refusal(server, ca_file).what
    else:
        assert ask(server.url, ca_file) == {"currentVersion": 11.3}


def test_certificates_by_the_rules_pass_the_strict_ones(serve, root, good, tmp_path):
    server = serve(good)
    trust = strict(trusting(root.saved(tmp_path / "ca.pem")), server.url)
    assert ask(server.url, trust=trust) == {"currentVersion": 11.3}


UNKNOWN, NO_ISSUER, WRONG_NAME, STRICT = (
    "an authority that this machine doesn't know",
    "its issuer isn't known here",
    "another name than localhost",
    "it breaks the strict rules of this Python (The certificate was revoked)",
)
CODES = {
    2: (NO_ISSUER, True),
    9: ("it isn't valid yet", False),
    10: ("it has expired", False),
    18: ("it is self-signed", True),
    19: (UNKNOWN, True),
    20: (NO_ISSUER, True),
    21: (NO_ISSUER, True),
    62: (WRONG_NAME, False),
    64: (WRONG_NAME, False),
    **dict.fromkeys((24, 32, 66, 67, 68, 72, 79, 94, 95), (STRICT, True)),
    **{code: (f"The certificate was revoked (number {code})", False) for code in (23, 65, 69, 71, 96)},
    0x800B0101: ("it has expired", False),
    0x800B0109: (UNKNOWN, True),
    0x800B010A: (NO_ISSUER, True),
    0x800B010F: (WRONG_NAME, False),
    0x800B010C: ("The certificate was revoked (number 2148204812)", False),
}


def explained(url, code, words="self-signed", clock=None):
    """What is said of an error as the TLS library raises it."""
    refused = ssl.SSLCertVerificationError(words)
    refused.verify_code, refused.verify_message = code, words
    return trusting().refusal(url, refused, a_run(clock, 60.0))


@pytest.mark.parametrize(("code", "said"), CODES.items())
def test_each_number_that_says_why_is_explained(serve, good, code, said):
    """The small ones are of OpenSSL's x509_vfy.h, the large ones of winerror.h, which truststore raises on Windows."""
    server = serve(good)
    error = explained(server.url, code, "The certificate was revoked.")
    assert said[0] in error.what
    assert (ADVICE in error.remedy) is said[1]
    assert fingerprint_in(error) == good.fingerprint


@pytest.mark.filterwarnings("error::DeprecationWarning")
def test_the_server_is_told_which_site_is_meant_when_its_fingerprint_is_read(serve, good, tmp_path):
    """A web server with several sites shows another certificate to a client that names none."""
    server = serve(good)
    named = []
    server.tls.sni_callback = lambda sock, name, context: named.append(name)
    refusal(server)
    assert named == ["localhost", "localhost"]


def test_a_fingerprint_that_cannot_be_read_is_said_and_no_advice_given(serve, good):
    server = serve(good)
    server.tls.sni_callback = lambda *_: server.stop_listening()
    error = refusal(server)
    assert "(Its fingerprint couldn't be read: " in error.what
    assert "refused" in error.what
    assert ADVICE not in error.remedy


def test_a_name_that_python_cannot_write_for_dns_is_no_crash():
    """requests writes names by IDNA 2008; by IDNA 2003, which sockets go by, this one breaks the rule for Hebrew."""
    error = explained("https://\u05d0\u05d11.example", 18)
    assert "(Its fingerprint couldn't be read: " in error.what
    assert ADVICE not in error.remedy


def test_where_no_port_is_given_the_fingerprint_is_that_of_port_443(serve, good, monkeypatch):
    """Only root may listen there, so the operating system's look-up leads from there to a server of ours."""
    server, look_up = serve(good), socket.getaddrinfo
    ports = {443: server.port}
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, port, *rest: look_up(host, ports.get(port, 1), *rest))
    assert fingerprint_in(explained("https://localhost/arcgis", 18)) == good.fingerprint


def test_a_silent_server_does_not_hold_the_explanation_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        error = explained(f"https://localhost:{silent.getsockname()[1]}", 18, clock=FastClock(100))
    assert "it is self-signed" in error.what
    assert "(Its fingerprint couldn't be read: no answer within 10 seconds" in error.what
    assert ADVICE not in error.remedy


def test_time_that_is_up_while_explaining_ends_the_run(serve, good):
    server = serve(good)
    server.tls.sni_callback = lambda *_: server.left.wait(30)
    with pytest.raises(DeadlinePassed):
        PlainWire(trusting(), Run(FastClock(100), 5.0, lambda: False)).post_once(f"{server.url}/x", {})
    server.left.set()


# Nothing is sent before, nothing is changed for others, nothing switches it off


@pytest.mark.parametrize("federated", [False, True])
def test_a_whole_story_sends_nothing_to_a_server_that_is_not_trusted(rehearsal, federated):
    server = rehearsal(federated=federated)
    receipt = delete(server, ca_file=None)
    assert type(receipt.error) is NotTrusted
    assert (receipt.verdict, receipt.exit_code, server.submits) == (Verdict.NOT_DELETED, 1, 0)
    assert server.requests == []
    kept = Path(first(r"in PEM form as (.+?\.pem)", receipt.error.remedy))
    kept.parent.mkdir(parents=True)
    kept.write_text(ssl.get_server_certificate(("localhost", urlsplit(server.site).port)), encoding="ascii")
    assert delete(server, ca_file=None).verdict is Verdict.DELETED
    assert server.submits == 1


def test_https_to_a_port_that_speaks_http_is_said_so():
    def speak_http() -> None:
        for _ in range(READ_TRIES):
            connection, _ = plain.accept()
            heard.append(connection.recv(65536))
            connection.sendall(http(b"Bad Request", "400 Bad Request"))
            connection.close()

    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as plain:
        threading.Thread(target=speak_http, daemon=True).start()
        with pytest.raises(NoAnswer) as raised:
            ask(f"https://127.0.0.1:{plain.getsockname()[1]}")
    assert type(raised.value) is NoAnswer
    assert re.search(r" doesn't speak TLS as expected: \[SSL[:\w ]*\] [a-z ]+\b", raised.value.what), raised.value.what
    assert "6443" in raised.value.remedy
    assert b"arcgis" not in b"".join(heard)


def test_of_a_handshake_that_broke_the_innermost_words_are_told():
    error = requests.exceptions.SSLError("Max retries exceeded", ssl.SSLError(1, "wrong version number"))
    said = Trust().refusal("https://localhost/arcgis", error, Run(FastClock(), 60.0, lambda: False))
    assert said.what.startswith("https://localhost doesn't speak TLS as expected: wrong version number")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_a_server_that_only_speaks_old_tls_is_refused(serve, good, root, tmp_path):
    server = serve(good)
    server.tls.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    server.tls.maximum_version = ssl.TLSVersion.TLSv1_1
    server.tls.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(NoAnswer) as raised:
        ask(server.url, root.saved(tmp_path / "ca.pem"))
    assert "doesn't speak TLS as expected" in raised.value.what
    assert server.requests == []
    assert server.connections == READ_TRIES


def test_other_code_in_the_process_sees_no_difference(serve, root, good, tmp_path):
    def what_others_see():
        return (
            ssl.SSLContext,
            ssl.create_default_context,
            ssl._create_default_https_context,
            urllib3.util.ssl_.SSLContext,
        )

    before = what_others_see()
    flags = ssl.create_default_context().verify_flags
    server = serve(good)
    assert ask(server.url, root.saved(tmp_path / "ca.pem")) == {"currentVersion": 11.3}
    assert what_others_see() == before
    assert ssl.create_default_context().verify_flags == flags
    assert type(requests.Session().get_adapter(server.url)) is requests.adapters.HTTPAdapter
    assert "REQUESTS_CA_BUNDLE" not in os.environ
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(server.url, timeout=10)


SWITCHES = [
    {"REQUESTS_CA_BUNDLE": ""},
    {"CURL_CA_BUNDLE": ""},
    {"REQUESTS_CA_BUNDLE": "", "CURL_CA_BUNDLE": ""},
    {"PYTHONHTTPSVERIFY": "0"},
    {"SSL_CERT_FILE": os.devnull},
    {"NODE_TLS_REJECT_UNAUTHORIZED": "0", "GIT_SSL_NO_VERIFY": "1", "CACHETOOLS_INSECURE": "1"},
]


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("variables", SWITCHES, ids=lambda variables: " ".join(variables))
def test_no_environment_variable_switches_the_checks_off(serve, good, monkeypatch, variables):
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    refusal(serve(good))


def test_what_urllib3_is_told_does_not_reach_the_checks(serve, good):
    """urllib3 writes what it wants into the context that it is given; ours stays as it is."""
    server = serve(good)
    trust = trusting()
    refusal(server, trust=trust)
    context = trust.anchors_for(server.url, a_run()).context
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname is True


@pytest.mark.parametrize(
    "function", [delete_map_server_cache, report.report_cache, check.check_deletion, PlainWire, Trust]
)
def test_no_argument_switches_the_checks_off(function):
    names = " ".join(inspect.signature(function).parameters)
    assert not re.search(r"verify|insecure|ssl|check|ignore", names), names


def test_the_command_line_has_no_switch(server):
    for option in ("--insecure", "--no-verify", "--ignoressl", "-k"):
        command = [sys.executable, "-m", "cachetools_core", "check", service_url(server), option]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 2
    assert server.requests == []


def test_causes_come_outermost_first_whichever_way_they_are_wrapped():
    innermost, beside, context = OSError("innermost"), OSError("beside"), OSError("context")
    middle = ValueError("middle", innermost)
    middle.__context__ = context
    assert list(causes(ValueError("outer", middle, beside)))[1:] == [middle, beside, innermost, context]


def test_the_reason_that_urllib3_gives_up_for_is_a_cause():
    refused = ConnectionRefusedError("refused")
    assert list(causes(urllib3.exceptions.MaxRetryError(None, "/", refused)))[1:] == [refused]  # type: ignore[arg-type]
