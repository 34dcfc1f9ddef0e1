"""A token that is attached to requests, kept and renewed: by one wire, or by several that work side by side."""

from __future__ import annotations

import copy
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from ..errors import Cancelled, NoAnswer, SignInRefused, TokenRefused, UnsafeSignIn
from ..waiting import Run
from .body import Body
from .destination import guard_secret
from .request import Fields
from .tokens import Bound, Token, TokenGiver, spent_by
from .turns import Turn
from .wire import READ_TRIES, Answer, PlainWire

RENEW_THIS_EARLY = 60.0
RENEW_AT_MOST_EVERY = 60.0
TRY_A_CONNECTION_EVERY = 15.0


class SignedIn:
    """Talks to a site with a token, which travels in the header X-Esri-Authorization and, for POST, in the body too.

    The administrator API wants it in the body of every POST; a header is right everywhere else, also where the web tier
    keeps Authorization for itself (protocol.md 2.6). A token is renewed before it ends, and once more where the server
    refuses it with 498 or 499. Where the new one is refused as well, a proxy may be stripping headers (public resources
    answer all the same, so that a first answer proves nothing), and the next one is bound to this machine's address and
    travels in the body.

    A renewal that brings no token ends nothing while the old one is still good. It is tried again only where it
    certainly never reached the token service: a password that a service may have judged isn't sent a second time.
    """

    def __init__(self, rest: PlainWire, giver: TokenGiver) -> None:
        """Asks for the first token. Raises SignInRefused, UnsafeSignIn, NoAnswer, Cancelled."""
        self.run = rest.run
        self._rest = rest
        self._kept = KeptToken(rest.run, giver)

    def heeding(self, run: Run) -> SignedIn:
        """The same sign-in for another run: its token is shared, whoever of them renews it."""
        other = copy.copy(self)
        other.run, other._rest = run, self._rest.heeding(run)
        return other

    def get(self, url: str, fields: Fields | None = None, *, tries: int = READ_TRIES) -> Body:
        """GET, signed in."""
        return self._signed(lambda held: self._get(url, fields or {}, tries, held))

    def get_picture(self, url: str, fields: Fields, *, tries: int = READ_TRIES) -> bytes | None:
        """GET of a picture, signed in; a token never stands in an address, so a header is all that can carry it."""
        return self._signed(
            lambda held: self._rest.get_picture(url, fields, headers=_headers(url, held.token), tries=tries)
        )

    def post(self, url: str, fields: Fields, *, tries: int = READ_TRIES) -> Body:
        """POST that changes nothing, signed in."""
        return self._signed(
            lambda held: self._rest.post(url, _body(fields, held.token), headers=_headers(url, held.token), tries=tries)
        )

    def post_once(self, url: str, fields: Fields) -> Body:
        """POST that starts work: exactly once, also where the token is refused."""
        token = self._kept.good(self.run).token
        return self._rest.post_once(url, _body(fields, token), headers=_headers(url, token))

    def _get(self, url: str, fields: Fields, tries: int, held: Held) -> Body:
        headers = _headers(url, held.token)
        if held.bound is Bound.TO_MACHINE:
            return self._rest.post(url, _body(fields, held.token), headers=headers, tries=tries)
        return self._rest.get(url, fields, headers=headers, tries=tries)

    def _signed(self, ask: Callable[[Held], Answer]) -> Answer:
        held = self._kept.good(self.run)
        try:
            return ask(held)
        except TokenRefused:
            renewed = self._kept.instead_of(held, self.run)
            if renewed is None:
                raise
        try:
            return ask(renewed)
        except TokenRefused:
            bound_to_machine = self._kept.bound_to_machine(renewed, self.run)
            if bound_to_machine is None:
                raise
        return ask(bound_to_machine)


@dataclass(frozen=True)
class Held:
    """A token as it was held at one moment, and what it is good with."""

    token: Token
    bound: Bound


class KeptToken:
    """The token of one sign-in; whoever finds it refused first has it renewed, and the others take the new one."""

    def __init__(self, run: Run, giver: TokenGiver) -> None:
        """Asks for the first one. Raises SignInRefused, UnsafeSignIn, NoAnswer, Cancelled."""
        self._run, self._giver = run, giver
        self._turn = Turn()
        self._renewed_at = float("-inf")
        self._failed: SignInRefused | UnsafeSignIn | NoAnswer | Cancelled | None = None
        self._fails_until = float("-inf")
        self._held = self._fetch(Bound.TO_REFERER)

    def good(self, run: Run) -> Held:
        """The token, renewed before it ends. Raises Cancelled, DeadlinePassed."""
        with self._turn.taken(run):
            if self._now() >= self._renew_at:
                # Where it can't be renewed now, the old one may still be good; the site says so when it isn't.
                with suppress(NoAnswer, SignInRefused, UnsafeSignIn):
                    self._held = self._fetch(self._held.bound)
            return self._held

    def instead_of(self, refused: Held, run: Run) -> Held | None:
        """The token after one that was refused; None where that one is new, since a site that refuses every token must
        see no storm of sign-ins. Raises SignInRefused, UnsafeSignIn, NoAnswer, Cancelled.
        """
        with self._turn.taken(run):
            if refused is not self._held:
                return self._held
            if self._now() - self._renewed_at < RENEW_AT_MOST_EVERY:
                return None
            return self._renewed(self._held.bound)

    def bound_to_machine(self, refused: Held, run: Run) -> Held | None:
        """The token after a renewed one that was refused, too; None where that was bound to this machine already.

        Raises as `instead_of` does.
        """
        with self._turn.taken(run):
            if refused.bound is Bound.TO_MACHINE:
                return None
            return self._held if self._held.bound is Bound.TO_MACHINE else self._renewed(Bound.TO_MACHINE)

    def _now(self) -> float:
        return self._run.clock.monotonic()

    def _renewed(self, bound: Bound) -> Held:
        self._held = self._fetch(bound)
        self._renewed_at = self._now()
        return self._held

    def _fetch(self, bound: Bound) -> Held:
        """A new token; once a sign-in may have been judged without giving one, its outcome is raised again instead."""
        if self._failed is not None and self._now() < self._fails_until:
            raise self._failed
        self._run.go_on()
        try:
            token = self._giver.give(bound)
        except (SignInRefused, UnsafeSignIn, NoAnswer, Cancelled) as error:
            spent = spent_by(error)
            self._failed = spent or error
            self._fails_until = float("inf") if spent else self._now() + TRY_A_CONNECTION_EVERY
            raise
        self._run.secrets.remember(token.value)
        life = token.good_for if token.good_for is not None else float("inf")
        self._renew_at = self._now() + life - min(RENEW_THIS_EARLY, life / 4)
        return Held(token, bound)


def _headers(url: str, token: Token) -> Fields:
    guard_secret(url)
    headers = {"X-Esri-Authorization": f"Bearer {token.value}"}
    return {**headers, "Referer": token.referer} if token.referer else headers


def _body(fields: Fields, token: Token) -> Fields:
    return {**fields, "token": token.value}
