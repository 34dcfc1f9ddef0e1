"""An outsider between client and site: ends the client's TLS, passes each request on, and does to it what a fault says.

It knows nothing of the rehearsal server's own faults, and the server knows nothing of it.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional
from urllib.parse import urlsplit

import trustme

STEPS = {
    "info": r".*/rest/info",
    "token": r".*/(tokens|generateToken)/?",
    "submit": r".*/submitJob",
    "jobs-query": r".*/jobs/query",
    "cancel": r".*/jobs/\w+/cancel",
    "result": r".*/jobs/\w+/(results|inputs)/\w+",
    "job": r".*/jobs/\w+",
    "report": r".*/ReportCacheStatus/execute",
    "task": r".*/GPServer/\w+",
    "tasks": r".*/GPServer",
    "service": r".*/rest/services/\w+/MapServer",
    "admin": r".*/admin/.*",
}
PATIENCE = 20.0  # real seconds after which nothing is waited for any more


@dataclass
class Way:
    """One request on its way; `nth` counts those of its step from 1."""

    outsider: Outsider
    connection: ssl.SSLSocket
    request: bytes
    step: str
    nth: int

    def ask(self) -> bytes:
        """The site's answer, head and body."""
        return self.outsider.ask(self.request)

    def wait(self, seconds: float = PATIENCE) -> None:
        """That many real seconds, or until the outsider leaves."""
        self.outsider.left.wait(seconds)


Fault = Callable[[Way], Optional[bytes]]
"""What the client gets, over a connection that stays open; None closes it."""


class Outsider:
    """Listens on loopback, as a context manager; `site` is the address for clients, `ca_file` its authority.

    `faults` maps a step to what happens there: `job` always, `job:1` to the first alone, `service-after` after the
    submit, `*` to all that have none of their own. They may be changed at any time, and so may `tls`. `asked` counts
    the client's requests by step, `struck` holds the names of the faults that had their turn, `earlier` the last answer
    to each step that was passed on as it came, `notes` what faults keep for one another.
    """

    def __init__(self, upstream: str, upstream_ca: str | Path, folder: Path, faults: Mapping[str, Fault]) -> None:
        self._upstream = urlsplit(upstream)
        self._inside = ssl.create_default_context(cafile=str(upstream_ca))
        self.faults = dict(faults)
        self.asked: Counter[str] = Counter()
        self.struck: set[str] = set()
        self.earlier: dict[str, bytes] = {}
        self.notes: dict[str, bytes] = {}
        self.left = threading.Event()
        authority = trustme.CA()
        self.tls = self._trusted = certificate_of(authority)
        self.ca_file = folder / "outsider.pem"
        authority.cert_pem.write_to_path(str(self.ca_file))
        self._idle: deque[ssl.SSLSocket] = deque()
        self.port = 0

    def __enter__(self) -> Outsider:
        self.listen()
        self.site = f"https://localhost:{self.port}{self._upstream.path}"
        return self

    def __exit__(self, *_: Any) -> None:
        self.left.set()
        self.die()
        for server in self._idle:
            server.close()

    def listen(self) -> None:
        """Take connections, after a death on the same port as before."""
        self._socket = socket.create_server(("127.0.0.1", self.port))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._socket,), daemon=True).start()

    def die(self) -> None:
        """Refuse all connections."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def recover(self) -> None:
        """Pass everything on from now on; what was kept back stays kept back until its turn."""
        self.faults = {name: fault for name, fault in self.faults.items() if name.endswith(":2")}
        self.tls = self._trusted
        self.die()
        self.listen()

    def ask(self, request: bytes) -> bytes:
        """The site's answer to this request."""
        head, _, body = request.partition(b"\r\n\r\n")
        head = re.sub(rb"(?i)\r\n(connection|content-length):[^\r]*", b"", head)
        try:
            server = self._idle.pop()
        except IndexError:
            server = self._connect()
        server.sendall(head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        answer = _whole(server)
        self._idle.append(server)
        return answer

    def _connect(self) -> ssl.SSLSocket:
        where = (self._upstream.hostname or "", self._upstream.port or 443)
        return self._inside.wrap_socket(socket.create_connection(where, PATIENCE), server_hostname=where[0])

    def _accept(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(listening.accept()[0],), daemon=True).start()

    def _serve(self, raw: socket.socket) -> None:
        with suppress(OSError), self.tls.wrap_socket(raw, server_side=True) as connection:
            while True:
                request = _whole(connection)
                answer = self._pass_on(connection, request) if request else None
                if answer is None:
                    return
                connection.sendall(answer)

    def _pass_on(self, connection: ssl.SSLSocket, request: bytes) -> bytes | None:
        path = request.split(b" ", 2)[1].decode("ascii").partition("?")[0]
        step = next(step for step, pattern in STEPS.items() if re.fullmatch(pattern, path, re.IGNORECASE))
        when = "after" if self.asked["submit"] else "before"
        self.asked[step] += 1
        way = Way(self, connection, request, step, self.asked[step])
        for name in (f"{step}:{way.nth}", f"{step}-{when}", step, "*"):
            if name in self.faults:
                self.struck.add(name)
                return self.faults[name](way)
        self.earlier[step] = way.ask()
        return self.earlier[step]


def certificate_of(authority: trustme.CA) -> ssl.SSLContext:
    """The server's side of TLS, for localhost."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


def body_of(message: bytes) -> bytes:
    return message.partition(b"\r\n\r\n")[2]


def _whole(connection: ssl.SSLSocket) -> bytes:
    """One message; empty where the connection ends before it does."""
    data = b""
    while True:
        head, end, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        if end and len(body) >= int(length[1] if length else 0):
            return data
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
