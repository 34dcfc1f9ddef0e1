"""Carries requests over connections that a trust checks."""

from __future__ import annotations

import socket
import ssl
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import select_proxy

from .trust import Anchors, Trust


class TrustingAdapter(HTTPAdapter):
    """Hands our contexts to every connection.

    requests calls `cert_verify` before every request and would add its own bundle of certificates (certifi) there.
    """

    def __init__(self, trust: Trust, at_once: int) -> None:
        """Over that many connections; `trust.anchors_for` comes before the first request to an authority."""
        self._trust = trust
        super().__init__(max_retries=0, pool_maxsize=at_once)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            return super().send(request, *args, **kwargs)
        except (requests.exceptions.SSLError, requests.exceptions.ProxyError) as error:
            # A refused certificate ends the handshake, so nothing has been sent yet.
            refused_by_proxy = isinstance(error, requests.exceptions.ProxyError)
            proxy = select_proxy(request.url or "", kwargs.get("proxies") or {})
            if not self._trust.turn_to_other((proxy if refused_by_proxy else request.url) or "", error):
                raise
            return super().send(request, *args, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        if proxy.lower().startswith("https://"):
            kwargs["proxy_ssl_context"] = _ContextFor(urlsplit(proxy).hostname or "", self._trust.known_anchors(proxy))
        return super().proxy_manager_for(proxy, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        conn.cert_reqs = "CERT_REQUIRED"
        conn.conn_kw["ssl_context"] = _ContextFor(conn.host, self._trust.known_anchors(url))


class _ContextFor:
    """The context, for one host: urllib3 1.26 (Pro 3.0 to 3.2) doesn't name it where it is an IP address, so that it
    couldn't be compared with the certificate. What urllib3 sets here doesn't reach the context itself.
    """

    def __init__(self, host: str, anchors: Anchors) -> None:
        self._host = host
        self._anchors = anchors

    def __getattr__(self, name: str) -> Any:
        return getattr(self._anchors.context, name)

    def wrap_socket(self, sock: socket.socket, server_hostname: str | None = None) -> ssl.SSLSocket:
        return self._anchors.context.wrap_socket(sock, server_hostname=server_hostname or self._host)
