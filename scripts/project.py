"""Where the project is, and its own environment, in which every script runs."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def enter() -> None:
    """Go on in the project's environment, in a process of its own; a clean clone gets one first."""
    if Path(sys.prefix).resolve() != ENVIRONMENT.resolve():
        if not PYTHON.exists():
            _set_up()
        sys.exit(subprocess.call([str(PYTHON), *sys.argv]))
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


def run(*arguments: str) -> bool:
    """Run a module of the environment's Python and show the command; True where it ends well."""
    print("$ python -m " + " ".join(arguments), flush=True)
    return subprocess.call([sys.executable, "-m", *arguments]) == 0


def _set_up() -> None:
    print(f"Setting up {ENVIRONMENT}, once.", file=sys.stderr, flush=True)
    venv.create(ENVIRONMENT, with_pip=True)
    subprocess.check_call([str(PYTHON), "-m", "pip", "install", "-q", "-e", f"{ROOT}[test]"])
