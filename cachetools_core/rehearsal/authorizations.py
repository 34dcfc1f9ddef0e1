"""OAuth sign-ins that are under way at a portal: asked for, signed in to, redeemed."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import TypeVar

from cachetools_core.rehearsal.accounts import Account

_T = TypeVar("_T")


@dataclass(frozen=True)
class Asked:
    """What a client asked for: `flow` is "code" or "token", `state` its own, `minutes` how long a token shall live."""

    client_id: str
    redirect_uri: str
    flow: str
    state: str
    minutes: int
    challenge: str

    def proved_by(self, verifier: str) -> bool:
        """Whether the verifier fits the challenge (RFC 7636, S256); nothing to prove where there was none."""
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        return not self.challenge or digest == self.challenge


@dataclass(frozen=True)
class Granted:
    """What an account has granted to a client."""

    asked: Asked
    account: Account


class Authorizations:
    """The sign-ins of a portal. A state and a code are good once; a refresh token is good until the server ends."""

    def __init__(self) -> None:
        self._states: dict[str, Asked] = {}
        self._codes: dict[str, Granted] = {}
        self._refreshing: dict[str, Granted] = {}

    def begin(self, asked: Asked) -> str:
        """The state that the sign-in page carries."""
        return _keep(self._states, asked)

    def asked(self, state: str) -> Asked | None:
        """What was asked for under a state; None where none was, or it is used up."""
        return self._states.get(state)

    def grant(self, state: str, account: Account) -> Granted:
        """Uses a state up; KeyError without one."""
        return Granted(self._states.pop(state), account)

    def code(self, granted: Granted) -> str:
        """A code for what was granted."""
        return _keep(self._codes, granted)

    def redeem(self, code: str) -> Granted | None:
        """Uses a code up; None where it isn't good."""
        return self._codes.pop(code, None)

    def refresh_token(self, granted: Granted) -> str:
        """A refresh token for what was granted."""
        return _keep(self._refreshing, granted)

    def refreshed(self, token: str) -> Granted | None:
        """What a refresh token stands for; None where it isn't good."""
        return self._refreshing.get(token)


def _keep(place: dict[str, _T], thing: _T) -> str:
    key = secrets.token_urlsafe(48)
    place[key] = thing
    return key
