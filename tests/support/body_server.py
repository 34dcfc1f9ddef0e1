"""An HTTP server on loopback that gives one body a path, whatever the method."""

from __future__ import annotations

import re
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Union
from urllib.parse import parse_qs, urlsplit

from support.raw_server import end_in_a_reset


@dataclass(frozen=True)
class Page:
    """What something in front of the site answers in its place; with status 0 the connection is reset instead."""

    status: int
    body: bytes = b"<html>not the site</html>"
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Union[bytes, Page, None]


def refusal(code: int, words: str = "No.") -> dict[str, Any]:
    """An error object in ArcGIS's own shape."""
    return {"error": {"code": code, "message": words, "details": []}}


class _Server(ThreadingHTTPServer):
    """Keeps what a test's answer raises, which the library only prints; a client that hangs up is no failure."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self.failures: list[BaseException] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, ConnectionError):
            self.failures.append(error)


class BodyServer:
    """A context manager; `answer` gives the body for a path, None for a web server's own 404, or a page.

    `asked` holds what came in: the path and the fields of its query or form. `site` is the address below which paths
    are given without a leading slash; the site answers below every other context as well. While an answer is made,
    `current.fields` are those of the request that it is for. What went wrong in it is raised when it is left.
    """

    def __init__(self, answer: Callable[[str], Answer], host: str = "127.0.0.1") -> None:
        self.answer = answer
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self.current = threading.local()
        self._server = _Server((host, 0), self._handler())
        self.authority = f"{host}:{self._server.server_address[1]}"
        self.site = f"http://{self.authority}/arcgis"

    def __enter__(self) -> BodyServer:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        if error is None:
            for failure in self._server.failures:
                raise failure

    def stop_listening(self) -> None:
        """New connections are refused from now on."""
        self._server.socket.shutdown(socket.SHUT_RDWR)
        self._server.socket.close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                split = urlsplit(self.path)
                form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                path = re.sub("^/[^/]+/", "", split.path)
                server.current.fields = parse_qs(split.query or form)
                server.asked.append((path, server.current.fields))
                said = server.answer(path)
                page = said if isinstance(said, Page) else Page(404, b"<html>nothing here</html>")
                page = Page(200, said) if isinstance(said, bytes) else page
                if not page.status:
                    end_in_a_reset(self.connection)
                    self.close_connection = True
                    return
                self.send_response(page.status)
                for name, value in page.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(page.body)))
                self.end_headers()
                self.wfile.write(page.body)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler
