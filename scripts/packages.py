"""Builds what is published: a wheel, an sdist, and a zip for people without pip.

What goes into the wheel and the sdist is named in pyproject.toml, and what goes into the zip here. A package depends
on these files alone and on no clock: every file in it bears the day of the version in CHANGELOG.md.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
IN_THE_ZIP = (
    "CacheTools.pyt",
    "CacheTools*.pyt.xml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "cachetools_core/**/*.py",
    "cachetools_core/py.typed",
    "docs/**/*.*",
    "layers/*.lyrx",
    "tests/pro/smoke.py",
)
"""Patterns; the tests and the scripts of the developers stay out, all but the one that a real Pro is tried with."""


def build(folder: Path) -> list[Path]:
    """Build all three into a folder; the files. Raises RuntimeError where hatchling can't, with its words."""
    epoch = released()
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(folder)]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    _zip(folder / f"CacheTools-{version()}.zip", epoch)
    return sorted(folder.iterdir())


def version() -> str:
    """The version, from the one place where it stands."""
    text = (ROOT / "cachetools_core" / "version.py").read_text(encoding="utf-8")
    return re.findall(r'^__version__ = "(.+)"$', text, re.MULTILINE)[0]


def released() -> int:
    """The day of this version in the changelog, in seconds since 1970. Raises ValueError where it has none."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    dated = re.search(rf"^## \[?{re.escape(version())}\]? - (\d{{4}}-\d\d-\d\d)$", text, re.MULTILINE)
    if dated is None:
        raise ValueError(f"CHANGELOG.md has no line '## {version()} - YYYY-MM-DD'.")
    return int(datetime.fromisoformat(dated[1]).replace(tzinfo=timezone.utc).timestamp())


def names_in_zip() -> Iterator[str]:
    """The files of the zip, from the project's folder, in order. Raises ValueError where a pattern finds none."""
    for pattern in IN_THE_ZIP:
        found = sorted(file.relative_to(ROOT).as_posix() for file in ROOT.glob(pattern) if file.is_file())
        if not found:
            raise ValueError(f"There is no file {pattern} for the zip.")
        yield from found


def _zip(target: Path, epoch: int) -> None:
    """The folder in it has the version in its name, so Python can never take it for a package."""
    day = time.gmtime(epoch)[:6]
    with zipfile.ZipFile(target, "w") as archive:
        for name in names_in_zip():
            entry = zipfile.ZipInfo(f"{target.stem}/{name}", day)
            entry.external_attr = 0o100644 << 16
            entry.create_system = 3  # the same on Windows
            archive.writestr(entry, (ROOT / name).read_bytes(), zipfile.ZIP_DEFLATED, 9)


def sums(files: list[Path]) -> dict[str, str]:
    """The SHA-256 sum of each file, by name."""
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def main() -> int:
    """The whole command; 0 where two builds gave the same bytes."""
    DIST.mkdir(exist_ok=True)
    for old in DIST.iterdir():
        old.unlink()
    with tempfile.TemporaryDirectory(prefix="cachetools-package-") as second:
        first, again = sums(build(DIST)), sums(build(Path(second)))
    for name, digest in first.items():
        print(f"{digest}  {name}")
    if first != again:
        print("WRONG: a second build gave other bytes.", file=sys.stderr)
        return 1
    print(f"In {DIST.relative_to(ROOT)}. Built twice, with the same bytes.")
    return 0
