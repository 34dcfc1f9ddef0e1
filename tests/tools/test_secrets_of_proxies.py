"""The password of a proxy, and the secrets that pass through one, stay where they belong."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from support.canaries import (
    PASSWORD,
    PROXY,
    Everything,
    assert_nothing_out,
    proxy,
    story,
)

from cachetools_core.rehearsal.server import Rehearsal


def test_the_password_of_a_proxy_that_lets_through(
    standing: Callable[..., Rehearsal], out: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = standing()
    with proxy("200 Connection established") as one:
        monkeypatch.setenv("HTTPS_PROXY", f"http://proxyuser:{PROXY}@127.0.0.1:{one.server_address[1]}")
        assert story(server, out) == "deleted"
        expected = base64.b64encode(f"proxyuser:{PROXY}".encode()).decode()
        assert one.heads and all(f"Proxy-Authorization: Basic {expected}" in head for head in one.heads)
        assert all(PASSWORD not in head and "X-Esri" not in head for head in one.heads), "only the proxy's own sign-in"
    assert all("proxy-authorization" not in request.headers for request in server.requests)
    assert_nothing_out(server, out)


@pytest.mark.parametrize("status", ["407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway"])
def test_the_password_of_a_proxy_that_refuses(
    standing: Callable[..., Rehearsal], out: Everything, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    server = standing()
    with proxy(status) as one:
        monkeypatch.setenv("HTTPS_PROXY", f"http://proxyuser:{PROXY}@127.0.0.1:{one.server_address[1]}")
        assert story(server, out) == "not-deleted"
        assert one.heads and all(PASSWORD not in head for head in one.heads)
    assert status[:3] in out.gather() and server.requests == []
    assert_nothing_out(server, out)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (f"http://proxyuser:{PROXY}@127.0.0.1:9", "refused the connection"),
        (f"http://proxyuser:{PROXY}@no-such-proxy.invalid:8080", "refused the connection"),
        (f"http://proxyuser:{PROXY}@127.0.0.1:port", "isn't an address"),
        (f"http://proxyuser:{PROXY}/with/slash@127.0.0.1:8080", "isn't an address"),
        (f"http://proxyuser:{PROXY}#@127.0.0.1:8080", "isn't an address"),
        (f"http://proxyuser:{PROXY}@", "isn't an address"),
        (f"http://proxyuser:{PROXY}@[::1:8080", "isn't an address"),
        (f"socks9://proxyuser:{PROXY}@127.0.0.1:8080", ""),
        (f"ftp://proxyuser:{PROXY}@127.0.0.1:8080", ""),
        (f"proxyuser:{PROXY}@127.0.0.1:9", ""),
        (f"http://proxyuser:{PROXY}\u2603@127.0.0.1:9", ""),
    ],
)
def test_the_password_of_a_proxy_that_is_not_there(
    standing: Callable[..., Rehearsal], out: Everything, monkeypatch: pytest.MonkeyPatch, address: str, words: str
) -> None:
    server = standing()
    monkeypatch.setenv("HTTPS_PROXY", address)
    assert story(server, out) == "not-deleted"
    assert words in out.gather() and server.requests == []
    assert_nothing_out(server, out)
