"""The few ways in which a fault answers."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from cachetools_core.rehearsal.answers import Answer, Refused, as_json, as_page
from cachetools_core.rehearsal.exchange import Exchange

Strike = Callable[[Exchange], Awaitable[None]]
Make = Callable[[Exchange], Answer]
Amendment = Callable[[Exchange, Answer], Answer]


def on_json(change: Callable[[Exchange, Any], Any]) -> Amendment:
    """The true answer with its JSON changed; one that is no JSON, or an error object, stays as it is."""

    def amend(exchange: Exchange, answer: Answer) -> Answer:
        try:
            body = json.loads(answer.body)
        except ValueError:
            return answer
        if isinstance(body, dict) and ("error" in body or body.get("status") == "error"):
            return answer
        answer.body = as_json(change(exchange, body), "json").body
        return answer

    return amend


def changed(change: Callable[[bytes], bytes]) -> Strike:
    """The true answer with another body, processed as ever."""

    async def strike(exchange: Exchange) -> None:
        answer = exchange.process()
        answer.body = change(answer.body)
        await exchange.wire.send(answer)

    return strike


def instead(make: Make) -> Strike:
    """Another answer; the request is not processed."""

    async def strike(exchange: Exchange) -> None:
        await exchange.wire.send(make(exchange))

    return strike


def processed_but(make: Make) -> Strike:
    """Another answer, after the request was processed."""

    async def strike(exchange: Exchange) -> None:
        exchange.process()
        await exchange.wire.send(make(exchange))

    return strike


def page(status: int, title: str, headers: dict[str, str] | None = None) -> Make:
    """An HTML page."""

    def make(_: Exchange) -> Answer:
        answer = as_page(f"{status} - {title}", f"<p>{title}</p>", status)
        answer.headers.update(headers or {})
        return answer

    return make


def json_body(content: object) -> Make:
    """JSON with HTTP 200."""
    return lambda _: as_json(content, "json")


def refused(code: int, message: str) -> Make:
    """A refusal in the shape of the address's area."""
    return lambda exchange: exchange.refuse(Refused(code, message))


def redirect(target: Callable[[Exchange], str], status: int = 302) -> Strike:
    """A redirect; the request is not processed."""

    def make(exchange: Exchange) -> Answer:
        answer = as_page("Object moved", "", status)
        answer.headers["Location"] = target(exchange)
        return answer

    return instead(make)
