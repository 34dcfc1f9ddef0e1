"""Files and folders of this user's alone: nothing is reached through a link or a pipe, and nobody else gets in."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.entries import ENTRY, SERVICE, noted
from support.journals import NOBODY, as_user, entry_of
from support.no_room import NO_ROOM, no_room

from cachetools_core.errors import JournalError
from cachetools_core.local.journal import Journal, unfinished

PRECIOUS = "what belongs to somebody"


@pytest.fixture
def precious(tmp_path: Path) -> Iterator[Path]:
    """A file elsewhere, which nothing that stands in the journal's folder may change."""
    file = tmp_path / "precious"
    file.write_text(PRECIOUS, encoding="utf-8")
    file.chmod(0o644)
    yield file
    assert file.read_text(encoding="utf-8") == PRECIOUS
    assert stat.S_IMODE(file.stat().st_mode) == 0o644


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def run(folder: Path) -> None:
    """What a deletion does with its journal until it submits."""
    with Journal(SERVICE, folder).held() as journal:
        journal.entry()
        journal.write(ENTRY)
        journal.check_held()


# Nobody else's business


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o777])
def test_folder_and_files_are_the_users_alone_whatever_the_umask(umask: int, folder: Path) -> None:
    before = os.umask(umask)
    try:
        run(folder / "below" / "journal")
    finally:
        os.umask(before)
    assert {mode(path) for path in (folder, *folder.rglob("*")) if path.is_dir()} == {0o700}
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix: mode(path) for path in files} == {".json": 0o600, ".lock": 0o600}


WITH_NO_RIGHTS = """
import json, os, sys
from pathlib import Path
from cachetools_core.local.journal import Journal, entry_from_text
os.umask(0o777)
entry = entry_from_text(sys.argv[2])
for _ in range(2):
    with Journal(entry.service, Path(sys.argv[1]) / "a" / "journal").held() as journal:
        journal.write(entry)
print(json.dumps(sorted(oct(path.stat().st_mode & 0o777) for path in Path(sys.argv[1]).rglob("*"))))
"""


def test_a_user_whose_umask_takes_every_right_away_has_a_journal_all_the_same(a_home_of_nobody: Path) -> None:
    modes = as_user(WITH_NO_RIGHTS, str(a_home_of_nobody), noted(), user=NOBODY)
    assert modes == ["0o600", "0o600", "0o700", "0o700"]


def test_what_an_older_version_left_open_to_others_is_closed(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o755)
    lock = Journal(SERVICE, folder).file.with_suffix(".lock")
    lock.touch(0o644)
    run(folder)
    assert (mode(folder), mode(lock)) == (0o700, 0o600)


# Links, pipes and the like


def a_link(path: Path, precious: Path) -> None:
    path.symlink_to(precious)


def a_link_to_nothing(path: Path, precious: Path) -> None:
    path.symlink_to(precious.with_name("nothing"))


def a_pipe(path: Path, precious: Path) -> None:
    os.mkfifo(path)


def a_folder(path: Path, precious: Path) -> None:
    path.mkdir()


def a_device(path: Path, precious: Path) -> None:
    path.symlink_to("/dev/zero")


ODD = [a_link, a_link_to_nothing, a_pipe, a_folder, a_device]
odd_ones = pytest.mark.parametrize("odd", ODD, ids=lambda one: one.__name__)


@odd_ones
def test_nothing_but_a_plain_file_is_taken_for_the_lock(
    odd: Callable[[Path, Path], None], folder: Path, precious: Path
) -> None:
    folder.mkdir()
    odd(Journal(SERVICE, folder).file.with_suffix(".lock"), precious)
    with pytest.raises(JournalError, match="it is a link, a pipe or a folder, not a plain file"):
        run(folder)
    assert not precious.with_name("nothing").exists()


@odd_ones
def test_nothing_but_a_plain_file_is_taken_for_an_entry(
    odd: Callable[[Path, Path], None], folder: Path, precious: Path
) -> None:
    folder.mkdir()
    file = Journal(SERVICE, folder).file
    odd(file, precious)
    with pytest.raises(JournalError) as raised:
        run(folder)
    assert "can't be read: it is a link, a pipe or a folder, not a plain file; a job may be running" in str(
        raised.value
    )
    assert [getattr(one, "file", None) for one in unfinished(folder)] == [file]


@pytest.mark.parametrize("odd", [a_link, a_link_to_nothing, a_pipe, a_device], ids=lambda one: one.__name__)
def test_what_stands_where_the_entry_is_written_goes_without_being_followed(
    odd: Callable[[Path, Path], None], folder: Path, precious: Path
) -> None:
    folder.mkdir()
    odd(Journal(SERVICE, folder).file.with_suffix(".new"), precious)
    run(folder)
    assert entry_of(SERVICE, folder) == ENTRY
    assert not precious.with_name("nothing").exists()


@pytest.mark.parametrize("suffix", [".lock", ".json", ".new"])
def test_a_second_name_of_another_file_changes_nothing_in_it(suffix: str, folder: Path, precious: Path) -> None:
    folder.mkdir()
    path = Journal(SERVICE, folder).file.with_suffix(suffix)
    os.link(precious, path)
    if suffix == ".json":
        with pytest.raises(JournalError, match="can't be understood"):
            run(folder)
    else:
        run(folder)


def test_an_entry_of_another_spelling_behind_a_link_is_not_read(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_text(noted(), encoding="utf-8")
    folder.mkdir()
    (folder / "other.json").symlink_to(elsewhere)
    assert entry_of(SERVICE, folder) is None


@pytest.mark.parametrize("odd", [a_link_to_nothing, a_pipe, a_device], ids=lambda one: one.__name__)
def test_nothing_but_a_folder_is_taken_for_the_folder(
    odd: Callable[[Path, Path], None], folder: Path, precious: Path
) -> None:
    odd(folder, precious)
    with pytest.raises(JournalError, match="can't be written: "):
        run(folder)


def test_a_link_to_a_folder_is_not_taken_for_the_folder(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(0o755)
    folder.symlink_to(elsewhere)
    with pytest.raises(JournalError, match="it is a link or a file, not a folder"):
        run(folder)
    assert (list(elsewhere.iterdir()), mode(elsewhere)) == ([], 0o755)


# No room, no right


def test_a_full_disk_is_told_and_leaves_the_old_entry(folder: Path) -> None:
    with Journal(SERVICE, folder).held() as journal:
        journal.write(ENTRY)
        with no_room(), pytest.raises(JournalError) as raised:
            journal.write(ENTRY.with_job("j1"))
        assert f"can't be written: {NO_ROOM}." in raised.value.what
        assert "could be submitted twice" in raised.value.remedy
        assert journal.entry() == ENTRY
        assert list(folder.glob("*.new")) == []


def test_an_entry_that_cannot_be_removed_is_told(folder: Path) -> None:
    Journal(SERVICE, folder).file.mkdir(parents=True)
    with Journal(SERVICE, folder).held() as journal, pytest.raises(JournalError, match="can't be written"):
        journal.clear()


@pytest.mark.parametrize("suffix", [".lock", ".new"])
def test_a_link_that_is_put_there_at_the_last_moment_is_not_followed(
    suffix: str, folder: Path, precious: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.open

    def put_a_link_first(path: Path, flags: int, mode: int = 0o777) -> int:
        if Path(path).suffix == suffix:
            Path(path).symlink_to(precious)
        return opened(path, flags, mode)

    monkeypatch.setattr(os, "open", put_a_link_first)
    with pytest.raises(JournalError, match="can't be written"):
        run(folder)
