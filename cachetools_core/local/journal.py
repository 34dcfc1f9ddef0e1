"""The journal: a job is on disk before it is watched, so that a rerun finds it instead of submitting again.

One small JSON file per service in the user's application-data folder, written whole or not at all, locked against a
second process of this machine, readable by a person.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import AlreadyRunning, JournalError
from ..messages import plain_words, reason
from ..naming.identity import service_key
from ..naming.service import read_service
from ..proof.entry import Entry
from . import own_files
from .entry_text import UNREADABLE, entry_as_text, entry_from_text, service_in_text, spelled_as
from .folders import application_folder, application_folders, file_name_for, other_place
from .own_files import Lock, NotLockable


@dataclass(frozen=True)
class Unreadable:
    """A file of the journal that can't be read or understood; a job may be running all the same."""

    file: Path
    words: str


class Journal:
    """The unfinished job of one service, in whatever spelling; held by one process at a time.

    An entry may have been written under another spelling or while XDG_DATA_HOME wasn't set, so it is looked for
    wherever it may be. Where there are several, one after another comes to light as each is cleared.
    """

    def __init__(
        self,
        service_url: str,
        folder: str | os.PathLike[str] | None = None,
        *,
        also: Sequence[str] = (),
        blotted: Callable[[Any], Any] = lambda value: value,
    ) -> None:
        """`also` are addresses that are known to name this service too; `blotted` takes secrets out of what is written.

        Raises NotAService for anything but a service's address, JournalError where this user has no place for files.
        """
        self._service = service_url
        self._key = _key(service_url)
        self._keys = {self._key, *map(_key, also)}
        self._blotted = blotted
        self._folders = _folders(folder)
        self.folder = self._folders[0]
        self._own = self.folder / _file_of(self._key)
        self._locks: tuple[Lock, ...] = ()

    @contextmanager
    def held(self) -> Iterator[Journal]:
        """Hold this service's entry, so that no other process of this machine deletes the same cache at the same time.

        The lock is the operating system's, so it ends with the process, however that ends.
        Raises AlreadyRunning where another process holds it, JournalError where the folder can't be used or locked.
        """
        with ExitStack() as releases:
            self._locks = tuple(self._taken(releases))
            try:
                yield self
            finally:
                self._locks = ()

    def check_usable(self) -> None:
        """Raises JournalError where held would, but for another run's lock; what is tried for it goes again."""
        with self._writing(self._own):
            own_files.check_folder(self.folder)

    @property
    def is_held_by_another(self) -> bool:
        """True while another run of this machine holds this service's entry, as far as its locks can be looked at."""
        for file in (self._own, *self._other_files_to_lock()):
            with suppress(OSError):
                if own_files.is_held(_lock_of(file)):
                    return True
        return False

    @property
    def still_held(self) -> bool:
        """True while no other run can hold this service's entry."""
        return bool(self._locks) and all(lock.still_held for lock in self._locks)

    def check_held(self) -> None:
        """To be called right before a submit. Raises JournalError where the lock's file was removed or replaced."""
        if not self.still_held:
            raise JournalError(
                f"The lock {plain_words(_lock_of(self._own))} was removed or replaced while this run was under way, so"
                f" another run may be working on {self._service}.",
                "Leave the files in that folder alone and run this again: a run looks for jobs under way first.",
            )

    @property
    def file(self) -> Path:
        """The file that holds the entry, or will hold it."""
        return next(self._files(), self._own)

    @property
    def holds_entry(self) -> bool:
        """True while a deletion that was begun isn't settled, also where its entry can't be understood."""
        return next(self._files(), None) is not None

    def entry(self) -> Entry | None:
        """What an earlier run has left, if anything, with the addresses of the site as it is spelled now.

        Makes no folder. Raises JournalError where the file can't be read or understood, or the folder can't be read.
        """
        _listed(self.folder)
        for file in self._files():
            try:
                return self._understood(file)
            except FileNotFoundError:  # another run has settled it meanwhile
                continue
            except (OSError, *UNREADABLE) as error:
                raise JournalError(
                    f"The journal file {plain_words(file)} {_trouble(error)}; a job may be running.",
                    "Look at the jobs of System/CachingTools in ArcGIS Server Manager; when none is running for this"
                    " service, delete that file and run this again.",
                ) from error
        return None

    def write(self, entry: Entry) -> None:
        """Write the entry, whole or not at all, and on the disk before this returns.

        Raises JournalError, also where the journal isn't held any more.
        """
        self.check_held()
        with self._writing(self._own):
            own_files.write_text(self._own, entry_as_text(entry, self._blotted))
            for file in self._of_the_same_job(entry):
                file.unlink(missing_ok=True)

    def clear(self) -> None:
        """The job has ended, or never began: its entry goes. Raises JournalError, as write does."""
        self.check_held()
        file = self.file
        with self._writing(file):
            own_files.partial_of(file).unlink(missing_ok=True)
            file.unlink(missing_ok=True)

    def _taken(self, releases: ExitStack) -> Iterator[Lock]:
        """The locks that a run in another place would take too, as far as they can be had."""
        with self._writing(self._own):
            own_files.make_folder(self.folder)
            own = self._lock(self._own, releases)
        yield own
        for file in self._other_files_to_lock():
            with suppress(OSError):  # where this run may not lock, no other run of this user may either
                yield self._lock(file, releases)

    @contextmanager
    def _writing(self, file: Path) -> Iterator[None]:
        """Raises JournalError where the file can't be written, or its folder knows no locks."""
        try:
            yield
        except NotLockable as error:
            raise JournalError(
                f"Files in the folder {plain_words(self.folder)} can't be locked: {reason(error)}."
                " Some network file systems have no locks.",
                f"Without a lock two runs could submit twice. To keep the journal elsewhere, {other_place()}.",
            ) from error
        except OSError as error:
            raise JournalError(
                f"The journal {plain_words(file)} can't be written: {reason(error)}.",
                "Without it a job could be submitted twice. Free some space or give this user write access there, and"
                f" run this again; or {other_place()}.",
            ) from error

    def _lock(self, file: Path, releases: ExitStack) -> Lock:
        try:
            lock = Lock(_lock_of(file))
        except BlockingIOError as error:
            raise AlreadyRunning(
                f"Another run of CacheTools on this machine is deleting the cache of {self._service}."
            ) from error
        releases.callback(lock.release)
        return lock

    def _other_files_to_lock(self) -> Iterator[Path]:
        for folder in self._folders:
            if folder != self.folder and os.path.isdir(folder):
                yield folder / self._own.name
        yield from (self.folder / _file_of(key) for key in sorted(self._keys - {self._key}))

    def _files(self) -> Iterator[Path]:
        """The files about this service: the one that is written, then other spellings'."""
        for folder in self._folders:
            own = folder / self._own.name
            if os.path.lexists(own):
                yield own
            with suppress(JournalError):
                yield from (file for file in _listed(folder) if file != own and self._is_about_this(file))

    def _is_about_this(self, file: Path) -> bool:
        try:
            return _key(service_in_text(own_files.read_text(file))) in self._keys
        except (OSError, *UNREADABLE):
            return False

    def _understood(self, file: Path) -> Entry:
        entry = entry_from_text(own_files.read_text(file))
        if _key(entry.service) not in self._keys:
            raise ValueError("it is about another service")
        return spelled_as(entry, self._service)

    def _of_the_same_job(self, entry: Entry) -> Iterator[Path]:
        begun = entry.begun.replace(microsecond=0)
        for file in self._files():
            with suppress(OSError, *UNREADABLE):
                if file != self._own and self._understood(file).begun == begun:
                    yield file


def unfinished(folder: str | os.PathLike[str] | None = None) -> tuple[Entry | Unreadable, ...]:
    """Every job that this user began from this machine and whose end nobody saw. Raises JournalError."""
    first, *others = _folders(folder)
    files = _listed(first)
    for other in others:
        with suppress(JournalError):  # a folder that this user can't read holds nothing of this user's
            files.extend(_listed(other))
    return tuple(_read(file) for file in files)


def forget(service_url: str, folder: str | os.PathLike[str] | None = None) -> tuple[Path, ...]:
    """Remove what is noted about a service, however its job ended, and name the files that are gone.

    Raises AlreadyRunning while a run holds it, JournalError where a file can't be removed, NotAService for anything but
    a service's address.
    """
    journal, gone = Journal(service_url, folder), []
    if not journal.holds_entry:
        return ()
    with journal.held():
        while journal.holds_entry:
            gone.append(journal.file)
            journal.clear()
    return tuple(gone)


def _read(file: Path) -> Entry | Unreadable:
    try:
        return entry_from_text(own_files.read_text(file))
    except (OSError, *UNREADABLE) as error:
        return Unreadable(file, _trouble(error))


def _folders(folder: str | os.PathLike[str] | None) -> tuple[Path, ...]:
    """The folder that is written to, then those that are looked into. Raises JournalError."""
    if folder is not None:
        return (Path(folder),)
    return tuple(one / "journal" for one in (application_folder(), *application_folders()[1:]))


def _listed(folder: Path) -> list[Path]:
    try:
        return own_files.entries_in(folder)
    except OSError as error:
        raise JournalError(
            f"The journal's folder {plain_words(folder)} can't be read: {reason(error)}.",
            f"Give this user access to it, or {other_place()}.",
        ) from error


def _file_of(key: str) -> str:
    return f"{file_name_for(f'service://{key}')}.json"


def _lock_of(file: Path) -> Path:
    return file.with_suffix(".lock")


def _trouble(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"can't be read: {reason(error)}"
    return f"can't be understood ({type(error).__name__})"


def _key(service_url: str) -> str:
    """One text for all spellings of a service. Raises NotAService for anything but a service's address."""
    return service_key(read_service(service_url))
