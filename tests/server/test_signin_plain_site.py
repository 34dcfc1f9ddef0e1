"""A site that starts no token service for users: an account is used at its administrator API, or said not to be."""

from __future__ import annotations

import json
from typing import Any

import keyring
import pytest
from keyring.credentials import SimpleCredential
from support.body_server import BodyServer
from support.clocks import FastClock
from support.signing_in import (
    GIVEN,
    REFUSED,
    TOKEN,
    WANTED,
    Drawer,
)

from cachetools_core.errors import NoAccount, SignInRefused
from cachetools_core.server.signin import OpenSite, sign_in
from cachetools_core.server.site import SiteInfo, open_site
from cachetools_core.server.sources import GivenAccount
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.tools.session import other_sources
from cachetools_core.waiting import Run


class PlainSite:
    """A site that says `isTokenBasedSecurity` false, with the administrator API's token service as a test has it."""

    def __init__(self, admin: object, caching_tools: object = "{}") -> None:
        self.admin, self.caching_tools = admin, caching_tools

    def answer(self, path: str) -> bytes | None:
        said: Any = {
            "rest/info": {
                "currentVersion": 10.81,
                "fullVersion": "10.8.1",
                "authInfo": {"isTokenBasedSecurity": False},
            },
            "admin/generateToken": self.admin,
            "rest/services/System/CachingTools/GPServer": self.caching_tools,
        }.get(path)
        return said if said is None or isinstance(said, bytes) else json.dumps(said).encode()

    def enter(self, one: GivenAccount) -> tuple[OpenSite, list[str]]:
        """What a sign-in comes to, and the paths that a password was sent to."""
        with BodyServer(self.answer) as server:
            self.site = server.site
            rest = PlainWire(Trust(), Run(FastClock(), 60, lambda: False))
            try:
                entered = sign_in(rest, open_site(rest, server.site), one, other_sources(one.username, None))
            finally:
                self.sent = [path for path, fields in server.asked if "password" in fields]
        return entered, self.sent


def test_a_site_without_token_security_needs_no_account() -> None:
    found, sent = PlainSite(TOKEN).enter(GivenAccount())
    assert (found.account, found.found, found.remark, sent) == ("", "this site asks for no sign-in", "", [])


def test_a_given_account_signs_in_at_the_administrator_api() -> None:
    found, sent = PlainSite(TOKEN).enter(GIVEN)
    assert (found.account, found.found, found.remark) == ("publisher1", "given for this run", "")
    assert sent == ["admin/generateToken"]


@pytest.mark.parametrize(
    "admin", [None, b"<html>", {"status": "error", "messages": ["Could not find resource."], "code": 404}]
)
def test_a_given_account_that_can_not_be_used_there_is_said_not_to_be(admin: object) -> None:
    found, sent = PlainSite(admin).enter(GIVEN)
    assert (found.account, found.found) == ("", "this site asks for no sign-in")
    assert "The account of publisher1 isn't used: the site has no token service for users" in found.remark
    assert sent == ["admin/generateToken"]


def test_a_given_account_that_is_refused_there_ends_the_run() -> None:
    site = PlainSite(REFUSED)
    with pytest.raises(SignInRefused, match=r"'Invalid username or password\.'"):
        site.enter(GIVEN)
    assert site.sent == ["admin/generateToken"]


def test_a_given_account_that_can_not_be_used_where_one_is_wanted() -> None:
    site = PlainSite(None, WANTED)
    with pytest.raises(SignInRefused, match=r"want a sign-in. The account of publisher1 isn't used: .* HTTP 404"):
        site.enter(GIVEN)
    assert site.sent == ["admin/generateToken"]


def test_a_user_name_alone_is_said_not_to_be_used_where_none_is_wanted(drawer: Drawer) -> None:
    found, sent = PlainSite(TOKEN).enter(GivenAccount(username="publisher1"))
    assert found.remark == "The user name publisher1 isn't used: this site asks for no sign-in."
    assert (sent, drawer.asked) == ([], [])


@pytest.mark.parametrize("wanted", [WANTED, {"error": {"code": 403, "message": "No."}}])
def test_caching_tools_that_want_a_token_lead_to_the_keyring(drawer: Drawer, wanted: object) -> None:
    class Everywhere(Drawer):
        def get_credential(self, service: str, username: str | None) -> SimpleCredential:
            self.asked.append(service)
            return SimpleCredential("publisher1", "hush-password")

    place = Everywhere()
    keyring.set_keyring(place)
    site = PlainSite(TOKEN, wanted)
    found, sent = site.enter(GivenAccount())
    assert (found.account, found.found) == ("publisher1", f"keyring entry 'CacheTools:{site.site}'")
    assert (sent, place.asked) == (["admin/generateToken"], [f"CacheTools:{site.site}"])


def test_caching_tools_that_want_a_token_and_nobody_has_an_account(drawer: Drawer) -> None:
    site = PlainSite(TOKEN, WANTED)
    with pytest.raises(NoAccount, match="Looked at: this run: no account"):
        site.enter(GivenAccount())
    assert site.sent == []


def test_a_given_account_is_not_sent_over_plain_http_and_it_is_said() -> None:
    site = SiteInfo("http://192.0.2.1/arcgis", "10.8.1", "", "", None)
    clock = FastClock(1000.0)
    rest = PlainWire(Trust(), Run(clock, 60, lambda: False))
    found = sign_in(rest, site, GIVEN, [])
    assert "The account of publisher1 isn't used" in found.remark and "plain HTTP" in found.remark
