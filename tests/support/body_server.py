"""An HTTP server on loopback that gives one body a path, whatever the method."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class BodyServer:
    """A context manager; `answer` gives the body for a path, None for a web server's own 404.

    `asked` holds what came in: the path and the fields of its query or form. `site` is the address below which paths
    are given without a leading slash.
    """

    def __init__(self, answer: Callable[[str], bytes | None], host: str = "127.0.0.1") -> None:
        self.answer = answer
        self.asked: list[tuple[str, dict[str, list[str]]]] = []
        self._server = ThreadingHTTPServer((host, 0), self._handler())
        self._server.daemon_threads = True
        self.authority = f"{host}:{self._server.server_address[1]}"
        self.site = f"http://{self.authority}/arcgis"

    def __enter__(self) -> BodyServer:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                split = urlsplit(self.path)
                form = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                path = split.path.partition("/arcgis/")[2] or split.path
                server.asked.append((path, parse_qs(split.query or form)))
                body = server.answer(path)
                self.send_response(200 if body is not None else 404)
                sent = b"<html>nothing here</html>" if body is None else body
                self.send_header("Content-Length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler
