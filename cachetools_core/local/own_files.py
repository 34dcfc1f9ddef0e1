"""Files and folders that are this user's alone: never reached through a link, written whole or not at all, locked.

Whatever differs between Windows and POSIX in this package stands here. Windows keeps `%LOCALAPPDATA%` for its user by
access lists that a new file inherits, has no umask, no pipes among its files, and lets only administrators make links;
so there is nothing to set there, and no flag to set it with.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

LARGEST = 16 * 1024 * 1024
LOCK_TRIES = 10


class NotLockable(OSError):
    """The file system doesn't lock files; that isn't another run's lock."""


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
                _close_folder(missing)
        found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise _no_folder(folder)
    if found.st_mode & 0o077:
        _close_folder(folder)


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


def read_text(file: Path) -> str:
    """What the file holds, at most 16 MB.

    Raises OSError, also for a link, a pipe or the like, and ValueError where it holds no UTF-8.
    """
    with open(_open_plain(file, os.O_RDONLY), "rb") as stream:
        content = stream.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise OSError(errno.EFBIG, "it is too large to be a file of CacheTools", str(file))
    return content.decode("utf-8")


def write_text(file: Path, text: str) -> None:
    """Write the file, whole or not at all, for this user alone, and on the disk before this returns. Raises OSError."""
    partial = partial_of(file)
    partial.unlink(missing_ok=True)  # a killed run's, or a link, which goes without being followed
    try:
        with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _PLAIN, 0o600), "wb") as stream:
            _close_file(stream.fileno())
            stream.write(text.encode("utf-8"))
            stream.flush()
            os.fsync(stream.fileno())
        _replace(partial, file)
    except OSError:
        with suppress(OSError):  # why it can't be written is what counts
            partial.unlink(missing_ok=True)
        raise
    _settle_folder(file.parent)


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
                _close_file(self._handle)
                _lock(self._handle)
                if self.still_held:
                    return
            except BaseException:
                os.close(self._handle)
                raise
            os.close(self._handle)  # it was removed or replaced before it was locked
        raise OSError(errno.EBUSY, "its lock file is removed again and again", str(file))

    @property
    def still_held(self) -> bool:
        """True while the file that is locked is the one that the next run would lock."""
        return _is_at(self._handle, self.file)

    def release(self) -> None:
        """Let the next run have it."""
        os.close(self._handle)


def _no_folder(path: Path) -> OSError:
    return NotADirectoryError(errno.ENOTDIR, "it is a link or a file, not a folder", str(path))


def _open_plain(file: Path, flags: int) -> int:
    """Open a plain file and nothing else: opening a pipe or a device would already do something to it."""
    with suppress(FileNotFoundError):
        _insist_on_a_plain_file(file, file.lstat())
    handle = os.open(file, flags | _PLAIN, 0o600)
    try:
        _insist_on_a_plain_file(file, os.fstat(handle))
    except OSError:
        os.close(handle)
        raise
    return handle


def _insist_on_a_plain_file(file: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is a link, a pipe or a folder, not a plain file", str(file))


if sys.platform == "win32":
    import msvcrt
    import time

    PAUSES = (0.02, 0.1, 0.5)
    _PLAIN = os.O_BINARY | os.O_NOINHERIT

    def _close_folder(folder: Path) -> None:
        """Nothing to do: see the module's text."""

    def _close_file(handle: int) -> None:
        """Nothing to do: see the module's text."""

    def _lock(handle: int) -> None:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EDEADLK):
                raise BlockingIOError(error.errno, error.strerror) from error
            raise NotLockable(error.errno, error.strerror) from error

    def _is_at(handle: int, file: Path) -> bool:
        """Windows removes and renames no file that is open."""
        return True

    def _replace(partial: Path, file: Path) -> None:
        """Windows replaces no file that is open, as by a run that looks at it or by a scanner for viruses."""
        for pause in PAUSES:
            with suppress(PermissionError):
                partial.replace(file)
                return
            time.sleep(pause)
        partial.replace(file)

    def _settle_folder(folder: Path) -> None:
        """Windows has no such step."""

else:
    import fcntl

    # O_NONBLOCK: a pipe that takes the file's place between the look at it and the opening must not hold the run up.
    _PLAIN = os.O_NOFOLLOW | os.O_NONBLOCK

    def _close_folder(folder: Path) -> None:
        folder.chmod(0o700)

    def _close_file(handle: int) -> None:
        """A file with a second name belongs somewhere else too and stays as it is; nothing is ever written into it."""
        found = os.fstat(handle)
        if stat.S_IMODE(found.st_mode) != 0o600 and found.st_nlink == 1:
            os.fchmod(handle, 0o600)

    def _lock(handle: int) -> None:
        """flock, and not lockf in its place where it is missing.

        A lockf lock doesn't hold between threads and is lost when any handle of the file is closed; and where the file
        system knows no flock (Lustre without its option, NFS without its lock service), lockf is missing too.
        """
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES):
                raise BlockingIOError(error.errno, error.strerror) from error
            raise NotLockable(error.errno, error.strerror) from error

    def _is_at(handle: int, file: Path) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), file.lstat())
        except OSError:
            return False

    def _replace(partial: Path, file: Path) -> None:
        partial.replace(file)

    def _settle_folder(folder: Path) -> None:
        """A rename is on the disk only when its folder is."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
