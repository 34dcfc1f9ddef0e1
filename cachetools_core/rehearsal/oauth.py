"""The OAuth pages of a portal, by which clients sign in with user and password (clients.md 5).

Known from clients of real portals: the addresses, the fields, `oAuthInfo` in the sign-in page with `oauth_state` and
`messages`, the code in the title of the approval page, the token in the fragment of the redirect. Looks, and the texts
of refusals but for "Invalid client_id", are invented.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any
from urllib.parse import urlencode

from cachetools_core.rehearsal.accounts import Account
from cachetools_core.rehearsal.answers import Answer, as_json, as_page
from cachetools_core.rehearsal.authorizations import Asked, Granted
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.site import Site

# The clients that every portal knows: the ArcGIS API for Python, the portal's own pages, ArcGIS Pro.
CLIENTS = ("pythonapi", "arcgisonline", "arcgispro")
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
# "expiration" of the two flows in minutes: 30 without one, and at most two weeks (documented for OAuth tokens).
USUAL_MINUTES, LONGEST_MINUTES = 30, 20160


def authorize(site: Site, request: Request) -> Answer:
    """`oauth2/authorize`: the sign-in page, with a new `oauth_state`."""
    asked = Asked(
        client_id=request.parameter("client_id"),
        redirect_uri=request.parameter("redirect_uri"),
        flow=request.parameter("response_type"),
        state=request.parameter("state"),
        minutes=_minutes(request.parameter("expiration")),
        challenge=request.parameter("code_challenge"),
    )
    if asked.client_id not in CLIENTS:
        return _error("Invalid client_id")
    if asked.redirect_uri != OUT_OF_BAND:
        return _error("Invalid redirect_uri")
    if asked.flow not in ("code", "token"):
        return _error("Invalid response_type")
    return _sign_in_page(request, site.authorizations.begin(asked))


def _minutes(text: str) -> int:
    number = int(text) if text.lstrip("-").isdigit() else USUAL_MINUTES
    return LONGEST_MINUTES if number < 0 else min(number, LONGEST_MINUTES) or USUAL_MINUTES


def _error(text: str) -> Answer:
    return as_page("Error", f"Error: {escape(text)}", 400)


def _sign_in_page(request: Request, state: str, *messages: str) -> Answer:
    info: dict[str, Any] = {"oauth_state": state, **({"messages": list(messages)} if messages else {})}
    form = "".join(
        f"<input name='{name}' type='{kind}' value='{value}'>"
        for name, kind, value in (
            ("oauth_state", "hidden", state),
            ("username", "text", ""),
            ("password", "password", ""),
        )
    )
    action = f"{request.root}/portal/sharing/oauth2/signin"
    return as_page("Sign In", f"{_script(info)}<form method='post' action='{action}'>{form}</form>")


def _script(info: dict[str, Any]) -> str:
    # Before "<" a backslash, so that no text can end the script.
    return "<script>var oAuthInfo = " + json.dumps(info).replace("<", "\\u003c") + ";</script>"


def sign_in(site: Site, request: Request) -> Answer:
    """`sharing/oauth2/signin`: a redirect to the approval page with a code, or with a token in its fragment.

    Upper and lower case don't matter in user names here, unlike for generateToken (cases/user-name-letter-case.json).
    """
    if request.method != "POST":
        return _error("Invalid request")
    state = request.form.get("oauth_state", "")
    asked = site.authorizations.asked(state)
    if asked is None:
        return _error("Invalid oauth_state")
    if site.faults.take("account-locked", "token"):
        return _sign_in_page(request, state, "Too many invalid attempts. Please try again later.")
    account = _account(site, request)
    if account is None:
        return _sign_in_page(request, state, "Invalid username or password.")
    granted = site.authorizations.grant(state, account)
    return _redirect(site, request, granted)


def _account(site: Site, request: Request) -> Account | None:
    wanted = request.form.get("username", "").lower()
    for account in site.accounts.values():
        if account.username.lower() == wanted and account.password == request.form.get("password"):
            return account
    return None


def _redirect(site: Site, request: Request, granted: Granted) -> Answer:
    """To the approval page, which stands in for the address that the client hasn't got."""
    answer = as_page("Object moved", "", 302)
    asked = granted.asked
    own = {"state": asked.state} if asked.state else {}
    page = f"{request.root}/portal/sharing/oauth2/approval"
    if asked.flow == "code":
        answer.headers["Location"] = f"{page}?{urlencode({'code': site.authorizations.code(granted), **own})}"
    else:
        text, seconds = site.tokens.grant(granted.account, asked.minutes)
        given = {"access_token": text, "expires_in": seconds, "username": granted.account.username, "ssl": "true"}
        answer.headers["Location"] = f"{page}#{urlencode({**given, **own})}"
    return answer


def approval(site: Site, request: Request) -> Answer:
    """`oauth2/approval`: the code for clients that have no address of their own stands in the page's title."""
    code = request.parameter("code")
    return as_page(f"SUCCESS code={code}", f"{_script({'code': code})}<p>Copy the code into the application.</p>")


def token(site: Site, request: Request) -> Answer:
    """`oauth2/token`: a token for a code or for a refresh token; JSON, whether or not it was asked for."""
    return as_json(_redeemed(site, request), "json")


def _redeemed(site: Site, request: Request) -> dict[str, Any]:
    """In the body of a POST only."""
    form = request.form
    kind = form.get("grant_type", "")
    if request.method != "POST" or kind not in ("authorization_code", "refresh_token"):
        return _refused("unsupported_grant_type", "Invalid grant_type")
    if kind == "refresh_token":
        granted = site.authorizations.refreshed(form.get("refresh_token", ""))
        if granted is None or granted.asked.client_id != form.get("client_id"):
            return _refused("invalid_request", "Invalid refresh_token")
        return _token(site, granted)
    granted = site.authorizations.redeem(form.get("code", ""))
    if granted is None or granted.asked.client_id != form.get("client_id"):
        return _refused("invalid_request", "Invalid authorization code")
    if granted.asked.redirect_uri != form.get("redirect_uri"):
        return _refused("invalid_request", "Invalid redirect_uri")
    if not granted.asked.proved_by(form.get("code_verifier", "")):
        return _refused("invalid_request", "Invalid code_verifier")
    return {**_token(site, granted), "refresh_token": site.authorizations.refresh_token(granted)}


def _token(site: Site, granted: Granted) -> dict[str, Any]:
    text, seconds = site.tokens.grant(granted.account, min(granted.asked.minutes, USUAL_MINUTES))
    return {"access_token": text, "expires_in": seconds, "username": granted.account.username, "ssl": True}


def _refused(error: str, text: str) -> dict[str, Any]:
    return {"error": {"code": 400, "error": error, "error_description": text, "message": text, "details": []}}
