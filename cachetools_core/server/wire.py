"""Sends one request to a REST address: in time, with `f=json`, following no redirect, as often as it may be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

import requests
from requests.packages.urllib3.exceptions import HTTPError
from requests.utils import select_proxy

from ..errors import CacheToolsError, DeadlinePassed, NeverSent, NoAnswer
from ..waiting import Run
from .answers import read_answer, read_picture
from .body import Body
from .connections import Connections, OwnConnection
from .no_answer import no_answer, quotes_the_answer
from .proxies import proxies_to
from .request import ANSWER_WAITS, Fields, Request
from .request_log import timed
from .trust import Trust

Answer = TypeVar("Answer")

READ_TRIES = 4
FIRST_RETRY_AFTER = 0.5
LONGEST_RETRY_AFTER = 30.0
AS_GOOD_AS_NEW = 1.0


class Wire(Protocol):
    """Talks to one site, signed in or not; each request is named by what it guarantees.

    Raises NoAnswer and its kinds where nothing readable came back, ServerSaysNo and its kinds for an error object,
    Cancelled and DeadlinePassed where the run has to end.
    """

    run: Run

    def get(self, url: str, fields: Fields | None = None, *, tries: int = READ_TRIES) -> Body:
        """GET: changes nothing; tried that many times while the failure is a passing one."""

    def get_picture(self, url: str, fields: Fields, *, tries: int = READ_TRIES) -> bytes | None:
        """GET of a picture; None where there is none."""

    def post(self, url: str, fields: Fields, *, tries: int = READ_TRIES) -> Body:
        """POST that changes nothing, so it may be repeated as a GET may."""

    def post_once(self, url: str, fields: Fields) -> Body:
        """POST that starts work: sent once, over a connection of its own, and never again."""

    def heeding(self, run: Run) -> Wire:
        """The same way to the site for another run: its connections and its sign-in are shared."""


class PlainWire:
    """A wire without a token; its caller may add headers and form fields to each request.

    Raises NoAnswer and its kinds where nothing readable came back, ServerSaysNo and its kinds for an error object,
    Cancelled and DeadlinePassed where the run has to end.
    """

    def __init__(self, trust: Trust, run: Run, connections: Connections | None = None) -> None:
        """`connections` are shared with other wires; without them this wire has its own."""
        self.trust = trust
        self.run = run
        self._connections = connections or OwnConnection(trust)
        self._answered = "", 0.0
        self._proxies: dict[tuple[str, str], dict[str, str]] = {}

    def heeding(self, run: Run) -> PlainWire:
        """The same way to the site for another run, over the same connections."""
        return PlainWire(self.trust, run, self._connections)

    def get(
        self, url: str, fields: Fields | None = None, *, headers: Fields | None = None, tries: int = READ_TRIES
    ) -> Body:
        """GET; a passing failure is tried again, with growing pauses."""
        return self._again(lambda: self._once(_for_json("GET", url, fields, headers), read_answer), tries)

    def get_picture(
        self, url: str, fields: Fields, *, headers: Fields | None = None, tries: int = READ_TRIES
    ) -> bytes | None:
        """GET of a picture, as it was sent; None where the server says that there is none."""
        return self._again(lambda: self._once(Request("GET", url, fields, headers or {}), read_picture), tries)

    def post(self, url: str, fields: Fields, *, headers: Fields | None = None, tries: int = READ_TRIES) -> Body:
        """POST that changes nothing; a passing failure is tried again."""
        return self._again(lambda: self._once(_for_json("POST", url, fields, headers), read_answer), tries)

    def post_once(self, url: str, fields: Fields, *, headers: Fields | None = None) -> Body:
        """POST that starts work: exactly once.

        A new connection is used, since a kept one may have been closed by the server, which looks like a lost answer.
        """
        session = self._connections.new()
        return self._once(_for_json("POST", url, fields, headers), read_answer, session=session, until_answered=True)

    def post_credentials(self, url: str, fields: Fields, *, headers: Fields | None = None) -> Body:
        """POST of a password or token for a new token: exactly once, on a new connection for the same reason.

        One over which this server has answered within the last second is as good: no server closes it that soon without
        saying so. Nothing is left undone by the answer, so a cancel doesn't wait for it.
        """
        server, moment = self._answered
        is_good = server == urlsplit(url).netloc and self.run.clock.monotonic() - moment < AS_GOOD_AS_NEW
        session = self._connections.kept() if is_good else self._connections.new()
        return self._once(_for_json("POST", url, fields, headers), read_answer, session=session)

    def _again(self, ask: Callable[[], Answer], tries: int) -> Answer:
        pause = FIRST_RETRY_AFTER
        while True:
            try:
                return ask()
            except NoAnswer as error:
                tries -= 1
                if not tries or not error.passing:
                    raise
                asked_for = error.busy_for
            self.run.pause(min(asked_for if asked_for is not None else pause, LONGEST_RETRY_AFTER))
            pause *= 2

    def _once(
        self,
        request: Request,
        read: Callable[[str, str, int, Mapping[str, str], bytes], Answer],
        *,
        session: requests.Session | None = None,
        until_answered: bool = False,
    ) -> Answer:
        self.run.go_on()
        session, proxies = session or self._connections.kept(), self._proxies_to(request.url)
        self._read_certificates_for(request.url, proxies)
        note = timed(request, self.run)
        try:
            status, headers, body = self.run.call(
                partial(request.over, session, proxies), ANSWER_WAITS, until_answered=until_answered
            )
        except UnicodeError:
            refusal: CacheToolsError = NeverSent(
                f"{request.in_words} can't be sent: a value in it can't be encoded.",
                "Check the account's user name and password and, if a proxy is set, the proxy's.",
            )
        except (DeadlinePassed, TimeoutError, requests.RequestException, HTTPError, ValueError) as error:
            note(f"no answer ({type(error).__name__})")
            self._answered = "", 0.0
            self._connections.drop(session)  # with the cookie that leads to the same machine again
            self._proxies.clear()  # the settings may name another one by now
            refusal = no_answer(request, error, self.trust, self.run)
            if not quotes_the_answer(error):
                raise refusal from error
        else:
            self._answered = request.server, self.run.clock.monotonic()
            note(f"HTTP {status}, {len(body):,} bytes")
            try:
                return read(request.in_words, request.url, status, headers, body)
            except CacheToolsError as said:
                refusal = self.run.secrets.blotted(said)
        raise refusal  # not within the clause, or the error that quotes a secret would be kept as its context

    def _read_certificates_for(self, url: str, proxies: dict[str, str]) -> None:
        for address in (url, select_proxy(url, proxies) or ""):
            if address.lower().startswith("https://"):
                self.trust.anchors_for(address, self.run)

    def _proxies_to(self, url: str) -> dict[str, str]:
        """The proxies to a server, read from the settings once while all goes well. Raises as `proxies_to` does."""
        parts = urlsplit(url)
        server = parts.scheme, parts.netloc
        if server not in self._proxies:
            self._proxies[server] = proxies_to(url)
        return self._proxies[server]


def _for_json(method: str, url: str, fields: Fields | None, headers: Fields | None) -> Request:
    """A request for an object of JSON; without `f=json` ArcGIS Server answers with a page."""
    return Request(method, url, {**(fields or {}), "f": "json"}, headers or {})
