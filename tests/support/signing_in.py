"""What the tests of a sign-in share: a keyring in memory, Pro's portal, and a site that says what a test wants."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential

from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.server.signin import OpenSite, sign_in
from cachetools_core.server.site import open_site
from cachetools_core.server.sources import ActivePortal, GivenAccount
from cachetools_core.server.tokens import Account
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.tools.session import other_sources
from cachetools_core.waiting import Run
from support.clocks import FastClock
from support.story import account_of

PORTAL_PASSWORDS = "arcgis_python_api_profile_passwords"
SERVER_PASSWORDS = "esri_ags_profile_passwords"


class Drawer(KeyringBackend):
    """A keyring in memory that can be searched by service alone, as Windows Credential Manager can."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[tuple[str, str], str] = {}
        self.asked: list[str] = []

    def get_password(self, service: str, username: str) -> str | None:
        self.asked.append(service)
        return self.entries.get((service, username))

    def get_credential(self, service: str, username: str | None) -> SimpleCredential | None:
        self.asked.append(service)
        found = [(u, p) for (s, u), p in self.entries.items() if s == service and username in (None, u)]
        return SimpleCredential(*found[0]) if found else None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password


def rest_to(server: Rehearsal) -> PlainWire:
    return PlainWire(Trust(ca_file=server.ca_file), Run(FastClock(), 1e6, lambda: False))


def enter(server: Rehearsal, given: GivenAccount = GivenAccount(), active: ActivePortal | None = None) -> OpenSite:  # noqa: B008
    """Sign in to the server and read something that only an administrator may."""
    rest = rest_to(server)
    entered = sign_in(rest, open_site(rest, server.site), given, other_sources(given.username, active))
    assert "services" in entered.wire.get(f"{server.site}/admin/services")
    return entered


def given(server: Rehearsal, role: str = "administrator") -> GivenAccount:
    return GivenAccount(account_of(server, role))


def pros_portal(server: Rehearsal, referer: str = "https://pro.invalid/") -> tuple[ActivePortal, str]:
    """Pro signed in to the server's portal, and the token that Pro then holds."""
    answer = requests.post(
        f"{server.portal}/sharing/rest/generateToken",
        data={"username": server.username, "password": server.password, "referer": referer, "f": "json"},
        verify=str(server.ca_file),
        timeout=10,
    ).json()
    return ActivePortal(f"{server.portal}/", lambda: {"token": answer["token"], "referer": referer}), answer["token"]


def write_profiles(home: Path, name: str, text: str) -> None:
    (home / name).write_text(text, encoding="utf-8")


def token_requests(server: Rehearsal) -> list[Any]:
    return [request for request in server.requests if request.step in ("token", "exchange")]


@contextmanager
def never_connected() -> Iterator[int]:
    """A port where nobody may knock."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.settimeout(0)
        yield listener.getsockname()[1]
        with pytest.raises(BlockingIOError):
            listener.accept()


def carried_to_the_server(server: Rehearsal) -> str:
    """Everything that reached the ArcGIS Server site, the portal left out."""
    return "".join(
        f"{request.url}{request.form}{request.headers}" for request in server.requests if request.context != "portal"
    )


def nothing_holds(server: Rehearsal, secret: str) -> bool:
    return all(secret not in f"{request.url}{request.form}{request.headers}" for request in server.requests)


TOKEN = {"token": "abc", "expires": 0}
WANTED = {"error": {"code": 499, "message": "Token Required"}}
REFUSED = {"status": "error", "messages": ["Invalid username or password."], "code": 400}
GIVEN = GivenAccount(Account("publisher1", "hush-password"))
