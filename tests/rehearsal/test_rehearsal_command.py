"""`python -m cachetools_core.rehearsal`."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from support.rehearsal_client import (
    SOURCES,
)

from cachetools_core.cli.arguments import read_arguments
from cachetools_core.rehearsal.__main__ import main, what_to_paste
from cachetools_core.rehearsal.faults import FAULTS
from cachetools_core.rehearsal.server import Rehearsal


@pytest.fixture
def signals() -> Iterator[None]:
    """The command takes over the signals of its process; they are given back to pytest."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cachetools_core.rehearsal", *arguments]


def test_the_command_prints_one_line_serves_and_cleans_up(shared: Path) -> None:
    publish = f"Streets={shared / SOURCES['Streets']}"
    """It needs no standard input, unless it is to end with its parent."""
    streams: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    with subprocess.Popen(command("--port", "0", "--cache", publish), text=True, **streams) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert set(ready) == {"site", "portal", "ca_file", "username", "password", "cache_directory", "services"}
        assert [(one["url"].rpartition("/rest/")[2], one["tiles"]) for one in ready["services"]] == [
            ("services/Rainfall/MapServer", 2735),
            ("services/Streets/MapServer", 21),
        ]
        session = requests.Session()
        session.trust_env = False
        info = session.get(f"{ready['site']}/rest/info", params={"f": "json"}, verify=ready["ca_file"]).json()
        assert info["currentVersion"] == 11.3
        process.send_signal(signal.SIGTERM)
        assert (process.wait(20), process.stdout.read()) == (0, "")
    assert not Path(ready["cache_directory"]).exists()


def test_ctrl_c_while_it_loads_ends_it_without_a_word(tmp_path: Path) -> None:
    # Python looks for a signal between two steps: one that comes right before a long sleep is seen after it.
    (tmp_path / "numpy.py").write_text("import time\nprint('loading', flush=True)\nwhile True:\n    time.sleep(0.02)\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command("--port", "0"), env=environment, text=True, **streams) as process:
        assert process.stdout is not None and process.stdout.readline() == "loading\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60) == ("", "") and process.returncode == 0


def test_a_package_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "numpy.py").write_text("raise ModuleNotFoundError('gone', name='numpy')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(command("--port", "0"), env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (1, "") and "Traceback" not in done.stderr
    assert "can't be loaded: numpy. Run: python -m pip install tornado numpy cryptography" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fault", "nonsense"], "no fault named 'nonsense'"),
        (["--fault", "drip@nowhere"], "cannot strike at 'nowhere'"),
        (["--fault", "drip:often"], "'often' is not a number of times"),
        (["--cache", "Streets"], "not NAME=PATH"),
        (["--cache", "Streets=/no/such/cache", "--port", "0"], "/no/such/cache is no cache"),
        (["--version", "9.3"], "Version 9.3 cannot be rehearsed"),
        (["--port", "70000"], "a port is a number from 0 to 65535"),
        (["--job-seconds", "nan"], "'nan' is not a number of seconds"),
        (["--services", "-1"], "'-1' is not a whole number of 0 or more"),
        (["--job", "3"], "unrecognized arguments"),
    ],
)
def test_the_command_refuses_what_cannot_be(
    arguments: list[str], words: str, signals: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    told = capsys.readouterr()
    assert (ended.value.code, told.out, words in told.err) == (2, "", True)


def test_the_command_says_when_its_port_is_taken(
    server: Rehearsal, signals: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--port", str(urlsplit(server.site).port)]) == 1
    told = capsys.readouterr()
    assert (told.out, "give another --port." in told.err) == ("", True)


@pytest.mark.thorough
def test_the_command_ends_when_its_parent_has_ended() -> None:
    """The parent's end of the pipe is closed by the system then, however the parent ended."""
    arguments = command("--port", "0", "--end-with-parent", "--context", "maps")
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["site"].endswith("/maps")
        assert Path(ready["cache_directory"]).is_dir()
        process.stdin.close()
        assert process.wait(20) == 0
    assert not Path(ready["cache_directory"]).exists()


def test_the_command_lists_every_fault(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-faults"]) == 0
    listed = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.endswith("]")}
    assert set(listed) == set(FAULTS)
    assert all(listed[name].endswith(f"{fault.meaning} [{fault.evidence}]") for name, fault in FAULTS.items())


def test_the_commands_to_paste_are_commands(server: Rehearsal) -> None:
    told = what_to_paste(server)
    commands = [shlex.split(line) for line in told.splitlines() if line.startswith("  ")]
    assert [command[:4] for command in commands] == [
        [sys.executable, "-m", "cachetools_core", what] for what in ("check", "report", "delete")
    ]
    for command in commands:
        options = read_arguments(command[3:])
        assert (options.user, options.ca_file) == (server.username, str(server.ca_file))
    assert server.password in told.splitlines()[-2]
