"""README and docs can't rot: their commands, options, ids, files and examples are held against the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from support.source import ROOT

import cachetools_core
from cachetools_core.cli.arguments import parser
from cachetools_core.errors import CacheToolsError, every_error
from cachetools_core.naming.service import CatalogPath, LayerFile, ServiceReference, read_name
from cachetools_core.proof.verdict import Verdict

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {page.stem: page.read_text(encoding="utf-8") for page in PAGES}


def test_every_message_id_is_told_with_its_exit_code():
    rows = dict(re.findall(r"^\| (CT\d+) \| (\d) \| .+ \|$", DOCS["messages"], re.MULTILINE))
    assert rows == {e.message_id: str(e.exit_code) for e in every_error() if e is not CacheToolsError}


def test_what_the_pane_is_told_names_no_option_of_the_command_line() -> None:
    for row in re.findall(r"^\| CT.+\|$", DOCS["messages"], re.MULTILINE):
        _, _, _, cause, pane, terminal, _ = row.split("|")
        assert "--" not in cause + pane
        assert terminal.strip()


def test_no_two_errors_share_an_id():
    ids = [error.message_id for error in every_error()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("verdict", Verdict, ids=lambda verdict: verdict.value)
def test_every_verdict_is_told(verdict):
    assert f"| `{verdict.value}` |" in DOCS["receipts"]


def test_every_command_and_option_is_told():
    choices: list[Any] = [action.choices for action in parser()._actions if action.choices]
    for name, command in choices[0].items():
        assert f"`{name}" in README
        for option in command._option_string_actions:
            assert option in ("-h", "--help") or option in README


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    folders = "tests|layers|scripts|docs|cachetools_core|cli|tools|server|local|proof|naming"
    text = page.read_text(encoding="utf-8")
    named = {name.replace("\\", "/") for name in re.findall(rf"`(?:propy )?((?:{folders})[/\\][\w./\\-]*)", text)}
    named |= set(re.findall(r"`([A-Z]+\.md)`", text))
    assert [name for name in named if not ((ROOT / name).exists() or (ROOT / "cachetools_core" / name).exists())] == []


def test_every_script_is_told() -> None:
    told = set(
        re.findall(r"^\| `(scripts/\w+)` \|", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    scripts = {f"scripts/{file.name}" for file in (ROOT / "scripts").iterdir() if file.is_file() and not file.suffix}
    assert told == scripts


def test_every_package_stands_in_the_page_on_architecture() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    parts = [entry for entry in (ROOT / "cachetools_core").iterdir() if entry.name[0] not in "_."]
    assert [part.stem for part in parts if part.suffix in ("", ".py") and f"`{part.stem}" not in text] == []


def test_changelog_toolbox_and_code_are_of_one_version() -> None:
    """The changelog keeps to Keep a Changelog: newest first, each version with its day."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    heads = re.findall(r"^## (.*)$", text, re.MULTILINE)
    versions = [
        re.fullmatch(r"\[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d", head) for head in heads if head != "[Unreleased]"
    ]
    assert None not in versions
    assert versions[0][1] == cachetools_core.__version__  # type: ignore[index]
    assert f'\nVERSION = "{cachetools_core.__version__}"\n' in (ROOT / "CacheTools.pyt").read_text(encoding="utf-8")
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.*)$", text, re.MULTILINE)) <= kinds


def test_every_form_of_a_service_is_read():
    examples = re.findall(r"^\| [^|]+ \| `([^`]+)`", DOCS["services"], re.MULTILINE)
    assert len(examples) == 6
    for example in examples:
        assert isinstance(read_name(example), (ServiceReference, CatalogPath, LayerFile))


def test_two_commands_stand_on_one_line_each():
    for mark, end in (("tour", "-m cachetools_core rehearse"), ("tests", "-m pytest -q")):
        line = README.partition(f"<!-- {mark} -->\n```\n")[2].partition("\n")[0]
        assert line.startswith("python3 -m venv .venv && ")
        assert line.endswith(end)
