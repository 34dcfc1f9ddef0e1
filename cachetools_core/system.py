"""All that differs between Windows and POSIX: terminals, signals, processes, files and their places.

Windows keeps `%LOCALAPPDATA%` for its user by access lists that a new file inherits, has no umask, no pipes among its
files, and lets only administrators make links; so there is nothing to set there, and no flag to set it with.
Nobody has run the lines for Windows: docs/windows.md says so. The rehearsal server, which imports nothing of ours, has
one such line of its own, in `rehearsal/wire`.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

# Ctrl+C, a scheduler's way to end a task, a terminal that is closed (POSIX), and Ctrl+Break, which only Windows has.
# A console that is closed on Windows ends Python within moments, whatever it does; the next run follows the job.
STOPS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


class NotLockable(OSError):
    """The file system doesn't lock files; that isn't another run's lock."""


class Visible(OSError):
    """What is typed at this terminal would show."""


def data_variable() -> str:
    """The variable that names the folder of this user's application data."""
    return "LOCALAPPDATA" if sys.platform == "win32" else "XDG_DATA_HOME"


def data_below(home: Path) -> Path:
    """Where application data lies below a home folder while the variable names no other place."""
    return home / ("AppData/Local" if sys.platform == "win32" else ".local/share")


def home_folder() -> Path:
    """The user's home by HOME, else by the list of users, which Windows hasn't got.

    Raises RuntimeError or KeyError for a user without one, as in some containers.
    """
    from pathlib import Path  # not before: Ctrl+C is heard before it loads

    if sys.platform == "win32" or os.environ.get("HOME"):
        return Path.home()
    import pwd

    return Path(pwd.getpwuid(os.getuid()).pw_dir)


def hear_stops(ask: Any) -> None:
    """From now on `ask` is called for each signal that asks for a stop; `nohup` keeps a hang-up from being one."""
    for number in STOPS:
        if number == getattr(signal, "SIGHUP", None) and signal.getsignal(number) is signal.SIG_IGN:
            continue
        signal.signal(number, ask)


if sys.platform == "win32":
    import ctypes
    import msvcrt
    import time

    ENABLE_ECHO_INPUT = 4

    @contextmanager
    def unseen() -> Iterator[None]:
        """While this lasts, what is typed isn't shown. Raises Visible where that can't be had.

        The console's own mode, and not getpass: that one takes Ctrl+C for a letter, and no signal tells of it.
        """
        console, mode = msvcrt.get_osfhandle(sys.stdin.fileno()), ctypes.c_ulong()
        kernel = ctypes.windll.kernel32
        if not kernel.GetConsoleMode(ctypes.c_void_p(console), ctypes.byref(mode)):
            raise Visible
        if not kernel.SetConsoleMode(ctypes.c_void_p(console), mode.value & ~ENABLE_ECHO_INPUT):
            raise Visible
        try:
            yield
        finally:
            kernel.SetConsoleMode(ctypes.c_void_p(console), mode.value)

    def started_apart(command: str | list[str], **streams: Any) -> subprocess.Popen[bytes]:
        """Start a program that Ctrl+C in this console doesn't reach. Raises OSError, ValueError.

        A text goes to Windows as it is: each program takes its own command line apart, most as CommandLineToArgvW does.
        """
        import subprocess  # not before: Ctrl+C is heard before it loads

        return subprocess.Popen(command, creationflags=subprocess.CREATE_NEW_PROCESS_GROUP, **streams)

    def ask_to_end(process: subprocess.Popen[bytes]) -> None:
        """Windows has no way to ask a process without a window; the end of its standard input does it."""

    def end(process: subprocess.Popen[bytes]) -> None:
        """End it now; what it has started goes on."""
        process.kill()
        process.wait()

    PAUSES = (0.02, 0.1, 0.5)
    PLAIN = os.O_BINARY | os.O_NOINHERIT

    def close_folder(folder: Path) -> None:
        """Nothing to do: see the module's text."""

    def close_file(handle: int) -> None:
        """Nothing to do: see the module's text."""

    def lock(handle: int) -> None:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EDEADLK):
                raise BlockingIOError(error.errno, error.strerror) from error
            raise NotLockable(error.errno, error.strerror) from error

    def is_locked(handle: int) -> bool:
        """True where another run holds the lock. Windows has none that is shared, so it is taken for a moment."""
        try:
            lock(handle)
        except BlockingIOError:
            return True
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        return False

    def is_at(handle: int, file: Path) -> bool:
        """Windows removes and renames no file that is open."""
        return True

    def replace_file(partial: Path, file: Path) -> None:
        """Windows replaces no file that is open, as by a run that looks at it or by a scanner for viruses."""
        for pause in PAUSES:
            with suppress(PermissionError):
                partial.replace(file)
                return
            time.sleep(pause)
        partial.replace(file)

    def settle_folder(folder: Path) -> None:
        """Windows has no such step."""

else:
    import fcntl
    import termios

    @contextmanager
    def unseen() -> Iterator[None]:
        """While this lasts, what is typed isn't shown. Raises Visible where that can't be had.

        Not getpass: its wait for the answer could be ended neither by a deadline nor by a signal that is heard here.
        """
        terminal = sys.stdin.fileno()
        try:
            before = termios.tcgetattr(terminal)
            silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
            termios.tcsetattr(terminal, termios.TCSADRAIN, silent)
        except termios.error:
            raise Visible from None
        try:
            yield
        finally:
            with suppress(termios.error):  # the terminal may be closed by now
                termios.tcsetattr(terminal, termios.TCSADRAIN, before)

    def started_apart(command: str | list[str], **streams: Any) -> subprocess.Popen[bytes]:
        """Start a program in a process group of its own, so that Ctrl+C in this terminal doesn't reach it.

        A text is taken apart as a shell does it, but by no shell. Raises OSError, ValueError for what can't be.
        """
        import shlex  # not before: Ctrl+C is heard before these load
        import subprocess

        arguments = shlex.split(command) if isinstance(command, str) else command
        if not arguments:
            raise ValueError("it names no program")
        return subprocess.Popen(arguments, start_new_session=True, **streams)

    def ask_to_end(process: subprocess.Popen[bytes]) -> None:
        """Ask it to end; it may tidy up first."""
        if process.poll() is None:
            process.terminate()

    def end(process: subprocess.Popen[bytes]) -> None:
        """End it and all that it has started, now."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    # O_NONBLOCK: a pipe that takes the file's place between the look at it and the opening must not hold the run up.
    PLAIN = os.O_NOFOLLOW | os.O_NONBLOCK

    def close_folder(folder: Path) -> None:
        folder.chmod(0o700)

    def close_file(handle: int) -> None:
        """A file with a second name belongs somewhere else too and stays as it is; nothing is ever written into it."""
        found = os.fstat(handle)
        if stat.S_IMODE(found.st_mode) != 0o600 and found.st_nlink == 1:
            os.fchmod(handle, 0o600)

    def lock(handle: int) -> None:
        """flock, and not lockf in its place where it is missing.

        A lockf lock doesn't hold between threads and is lost when any handle of the file is closed; and where the file
        system knows no flock (Lustre without its option, NFS without its lock service), lockf is missing too.
        """
        _flock(handle, fcntl.LOCK_EX)

    def is_locked(handle: int) -> bool:
        """True where another run holds the lock. Those who look share it, for as long as the handle is open."""
        try:
            _flock(handle, fcntl.LOCK_SH)
        except BlockingIOError:
            return True
        return False

    def _flock(handle: int, how: int) -> None:
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES):
                raise BlockingIOError(error.errno, error.strerror) from error
            raise NotLockable(error.errno, error.strerror) from error

    def is_at(handle: int, file: Path) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), file.lstat())
        except OSError:
            return False

    def replace_file(partial: Path, file: Path) -> None:
        partial.replace(file)

    def settle_folder(folder: Path) -> None:
        """A rename is on the disk only when its folder is."""
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
