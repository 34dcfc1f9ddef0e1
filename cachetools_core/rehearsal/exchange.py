"""One request and its answer on the wire, and what faults can do to them."""

from __future__ import annotations

import asyncio
import os
import struct
from collections.abc import Callable
from http.client import responses
from socket import SO_LINGER, SOL_SOCKET

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, HTTPServerRequest, ResponseStartLine
from tornado.iostream import IOStream

from cachetools_core.rehearsal.answers import Answer, Refused, as_directory_page, as_json, as_page, login_page
from cachetools_core.rehearsal.caches import CacheError
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.routes import Route, find_route
from cachetools_core.rehearsal.site import Site

# Invented: how long a server that refuses connections does so, in seconds.
REFUSING = 1.0
# How many bytes of an answer stay in the record of its request.
KEPT = 10_000


class Exchange:
    """A request with the connection that its answer goes to."""

    def __init__(
        self, site: Site, request: Request, raw: HTTPServerRequest, shut_the_door: Callable[[float], None]
    ) -> None:
        assert isinstance(raw.connection, HTTP1Connection)
        self.site = site
        self.request: Request = request
        self._connection = raw.connection
        self._stream = raw.connection.stream
        self._shut_the_door = shut_the_door
        self._closed = asyncio.Event()
        self._connection.set_close_callback(self._closed.set)
        self._route: Route | None = None
        self._arguments: tuple[str, ...] = ()
        found = find_route(request, site.federated)
        if found is not None:
            self._route, self._arguments = found
        if self._route is not None:
            request.step = self._route.step
            exchanged = request.form.get("token") and not request.form.get("username")
            if request.step == "token" and exchanged:
                request.step = "exchange"

    def answer(self) -> Answer:
        """Processes the request as the site does."""
        if self._route is None:
            return as_page("404 - Not Found", "<p>Nothing is published here.</p>", 404)
        if self._route.area == "admin" and self.site.faults.take("admin-closed", self.request.step):
            return as_page("404 - Not Found", "<p>The page cannot be found.</p>", 404)
        try:
            if self.request.step not in ("token", "exchange", "info"):
                self.request.account = self.site.tokens.account_of(self.request)
            content = self._route.function(self.site, self.request, *self._arguments)
        except Refused as refused:
            return self.refusal(refused)
        except (CacheError, OSError) as error:
            # A cache that cannot be read, or that goes while it is read; the text is invented.
            return self.refusal(Refused(500, "Error performing operation", str(error)))
        if isinstance(content, Answer):
            return content
        if self.request.format in ("json", "pjson"):
            return as_json(content, self.request.format)
        return as_directory_page(self.request.resource, content)

    def refusal(self, refused: Refused) -> Answer:
        """An error in the shape of the address's area; a login page where no JSON was asked for."""
        if self.request.format in ("json", "pjson"):
            in_admin = self._route is not None and self._route.area == "admin"
            return as_json(refused.admin() if in_admin else refused.rest(), self.request.format)
        if refused.code in (498, 499):
            return login_page()
        return as_page("Error", f"{refused.message}<br>Code: {refused.code}")

    async def send(self, answer: Answer) -> None:
        """Sends the answer, head and body in one write: two writes cost 40 ms (clients.md 0)."""
        self.request.status = answer.status
        if answer.content_type.startswith("text/"):
            self.request.answer = answer.body[:KEPT]
        body = b"" if self.request.method == "HEAD" else answer.body
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
        stream.socket.setsockopt(SOL_SOCKET, SO_LINGER, linger)
        stream.close()
