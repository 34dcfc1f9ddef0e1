"""`delete-tiles`: which tiles are meant, what is asked, what is printed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.command_line import RECEIPT, Outcome, PseudoTerminal, Site

from cachetools_core.cli.arguments import read_arguments
from cachetools_core.errors import WrongUsage
from cachetools_core.rehearsal.server import Rehearsal

SERVICE = "https://gis.example.com/server/rest/services/A/MapServer"


def read(*arguments: str) -> Any:
    return read_arguments(["delete-tiles", SERVICE, *arguments])


def test_scales_levels_and_an_extent_are_read() -> None:
    assert read("--scales", "591657527.591555;5000").scales == (591657527.591555, 5000.0)
    assert read("--levels", "3,5-7").levels == (3, 5, 6, 7)
    for extent in (("--extent", "-1,-2.5,3,4"), ("--extent=-1,-2.5,3,4",)):
        assert read("--levels", "3", *extent).extent == (-1.0, -2.5, 3.0, 4.0)


@pytest.mark.parametrize(
    "wrong",
    [
        ("--scales", "many"), ("--scales", "5000,"), ("--levels", "7-5"), ("--levels", "39,"), ("--levels", "-3"),
        ("--levels", "1-99999"), ("--extent", "1,2,3"), ("--extent", "a,b,c,d"), ("--extent", "--yes"),
        ("--scale", "98765"),
    ],
)  # fmt: skip
def test_anything_else_is_refused_without_repeating_it(wrong: tuple[str, str]) -> None:
    with pytest.raises(WrongUsage) as refused:
        read(*wrong)
    assert wrong[1] == "--yes" or wrong[1] not in str(refused.value)


def test_tiles_are_deleted_and_the_receipt_says_which(run: Callable[..., Outcome], site: Site) -> None:
    done = run("delete-tiles", *site.to(), "--levels", "3,5-6", "--yes", "--json", stdin=site.password)
    assert (done.code, done.json["verdict"], set(done.json) >= RECEIPT) == (0, "deleted", True), done.err
    assert [one["level"] for one in done.json["before"]["close_up"]["levels"]] == [3, 5, 6]
    assert {3, 5, 6} & set(site.server.cache("Rainfall").counts()) == set()
    assert "Deleted: the tiles of 3 scales of Rainfall:MapServer are gone" in done.err


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        (["--scales", "5000"], 1), (["--levels", "99"], 1), ([], 2), (["--levels", "1", "--scales", "5"], 2),
        (["--levels", "1", "--extent", "5,5,1,1"], 2), (["--levels", "1", "--extent", "3e7,3e7,4e7,4e7"], 1),
    ],
)  # fmt: skip
def test_tiles_that_are_not_there_are_refused(
    run: Callable[..., Outcome], site: Site, chosen: list[str], code: int
) -> None:
    done = run("delete-tiles", *site.to(), *chosen, "--yes", "--json", stdin=site.password)
    assert (done.code, done.json["exit_code"], site.server.submits) == (code, code, 0)


@pytest.mark.parametrize(("answer", "code"), [("yes\n", 0), pytest.param("no\n", 3, marks=pytest.mark.thorough)])
def test_what_is_shown_is_asked_about(
    server: Rehearsal, stored_account: Callable[[Rehearsal], list[str]], answer: str, code: int
) -> None:
    terminal = PseudoTerminal("delete-tiles", *stored_account(server), "--levels", "8", "--json")
    terminal.wait_for("/rest/services/Rainfall/MapServer? Type yes: ")
    assert "level 8, 1:2,311,162" in terminal.shown and server.submits == 0
    terminal.type(answer)
    ending, out = terminal.end()
    assert (ending, json.loads(out)["exit_code"], server.submits) == (code, code, 1 - code // 3)
