"""Wheel, sdist and zip: what is in them, and that each deletes Rainfall where nothing else of CacheTools is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import packages
import pytest

from cachetools_core.rehearsal.server import Rehearsal

ROOT = packages.ROOT
IN_THE_WHEEL = "cachetools_core/esri/toolboxes"
"""Where Pro looks for the toolboxes of an installed package."""
LEFT_BEHIND = re.compile(r"\.coverage|\.git$")
"""What tests and git leave in the project's folder."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The three files, by kind."""
    files = packages.build(tmp_path_factory.mktemp("built"))
    return {"zip" if file.suffix == ".zip" else "wheel" if file.suffix == ".whl" else "sdist": file for file in files}


def contents(file: Path) -> dict[str, bytes]:
    """Every file in it, by its name below the one folder that sdist and zip have."""
    if file.suffix == ".gz":
        with tarfile.open(file) as archive:
            found = {entry.name: archive.extractfile(entry).read() for entry in archive if entry.isfile()}
    else:
        with zipfile.ZipFile(file) as archive:
            found = {name: archive.read(name) for name in archive.namelist()}
    return found if file.suffix == ".whl" else {name.partition("/")[2]: data for name, data in found.items()}


def ours(*patterns: str) -> dict[str, bytes]:
    """Files of the project, by name."""
    found = [file for pattern in patterns for file in ROOT.glob(pattern) if file.is_file()]
    return {f.relative_to(ROOT).as_posix(): f.read_bytes() for f in found if "__pycache__" not in f.parts}


# What is in them


def test_the_wheel_has_the_core_and_the_toolbox_where_pro_looks_for_it(built: dict[str, Path]) -> None:
    held = contents(built["wheel"])
    toolbox = {f"{IN_THE_WHEEL}/{name}": data for name, data in ours("CacheTools*.pyt*").items()}
    assert len(toolbox) > 1
    described = {name: data for name, data in held.items() if ".dist-info/" in name}
    assert {**ours("cachetools_core/**/*.py", "cachetools_core/py.typed"), **toolbox, **described} == held
    assert b"cachetools = cachetools_core.__main__:" in b"".join(described.values())


def test_the_sdist_has_everything(built: dict[str, Path]) -> None:
    held = contents(built["sdist"])
    del held["PKG-INFO"]
    everything = ours(
        "*.*", "LICENSE", ".ci/run", "docs/**/*", "layers/*", "scripts/*", "tests/**/*", "cachetools_core/**/*"
    )
    assert held == {name: data for name, data in everything.items() if not LEFT_BEHIND.match(name)}


def test_the_zip_has_what_pro_needs_and_what_the_readme_tells_of(built: dict[str, Path]) -> None:
    held = contents(built["zip"])
    needed = ours("CacheTools*.pyt*", "cachetools_core/**/*.py", "layers/*", "docs/**/*", "*.md", "LICENSE")
    assert {name: held.get(name) for name in needed} == needed
    assert held.keys() - needed.keys() == {"cachetools_core/py.typed", "tests/pro/smoke.py"}
    with zipfile.ZipFile(built["zip"]) as archive:
        assert {PurePosixPath(name).parts[0] for name in archive.namelist()} == {built["zip"].stem}


def test_a_second_build_gives_the_same_bytes(built: dict[str, Path], tmp_path: Path) -> None:
    assert packages.sums(packages.build(tmp_path)) == packages.sums(sorted(built.values()))


# What they do


@dataclass(frozen=True)
class Place:
    """Where one of them is installed or unpacked: the Python there, its toolbox, and how the command is called."""

    python: Path
    toolbox: Path
    command: tuple[str, ...]
    folder: Path

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run its Python; nothing of this project but what is there can be imported."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        environment["PYTHONIOENCODING"] = "utf-8"
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )


def empty_environment(folder: Path, *wheels: Path) -> Path:
    """An environment with these wheels; then requests, keyring and tornado are lent to it. Its Python."""
    venv.create(folder, with_pip=bool(wheels))
    binaries = folder / ("Scripts" if os.name == "nt" else "bin")
    for wheel in wheels:
        subprocess.run(
            [str(binaries / "python"), "-m", "pip", "install", "-q", "--no-index", "--no-deps", str(wheel)], check=True
        )
    lent = [path for path in sys.path if Path(path).name == "site-packages"]
    (next(folder.rglob("site-packages")) / "lent.pth").write_text("\n".join(lent), encoding="utf-8")
    return binaries / "python"


def as_installed(folder: Path, wheel: Path) -> Place:
    python = empty_environment(folder / "environment", wheel)
    home = next((folder / "environment").rglob("site-packages")) / IN_THE_WHEEL
    script = python.with_name("cachetools")
    return Place(
        python,
        home / "CacheTools.pyt",
        ("-c", f"import runpy; runpy.run_path({str(script)!r}, None, '__main__')"),
        folder,
    )


def from_wheel(built: dict[str, Path], folder: Path) -> Place:
    return as_installed(folder, built["wheel"])


def from_sdist(built: dict[str, Path], folder: Path) -> Place:
    """A wheel is built out of the unpacked sdist, and is the wheel that is published, byte for byte."""
    with tarfile.open(built["sdist"]) as archive:
        archive.extractall(folder)
    (unpacked,) = folder.iterdir()
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(packages.released())}
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "wheel")]
    subprocess.run(command, cwd=unpacked, env=environment, check=True, capture_output=True)
    (wheel,) = (folder / "wheel").iterdir()
    assert wheel.read_bytes() == built["wheel"].read_bytes()
    return as_installed(folder, wheel)


def from_zip(built: dict[str, Path], folder: Path) -> Place:
    """Unpacked as somebody who has no pip unpacks it."""
    unpacked = folder / "Werkzeuge für Zürich"
    with zipfile.ZipFile(built["zip"]) as archive:
        archive.extractall(unpacked)
    home = unpacked / built["zip"].stem
    return Place(empty_environment(folder / "environment"), home / "CacheTools.pyt", ("-m", "cachetools_core"), home)


STORES_AND_DELETES = """
import json, sys
import keyring, keyring.backend, keyring.credentials

class Keyring(keyring.backend.KeyringBackend):
    priority, kept = 1, {}
    def set_password(self, service, username, password):
        self.kept[service] = keyring.credentials.SimpleCredential(username, password)
    def get_password(self, service, username):
        return self.kept[service].password if service in self.kept else None
    def get_credential(self, service, username):
        return self.kept.get(service)

keyring.set_keyring(Keyring())
toolbox, tests, site, service, ca_file = sys.argv[1:]
sys.path.append(tests)  # for the stand-in, which needs nothing of CacheTools
from arcpy_standin import Pro
with Pro() as pro:
    pro.add_toolbox(toolbox)
    sys.path.remove(tests)
    pro.call("StoreServerSignIn", site, "{user}", "{password}", ca_file)
    result = pro.call("DeleteMapServerCache", service)
    import cachetools_core
    print(json.dumps([result.getOutput(0), cachetools_core.__file__, result.getMessages()]))
"""


@pytest.fixture(scope="module", params=[from_wheel, from_sdist, from_zip], ids=["wheel", "sdist", "zip"])
def place(request: pytest.FixtureRequest, built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Each of them in turn, where nothing else of CacheTools can be imported."""
    found: Place = request.param(built, tmp_path_factory.mktemp("installed"))
    return found


@pytest.mark.thorough
def test_the_tour_deletes_rainfall(place: Place) -> None:
    done = place.run(*place.command, "rehearse")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "deleted" in done.stdout


@pytest.mark.thorough
def test_the_toolbox_deletes_rainfall(place: Place, server: Rehearsal) -> None:
    assert place.toolbox.read_bytes() == (ROOT / "CacheTools.pyt").read_bytes()
    script = STORES_AND_DELETES.replace("{user}", server.username).replace("{password}", server.password)
    url = server.services[0]["url"]
    done = place.run("-c", script, str(place.toolbox), str(ROOT / "tests"), server.site, url, str(server.ca_file))
    assert done.returncode == 0, done.stdout + done.stderr
    output, core, messages = json.loads(done.stdout)
    assert output == url
    assert place.folder in Path(core).parents, "the core of the package itself"
    assert "deleted" in messages
    assert not server.cache("Rainfall").folder.exists()
