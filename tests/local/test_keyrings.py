"""Real keyring back ends: Secret Service on a private D-Bus, an encrypted file, none, broken, locked and hanging ones.

Each deletion runs in a process of its own, with standard input closed, as a scheduled task has it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backend import KeyringBackend
from support import command_line
from support.clocks import FastClock
from support.command_line import command
from support.needs import needed
from support.source import ROOT
from support.story import delete, service_url

from cachetools_core.rehearsal.server import Rehearsal

# keyrings.alt's encrypted file asks at the terminal for its master password unless a program hands it over.
OPENED = """
import os
from keyrings.alt.file import EncryptedKeyring
class Opened(EncryptedKeyring):
    def __init__(self):
        super().__init__()
        self.keyring_key = os.environ["MASTER"]
"""
STORE = "import keyring, os; keyring.set_password(*os.environ['ENTRY'].split('|'))"
# Stores nothing without a password of the user's own, asked for by gnome-keyring in a window: nobody is there.
LOCK = """
import secretstorage
with_bus = secretstorage.dbus_init()
secretstorage.get_default_collection(with_bus).lock()
"""
BLOCKED = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "keyring":
            raise ModuleNotFoundError("No module named 'keyring'")
sys.meta_path.insert(0, Blocker())
from cachetools_core.cli.main import main
from cachetools_core.cli.signals import Stop
sys.exit(main(sys.argv[1:], Stop()))
"""


class Outcome(command_line.Outcome):
    """With the error of a deletion's receipt."""

    @property
    def error(self) -> str:
        return str((self.json["error"] or {}).get("text", ""))


def run(arguments: list[str], environment: dict[str, str]) -> Outcome:
    done = subprocess.run(
        arguments,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
        start_new_session=True,  # no terminal to ask on
        timeout=120,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def deletion(server: Rehearsal, *more: str) -> list[str]:
    ca_file = ["--ca-file", str(server.ca_file)] if server.ca_file else []
    return ["delete", service_url(server), *ca_file, "--yes", "--json", *more]


def entry(server: Rehearsal) -> dict[str, str]:
    return {"ENTRY": f"CacheTools:{server.portal or server.site}|{server.username}|{server.password}"}


def without_ca_file(server: Rehearsal) -> list[str]:
    return ["delete", service_url(server), "--yes", "--json"]


def stored_and_removed(server: Rehearsal, *user: str) -> list[str]:
    """A sign-in is stored, used with standard input closed, and removed, each a line of a shell script."""
    stores = ["sign-in", server.site, "--user", server.username, "--ca-file", str(server.ca_file)]
    return [
        """printf '%s\\n' "$SECRET" | """ + shell(*command(*stores, "--password-stdin", "--json")),
        shell(*command(*without_ca_file(server), *user)).rstrip() + " <&-\n",
        shell(*command("sign-in", server.site, "--remove", "--json")),
    ]


def answers_in(out: str) -> list[Any]:
    """The JSON objects that several commands have printed, one after the other."""
    found, reader = [], json.JSONDecoder()
    while out := out.strip():
        one, end = reader.raw_decode(out)
        found.append(one)
        out = out[end:]
    return found


def assert_nothing_told(server: Rehearsal, outcome: Outcome) -> None:
    assert server.password not in outcome.out + outcome.err


# Secret Service


@pytest.fixture
def secret_service(own_home: Path, tmp_path: Path) -> Callable[..., Outcome]:
    """Run a shell script on a D-Bus of its own, with an unlocked gnome-keyring in a home of its own."""
    for program, package in (("gnome-keyring-daemon", "gnome-keyring"), ("dbus-run-session", "dbus")):
        if shutil.which(program) is None:
            needed(f"needs {program} of the Debian package {package}")
    for module in ("secretstorage", "jeepney"):
        if not _importable(module):
            needed(f"needs the Python package {module}")
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    environment = {
        "XDG_RUNTIME_DIR": str(runtime),
        "XDG_CACHE_HOME": str(own_home),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
        "GNOME_KEYRING_CONTROL": "",
        "DISPLAY": "",
    }
    begin = 'printf "a login password" | gnome-keyring-daemon --unlock --components=secrets >/dev/null || exit 99\n'

    def execute(script: str, **more: str) -> Outcome:
        return run(["dbus-run-session", "--", "sh", "-ec", begin + script], {**environment, **more})

    return execute


def _importable(module: str) -> bool:
    try:
        __import__(module)
    except ImportError:
        return False
    return True


def shell(*arguments: str) -> str:
    return " ".join("'" + argument.replace("'", "'\\''") + "'" for argument in arguments) + "\n"


@pytest.mark.parametrize("kind", ["stand-alone", pytest.param("federated", marks=pytest.mark.thorough)])
def test_an_account_in_gnome_keyring_is_found_by_the_service_alone(
    rehearsal: Callable[..., Rehearsal], secret_service: Callable[..., Outcome], kind: str
) -> None:
    server = rehearsal(federated=kind == "federated")
    done = secret_service(shell(sys.executable, "-c", STORE) + shell(*command(*deletion(server))), **entry(server))
    assert done.code == 0, done.err
    assert (done.json["verdict"], done.json["account"]) == ("deleted", server.username)
    assert f"Signed in as {server.username}: keyring entry 'CacheTools:{server.portal or server.site}'." in done.err
    assert not server.cache("Rainfall").folder.exists()
    assert_nothing_told(server, done)


@pytest.mark.thorough
def test_a_user_name_finds_it_in_gnome_keyring_too(server: Rehearsal, secret_service: Callable[..., Outcome]) -> None:
    arguments = deletion(server, "--user", server.username)
    done = secret_service(shell(sys.executable, "-c", STORE) + shell(*command(*arguments)), **entry(server))
    assert (done.code, done.json["verdict"]) == (0, "deleted"), done.err


def test_an_empty_gnome_keyring_lists_where_it_was_looked(
    server: Rehearsal, secret_service: Callable[..., Outcome]
) -> None:
    done = secret_service(shell(*command(*deletion(server))))
    assert (done.code, done.json["error"]["id"]) == (4, "CT401"), done.err
    assert f"keyring entry 'CacheTools:{server.site}': nothing found without a user name" in done.error


def test_a_locked_gnome_keyring_that_nobody_unlocks_ends_in_time(
    server: Rehearsal, secret_service: Callable[..., Outcome]
) -> None:
    """gnome-keyring would open a window to ask for the password; without a display the back end gives up or waits."""
    script = shell(sys.executable, "-c", STORE) + shell(sys.executable, "-c", LOCK)
    done = secret_service(script + shell(*command(*deletion(server))), **entry(server))
    assert (done.code, done.json["error"]["id"]) == (4, "CT401"), done.err
    assert "the keyring" in done.error and server.requests[-1].step == "info"
    assert_nothing_told(server, done)


@pytest.mark.thorough
def test_no_secret_service_at_all(server: Rehearsal, own_home: Path) -> None:
    if not _importable("secretstorage"):
        needed("needs the Python package secretstorage")
    done = run(
        command(*deletion(server)),
        {
            "PYTHON_KEYRING_BACKEND": "keyring.backends.SecretService.Keyring",
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={own_home}/no-bus",
        },
    )
    assert (done.code, done.json["error"]["id"]) == (4, "CT401"), done.err
    assert "the keyring can't be used here (" in done.error


@pytest.mark.parametrize("kind", ["stand-alone", pytest.param("federated", marks=pytest.mark.thorough)])
def test_a_sign_in_goes_into_gnome_keyring_and_out_of_it_again(
    rehearsal: Callable[..., Rehearsal], secret_service: Callable[..., Outcome], own_home: Path, kind: str
) -> None:
    server = rehearsal(federated=kind == "federated")
    home = server.portal or server.site
    steps = [*stored_and_removed(server), "! " + shell(*command(*without_ca_file(server)))]
    done = secret_service("".join(steps), SECRET=server.password)
    assert done.code == 0, done.err
    stored, deleted, removed, again = answers_in(done.out)
    assert (stored["address"], stored["username"]) == (home, server.username)
    assert (deleted["verdict"], deleted["account"]) == ("deleted", server.username)
    assert removed["accounts"] == [{"address": home, "username": server.username}]
    assert again["error"]["id"] == "CT401" and f"keyring entry 'CacheTools:{home}': nothing" in again["error"]["text"]
    assert f'python -m cachetools_core sign-in "{server.site}" --user NAME.' in again["error"]["text"]
    assert_nothing_told(server, done)
    kept = [file.read_bytes() for file in (own_home / "CacheTools").rglob("*.*")]
    assert kept and not any(server.password.encode() in content for content in kept)


@pytest.mark.thorough
def test_a_locked_gnome_keyring_takes_no_sign_in(
    server: Rehearsal, secret_service: Callable[..., Outcome], own_home: Path
) -> None:
    script = shell(sys.executable, "-c", STORE) + shell(sys.executable, "-c", LOCK) + stored_and_removed(server)[0]
    done = secret_service(script, SECRET=server.password, **entry(server))
    assert (done.code, done.json["error"]["id"]) == (4, "CT404"), done.err
    assert_nothing_told(server, done)
    assert not (own_home / "CacheTools").exists()


# An encrypted file


@pytest.fixture
def master(tmp_path: Path) -> dict[str, str]:
    """An environment in which the encrypted file is opened by a master password."""
    if not (_importable("keyrings.alt.file") and _importable("Crypto")):
        needed("needs the Python packages keyrings.alt and pycryptodome")
    (tmp_path / "opened.py").write_text(OPENED, encoding="utf-8")
    return {
        "PYTHONPATH": str(tmp_path),
        "PYTHON_KEYRING_BACKEND": "opened.Opened",
        "MASTER": "the master password",
    }


@pytest.fixture
def encrypted(server: Rehearsal, master: dict[str, str]) -> Rehearsal:
    """A server whose account is in the encrypted file."""
    stored = run([sys.executable, "-c", STORE], {**master, **entry(server)})
    assert stored.code == 0, stored.err
    return server


@pytest.mark.thorough
def test_an_encrypted_file_gives_the_password_of_a_named_user(encrypted: Rehearsal, master: dict[str, str]) -> None:
    done = run(command(*deletion(encrypted, "--user", encrypted.username)), master)
    assert (done.code, done.json["verdict"]) == (0, "deleted"), done.err
    assert_nothing_told(encrypted, done)


@pytest.mark.thorough
def test_an_encrypted_file_can_not_be_searched_and_the_error_says_to_name_the_user(
    encrypted: Rehearsal, master: dict[str, str]
) -> None:
    done = run(command(*deletion(encrypted)), master)
    assert (done.code, done.json["error"]["id"]) == (4, "CT401")
    assert (
        "nothing found without a user name; some keyrings, such as encrypted files, need one: --user NAME" in done.error
    )


@pytest.mark.thorough
@pytest.mark.parametrize(
    "wrong", [{"MASTER": "wrong"}, {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.EncryptedKeyring"}]
)
def test_an_encrypted_file_that_can_not_be_opened_asks_nobody(
    encrypted: Rehearsal, master: dict[str, str], wrong: dict[str, str]
) -> None:
    done = run(command(*deletion(encrypted, "--user", encrypted.username)), {**master, **wrong})
    assert (done.code, done.json["error"]["id"]) == (4, "CT401"), done.err
    assert "the keyring can't be used here (" in done.error
    assert_nothing_told(encrypted, done)


def test_a_sign_in_goes_into_an_encrypted_file_and_out_of_it_again(server: Rehearsal, master: dict[str, str]) -> None:
    """It can't be searched, but the user name was noted when it was stored."""
    script = "".join(stored_and_removed(server, "--user", server.username))
    done = run(["sh", "-ec", script], {**master, "SECRET": server.password})
    assert done.code == 0, done.err
    stored, deleted, removed = answers_in(done.out)
    assert (stored["address"], deleted["verdict"], removed["removed"]) == (server.site, "deleted", 1)
    again = run(command(*deletion(server, "--user", server.username)), master)
    assert f"keyring entry 'CacheTools:{server.site}' of {server.username}: nothing stored" in again.error
    assert_nothing_told(server, done)


@pytest.mark.thorough
def test_an_encrypted_file_that_can_not_be_opened_takes_no_sign_in(
    encrypted: Rehearsal, master: dict[str, str]
) -> None:
    asks = {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.EncryptedKeyring"}
    script = stored_and_removed(encrypted)[0]
    done = run(["sh", "-ec", script], {**master, "SECRET": encrypted.password, **asks})
    assert (done.code, done.json["error"]["id"]) == (4, "CT404"), done.err
    assert_nothing_told(encrypted, done)


# None


def test_without_the_package_keyring_an_account_can_still_be_given(server: Rehearsal) -> None:
    done = run([sys.executable, "-c", BLOCKED, *deletion(server)], {})
    assert (done.code, done.json["error"]["id"]) == (4, "CT401"), done.err
    assert "the keyring can't be used here (ModuleNotFoundError)" in done.error
    piped = subprocess.run(
        [sys.executable, "-c", BLOCKED, *deletion(server, "--user", server.username, "--password-stdin")],
        input=server.password,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert piped.returncode == 0, piped.stderr


def test_a_machine_without_any_back_end(server: Rehearsal) -> None:
    done = run(command(*deletion(server)), {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"})
    assert (done.code, done.json["error"]["id"]) == (4, "CT401"), done.err
    assert "the keyring can't be used here (NoKeyringError)" in done.error
    assert f'python -m cachetools_core sign-in "{server.site}" --user NAME' in done.error


def test_standard_input_closed_and_an_account_in_the_keyring(encrypted: Rehearsal, master: dict[str, str]) -> None:
    arguments = command(*deletion(encrypted, "--user", encrypted.username))
    done = run(["sh", "-c", 'exec "$@" <&-', "sh", *arguments], master)
    assert (done.code, done.json["verdict"]) == (0, "deleted"), done.err


# Broken ones


class Odd(KeyringBackend):
    """A back end that raises what it is told to."""

    priority = 1

    def __init__(self, trouble: BaseException) -> None:
        super().__init__()
        self.trouble = trouble

    def get_password(self, service: str, username: str) -> str | None:
        raise self.trouble

    def get_credential(self, service: str, username: str | None) -> Any:
        raise self.trouble

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.trouble


class Panic(BaseException):
    """As extension modules written in Rust raise: no Exception."""


@pytest.mark.parametrize(
    "trouble",
    [
        RuntimeError("hush-secret"),
        Panic("hush-secret"),
        SystemExit("hush-secret"),
        KeyboardInterrupt("hush-secret"),
        UnicodeDecodeError("utf-8", b"hush-secret", 0, 1, "hush-secret"),
        OSError(13, "hush-secret", "hush-secret"),
        TimeoutError("hush-secret"),
    ],
    ids=lambda one: type(one).__name__,
)
@pytest.mark.parametrize("username", [None, "siteadmin"])
def test_what_a_back_end_raises_is_told_by_its_kind_alone(
    server: Rehearsal, own_home: Path, trouble: BaseException, username: str | None
) -> None:
    (own_home / ".agsprofile").write_text(f"[p]\nurl = {server.site}\nusername = siteadmin\n", encoding="utf-8")
    keyring.set_keyring(Odd(trouble))
    receipt = delete(server, account=None, username=username)
    assert receipt.error is not None and receipt.error.message_id == "CT401"
    assert str(receipt.error).count(f"the keyring can't be used here ({type(trouble).__name__})") == 2
    assert "hush" not in receipt.to_json() + receipt.to_html() + receipt.to_text()
    assert receipt.error.__cause__ is None and receipt.error.__context__ is None


def test_a_keyring_that_hangs_is_left_alone_after_a_while(server: Rehearsal) -> None:
    class Hanging(Odd):
        def get_credential(self, service: str, username: str | None) -> Any:
            leave.wait()

    leave = threading.Event()
    keyring.set_keyring(Hanging(RuntimeError()))
    try:
        receipt = delete(server, account=None, clock=FastClock(100.0))
    finally:
        leave.set()
    assert receipt.error is not None and receipt.error.message_id == "CT401"
    assert "the keyring gave no answer; it may be locked and waiting for somebody" in str(receipt.error)


@pytest.mark.parametrize("entry", [("", "p"), ("u", ""), ("", ""), (7, "p"), ("u", b"p"), ("u", 7)])
def test_an_entry_without_user_or_password_is_none(server: Rehearsal, entry: tuple[Any, Any]) -> None:
    from keyring.credentials import SimpleCredential

    class Empty(Odd):
        def get_credential(self, service: str, username: str | None) -> Any:
            return SimpleCredential(*entry)

    keyring.set_keyring(Empty(RuntimeError()))
    receipt = delete(server, account=None)
    assert receipt.error is not None and receipt.error.message_id == "CT401"
    assert [request.step for request in server.requests] == ["info"]
