"""The connection that an answer goes to, and everything that can be done to it."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Callable
from contextlib import suppress
from http.client import responses
from socket import SO_LINGER, SOL_SOCKET

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, HTTPServerRequest, ResponseStartLine
from tornado.iostream import IOStream

from cachetools_core.rehearsal.answers import Answer
from cachetools_core.rehearsal.request import Request

# Invented: how long a server that refuses connections does so, in seconds.
REFUSING = 1.0
# How many bytes of an answer stay in the record of its request.
KEPT = 10_000


class Wire:
    """The connection of one request; `shut_the_door` refuses new connections for so many seconds."""

    def __init__(self, raw: HTTPServerRequest, request: Request, shut_the_door: Callable[[float], None]) -> None:
        assert isinstance(raw.connection, HTTP1Connection)
        self._request = request
        self._connection = raw.connection
        self._stream = raw.connection.stream
        self._shut_the_door = shut_the_door
        self._closed = asyncio.Event()
        self._connection.set_close_callback(self._closed.set)

    async def send(self, answer: Answer) -> None:
        """Sends the answer, head and body in one write: two writes cost 40 ms (clients.md 0)."""
        self._request.status = answer.status
        if answer.content_type.startswith("text/"):
            self._request.answer = answer.body[:KEPT]
        body = b"" if self._request.method == "HEAD" else answer.body
        self._write_head(answer, body)
        self._connection.finish()

    def _write_head(self, answer: Answer, body: bytes) -> asyncio.Future[None]:
        headers = HTTPHeaders({"Content-Type": answer.content_type, "Content-Length": str(len(answer.body))})
        headers.update({"Cache-Control": "private, must-revalidate, max-age=0", **answer.headers})
        line = ResponseStartLine("HTTP/1.1", answer.status, responses.get(answer.status, ""))
        return self._connection.write_headers(line, headers, body)

    async def send_half(self, answer: Answer) -> None:
        """Sends the head and half of the body."""
        await self._write_head(answer, answer.body[: len(answer.body) // 2])

    async def send_slowly(self, answer: Answer, pause: float) -> None:
        """Sends the body a byte at a time; `pause` in seconds."""
        await self._write_head(answer, b"")
        for position in range(len(answer.body)):
            if self._closed.is_set():
                return
            await asyncio.sleep(pause)
            await self._connection.write(answer.body[position : position + 1])
        self._connection.finish()

    async def send_endlessly(self, start: bytes, more: bytes) -> None:
        """Sends `start` and then `more` until the client has had enough."""
        line = ResponseStartLine("HTTP/1.1", 200, "OK")
        await self._connection.write_headers(line, HTTPHeaders({"Content-Type": "application/json"}), start)
        while not self._closed.is_set():
            await self._connection.write(more)

    async def hold(self) -> None:
        """Keeps the connection open and silent until the client gives up."""
        await self._closed.wait()

    def reset(self) -> None:
        """Resets the connection (TCP RST)."""
        reset(self._stream)

    def stop_listening(self) -> None:
        """Refuses new connections for a second."""
        self._shut_the_door(REFUSING)


def reset(stream: IOStream) -> None:
    """Closes a connection by TCP RST instead of an orderly end."""
    if not stream.closed():
        linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
        with suppress(OSError):  # the client was quicker to close it
            stream.socket.setsockopt(SOL_SOCKET, SO_LINGER, linger)
            stream.close()
