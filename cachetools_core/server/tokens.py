"""A token: asked for, kept, renewed, attached; it prints as hidden and never stands in an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from ..errors import NoAnswer, ServerSaysNo, SignInRefused, TokenRefused, UnsafeSignIn
from ..naming.address import safe_text
from ..naming.identity import is_loopback
from .answers import Body
from .wire import READ_TRIES, Fields, PlainWire

TOKEN_MINUTES = 60
RENEW_THIS_EARLY = 60.0
RENEW_AT_MOST_EVERY = 60.0
ASK_A_SILENT_SERVICE_EVERY = 15.0


@dataclass(frozen=True)
class Account:
    """A user name and its password; the password never shows."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Token:
    """A token and the referer that it is bound to, empty where it is bound to this machine's address instead.

    `good_for` is in seconds from the moment it was made; None where nobody says.
    """

    value: str = field(repr=False)
    referer: str = field(default="", repr=False)
    good_for: float | None = None


TokenSource = Callable[[bool], Token]
"""Makes a token; True asks for one that isn't bound to a Referer header, for a proxy that strips it."""


class SignedIn:
    """Talks to a site with a token, which travels in the header X-Esri-Authorization and, for POST, in the body too.

    The administrator API wants it in the body of every POST; a header is right everywhere else, also where the web tier
    keeps Authorization for itself (protocol.md 2.6). A token is renewed before it ends, and once more where the server
    refuses it with 498 or 499. Where the new one is refused as well, a proxy may be stripping headers (public resources
    answer all the same, so that a first answer proves nothing), and the next one is bound to this machine's address and
    travels in the body. A token service that gives no answer ends nothing while the old token is still good.
    """

    def __init__(self, rest: PlainWire, source: TokenSource) -> None:
        self.run = rest.run
        self._rest = rest
        self._source = source
        self._past_proxy = False
        self._renewed_at = float("-inf")
        self._refusal: SignInRefused | None = None
        self._silence: NoAnswer | None = None
        self._silent_until = float("-inf")
        self._token = self._fetch()

    def get(self, url: str, fields: Fields | None = None, *, tries: int = READ_TRIES) -> Body:
        """GET, signed in."""
        return self._signed(lambda: self._get(url, fields or {}, tries))

    def post(self, url: str, fields: Fields, *, tries: int = READ_TRIES) -> Body:
        """POST that changes nothing, signed in."""
        return self._signed(lambda: self._rest.post(url, self._body(fields), headers=self._headers(url), tries=tries))

    def post_once(self, url: str, fields: Fields) -> Body:
        """POST that starts work: exactly once, also where the token is refused."""
        self._renew_early()
        return self._rest.post_once(url, self._body(fields), headers=self._headers(url))

    def _get(self, url: str, fields: Fields, tries: int) -> Body:
        if self._past_proxy:
            return self._rest.post(url, self._body(fields), headers=self._headers(url), tries=tries)
        return self._rest.get(url, fields, headers=self._headers(url), tries=tries)

    def _signed(self, ask: Callable[[], Body]) -> Body:
        self._renew_early()
        try:
            return ask()
        except TokenRefused:
            if self.run.clock.monotonic() - self._renewed_at < RENEW_AT_MOST_EVERY:
                raise  # a site that refuses every token must see no storm of sign-ins
            return self._ask_anew(ask)

    def _ask_anew(self, ask: Callable[[], Body]) -> Body:
        self._token = self._fetch()
        self._renewed_at = self.run.clock.monotonic()
        try:
            return ask()
        except TokenRefused:
            if self._past_proxy:
                raise
            self._past_proxy = True
            return self._ask_anew(ask)

    def _renew_early(self) -> None:
        if self.run.clock.monotonic() >= self._renew_at:
            # Where it can't be renewed now, the old one may still be good; the site says so when it isn't.
            with suppress(NoAnswer):
                self._token = self._fetch()

    def _fetch(self) -> Token:
        """A new token; a refused password is never sent again, since that can lock the account."""
        if self._refusal is not None:
            raise self._refusal
        if self._silence is not None and self.run.clock.monotonic() < self._silent_until:
            raise self._silence
        try:
            token = self._source(self._past_proxy)
        except SignInRefused as refusal:
            self._refusal = refusal
            raise
        except NoAnswer as silence:
            self._silence = silence
            self._silent_until = self.run.clock.monotonic() + ASK_A_SILENT_SERVICE_EVERY
            raise
        life = token.good_for if token.good_for is not None else float("inf")
        self._renew_at = self.run.clock.monotonic() + life - min(RENEW_THIS_EARLY, life / 4)
        return token

    def _headers(self, url: str) -> Fields:
        guard_secret(url)
        headers = {"X-Esri-Authorization": f"Bearer {self._token.value}"}
        return {**headers, "Referer": self._token.referer} if self._token.referer else headers

    def _body(self, fields: Fields) -> Fields:
        return {**fields, "token": self._token.value}


def guard_secret(url: str) -> None:
    """Raises UnsafeSignIn where the address isn't safe for a secret: plain HTTP that leaves this machine."""
    if not url.lower().startswith("https://") and not is_loopback(url):
        raise UnsafeSignIn(
            f"{safe_text(url)} is plain HTTP, and a password or token would travel in the clear.",
            "Give the site's https address.",
        )


def fits_a_header(text: str) -> bool:
    """True for what can travel in a header; for anything else http.client and requests raise errors that quote it."""
    return text.isascii() and text.isprintable() and text.strip() == text != ""


def ask_for_token(
    rest: PlainWire, url: str, fields: Fields, *, referer: str, minutes: int, sent_from: str = ""
) -> Token:
    """A token from a token service: credentials in the body of a POST, over HTTPS (protocol.md 2.2, 2.3).

    With an empty referer the token is bound to this machine's address instead. `minutes` is what is asked for;
    `sent_from` is the Referer header that the credentials themselves need, where they are a token.
    Raises SignInRefused where the service says no, NoAnswer where it is in trouble or gives no readable answer.
    """
    guard_secret(url)
    bound_to = {"client": "referer", "referer": referer} if referer else {"client": "requestip"}
    sender = sent_from or referer
    headers = {"Referer": sender} if sender else {}
    try:
        answer = rest.post(url, {**fields, **bound_to, "expiration": str(minutes)}, headers=headers, tries=1)
    except ServerSaysNo as refusal:
        if refusal.code >= 500:
            raise NoAnswer(
                f"{safe_text(url)} can't give a token now: '{refusal.server_words}' (code {refusal.code}).",
                "The account wasn't refused. See the logs of the site, or of its portal, then run this again.",
            ) from refusal
        raise SignInRefused(
            f"{safe_text(url)} refused the sign-in: '{refusal.server_words}' (code {refusal.code}).",
            "Check the account and its password, and whether it is locked; it was tried once and won't be tried again.",
        ) from refusal
    value = answer.get("token")
    if not isinstance(value, str) or not fits_a_header(value):
        raise NoAnswer(f"{safe_text(url)} answered without a token.", "Check that this is the site's token service.")
    return Token(value, referer, _life(answer, minutes, rest))


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
