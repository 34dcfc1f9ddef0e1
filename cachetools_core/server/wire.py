"""Sends one request to a REST address: in time, with `f=json`, following no redirect, as often as it may be sent."""

from __future__ import annotations

import io
import threading
import zlib
from collections.abc import Callable, Mapping
from typing import NoReturn, Protocol, TypeVar
from urllib.parse import urlencode, urlsplit

import requests
from requests.packages.urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationValueError
from requests.packages.urllib3.util import parse_url
from requests.utils import get_environ_proxies, select_proxy

from ..errors import CacheToolsError, DeadlinePassed, NeverSent, NoAnswer
from ..messages import plain_words
from ..naming.address import safe_text
from ..naming.identity import is_loopback
from ..waiting import Run
from .answers import Body, read_answer, read_picture
from .causes import causes, innermost
from .connections import Connections, OwnConnection
from .request_log import timed
from .trust import Trust

Fields = Mapping[str, str]
Answer = TypeVar("Answer")

CONNECT_WAITS = 10.0
ANSWER_WAITS = 60.0
LARGEST_BODY = (
    8_000_000  # the largest known answers have a megabyte; what Python makes of one takes up to 40 times that
)
READ_TRIES = 4
FIRST_RETRY_AFTER = 0.5
LONGEST_RETRY_AFTER = 30.0
AS_GOOD_AS_NEW = 1.0
FORM = "application/x-www-form-urlencoded"
ZLIB_OR_GZIP = zlib.MAX_WBITS | 32
NEVER_CONNECTED = (
    ConnectTimeoutError,  # NewConnectionError is one of its kinds
    LocationValueError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
)
NO_TUNNEL = "Tunnel connection failed: "  # http.client's words for a proxy that refuses CONNECT


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
        return self._again(lambda: self._object("GET", url, fields or {}, headers or {}), tries)

    def get_picture(
        self, url: str, fields: Fields, *, headers: Fields | None = None, tries: int = READ_TRIES
    ) -> bytes | None:
        """GET of a picture, as it was sent; None where the server says that there is none."""
        return self._again(lambda: self._once("GET", url, fields, headers or {}, read_picture), tries)

    def post(self, url: str, fields: Fields, *, headers: Fields | None = None, tries: int = READ_TRIES) -> Body:
        """POST that changes nothing; a passing failure is tried again."""
        return self._again(lambda: self._object("POST", url, fields, headers or {}), tries)

    def post_once(self, url: str, fields: Fields, *, headers: Fields | None = None) -> Body:
        """POST that starts work: exactly once.

        A new connection is used, since a kept one may have been closed by the server, which looks like a lost answer.
        """
        session = self._connections.new()
        return self._object("POST", url, fields, headers or {}, session=session, until_answered=True)

    def post_credentials(self, url: str, fields: Fields, *, headers: Fields | None = None) -> Body:
        """POST of a password or token for a new token: exactly once, on a new connection for the same reason.

        One over which this server has answered within the last second is as good: no server closes it that soon without
        saying so. Nothing is left undone by the answer, so a cancel doesn't wait for it.
        """
        server, moment = self._answered
        is_good = server == urlsplit(url).netloc and self.run.clock.monotonic() - moment < AS_GOOD_AS_NEW
        session = self._connections.kept() if is_good else self._connections.new()
        return self._object("POST", url, fields, headers or {}, session=session)

    def _again(self, ask: Callable[[], Answer], tries: int) -> Answer:
        pause = FIRST_RETRY_AFTER
        while True:
            try:
                return ask()
            except NoAnswer as error:
                tries -= 1
                if not tries or not error.passing:
                    raise
                asked_for = getattr(error, "busy_for", None)
            self.run.pause(min(asked_for if asked_for is not None else pause, LONGEST_RETRY_AFTER))
            pause *= 2

    def _object(
        self,
        method: str,
        url: str,
        fields: Fields,
        headers: Fields,
        *,
        session: requests.Session | None = None,
        until_answered: bool = False,
    ) -> Body:
        fields = {**fields, "f": "json"}
        return self._once(method, url, fields, headers, read_answer, session=session, until_answered=until_answered)

    def _once(
        self,
        method: str,
        url: str,
        fields: Fields,
        headers: Fields,
        read: Callable[[str, str, int, Mapping[str, str], bytes], Answer],
        *,
        session: requests.Session | None = None,
        until_answered: bool = False,
    ) -> Answer:
        self.run.go_on()
        session, proxies = session or self._connections.kept(), self._proxies_to(url)
        for address in (url, select_proxy(url, proxies) or ""):
            if address.lower().startswith("https://"):
                self.trust.anchors_for(address, self.run)

        def ask(abandoned: threading.Event) -> tuple[int, Mapping[str, str], bytes]:
            with session.request(
                method,
                url,
                params=fields if method == "GET" else None,
                data=_Form(fields, abandoned) if method == "POST" else None,
                headers={**headers, "Content-Type": FORM} if method == "POST" else dict(headers),
                proxies=proxies,
                timeout=(CONNECT_WAITS, ANSWER_WAITS),
                allow_redirects=False,
                stream=True,
            ) as response:
                return response.status_code, response.headers, _whole_body(response, abandoned)

        where, note = f"{method} {safe_text(url)}", timed(method, url, self.run)
        try:
            status, answer_headers, body = self.run.call(ask, ANSWER_WAITS, until_answered=until_answered)
        except UnicodeError:
            refusal: CacheToolsError = NeverSent(
                f"{where} can't be sent: a value in it can't be encoded.",
                "Check the account's password and, where a proxy is set, the proxy's user and password.",
            )
        except (DeadlinePassed, TimeoutError, requests.RequestException, HTTPError, ValueError) as error:
            note(f"no answer ({type(error).__name__})")
            self._answered = "", 0.0
            self._connections.drop(session)  # with the cookie that leads to the same machine again
            self._proxies.clear()  # the settings may name another one by now
            self._wire_failed(where, url, error)
        else:
            self._answered = urlsplit(url).netloc, self.run.clock.monotonic()
            note(f"HTTP {status}, {len(body):,} bytes")
            try:
                return read(where, url, status, answer_headers, body)
            except CacheToolsError as said:
                refusal = self.run.secrets.blotted(said)
        raise refusal  # not within the clause, or the error that quotes a secret would be kept as its context

    def _proxies_to(self, url: str) -> dict[str, str]:
        """The proxies to a server, read from the settings once while all goes well. Raises as `_proxies` does."""
        parts = urlsplit(url)
        server = parts.scheme, parts.netloc
        if server not in self._proxies:
            self._proxies[server] = _proxies(url)
        return self._proxies[server]

    def _wire_failed(self, where: str, url: str, error: Exception) -> NoReturn:
        host = urlsplit(url).netloc.rpartition("@")[2]
        if isinstance(error, DeadlinePassed):
            raise DeadlinePassed(f"The time given for this run was up while waiting for {where}.") from error
        if isinstance(error, requests.exceptions.SSLError):
            raise self.trust.refusal(url, error, self.run) from error
        refused = _refused_tunnel(error)
        never_sent = bool(refused) or _never_connected(error)
        if isinstance(error, requests.exceptions.ProxyError) or refused:
            what = f"{where}: the proxy between this machine and {host} refused the connection: {_reason(error)}."
            remedy = "Check HTTPS_PROXY and NO_PROXY; an internal site often belongs in NO_PROXY."
            # A proxy's "no" isn't asked for again: a password that is sent over and over can lock an account.
            passing = not refused.startswith("4")
            raise (NeverSent(what, remedy, passing=passing) if never_sent else NoAnswer(what, remedy)) from error
        if never_sent:
            raise NeverSent(f"No connection to {host}: {_reason(error)}.") from error
        raise NoAnswer(f"No answer to {where}: {_reason(error)}.") from error


class _Form(io.BytesIO):
    """The form fields of a POST; what nobody waits for any more isn't sent.

    A connection may come about after the run has given it up, and a submit that arrives then is one that nobody knows
    of. http.client asks for the body only when it has a connection.
    """

    def __init__(self, fields: Fields, abandoned: threading.Event) -> None:
        super().__init__(urlencode(fields).encode())
        self._abandoned = abandoned

    def read(self, size: int | None = -1) -> bytes:
        if self._abandoned.is_set():
            raise ValueError("nobody waits for it any more")
        return super().read(size)


def _proxies(url: str) -> dict[str, str]:
    """The environment's proxies; none for plain HTTP within this machine, since secrets may be in it.

    Raises NeverSent for a proxy that isn't an http or https address; it isn't quoted, since a password is the usual
    reason.
    """
    if url.startswith("http://") and is_loopback(url):
        return {}
    proxies: dict[str, str] = get_environ_proxies(url)
    if not _is_address(select_proxy(url, proxies)):
        raise NeverSent(
            f"The proxy that this machine's settings name for {safe_text(url)} isn't an address that can be used.",
            "Write HTTPS_PROXY as http://host:port or http://user:password@host:port, with each of / # ? @ : % in the"
            " password as a percent code (%40 for @).",
            passing=False,
        )
    return proxies


def _is_address(proxy: str | None) -> bool:
    if proxy is None:
        return True
    try:
        urlsplit(proxy)  # requests reads it once this way and once the other
        parts = parse_url(proxy)
    except ValueError:
        return False
    return bool(parts.host) and parts.scheme in (None, "http", "https")


def _never_connected(error: Exception) -> bool:
    """True where the cause shows that no connection came about; anything else may have reached the server.

    Older urllib3 also reports a connection that broke behind a proxy as "Cannot connect to proxy", so the outer error
    proves nothing.
    """
    return any(isinstance(cause, NEVER_CONNECTED) for cause in causes(error))


def _refused_tunnel(error: Exception) -> str:
    """What a proxy answered to CONNECT instead of opening the way, as in `407 Proxy Authentication Required`; or empty.

    Only an OSError itself is http.client's; other errors may quote what a server said.
    """
    said = (str(cause) for cause in causes(error) if type(cause) is OSError)
    return next((words[len(NO_TUNNEL) :] for words in said if words.startswith(NO_TUNNEL)), "")


def _reason(error: Exception) -> str:
    """The innermost cause in a few words, without a number; urllib3's own, further out, hold addresses of objects."""
    first = innermost(error)
    return plain_words(getattr(first, "strerror", None) or first) or type(error).__name__


def _whole_body(response: requests.Response, abandoned: threading.Event) -> bytes:
    """The body, unpacked here: urllib3 unpacks layer upon layer. One layer makes a thousand times as much, at most."""
    packed = response.headers.get("Content-Encoding", "identity").lower() not in ("", "identity")
    unpacker = zlib.decompressobj(ZLIB_OR_GZIP) if packed else None
    body = bytearray()
    for chunk in response.raw.stream(16384, decode_content=False):
        try:
            body += unpacker.decompress(chunk, LARGEST_BODY + 1) if unpacker else chunk
        except zlib.error as error:
            raise ValueError("the body is packed in a way that wasn't asked for") from error
        if len(body) > LARGEST_BODY:
            raise ValueError(f"the body is larger than {LARGEST_BODY // 1_000_000} MB")
        if abandoned.is_set():
            raise ValueError("nobody waits for it any more")
    return bytes(body)
