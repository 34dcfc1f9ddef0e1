"""Running commands: in this process, or at a pseudo terminal."""

from __future__ import annotations

import io
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.command_line import Outcome, PseudoTerminal, Site
from support.needs import needed
from support.story import service_url

from cachetools_core.cli.main import main
from cachetools_core.cli.signals import STOPS, Stop
from cachetools_core.rehearsal.server import Rehearsal


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """A command takes over the signals of its process; give them back to pytest."""
    before = {number: signal.getsignal(number) for number in STOPS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(autouse=True)
def streams_as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python keeps a buffer before each stream, unless told otherwise; much can go wrong with that only at its end."""
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Run a command in this process."""

    def run(*arguments: str, stdin: str | bytes | None = "") -> Outcome:
        text = stdin.encode() if isinstance(stdin, str) else stdin
        stream = None if text is None else io.TextIOWrapper(io.BytesIO(text), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", stream)
        return Outcome(main(list(arguments), Stop()), *capsys.readouterr())

    return run


@pytest.fixture
def site(server: Rehearsal) -> Site:
    return Site(server)


@pytest.fixture
def stored_account(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Rehearsal], list[str]]:
    """Puts the account of a server into a keyring that is a plain file; gives the arguments that lead to Rainfall."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setenv("KEYRING_PROPERTY_FILE_PATH", str(own_home / "keyring.cfg"))
    try:
        from keyrings.alt.file import PlaintextKeyring
    except ImportError:
        needed("needs the Python package keyrings.alt")

    def store(server: Rehearsal) -> list[str]:
        PlaintextKeyring().set_password(f"CacheTools:{server.site}", server.username, server.password)
        return [service_url(server), "--ca-file", str(server.ca_file), "--user", server.username]

    return store


@pytest.fixture
def at_terminal(server: Rehearsal, stored_account: Callable[[Rehearsal], list[str]]) -> Callable[..., PseudoTerminal]:
    """`delete` on a terminal, with an account in the keyring."""
    arguments = stored_account(server)
    return lambda *more, **streams: PseudoTerminal("delete", *arguments, *more, **streams)
