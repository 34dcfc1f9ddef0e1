"""Each command, block, option and link of README and docs, and each call in a docstring, held against the code."""

from __future__ import annotations

import doctest
import re
import shlex
import xml.etree.ElementTree as ET
from collections.abc import Callable
from configparser import ConfigParser
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from arcpy_standin import Pro
from support.source import MODULES, ROOT
from support.toolbox import TOOLBOX, Place

from cachetools_core.cli.arguments import parser, read_arguments
from cachetools_core.cli.main import main
from cachetools_core.cli.signals import Stop
from cachetools_core.rehearsal import __main__ as rehearsal_command
from cachetools_core.rehearsal.server import Rehearsal

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLES = ROOT / "docs" / "examples"
TEXTS = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
BLOCKS = [
    (name, language, body)
    for name, text in TEXTS.items()
    for language, body in re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
]
NOT_RUN = {
    "powershell": "there is no PowerShell here; what it says to cachetools is read all the same",
    "bat": "there is no cmd here; what it says to cachetools is read all the same",
    "sh": "it changes the machine",
}
"""The languages of blocks that no test runs, and why."""
SITE = "https://gis.example.com/server"
SHOWN = [name for name, file in MODULES.items() if ">>> " in file.read_text(encoding="utf-8")]
"""The modules whose docstrings show a call and what comes of it."""
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def lines_of(body: str) -> list[str]:
    """The commands of a block, those that go on over lines in one."""
    return [line for line in re.sub(r" [`^\\]\n\s*", " ", body).splitlines() if line.strip()]


def commands_in(lines: list[str], program: str) -> list[list[str]]:
    """The arguments of each call of a program of ours in some lines, up to a pipe or a file."""
    found = [line.partition(f"{program} ") for line in lines]
    return [shlex.split(re.split(r" [|>] ", after)[0]) for _, called, after in found if called]


def calls() -> list[list[str]]:
    """Everything that README, docs and their examples say to the command line, in blocks and in files."""
    lines = [line for _, language, body in BLOCKS if language != "python" for line in lines_of(body)]
    lines += [file.read_text(encoding="utf-8").replace("</Arguments>", "\n") for file in EXAMPLES.iterdir()]
    lines = [re.sub(r"\\(?=\w)", "/", line) for text in lines for line in text.splitlines()]
    return [*commands_in(lines, "cachetools"), *commands_in(lines, "-m cachetools_core")]


CALLS = [call for call in calls() if call[0] not in ("-", "...")]
RUNNABLE = [
    call for _, language, body in BLOCKS if language == "" for call in commands_in(lines_of(body), "cachetools")
]


def test_what_is_not_run_is_said() -> None:
    assert {language for _, language, _ in BLOCKS} == {"", "python", *NOT_RUN}


@pytest.mark.parametrize("call", CALLS, ids=lambda call: " ".join(call)[:60])
def test_every_call_of_the_command_line_is_one_that_it_takes(call: list[str]) -> None:
    assert read_arguments(call).command == call[0]


@pytest.mark.parametrize(
    "call",
    commands_in([line for _, _, body in BLOCKS for line in lines_of(body)], "cachetools_core.rehearsal"),
    ids=str,
)
def test_every_call_of_the_rehearsal_server_is_one_that_it_takes(call: list[str]) -> None:
    assert rehearsal_command._parser().parse_args(call)


def test_the_rehearsal_servers_options_are_told() -> None:
    told = set(re.findall(r"^\| `(--[a-z-]+)", TEXTS["rehearsal.md"], re.MULTILINE))
    assert told == {
        option for option in rehearsal_command._parser()._option_string_actions if option not in ("-h", "--help")
    }


def every_option() -> set[str]:
    choices: list[Any] = [action.choices for action in parser()._actions if action.choices]
    found = {option for command in choices[0].values() for option in command._option_string_actions}
    return found | set(parser()._option_string_actions) | set(rehearsal_command._parser()._option_string_actions)


@each_page
def test_every_option_that_is_named_exists(page: Path) -> None:
    """In the command line, in the rehearsal server or in a script of ours; systemctl's aside."""
    others = [ROOT / "tests" / "conftest.py", ROOT / "tests" / "pro" / "smoke.py"]
    scripts = [*(file for file in (ROOT / "scripts").iterdir() if file.is_file()), *others]
    theirs = {option for file in scripts for option in re.findall(r'"(--[a-z-]+)"', file.read_text(encoding="utf-8"))}
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", TEXTS[page.name]))
    assert named - {"--now"} - theirs - every_option() == set()


@each_page
def test_every_extra_that_is_named_exists(page: Path) -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extras = project.partition("[project.optional-dependencies]\n")[2].partition("\n[")[0]
    for named in re.findall(r'"\.\[([\w,]+)\]"', TEXTS[page.name]):
        assert [extra for extra in named.split(",") if not re.search(rf"^{extra} = ", extras, re.MULTILINE)] == []


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)|<img src=\"([^\"]+)\"", TEXTS[page.name])
    inside = [unquote(link or image).partition("#")[0] for link, image in links if "://" not in link]
    assert [link for link in inside if not (page.parent / link).exists()] == []


def test_every_page_and_example_is_linked_or_named() -> None:
    linked = {
        (page.parent / link).resolve() for page in PAGES for link in re.findall(r"\]\(([^)#]+)\)", TEXTS[page.name])
    }
    linked |= {(ROOT / name).resolve() for text in TEXTS.values() for name in re.findall(r"`(docs/[\w./-]+)`", text)}
    pages = [*ROOT.glob("docs/*.*"), *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"))]
    pages.remove(ROOT / "docs" / "receipt.png")
    assert [page.name for page in (*pages, *EXAMPLES.iterdir()) if page.resolve() not in linked] == []


def test_the_scheduled_task_is_one() -> None:
    space = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
    text = (EXAMPLES / "delete-rainfall-cache.xml").read_bytes()
    assert text.isascii()
    task = ET.fromstring(text)
    assert [part.tag for part in task] == [
        f"{space}{part}" for part in ("RegistrationInfo", "Triggers", "Principals", "Settings", "Actions")
    ]
    assert task.findtext(f".//{space}Command", "").endswith("propy.bat")


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.[st]*r*")), ids=lambda file: file.name)
def test_the_units_are_units(file: Path) -> None:
    """`systemd-analyze verify` finds no fault in them either; it isn't on every machine."""
    unit = ConfigParser(interpolation=None, strict=True)
    unit.read(file, encoding="utf-8")
    assert unit["Unit"]["Description"]


# Run as they stand, with the rehearsal server in place of gis.example.com


@pytest.fixture
def place(
    rehearsal: Callable[..., Rehearsal], rainfall: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Place:
    """A site that this machine trusts, and where an account is stored; services.txt names one of its services."""
    monkeypatch.chdir(tmp_path)
    found = Place(rehearsal(caches={"Weather/Wind:ImageServer": rainfall}, job_seconds=0.2), monkeypatch)
    (tmp_path / "services.txt").write_text(found.url, encoding="utf-8")
    return found


def there(text: str, place: Place) -> str:
    """The same with what is there, in place of what the page has for an example."""
    example = r"C:\GIS\arcgis on gis_6443 (publisher).ags\Rainfall.MapServer"
    for shown, real in (
        (example, place.url),
        (SITE, place.server.site),
        ("publisher1", place.server.username),
        (r"C:\GIS\CacheTools\CacheTools.pyt", str(TOOLBOX)),
    ):
        text = text.replace(shown, real)
    assert "example.com" not in text
    return text


@pytest.mark.parametrize("call", RUNNABLE, ids=lambda call: " ".join(call)[:60])
def test_a_command_runs(
    call: list[str], place: Place, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments = [there(text, place) for text in call]
    if "--user" in arguments:  # nobody sits here to be asked for it
        arguments.append("--password-stdin")
        (Path.cwd() / "password").write_text(place.server.password + "\n", encoding="utf-8")
        monkeypatch.setattr("sys.stdin", (Path.cwd() / "password").open(encoding="utf-8"))
    assert main(arguments, Stop()) == 0, capfd.readouterr()
    assert (place.tiles() == 0) == (call[0] == "delete")


@pytest.mark.parametrize("block", [body for _, language, body in BLOCKS if language == "python"])
def test_a_script_runs(block: str, place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    with Pro():
        exec(compile(there(block, place), "README.md", "exec", dont_inherit=True), {})
    deletes = "delete" in block.lower()
    assert bool(re.search(r"(?i)deleted", capsys.readouterr().out)) == (place.tiles() == 0) == deletes


@pytest.mark.parametrize("module", SHOWN)
def test_what_a_docstring_shows_comes_of_the_call(module: str) -> None:
    found = doctest.testmod(import_module(module))
    assert found.attempted > 0 and found.failed == 0
