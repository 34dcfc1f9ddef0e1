"""What to say where a request brought no answer, and whether it can have reached the server."""

from __future__ import annotations

from http.client import BadStatusLine, UnknownProtocol

import requests
from requests.packages.urllib3.exceptions import (
    ConnectTimeoutError,
    InvalidChunkLength,
    InvalidHeader,
    LocationValueError,
)

from ..errors import DeadlinePassed, NeverSent, NoAnswer
from ..messages import reason
from ..waiting import Run
from .causes import causes, innermost
from .request import Request
from .trust import Trust

NEVER_CONNECTED = (
    ConnectTimeoutError,  # NewConnectionError is one of its kinds
    LocationValueError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
)
# Their words quote what was sent where HTTP was due; a plain ValueError is int()'s.
QUOTING = (BadStatusLine, UnknownProtocol, InvalidChunkLength, InvalidHeader, ValueError)
NO_TUNNEL = "Tunnel connection failed: "  # http.client's words for a proxy that refuses CONNECT


def no_answer(request: Request, error: Exception, trust: Trust, run: Run) -> NoAnswer:
    """The error for a request whose sending failed like this.

    It is NeverSent, or one of its kinds, only where the cause shows that nothing has reached the server.
    Raises DeadlinePassed and Cancelled while a refused certificate is looked at.
    """
    where, host = request.in_words, request.server.rpartition("@")[2]
    if isinstance(error, DeadlinePassed):
        return DeadlinePassed(f"The time limit of this run was reached while waiting for {where}.")
    if isinstance(error, requests.exceptions.SSLError):
        return trust.refusal(request.url, error, run)
    refused = _refused_tunnel(error)
    never_sent = bool(refused) or _never_connected(error)
    if isinstance(error, requests.exceptions.ProxyError) or refused:
        what = f"{where}: the proxy between this machine and {host} refused the connection: {_reason(error)}."
        remedy = "Check HTTPS_PROXY and NO_PROXY; an internal site often belongs in NO_PROXY."
        # A proxy's "no" isn't asked for again: a password that is sent over and over can lock an account.
        passing = not refused.startswith("4")
        return NeverSent(what, remedy, passing=passing) if never_sent else NoAnswer(what, remedy)
    if never_sent:
        return NeverSent(f"No connection to {host}: {_reason(error)}.")
    if isinstance(error, TimeoutError):
        return NoAnswer(f"{where} got {_reason(error)}.")
    return NoAnswer(f"No answer to {where}: {_reason(error)}.")


def quotes_the_answer(error: Exception) -> bool:
    """True where the error's words may hold what a server sent, such as a token that nobody knows of yet."""
    return any(type(cause) in QUOTING for cause in causes(error))


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
    return "what came back isn't HTTP" if quotes_the_answer(error) else reason(innermost(error))
