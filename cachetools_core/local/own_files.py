"""Files and folders that are this user's alone: never reached through a link, written whole or not at all, locked."""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from ..system import PLAIN, close_file, close_folder, is_at, is_locked, lock, replace_file, settle_folder
from ..system import NotLockable as NotLockable

LARGEST = 16 * 1024 * 1024
LOCK_TRIES = 10


def make_folder(folder: Path) -> None:
    """Make the folder, and what is missing above it, for this user alone, whatever the umask.

    A folder that is there already is closed to others. Raises OSError, also where a link or a file stands there.
    """
    try:
        found = folder.lstat()  # which refuses a path that is too long before the first half of it is made
    except FileNotFoundError:
        for missing in reversed([one for one in (folder, *folder.parents) if not os.path.lexists(one)]):
            with suppress(FileExistsError):  # another run of this user was quicker
                missing.mkdir(mode=0o700)
                close_folder(missing)
        found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise _no_folder(folder)
    if found.st_mode & 0o077:
        close_folder(folder)


def check_folder(folder: Path) -> None:
    """Raises OSError where make_folder would fail, or nothing in the folder could be written or locked.

    What a file system allows shows only when it is tried (/sys lets root in and takes no folder), so a folder is made
    where this one stands or would stand, and taken away again.
    """
    with suppress(FileNotFoundError):
        folder.lstat()
    standing = next(one for one in (folder, *folder.parents) if os.path.lexists(one))
    if standing == folder and not stat.S_ISDIR(folder.lstat().st_mode):
        raise _no_folder(folder)
    if not os.access(standing, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(standing))
    trial = Path(tempfile.mkdtemp(prefix=".cachetools-", dir=standing))
    file = trial / "trial.lock"
    try:
        Lock(file).release()
    finally:
        file.unlink(missing_ok=True)
        trial.rmdir()


def entries_in(folder: Path) -> list[Path]:
    """The folder's JSON files, sorted; none where there is no such folder. Raises OSError."""
    try:
        return sorted(folder / name for name in os.listdir(folder) if name.endswith(".json"))
    except FileNotFoundError:
        return []


def read_text(file: Path, largest: int = LARGEST) -> str:
    """What the file holds, at most so many bytes.

    Raises OSError, also for a link, a pipe or the like, and ValueError where it holds no UTF-8.
    """
    with open(_open_plain(file, os.O_RDONLY), "rb") as stream:
        content = stream.read(largest + 1)
    if len(content) > largest:
        raise OSError(errno.EFBIG, "it is too large to be a file of CacheTools", str(file))
    return content.decode("utf-8")


def write_text(file: Path, text: str) -> None:
    """Write the file, whole or not at all, for this user alone, and on the disk before this returns. Raises OSError.

    What is no text, as in the path of a folder whose name isn't UTF-8, is written as its code.
    """
    partial = partial_of(file)
    partial.unlink(missing_ok=True)  # a killed run's, or a link, which goes without being followed
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | PLAIN, 0o600), "wb") as stream:
            close_file(stream.fileno())
            stream.write(text.encode("utf-8", "backslashreplace"))
            stream.flush()
            os.fsync(stream.fileno())
        replace_file(partial, file)
    except OSError:
        with suppress(OSError):  # why it can't be written is what counts
            partial.unlink(missing_ok=True)
        raise
    settle_folder(file.parent)


def append_line(file: Path, line: str) -> None:
    """Append a line to the file, whole or not at all, and on the disk before this returns. Raises OSError."""
    left = f"{line}\n".encode()
    handle = _open_plain(file, os.O_WRONLY | os.O_APPEND)
    try:
        end = os.fstat(handle).st_size
        try:
            while left:
                left = left[os.write(handle, left) :]
            os.fsync(handle)
        except OSError:
            with suppress(OSError):  # why it can't be written is what counts
                os.ftruncate(handle, end)
            raise
    finally:
        os.close(handle)


def partial_of(file: Path) -> Path:
    """Where the file is while it is written."""
    return file.with_suffix(".new")


class Lock:
    """The operating system's lock on a file, which ends with the process, however that ends.

    The file stays when the lock is released: a run that waits for it would otherwise lock a file that has no name.
    """

    def __init__(self, file: Path) -> None:
        """Lock the file, which is made where it is missing.

        Raises BlockingIOError where another run holds it, NotLockable where the file system has no locks, else OSError.
        """
        self.file = file
        for _ in range(LOCK_TRIES):
            self._handle = _open_plain(file, os.O_RDWR | os.O_CREAT)
            try:
                if self._could_be_taken():
                    return
            except BaseException:
                os.close(self._handle)
                raise
            os.close(self._handle)  # it was removed or replaced before it was locked, or somebody looked at it
        raise OSError(errno.EBUSY, "its lock file is removed again and again", str(file))

    def _could_be_taken(self) -> bool:
        close_file(self._handle)
        try:
            lock(self._handle)
        except BlockingIOError:
            if is_locked(self._handle):
                raise
            return False
        return self.still_held

    @property
    def still_held(self) -> bool:
        """True while the file that is locked is the one that the next run would lock."""
        return is_at(self._handle, self.file)

    def release(self) -> None:
        """Let the next run have it."""
        os.close(self._handle)


def is_held(lock_file: Path) -> bool:
    """True while another run holds the lock on this file. Makes no file, and keeps no run from it. Raises OSError."""
    try:
        handle = _open_plain(lock_file, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        return is_locked(handle)
    finally:
        os.close(handle)


def _no_folder(path: Path) -> OSError:
    return NotADirectoryError(errno.ENOTDIR, "it is a link or a file, not a folder", str(path))


def _open_plain(file: Path, flags: int) -> int:
    """Open a plain file and nothing else: opening a pipe or a device would already do something to it."""
    with suppress(FileNotFoundError):
        _insist_on_a_plain_file(file, file.lstat())
    handle = os.open(file, flags | PLAIN, 0o600)
    try:
        _insist_on_a_plain_file(file, os.fstat(handle))
    except OSError:
        os.close(handle)
        raise
    return handle


def _insist_on_a_plain_file(file: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is a link, a pipe or a folder, not a plain file", str(file))
