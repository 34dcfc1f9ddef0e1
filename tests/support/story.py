"""What several tests need: a clock that runs fast, a listener, and one way to run the story against a server."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cachetools_core.errors import CacheToolsError, SignInRefused
from cachetools_core.proof.receipt import Receipt
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.server.rest import Rest
from cachetools_core.server.tokens import Account, SignedIn, Token
from cachetools_core.tools.delete import delete_map_server_cache


class FastClock:
    """A clock on which `factor` seconds pass in one real second; `jump` moves the time of day alone."""

    def __init__(self, factor: float = 20.0) -> None:
        self.factor = factor
        self.jump = timedelta()

    def now(self) -> datetime:
        return datetime.now(timezone.utc) + self.jump

    def monotonic(self) -> float:
        return time.monotonic() * self.factor

    def wait(self, event: threading.Event, seconds: float) -> bool:
        return event.wait(seconds / self.factor)


class StillClock:
    """Time that passes in pauses only, and then at once; a request takes none unless the server is `silent`."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.silent = False
        self.as_time_passes: Callable[[float], None] = lambda seconds: None

    def now(self) -> datetime:
        return datetime(2024, 5, 6, tzinfo=timezone.utc) + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds

    def wait(self, event: threading.Event, seconds: float) -> bool:
        while self._asking() and not self.silent and not event.wait(0.002):
            pass
        if event.is_set():
            return True
        self.seconds += seconds
        self.as_time_passes(self.seconds)
        return event.is_set()

    @staticmethod
    def _asking() -> bool:
        return any(thread.name == "CacheTools request" for thread in threading.enumerate())


class Listener:
    """Messages kept for a test; `cancel_when` is asked at each turn."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.warnings: list[str] = []
        self.labels: list[tuple[str, float | None]] = []
        self.cancel_now = False

    def info(self, text: str) -> None:
        self.lines.append(text)

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def progress(self, label: str, percent: float | None = None) -> None:
        self.labels.append((label, percent))

    def cancelled(self) -> bool:
        return self.cancel_now

    @property
    def everything(self) -> str:
        return "\n".join([*self.lines, *self.warnings, *(label for label, _ in self.labels)])


def service_url(server: Rehearsal, name: str = "Rainfall", kind: str = "MapServer") -> str:
    return f"{server.site}/rest/services/{name}/{kind}"


def account_of(server: Rehearsal, role: str = "administrator") -> Account:
    one = server.accounts[role]
    return Account(one.username, one.password)


def delete(server: Rehearsal, service: str | None = None, **story: Any) -> Receipt:
    """Run the story to its end and return its receipt, also where it ends in an error."""
    story.setdefault("account", account_of(server))
    story.setdefault("ca_file", server.ca_file)
    story.setdefault("clock", FastClock())
    try:
        return delete_map_server_cache(service or service_url(server), **story)
    except CacheToolsError as error:
        assert error.receipt is not None, "an error of the story carries its receipt"
        return error.receipt


def locked_after_one_token(rest: Rest) -> SignedIn:
    """Signed in to a site that refuses the account from its second token on."""
    tokens = [Token("t1")]

    def source(past_proxy: bool) -> Token:
        if not tokens:
            raise SignInRefused("The account is locked by now.")
        return tokens.pop()

    return SignedIn(rest, source)


def needed(reason: str) -> NoReturn:
    """Skip where this machine lacks something, but never in CI, which installs it."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def files_below(folder: Path) -> int:
    """How many files there are; a folder that a job deletes meanwhile counts for what was seen of it."""
    return sum(len(names) for _, _, names in os.walk(folder))
