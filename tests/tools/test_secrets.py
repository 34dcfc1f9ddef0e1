"""Secrets stay where they belong: canaries in every place that holds one, and a scan of everything that comes out."""

from __future__ import annotations

import http.client
import logging
from collections.abc import Callable
from typing import Any

import keyring
import pytest
import requests
from support.canaries import (
    KEPT,
    PASSWORD,
    REFERER,
    Cabinet,
    Everything,
    assert_nothing_out,
    guarded,
    reachable,
    run,
    story,
    tokens_of,
)
from support.choosing import by_name, some_of
from support.clocks import FastClock
from support.story import account_of, service_url

from cachetools_core.errors import CacheToolsError, SignInRefused
from cachetools_core.naming.service import ServiceReference, read_name
from cachetools_core.rehearsal.accounts import Account as ServerAccount
from cachetools_core.rehearsal.faults import FAULTS
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.server.signed_in import SignedIn
from cachetools_core.server.signin import sign_in
from cachetools_core.server.site import open_site
from cachetools_core.server.sources import ActivePortal, GivenAccount
from cachetools_core.server.tokens import Account, Token
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.tools.access import Access
from cachetools_core.tools.report import report_map_server_cache
from cachetools_core.tools.session import Session


@pytest.mark.parametrize("kind", ["stand-alone", "federated"])
def test_a_deletion_that_succeeds(rehearsal: Callable[..., Rehearsal], out: Everything, kind: str, capfd: Any) -> None:
    server = guarded(rehearsal(federated=kind == "federated", job_seconds=0.2, faults=["token-expires-mid-job"]))
    assert story(server, out) == "deleted"
    assert len(tokens_of(server)) >= 2
    assert any("urllib3.connectionpool" in text for text in out.texts), "the logs at DEBUG were heard"
    assert http.client.HTTPConnection.debuglevel == 0
    assert_nothing_out(server, out, *capfd.readouterr())


def test_the_scan_finds_a_secret_where_there_is_one(server: Rehearsal, out: Everything) -> None:
    """A canary that sings nowhere proves nothing."""
    guarded(server)
    story(server, out)
    (token,) = tokens_of(server)
    for secret in (PASSWORD, token):
        try:
            try:
                raise ValueError(["x", {"y": secret}])
            except ValueError as inner:
                raise SignInRefused("harmless") from inner
        except SignInRefused as error:
            assert any(secret in repr(one) for one in reachable(error))
    logging.getLogger("urllib3").debug("body %s", PASSWORD)
    assert PASSWORD in out.gather()


AT_SIGN_IN = [
    "account-locked", "html-login@token", "json-500@token", "json-status-error@token", "json-code-400@token",
    "negotiate-401@token", "http-403@token", "http-502@token", "redirect-other-host@token", "redirect-loop@token",
    "truncated-json@token", "not-json@token", "empty-body@token", "reset-before@token", "reset-during@token",
    "reset-after@token", "wrong-token-host", "html-login@info", "reset-before@info",
]  # fmt: skip
IN_THE_JOB = [
    "token-498@job", "token-499@tasks", "token-498@submit", "access-denied@submit", "html-login@job", "bom@token",
    "redirect-other-host@job", "redirect-https@submit", "truncated-json@submit", "reset-after@submit", "job-failed",
    "job-failed-half-deleted", "control-characters", "html-in-messages", "http-500@service-after", "not-json@result",
    "access-denied@service", "negotiate-401@service", "expires-as-string@token", "token-498",
]  # fmt: skip


@pytest.mark.parametrize(
    "fault",
    some_of(
        by_name(AT_SIGN_IN + IN_THE_JOB),
        "account-locked", "html-login@token", "redirect-other-host@token", "wrong-token-host", "html-login@info",
        "token-498@job", "access-denied@submit", "control-characters", "negotiate-401@service",
    ),
)  # fmt: skip
def test_deletions_that_fail_on_the_way(standing: Callable[..., Rehearsal], out: Everything, fault: str) -> None:
    server = standing(fault)
    story(server, out)
    assert any(request.fault or request.step for request in server.requests)
    assert_nothing_out(server, out)


@pytest.mark.parametrize(
    "fault", ["json-500@exchange", "html-login@exchange", "reset-after@exchange", "access-denied@job"]
)
def test_deletions_that_fail_on_a_federated_site(
    standing: Callable[..., Rehearsal], out: Everything, fault: str
) -> None:
    server = standing(fault, portal=True)
    story(server, out)
    assert_nothing_out(server, out)


@pytest.mark.parametrize(
    "password", [f"{PASSWORD}wrong", f"{PASSWORD}\udce4", f"{PASSWORD}\u2603", f"{PASSWORD}\r\nX: y"]
)
def test_a_password_that_is_wrong_or_can_not_travel(
    standing: Callable[..., Rehearsal], out: Everything, password: str
) -> None:
    server = standing()
    assert story(server, out, account=Account("siteadmin", password)) == "not-deleted"
    assert_nothing_out(server, out)


ODD = ["", "\r\nX: y", "\u2603", "\udce4"]


@pytest.mark.parametrize(("token_end", "referer_end"), [*((odd, "") for odd in ODD), *(("", odd) for odd in ODD[1:])])
def test_pros_token_and_its_referer(
    standing: Callable[..., Rehearsal], out: Everything, token_end: str, referer_end: str
) -> None:
    """The token isn't one of the portal's, so the exchange is refused, whatever stands in it."""
    server = standing(portal=True)
    active = ActivePortal(str(server.portal), lambda: {"token": PASSWORD + token_end, "referer": REFERER + referer_end})
    assert story(server, out, account=None, active_portal=active) == "not-deleted"
    assert_nothing_out(server, out, repr(active))


def test_pros_own_token_and_its_referer_where_they_are_right(
    rehearsal: Callable[..., Rehearsal], out: Everything
) -> None:
    server = guarded(rehearsal(federated=True))
    referer = f"https://{REFERER}.invalid/"
    answer = requests.post(
        f"{server.portal}/sharing/rest/generateToken",
        data={"username": "siteadmin", "password": PASSWORD, "referer": referer, "f": "json"},
        verify=str(server.ca_file),
        auth=lambda request: request,  # or requests would take the .netrc
        timeout=10,
    ).json()
    active = ActivePortal(str(server.portal), lambda: {"token": answer["token"], "referer": referer})
    assert story(server, out, account=None, active_portal=active) == "deleted"
    assert_nothing_out(server, out, repr(active))


@pytest.mark.parametrize("fault", ["", "html-login@token", "wrong-token-host", "job-failed"])
def test_an_entry_of_the_keyring(standing: Callable[..., Rehearsal], out: Everything, fault: str) -> None:
    server = standing(*([fault] if fault else []))
    server.accounts["administrator"] = ServerAccount("siteadmin", KEPT, "ADMINISTER")
    keyring.set_keyring(Cabinet())
    story(server, out, account=None)
    assert_nothing_out(server, out)


def test_a_refused_certificate_comes_before_any_secret(standing: Callable[..., Rehearsal], out: Everything) -> None:
    server = standing()
    assert story(server, out, ca_file=None) == "not-deleted"
    assert server.requests == []
    assert_nothing_out(server, out)


def test_a_deadline_in_the_middle_of_a_sign_in(standing: Callable[..., Rehearsal], out: Everything) -> None:
    server = standing("blackhole-after@token")
    assert story(server, out, deadline=50.0) == "not-deleted"
    assert_nothing_out(server, out)


@pytest.mark.parametrize("fault", ["html-login@token", "access-denied@service"])
def test_a_traceback_with_its_variables(standing: Callable[..., Rehearsal], out: Everything, fault: str) -> None:
    """As services that collect errors send it; a report's errors leave it another way than a deletion's."""
    server = standing(fault)
    access = Access(account_of(server), ca_file=server.ca_file, clock=FastClock(), messages=out.listener)
    with pytest.raises(CacheToolsError) as raised:
        report_map_server_cache(service_url(server), None, access)
    out.error(raised.value)
    assert_nothing_out(server, out)


def test_nothing_prints_what_it_holds(standing: Callable[..., Rehearsal], out: Everything) -> None:
    server = standing()
    session = Session(Access(account_of(server), ca_file=server.ca_file, clock=FastClock(), messages=out.listener))
    named = read_name(service_url(server))
    assert isinstance(named, ServiceReference)
    site = session.site_of(named)
    assert isinstance(site.wire, SignedIn)
    (token,) = tokens_of(server)
    given = GivenAccount(account_of(server))
    rest = PlainWire(Trust(ca_file=server.ca_file), session.run)
    entered = sign_in(rest, open_site(rest, server.site), given, [])
    held = [given, given.account, Token(token), session, session.run, session.secrets, site, site.wire, rest, entered]
    assert_nothing_out(server, out, *(f"{one!r}{one!s}" for one in held))


# Servers that repeat what they were sent

ECHOES = [name for name in FAULTS if name.startswith("echo-in-")]
IN_ANSWERS_OF = {
    "echo-in-challenge": ("job", "service-after", "report", "token"),
    "echo-in-location": ("job", "service-after", "submit", "token"),
    "echo-in-error": ("job", "service", "submit", "token", "tasks"),
}


EACH_ECHO = {
    f"{fault}@{step}" if step else fault: steps.index(step) == 0
    for fault in ECHOES
    for steps in [IN_ANSWERS_OF.get(fault, ("",))]
    for step in steps
}


@pytest.mark.parametrize("fault", some_of(by_name(EACH_ECHO), *(fault for fault, first in EACH_ECHO.items() if first)))
def test_a_server_that_repeats_secrets(standing: Callable[..., Rehearsal], out: Everything, fault: str) -> None:
    server = standing(fault)
    story(server, out)
    assert any(request.fault or request.step == "submit" for request in server.requests), "it struck"
    assert_nothing_out(server, out)
    assert_no_part_out(server, out.gather())


@pytest.mark.parametrize("fault", some_of(by_name(ECHOES), "echo-in-challenge", "echo-in-message"))
def test_a_server_that_repeats_secrets_to_the_command_line(
    standing: Callable[..., Rehearsal], out: Everything, fault: str
) -> None:
    server = standing(fault)
    _, told = run(server, "--ca-file", str(server.ca_file), "--json", "--deadline", "20", given=PASSWORD, debug=True)
    assert_no_part_out(server, told + out.gather())


def assert_no_part_out(server: Rehearsal, told: str) -> None:
    """Nothing as long as twelve characters of a secret, in whatever letter case and between whatever blanks."""
    squeezed = "".join(told.split()).lower()
    for secret in {PASSWORD, *tokens_of(server)}:
        for at in range(len(secret) - 11):
            part = secret[at : at + 12].lower()
            assert part not in squeezed
