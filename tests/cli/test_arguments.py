"""Arguments: what is wrong is told once, with an id, and never repeated."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from support.command_line import Outcome, Site, shell
from support.story import service_url

from cachetools_core import __version__
from cachetools_core.cli.arguments import read_arguments

SECRET = "hunter2Canary"
SECONDS = "--deadline takes a number of seconds above 0"
ALL = "The commands are delete, delete-tiles, report, check, sign-in, unfinished, rehearse, completion."
UNKNOWN = "doesn't take one of these arguments"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            [],
            f"A command is missing. {ALL}",
        ),
        (
            [SECRET, "x"],
            f"There is no such command. {ALL}",
        ),
        (["del", "x"], "There is no such command. Did you mean delete or delete-tiles? The commands are"),
        (["reprot", "x"], "Did you mean report?"),
        (["delete"], "Missing: SERVICE."),
        (["delete", "x", "--password", SECRET], "A password is never an argument"),
        (["delete", "x", f"--password={SECRET}"], "A password is never an argument"),
        (["delete", "x", f"--passwd={SECRET}"], "A password is never an argument"),
        (["delete", "x", f"-p{SECRET}"], "A password is never an argument"),
        (["--password", SECRET, "delete", "x"], "A password is never an argument"),
        (["--user", SECRET, "delete", "x"], "Options come after the command"),
        (["-v", "delete", "x"], "Options come after the command"),
        (["delete", "x", f"--{SECRET}"], UNKNOWN),
        (["check", "x", SECRET], "check takes one SERVICE. Put quotes around"),
        (["unfinished", SECRET], UNKNOWN),
        (["unfinished", SECRET, "y"], "doesn't take 2 of these arguments"),
        (["delete", "x", f"--token={SECRET}", "--yes"], UNKNOWN),
        (["delete", "x", f"--yes={SECRET}"], "--yes takes no value."),
        (["delete", "x", f"--password-stdin={SECRET}"], "--password-stdin takes no value."),
        (["delete", "x", f"--json={SECRET}"], "--json takes no value."),
        (["delete", "h/x", "--password-stdin", SECRET], "no SERVICE by its form"),
        (["report", "h/x", SECRET], "no SERVICE by its form"),
        (["delete", "x", "--user", f"ann:{SECRET}"], "--user takes the name alone; a password is never an argument."),
        (["delete", "x", "--user"], "--user needs a value."),
        (["delete", "x", "--log-file", ""], "--log-file needs a value."),
        (["delete", "x", "--receipts="], "--receipts needs a value."),
        (["delete", "x", "--y"], "Did you mean --yes?"),
        (["delete", "x", "--verbose"], "Did you mean -v?"),
        (["delete", "x", "--levels", SECRET], "delete doesn't take --levels, an option of delete-tiles."),
        (["check", "x", f"--yes={SECRET}"], "check doesn't take --yes, an option of delete,"),
        (["delete-tiles", "x", "--levels", "3", "--levels", "5"], "--levels can be given only once."),
        (["delete", "--from", SECRET, "--from", SECRET], "--from can be given only once."),
        (["delete", "x", f"--dedline={SECRET}"], "Did you mean --deadline?"),
        (["delete", "x", "--ye"], UNKNOWN),
        (["report", "x", "--js"], UNKNOWN),
        (["report", "x", "--dead", SECRET], "doesn't take 2 of these arguments"),
        (["report", "x", "--yes"], "report doesn't take --yes, an option of delete,"),
        (["rehearse", "--yes"], "rehearse doesn't take --yes, an option of delete,"),
        (["delete", "x", "--per-site", "0"], "--per-site takes a whole number from 1 to 100."),
        (["delete", "x", "--per-site", SECRET], "--per-site takes a whole number from 1 to 100."),
        (["delete", "--from"], "--from needs a value."),
        (["delete", "--yes"], "Missing: SERVICE."),
        (["delete", "x", "--deadline", "0"], SECONDS),
        (["delete", "x", "--deadline", "-1"], SECONDS),
        (["delete", "x", "--deadline", "nan"], SECONDS),
        (["delete", "x", "--deadline", "0h"], SECONDS),
        (["delete", "x", "--deadline", "5x"], SECONDS),
        (["delete", "x", "--deadline", ""], SECONDS),
        (["delete", "x", "--deadline", "1e99"], SECONDS),
        (["delete", "x", "--deadline", SECRET], SECONDS),
        (["delete", "x", f"--deadline={SECRET}"], SECONDS),
    ],
)
def test_wrong_arguments_end_with_2_and_are_not_repeated(
    run: Callable[..., Outcome], arguments: list[str], words: str
) -> None:
    done, as_json = run(*arguments), run(*arguments, "--json")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.said.startswith("ERROR: CT104: ") and words in done.err
    assert (as_json.json["error"]["id"], as_json.json["exit_code"], as_json.code) == ("CT104", 2, 2)
    assert as_json.said == f"ERROR: {as_json.json['error']['text']}\n"
    assert SECRET not in done.out + done.err + as_json.out + as_json.err


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("14400", 14400), ("4h", 14400), ("90m", 5400), ("1h30m", 5400), ("1H5s", 3605), ("45s", 45), ("0.5", 0.5)],
)
def test_a_deadline_is_given_in_hours_minutes_and_seconds(typed: str, meant: float) -> None:
    assert read_arguments(["report", "x", "--deadline", typed]).deadline == meant


def test_json_before_the_command_is_refused_as_json(run: Callable[..., Outcome]) -> None:
    done = run("--json", "delete", "x")
    assert (done.code, done.json["error"]["id"]) == (2, "CT104")


@pytest.mark.parametrize("command", ["delete", "report", "check"])
@pytest.mark.parametrize(
    "service",
    [
        f"https://u:{SECRET}@gis.example.com/server/rest/services/A/FeatureServer",
        f"https://u:p@{SECRET}@gis.example.com/server/rest/services/A/FeatureServer",
        f"u:{SECRET}@gis.example.com/server",
    ],
)
def test_credentials_in_a_service_are_not_repeated(run: Callable[..., Outcome], command: str, service: str) -> None:
    done = run(command, service, *(["--yes"] if command == "delete" else []), "--json")
    assert (done.code, done.json["exit_code"]) == (2, 2)
    assert SECRET not in done.out + done.err


def test_wrong_arguments_in_a_process_of_their_own() -> None:
    done = shell('"$@"', "delete", "x", "--password", SECRET, "--json")
    assert (done.code, done.json["error"]["id"]) == (2, "CT104")
    assert SECRET not in done.out + done.err and "Traceback" not in done.err


def test_the_version_and_the_exit_codes_are_told(run: Callable[..., Outcome]) -> None:
    assert run("--version").out.strip() == __version__
    told = run("--help")
    assert "\n  python -m cachetools_core delete https://gis.example.com/" in told.out
    assert told.code == 0
    assert "0 deleted or nothing to delete, 1 failed, 2 usage, 3 cancelled, 4 sign-in or permission" in " ".join(
        told.out.split()
    )


@pytest.mark.parametrize(
    ("words", "streams"),
    [("--help", ">/dev/full"), ("--version", ">/dev/full"), ("--help", "| :; exit ${PIPESTATUS[0]}")],
)
def test_help_that_nobody_gets_is_no_failure(words: str, streams: str) -> None:
    done = shell(f'"$@" {streams}', words)
    assert (done.code, done.out, done.err) == (0, "", "")


# What the arguments ask for and what can't be done


@pytest.mark.parametrize(
    ("arguments", "stdin", "words"),
    [
        (["--password-stdin"], "p\n", "--password-stdin needs --user"),
        (["--user", "u", "--password-stdin"], "", "no password on standard input"),
        (["--user", "u", "--password-stdin"], "\n", "no password on standard input"),
        (["--user", "u", "--password-stdin"], None, "no password on standard input"),
        (["--user", "u", "--password-stdin"], b"p\xe4ss\n", "can't be read as one line of text"),
        (["--user", "u", "--password-stdin"], "p" * 20_000, "can't be read as one line of text"),
        (["--ca-file", "/no/such/file.pem"], "", "named by you as the CA file) can't be used: No such file"),
    ],
)
@pytest.mark.parametrize("what", ["delete", "report", "check"])
def test_what_can_not_be_done_as_it_stands_ends_with_2(
    run: Callable[..., Outcome], site: Site, what: str, arguments: list[str], stdin: str | bytes | None, words: str
) -> None:
    yes = ["--yes"] if what == "delete" else []
    done = run(what, service_url(site.server), *arguments, *yes, "--json", stdin=stdin)
    assert (done.code, done.json["exit_code"]) == (2, 2)
    assert words in done.json["error"]["text"] and words in done.err
    assert site.server.requests == []


def test_one_object_whatever_fails(run: Callable[..., Outcome]) -> None:
    done = run("report", "nonsense", "--json")
    assert list(json.loads(done.out)) == ["service", "error", "exit_code"]
    assert done.err.count(done.json["error"]["text"]) == 1


@pytest.mark.parametrize(
    "option",
    [["--ca-file", "u:{}@x"], ["--log-file", "/no/u:{}@x"], ["--receipts", "/dev/null/u:{}@x"], ["--from", "u:{}@x"]],
    ids=lambda option: option[0],
)
def test_of_a_path_that_is_typed_nothing_before_its_last_at_sign_is_repeated(
    run: Callable[..., Outcome], option: list[str]
) -> None:
    name, value = option
    service = "https://localhost:1/arcgis/rest/services/R/MapServer"
    done = run("delete", service, "--yes", "--deadline", "5", name, value.format(SECRET))
    assert done.code != 0
    assert SECRET not in done.out + done.err
    assert " x" in done.err
