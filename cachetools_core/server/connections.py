"""Connections that are kept from one request to the next: those of one wire, or of several that work side by side."""

from __future__ import annotations

import threading
from typing import Protocol

import requests
from requests.adapters import HTTPAdapter

from ..version import __version__
from .adapter import TrustingAdapter
from .trust import Trust


class Connections(Protocol):
    """The connections of one wire, or of several."""

    def kept(self) -> requests.Session:
        """A session whose connection may have been used before. Raises nothing."""

    def new(self) -> requests.Session:
        """A session that has no connection yet. Raises nothing."""

    def drop(self, session: requests.Session) -> None:
        """A request over this session has failed: no later one uses what is left of it. Raises nothing."""


class OwnConnection:
    """The connection of a wire that nobody shares: a new one takes the place of the one before."""

    def __init__(self, trust: Trust) -> None:
        self._trust = trust
        self._session = _new_session(trust)

    def kept(self) -> requests.Session:
        """The latest session."""
        return self._session

    def new(self) -> requests.Session:
        """A session that is the latest from now on."""
        self._session = _new_session(self._trust)
        return self._session

    def drop(self, session: requests.Session) -> None:
        """The next request starts again."""
        self._session = _new_session(self._trust)


class SharedConnections:
    """One pool for wires that work side by side; it keeps this many connections.

    A new connection is for one request and closed after it, so that the others keep theirs.
    """

    def __init__(self, trust: Trust, at_once: int) -> None:
        self._trust, self._at_once = trust, at_once
        self._lock = threading.Lock()
        self._session = _new_session(trust, at_once)

    def kept(self) -> requests.Session:
        """The session that all share."""
        return self._session

    def new(self) -> requests.Session:
        """A session for one request."""
        session = _new_session(self._trust)
        session.headers["Connection"] = "close"
        return session

    def drop(self, session: requests.Session) -> None:
        """Those that share the session start again; a request that is under way in it goes on."""
        with self._lock:
            if session is self._session:
                self._session = _new_session(self._trust, self._at_once)
        session.close()


class _Session(requests.Session):
    """Leaves redirects alone: requests prepares the next request even of those that it doesn't follow, and reads the
    whole body of the first one for that, however large it is.
    """

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _new_session(trust: Trust, at_once: int = 1) -> requests.Session:
    session = _Session()
    session.trust_env = False  # or .netrc would add credentials, and REQUESTS_CA_BUNDLE would beat our trust
    session.headers = {
        "User-Agent": f"CacheTools/{__version__}",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "Cache-Control": "no-cache",  # a web tier's copy of what was proves nothing
    }
    session.mount("https://", TrustingAdapter(trust, at_once))
    session.mount("http://", HTTPAdapter(pool_maxsize=at_once))
    return session
