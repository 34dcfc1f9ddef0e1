"""Whose account signs in, in which order it is looked for, and where its secret never goes."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keyring
import pytest
import requests
from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential
from support.body_server import BodyServer
from support.clocks import FastClock
from support.raw_server import RawServer, http, says
from support.story import account_of, delete, service_url

from cachetools_core.account import Home
from cachetools_core.errors import NeverSent, NoAccount, NoAnswer, SignInRefused, UnsafeSignIn
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.server.destination import token_service_of
from cachetools_core.server.signin import ActivePortal, GivenAccount, SignIn, sign_in
from cachetools_core.server.site import SiteInfo, open_site
from cachetools_core.server.tokens import Account
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.tools.access import other_sources
from cachetools_core.waiting import Run

PORTAL_PASSWORDS = "arcgis_python_api_profile_passwords"
SERVER_PASSWORDS = "esri_ags_profile_passwords"


class Drawer(KeyringBackend):
    """A keyring in memory that can be searched by service alone, as Windows Credential Manager can."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
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


@pytest.fixture
def drawer() -> Drawer:
    one = Drawer()
    keyring.set_keyring(one)
    return one


@pytest.fixture
def federated(rehearsal: Callable[..., Rehearsal]) -> Rehearsal:
    return rehearsal(federated=True)


@pytest.fixture(scope="module")
def standing(rainfall: Path) -> Iterator[Rehearsal]:
    """A federated site that no test changes."""
    with Rehearsal(rainfall=rainfall, federated=True) as server:
        yield server


def rest_to(server: Rehearsal) -> PlainWire:
    return PlainWire(Trust(ca_file=server.ca_file), Run(FastClock(), 1e6, lambda: False))


def enter(server: Rehearsal, given: GivenAccount = GivenAccount(), active: ActivePortal | None = None) -> SignIn:  # noqa: B008
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


# The order


def test_the_caller_comes_first(federated: Rehearsal, drawer: Drawer) -> None:
    def never() -> None:
        raise AssertionError("Pro's portal was asked")

    found = enter(federated, given(federated), ActivePortal(str(federated.portal), never))
    assert (found.account, found.found) == (federated.username, "given by the caller")
    assert drawer.asked == []


def test_pros_portal_comes_second_and_its_token_is_exchanged(federated: Rehearsal, drawer: Drawer) -> None:
    active, token = pros_portal(federated)
    seen = len(federated.requests)
    found = enter(federated, GivenAccount(), active)
    assert (found.account, found.found) == ("", "Pro's active portal")
    assert drawer.asked == []
    exchange = [request for request in federated.requests[seen:] if request.step == "exchange"]
    assert len(exchange) == 1 and exchange[0].form["token"] == token
    assert exchange[0].form["serverUrl"] == federated.site
    assert exchange[0].headers["referer"] == "https://pro.invalid/", "Pro's token is bound to Pro's referer"
    assert token not in carried_to_the_server(federated)


def test_pros_token_keeps_its_referer_where_a_proxy_before_the_server_strips_headers(federated: Rehearsal) -> None:
    """The portal is asked past that proxy; Pro's token is bound to Pro's referer, whatever the new one is bound to."""

    def strip(request: Any) -> None:
        if request.context != "portal":
            request.headers.pop("referer", None)
            request.headers.pop("x-esri-authorization", None)

    active, _ = pros_portal(federated)
    federated.before_request = strip
    federated.secure_service("Rainfall")
    receipt = delete(federated, account=None, active_portal=active)
    assert receipt.verdict.value == "deleted", receipt.to_text()
    exchanges = [request for request in federated.requests if request.step == "exchange"]
    assert exchanges[-1].form["client"] == "requestip"
    assert {request.headers["referer"] for request in exchanges} == {"https://pro.invalid/"}


def test_pros_portal_counts_only_where_the_site_is_federated_with_it(server: Rehearsal, drawer: Drawer) -> None:
    def never() -> None:
        raise AssertionError("a token of another portal was asked for")

    drawer.set_password(f"CacheTools:{server.site}", server.username, server.password)
    found = enter(server, GivenAccount(), ActivePortal("https://www.arcgis.com", never))
    assert found.found == f"keyring entry 'CacheTools:{server.site}'"


def test_another_portal_than_the_sites_is_not_asked(federated: Rehearsal, drawer: Drawer) -> None:
    def never() -> None:
        raise AssertionError("a token of another portal was asked for")

    with pytest.raises(NoAccount, match=r"Pro's active portal https://www\.arcgis\.com: the site isn't federated"):
        enter(federated, GivenAccount(), ActivePortal("https://www.arcgis.com", never))


@pytest.mark.parametrize("held", [None, {}, {"token": ""}, {"token": None}, {"referer": "x"}, {"token": 7}])
def test_a_pro_that_is_not_signed_in_leaves_it_to_the_keyring(
    federated: Rehearsal, drawer: Drawer, held: dict[str, Any] | None
) -> None:
    drawer.set_password(f"CacheTools:{federated.portal}", federated.username, federated.password)
    found = enter(federated, GivenAccount(), ActivePortal(str(federated.portal), lambda: held))
    assert (found.account, found.found) == (federated.username, f"keyring entry 'CacheTools:{federated.portal}'")


@pytest.mark.parametrize("referer", [None, 7, "", "a\r\nX: y", "caf\u00e9"])
def test_a_referer_that_cannot_travel_is_left_out(federated: Rehearsal, referer: object) -> None:
    """The portal then refuses the exchange, since its token is bound; nothing quotes what Pro gave."""
    active, token = pros_portal(federated)
    with pytest.raises(SignInRefused, match=r"gives no token for .* 'Invalid Token'"):
        enter(federated, GivenAccount(), ActivePortal(active.url, lambda: {"token": token, "referer": referer}))


def test_a_pro_that_signs_out_meanwhile_is_told(federated: Rehearsal) -> None:
    active, _ = pros_portal(federated)
    held: list[Any] = [active.signin_token()]
    rest = rest_to(federated)
    found = sign_in(rest, open_site(rest, federated.site), GivenAccount(), [ActivePortal(active.url, lambda: held[0])])
    held[0] = None
    federated.fault("token-498@service:1")
    with pytest.raises(SignInRefused, match="isn't signed in to its active portal any more"):
        found.wire.get(service_url(federated))


def test_the_keyring_comes_third(server: Rehearsal, drawer: Drawer, own_home: Path) -> None:
    drawer.set_password(f"CacheTools:{server.site}", server.username, server.password)
    write_profiles(own_home, ".agsprofile", f"[p]\nurl = {server.site}\nusername = viewer\n")
    found = enter(server)
    assert (found.account, found.found) == (server.username, f"keyring entry 'CacheTools:{server.site}'")
    assert SERVER_PASSWORDS not in drawer.asked


def test_a_user_name_picks_the_entry(server: Rehearsal, drawer: Drawer) -> None:
    for role in ("user", "administrator"):
        account = account_of(server, role)
        drawer.set_password(f"CacheTools:{server.site}", account.username, account.password)
    assert enter(server, GivenAccount(username=server.username)).account == server.username
    with pytest.raises(NoAccount, match=r"keyring entry 'CacheTools:.*' of nobody: nothing stored"):
        enter(server, GivenAccount(username="nobody"))


@pytest.mark.parametrize(
    ("kind", "file", "service"),
    [("server", ".agsprofile", SERVER_PASSWORDS), ("portal", ".arcgisprofile", PORTAL_PASSWORDS)],
)
def test_a_profile_of_the_arcgis_api_for_python_comes_last(
    rehearsal: Callable[..., Rehearsal], drawer: Drawer, own_home: Path, kind: str, file: str, service: str
) -> None:
    """Its password is kept under the profile's name; the address may be spelled in other ways."""
    server = rehearsal(federated=kind == "portal")
    home = (server.portal or server.site).replace("localhost", "LocalHost")
    write_profiles(
        own_home,
        file,
        f"\ufeff[other]\nurl = https://elsewhere.example/portal\nusername = {server.username}\n"
        f"[mine]\nurl = {home}/\nusername = {server.username}\ndate_modified = 100%\n",
    )
    drawer.set_password(service, "mine", server.password)
    drawer.set_password(service, "other", "for elsewhere")
    found = enter(server)
    assert (found.account, found.found) == (server.username, "profile 'mine' of the ArcGIS API for Python")


def test_a_profile_of_the_other_kind_does_not_count(server: Rehearsal, drawer: Drawer, own_home: Path) -> None:
    write_profiles(own_home, ".arcgisprofile", f"[p]\nurl = {server.site}\nusername = {server.username}\n")
    drawer.set_password(PORTAL_PASSWORDS, "p", server.password)
    with pytest.raises(NoAccount):
        enter(server)


@pytest.mark.parametrize(
    "extra", ["client_id = abc\nusername = {user}\n", "client_id =\nusername = {user}\n", "key_file = k\n"]
)
def test_the_refresh_token_of_an_oauth_profile_is_never_sent(
    federated: Rehearsal, drawer: Drawer, own_home: Path, extra: str
) -> None:
    text = f"[o]\nurl = {federated.portal}\n{extra.format(user=federated.username)}"
    write_profiles(own_home, ".arcgisprofile", text)
    drawer.set_password(PORTAL_PASSWORDS, "o", "refresh-token")
    with pytest.raises(NoAccount, match="profile 'o' of the ArcGIS API for Python: it signs in without a password"):
        enter(federated)
    assert PORTAL_PASSWORDS not in drawer.asked and token_requests(federated) == []


def test_a_profile_of_another_user_or_without_its_password_is_passed_over(
    server: Rehearsal, drawer: Drawer, own_home: Path
) -> None:
    write_profiles(own_home, ".agsprofile", f"[p]\nurl = {server.site}\nusername = {server.username}\n")
    with pytest.raises(NoAccount, match=r"profile 'p' .*: its password isn't in the keyring of this user"):
        enter(server)
    drawer.set_password(SERVER_PASSWORDS, "p", server.password)
    with pytest.raises(NoAccount) as caught:
        enter(server, GivenAccount(username="somebody"))
    assert "profile 'p'" not in str(caught.value)


@pytest.mark.parametrize("content", [b"no section\n", b"\xff\xfe\x00", b"[p\nurl=x\n", b"[p]\nurl\n"])
def test_an_unreadable_profile_file_is_told(server: Rehearsal, drawer: Drawer, own_home: Path, content: bytes) -> None:
    (own_home / ".agsprofile").write_bytes(content)
    with pytest.raises(NoAccount, match=r"profiles in ~/\.agsprofile: unreadable \(\w+Error\)"):
        enter(server)


@pytest.mark.parametrize("url", ["https://[bad", "", "http://", "no address at all", "https://h:port/x", "%"])
def test_a_profile_with_a_broken_address_is_passed_over(
    server: Rehearsal, drawer: Drawer, own_home: Path, url: str
) -> None:
    write_profiles(
        own_home,
        ".agsprofile",
        f"[broken]\nurl = {url}\nusername = u\n[mine]\nurl = {server.site}\nusername = {server.username}\n",
    )
    drawer.set_password(SERVER_PASSWORDS, "mine", server.password)
    assert enter(server).found == "profile 'mine' of the ArcGIS API for Python"


def test_without_an_account_all_places_are_listed_and_what_to_do(server: Rehearsal, drawer: Drawer) -> None:
    with pytest.raises(NoAccount) as caught:
        enter(server)
    words = str(caught.value)
    places = [
        "the caller: no account",
        "Pro's active portal: there is none here",
        f"keyring entry 'CacheTools:{server.site}': nothing found without a user name",
        f"profiles in ~/.agsprofile: none to use for {server.site}",
    ]
    assert sorted(places, key=words.index) == places
    assert f'python -m keyring set "CacheTools:{server.site}" USERNAME' in words
    assert caught.value.exit_code == 4 and token_requests(server) == []


def test_a_federated_sites_remedy_names_the_portal(federated: Rehearsal, drawer: Drawer) -> None:
    with pytest.raises(NoAccount) as caught:
        enter(federated)
    assert f'keyring set "CacheTools:{federated.portal}" USERNAME' in str(caught.value)


# Where the site starts no token service


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

    def enter(self, one: GivenAccount) -> tuple[SignIn, list[str]]:
        """What a sign-in comes to, and the paths that a password was sent to."""
        with BodyServer(self.answer) as server:
            self.site = server.site
            rest = PlainWire(Trust(), Run(FastClock(), 60, lambda: False))
            try:
                entered = sign_in(rest, open_site(rest, server.site), one, other_sources(one.username, None))
            finally:
                self.sent = [path for path, fields in server.asked if "password" in fields]
        return entered, self.sent


TOKEN = {"token": "abc", "expires": 0}
WANTED = {"error": {"code": 499, "message": "Token Required"}}
REFUSED = {"status": "error", "messages": ["Invalid username or password."], "code": 400}
GIVEN = GivenAccount(Account("publisher1", "hush-password"))


def test_a_site_without_token_security_needs_no_account() -> None:
    found, sent = PlainSite(TOKEN).enter(GivenAccount())
    assert (found.account, found.found, found.remark, sent) == ("", "this site asks for no sign-in", "", [])


def test_a_given_account_signs_in_at_the_administrator_api() -> None:
    found, sent = PlainSite(TOKEN).enter(GIVEN)
    assert (found.account, found.found, found.remark) == ("publisher1", "given by the caller", "")
    assert sent == ["admin/generateToken"]


@pytest.mark.parametrize(
    "admin", [None, b"<html>", {"status": "error", "messages": ["Could not find resource."], "code": 404}]
)
def test_a_given_account_that_can_not_be_used_there_is_said_not_to_be(admin: object) -> None:
    found, sent = PlainSite(admin).enter(GIVEN)
    assert (found.account, found.found) == ("", "this site asks for no sign-in")
    assert "The account of publisher1 isn't used: the site starts no token service for users" in found.remark
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
    with pytest.raises(NoAccount, match="Looked at: the caller: no account"):
        site.enter(GivenAccount())
    assert site.sent == []


def test_a_given_account_is_not_sent_over_plain_http_and_it_is_said() -> None:
    site = SiteInfo("http://192.0.2.1/arcgis", "10.8.1", "", "", None)
    clock = FastClock(1000.0)
    rest = PlainWire(Trust(), Run(clock, 60, lambda: False))
    found = sign_in(rest, site, GIVEN, [])
    assert "The account of publisher1 isn't used" in found.remark and "plain HTTP" in found.remark


# Where a secret goes


@pytest.mark.parametrize("stored_for", ["{portal}/", "{site}", "https://localhost", "{portal}/sharing"])
def test_an_entry_for_another_address_is_not_used(federated: Rehearsal, drawer: Drawer, stored_for: str) -> None:
    address = stored_for.format(portal=federated.portal, site=federated.site)
    drawer.set_password(f"CacheTools:{address}", federated.username, federated.password)
    with pytest.raises(NoAccount):
        enter(federated)
    assert token_requests(federated) == []


@pytest.mark.parametrize("place", ["caller", "keyring", "profile"])
def test_a_site_that_knows_itself_by_another_name_is_signed_in_to_where_it_was_named(
    server: Rehearsal, drawer: Drawer, own_home: Path, place: str
) -> None:
    server.fault("wrong-token-host")
    store(place, server, drawer, own_home)
    assert enter(server, given(server) if place == "caller" else GivenAccount()).account == server.username
    assert [request.path for request in token_requests(server)] == ["/arcgis/tokens/generateToken"]


@pytest.mark.parametrize("place", ["caller", "keyring", "profile"])
def test_a_portal_and_a_token_service_that_do_not_agree_get_no_secret(
    federated: Rehearsal, drawer: Drawer, own_home: Path, place: str
) -> None:
    federated.fault("wrong-token-host")
    store(place, federated, drawer, own_home)
    with pytest.raises(UnsafeSignIn, match=f"belongs to the portal {federated.portal}, but sends sign-ins to"):
        enter(federated, given(federated) if place == "caller" else GivenAccount())
    assert [request.step for request in federated.requests] == ["info"]
    assert drawer.asked == [] and nothing_holds(federated, federated.password)


def store(place: str, server: Rehearsal, drawer: Drawer, home: Path) -> None:
    """Put the account where it is to be found."""
    address = server.portal or server.site
    if place == "keyring":
        drawer.set_password(f"CacheTools:{address}", server.username, server.password)
    if place == "profile":
        file, service = (".arcgisprofile", PORTAL_PASSWORDS) if server.portal else (".agsprofile", SERVER_PASSWORDS)
        write_profiles(home, file, f"[p]\nurl = {address}\nusername = {server.username}\n")
        drawer.set_password(service, "p", server.password)


# What mallory's site says of itself, beside a portal and a stand-alone site of the user's.
ATTACKS = {
    "your portal, another port": ("{portal}", "https://localhost:{mallory}/mallory/sharing/rest/generateToken"),
    "as seen": ("{portal}", "https://localhost:{mallory}/mallory/rest/services/sharing"),
    "your portal, another path": ("{portal}", "{root}/mallory/sharing/rest/generateToken"),
    "your portal, another scheme and port": (
        "{portal}",
        "http://localhost:{mallory}/portal/sharing/rest/generateToken",
    ),
    "your portal, another host": ("{portal}", "https://127.0.0.1:{mallory}/portal/sharing/rest/generateToken"),
    "credentials": ("{portal}", "https://localhost:{port}@localhost:{mallory}/portal/sharing/rest/generateToken"),
    "a backslash": ("{portal}", "https://localhost:{mallory}\\@localhost:{port}/portal/sharing/rest/generateToken"),
    "your site as the portal": ("{site}", "https://localhost:{mallory}/sharing/rest/generateToken"),
    "your site's tokens": ("{site}", "{site}/tokens/generateToken?x=/sharing"),
    "a portal beside yours": ("{portal}/../mallory", "{root}/mallory/sharing/rest/generateToken"),
    "dots": ("{portal}/../mallory", "{portal}/../mallory/sharing/rest/generateToken"),
    "itself": ("https://localhost:{mallory}/x", "https://localhost:{mallory}/x/sharing/rest/generateToken"),
    "no portal": ("", "https://localhost:{mallory}/sharing/rest/generateToken"),
    "nobody's form": ("", "https://localhost:{mallory}/give/me/yours"),
    "a command": ("{root}/$(touch pwned)", "{root}/$(touch pwned)/sharing/rest/generateToken"),
}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("place", ["caller", "keyring", "profile", "Pro"])
def test_what_a_site_says_adds_no_address(
    standing: Rehearsal, drawer: Drawer, own_home: Path, attack: str, place: str
) -> None:
    """Mallory listens on a port of the same machine; nothing secret arrives there, whatever the site says of itself."""
    with RawServer(says(http(json.dumps(TOKEN).encode()))) as mallory:
        port = standing.site.partition("localhost:")[2].partition("/")[0]
        names = {"portal": standing.portal, "site": standing.site, "port": port, "mallory": mallory.port}
        owner, tokens = (text.format(root=f"https://localhost:{port}", **names) for text in ATTACKS[attack])
        site = SiteInfo(f"http://localhost:{mallory.port}/arcgis", "11.3", tokens, owner, None)
        active, _ = pros_portal(standing)
        for address in (standing.portal, standing.site):
            drawer.set_password(f"CacheTools:{address}", standing.username, standing.password)
        for kind, service in ((".arcgisprofile", PORTAL_PASSWORDS), (".agsprofile", SERVER_PASSWORDS)):
            write_profiles(own_home, kind, f"[p]\nurl = {standing.portal}\nusername = {standing.username}\n")
            drawer.set_password(service, "p", standing.password)
        seen = len(standing.requests)
        rest = rest_to(standing)
        one = given(standing) if place == "caller" else GivenAccount()
        others = other_sources(None, active if place == "Pro" else None)
        with pytest.raises((UnsafeSignIn, NoAccount)) as refused:
            sign_in(rest, site, one, [other for other in others if place != "profile" or "Profiles" in repr(other)])
        assert mallory.requests == []
    assert standing.requests[seen:] == []
    assert "$(" not in str(refused.value).partition("keyring set")[2]


@pytest.mark.parametrize("place", ["keyring", "Pro"])
def test_a_site_that_only_claims_to_belong_to_your_portal_gets_no_token(
    federated: Rehearsal, drawer: Drawer, place: str
) -> None:
    """Its words agree, so the portal is asked, at its own address, and says no; the site gets nothing."""
    with RawServer(says(http(b"{}"))) as mallory:
        tokens = f"{federated.portal}/sharing/rest/generateToken"
        site = SiteInfo(f"http://localhost:{mallory.port}/arcgis", "11.3", tokens, str(federated.portal), None)
        active, _ = pros_portal(federated)
        drawer.set_password(f"CacheTools:{federated.portal}", federated.username, federated.password)
        with pytest.raises(SignInRefused, match="not federated with this portal"):
            sign_in(rest_to(federated), site, GivenAccount(), other_sources(None, active if place == "Pro" else None))
        assert mallory.requests == []


def test_a_given_account_goes_to_a_portal_at_the_sites_own_address_only(federated: Rehearsal) -> None:
    """The caller gave it for the site; that a portal elsewhere is his too, only he can say, by storing it for that."""
    said = open_site(rest_to(federated), federated.site)
    site = SiteInfo("https://gis.example.com/server", said.version, said.token_service, said.portal, None)
    seen = len(federated.requests)
    with pytest.raises(UnsafeSignIn, match="A site's word doesn't send a password to another address") as refused:
        sign_in(rest_to(federated), site, given(federated), other_sources(None, None))
    assert f'keyring set "CacheTools:{federated.portal}" USERNAME' in str(refused.value)
    assert federated.requests[seen:] == []


def test_a_portal_is_asked_over_https_where_the_site_prints_both(drawer: Drawer) -> None:
    """As ArcGIS Online's federated servers do."""
    site = SiteInfo(
        "https://h/server", "11.3", "https://www.arcgis.com/sharing/generateToken", "http://www.arcgis.com", 1
    )
    service = token_service_of(site)
    assert service.address == "https://www.arcgis.com/sharing/rest/generateToken"
    assert service.home == Home("https://h/server", "https://www.arcgis.com", portal=True)


def test_a_portal_that_hands_its_own_token_back_gets_it_sent_to_no_server() -> None:
    with BodyServer(lambda _: json.dumps(TOKEN).encode()) as both:
        root = both.site.rpartition("/")[0]
        site = SiteInfo(both.site, "11.3", f"{root}/portal/sharing/rest/generateToken", f"{root}/portal", None)
        rest = PlainWire(Trust(), Run(FastClock(), 60, lambda: False))
        for one, other in ((GIVEN, None), (GivenAccount(), ActivePortal(site.portal, lambda: TOKEN))):
            with pytest.raises(UnsafeSignIn, match="one of the portal's own"):
                sign_in(rest, site, one, other_sources(None, other))
        assert {path for path, _ in both.asked} == {"/portal/sharing/rest/generateToken"}


def test_a_site_of_yours_as_the_portal_is_asked_as_a_portal_and_its_tokens_go_nowhere(
    server: Rehearsal, drawer: Drawer
) -> None:
    """What is stored for a stand-alone site isn't of use to another one that names it as its portal."""
    with RawServer(says(http(b"{}"))) as mallory:
        tokens = f"{server.site}/sharing/rest/generateToken"
        site = SiteInfo(f"http://localhost:{mallory.port}/arcgis", "11.3", tokens, server.site, None)
        drawer.set_password(f"CacheTools:{server.site}", server.username, server.password)
        with pytest.raises(SignInRefused):
            sign_in(rest_to(server), site, GivenAccount(), other_sources(None, None))
        assert mallory.requests == []
    assert token_requests(server) == []


def test_pros_token_does_not_go_to_another_host_either(federated: Rehearsal) -> None:
    active, token = pros_portal(federated)
    federated.fault("wrong-token-host")
    seen = len(federated.requests)
    with pytest.raises(UnsafeSignIn, match="belongs to the portal"):
        enter(federated, GivenAccount(), active)
    assert [request.step for request in federated.requests[seen:]] == ["info"]
    assert all(token not in str(request.form) + request.url for request in federated.requests[seen:])


@pytest.mark.parametrize(
    "form", ["http://127.0.0.1:{port}\\@localhost{path}", "http://localhost@127.0.0.1:{port}{path}"]
)
@pytest.mark.parametrize("portal", ["", "http://localhost/portal"])
def test_an_address_that_reads_as_two_hosts_gets_no_secret(form: str, portal: str) -> None:
    """urlsplit sees localhost in the first, urllib3 asks the port on 127.0.0.1."""
    with never_connected() as port:
        address = form.format(port=port, path="/sharing/rest/generateToken")
        site = SiteInfo("http://localhost/arcgis", "11.3", address, portal, None)
        rest = PlainWire(Trust(), Run(FastClock(), 60, lambda: False))
        with pytest.raises(UnsafeSignIn):
            sign_in(rest, site, GivenAccount(Account("u", "p")), other_sources(None, None))
        active = ActivePortal(portal, lambda: {"token": "t", "referer": "r"})
        with pytest.raises((UnsafeSignIn, NoAccount)):
            sign_in(rest, site, GivenAccount(), other_sources(None, active))


@pytest.mark.parametrize(
    "address", ["https://[bad/tokens/", "/arcgis/tokens/", "tokens", "https://", "file:///tokens", "https://h:x/tokens"]
)
@pytest.mark.parametrize("portal", ["", "nonsense/sharing"])
def test_a_token_address_that_is_none_is_refused(address: str, portal: str) -> None:
    site = SiteInfo("https://localhost/arcgis", "11.3", address, portal, None)
    rest = PlainWire(Trust(), Run(FastClock(), 60, lambda: False))
    with pytest.raises(UnsafeSignIn):
        sign_in(rest, site, GivenAccount(Account("u", "p")), other_sources(None, None))


@pytest.mark.parametrize("token_service", ["http://192.0.2.1/arcgis/tokens/", "https://192.0.2.1/arcgis/tokens/"])
def test_nothing_secret_goes_over_plain_http(
    monkeypatch: pytest.MonkeyPatch, drawer: Drawer, token_service: str
) -> None:
    """Refused before any connection: the only way out of this machine is a proxy that nobody may ask."""
    drawer.set_password("CacheTools:http://192.0.2.1/arcgis", "u", "p")
    site = SiteInfo("http://192.0.2.1/arcgis", "10.8.1", token_service, "", 60)
    with never_connected() as port:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        rest = PlainWire(Trust(), Run(FastClock(), 60, lambda: False))
        for one in (GivenAccount(Account("u", "p")), GivenAccount()):
            with pytest.raises(UnsafeSignIn, match="plain HTTP"):
                sign_in(rest, site, one, other_sources(None, None))
    assert drawer.asked == [], "not even looked for"


def test_a_token_service_over_plain_http_is_not_asked_for_an_https_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind a proxy that ends TLS, a site may think that it is asked over http; it is asked as it was named."""
    site = SiteInfo("https://192.0.2.1/arcgis", "10.8.1", "http://192.0.2.1/arcgis/tokens/", "", 60)
    assert token_service_of(site).address == "https://192.0.2.1/arcgis/tokens/generateToken"
    with never_connected() as port:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
        rest = PlainWire(Trust(), Run(FastClock(), 60, lambda: False))
        with pytest.raises(NeverSent):
            sign_in(rest, site, GivenAccount(Account("u", "p")), other_sources(None, None))


def test_plain_http_within_this_machine_works_and_passes_no_proxy(
    rehearsal: Callable[..., Rehearsal], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = rehearsal(http=True)
    with never_connected() as port:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        receipt = delete(server, ca_file=None)
    assert receipt.verdict.value == "deleted", receipt.to_text()


def test_a_portals_own_token_never_reaches_the_server(federated: Rehearsal) -> None:
    assert delete(federated).verdict.value == "deleted"
    first, exchange = token_requests(federated)
    portal_token = json.loads(first.answer)["token"]
    assert (first.step, exchange.step) == ("token", "exchange")
    assert first.path == exchange.path == "/portal/sharing/rest/generateToken"
    assert exchange.form["token"] == portal_token
    carried = carried_to_the_server(federated)
    assert portal_token not in carried and json.loads(exchange.answer)["token"] in carried
    assert federated.password not in carried


def test_a_server_that_the_portal_does_not_know_gets_no_token(federated: Rehearsal) -> None:
    """The portal alone knows which servers are federated with it; one that only claims to be gets nothing."""
    rest = rest_to(federated)
    honest = open_site(rest, federated.site)
    claims = SiteInfo(f"{federated.site}-of-mallory", honest.version, honest.token_service, honest.portal, None)
    with pytest.raises(SignInRefused, match="not federated with this portal") as caught:
        sign_in(rest, claims, given(federated), other_sources(None, None))
    assert "the address under which it is federated" in str(caught.value)
    assert len(token_requests(federated)) == 2


@pytest.mark.parametrize("ending", ["/tokens", "/tokens/", "/tokens/generateToken"])
def test_the_spellings_of_a_token_service(server: Rehearsal, ending: str) -> None:
    rest = rest_to(server)
    site = SiteInfo(server.site, "11.3", f"{server.site}{ending}", "", 5)
    assert "services" in sign_in(rest, site, given(server), other_sources(None, None)).wire.get(
        f"{server.site}/admin/services"
    )
    (request,) = token_requests(server)
    assert request.path == "/arcgis/tokens/generateToken"
    assert request.form["expiration"] == "5", "no more is asked for than the site gives"


# Once


@pytest.mark.parametrize("kind", ["stand-alone", "federated"])
def test_a_wrong_password_is_tried_once(rehearsal: Callable[..., Rehearsal], drawer: Drawer, kind: str) -> None:
    server = rehearsal(federated=kind == "federated")
    drawer.set_password(f"CacheTools:{server.portal or server.site}", server.username, server.password)
    receipt = delete(server, account=Account(server.username, "wrong"))
    assert receipt.error is not None and receipt.error.message_id == "CT402" and receipt.exit_code == 4
    assert "Invalid username or password" in str(receipt.error)
    assert len(token_requests(server)) == 1, "and the keyring's account isn't tried instead"
    assert server.submits == 0


def test_a_locked_account_is_tried_once(server: Rehearsal) -> None:
    server.fault("account-locked")
    receipt = delete(server)
    assert receipt.exit_code == 4 and "Too many invalid attempts" in str(receipt.error)
    assert "whether it is locked" in str(receipt.error)
    assert len(token_requests(server)) == 1


# In the middle of a job


@pytest.mark.parametrize("kind", ["stand-alone", "federated"])
def test_a_token_that_ends_in_the_middle_of_a_job_is_renewed(rehearsal: Callable[..., Rehearsal], kind: str) -> None:
    server = rehearsal(federated=kind == "federated", job_seconds=0.5, faults=["token-expires-mid-job"])
    receipt = delete(server)
    assert receipt.verdict.value == "deleted", receipt.to_text()
    assert [request.step for request in token_requests(server)].count("token") == 2
    assert server.submits == 1


def test_a_token_service_that_is_gone_ends_no_job_while_the_token_is_good(rehearsal: Callable[..., Rehearsal]) -> None:
    server = rehearsal(job_seconds=0.7, faults=["token-short-lived:1", "http-502@token-after"])
    receipt = delete(server)
    assert receipt.verdict.value == "deleted", receipt.to_text()
    assert len(token_requests(server)) >= 2, "the renewal was due and failed"


def test_a_token_service_that_is_gone_when_the_token_ends_leads_to_unknown_and_a_rerun_attaches(
    rehearsal: Callable[..., Rehearsal],
) -> None:
    server = rehearsal(job_seconds=0.3, faults=["token-expires-mid-job", "http-502@token-after"])
    receipt = delete(server, clock=FastClock(200.0))
    assert (receipt.verdict.value, receipt.exit_code) == ("unknown", 5), receipt.to_text()
    assert "HTTP 502" in str(receipt.error)
    server.clear_faults()
    again = delete(server)
    assert again.verdict.value == "deleted", again.to_text()
    assert server.submits == 1


def test_a_password_changed_in_the_middle_of_a_job_is_sent_once(rehearsal: Callable[..., Rehearsal]) -> None:
    server = rehearsal(job_seconds=0.3, faults=["token-expires-mid-job", "account-locked@token-after"])
    receipt = delete(server)
    assert receipt.verdict.value == "unknown" and "Too many invalid attempts" in str(receipt.error)
    assert len(token_requests(server)) == 2 and server.submits == 1


def test_no_answer_from_the_token_service_is_no_refusal(server: Rehearsal) -> None:
    server.fault("reset-before@token")
    with pytest.raises(NoAnswer):
        enter(server, given(server))
    assert len(token_requests(server)) == 1


def carried_to_the_server(server: Rehearsal) -> str:
    """Everything that reached the ArcGIS Server site, the portal left out."""
    return "".join(
        f"{request.url}{request.form}{request.headers}" for request in server.requests if request.context != "portal"
    )


def nothing_holds(server: Rehearsal, secret: str) -> bool:
    return all(secret not in f"{request.url}{request.form}{request.headers}" for request in server.requests)
