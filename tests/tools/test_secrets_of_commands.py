"""Secrets stay where they belong in a process of its own: streams, files, exit by whatever way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.body_server import BodyServer
from support.canaries import PASSWORD, PROXY, Everything, assert_nothing_out, proxy, run
from support.choosing import by_name, some_of
from support.clocks import FastClock

from cachetools_core.errors import SignInRefused
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.server.tokens import ask_for_token
from cachetools_core.server.trust import Trust
from cachetools_core.server.wire import PlainWire
from cachetools_core.waiting import Run


@pytest.mark.parametrize(
    ("fault", "code", "as_json"),
    some_of(
        by_name(
            (fault, code, as_json)
            for fault, code in (
                ("", 0), ("account-locked", 4), ("html-login@token", 4), ("job-failed", 1), ("token-498@job:1", 0)
            )
            for as_json in (True, False)
        ),
        "-0-True", "account-locked-4-False", "job-failed-1-True",
    ),
)  # fmt: skip
def test_the_command_line(
    standing: Callable[..., Rehearsal], out: Everything, fault: str, code: int, as_json: bool
) -> None:
    server = standing(*([fault] if fault else []))
    options = ["--ca-file", str(server.ca_file), *(["--json"] if as_json else [])]
    ended, told = run(server, *options, given=PASSWORD, debug=True)
    assert ended == code, told
    assert "DEBUG:urllib3.connectionpool" in told and "cachetools_core" in told
    assert_nothing_out(server, out, told)


def test_the_command_line_without_trust_or_behind_a_proxy(standing: Callable[..., Rehearsal], out: Everything) -> None:
    server = standing()
    ended, told = run(server, given=PASSWORD)
    assert ended == 1 and "certificate" in told and server.requests == []
    with proxy("407 Proxy Authentication Required") as one:
        address = f"http://proxyuser:{PROXY}@127.0.0.1:{one.server_address[1]}"
        options = ["--ca-file", str(server.ca_file)]
        refused, told_by_proxy = run(server, *options, given=PASSWORD, environment={"HTTPS_PROXY": address}, debug=True)
    assert refused == 1 and "407" in told_by_proxy and server.requests == []
    assert_nothing_out(server, out, told, told_by_proxy)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8:surrogateescape"])
def test_a_password_that_is_no_text_is_not_shown(server: Rehearsal, out: Everything, encoding: str) -> None:
    ended, told = run(
        server, given=f"{PASSWORD}\udce4", environment={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}, debug=True
    )
    assert ended == 2 and "can't be read as one line of text" in told and "Traceback" not in told
    assert_nothing_out(server, out, told)


def test_the_receipt_names_the_account_and_nothing_more(standing: Callable[..., Rehearsal], out: Everything) -> None:
    server = standing()
    ended, told = run(server, "--ca-file", str(server.ca_file), "--json", given=PASSWORD)
    receipt = json.loads(told[told.index("{\n") : told.rindex("\n}") + 2])
    assert ended == 0 and receipt["account"] == "siteadmin"
    assert_nothing_out(server, out, told)


@pytest.mark.parametrize("shape", ["error", "status"])
def test_a_server_that_quotes_the_password_is_not_quoted(own_home: Path, shape: str) -> None:
    said = f"Wrong password '{PASSWORD}'."
    body = {
        "error": {"error": {"code": 400, "message": "Unable to generate token.", "details": [said]}},
        "status": {"status": "error", "messages": [said], "code": 400},
    }[shape]
    with BodyServer(lambda _: json.dumps(body).encode()) as quoting:
        rest = PlainWire(Trust(), Run(FastClock(), 60, lambda: False))
        fields = {"username": "siteadmin", "password": PASSWORD}
        with pytest.raises(SignInRefused) as refused:
            ask_for_token(rest, f"{quoting.site}/tokens", fields, referer=quoting.site, minutes=1)
    out = Everything(own_home)
    out.error(refused.value.with_traceback(None))  # the session takes the frames away, and there is none here
    assert PASSWORD not in out.gather()
    assert "code 400" in str(refused.value)
