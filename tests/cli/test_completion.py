"""Completion of commands and options, in a real bash; nobody has run the one for PowerShell."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest
from support.command_line import Outcome

from cachetools_core.cli.arguments import options_of
from cachetools_core.cli.commands import COMMANDS


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("un", "unfinished"), ("delete-t", "delete-tiles"), ("delete --receip", "--receipts"),
        ("--user x report --out", "--output"), ("completion p", "powershell"), ("report --yes", ""),
    ],
)  # fmt: skip
def test_in_bash(run: Callable[..., Outcome], typed: str, offered: str) -> None:
    words = " ".join(f"'{word}'" for word in ["cachetools", *typed.split()])
    script = f"{run('completion', 'bash').out}\nCOMP_WORDS=({words}); COMP_CWORD={len(typed.split())}; _cachetools"
    done = subprocess.run(
        ["bash", "-c", f'{script}; printf "%s\\n" "${{COMPREPLY[@]}}"'], capture_output=True, text=True, timeout=60
    )
    assert (done.stdout.split(), done.stderr) == (offered.split(), "")


def test_for_powershell_every_command_and_option_is_there(run: Callable[..., Outcome]) -> None:
    script = run("completion", "powershell").out
    assert "Where-Object { $_ -ne $wordToComplete }" in script, "delete, still being typed, isn't the command yet"
    assert all(f"'{name}' = @(" in script for name in COMMANDS)
    assert all(f"'{option}'" in script for name in COMMANDS for option in options_of(name))


def test_another_shell_is_refused_and_not_repeated(run: Callable[..., Outcome]) -> None:
    done = run("completion", "hunter2")
    assert done.code == 2 and "hunter2" not in done.err and "SHELL must be bash or powershell." in done.err
