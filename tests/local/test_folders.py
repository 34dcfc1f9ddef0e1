"""Where CacheTools keeps its files, also in odd places: one message with an id, or a journal that works."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.journals import NOBODY, as_user

from cachetools_core.errors import JournalError
from cachetools_core.local.folders import application_folder, application_folders

NO_SUCH_USER = 54321
VARIABLES = ("HOME", "USERPROFILE", "HOMEDRIVE", "HOMEPATH", "XDG_DATA_HOME", "LOCALAPPDATA")


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sets these variables, and none of the others that name a folder."""

    def set_only(platform: str, variables: Mapping[str, str]) -> None:
        for variable in VARIABLES:
            monkeypatch.delenv(variable, raising=False)
        for variable, value in variables.items():
            monkeypatch.setenv(variable, value)
        monkeypatch.setattr(sys, "platform", platform)

    return set_only


@pytest.mark.parametrize(
    ("platform", "variables", "folders"),
    [
        ("linux", {"HOME": "/home/a", "XDG_DATA_HOME": "/data/x"}, ["/data/x", "/home/a/.local/share"]),
        ("linux", {"HOME": "/home/a"}, ["/home/a/.local/share"]),
        ("linux", {"HOME": "/home/a", "XDG_DATA_HOME": ""}, ["/home/a/.local/share"]),
        ("linux", {"HOME": "/home/a", "XDG_DATA_HOME": "data"}, ["/home/a/.local/share"]),
        ("linux", {"HOME": "/home/a", "XDG_DATA_HOME": "./data"}, ["/home/a/.local/share"]),
        ("linux", {"HOME": "/home/a", "XDG_DATA_HOME": "~/data"}, ["/home/a/.local/share"]),
        ("linux", {"HOME": "/home/a", "XDG_DATA_HOME": "/home/a/.local/share"}, ["/home/a/.local/share"]),
        ("linux", {"HOME": "a", "XDG_DATA_HOME": "/data/x"}, ["/data/x"]),
        ("linux", {"HOME": "a"}, []),
        ("darwin", {"HOME": "/home/a", "LOCALAPPDATA": "/no"}, ["/home/a/.local/share"]),
        ("win32", {"LOCALAPPDATA": "/u/a/AppData/Local", "HOME": "/u/a"}, ["/u/a/AppData/Local"]),
        ("win32", {"LOCALAPPDATA": "/d", "HOME": "/u/a", "XDG_DATA_HOME": "/no"}, ["/d", "/u/a/AppData/Local"]),
        ("win32", {"LOCALAPPDATA": "", "HOME": "/u/a"}, ["/u/a/AppData/Local"]),
        ("win32", {"HOME": "/u/a"}, ["/u/a/AppData/Local"]),
    ],
)
def test_the_application_folders_are_the_users_own(
    only: Any, platform: str, variables: dict[str, str], folders: list[str]
) -> None:
    only(platform, variables)
    assert [folder.as_posix() for folder in application_folders()] == [f"{folder}/CacheTools" for folder in folders]
    if folders:
        assert application_folder() == application_folders()[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no list of users to look into")
@pytest.mark.parametrize("home", [None, ""])
def test_a_user_without_home_variable_has_the_one_in_the_list_of_users(only: Any, home: str | None) -> None:
    import pwd

    only("linux", {} if home is None else {"HOME": home})
    assert application_folder() == Path(pwd.getpwuid(os.getuid()).pw_dir) / ".local" / "share" / "CacheTools"


@pytest.mark.parametrize(("platform", "variable"), [("linux", "XDG_DATA_HOME"), ("win32", "LOCALAPPDATA")])
def test_no_home_at_all_is_an_error_that_says_what_to_set(only: Any, platform: str, variable: str) -> None:
    only(platform, {"HOME": "nowhere"})
    with pytest.raises(JournalError) as raised:
        application_folder()
    assert (raised.value.message_id, f"set {variable} to a folder" in raised.value.remedy) == ("CT502", True)


# What becomes of a journal there

USE = """
import json
from cachetools_core.errors import CacheToolsError
from cachetools_core.local.journal import Journal, unfinished
SERVICE = "https://gis.example.com/server/rest/services/Rainfall/MapServer"
said = []
def look():
    return Journal(SERVICE).entry()
def look_at_all():
    return list(unfinished())
def check():
    return Journal(SERVICE).check_usable()
def delete():
    with Journal(SERVICE).held() as journal:
        return journal.entry()
for act in (look, look_at_all, check, delete):
    try:
        said.append(act())
    except CacheToolsError as error:
        said.append(str(error))
print(json.dumps(said))
"""
FINE: list[Any] = [None, [], None, None]


def refused(said: list[Any]) -> str:
    """What a deletion said in a place that can't be used; those who only look may say it too, or nothing."""
    look, look_at_all, check, delete = said
    assert check == delete, "what a deletion would say is known before"
    assert delete.startswith("CT502: ") and delete.count("CT502") == 1
    assert look is None or look.startswith("CT502: ")
    assert look_at_all == [] or look_at_all.startswith("CT502: ")
    return str(delete)


@pytest.mark.skipif(not os.path.isdir("/sys/kernel"), reason="needs a file system that takes no folders")
def test_a_file_system_that_takes_no_folders() -> None:
    said = refused(as_user(USE, variables={"XDG_DATA_HOME": "/sys"}))
    assert "set XDG_DATA_HOME" in said


def test_a_path_that_is_too_long(tmp_path: Path) -> None:
    said = refused(as_user(USE, variables={"XDG_DATA_HOME": f"{tmp_path}/{'x' * 300}"}))
    assert "File name too long" in said and "set XDG_DATA_HOME" in said
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_is_too_deep(tmp_path: Path) -> None:
    assert "File name too long" in refused(as_user(USE, variables={"XDG_DATA_HOME": f"{tmp_path}{'/x' * 3000}"}))
    assert list(tmp_path.iterdir()) == []


def test_a_relative_path_is_ignored_and_makes_nothing_where_the_run_stands(own_home: Path) -> None:
    assert as_user(USE, variables={"XDG_DATA_HOME": "data"}) == FINE
    assert (own_home / ".local" / "share" / "CacheTools" / "journal").is_dir()


def test_a_path_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    said = refused(as_user(USE, variables={"XDG_DATA_HOME": f"{file}/\udcff\nCT999"}))
    assert said.isprintable()


@pytest.mark.parametrize("part", ["home", "home/CacheTools", "home/CacheTools/journal"])
def test_a_file_where_a_folder_should_be(part: str, tmp_path: Path) -> None:
    file = tmp_path / part
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("")
    said = refused(as_user(USE, variables={"XDG_DATA_HOME": str(tmp_path / "home")}))
    assert "can't be written" in said


def test_a_user_who_is_on_no_list_and_has_no_home() -> None:
    said = refused(as_user(USE, variables={"HOME": None, "XDG_DATA_HOME": None}, user=NO_SUCH_USER))
    assert "this user has no home folder" in said


def test_a_home_that_is_closed_to_this_user(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(0o700)
    said = refused(as_user(USE, variables={"HOME": str(home), "XDG_DATA_HOME": None}, user=NOBODY))
    assert "Permission denied" in said
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("mode", [0o500, 0o000])
def test_a_home_that_cannot_be_written(mode: int, a_home_of_nobody: Path) -> None:
    a_home_of_nobody.chmod(mode)
    said = refused(as_user(USE, variables={"HOME": str(a_home_of_nobody), "XDG_DATA_HOME": None}, user=NOBODY))
    assert "Permission denied" in said


def test_a_closed_home_doesnt_matter_where_another_place_is_named(tmp_path: Path, a_home_of_nobody: Path) -> None:
    variables = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(a_home_of_nobody)}
    assert as_user(USE, variables=variables, user=NOBODY) == FINE


def test_a_journal_of_another_user_is_told(a_home_of_nobody: Path) -> None:
    variables = {"HOME": str(a_home_of_nobody), "XDG_DATA_HOME": None}
    assert as_user(USE, variables=variables) == FINE
    (a_home_of_nobody / ".local").chmod(0o755)
    (a_home_of_nobody / ".local" / "share").chmod(0o755)
    said = refused(as_user(USE, variables=variables, user=NOBODY))
    assert "Permission denied" in said
