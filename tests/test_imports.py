"""What a run loads: only what it uses. Modules are counted, never seconds."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.source import ROOT
from support.story import account_of, service_url

from cachetools_core.rehearsal.server import Rehearsal

RUN = """
import sys
from cachetools_core.cli.signals import Stop
stop = Stop()
stop.hear()
from cachetools_core.cli.main import main
code = main(sys.argv[2:], stop)
print(*sys.modules, sep="\\n", file=open(sys.argv[1], "w"))
sys.exit(code)
"""
NEVER = {"keyring", "truststore", "rich", "tornado", "asyncio", "jsonschema", "cryptography", "arcpy"}
OURS_NEVER = {
    "server.portal",
    "proof.report",
    "proof.report_page",
    "cli.rehearse",
    "cli.tour",
    "rehearsal",
    "local.sign_ins",
}


def loaded_by(server: Rehearsal, folder: Path, *arguments: str) -> set[str]:
    """The modules that a command has loaded by its end; its account comes on standard input."""
    account, modules = account_of(server), folder / "modules.txt"
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(modules), *arguments, "--user", account.username, "--password-stdin",
         "--ca-file", str(server.ca_file)],
        input=f"{account.password}\n", capture_output=True, text=True, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return set(modules.read_text(encoding="utf-8").split())


def ours(names: set[str]) -> set[str]:
    return {f"cachetools_core.{name}" for name in names}


@pytest.mark.parametrize("command", [["check"], ["delete", "--yes"]], ids=lambda one: one[0])
def test_a_run_with_an_account_of_its_own_loads_nothing_that_it_does_not_use(
    command: list[str], rehearsal: Callable[..., Rehearsal], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CACHETOOLS_RECEIPTS", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    server = rehearsal()
    loaded = loaded_by(server, tmp_path, command[0], service_url(server), *command[1:])
    assert "requests" in loaded
    assert {name.partition(".")[0] for name in loaded} & NEVER == set()
    assert loaded & ours(OURS_NEVER) == set()
    assert ("cachetools_core.proof.page" in loaded) == (command[0] == "delete")


def test_a_report_loads_html_only_for_a_page(rehearsal: Callable[..., Rehearsal], tmp_path: Path) -> None:
    server = rehearsal()
    loaded = loaded_by(server, tmp_path, "report", service_url(server))
    assert loaded & ours({"proof.html", "proof.report_page", "proof.site_page"}) == set()


def test_what_needs_no_server_loads_no_network(tmp_path: Path) -> None:
    modules = tmp_path / "modules.txt"
    subprocess.run([sys.executable, "-c", RUN, str(modules), "--version"], cwd=ROOT, check=True, capture_output=True)
    loaded = set(modules.read_text(encoding="utf-8").split())
    assert "cachetools_core.cli.arguments" in loaded
    assert loaded & {"requests", "urllib3", "keyring", "cachetools_core.tools.delete"} == set()


def test_validation_loads_no_network_and_no_cryptography(tmp_path: Path) -> None:
    script = """
import sys
sys.path[:0] = ["tests", "."]
from arcpy_standin import Pro
pro = Pro(portal_url="https://p/portal")
before = set(sys.modules)
with pro:
    pro.add_toolbox("CacheTools.pyt")
    for name in pro._tools:
        pro.open_in_pane(name).edit(pro.describe(name)[0].name, "https://h/server/rest/services/F/Rainfall/MapServer")
print(*(set(sys.modules) - before), sep="\\n")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "cachetools_core.naming.service" in loaded
    assert {name.partition(".")[0] for name in loaded} & {"requests", "ssl", "socket", "hashlib", "secrets"} == set()
    assert loaded & ours({"proof.scheme", "proof.tiles", "tools", "local", "messages"}) == set()


def test_naming_what_a_script_needs_loads_no_network() -> None:
    names = "Access, CacheToolsError, Receipt, delete_map_server_cache"
    script = f"import sys; from cachetools_core import {names}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "cachetools_core" in loaded
    assert loaded & {"requests", "urllib3", "ssl", "socket", "http", *NEVER} == set()
