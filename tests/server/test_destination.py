"""Where a secret goes: to an address derived from the one that it was stored for or given with, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.body_server import BodyServer
from support.clocks import FastClock
from support.raw_server import RawServer, http, says
from support.signing_in import (
    GIVEN,
    PORTAL_PASSWORDS,
    SERVER_PASSWORDS,
    TOKEN,
    Drawer,
    carried_to_the_server,
    enter,
    given,
    never_connected,
    nothing_holds,
    pros_portal,
    rest_to,
    token_requests,
    write_profiles,
)
from support.story import delete

from cachetools_core.account import Home
from cachetools_core.errors import NeverSent, NoAccount, SignInRefused, UnsafeSignIn
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.server.destination import token_service_of
from cachetools_core.server.signin import sign_in
from cachetools_core.server.site import SiteInfo, open_site
from cachetools_core.server.sources import ActivePortal, GivenAccount
from cachetools_core.server.tokens import Account
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.tools.session import other_sources
from cachetools_core.waiting import Run


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


@pytest.mark.parametrize(
    ("said", "owner", "address"),
    [
        ("https://u@h/server/tokens/", "", "https://gis.example.com/server/tokens/generateToken"),
        ("https://h/server/admin/generateToken", "", "https://gis.example.com/server/admin/generateToken"),
        ("https://u:p@h/portal/sharing/rest/generateToken", "https://h/portal", "{portal}"),
        ("https://h/portal/sharing/rest/generateToken", "", "{portal}"),
        ("https://h/portal/sharing/generateToken/", "", "{portal}"),
        ("https://u@h/portal/sharing/rest/generateToken", "", None),
        ("https://u@mallory/portal/sharing/rest/generateToken", "https://h/portal", None),
        ("https://h/x/rest/services/sharing", "", None),
        ("https://h/../sharing/rest/generateToken", "", None),
        ("https://h/a/sharing/rest/generateToken?x", "", None),
    ],
)
def test_the_sites_word_chooses_and_what_it_cannot_name_is_refused(said: str, owner: str, address: str | None) -> None:
    site = SiteInfo("https://gis.example.com/server", "11.3", said, owner, None)
    if address is None:
        with pytest.raises(UnsafeSignIn):
            token_service_of(site)
        return
    chosen = token_service_of(site)
    assert chosen.address == address.format(portal="https://h/portal/sharing/rest/generateToken")
    assert chosen.home.address == ("https://h/portal" if chosen.home.portal else site.url)


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
    assert "$(" not in str(refused.value).partition("Store ")[2]


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
    with pytest.raises(
        UnsafeSignIn, match="A password isn't sent to another address because a site says so"
    ) as refused:
        sign_in(rest_to(federated), site, given(federated), other_sources(None, None))
    assert f'for the site "{federated.portal}"' in str(refused.value)
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
        assert both.asked and all(path.endswith("sharing/rest/generateToken") for path, _ in both.asked)


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
