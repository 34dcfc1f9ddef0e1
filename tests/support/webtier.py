"""A real nginx in front of a site, as web adaptor and TLS end: on free ports, unprivileged, in a folder of its own."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from support.certificates import Certificate
from support.needs import program
from support.raw_server import free_port

CONFIGURATION = """
daemon off;
master_process off;
pid nginx.pid;
error_log error.log;
events {{}}
http {{
    access_log access.log;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    {for_all}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {certificate};
        location /gis/ {{
            proxy_pass {upstream}/arcgis/;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header X-Forwarded-Proto https;
            {here}
        }}
    }}
    server {{
        listen 127.0.0.1:{http_port};
        return 301 https://localhost:{port}$request_uri;
    }}
}}
"""


class WebTier:
    """`https://localhost:PORT/gis` in front of `upstream`'s `/arcgis`, as a context manager.

    `here` are directives for the site's location, `for_all` for the whole of HTTP. `site` is the address for clients,
    `http_site` the same over plain HTTP, which redirects. `ca_file` has the authority of the certificate.
    """

    def __init__(self, upstream: str, folder: Path, here: str = "", for_all: str = "") -> None:
        self._program = program("nginx", "nginx-light")
        self._folder = folder
        folder.mkdir()
        authority = Certificate("Web tier authority", authority=True)
        self.ca_file = authority.saved(folder / "ca.pem")
        self._port, http_port = free_port(), free_port()
        self.site = f"https://localhost:{self._port}/gis"
        self.http_site = f"http://localhost:{http_port}/gis"
        parts = urlsplit(upstream)
        self._configuration = CONFIGURATION.format(
            for_all=for_all,
            here=here,
            port=self._port,
            http_port=http_port,
            certificate=Certificate("localhost", issuer=authority).with_key(folder),
            upstream=f"{parts.scheme}://127.0.0.1:{parts.port}",
        )

    def __enter__(self) -> WebTier:
        (self._folder / "nginx.conf").write_text(self._configuration, encoding="ascii")
        command = [self._program, "-p", str(self._folder), "-c", "nginx.conf", "-e", "error.log"]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        give_up = time.monotonic() + 120
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > give_up:
                self.__exit__()
                pytest.fail(f"nginx doesn't start: {(self._folder / 'error.log').read_text(encoding='utf-8')}")
        return self

    def __exit__(self, *_: Any) -> None:
        self._process.terminate()
        self._process.wait(30)

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self._port)) == 0

    def answered(self, status: str) -> bool:
        """Whether a client got this HTTP status; nginx writes it down a moment after the answer."""
        give_up = time.monotonic() + 60
        while not any(line.endswith(f" {status}") for line in self.statuses):
            if time.monotonic() > give_up:
                return False
            time.sleep(0.02)
        return True

    @property
    def statuses(self) -> list[str]:
        """What clients were answered with, as `POST submitJob 502`; nginx writes it when a request has ended."""
        lines = (self._folder / "access.log").read_text(encoding="utf-8").splitlines()
        fields = [line.split('"')[1:3] for line in lines]
        return [
            f"{asked.split()[0]} {urlsplit(asked.split()[1]).path.rpartition('/')[2]} {status.split()[0]}"
            for asked, status in fields
            if len(asked.split()) == 3
        ]
