"""One way to run the story of a deletion against a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from cachetools_core.errors import CacheToolsError, SignInRefused
from cachetools_core.proof.receipt import Receipt
from cachetools_core.rehearsal.request import Request
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.server.signed_in import SignedIn
from cachetools_core.server.tokens import Account, Bound, Token
from cachetools_core.server.wire import PlainWire
from cachetools_core.tools.access import Access
from cachetools_core.tools.delete import delete_map_server_cache
from support.clocks import FastClock

WITHHOLDING = ("blackhole", "drip", "endless")


def service_url(server: Rehearsal, name: str = "Rainfall", kind: str = "MapServer") -> str:
    return f"{server.site}/rest/services/{name}/{kind}"


def account_of(server: Rehearsal, role: str = "administrator") -> Account:
    one = server.accounts[role]
    return Account(one.username, one.password)


def access(server: Rehearsal, role: str = "administrator", **more: Any) -> Access:
    return Access(account=account_of(server, role), ca_file=server.ca_file, **more)


def withheld_by(server: Rehearsal) -> Callable[[], bool]:
    """Whether a fault of the server's has kept an answer back since now."""
    first = len(server.requests)
    return lambda: any(one.fault.startswith(WITHHOLDING) for one in server.requests[first:])


def delete(server: Rehearsal, service: str | None = None, **story: Any) -> Receipt:
    """Run the story to its end and return its receipt, also where it ends in an error."""
    return delete_by(delete_map_server_cache, server, service, **story)


def delete_by(
    tool: Callable[[str, Access], Receipt], server: Rehearsal, service: str | None = None, **story: Any
) -> Receipt:
    """The same with another tool that deletes."""
    story.setdefault("account", account_of(server))
    story.setdefault("ca_file", server.ca_file)
    story.setdefault("clock", FastClock(withheld=withheld_by(server)))
    try:
        return tool(service or service_url(server), Access(**story))
    except CacheToolsError as error:
        receipt: Receipt = error.receipt
        assert receipt is not None, "an error of the story carries its receipt"
        return receipt


def said(receipt: Receipt) -> tuple[str, int]:
    """What a receipt says in short."""
    return receipt.verdict.value, receipt.exit_code


def tokens_in(requests: Iterable[Request]) -> set[str]:
    """Every token that the server has given, and every half of one that it has sent."""
    found = set()
    for request in requests:
        if request.step in ("token", "exchange") and b'"token"' in request.answer:
            found.add(request.answer.partition(b'"token":')[2].strip(b' "').partition(b'"')[0].decode())
    return found


class Purse:
    """Gives these tokens one after the other, then refuses the account; `asked` is what they were to be bound to."""

    def __init__(self, *tokens: Token) -> None:
        self.left = list(tokens)
        self.asked: list[Bound] = []

    def give(self, bound: Bound) -> Token:
        self.asked.append(bound)
        if not self.left:
            raise SignInRefused("The account is locked by now.")
        return self.left.pop(0)


def locked_after_one_token(rest: PlainWire) -> SignedIn:
    """Signed in to a site that refuses the account from its second token on."""
    return SignedIn(rest, Purse(Token("t1")))


def files_below(folder: Path) -> int:
    """How many files there are; a folder that a job deletes meanwhile counts for what was seen of it."""
    return sum(len(names) for _, _, names in os.walk(folder))
