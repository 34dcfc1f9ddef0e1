"""The README can't rot: its commands, options, ids, files and examples are held against the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from cachetools_core.cli.main import _parser
from cachetools_core.errors import CacheToolsError, every_error
from cachetools_core.naming.service import CatalogPath, LayerFile, ServiceReference, read_name
from cachetools_core.proof.receipt import Verdict

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_message_id_is_told_with_its_exit_code():
    rows = dict(re.findall(r"^\| (CT\d+) \| (\d) \| .+ \|$", README, re.MULTILINE))
    assert rows == {e.message_id: str(e.exit_code) for e in every_error() if e is not CacheToolsError}


def test_no_two_errors_share_an_id():
    ids = [error.message_id for error in every_error()]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("verdict", Verdict, ids=lambda verdict: verdict.value)
def test_every_verdict_is_told(verdict):
    assert f"| `{verdict.value}` |" in README


def test_every_command_and_option_is_told():
    choices: list[Any] = [action.choices for action in _parser()._actions if action.choices]
    for name, command in choices[0].items():
        assert f"`{name}" in README
        for option in command._option_string_actions:
            assert option in ("-h", "--help") or option in README


def test_every_file_that_is_named_exists():
    named = set(
        re.findall(r"`(?:python |propy )?((?:tests|layers|scripts|docs|cachetools_core)[/\\][\w./\\]*)", README)
    )
    assert named
    missing = [name for name in named if not (ROOT / name.replace("\\", "/")).exists()]
    assert missing == []


def test_every_form_of_a_service_is_read():
    examples = re.findall(r"^\| [^|]+ \| `([^`]+)`", README.partition("## In a script")[0], re.MULTILINE)
    assert len(examples) == 6
    for example in examples:
        assert isinstance(read_name(example), (ServiceReference, CatalogPath, LayerFile))


def test_the_examples_are_python_3():
    blocks = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        ast.parse(block)


def test_two_commands_stand_on_one_line_each():
    for mark, end in (("tour", "-m cachetools_core rehearse"), ("tests", "-m pytest -q")):
        line = README.partition(f"<!-- {mark} -->\n```\n")[2].partition("\n")[0]
        assert line.startswith("python3 -m venv .venv && ")
        assert line.endswith(end)
