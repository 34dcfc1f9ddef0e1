"""What the tests of CacheTools.pyt share: names, texts, a core that does one thing, a server to run against."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import pytest
from arcpy_standin import Pro

from cachetools_core.rehearsal.server import Rehearsal
from support.source import ROOT

TOOLBOX = ROOT / "CacheTools.pyt"
TOOL = "DeleteMapServerCache"
REPORT = "ReportMapServerCache"
TILES = "DeleteMapServerCacheTiles"
MANY = "DeleteMapServerCaches"
STORE, REMOVE = "StoreServerSignIn", "RemoveServerSignIn"
SERVICE, INSTANCES, URL = "input_service", "num_of_caching_service_instances", "out_job_url"

NAMED = [
    "https://h/server/rest/services/F/Rainfall/MapServer",
    "https://h/server/rest/services/F/Rainfall/MapServer/",
    "https://h/server/rest/services/Rainfall/ImageServer?f=json",
    "https://h:6443/ArcGIS/REST/services/Rainfall/MapServer",
    "https://h/server/services/F/Rainfall/MapServer",
    "https://h/server/services;F/Rainfall.MapServer",
    r"C:\Users\a\arcgis on h_6443 (admin).ags\F\Rainfall.MapServer",
    r"C:\Users\a\arcgis on h_6443 (admin)\Rainfall.MapServer",
    '"C:/Users/a/arcgis on h_6443 (admin).ags/F/Rainfall.ImageServer"',
    r"GIS Servers\arcgis on h_6443 (publisher)\Rainfall.MapServer",
    r"C:\layers\Rainfall.lyrx",
    "https://h/server/rest/services/%C3%9Cbersicht/Niederschl%C3%A4ge/MapServer",
    "https://h/server/rest/services/Übersicht/Niederschläge/MapServer",
]
NOT_NAMED = [
    "World Imagery",
    r"Basemap\World Imagery",
    "Rainfall",
    "   ",
    "https://h/server/rest/services",
    "https://h/server/rest/services/F",
    "https://h/server/rest/services/F/Rainfall/MapServer/0",
    "https://h/server/rest/services/F/Rainfall/FeatureServer",
    "https://h/server/rest/services/%C3%9Cbersicht/FeatureServer",
    "https://h/server/rest/services/F/*/MapServer",
    "https://user:secret@h/server/rest/services/F/Rainfall/MapServer",
    "ftp://h/server/rest/services/F/Rainfall/MapServer",
    r"C:\layers\Rainfall.lyr",
    r"C:\Users\a\conn.ags",
    r"C:\Users\a\conn.ags\F\Model.GPServer",
]


def alone(script: str, *paths: Path) -> Any:
    """What a script prints as JSON in an interpreter without site-packages; `paths` are what it can import from."""
    head = f"import sys, json\nsys.dont_write_bytecode = True\nsys.path[:0] = {[str(p) for p in paths]!r}\n"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", head + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=os.path.dirname(sys.executable),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def a_core(folder: Path, version: str, delete: str = "raise AssertionError('called')") -> Path:
    """Another cachetools_core, of another version or with another delete.py, as an older installation leaves it."""
    package, real = folder / "cachetools_core", ROOT / "cachetools_core"
    body = textwrap.indent(textwrap.dedent(delete), "    ")
    texts = {
        **{file.name: file.read_text(encoding="utf-8") for file in real.glob("*.py") if file.stem != "__main__"},
        **{f"naming/{file.name}": file.read_text(encoding="utf-8") for file in (real / "naming").glob("*.py")},
        "version.py": f'__version__ = "{version}"\n',
        "server/__init__.py": "",
        "server/sources.py": "class ActivePortal:\n    asked_of_pro = staticmethod(lambda url, ask: (url(), ask))\n",
        "tools/__init__.py": "",
        "tools/access.py": "def Access(*, active_portal, messages, place): return messages\n",
        "tools/steady.py": (real / "tools" / "steady.py").read_text(encoding="utf-8"),
        "tools/delete.py": f"from ..errors import *\n\ndef delete_map_server_cache(service, messages):\n{body}\n",
    }
    for name, text in texts.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, encoding="utf-8")
    return folder


CALL = f"""
from arcpy_standin import Pro, ExecuteError
pro = Pro(portal_url="https://p/portal")
with pro:
    pro.add_toolbox({str(TOOLBOX)!r})
    try:
        pro.call("{TOOL}", "{NAMED[0]}")
    except ExecuteError as error:
        pass
    outcome = pro.outcome
    print(json.dumps([outcome.executed, outcome.traceback_shown, outcome.messages, outcome.outputs, outcome.progress,
                      pro.arcpy.env.autoCancelling]))
"""


class MemoryKeyring(keyring.backend.KeyringBackend):
    """A keyring in memory; like Windows' own it gives the account of a service without being told the user name."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[str, tuple[str, str]] = {}

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service] = (username, password)

    def get_password(self, service: str, username: str) -> str | None:
        name, password = self.entries.get(service, ("", ""))
        return password if name and name == username else None

    def delete_password(self, service: str, username: str) -> None:
        del self.entries[service]

    def get_credential(self, service: str, username: str | None) -> Any:
        name, password = self.entries.get(service, ("", ""))
        return keyring.credentials.SimpleCredential(name, password) if name and username in (None, name) else None


class Place:
    """A rehearsal server whose certificate is trusted and whose administrator is in the keyring."""

    def __init__(self, server: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> None:
        self.server = server
        self.url = server.services[0]["url"]
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_file))
        self.store("administrator")

    def store(self, role: str) -> None:
        account = self.server.accounts[role]
        home = self.server.portal or self.server.site
        keyring.set_keyring(MemoryKeyring())
        keyring.set_password(f"CacheTools:{home}", account.username, account.password)

    def tiles(self, name: str = "Rainfall") -> int:
        folder = self.server.cache(name).folder
        return sum(1 for file in folder.rglob("*") if file.is_file()) if folder.exists() else 0


Start = Callable[..., Place]


def assert_ended_cleanly(pro: Pro) -> None:
    """One end, nothing left switched, and no word of the command line, which Pro doesn't have."""
    assert [text for text in pro.outcome.texts() if re.search(r"(?<![\w-])--[a-z]|python -m", text)] == []
    assert not pro.outcome.traceback_shown
    assert not pro.outcome.aborted
    assert pro.arcpy.env.autoCancelling
    assert pro.outcome.progress[-1] == ("reset",)
