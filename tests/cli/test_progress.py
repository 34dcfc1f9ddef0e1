"""What goes on, as a display on a terminal and as lines with the same facts elsewhere."""

from __future__ import annotations

import re
import select
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.command_line import AT_MOST, PseudoTerminal
from support.source import ROOT

from cachetools_core.cli.progress import display_on
from cachetools_core.cli.streams import Stream
from cachetools_core.rehearsal.server import Rehearsal
from cachetools_core.waiting import SYSTEM_CLOCK

COLOUR = re.compile(r"\x1b\[[0-9;]*m")
MOVE = re.compile(r"\x1b\[(?:\?25[lh]|[0-9]*[AK])")
FACTS = re.compile(r"The job is running.* \d+ %, \d+ s")


@pytest.fixture(autouse=True)
def terminal_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    for variable in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def deletion(rehearsal: Any, stored_account: Callable[[Rehearsal], list[str]]) -> Callable[[], str]:
    """A deletion on a terminal, whose job takes long enough to be seen; what the terminal has shown by its end."""
    arguments = stored_account(rehearsal(job_seconds=2.0))

    def run() -> str:
        terminal = PseudoTerminal("delete", *arguments, "--yes", stdout=None)
        assert terminal.end()[0] == 0
        return terminal.shown

    return run


def test_a_display_with_time_and_percent(deletion: Callable[[], str]) -> None:
    pytest.importorskip("rich")
    told = deletion()
    shown = COLOUR.sub("", told)
    assert MOVE.search(shown) and FACTS.search(shown) and COLOUR.search(told)
    assert shown.count("Verdict:    deleted") == 1 and "... The job" not in shown
    assert told.count("\x1b[?25l") == told.count("\x1b[?25h"), "the cursor is given back"


@pytest.mark.parametrize(("variable", "value", "moves"), [("NO_COLOR", "1", True), ("TERM", "dumb", False)])
def test_what_the_terminal_is_said_to_be_counts(
    deletion: Callable[[], str], monkeypatch: pytest.MonkeyPatch, variable: str, value: str, moves: bool
) -> None:
    pytest.importorskip("rich")
    monkeypatch.setenv(variable, value)
    told = deletion()
    assert bool(MOVE.search(told)) is moves
    assert not re.search(r"\x1b\[(?:[0-9;]+;)?(?:3|4|9)[0-9]", told), "no colours"


def test_a_terminal_that_is_said_to_have_no_width_shows_an_error_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "0")
    terminal = PseudoTerminal("check", "nonsense", stdout=None)
    assert terminal.end()[0] == 2 and "CT101" in terminal.shown


def test_lines_where_rich_is_not_installed(
    deletion: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "rich.py").write_text("raise ImportError('not here')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    told = deletion()
    assert "\x1b" not in told and "... The job is running" in told


@pytest.mark.parametrize(("columns", "encoding"), [("40", "cp1252"), ("40", "utf-8"), ("200", "ascii")])
def test_a_narrow_or_old_terminal_shows_percent_and_time_whole(
    monkeypatch: pytest.MonkeyPatch, columns: str, encoding: str
) -> None:
    pytest.importorskip("rich")
    pty = pytest.importorskip("pty", reason="pseudo terminals are POSIX's")
    monkeypatch.setenv("COLUMNS", columns)
    ours, theirs = pty.openpty()
    with open(theirs, "w", encoding=encoding) as terminal, open(ours, "rb", buffering=0) as seen:
        display = display_on(Stream(terminal), SYSTEM_CLOCK)
        display.stage("The job is running, followed until 13:09", 33.0)
        display.clear()
        drawn = b""
        while b"0 s" not in drawn and select.select([seen], [], [], AT_MOST)[0]:  # which comes in pieces
            drawn += seen.read(4096)
        shown = MOVE.sub("", COLOUR.sub("", drawn.decode(encoding)))
    assert "33 %, 0 s" in shown and "\\u" not in shown
    assert all(len(line) <= int(columns) for line in re.split("[\r\n]+", shown))


def test_rich_is_loaded_on_a_terminal_only() -> None:
    script = (
        "import sys; from cachetools_core.cli.main import main; from cachetools_core.cli.signals import Stop;"
        "main(['report', 'nonsense'], Stop()); sys.exit('rich' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, "CT101" in done.stderr) == (0, True)
