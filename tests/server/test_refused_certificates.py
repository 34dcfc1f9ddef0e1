"""What is said of a certificate that doesn't count, and that nothing is sent before one does: real TLS."""

from __future__ import annotations

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
from support.raw_server import http
from support.story import delete, service_url
from support.trusting import (
    ADVICE,
    STRICT_BY_DEFAULT,
    a_run,
    ask,
    explained,
    fingerprint_in,
    first,
    kept_file,
    refusal,
    strict,
    trusting,
)

from cachetools_core.errors import DeadlinePassed, NoAnswer, NotTrusted
from cachetools_core.proof.verdict import Verdict
from cachetools_core.server.causes import causes
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import READ_TRIES, PlainWire
from cachetools_core.tools import check, report
from cachetools_core.tools.delete import delete_map_server_cache
from cachetools_core.waiting import Run

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
    assert "give its PEM file as Access(ca_file=...)" in error.remedy
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
    "wrong name": ({"names": ["gis.example.com"]}, "a name other than localhost", "Use the host name"),
    "a name like it": (
        {"names": ["xlocalhost", "localhost.example.com"]},
        "a name other than localhost",
        "Use the host",
    ),
    "wrong address": ({"names": ["10.1.2.3"], "host": "127.0.0.1"}, "a name other than 127.0.0.1", "Use the host"),
    "a name for an address": ({"names": ["localhost"], "host": "127.0.0.1"}, "a name other than 127.0.0.1", "Use the"),
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
    assert "reissued" in error.remedy
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
    "a name other than localhost",
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
