"""Asking over TLS, and what is said where a certificate is refused."""

from __future__ import annotations

import os
import re
import ssl
import sys
from pathlib import Path

import pytest

from cachetools_core.errors import CacheToolsError, NoAnswer, NotTrusted
from cachetools_core.local.folders import kept_certificate
from cachetools_core.naming.address import site_address
from cachetools_core.server.body import Body
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.waiting import Clock, Run

from .clocks import FastClock
from .raw_server import RawServer, http

STRICT_BY_DEFAULT = sys.version_info >= (3, 13)
GOOD = http(b'{"currentVersion": 11.3}')
ADVICE = "To trust this one certificate"


def trusting(ca_file: str | Path | None = None) -> Trust:
    return Trust(ca_file=ca_file, kept=kept_certificate)


def kept_file(authority: str) -> Path:
    file = kept_certificate(site_address(authority))
    assert file is not None
    return file


def a_run(clock: Clock | None = None, deadline: float = 600.0) -> Run:
    return Run(clock or FastClock(), deadline, lambda: False)


def strict(trust: Trust, url: str) -> Trust:
    anchors = trust.anchors_for(url, a_run())
    for context in (anchors.context, anchors.other()):
        context.verify_flags |= ssl.VERIFY_X509_STRICT
    return trust


def ask(url: str, ca_file: str | Path | None = None, trust: Trust | None = None) -> Body:
    return PlainWire(trust or trusting(ca_file), a_run()).get(f"{url}/arcgis/rest/info")


def refusal(server: RawServer, ca_file: str | Path | None = None, trust: Trust | None = None) -> NotTrusted:
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
    return str(re.findall(pattern, text)[0])


def fingerprint_in(error: CacheToolsError) -> str:
    return first(r"SHA-256 fingerprint is ([0-9A-F:]{95})\.", error.what).replace(":", "")


def explained(url: str, code: int, words: str = "self-signed", clock: Clock | None = None) -> NoAnswer:
    """What is said of an error as the TLS library raises it."""
    refused = ssl.SSLCertVerificationError(words)
    refused.verify_code, refused.verify_message = code, words
    return trusting().refusal(url, refused, a_run(clock, 60.0))
