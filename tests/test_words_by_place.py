"""A message advises what can be done where its reader stands: no option in the pane, no tool of Pro on the terminal."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest
from support.clocks import FastClock
from support.signing_in import given
from support.story import delete

from cachetools_core import errors
from cachetools_core.account import Home, Place, WhyNot
from cachetools_core.local.accounts import StoredInKeyring
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.server.refused_certificates import GIVEN_THERE
from cachetools_core.server.signin import how_to_sign_in
from cachetools_core.server.sources import GivenAccount, how_to_store
from cachetools_core.waiting import Run

CORE = Path(errors.__file__).parent
OPTION = re.compile(r"--[a-z]|python -m|\bcachetools [a-z]")
PYTHON = re.compile(r"Access\(|cachetools_core\.\w+")
TOOL = re.compile(r"the tool [A-Z]")
SITE = "https://gis.example.com/server"
# Each of these asks a place before it says it.
BY_PLACE = {
    "account.py",
    "local/accounts.py",
    "server/refused_certificates.py",
    "server/signin.py",
    "server/sources.py",
}


def literals(file: Path) -> list[str]:
    """Every text in a file that is no docstring and no style sheet."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {id(one.body[0].value) for one in ast.walk(tree)
            if isinstance(one, documented) and one.body and isinstance(one.body[0], ast.Expr)}  # fmt: skip
    found = (one for one in ast.walk(tree) if isinstance(one, ast.Constant) and id(one) not in docs)
    return [one.value for one in found if isinstance(one.value, str) and "var(--" not in one.value]


def test_no_other_module_below_the_command_line_names_an_option_or_a_tool() -> None:
    files = {str(file.relative_to(CORE).as_posix()): file for file in CORE.rglob("*.py")}
    below = {
        name: file for name, file in files.items() if name.split("/")[0] not in ("cli", "rehearsal", "__main__.py")
    }
    named = {
        name
        for name, file in below.items()
        if any(OPTION.search(text) or "Access(" in text or TOOL.search(text) for text in literals(file))
    }
    assert named == BY_PLACE


def said_at(place: Place, server: Rehearsal) -> str:
    """What is said there to somebody for whom no account is found, or whose account isn't used."""
    run = Run(FastClock(), 60, lambda: False)
    home = Home(SITE, "https://portal.example.com/portal", portal=True)
    reason = StoredInKeyring(None, place).look(home, run)
    assert isinstance(reason, WhyNot)
    with pytest.raises(errors.UnsafeSignIn) as refused:
        GivenAccount(given(server).account, None, place).look(home, run)
    ended = delete(server, account=None, place=place, clock=FastClock(60))
    assert ended.error is not None and ended.exit_code == 4
    words = (reason.words, how_to_sign_in(home, place), how_to_store(SITE, place), refused.value, ended.error)
    return "\n".join(map(str, (*words, GIVEN_THERE[place])))


@pytest.mark.parametrize(
    ("place", "named", "foreign"),
    [
        (Place.PANE, TOOL, (OPTION, PYTHON)),
        (Place.TERMINAL, OPTION, (TOOL, PYTHON)),
        (Place.SCRIPT, PYTHON, (TOOL, OPTION)),
    ],
)
def test_what_is_advised_can_be_done_there(
    place: Place, named: re.Pattern[str], foreign: tuple[re.Pattern[str], ...], server: Rehearsal
) -> None:
    said = said_at(place, server)
    for pattern in foreign:
        found = re.sub("python -m cachetools_core", "", said) if pattern is PYTHON else said
        assert not pattern.search(found), said
    assert named.search(said)


def test_no_error_brings_an_option_along() -> None:
    for one in vars(errors).values():
        if inspect.isclass(one) and issubclass(one, errors.CacheToolsError):
            assert not OPTION.search(getattr(one, "remedy", "") or ""), one
