"""A token, and who gives one; it prints as hidden and never stands in an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from ..account import Account
from ..errors import Cancelled, Moved, NoAnswer, NotArcGIS, ServerSaysNo, SignInRefused, UnsafeSignIn
from ..naming.address import safe_text
from .destination import guard_secret
from .request import Fields
from .wire import PlainWire

__all__ = ["Account", "Bound", "ExchangedTokens", "PasswordTokens", "Token", "TokenGiver", "ask_for_token"]

TOKEN_MINUTES = 60
NOT_THERE = (404, 405)
ONCE = "The account was tried once and won't be tried again in this run."


@dataclass(frozen=True)
class Token:
    """A token and the referer that it is bound to, empty where it is bound to this machine's address instead.

    `good_for` is in seconds from the moment it was made; None where nobody says.
    """

    value: str = field(repr=False)
    referer: str = field(default="", repr=False)
    good_for: float | None = None


class Bound(Enum):
    """What a token is good with: a Referer header, or this machine's address, for a proxy that strips the header."""

    TO_REFERER = "referer"
    TO_MACHINE = "requestip"


class TokenGiver(Protocol):
    """Gives a new token each time it is asked."""

    def give(self, bound: Bound) -> Token:
        """A new token. Raises SignInRefused, UnsafeSignIn, NoAnswer."""


def spent_by(error: SignInRefused | UnsafeSignIn | NoAnswer | Cancelled) -> SignInRefused | UnsafeSignIn | None:
    """What is raised after this error instead of another try; None where nothing of it was sent. Raises nothing."""
    if isinstance(error, NoAnswer):
        lost = f"A sign-in was sent and its answer is lost: {error.what}"
        return SignInRefused(lost, ONCE) if error.sent else None
    if isinstance(error, Cancelled):
        return SignInRefused("A sign-in was broken off before its answer came.", ONCE)
    return error


class PasswordTokens:
    """Tokens for an account, from one token service."""

    def __init__(self, rest: PlainWire, address: str, account: Account, referer: str, minutes: int) -> None:
        self._rest = rest
        self._address = address
        self._fields = {"username": account.username, "password": account.password}
        self._referer = referer
        self._minutes = minutes

    def give(self, bound: Bound) -> Token:
        """A token for the password, sent unless it was spent at this address earlier in the run, whoever asked.

        Raises SignInRefused, UnsafeSignIn, NoAnswer.
        """
        spent, key = self._rest.run.spent, (self._address, self._fields["username"], self._fields["password"])
        if key in spent:
            raise spent[key]
        referer = self._referer if bound is Bound.TO_REFERER else ""
        try:
            return ask_for_token(self._rest, self._address, self._fields, referer=referer, minutes=self._minutes)
        except (SignInRefused, NoAnswer, Cancelled) as error:
            after = spent_by(error)
            if after is not None:
                spent[key] = after
            raise


class ExchangedTokens:
    """Tokens for a federated server in exchange for its portal's own (documented: `token` and `serverUrl`).

    A portal's token itself is never sent to a server, not even where the portal hands it back: any server could claim
    to be federated with a portal, and only the portal knows whether that is so.
    """

    def __init__(self, rest: PlainWire, address: str, server: str, portal: TokenGiver) -> None:
        self._rest = rest
        self._address = address
        self._server = server
        self._portal = portal
        self._given: set[str] = set()

    def give(self, bound: Bound) -> Token:
        """A token for the server. Raises SignInRefused, UnsafeSignIn, NoAnswer."""
        token = self._portal.give(bound)
        self._given.add(token.value)
        referer = "" if bound is Bound.TO_MACHINE else (token.referer or self._server)
        fields = {"request": "getToken", "token": token.value, "serverUrl": self._server}
        try:
            exchanged = ask_for_token(
                self._rest, self._address, fields, referer=referer, minutes=TOKEN_MINUTES, sent_from=token.referer
            )
        except SignInRefused as refusal:
            raise SignInRefused(
                f"The portal gives no token for {self._server}: {refusal.what}",
                "The sign-in to the portal may have ended: sign in again. Else name the site by the address under which"
                " it is federated, as the portal's list of servers shows it.",
            ) from refusal
        if any(given in exchanged.value for given in self._given):
            raise UnsafeSignIn(
                f"{safe_text(self._address)} was asked for a token for {self._server} and gave one of the portal's own,"
                " which isn't sent to a server.",
                "Check in the portal whether the site is federated with it, and name it by its address there.",
            )
        return exchanged


def fits_a_header(text: str) -> bool:
    """True for what can travel in a header; for anything else http.client and requests raise errors that quote it."""
    return text.isascii() and text.isprintable() and text.strip() == text != ""


def ask_for_token(
    rest: PlainWire, url: str, fields: Fields, *, referer: str, minutes: int, sent_from: str = ""
) -> Token:
    """A token from a token service: credentials in the body of a POST, over HTTPS (protocol.md 2.2, 2.3).

    With an empty referer the token is bound to this machine's address instead. `minutes` is what is asked for;
    `sent_from` is the Referer header that the credentials themselves need, where they are a token.
    Raises SignInRefused for every answer that isn't a token, since whoever gave it may have judged the credentials;
    NoAnswer where none came, UnsafeSignIn for plain HTTP.
    """
    guard_secret(url)
    secrets = rest.run.secrets
    secrets.remember(fields.get("password", ""), fields.get("token", ""))
    bound_to = {"client": "referer", "referer": referer} if referer else {"client": "requestip"}
    sender = sent_from or referer
    headers = {"Referer": sender} if sender else {}
    try:
        answer = rest.post_credentials(url, {**fields, **bound_to, "expiration": str(minutes)}, headers=headers)
    except ServerSaysNo as said:
        refusal = _refused(url, said)
    except (NotArcGIS, Moved) as said:
        refusal = SignInRefused(f"{safe_text(url)} gave no token: {said.what}", f"{said.remedy} {ONCE}", judged=False)
    else:
        value = answer.get("token")
        if isinstance(value, str) and fits_a_header(value):
            secrets.remember(value)
            return Token(value, referer, _life(answer, minutes, rest))
        refusal = SignInRefused(
            f"{safe_text(url)} answered without a token.", f"Check that this is the site's token service. {ONCE}"
        )
    raise secrets.blotted(refusal)  # not within a clause: the error there may quote what was sent


def _refused(url: str, said: ServerSaysNo) -> SignInRefused:
    code = f" (code {said.code})" if said.code else ""
    return SignInRefused(
        f"{safe_text(url)} refused the sign-in: '{said.server_words}'{code}.",
        "Check the account and its password, and whether it is locked. Upper and lower case count in user names, though"
        f" a sign-in page in a browser doesn't mind. {ONCE}",
        judged=said.code not in NOT_THERE,
    )


def _life(answer: Mapping[str, Any], minutes: int, rest: PlainWire) -> float:
    """Seconds that the token is good for: what was asked for, or less where `expires` says so.

    `expires` is milliseconds since 1970, as a number or a string (both documented). The clocks of the two machines may
    differ, so a time that is already over, or beyond what was asked for, isn't believed.
    """
    asked = minutes * 60.0
    try:
        left = float(answer.get("expires", "")) / 1000 - rest.run.clock.now().timestamp()
    except (TypeError, ValueError):
        return asked
    return left if 0 < left < asked else asked
