"""Runs of other processes, and of other users, that use the journal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cachetools_core.local.journal import Journal
from cachetools_core.proof.entry import Entry
from support.needs import needed
from support.source import ROOT

NOBODY = 65534
HOLD = """
import sys
from pathlib import Path
from cachetools_core.local.journal import Journal
with Journal(sys.argv[1], Path(sys.argv[2]) if sys.argv[2] else None).held() as journal:
    print("held", flush=True)
    sys.stdin.readline()
    print(journal.still_held, flush=True)
    sys.stdin.read()
"""
# What is imported later could lie where the other user may not read.
BECOME = """
import json, os, pwd, sys
import cachetools_core.local.journal
os.setgroups([])
os.setgid({user})
os.setuid({user})
"""


def entry_of(service: str, folder: Path | None = None) -> Entry | None:
    """What an earlier run has left, for those who only look."""
    return Journal(service, folder).entry()


def environment(changes: Mapping[str, str | None] | None = None) -> dict[str, str]:
    """This process's environment with changes; None takes a variable away."""
    variables: dict[str, str | None] = {**os.environ, "PYTHONPATH": str(ROOT), **(changes or {})}
    return {name: value for name, value in variables.items() if value is not None}


def as_user(
    script: str, *arguments: str, variables: Mapping[str, str | None] | None = None, user: int | None = None
) -> Any:
    """What a script prints as JSON; run as another user where `user` is given, or skipped where that can't be had."""
    if user is not None and (sys.platform == "win32" or os.geteuid() != 0):
        needed("needs to be root, to become another user")
    script = script if user is None else BECOME.format(user=user) + script
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, env=environment(variables), capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextmanager
def holding(
    service: str, folder: Path | None, variables: Mapping[str, str | None] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds a service's entry; told one line, it says whether it still does."""
    command = [sys.executable, "-c", HOLD, service, str(folder or "")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment(variables)) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
        process.kill()
