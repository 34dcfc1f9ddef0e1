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
from tornado.iostream import IOStream
from tornado.netutil import bind_sockets

from cachetools_core.rehearsal.wire import reset


class _Listener(HTTPServer):
    """Keeps the connections, so that a restart can reset them."""

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        super().initialize(*args, **kwargs)
        self.streams: weakref.WeakSet[IOStream] = weakref.WeakSet()

    def handle_stream(self, stream: IOStream, address: tuple[Any, ...]) -> None:
        stream.set_nodelay(True)
        self.streams.add(stream)
        super().handle_stream(stream, address)


class Door:
    """Listens on `sockets` in the running event loop; with `tls` over TLS only."""

    def __init__(
        self, sockets: list[socket.socket], tls: ssl.SSLContext | None, receive: Callable[[HTTPServerRequest], None]
    ) -> None:
        self._port = sockets[0].getsockname()[1]
        self._listener = _Listener(receive, ssl_options=tls)
        self._listener.add_sockets(sockets)

    def shut(self, seconds: float) -> None:
        """Refuses new connections for a while."""
        self._listener.stop()
        asyncio.get_running_loop().call_later(seconds, self._open_again)

    def _open_again(self) -> None:
        self._listener.add_sockets(bind(self._port))

    def close(self) -> None:
        """Listens no more, and resets what came through."""
        self._listener.stop()
        self.reset_connections()

    def reset_connections(self) -> None:
        """Resets every connection that came through."""
        for stream in list(self._listener.streams):
            reset(stream)


def bind(port: int) -> list[socket.socket]:
    """Sockets on loopback, 0 for a free port; OSError where it is taken."""
    sockets = bind_sockets(port, "127.0.0.1", family=socket.AF_INET)
    try:
        # Windows takes two seconds to give up on ::1, which localhost means first.
        sockets += bind_sockets(sockets[0].getsockname()[1], "::1", family=socket.AF_INET6)
    except OSError:
        return sockets
    return sockets
