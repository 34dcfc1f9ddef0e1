"""The command line from outside: its process, its pseudo terminal, what it leaves behind."""

from __future__ import annotations

import codecs
import errno
import json
import os
import re
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from cachetools_core.rehearsal.server import Rehearsal
from support.source import ROOT
from support.story import account_of, service_url

LOOK = {"cached", "tiles", "bytes", "scales", "witnesses"}
RECEIPT = {
    "schema_version", "verdict", "service", "output_url", "job_url", "job_status", "account", "before", "after",
    "messages", "warnings", "error", "exit_code", "started", "finished", "versions",
}  # fmt: skip
AT_MOST = 60.0
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ")
LONG_ENOUGH = ("2", "5", "12", "30")
"""Deadlines, the first of which is enough on a quiet machine."""


@dataclass
class Outcome:
    """What a command has left behind."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Standard error without the times that stand before its lines where it is no terminal."""
        lines = self.err.splitlines(keepends=True)
        assert all(STAMP.match(line) for line in lines), self.err
        return "".join(STAMP.sub("", line) for line in lines)

    @property
    def json(self) -> Any:
        """Standard output as one JSON object and nothing else."""
        return json.loads(self.out)

    @property
    def findings(self) -> dict[str, tuple[bool | None, str]]:
        """What `check --json` has found, by its name."""
        return {one["what"]: (one["good"], one["words"]) for one in self.json["checks"]}


@dataclass
class Site:
    """A rehearsal server, and the arguments that lead to one of its services."""

    server: Rehearsal
    role: str = "administrator"

    def to(self, name: str = "Rainfall") -> list[str]:
        account = account_of(self.server, self.role)
        return [
            service_url(self.server, name), "--ca-file", str(self.server.ca_file), "--user", account.username,
            "--password-stdin",
        ]  # fmt: skip

    @property
    def password(self) -> str:
        return account_of(self.server, self.role).password + "\n"


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cachetools_core", *arguments]


def started(*arguments: str, given: str | None = None, **streams: Any) -> subprocess.Popen[str]:
    """A command in a process of its own; `given` is all of its standard input, which stays open and silent for None."""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    process = subprocess.Popen(command(*arguments), text=True, cwd=ROOT, **streams)
    if given is not None:
        assert process.stdin is not None
        process.stdin.write(given)
        process.stdin.close()
        process.stdin = None
    return process


def ended(process: subprocess.Popen[str]) -> Outcome:
    try:
        out, err = process.communicate(timeout=AT_MOST)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    return Outcome(process.returncode, out or "", err or "")


def shell(script: str, *arguments: str, given: str = "") -> Outcome:
    """A command in a shell, where the script says `"$@"`."""
    done = subprocess.run(
        ["bash", "-c", script, "bash", *command(*arguments)],
        input=given,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=AT_MOST,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


class FullPipe:
    """A pipe that takes nothing more until it is read; each end is closed once, since its number is used again."""

    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()
        self._open = {self.reading, self.writing}
        os.set_blocking(self.writing, False)
        for piece in (b"." * 4096, b"."):
            with suppress(BlockingIOError):
                while True:
                    os.write(self.writing, piece)
        os.set_blocking(self.writing, True)

    def close(self, end: int) -> None:
        self._open.discard(end)
        os.close(end)

    def close_all(self) -> None:
        for end in tuple(self._open):
            self.close(end)


@contextmanager
def full_pipe() -> Iterator[FullPipe]:
    """A full pipe, closed in the end."""
    pipe = FullPipe()
    try:
        yield pipe
    finally:
        pipe.close_all()


def wait_for_line(process: subprocess.Popen[str], words: str, or_its_end: bool = False) -> bool:
    """Read standard error until a line holds the words; False where the process ends without them, if it may."""
    assert process.stderr is not None
    for line in process.stderr:
        if words in line:
            return True
    assert or_its_end, f"ended without {words!r}"
    return False


def begun_and_out_of_time(run: Callable[..., Outcome], site: Site) -> Outcome:
    """A deletion whose deadline comes while its job runs; on a busy machine it takes more than one try."""
    for seconds in LONG_ENOUGH:
        done = run("delete", *site.to(), "--yes", "--json", "--deadline", seconds, stdin=site.password)
        if done.json["verdict"] == "still-running":
            return done
    raise AssertionError(f"no job was seen to run: {done.err}")


def _take_as_own_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _echoes(terminal: int) -> bool:
    import termios

    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


class PseudoTerminal:
    """A command on a pseudo terminal, as a person has it; what it shows is read as it comes."""

    def __init__(self, *arguments: str, stdout: int | None = subprocess.PIPE, controlling: bool = False) -> None:
        pty = pytest.importorskip("pty", reason="pseudo terminals are POSIX's")
        ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            command(*arguments),
            stdin=theirs,
            stdout=theirs if stdout is None else stdout,
            stderr=theirs,
            cwd=ROOT,
            start_new_session=True,
            preexec_fn=_take_as_own_terminal if controlling else None,
        )
        os.close(theirs)
        self._terminal = ours
        self._decoder = codecs.getincrementaldecoder("utf-8")()  # a character may come in two pieces
        self.shown = ""
        self.echoes = True
        """Whether the terminal shows what is typed, once the command has ended."""

    def wait_for(self, words: str, times: int = 1) -> None:
        while self.shown.count(words) < times:
            more = self._read()
            assert more, f"ended without {words!r}:\n{self.shown}"
            self.shown += more

    def _read(self) -> str:
        text = ""
        while not text:
            assert select.select([self._terminal], [], [], AT_MOST)[0], f"nothing more for a minute:\n{self.shown}"
            try:
                piece = os.read(self._terminal, 4096)
            except OSError as error:
                assert error.errno == errno.EIO  # Linux's way to say that the other side is closed
                return ""
            if not piece:
                return ""
            text = self._decoder.decode(piece)
        return text

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def end(self) -> tuple[int, str]:
        """The exit code, and standard output where it isn't the terminal."""
        while True:
            more = self._read()
            if not more:
                break
            self.shown += more
        out = ""
        if self.process.stdout is not None:
            out = self.process.stdout.read().decode()
            self.process.stdout.close()
        self.echoes = _echoes(self._terminal)
        with suppress(OSError):
            os.close(self._terminal)
        return self.process.wait(AT_MOST), out
