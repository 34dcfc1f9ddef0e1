"""What differs between Windows and POSIX in terminals, signals and processes; files differ in `local/own_files`.

Nobody has run the lines for Windows: docs/windows.md lists them.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess

# Ctrl+C, a scheduler's way to end a task, a terminal that is closed (POSIX), and Ctrl+Break, which only Windows has.
# A console that is closed on Windows ends Python within moments, whatever it does; the next run follows the job.
STOPS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name))


class Visible(OSError):
    """What is typed at this terminal would show."""


def hear_stops(ask: Any) -> None:
    """From now on `ask` is called for each signal that asks for a stop; `nohup` keeps a hang-up from being one."""
    for number in STOPS:
        if number == getattr(signal, "SIGHUP", None) and signal.getsignal(number) is signal.SIG_IGN:
            continue
        signal.signal(number, ask)


if sys.platform == "win32":
    import ctypes
    import msvcrt

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

else:
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
            termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
        except termios.error:
            raise Visible from None
        try:
            yield
        finally:
            with suppress(termios.error):  # the terminal may be closed by now
                termios.tcsetattr(terminal, termios.TCSAFLUSH, before)

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
