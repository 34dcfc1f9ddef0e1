"""Whose account signs in, in which order it is looked for, and that it is tried once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.clocks import FastClock
from support.signing_in import (
    PORTAL_PASSWORDS,
    SERVER_PASSWORDS,
    Drawer,
    carried_to_the_server,
    enter,
    given,
    pros_portal,
    rest_to,
    token_requests,
    write_profiles,
)
from support.story import account_of, delete, service_url

from cachetools_core.account import Place
from cachetools_core.errors import NoAccount, NoAnswer, SignInRefused
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.server.signin import sign_in
from cachetools_core.server.site import open_site
from cachetools_core.server.sources import ActivePortal, GivenAccount
from cachetools_core.server.tokens import Account

# The order


def test_the_caller_comes_first(federated: Rehearsal, drawer: Drawer) -> None:
    def never() -> None:
        raise AssertionError("Pro's portal was asked")

    found = enter(federated, given(federated), ActivePortal(str(federated.portal), never))
    assert (found.account, found.found) == (federated.username, "given for this run")
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


def test_pros_referer_is_no_reason_to_blot_out_other_addresses(federated: Rehearsal) -> None:
    active, _ = pros_portal(federated)
    secrets = enter(federated, GivenAccount(), active).wire.run.secrets
    assert secrets.blot("https://gis.example.com, https://pro.invalid/") == "https://gis.example.com, https://***"


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


def test_a_pro_that_fails_when_it_is_asked_leaves_it_to_the_keyring(federated: Rehearsal, drawer: Drawer) -> None:
    def failing() -> Any:
        raise RuntimeError("canary")

    for active, words in (
        (ActivePortal.asked_of_pro(failing, failing), "doesn't say which it is (RuntimeError)"),
        (ActivePortal.asked_of_pro(lambda: federated.portal, failing), "failed to give its token (RuntimeError)"),
    ):
        with pytest.raises(NoAccount) as refused:
            enter(federated, GivenAccount(), active)
        assert words in str(refused.value) and "canary" not in str(refused.value)
    drawer.set_password(f"CacheTools:{federated.portal}", federated.username, federated.password)
    assert enter(federated, GivenAccount(), active).account == federated.username


def test_a_password_in_the_address_of_pros_portal_is_not_told(federated: Rehearsal, drawer: Drawer) -> None:
    with pytest.raises(NoAccount, match="the site isn't federated with it") as refused:
        enter(federated, GivenAccount(), ActivePortal("https://ann:canary@gis.example.com/portal", lambda: None))
    assert "canary" not in str(refused.value) and "gis.example.com" in str(refused.value)


@pytest.mark.parametrize("held", ["text", 7])
def test_what_pro_gives_for_a_token_may_be_anything(federated: Rehearsal, drawer: Drawer, held: Any) -> None:
    with pytest.raises(NoAccount, match="Pro isn't signed in to it"):
        enter(federated, GivenAccount(), ActivePortal(str(federated.portal), lambda: held))


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


def test_without_an_account_all_places_are_listed_and_what_to_do(server: Rehearsal, drawer: Drawer) -> None:
    with pytest.raises(NoAccount) as caught:
        enter(server)
    words = str(caught.value)
    places = [
        "this run: no account",
        "Pro's active portal: there is none here",
        f"keyring entry 'CacheTools:{server.site}': nothing found without a user name",
        f"profiles in ~/.agsprofile: no usable one for {server.site}",
    ]
    assert sorted(places, key=words.index) == places
    assert f'cachetools_core.store_sign_in, for the site "{server.site}"' in words
    assert caught.value.exit_code == 4 and token_requests(server) == []


def test_a_federated_sites_remedy_names_the_site_and_not_the_portal_that_it_claims(
    federated: Rehearsal, drawer: Drawer
) -> None:
    with pytest.raises(NoAccount) as caught:
        enter(federated)
    assert f'for the site "{federated.site}"' in str(caught.value)


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


@pytest.mark.parametrize("kind", ["stand-alone", "federated"])
def test_a_stored_password_that_is_refused_is_to_be_stored_anew(
    rehearsal: Callable[..., Rehearsal], drawer: Drawer, kind: str
) -> None:
    server = rehearsal(federated=kind == "federated")
    home = server.portal or server.site
    drawer.set_password(f"CacheTools:{home}", server.username, "wrong")
    receipt = delete(server, account=None, place=Place.PANE)
    advice = f"store the new one. Store it with the tool Store Server Sign-In, for the site {home}."
    assert receipt.error is not None and receipt.error.message_id == "CT402" and advice in str(receipt.error)
    assert len(token_requests(server)) == 1
    given = delete(server, account=Account(server.username, "wrong too"))
    assert "Store Server Sign-In" not in str(given.error) and "store_sign_in" not in str(given.error)


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
