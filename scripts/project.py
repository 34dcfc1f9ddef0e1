"""Where the project is, and its own environment, in which every script runs."""

from __future__ import annotations

import importlib.util
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
            print(f"Setting up {ENVIRONMENT}, once.", file=sys.stderr, flush=True)
            venv.create(ENVIRONMENT, with_pip=True)
        sys.exit(subprocess.call([str(PYTHON), *sys.argv]))
    if importlib.util.find_spec("hatchling") is None:  # a new one, or the one that the README's tour has made
        print("Installing the project with its test tools, once.", file=sys.stderr, flush=True)
        subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", "-e", f"{ROOT}[test]"])
    os.chdir(ROOT)
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


def run(*arguments: str) -> bool:
    """Run a module of the environment's Python and show the command; True where it ends well."""
    print("$ python -m " + " ".join(arguments), flush=True)
    return subprocess.call([sys.executable, "-m", *arguments]) == 0
