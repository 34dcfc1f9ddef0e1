"""A wire to a server that answers byte by byte as a test wants it."""

from __future__ import annotations

import re
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cachetools_core.errors import Cancelled, NoAnswer, ServerSaysNo
from cachetools_core.server.body import Body
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.waiting import Run

from .clocks import FastClock
from .raw_server import Answer, RawServer, http, reset, says, shut, then_reset, then_shut

MB = 1_000_000
GOOD = http(b'{"currentVersion": 11.3}')
BUSY = http(b"<html>busy</html>", "503 Service Unavailable")
CANARY = "canary-6cc7"

WIRE = {
    "reset before an answer": reset,
    "closed before an answer": shut,
    "reset in the head": then_reset(b"HTTP/1.1 200 OK\r\nContent-Le"),
    "reset in the body": then_reset(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"currentVersion": '),
    "not HTTP": then_shut(b"220 smtp.example.com ESMTP\r\n\r\n"),
    "a status line in a proxy's words": then_shut(b"Tunnel connection failed: 502 Bad Gateway\r\n\r\n"),
    "a chunk of no known length": then_shut(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
    "chunks that end early": then_shut(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{}"),
    "a thousand headers": then_shut(b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 1000 + b"\r\n{}"),
    "an endless header": then_shut(b"HTTP/1.1 200 OK\r\nX-A: " + b"b" * 100_000 + b"\r\n\r\n{}"),
    "packed, but not really": says(http(b"{}", Content_Encoding="gzip")),
    "packed in an unknown way": says(http(b"{}", Content_Encoding="br")),
}


class Client:
    """A PlainWire on a fast clock, and ways to ask it."""

    def __init__(self, url: str, deadline: float = 3600.0, factor: float = 20.0) -> None:
        self.url = f"{url}/arcgis/rest/info"
        self.clock = FastClock(factor)
        self.waits: list[float] = []
        self.stop = False
        wait = self.clock.wait

        def noted(event: threading.Event, seconds: float) -> bool:
            self.waits.append(seconds)
            return wait(event, seconds)

        vars(self.clock)["wait"] = noted
        self.rest = PlainWire(Trust(), Run(self.clock, deadline, lambda: self.stop))

    def get(self, tries: int = 1, **fields: str) -> Body:
        return self.rest.get(self.url, fields, headers={"X-Esri-Authorization": CANARY}, tries=tries)

    def post(self, tries: int = 1) -> Body:
        return self.rest.post(self.url, {"token": CANARY}, tries=tries)

    def post_once(self) -> Body:
        return self.rest.post_once(self.url, {"token": CANARY}, headers={"X-Esri-Authorization": CANARY})

    def trouble(self, ask: str = "get") -> Any:
        """The error that asking ends in; whatever it is, it shows no secret, no object and no query."""
        with pytest.raises((NoAnswer, ServerSaysNo, Cancelled)) as raised:
            getattr(self, ask)()
        text = str(raised.value)
        assert not re.search(r"0x[0-9a-f]{4}|object at|f=json|\?|Errno", text), text
        assert CANARY not in text
        assert text.isprintable()
        assert len(text) < 3000
        return raised.value


@contextmanager
def serving(answer: Answer, **client: Any) -> Iterator[tuple[RawServer, Client]]:
    with RawServer(answer) as server:
        yield server, Client(server.url, **client)


@contextmanager
def memory() -> Iterator[Callable[[], int]]:
    """What was the most memory held at once by what Python and its libraries allocated."""
    tracemalloc.start()
    try:
        yield lambda: tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
