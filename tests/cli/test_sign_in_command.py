"""`sign-in`: stores after trying, lists, removes; a password comes unseen or piped, and never shows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command_line import Outcome, PseudoTerminal, Site, ended, started
from support.needs import needed

from cachetools_core.local.folders import application_folder
from cachetools_core.rehearsal.server import Rehearsal


@pytest.fixture
def file_of_keyring(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A keyring that is a plain file, for commands in processes of their own; it can't be searched."""
    try:
        import keyrings.alt.file  # noqa: F401
    except ImportError:
        needed("needs the Python package keyrings.alt")
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    monkeypatch.setenv("KEYRING_PROPERTY_FILE_PATH", str(own_home / "keyring.cfg"))
    return own_home / "keyring.cfg"


def sign_in(server: Rehearsal, *more: str) -> list[str]:
    return ["sign-in", server.site, "--user", server.username, "--ca-file", str(server.ca_file), *more]


def carry_out(*arguments: str, given: str = "") -> Outcome:
    return ended(started(*arguments, given=given))


def test_a_piped_password_is_stored_and_a_run_with_standard_input_closed_signs_in(
    server: Rehearsal, file_of_keyring: Path
) -> None:
    done = carry_out(*sign_in(server, "--password-stdin", "--json"), given=f"{server.password}\n")
    assert done.code == 0, done.err
    assert done.json == {
        "site": server.site, "address": server.site, "username": server.username,
        "certificate_file": done.json["certificate_file"], "cache_directory": "", "exit_code": 0,
    }  # fmt: skip
    assert server.password not in done.out + done.err
    service = f"{server.site}/rest/services/Rainfall/MapServer"
    deleted = carry_out("delete", service, "--yes", "--json")  # the keyring can't be searched, the user was noted
    assert (deleted.code, deleted.json["verdict"]) == (0, "deleted"), deleted.err
    removed = carry_out("sign-in", server.site, "--remove", "--json")
    assert (removed.code, removed.json["removed"]) == (0, 1)
    again = carry_out("report", service, "--user", server.username)
    assert again.code == 4 and f"keyring entry 'CacheTools:{server.site}' of {server.username}: nothing" in again.err
    assert f'python -m cachetools_core sign-in "{server.site}" --user NAME' in again.err


def test_a_password_is_asked_for_on_a_terminal_and_never_seen(server: Rehearsal, file_of_keyring: Path) -> None:
    terminal = PseudoTerminal(*sign_in(server))
    terminal.wait_for(f"Password of {server.username} for {server.site} (it isn't shown): ")
    terminal.type(f"{server.password}\n")
    code, out = terminal.end()
    assert code == 0 and f"Stored in the keyring: {server.username}, under 'CacheTools:{server.site}'." in out
    assert server.password not in terminal.shown + out
    assert file_of_keyring.exists()


def test_ctrl_c_at_the_question_stores_nothing(server: Rehearsal, file_of_keyring: Path) -> None:
    terminal = PseudoTerminal(*sign_in(server), controlling=True)
    terminal.wait_for("(it isn't shown): ")
    terminal.type("half a pass\x03")
    code, _ = terminal.end()
    assert code == 3 and "half" not in terminal.shown
    assert not file_of_keyring.exists() and server.requests == []


def test_a_wrong_password_ends_with_4_and_stores_nothing(server: Rehearsal, file_of_keyring: Path) -> None:
    done = carry_out(*sign_in(server, "--password-stdin"), given="wrong-canary\n")
    assert done.code == 4 and done.said.startswith("ERROR: CT402: ") and "canary" not in done.out + done.err
    assert not file_of_keyring.exists()
    assert carry_out("sign-in", "--list").out == "Nothing is stored.\n"


def test_the_list_shows_sites_and_users_and_no_password(
    run: Callable[..., Outcome], site: Site, file_of_keyring: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    server = site.server
    arguments = sign_in(server, "--password-stdin", "--cache-directory", str(own_home))
    assert carry_out(*arguments, given=site.password).code == 0
    listed = run("sign-in", "--list")
    assert listed.code == 0
    assert listed.out == f"{server.site}: account {server.username}; cache directory {own_home}\n"
    (one,) = run("sign-in", "--list", "--json").json["sites"]
    assert (one["address"], one["usernames"], one["cache_directory"]) == (server.site, [server.username], str(own_home))
    assert server.password not in listed.out + json.dumps(one)


@pytest.mark.usefixtures("own_home")
def test_a_list_that_cannot_be_read_is_not_an_empty_one(run: Callable[..., Outcome]) -> None:
    file = application_folder() / "sites"
    file.parent.mkdir(parents=True)
    file.write_text("")
    done = run("sign-in", "--list")
    assert done.code == 1 and done.said.startswith("ERROR: CT506: ") and str(file) in done.said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "Missing: SITE."),
        (["https://h/server"], "Missing: --user."),
        (["https://h/server", "--user", "u"], "this is no interactive terminal. Pipe it in"),
        (["https://h/server", "--user", "u", "--password-stdin"], "no password on standard input"),
        (["--list", "--remove"], "can't be used together"),
        (["https://h/server", "--list"], "takes no SITE and no --user"),
        (["--remove"], "Missing: SITE."),
        (["https://h/server", "--remove", "--password-stdin"], "take no password, CA file or cache directory"),
        (["https://h/server", "--remove", "--cache-directory", "x"], "take no password, CA file or cache directory"),
        (["https://h/server", "--user", "u", "--password", "hunter2"], "A password is never an argument"),
    ],
)
def test_what_can_not_be_done_as_it_stands(run: Callable[..., Outcome], arguments: list[str], words: str) -> None:
    done = run("sign-in", *arguments)
    assert done.code == 2 and done.said.startswith("ERROR: CT104: ") and words in done.err
    assert "hunter2" not in done.out + done.err


@pytest.mark.parametrize("text", ["gis.example.com/server", "ftp://h/server", "https://u:hunter2@h/server", "x"])
def test_what_names_no_site(run: Callable[..., Outcome], text: str) -> None:
    done = run("sign-in", text, "--user", "u", "--password-stdin", stdin="p-canary\n")
    assert done.code == 2 and done.said.startswith("ERROR: CT101: ")
    assert "hunter2" not in done.err and "canary" not in done.err
