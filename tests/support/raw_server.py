"""A server that sends what a test says, byte by byte if need be, and keeps what it was sent."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

Answer = Callable[[socket.socket], None]


def http(body: bytes = b"{}", status: str = "200 OK", **headers: str) -> bytes:
    """A whole HTTP answer; a header's name is written with _ for -."""
    fields = {"Content-Length": str(len(body)), **{name.replace("_", "-"): text for name, text in headers.items()}}
    lines = [f"HTTP/1.1 {status}", *(f"{name}: {text}" for name, text in fields.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def says(*answers: bytes) -> Answer:
    """The first answer to the first request and so on, the last one to all others; the connection is kept."""
    left = list(answers)
    return lambda connection: connection.sendall(left.pop(0) if len(left) > 1 else left[0])


def shut(connection: socket.socket) -> None:
    """Close in order, without an answer."""
    connection.close()


def end_in_a_reset(connection: socket.socket) -> None:
    """Have it end by TCP RST once it is closed."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reset(connection: socket.socket) -> None:
    """Close by TCP RST."""
    end_in_a_reset(connection)
    connection.close()


def then_shut(data: bytes) -> Answer:
    def answer(connection: socket.socket) -> None:
        connection.sendall(data)
        connection.close()

    return answer


def then_reset(data: bytes) -> Answer:
    def answer(connection: socket.socket) -> None:
        connection.sendall(data)
        reset(connection)

    return answer


def endless(head: bytes, more: bytes) -> Answer:
    """The head, and then more until the client has had enough."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(more)

    return answer


def free_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


class RawServer:
    """Listens on loopback, as a context manager; `answer` is called with the connection after each whole request.

    `requests` are the requests that arrived, `connections` counts those that were opened, TLS handshakes that failed
    included. `tls` makes it an HTTPS server; `host` is the name that its address is given with.
    """

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self._answer, self.tls, self._host = answer, tls, host
        self.requests: list[bytes] = []
        self.connections = 0
        self.left = threading.Event()

    def __enter__(self) -> RawServer:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.url = f"http{'s' if self.tls else ''}://{self._host}:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.stop_listening()
        self.left.set()

    def stop_listening(self) -> None:
        """New connections are refused from now on."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def hold(self, connection: socket.socket) -> None:
        """An answer that never comes: silent until the test is over."""
        self.left.wait()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            while True:
                request = _whole_request(connection)
                if not request:
                    return
                self.requests.append(request)
                self._answer(connection)
        except OSError:
            return
        finally:
            connection.close()


def _whole_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    while lengths and len(body) < int(lengths[0]):
        more = connection.recv(65536)
        if not more:
            return b""
        body += more
    return head + b"\r\n\r\n" + body
