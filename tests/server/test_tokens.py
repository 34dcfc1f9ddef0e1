"""Tokens: how they are asked for and carried, how long they are believed, when they are renewed and when not."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import requests
from support.addresses import REPORT
from support.body_server import BodyServer
from support.choosing import one_in
from support.clocks import FastClock, StillClock
from support.raw_server import RawServer, http, reset, says, then_shut
from support.story import Purse, account_of, delete, service_url

from cachetools_core.errors import Cancelled, NeverSent, NoAnswer, SignInRefused, TokenRefused, UnsafeSignIn
from cachetools_core.rehearsal.accounts import Account as ServerAccount
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.server.destination import guard_secret
from cachetools_core.server.signed_in import SignedIn
from cachetools_core.server.tokens import (
    Account,
    Bound,
    ExchangedTokens,
    PasswordTokens,
    Token,
    ask_for_token,
)
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.waiting import Clock, Run


class SteppedClock(FastClock):
    """Real time, put forward by hand."""

    def __init__(self) -> None:
        super().__init__(1.0)
        self.ahead = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead


def rest_to(server: Rehearsal, clock: FastClock | None = None) -> PlainWire:
    return PlainWire(Trust(ca_file=server.ca_file), Run(clock or SteppedClock(), 1e9, lambda: False))


def signed_in(server: Rehearsal, clock: FastClock) -> SignedIn:
    """The administrator, signed in with tokens of an hour."""
    rest, account = rest_to(server, clock), account_of(server)
    return SignedIn(rest, PasswordTokens(rest, f"{server.site}/tokens/generateToken", account, server.site, 60))


def steps(server: Rehearsal, step: str) -> list[Any]:
    return [request for request in server.requests if request.step == step]


@contextmanager
def token_service(answer: object) -> Iterator[str]:
    """A token service on loopback that always answers this."""
    with BodyServer(lambda _: json.dumps(answer).encode()) as server:
        yield f"{server.site}/tokens/generateToken"


def ask(url: str, clock: Clock | None = None) -> Token:
    rest = PlainWire(Trust(), Run(clock or SteppedClock(), 60, lambda: False))
    return ask_for_token(rest, url, {"username": "u", "password": "p"}, referer="r", minutes=60)


def in_minutes(minutes: float) -> int:
    return int((time.time() + minutes * 60) * 1000)


def test_credentials_travel_in_the_body_of_a_post(server: Rehearsal) -> None:
    signed_in(server, SteppedClock())
    (request,) = steps(server, "token")
    account = account_of(server)
    assert request.method == "POST" and request.query == {}
    assert (request.form["username"], request.form["password"]) == (account.username, account.password)
    assert (request.form["client"], request.form["referer"]) == ("referer", server.site)
    assert request.form["expiration"] == "60" and request.headers["referer"] == server.site


def test_a_get_carries_the_token_in_a_header_and_a_post_in_the_body_too(server: Rehearsal) -> None:
    wire = signed_in(server, SteppedClock())
    token = json.loads(server.requests[-1].answer)["token"]
    wire.get(service_url(server), {"returnUpdates": "true"})
    wire.post(
        f"{server.site}/{REPORT}",
        {"service_url": "Rainfall:MapServer"},
    )
    read, computed = server.requests[-2:]
    assert read.headers["x-esri-authorization"] == computed.headers["x-esri-authorization"] == f"Bearer {token}"
    assert read.headers["referer"] == computed.headers["referer"] == server.site
    assert (read.method, read.query["returnUpdates"]) == ("GET", "true")
    assert (computed.method, computed.form["token"]) == ("POST", token)
    assert all(token not in request.url for request in server.requests)
    assert all("authorization" not in request.headers for request in server.requests)


def test_a_token_is_bound_to_its_referer(server: Rehearsal) -> None:
    """The rehearsal server refuses it elsewhere, so a deletion that succeeds has sent the right one throughout."""
    signed_in(server, SteppedClock())
    token = json.loads(server.requests[-1].answer)["token"]
    for referer, code in (("https://elsewhere.example", 498), (server.site, None)):
        answer = requests.get(
            f"{server.site}/admin/services",
            params={"f": "json"},
            headers={"X-Esri-Authorization": f"Bearer {token}", "Referer": referer},
            verify=str(server.ca_file),
            timeout=10,
        )
        assert answer.json().get("code") == code


def test_a_token_is_renewed_a_minute_before_it_ends_and_not_earlier(server: Rehearsal) -> None:
    clock = SteppedClock()
    wire = signed_in(server, clock)
    clock.ahead = 58 * 60
    wire.get(service_url(server))
    assert len(steps(server, "token")) == 1
    clock.ahead = 59 * 60 + 1
    wire.get(service_url(server))
    wire.get(service_url(server))
    first, second = (json.loads(request.answer)["token"] for request in steps(server, "token"))
    assert server.requests[-1].headers["x-esri-authorization"] == f"Bearer {second}" != f"Bearer {first}"


@pytest.mark.parametrize(("good_for", "after", "made"), [(200.0, 140, 1), (200.0, 151, 2), (None, 3e8, 1)])
def test_a_short_life_ends_in_its_last_quarter_and_one_that_nobody_tells_does_not(
    good_for: float | None, after: float, made: int
) -> None:
    clock, purse = SteppedClock(), Purse(*(Token(name, good_for=good_for) for name in "abc"))
    with BodyServer(lambda _: b"{}") as server:
        rest = PlainWire(Trust(), Run(clock, 1e9, lambda: False))
        wire = SignedIn(rest, purse)
        clock.ahead = after
        wire.get(f"{server.site}/rest/info")
    assert len(purse.asked) == made


def test_a_submit_renews_a_token_that_is_about_to_end(server: Rehearsal) -> None:
    clock = SteppedClock()
    wire = signed_in(server, clock)
    clock.ahead = 59 * 60 + 1
    with pytest.raises(Exception, match="service_url"):
        wire.post_once(f"{server.site}/rest/services/System/CachingTools/GPServer/DeleteCache/submitJob", {})
    assert len(steps(server, "token")) == 2
    (submit,) = steps(server, "submit")
    assert submit.form["token"] == json.loads(steps(server, "token")[1].answer)["token"]


@pytest.mark.parametrize("fault", ["token-498", "token-499"])
def test_a_refused_token_is_renewed_once_and_the_same_asked_again(server: Rehearsal, fault: str) -> None:
    wire = signed_in(server, SteppedClock())
    server.fault(f"{fault}@service:1")
    assert wire.get(service_url(server))["singleFusedMapCache"] is True
    assert len(steps(server, "token")) == 2 and len(steps(server, "service")) == 2


@pytest.mark.parametrize("past_proxy", [False, True])
def test_what_is_to_be_tried_once_is_tried_once(server: Rehearsal, past_proxy: bool) -> None:
    wire, url = signed_in(server, SteppedClock()), service_url(server)
    if past_proxy:
        server.fault("token-498@service:2")
        wire.get(url)
    seen = len(steps(server, "service"))
    server.fault("http-503@service")
    with pytest.raises(NoAnswer):
        wire.get(url, tries=1)
    with pytest.raises(NoAnswer):
        wire.post(url, {}, tries=1)
    assert [request.method for request in steps(server, "service")[seen:]] == ["POST" if past_proxy else "GET", "POST"]


def test_a_site_that_refuses_every_token_sees_no_storm_of_sign_ins(server: Rehearsal) -> None:
    """One for each kind of token, and then one a minute."""
    clock = SteppedClock()
    wire = signed_in(server, clock)
    server.fault("token-498@service")
    for _ in range(5):
        with pytest.raises(TokenRefused, match="Invalid Token"):
            wire.get(service_url(server))
    assert [request.form["client"] for request in steps(server, "token")] == ["referer", "referer", "requestip"]
    clock.ahead += 61
    for _ in range(5):
        with pytest.raises(TokenRefused):
            wire.get(service_url(server))
    assert len(steps(server, "token")) == 4


def test_a_submit_whose_token_is_refused_is_not_sent_again(server: Rehearsal) -> None:
    wire = signed_in(server, SteppedClock())
    server.fault("token-498@submit")
    with pytest.raises(TokenRefused):
        wire.post_once(
            f"{server.site}/rest/services/System/CachingTools/GPServer/DeleteCache/submitJob",
            {"service_url": "Rainfall:MapServer"},
        )
    assert len(steps(server, "submit")) == 1 and len(steps(server, "token")) == 1 and server.submits == 0


@pytest.mark.parametrize("why", ["changed", "locked"])
def test_a_refused_password_is_never_sent_again(server: Rehearsal, why: str) -> None:
    """The run goes on with the token that it has; once that is refused, it ends with the words of the refusal."""
    clock = SteppedClock()
    wire = signed_in(server, clock)
    if why == "changed":
        server.accounts["administrator"] = ServerAccount(server.username, "another", "ADMINISTER")
    else:
        server.fault("account-locked")
    for _ in range(4):
        clock.ahead += 3600
        assert wire.get(service_url(server))["singleFusedMapCache"] is True
    server.fault("token-498@service")
    for _ in range(4):
        clock.ahead += 3600
        with pytest.raises(SignInRefused, match="tried once and won't be tried again"):
            wire.get(service_url(server))
    assert len(steps(server, "token")) == 2


NO_TOKENS = {
    "challenge": http(b"", "401 Unauthorized", WWW_Authenticate="Basic realm=x"),
    "forbidden": http(b"<html>no</html>", "403 Forbidden"),
    "too many": http(b"", "429 Too Many Requests", Retry_After="1"),
    "in trouble": http(b"", "500 Internal Server Error"),
    "bad gateway": http(b"<html>502</html>", "502 Bad Gateway"),
    "busy": http(b"", "503 Service Unavailable", Retry_After="0"),
    "in time": http(b"", "504 Gateway Timeout"),
    "redirect": http(b"", "302 Found", Location="/elsewhere"),
    "a page": http(b"<html>Sign in</html>"),
    "nothing": http(b""),
    "no object": http(b"[]"),
    "no token": http(b"{}"),
    "half": http(b'{"token": "abc'),
    "400": http(b'{"error": {"code": 400, "message": "No."}}'),
    "403": http(b'{"error": {"code": 403, "message": "No."}}'),
    "429": http(b'{"error": {"code": 429, "message": "Too many."}}'),
    "499": http(b'{"error": {"code": 499, "message": "Token Required"}}'),
    "500": http(b'{"error": {"code": 500, "message": "Account locked out"}}'),
    "no code": http(b'{"error": "no"}'),
    "admin": http(b'{"status": "error", "messages": ["Locked."], "code": 500}'),
    "with an HTTP status": http(b'{"error": {"code": 400, "message": "No."}}', "400 Bad Request"),
}


@pytest.mark.parametrize("answer", NO_TOKENS)
def test_every_answer_without_a_token_is_a_refusal(answer: str) -> None:
    with RawServer(says(NO_TOKENS[answer])) as service:
        with pytest.raises(SignInRefused, match="won't be tried again") as refused:
            ask(f"{service.url}/arcgis/tokens/generateToken")
        assert len(service.requests) == 1
    assert refused.value.exit_code == 4


@pytest.mark.parametrize("answer", [*NO_TOKENS, "lost", "cut off"])
def test_a_renewal_that_may_have_been_judged_is_sent_once(answer: str) -> None:
    token = http(b'{"token": "first", "expires": 0}')
    second: Any = {"lost": reset, "cut off": then_shut(http()[:-1])}.get(answer) or says(NO_TOKENS[answer])
    answers, clock = [says(token), second], SteppedClock()
    with RawServer(lambda connection: answers.pop(0)(connection)) as service, BodyServer(lambda _: b"{}") as site:
        rest = PlainWire(Trust(), Run(clock, 1e9, lambda: False))
        wire = SignedIn(rest, PasswordTokens(rest, f"{service.url}/tokens", Account("u", "hush"), "r", 60))
        for _ in range(9):
            clock.ahead += 3600
            assert wire.get(f"{site.site}/rest/info") == {}
        site.answer = lambda _: b'{"error": {"code": 498, "message": "Invalid Token"}}'
        for _ in range(3):
            clock.ahead += 3600
            with pytest.raises(SignInRefused, match="won't be tried again"):
                wire.get(f"{site.site}/rest/info")
        assert len(service.requests) == 2


@pytest.mark.parametrize("answer", [*NO_TOKENS, "lost"])
def test_a_spent_password_is_not_sent_again_for_whatever_site_of_the_run(answer: str) -> None:
    """As where a run signs in to several sites of one portal, or comes back to a site."""
    with RawServer(reset if answer == "lost" else says(NO_TOKENS[answer])) as service:
        run = Run(SteppedClock(), 60, lambda: False)
        for site in ("https://one.example.com", "https://one.example.com", "https://two.example.com"):
            tokens = PasswordTokens(PlainWire(Trust(), run), f"{service.url}/tokens", Account("u", "hush"), site, 60)
            with pytest.raises((SignInRefused, NoAnswer)):
                tokens.give(Bound.TO_REFERER)
        assert len(service.requests) == 1


def test_a_connection_that_was_closed_meanwhile_costs_no_sign_in() -> None:
    """A kept one looks like a lost answer, and a password isn't sent after that; so a sign-in has one of its own."""
    with RawServer(then_shut(http(b'{"token": "first", "expires": 0}'))) as service:
        clock = SteppedClock()
        rest = PlainWire(Trust(), Run(clock, 60, lambda: False))
        tokens = PasswordTokens(rest, f"{service.url}/tokens", Account("u", "hush"), "r", 60)
        for _ in range(3):
            assert rest.get(f"{service.url}/rest/info", tries=2)
            clock.ahead += 2  # one that answered within the last second is kept
            assert tokens.give(Bound.TO_REFERER).value == "first"
        assert service.connections == 6


def test_a_renewal_that_was_never_sent_is_tried_again_after_a_while() -> None:
    class Unreachable(Purse):
        def give(self, bound: Bound) -> Token:
            if len(self.asked) in (1, 2):
                self.asked.append(bound)
                raise NeverSent("No connection.")
            return super().give(bound)

    clock, purse = SteppedClock(), Unreachable(Token("one", good_for=100), Token("two"))
    with BodyServer(lambda _: b"{}") as site:
        wire = SignedIn(PlainWire(Trust(), Run(clock, 1e9, lambda: False)), purse)
        for ahead, asked in ((74, 1), (76, 2), (77, 2), (90, 2), (92, 3), (93, 3), (108, 4), (1e6, 4)):
            clock.ahead = ahead
            assert wire.get(f"{site.site}/rest/info") == {}
            assert len(purse.asked) == asked, ahead


def test_a_renewal_that_is_broken_off_is_not_sent_again() -> None:
    """The cancel is taken up while the token service is silent; the run may still have to cancel its job."""
    clock, stop = SteppedClock(), threading.Event()
    token = http(b'{"token": "first", "expires": 0}')

    def answer(connection: Any) -> None:
        if len(service.requests) == 1:
            connection.sendall(token)
        else:
            stop.set()
            service.hold(connection)

    with RawServer(answer) as service, BodyServer(lambda _: b"{}") as site:
        run = Run(clock, 1e9, stop.is_set)
        rest = PlainWire(Trust(), run)
        wire = SignedIn(rest, PasswordTokens(rest, f"{service.url}/tokens", Account("u", "hush"), "r", 60))
        clock.ahead += 3600
        with pytest.raises(Cancelled):
            wire.get(f"{site.site}/rest/info")
        run.take_up_cancel()
        assert wire.get(f"{site.site}/rest/info") == {}
        assert len(service.requests) == 2


@pytest.mark.parametrize(
    "again",
    [
        ["P1", "P1"],
        ["P1", "xP1x"],
        ["P1", "S1", "P2", "P2"],
        ["P1", "S1", "P2", "P1"],
    ],
)
def test_a_token_of_the_portal_is_never_taken_for_one_of_the_server(again: list[str]) -> None:
    answers = [json.dumps({"token": one, "expires": 0}).encode() for one in again]
    with BodyServer(lambda _: answers.pop(0)) as portal:
        rest = PlainWire(Trust(), Run(SteppedClock(), 1e9, lambda: False))
        address = f"{portal.site}/sharing/rest/generateToken"
        own = PasswordTokens(rest, address, Account("u", "hush"), "r", 60)
        giver = ExchangedTokens(rest, address, "https://gis.example.com/server", own)
        for _ in range(len(again) // 2 - 1):
            assert giver.give(Bound.TO_REFERER).value == "S1"
        with pytest.raises(UnsafeSignIn, match="one of the portal's own"):
            giver.give(Bound.TO_REFERER)


def test_the_words_of_a_refusal_say_that_upper_and_lower_case_count() -> None:
    """Esri/collector-tools#91: a sign-in page in a browser doesn't mind."""
    body = {
        "error": {
            "code": 400,
            "message": "Unable to generate token.",
            "details": ["Invalid username or password."],
        }
    }
    with token_service(body) as url, pytest.raises(SignInRefused) as refused:
        ask(url)
    assert "(code 400)" in str(refused.value)
    assert "Upper and lower case count in user names" in str(refused.value)


def test_a_lock_is_told_in_the_servers_words(server: Rehearsal) -> None:
    server.fault("account-locked")
    with pytest.raises(SignInRefused, match="Too many invalid attempts"):
        signed_in(server, SteppedClock())
    assert len(steps(server, "token")) == 1


@pytest.mark.parametrize("public", [False, True])
def test_two_refused_tokens_are_followed_by_one_for_this_machine(server: Rehearsal, public: bool) -> None:
    """As where a proxy strips both the Referer and X-Esri-Authorization; a public service answers all the same."""

    def strip(request: Any) -> None:
        request.headers.pop("referer", None)
        request.headers.pop("x-esri-authorization", None)

    server.before_request = strip
    if not public:
        server.secure_service("Rainfall")
    receipt = delete(server)
    assert receipt.verdict.value == "deleted", receipt.to_text()
    tokens = steps(server, "token")
    assert [request.form["client"] for request in tokens] == ["referer", "referer", "requestip"]
    assert "referer" not in tokens[-1].form
    assert server.submits == 1
    assert all("token=" not in request.url for request in server.requests)


def test_a_token_for_this_machine_is_asked_for_and_sent_without_a_referer(server: Rehearsal) -> None:
    wire = signed_in(server, SteppedClock())
    server.fault("token-498@service:2")
    wire.get(service_url(server))
    token, read = server.requests[-2:]
    assert (token.step, token.form["client"], read.step) == ("token", "requestip", "service")
    assert "referer" not in token.headers
    assert "referer" not in read.headers


def test_a_token_that_was_accepted_once_stays_bound_to_the_referer(server: Rehearsal) -> None:
    wire = signed_in(server, SteppedClock())
    wire.get(service_url(server))
    server.fault("token-498@service:1")
    wire.get(service_url(server))
    assert [request.form["client"] for request in steps(server, "token")] == ["referer", "referer"]


@pytest.mark.parametrize(
    ("expires", "believed"),
    [
        (lambda: in_minutes(10), 10),
        (lambda: str(in_minutes(10)), 10),
        (lambda: float(in_minutes(10)), 10),
        (lambda: in_minutes(60), 60),
        (lambda: in_minutes(61), 60),
        (lambda: in_minutes(600), 60),
        (lambda: in_minutes(-5), 60),
        (lambda: 0, 60),
        (lambda: "soon", 60),
        (lambda: "nan", 60),
        (lambda: "inf", 60),
        (lambda: None, 60),
        (lambda: True, 60),
        (lambda: [1], 60),
        (lambda: 10**400, 60),
        (lambda: "13472658353687", 60),
    ],
)
def test_how_long_a_token_is_believed_to_live(expires: Callable[[], object], believed: int) -> None:
    """Minutes; `13472658353687` is documented, and lies in the year 2396."""
    with token_service({"token": "t", "expires": expires()}) as url:
        token = ask(url)
    assert token.good_for == pytest.approx(believed * 60, abs=5)


@pytest.mark.parametrize(("left", "believed"), [(-0.5, 3600), (0, 3600), (0.5, 0.5), (3599.5, 3599.5), (3600.5, 3600)])
def test_an_end_is_believed_where_it_is_ahead_and_not_beyond_what_was_asked_for(left: float, believed: float) -> None:
    """In seconds; the clock stands still, so that they are exact."""
    clock = StillClock()
    with token_service({"token": "t", "expires": (clock.now().timestamp() + left) * 1000}) as url:
        assert ask(url, clock).good_for == believed


@pytest.mark.parametrize("hours", one_in(3, [-26, -2, 2, 26]))
def test_a_clock_that_is_wrong_by_hours_changes_nothing(server: Rehearsal, hours: int) -> None:
    clock = FastClock()
    clock.jump = timedelta(hours=hours)
    assert delete(server, clock=clock).verdict.value == "deleted"
    assert len(steps(server, "token")) == 1


def test_the_end_as_a_string_is_understood(rehearsal: Callable[..., Rehearsal]) -> None:
    server = rehearsal(faults=["expires-as-string", "token-short-lived:1"])
    clock = SteppedClock()
    wire = signed_in(server, clock)
    clock.ahead = 2.5
    wire.get(service_url(server))
    assert len(steps(server, "token")) == 2


@pytest.mark.parametrize("token", [None, "", 7, ["t"], "a\nb", "a\r\nX: y", "a\x00", " a", "a ", "caf\u00e9", "\u2603"])
def test_an_answer_without_a_usable_token(token: object) -> None:
    with (
        token_service({"token": token, "expires": in_minutes(60)}) as url,
        pytest.raises(SignInRefused, match="answered without a token") as caught,
    ):
        ask(url)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://gis.example.com/arcgis", True),
        ("HTTPS://gis.example.com/arcgis", True),
        ("http://localhost:6080/arcgis", True),
        ("http://127.0.0.1/arcgis", True),
        ("http://127.9.9.9/arcgis", True),
        ("http://[::1]:6080/arcgis", True),
        ("http://gis.example.com/arcgis", False),
        ("http://192.0.2.1:6080/arcgis", False),
        ("http://127.0.0.1.example.com/arcgis", False),
        ("http://localhost.example.com/arcgis", False),
        ("http://example.com/localhost", False),
        ("/arcgis/tokens/", False),
        ("", False),
    ],
)
def test_where_a_secret_may_go(url: str, safe: bool) -> None:
    if safe:
        guard_secret(url)
        return
    with pytest.raises(UnsafeSignIn, match="plain HTTP"):
        guard_secret(url)


def test_a_wire_refuses_to_carry_its_token_in_the_clear(server: Rehearsal) -> None:
    """The address is text only: the guard stands before any connection."""
    wire = signed_in(server, SteppedClock())
    seen = len(server.requests)
    for talk in (
        lambda: wire.get("http://192.0.2.1/arcgis/rest/services"),
        lambda: wire.post("http://192.0.2.1/arcgis/x", {}),
        lambda: wire.post_once("http://192.0.2.1/arcgis/x", {}),
    ):
        with pytest.raises(UnsafeSignIn):
            talk()
    assert len(server.requests) == seen


def test_secrets_do_not_print() -> None:
    account, token = Account("publisher1", "hush-password"), Token("hush-token", "hush-referer", 60.0)
    for shown in (repr(account), str(account), repr(token), str(token), f"{[account, token]}"):
        assert "hush" not in shown
    assert "publisher1" in repr(account)
