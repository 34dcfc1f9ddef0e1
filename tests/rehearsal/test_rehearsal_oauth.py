"""The portal's OAuth pages: a client signs in with user and password, by code or by token."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from support.rehearsal_client import TOOLS, Client, Start

from cachetools_core.rehearsal.server import Rehearsal

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


class Browser:
    """What a client does at the pages, step by step."""

    def __init__(self, server: Rehearsal) -> None:
        self.server = server
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(server.ca_file)
        self.sharing = f"{server.portal}/sharing"

    def authorize(self, **fields: str) -> requests.Response:
        wanted = {"client_id": "pythonapi", "redirect_uri": OUT_OF_BAND, "response_type": "code", "state": "s1"}
        return self.session.get(f"{self.sharing}/rest/oauth2/authorize", params={**wanted, **fields})

    def info(self, page: requests.Response) -> Any:
        found = re.search(r"var oAuthInfo = ({.*?});", page.text, re.DOTALL)
        assert found is not None, page.text
        return json.loads(found[1])

    def sign_in(self, state: str, follow: bool = True, **fields: str) -> requests.Response:
        account = {"username": self.server.username, "password": self.server.password}
        form = {"oauth_state": state, **account, **fields}
        return self.session.post(f"{self.sharing}/oauth2/signin", data=form, allow_redirects=follow)

    def code(self, **fields: str) -> str:
        page = self.sign_in(self.info(self.authorize(**fields))["oauth_state"])
        found = re.search(r"<title>SUCCESS code=(.*?)</title>", page.text)
        assert found is not None, page.text
        return found[1]

    def token(self, **fields: str) -> Any:
        form = {"client_id": "pythonapi", "redirect_uri": OUT_OF_BAND, "grant_type": "authorization_code", **fields}
        return self.session.post(f"{self.sharing}/rest/oauth2/token", data=form).json()


@pytest.fixture
def browser(rehearsal: Start) -> Browser:
    return Browser(rehearsal(federated=True))


def test_a_code_is_redeemed_once_for_a_token_that_the_site_takes(browser: Browser) -> None:
    code = browser.code()
    answer = browser.token(code=code)
    assert (answer["username"], answer["expires_in"], answer["ssl"]) == (browser.server.username, 1800, True)
    client = Client(browser.server)
    client.token = answer["access_token"]
    assert "tasks" in client.get(TOOLS)
    assert client.delete()["jobStatus"] == "esriJobSucceeded"
    assert browser.token(code=code)["error"]["message"] == "Invalid authorization code"
    again = browser.token(grant_type="refresh_token", refresh_token=answer["refresh_token"])
    client.token = again["access_token"]
    assert "tasks" in client.get(TOOLS)


def test_a_token_comes_in_the_fragment_of_the_redirect(browser: Browser) -> None:
    state = browser.info(browser.authorize(response_type="token", expiration="60"))["oauth_state"]
    answer = browser.sign_in(state, follow=False)
    assert answer.status_code == 302
    parts = urlsplit(answer.headers["Location"])
    given = {name: values[0] for name, values in parse_qs(parts.fragment).items()}
    assert answer.headers["Location"].startswith(f"{browser.sharing}/oauth2/approval#")
    assert (given["state"], given["expires_in"]) == ("s1", "3600")
    client = Client(browser.server)
    client.token = given["access_token"]
    assert client.get(f"{browser.server.portal}/sharing/rest/community/self")["username"] == browser.server.username


def test_a_wrong_password_is_told_in_the_page_and_the_state_stays_good(browser: Browser) -> None:
    state = browser.info(browser.authorize())["oauth_state"]
    refused = browser.info(browser.sign_in(state, password="wrong"))
    assert refused == {"oauth_state": state, "messages": ["Invalid username or password."]}
    browser.server.fault("account-locked@token:1")
    assert browser.info(browser.sign_in(state))["messages"] == ["Too many invalid attempts. Please try again later."]
    assert "SUCCESS code=" in browser.sign_in(state).text
    assert "Invalid oauth_state" in browser.sign_in(state).text, "a state is good once"


def test_the_page_does_not_mind_the_letter_case_of_a_user_name(browser: Browser) -> None:
    state = browser.info(browser.authorize())["oauth_state"]
    assert "SUCCESS code=" in browser.sign_in(state, username=browser.server.username.upper()).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"client_id": "mine"}, "Error: Invalid client_id"),
        ({"redirect_uri": "https://evil.example.com/"}, "Error: Invalid redirect_uri"),
        ({"response_type": "password"}, "Error: Invalid response_type"),
    ],
)
def test_what_a_portal_does_not_authorize(browser: Browser, fields: dict[str, str], words: str) -> None:
    assert words in browser.authorize(**fields).text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"grant_type": "password"}, "Invalid grant_type"),
        ({"code": "wrong"}, "Invalid authorization code"),
        ({"client_id": "arcgispro"}, "Invalid authorization code"),
        ({"redirect_uri": "https://gis.example.com/"}, "Invalid redirect_uri"),
        ({"grant_type": "refresh_token", "refresh_token": "wrong"}, "Invalid refresh_token"),
    ],
)
def test_a_wrong_redemption_is_refused(browser: Browser, fields: dict[str, str], words: str) -> None:
    refused = browser.token(**{"code": browser.code(), **fields})
    assert (refused["error"]["code"], refused["error"]["message"]) == (400, words)


def test_a_code_that_was_asked_for_with_a_challenge_needs_its_verifier(browser: Browser) -> None:
    verifier = "v" * 44
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    fields = {"code_challenge": challenge, "code_challenge_method": "S256"}
    assert browser.token(code=browser.code(**fields), code_verifier="x")["error"]["message"] == "Invalid code_verifier"
    assert browser.token(code=browser.code(**fields), code_verifier=verifier)["access_token"]


def test_secrets_come_by_post_only(browser: Browser) -> None:
    state = browser.info(browser.authorize())["oauth_state"]
    secret = {"oauth_state": state, "username": browser.server.username, "password": browser.server.password}
    assert "Invalid request" in browser.session.get(f"{browser.sharing}/oauth2/signin", params=secret).text
    fields = {"client_id": "pythonapi", "grant_type": "authorization_code", "code": browser.code()}
    answer = browser.session.get(f"{browser.sharing}/rest/oauth2/token", params=fields).json()
    assert answer["error"]["message"] == "Invalid grant_type"
