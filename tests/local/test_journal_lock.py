"""The journal's lock: one run at a time, and only while its file is still the one that is locked."""

from __future__ import annotations

import errno
import fcntl
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.entries import ENTRY, OTHER, SERVICE
from support.journals import entry_of, holding

from cachetools_core.errors import AlreadyRunning, JournalError
from cachetools_core.local.journal import Journal, forget


def lock_of(folder: Path) -> Path:
    return Journal(SERVICE, folder).file.with_suffix(".lock")


def try_to_hold(folder: Path, service: str = SERVICE) -> None:
    with Journal(service, folder).held():
        pass


def test_a_second_process_is_locked_out_and_another_service_is_not(folder: Path) -> None:
    with holding(SERVICE, folder):
        with pytest.raises(AlreadyRunning, match="Another run of CacheTools on this machine"):
            try_to_hold(folder)
        try_to_hold(folder, OTHER)
        assert entry_of(SERVICE, folder) is None


def test_a_second_run_of_the_same_process_is_locked_out_too(folder: Path) -> None:
    with Journal(SERVICE, folder).held(), pytest.raises(AlreadyRunning):
        try_to_hold(folder)


def test_the_lock_ends_with_its_process_however_that_ends(folder: Path) -> None:
    with holding(SERVICE, folder) as process:
        process.kill()
        process.wait()
        try_to_hold(folder)


def test_the_lock_is_released_at_the_end_and_its_file_stays_for_those_who_wait(folder: Path) -> None:
    with Journal(SERVICE, folder).held() as journal:
        locked = lock_of(folder).stat().st_ino
        assert journal.still_held
        journal.check_held()
    assert not journal.still_held
    try_to_hold(folder)
    assert lock_of(folder).stat().st_ino == locked


def test_what_isnt_held_is_neither_written_nor_cleared(folder: Path) -> None:
    with Journal(SERVICE, folder).held() as journal:
        journal.write(ENTRY)
    for forbidden in (journal.check_held, journal.clear, lambda: journal.write(ENTRY.with_job("j1"))):
        with pytest.raises(JournalError, match="removed or replaced"):
            forbidden()
    assert entry_of(SERVICE, folder) == ENTRY


def test_an_entry_is_not_forgotten_while_a_run_holds_it(folder: Path) -> None:
    with Journal(SERVICE, folder).held() as journal:
        journal.write(ENTRY)
        with pytest.raises(AlreadyRunning):
            forget(SERVICE, folder)
    assert forget(SERVICE, folder) == (journal.file,)


# Those who only look


def test_a_look_sees_whether_a_run_is_at_work_and_leaves_nothing_behind(folder: Path) -> None:
    watching = Journal(SERVICE, folder)
    assert not watching.is_held_by_another and not folder.exists()
    with holding(SERVICE, folder) as process:
        assert watching.is_held_by_another and not Journal(OTHER, folder).is_held_by_another
        assert process.communicate("\n", timeout=60)[0] == "True\n"
    assert not watching.is_held_by_another
    try_to_hold(folder)


def test_a_run_that_begins_during_a_look_is_not_kept_from_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try_to_hold(folder)
    look, flock = lock_of(folder).open("rb"), fcntl.flock
    flock(look.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)

    def look_away_later(handle: int, how: int) -> None:
        try:
            flock(handle, how)
        finally:
            if how & fcntl.LOCK_SH:
                look.close()

    monkeypatch.setattr(fcntl, "flock", look_away_later)
    with Journal(SERVICE, folder).held() as journal:
        assert look.closed and journal.still_held


# The lock's file is taken away meanwhile


def remove(file: Path) -> None:
    file.unlink()


def replace_by_another(file: Path) -> None:
    file.unlink()
    file.write_text("")


def replace_by_a_link(file: Path) -> None:
    moved = file.rename(file.with_suffix(".moved"))
    file.symlink_to(moved)


def remove_the_folder(file: Path) -> None:
    shutil.rmtree(file.parent)


AWAY = [remove, replace_by_another, replace_by_a_link, remove_the_folder]


@pytest.mark.parametrize("take_away", AWAY, ids=lambda one: one.__name__)
def test_a_lock_whose_file_is_taken_away_holds_nothing(take_away: Callable[[Path], None], folder: Path) -> None:
    with holding(SERVICE, folder) as waiting:
        take_away(lock_of(folder))
        assert waiting.communicate("\n", timeout=60)[0] == "False\n"


@pytest.mark.parametrize("take_away", AWAY[:2] + AWAY[3:], ids=lambda one: one.__name__)
def test_the_first_run_notices_the_second_and_leaves_its_entry_alone(
    take_away: Callable[[Path], None], folder: Path
) -> None:
    with Journal(SERVICE, folder).held() as first:
        take_away(lock_of(folder))
        with Journal(SERVICE, folder).held() as second:
            second.write(ENTRY.with_job("j2"))
            with pytest.raises(JournalError) as raised:
                first.check_held()
            assert f"The lock {lock_of(folder)} was removed or replaced" in raised.value.what
            with pytest.raises(JournalError):
                first.write(ENTRY)
            with pytest.raises(JournalError):
                first.clear()
            assert second.entry() == ENTRY.with_job("j2")
            second.check_held()


def test_a_file_that_is_removed_between_opening_and_locking_is_not_taken_for_the_lock(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, flock = lock_of(folder), fcntl.flock

    def remove_first(handle: int, how: int) -> None:
        monkeypatch.setattr(fcntl, "flock", flock)
        lock.unlink()
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", remove_first)
    with Journal(SERVICE, folder).held() as journal:
        assert journal.still_held
        assert lock.exists()


def test_a_file_that_is_always_removed_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, flock = lock_of(folder), fcntl.flock

    def remove_it(handle: int, how: int) -> None:
        lock.unlink()
        flock(handle, how)

    monkeypatch.setattr(fcntl, "flock", remove_it)
    with pytest.raises(JournalError, match="removed again and again"):
        try_to_hold(folder)


# A file system that doesn't lock


def refusing(number: int) -> Callable[[int, int], None]:
    def flock(handle: int, how: int) -> None:
        raise OSError(number, "as the file system says")

    return flock


@pytest.mark.parametrize("number", ["ENOLCK", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL", "EIO", "ENOTTY"])
def test_a_folder_that_cannot_be_locked_is_told_as_what_it_is(
    number: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fcntl, "flock", refusing(getattr(errno, number)))
    with pytest.raises(JournalError) as raised:
        try_to_hold(folder)
    assert raised.value.what.startswith(f"Files in the folder {folder} can't be locked: as the file system says.")
    assert "set XDG_DATA_HOME to a folder of this user's on a local disk" in raised.value.remedy


@pytest.mark.parametrize("number", ["EWOULDBLOCK", "EAGAIN", "EACCES"])
def test_only_a_lock_that_is_taken_is_another_run(number: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fcntl, "flock", refusing(getattr(errno, number)))
    with pytest.raises(AlreadyRunning):
        try_to_hold(folder)


# Several places


@pytest.fixture
def here_and_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """The journal's folder with XDG_DATA_HOME set, as it is now, and the one without."""
    home, data = tmp_path / "home", tmp_path / "data"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(data))
    return data / "CacheTools" / "journal", home / ".local" / "share" / "CacheTools" / "journal"


def begin_elsewhere(monkeypatch: pytest.MonkeyPatch, entry: Any) -> None:
    """A run without XDG_DATA_HOME that doesn't see the end of its job."""
    with monkeypatch.context() as without:
        without.delenv("XDG_DATA_HOME")
        with Journal(SERVICE).held() as journal:
            journal.write(entry)


def test_what_was_begun_without_xdg_data_home_is_found_with_it(
    here_and_there: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = here_and_there
    begin_elsewhere(monkeypatch, ENTRY)
    assert entry_of(SERVICE) == ENTRY
    assert not here.exists()
    with Journal(SERVICE).held() as journal:
        assert journal.file.parent == there
        journal.write(ENTRY.with_job("j1"))
        assert journal.file.parent == here
        assert list(there.glob("*.json")) == []
        journal.clear()
        assert not journal.holds_entry


def test_what_was_begun_without_xdg_data_home_is_cleared_with_it(
    here_and_there: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_elsewhere(monkeypatch, ENTRY)
    with Journal(SERVICE).held() as journal:
        journal.clear()
    assert entry_of(SERVICE) is None


def test_runs_with_and_without_xdg_data_home_lock_one_another_out(
    here_and_there: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with holding(SERVICE, None, {"XDG_DATA_HOME": None}), pytest.raises(AlreadyRunning), Journal(SERVICE).held():
        raise AssertionError("held twice")
    with holding(SERVICE, None):
        monkeypatch.delenv("XDG_DATA_HOME")
        with pytest.raises(AlreadyRunning), Journal(SERVICE).held():
            raise AssertionError("held twice")


@pytest.mark.parametrize("odd", ["a file", "a link without an end", "no home"])
def test_the_other_place_may_be_odd(odd: str, here_and_there: tuple[Path, Path], tmp_path: Path) -> None:
    here, there = here_and_there
    there.parent.mkdir(parents=True)
    if odd == "a file":
        there.write_text("")
    elif odd == "a link without an end":
        there.symlink_to(there)
    else:
        shutil.rmtree(tmp_path / "home")
    with Journal(SERVICE).held() as journal:
        journal.write(ENTRY)
        assert journal.file.parent == here
    assert entry_of(SERVICE) == ENTRY
