"""The tour: it says at once what starts, stays by itself, and leaves nothing behind, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.command_line import Outcome, ended, full_pipe, shell, started
from support.needs import needed
from support.rehearsal_client import wait_for

from cachetools_core.cli.rehearse import Guide
from cachetools_core.cli.signals import Stop
from cachetools_core.cli.terminal import Terminal

FIRST = "The tour starts a local stand-in for ArcGIS Server"


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where every process of the test puts its temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def servers(temporary: Path) -> list[int]:
    """The rehearsal servers that run with this folder."""
    if not Path("/proc/self/environ").exists():
        needed("needs /proc")
    return [
        pid
        for pid in _processes()
        if _reads(pid, "cmdline", ".rehearsal") and _reads(pid, "environ", f"TMPDIR={temporary}")
    ]


def _processes() -> Iterator[int]:
    yield from (int(name) for name in os.listdir("/proc") if name.isdigit())


def _reads(pid: int, what: str, words: str) -> bool:
    try:
        return words.encode() in Path(f"/proc/{pid}/{what}").read_bytes()
    except OSError:
        return False


def assert_nothing_is_left(temporary: Path, own_home: Path) -> None:
    wait_for(lambda: [*servers(temporary), *temporary.glob("cachetools*")], lambda left: not left)
    assert not list(own_home.rglob("*.json")), "the user's own journal and receipts are no part of the tour"


def wait_for_output(process: subprocess.Popen[str], words: str) -> str:
    """Read standard output until a line holds the words."""
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if words in line:
            return told
    raise AssertionError(f"ended without {words!r}:\n{told}")


def test_the_tour(
    run: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch, temporary: Path, own_home: Path
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody listens there, and nothing has to go there
    done = run("rehearse")
    assert done.code == 0, done.out + done.err
    assert done.out.startswith(FIRST) and done.err == ""
    assert "4. The same tile again:\n   HTTP 404" in done.out
    assert "It is gone, with every file in it." in done.out and "Verdict:    deleted" in done.out
    assert "   Submitted: " in done.out
    page = Path(done.out.rstrip().rpartition(": ")[2])
    assert page.is_relative_to(own_home) and "deleted" in page.read_text(encoding="utf-8")
    assert_nothing_is_left(temporary, own_home)


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (FIRST, signal.SIGINT),
        pytest.param(FIRST, signal.SIGTERM, marks=pytest.mark.thorough),
        pytest.param("1. A local stand-in for ArcGIS Server", signal.SIGINT, marks=pytest.mark.thorough),
        pytest.param("The job is running", signal.SIGTERM, marks=pytest.mark.thorough),
        pytest.param("2. A tile", signal.SIGHUP, marks=pytest.mark.thorough),
        pytest.param("4. The same", signal.SIGINT, marks=pytest.mark.thorough),
    ],
)
def test_a_stop_ends_the_tour_in_order(moment: str, number: int, temporary: Path, own_home: Path) -> None:
    before = signal.signal(number, signal.SIG_DFL)  # who starts the tests with nohup hands on that it is ignored
    try:
        process = started("rehearse")
    finally:
        signal.signal(number, before)
    told = wait_for_output(process, moment)
    process.send_signal(number)
    done = ended(process)
    assert (done.code, done.said) == (
        3,
        "ERROR: CT601: The tour was stopped. Its server has ended and its files are removed.\n",
    )
    assert "unknown" not in told + done.out
    assert servers(temporary) == [] and list(temporary.glob("cachetools*")) == []
    assert_nothing_is_left(temporary, own_home)


@pytest.mark.parametrize("moment", [pytest.param(FIRST, marks=pytest.mark.thorough), "The job is running"])
def test_a_killed_tour_leaves_no_server_and_no_folder(moment: str, temporary: Path, own_home: Path) -> None:
    process = started("rehearse")
    wait_for_output(process, moment)
    wait_for(lambda: servers(temporary), bool)
    process.kill()
    ended(process)
    assert_nothing_is_left(temporary, own_home)


@pytest.mark.thorough
@pytest.mark.parametrize("streams", [">/dev/full", "2>&1 | head -1"])
def test_the_tour_with_streams_that_fail(streams: str, temporary: Path, own_home: Path) -> None:
    done = shell(f'"$@" {streams}; exit ${{PIPESTATUS[0]}}', "rehearse")
    assert done.code == 0 and "Traceback" not in done.err
    assert_nothing_is_left(temporary, own_home)


@pytest.mark.thorough
def test_the_tour_that_nobody_reads(temporary: Path, own_home: Path) -> None:
    with full_pipe() as pipe:
        process = started("rehearse", stdout=pipe.writing)
        (server,) = wait_for(lambda: servers(temporary), bool)
        wait_for(lambda: _reads(server, "cmdline", ".rehearsal"), lambda running: not running)
        process.send_signal(signal.SIGINT)
        assert ended(process).code in (0, 3), "3 where the signal came just before the end"
    assert_nothing_is_left(temporary, own_home)


def test_the_tour_without_its_packages_says_what_to_install(
    run: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tornado.py").write_text("raise ImportError('not here')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    done = run("rehearse")
    assert done.code == 2 and "pip install tornado" in done.err and done.out.count("\n") == 1


def test_what_the_deletion_says_is_set_in_on_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    stop = Stop()
    terminal = Terminal(stop)
    guide = Guide(terminal, terminal.outcome)
    guide.warning("Beware.")
    guide.progress("Deleting", 10.0)
    assert capsys.readouterr().out == "   WARNING: Beware.\n   ... Deleting, 10 %\n"
    assert not guide.cancelled()
    stop.wanted = True
    assert guide.cancelled()
