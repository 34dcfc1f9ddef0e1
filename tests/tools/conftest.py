"""A server whose answers a test gives; servers with canaries in them, and an ear for all that comes out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.body_server import BodyServer
from support.canaries import NETRC, Everything, Recorder, guarded

from cachetools_core.rehearsal.server import Rehearsal


@pytest.fixture
def bodies() -> Iterator[BodyServer]:
    with BodyServer(lambda path: None) as server:
        yield server


@pytest.fixture
def out(own_home: Path) -> Iterator[Everything]:
    """Listen to everything, with a .netrc that would sign in everywhere."""
    (own_home / ".netrc").write_text(
        f"machine localhost login netrcuser password {NETRC}\ndefault login netrcuser password {NETRC}\n"
    )
    (own_home / ".netrc").chmod(0o600)
    everything = Everything(own_home)
    recorder = Recorder(everything.texts)
    loggers = [logging.getLogger(name) for name in ("", "urllib3", "requests", "keyring", "cachetools_core")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    loggers[0].addHandler(recorder)
    yield everything
    loggers[0].removeHandler(recorder)
    for logger, level in zip(loggers, levels):
        logger.setLevel(level)


@pytest.fixture(scope="module")
def standing(rainfall: Path) -> Iterator[Callable[..., Rehearsal]]:
    """A server that stands for the whole module, a stand-alone one or a federated one, as new for each test."""
    with Rehearsal(rainfall=rainfall) as alone, Rehearsal(rainfall=rainfall, federated=True) as federated:

        def as_new(*faults: str, portal: bool = False) -> Rehearsal:
            server = federated if portal else alone
            server.clear_faults()
            server.rebuild_cache("Rainfall")
            server.requests.clear()
            for fault in faults:
                server.fault(fault)
            return guarded(server)

        yield as_new
