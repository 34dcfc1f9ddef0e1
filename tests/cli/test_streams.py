"""Streams that are full, closed, unread or missing change neither what is done nor the exit code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.choosing import by_name, one_in, some_of
from support.command_line import Outcome, Site, command, ended, full_pipe, shell, started
from support.needs import needed
from support.rehearsal_client import wait_for
from support.source import ROOT

from cachetools_core.cli.main import main
from cachetools_core.cli.signals import Stop
from cachetools_core.cli.streams import Stream
from cachetools_core.cli.terminal import Terminal
from cachetools_core.errors import WrongUsage
from cachetools_core.waiting import SYSTEM_CLOCK, Run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the shell and its files are POSIX's")
SERVER = "delete", "report", "check"
TELLS_OUT = {"delete": "Verdict:    deleted", "report": "would remove", "check": "A deletion is possible from here."}
TELLS_ERR = "Signed in as siteadmin"


def given(what: str, site: Site) -> list[str]:
    return [what, *site.to(), *(["--yes"] if what == "delete" else [])]


def assert_done(what: str, site: Site, own_home: Path) -> None:
    """What the command does has been done, and nothing is left unfinished."""
    assert site.server.submits == (1 if what == "delete" else 0)
    assert site.server.cache("Rainfall").exists() is (what != "delete")
    assert not list(own_home.rglob("journal/*.json"))


FAILING = [
    (">/dev/full", False, True),
    ("2>/dev/full", True, False),
    (">/dev/full 2>/dev/full", False, False),
    (">&-", False, True),
    ("2>&-", True, False),
    (">&- 2>&-", False, False),
    ("> >(:)", False, True),
    ("2> >(:)", True, False),
    ("> >(head -c 10 >/dev/null) 2>&1", False, False),
]


EACH_FAILING = by_name(
    [*(("delete", *how) for how in FAILING), *((what, *how) for what in ("report", "check") for how in FAILING[1:8:3])]
)


@pytest.mark.parametrize(
    ("what", "streams", "out", "err"),
    some_of(
        EACH_FAILING,
        "delete->/dev/full-False-True", "report-2>&--True-False", "check-2> >(:)-True-False",
    ),
)  # fmt: skip
def test_a_stream_that_fails(what: str, site: Site, own_home: Path, streams: str, out: bool, err: bool) -> None:
    """Full, closed, or a pipe that somebody has left; the other stream gets its part."""
    done = shell(f'"$@" {streams}', *given(what, site), given=site.password)
    assert done.code == 0
    assert (TELLS_OUT[what] in done.out) is out and (TELLS_ERR in done.err) is err
    assert "Traceback" not in done.err and "Exception" not in done.err
    assert_done(what, site, own_home)


@pytest.mark.parametrize("what", one_in(3, SERVER))
def test_a_reader_that_leaves_early(what: str, site: Site, own_home: Path) -> None:
    script = 'set -o pipefail; "$@" 2>&1 | head -2; exit ${PIPESTATUS[0]}'
    done = shell(script, *given(what, site), given=site.password)
    assert (done.code, done.out.count("\n"), done.err) == (0, 2, "")
    assert_done(what, site, own_home)


@pytest.mark.parametrize(
    ("what", "streams"),
    some_of(
        by_name(
            [
                ("delete", ">/dev/full"),
                ("delete", "2>/dev/full"),
                ("delete", ">&- 2>&-"),
                ("report", "2>&-"),
                ("check", ">&-"),
            ]
        ),
        "delete->/dev/full",
    ),
)
def test_the_exit_code_of_a_failure(what: str, site: Site, streams: str) -> None:
    done = shell(f'"$@" {streams}', *given(what, site), given="wrong\n")
    assert done.code == 4 and "Traceback" not in done.err


def read_all(reading: int) -> str:
    content = b""
    while True:
        more = os.read(reading, 65536)
        if not more:
            return content.decode().lstrip(".")
        content += more


@pytest.mark.parametrize("stream", one_in(2, ["stdout", "stderr"]))
def test_nobody_reads_until_all_is_done(stream: str, site: Site, own_home: Path) -> None:
    """As with a pager: the deletion isn't held up, and what was said comes as soon as somebody reads."""
    with full_pipe() as pipe:
        process = started(*given("delete", site), given=site.password, **{stream: pipe.writing})
        pipe.close(pipe.writing)
        wait_for(lambda: site.server.cache("Rainfall").exists(), lambda there: not there)
        wait_for(lambda: list(own_home.rglob("journal/*.json")), lambda entries: not entries)
        assert process.poll() is None, "it waits for its reader"
        told = read_all(pipe.reading)
    done = ended(process)
    assert done.code == 0
    assert (TELLS_OUT["delete"] if stream == "stdout" else TELLS_ERR) in told
    assert_done("delete", site, own_home)


@pytest.mark.parametrize("stream", one_in(2, ["stderr", "stdout"]))
def test_ctrl_c_ends_the_wait_for_a_reader_and_not_the_verdict(stream: str, site: Site, own_home: Path) -> None:
    with full_pipe() as pipe:
        process = started(*given("delete", site), given=site.password, **{stream: pipe.writing})
        wait_for(lambda: site.server.cache("Rainfall").exists(), lambda there: not there)
        wait_for(lambda: list(own_home.rglob("journal/*.json")), lambda entries: not entries)
        process.send_signal(signal.SIGINT)
        done = ended(process)
    assert done.code == 0 and "Traceback" not in done.err
    assert_done("delete", site, own_home)


@pytest.mark.parametrize(
    ("what", "streams"),
    some_of(
        {"output": ("report", ["stdout"]), "errors": ("check", ["stderr"]), "both": ("report", ["stdout", "stderr"])},
        "both",
    ),
)
def test_the_deadline_ends_the_wait_for_a_reader(what: str, streams: list[str], site: Site) -> None:
    with full_pipe() as pipe:
        given_streams = dict.fromkeys(streams, pipe.writing)
        process = started(*given(what, site), "--deadline", "4", given=site.password, **given_streams)
        done = ended(process)
    assert done.code in (0, 1)  # 1 where a busy machine needs longer for the look itself
    assert "Traceback" not in done.err


def test_a_pipe_that_is_left_while_it_is_full(site: Site, own_home: Path) -> None:
    with full_pipe() as pipe:
        process = started(*given("delete", site), given=site.password, stderr=pipe.writing)
        pipe.close(pipe.writing)
        wait_for(lambda: site.server.cache("Rainfall").exists(), lambda there: not there)
        pipe.close(pipe.reading)
        done = ended(process)
    assert done.code == 0 and TELLS_OUT["delete"] in done.out
    assert_done("delete", site, own_home)


def test_a_pipe_that_never_blocks(site: Site, own_home: Path) -> None:
    """As some terminals' programs leave it behind: a write is refused for the moment, and text must not be lost."""
    with full_pipe() as pipe:
        os.set_blocking(pipe.writing, False)
        process = started(*given("report", site), given=site.password, stdout=pipe.writing)
        pipe.close(pipe.writing)
        told = read_all(pipe.reading)
    assert ended(process).code == 0 and told.rstrip().splitlines()[-1].startswith("  sum")


def test_no_streams_at_all(site: Site, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As pythonw has it on Windows."""
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    for what in SERVER:
        arguments = [one for one in given(what, site) if one != "--password-stdin"]
        assert main(arguments, Stop()) == 4  # nobody has stored an account
    assert main([], Stop()) == 2


def test_all_that_was_said_comes_in_its_order(site: Site) -> None:
    done = shell('"$@" 2>&1', *given("delete", site), given=site.password)
    told = ("Signed in as", "Submitted: ", "Deleted: ", "Verdict: ", "Finished: ")
    places = [done.out.index(words) for words in told]
    assert places == sorted(places)


def test_a_console_without_a_letter_still_shows_the_line(rehearsal: Any, rainfall: Path) -> None:
    """As a console of Windows in an old code page."""
    site = Site(rehearsal(caches={"R\u00e9seau \u65e5\u672c": rainfall}))
    name = "R%C3%A9seau%20%E6%97%A5%E6%9C%AC"
    done = subprocess.run(
        command("check", *site.to(name)),
        input=site.password,
        capture_output=True,
        text=True,
        encoding="ascii",
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "ascii:strict"},
    )
    assert done.returncode == 0, done.stderr
    assert "\\u65e5\\u672c" in done.stdout and "A deletion is possible from here." in done.stdout


def test_no_file_takes_the_place_of_a_closed_stream(site: Site) -> None:
    """A library that writes to standard error by its number would write into the journal otherwise."""
    if not Path("/proc/self/fd").exists():
        needed("needs /proc")
    process = subprocess.Popen(
        ["bash", "-c", 'exec "$@" >&- 2>&-', "bash", *command(*given("delete", site))], stdin=subprocess.PIPE, cwd=ROOT
    )
    wait_for(lambda: [_open_at(process.pid, number) for number in (1, 2)], lambda found: found == ["/dev/null"] * 2)
    process.communicate(site.password.encode(), timeout=60)
    assert process.returncode == 0 and site.server.submits == 1


def _open_at(pid: int, number: int) -> str:
    """Empty while nothing is open there, which may change between any two looks."""
    try:
        return os.readlink(f"/proc/{pid}/fd/{number}")
    except FileNotFoundError:
        return ""


def test_what_others_print_can_not_fail_either(capsys: pytest.CaptureFixture[str]) -> None:
    class Broken:
        encoding = "utf-8"

        def write(self, text: str) -> int:
            raise RuntimeError("a console of its own kind")

    terminal = Terminal(Stop())
    terminal.err = Stream(Broken())  # type: ignore[arg-type]
    with terminal.in_place():
        print("to standard output")
        print("to standard error", file=sys.stderr)
    assert capsys.readouterr().out == "to standard output\n"


def test_what_goes_on_is_shown_once(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal(Stop())
    for label, percent in (
        ("Waiting", None),
        ("Waiting", None),
        ("Deleting", 10.0),
        ("Deleting", 10.2),
        ("Deleting", 11.0),
    ):
        terminal.progress(label, percent)
    told = Outcome(0, *capsys.readouterr()).said
    assert [line.partition("so far")[0] for line in told.splitlines()][:2] == ["... Waiting", "... Deleting, 10 %"]
    assert told.count("\n") == 3 and "\n... Deleting, 11 %" in told


@pytest.mark.parametrize(
    ("leads_to", "seen"), [("terminal", True), ("pipe", True), ("file", False), ("nothing", False)]
)
def test_a_question_is_asked_only_where_it_may_be_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, leads_to: str, seen: bool
) -> None:
    ours, theirs = os.openpty()
    reading, writing = os.pipe()
    places: dict[str, Any] = {"terminal": theirs, "pipe": writing, "file": tmp_path / "said.txt", "nothing": os.devnull}
    with (
        open(theirs, closefd=False) as stdin,
        open(places[leads_to], "w", closefd=leads_to in ("file", "nothing")) as err,
    ):
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "stderr", err)
        assert Terminal(Stop()).has_somebody is seen
        monkeypatch.setattr(sys, "stderr", None)
        assert not Terminal(Stop()).has_somebody
    for handle in (ours, theirs, reading, writing):
        os.close(handle)


def test_a_question_that_is_lost_gets_no_answer() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as err:
        terminal = Terminal(Stop())
        terminal.err = Stream(err)
        with pytest.raises(WrongUsage, match="can't be shown"):
            terminal.ask("Delete it? ", Run(SYSTEM_CLOCK, 60.0, lambda: False))
