"""Where the server listens: it opens, shuts for a while, and knows the connections that came through."""

from __future__ import annotations

import asyncio
import socket
import ssl
import weakref
from collections.abc import Callable
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerRequest
from tornado.iostream import IOStream, SSLIOStream, StreamClosedError
from tornado.netutil import add_accept_handler, bind_sockets, ssl_wrap_socket

from cachetools_core.rehearsal.wire import reset

# cases/http-to-tls-port.http: ArcGIS Server's own Tomcat, to whoever speaks http at its TLS port.
_NEEDS_TLS = (
    b"HTTP/1.1 400 \r\nContent-Type: text/plain;charset=UTF-8\r\nConnection: close\r\n\r\n"
    b"Bad Request\r\nThis combination of host and port requires TLS.\r\n"
)
_TLS_HANDSHAKE = b"\x16"
_LONGEST_HEAD = 65536


class Door:
    """Listens on `sockets` in the running event loop; with `tls` over TLS only. `accepted` counts what came through."""

    def __init__(
        self, sockets: list[socket.socket], tls: ssl.SSLContext | None, receive: Callable[[HTTPServerRequest], None]
    ) -> None:
        self._port = sockets[0].getsockname()[1]
        self._tls = tls
        self._server = HTTPServer(receive)
        self._streams: weakref.WeakSet[IOStream] = weakref.WeakSet()
        self._greetings: set[asyncio.Task[None]] = set()
        self._reopening: asyncio.TimerHandle | None = None
        self.accepted = 0
        self._open(sockets)

    def _open(self, sockets: list[socket.socket]) -> None:
        self._sockets = sockets
        self._stop_accepting = [add_accept_handler(one, self._accept) for one in sockets]

    def _accept(self, connection: socket.socket, address: Any) -> None:
        self.accepted += 1
        greeting = asyncio.get_running_loop().create_task(self._greet(connection, address))
        self._greetings.add(greeting)
        greeting.add_done_callback(self._greetings.discard)

    async def _greet(self, connection: socket.socket, address: Any) -> None:
        """Lets a connection in, unless it speaks http where TLS is spoken."""
        if self._tls is None:
            self._let_in(IOStream(connection), address)
        elif await _first_byte(connection) in (_TLS_HANDSHAKE, b""):
            wrapped = ssl_wrap_socket(connection, self._tls, server_side=True, do_handshake_on_connect=False)
            self._let_in(SSLIOStream(wrapped), address)
        else:
            await _say_that_tls_is_needed(IOStream(connection))

    def _let_in(self, stream: IOStream, address: Any) -> None:
        stream.set_nodelay(True)
        self._streams.add(stream)
        self._server.handle_stream(stream, address)

    def shut(self, seconds: float) -> None:
        """Refuses new connections for a while; also where it does so already, and a request came through before."""
        self._stop_listening()
        self._reopening = asyncio.get_running_loop().call_later(seconds, lambda: self._open(bind(self._port)))

    def close(self) -> None:
        """Listens no more, and resets what came through."""
        self._stop_listening()
        self.reset_connections()

    def _stop_listening(self) -> None:
        if self._reopening is not None:
            self._reopening.cancel()
        for stop in self._stop_accepting:
            stop()
        for one in self._sockets:
            one.close()
        self._sockets, self._stop_accepting = [], []

    def reset_connections(self) -> None:
        """Resets every connection that came through."""
        for stream in list(self._streams):
            reset(stream)


async def _first_byte(connection: socket.socket) -> bytes:
    """Looks at it without taking it; empty where the client has gone away."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(connection, readable.set)
    try:
        await readable.wait()
        return connection.recv(1, socket.MSG_PEEK)
    except OSError:
        return b""
    finally:
        loop.remove_reader(connection)


async def _say_that_tls_is_needed(stream: IOStream) -> None:
    try:
        # The whole head is read first: a connection that is closed with bytes unread loses its answer.
        await stream.read_until(b"\r\n\r\n", max_bytes=_LONGEST_HEAD)
        await stream.write(_NEEDS_TLS)
    except StreamClosedError:
        return
    finally:
        stream.close()


def bind(port: int) -> list[socket.socket]:
    """Sockets on loopback, 0 for a free port; OSError where it is taken."""
    sockets = bind_sockets(port, "127.0.0.1", family=socket.AF_INET)
    try:
        # Windows takes two seconds to give up on ::1, which localhost means first.
        sockets += bind_sockets(sockets[0].getsockname()[1], "::1", family=socket.AF_INET6)
    except OSError:
        return sockets
    return sockets
