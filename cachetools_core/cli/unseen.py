"""A terminal that doesn't show what is typed: for a password."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import WrongUsage

if sys.platform == "win32":
    import ctypes
    import msvcrt

    ENABLE_ECHO_INPUT = 4

    @contextmanager
    def unseen() -> Iterator[None]:
        """While this lasts, what is typed isn't shown. Raises WrongUsage where that can't be had.

        The console's own mode, and not getpass: that one takes Ctrl+C for a letter, and no signal tells of it.
        """
        console, mode = msvcrt.get_osfhandle(sys.stdin.fileno()), ctypes.c_ulong()
        kernel = ctypes.windll.kernel32
        if not kernel.GetConsoleMode(ctypes.c_void_p(console), ctypes.byref(mode)):
            raise _shown()
        if not kernel.SetConsoleMode(ctypes.c_void_p(console), mode.value & ~ENABLE_ECHO_INPUT):
            raise _shown()
        try:
            yield
        finally:
            kernel.SetConsoleMode(ctypes.c_void_p(console), mode.value)

else:
    import termios

    @contextmanager
    def unseen() -> Iterator[None]:
        """While this lasts, what is typed isn't shown. Raises WrongUsage where that can't be had.

        Not getpass: its wait for the answer could be ended neither by a deadline nor by a signal that is heard here.
        """
        terminal = sys.stdin.fileno()
        try:
            before = termios.tcgetattr(terminal)
            silent = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
            termios.tcsetattr(terminal, termios.TCSAFLUSH, silent)
        except termios.error:
            raise _shown() from None
        try:
            yield
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _shown() -> WrongUsage:
    return WrongUsage("This terminal would show the password.", "Pipe it in with --password-stdin.")
