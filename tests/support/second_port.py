"""A second port of this machine that leads to a server, as a web adaptor's does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit


class _Door(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def second_port(address: str) -> Iterator[str]:
    """The address with a port in it that hands every byte on."""
    parts = urlsplit(address)
    assert parts.hostname is not None and parts.port is not None
    leads_to = (parts.hostname, parts.port)

    class HandOn(BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(leads_to) as server:
                threading.Thread(target=_pour, args=(server, self.request), daemon=True).start()
                _pour(self.request, server)

    with _Door(("127.0.0.1", 0), HandOn) as door:
        threading.Thread(target=door.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield address.replace(f":{parts.port}", f":{door.server_address[1]}", 1)
        finally:
            door.shutdown()


def _pour(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)
