"""Accounts and sites to sign in to; certificates and the servers that show them."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keyring
import pytest
from support.certificates import Certificate
from support.desk import Desk
from support.job_site import JobSite
from support.raw_server import RawServer, says
from support.signing_in import Drawer
from support.trusting import GOOD

from cachetools_core.rehearsal.server import Rehearsal

STORES = ["ssl", *(["truststore"] if importlib.util.find_spec("truststore") else [])]


@pytest.fixture
def drawer() -> Drawer:
    one = Drawer()
    keyring.set_keyring(one)
    return one


@pytest.fixture
def desk(site: JobSite, tmp_path: Path) -> Desk:
    return Desk(site, tmp_path)


@pytest.fixture
def federated(rehearsal: Callable[..., Rehearsal]) -> Rehearsal:
    return rehearsal(federated=True)


@pytest.fixture(scope="module")
def standing(rainfall: Path) -> Iterator[Rehearsal]:
    """A federated site that no test changes."""
    with Rehearsal(rainfall=rainfall, federated=True) as server:
        yield server


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
