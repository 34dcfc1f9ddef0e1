"""Tokens: asked for, bound, checked, expired (protocol.md 2, clients.md 1)."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric import padding, rsa

from cachetools_core.rehearsal.accounts import Account, account_with
from cachetools_core.rehearsal.answers import Refused
from cachetools_core.rehearsal.faults.switches import Faults
from cachetools_core.rehearsal.request import Request

SHORT_LIVED_MINUTES = 120
LONGEST_MINUTES = 525600
# Invented, in seconds.
SHORT_LIVED_FAULT = 3.0


@dataclass
class Token:
    """An issued token; `expires` in seconds since 1970, `referer` or `ip` what it is bound to."""

    account: Account
    expires: float
    referer: str
    ip: str


class Tokens:
    """The tokens of a site, and the key for clients that encrypt their password over plain HTTP."""

    def __init__(self, accounts: dict[str, Account], faults: Faults) -> None:
        self._accounts = accounts
        self._faults = faults
        self._issued: dict[str, Token] = {}
        self._ever: dict[str, list[str]] = {}

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        """Made when it is first asked for, since that takes long and most clients don't ask."""
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def public_key(self) -> dict[str, str]:
        """`admin/publicKey`: both numbers in hex (clients.md 1)."""
        numbers = self._key.public_key().public_numbers()
        return {"publicKey": f"{numbers.e:x}", "modulus": f"{numbers.n:x}"}

    def ever_given_to(self, account: Account) -> list[str]:
        """Every token that the account ever got, the oldest first."""
        return list(self._ever.get(account.username, []))

    def _keep(self, text: str, token: Token) -> None:
        self._issued[text] = token
        self._ever.setdefault(token.account.username, []).append(text)

    def revoke(self) -> None:
        """Ends every token issued so far."""
        self._issued.clear()

    def account_of(self, request: Request) -> Account | None:
        """The account whose token the request carries; None without a token; Refused 498 for one that isn't good."""
        text = request.token
        if not text:
            return None
        token = self._issued.get(text)
        if token is None or token.expires <= time.time():
            raise Refused(498, "Invalid Token")
        # That a token bound to a referer or an address is refused elsewhere is documented; the code is inferred.
        if token.referer and request.headers.get("referer") != token.referer:
            raise Refused(498, "Invalid Token")
        if token.ip and request.peer != token.ip:
            raise Refused(498, "Invalid Token")
        return token.account

    def sign_in(self, request: Request, most_minutes: int, wrong_password: str) -> tuple[str, int | str]:
        """A token and its end (milliseconds since 1970) for the username and password in the request's body."""
        form = self._read_form(request)
        absent = [f"'{name}' must be specified." for name in ("username", "password") if not form.get(name)]
        if absent:
            raise Refused(400, "Unable to generate token.", *absent)
        if self._faults.take("account-locked", request.step):
            # The text is known for portal sign-in pages only (protocol.md 2.5); here it is invented.
            raise Refused(400, "Unable to generate token.", "Too many invalid attempts. Please try again later.")
        account = account_with(self._accounts, form["username"], form["password"])
        if account is not None:
            return self._issue(account, form, request, most_minutes)
        raise Refused(400, "Unable to generate token.", wrong_password)

    def grant(self, account: Account, minutes: int) -> tuple[str, int]:
        """A token that is bound to nothing, as OAuth gives them, and its life in seconds."""
        seconds = min(max(minutes, 1), LONGEST_MINUTES) * 60
        text = secrets.token_urlsafe(96)
        self._keep(text, Token(account, time.time() + seconds, "", ""))
        return text, seconds

    def exchange(self, request: Request, most_minutes: int) -> tuple[str, int | str]:
        """A server's token for a portal's (protocol.md 2.4)."""
        account = self.account_of(request)
        if account is None:
            raise Refused(498, "Invalid Token")
        form = self._read_form(request)
        return self._issue(account, {"client": "requestip", **form}, request, most_minutes)

    def _read_form(self, request: Request) -> dict[str, str]:
        if request.method != "POST":
            # GET is off since 10.3.1; how it is refused is not known: this text is invented.
            raise Refused(405, "Unable to generate token.", "Use HTTP POST with the parameters in the request body.")
        if any(name in request.query for name in ("username", "password", "token")):
            # allowHttpPostQueryParams is off since 10.3.1 (protocol.md 2.5); the text is invented.
            raise Refused(400, "Unable to generate token.", "Credentials are not accepted in the query string.")
        if request.form.get("encrypted", "").lower() != "true":
            return request.form
        return {name: self._decrypt(value) for name, value in request.form.items() if name not in ("encrypted", "f")}

    def _decrypt(self, value: str) -> str:
        try:
            return self._key.decrypt(bytes.fromhex(value), padding.PKCS1v15()).decode("utf-8")
        except ValueError as error:
            # Invented text.
            raise Refused(400, "Unable to generate token.", "A parameter could not be decrypted.") from error

    def _issue(
        self, account: Account, form: dict[str, str], request: Request, most_minutes: int
    ) -> tuple[str, int | str]:
        client = form.get("client") or "referer"
        bound = {"referer": form.get("referer", ""), "ip": form.get("ip", ""), "requestip": request.peer}.get(client)
        if not bound:
            # Invented in the manner of the captured "'username' must be specified.".
            missing = client if client in ("referer", "ip") else "client"
            raise Refused(400, "Unable to generate token.", f"'{missing}' must be specified.")
        try:
            minutes = int(form.get("expiration") or 60)
        except ValueError as error:
            raise Refused(400, "Unable to generate token.", "'expiration' must be a number.") from error
        # Whether a longer time is cut or refused is not known; it is cut here.
        seconds = min(max(minutes, 1), most_minutes) * 60.0
        if self._faults.take("token-short-lived", request.step):
            seconds = SHORT_LIVED_FAULT
        text = secrets.token_urlsafe(96)
        referer, ip = (bound, "") if client == "referer" else ("", bound)
        self._keep(text, Token(account, time.time() + seconds, referer, ip))
        expires = int((time.time() + seconds) * 1000)
        return text, str(expires) if self._faults.take("expires-as-string", request.step) else expires
