"""Passwords: from a program, from a pipe, or typed unseen; never shown and never repeated."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support.command_line import LONG_ENOUGH, Outcome, PseudoTerminal, Site
from support.story import service_url

from cachetools_core.rehearsal.server import Rehearsal

SECRET = "canary7Qz"


def prints(tmp_path: Path, text: str) -> str:
    """A command whose program does what the text says; the path has a blank in it."""
    script = tmp_path / "a program.py"
    script.write_text(text, encoding="utf-8")
    return f'"{sys.executable}" "{script}" {SECRET}'


def given(site: Site, command: str) -> list[str]:
    return [*(one for one in site.to() if one != "--password-stdin"), "--password-command", command]


def test_the_first_line_of_a_program_is_the_password(run: Callable[..., Outcome], site: Site, tmp_path: Path) -> None:
    command = prints(tmp_path, f"print({site.password.strip()!r}); print('notes\\n' * 100000)")
    done = run("report", *given(site, command))
    assert done.code == 0 and "given for this run" in done.err
    assert SECRET not in done.out + done.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"print('{SECRET}'); import sys; sys.exit('{SECRET}')", "failed with exit code 1"),
        ("print()", "is empty, too long or not text"),
        ("", "is empty, too long or not text"),
        (f"print('{SECRET}' * 2000)", "is empty, too long or not text"),
        ("import sys; sys.stdout.buffer.write(b'p\\xe4ss\\n')", "is empty, too long or not text"),
    ],
)
def test_a_program_that_gives_no_password(
    run: Callable[..., Outcome], site: Site, tmp_path: Path, text: str, words: str
) -> None:
    done = run("report", *given(site, prints(tmp_path, text)), "--json")
    assert (done.code, done.json["error"]["id"], site.server.requests) == (2, "CT104", [])
    assert words in done.err and SECRET not in done.out + done.err


@pytest.mark.parametrize("letter", ["\0", "\x1b[D", "\x7f"])
def test_a_password_that_no_keyboard_gives_is_not_tried(
    run: Callable[..., Outcome], site: Site, tmp_path: Path, letter: str
) -> None:
    piped = run("report", *site.to(), stdin=f"{SECRET}{letter}\n")
    printed = run("report", *given(site, prints(tmp_path, f"print({SECRET + letter!r})")))
    for done in (piped, printed):
        assert done.code == 2 and "holds a control character" in done.err and SECRET not in done.out + done.err
    assert site.server.requests == []


def test_the_mark_before_a_text_in_utf_8_is_no_part_of_the_password(
    run: Callable[..., Outcome], site: Site, tmp_path: Path
) -> None:
    marked = f"\ufeff{site.password}"
    program = f"import sys; sys.stdout.buffer.write({marked.encode()!r})"
    assert run("check", *site.to(), stdin=marked).code == 0
    assert run("check", *given(site, prints(tmp_path, program))).code == 0


@pytest.mark.parametrize("command", [f"/no/such/{SECRET}", f'"{SECRET}', " ", f"{SECRET}; touch pwned"])
def test_a_program_that_can_not_be_started_is_not_named(run: Callable[..., Outcome], site: Site, command: str) -> None:
    done = run("report", *given(site, command))
    assert done.code == 2 and "can't be started" in done.err and SECRET not in done.out + done.err


def test_a_program_is_ended_with_the_run(run: Callable[..., Outcome], site: Site, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    text = f"import os, pathlib, time; pathlib.Path({str(note)!r}).write_text(str(os.getpid())); time.sleep(600)"
    for seconds in LONG_ENOUGH:
        done = run("report", *given(site, prints(tmp_path, text)), "--deadline", seconds)
        assert done.code == 1 and "CT203" in done.err and "--password-command program" in done.err
        if note.exists():
            break
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


@pytest.mark.parametrize("more", [["--password-stdin"], []])
def test_a_password_comes_one_way_and_for_somebody(run: Callable[..., Outcome], more: list[str]) -> None:
    done = run("report", "https://h/server/rest/services/A/MapServer", "--password-command", SECRET, *more)
    words = "can't be used together" if more else "--password-command needs --user"
    assert done.code == 2 and words in done.err and SECRET not in done.err


def test_a_blank_at_the_end_is_told(run: Callable[..., Outcome], site: Site, tmp_path: Path) -> None:
    password = f"{site.password.strip()} "
    for done in (
        run("report", *site.to(), stdin=f"{password}\n"),
        run("report", *given(site, prints(tmp_path, f"print({password!r})"))),
    ):
        assert done.code == 4 and done.err.count("WARNING: The password ends with a space") == 1


def test_a_program_that_prints_a_line_without_an_end_is_not_waited_for(
    run: Callable[..., Outcome], site: Site, tmp_path: Path
) -> None:
    done = run("report", *given(site, prints(tmp_path, "while True: print('x' * 1000, end='')")))
    assert done.code == 2 and "is empty, too long or not text" in done.err


def test_an_account_that_is_not_stored_is_asked_for_unseen(server: Rehearsal) -> None:
    terminal = PseudoTerminal("report", service_url(server), "--ca-file", str(server.ca_file), "--json")
    terminal.wait_for(f"User name for {server.site}: ")
    terminal.type(f"{server.username}\n")
    terminal.wait_for("(it isn't shown): ")
    terminal.type(f"{server.password}\n")
    code, out = terminal.end()
    assert code == 0 and server.password not in terminal.shown + out


def test_what_is_typed_for_password_stdin_is_not_shown(server: Rehearsal) -> None:
    terminal = PseudoTerminal("check", *Site(server).to(), "--json")
    terminal.wait_for("(it isn't shown): ")
    terminal.type(f"{server.password}\n")
    code, out = terminal.end()
    assert (code, terminal.echoes) == (0, True) and server.password not in terminal.shown + out


def test_nobody_is_asked_where_there_is_no_terminal(run: Callable[..., Outcome], server: Rehearsal) -> None:
    done = run("report", service_url(server), "--ca-file", str(server.ca_file), "--user", "siteadmin")
    assert done.code == 4 and "the terminal: there is nobody to ask" in done.err
    assert "--password-command CMD, a program that prints the password" in done.err


def test_two_sites_are_asked_for_one_after_the_other(
    rehearsal: Callable[..., Rehearsal], server: Rehearsal, tmp_path: Path
) -> None:
    """Else what is typed for one of them could go to the other, and the terminal show it."""
    sites = {one.site: one for one in (server, rehearsal(services=1))}
    ca_file = tmp_path / "both.pem"
    ca_file.write_text("".join(one.ca_file.read_text() for one in sites.values()))
    services = [service_url(one) for one in sites.values()]
    arguments = "report", *services, "--ca-file", str(ca_file), "--user", server.username
    terminal = PseudoTerminal(*arguments, stdout=None, controlling=True)
    asked: list[str] = []
    for number in (1, 2):
        terminal.wait_for("(it isn't shown): ", number)
        (site,) = (one for one in sites if f"for {one} (it isn't shown): " in terminal.shown and one not in asked)
        asked.append(site)
        if number == 1:
            terminal.type(f"{sites[site].password}\n")
    assert terminal.shown.rpartition("\n")[2].count("Password of") == 1
    terminal.type("\x03")
    assert terminal.end()[0] == 3 and "stopped before it was read" in terminal.shown
    steps = [[one.step for one in sites[site].requests].count("token") for site in asked]
    assert steps == [1, 0] and server.password not in terminal.shown and terminal.echoes
