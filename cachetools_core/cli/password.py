"""A password for the command line: piped in, from a program that knows it, or asked for; never from an argument."""

from __future__ import annotations

import locale
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..account import Account, Found, Home, WhyNot
from ..errors import Cancelled, DeadlinePassed, WrongUsage
from ..messages import plain_words
from ..naming.address import safe_text
from ..server.destination import same_authority
from ..server.sources import BY_THE_CALLER
from ..server.turns import Turn
from ..system import end, started_apart
from ..waiting import Run, started
from .terminal import LONGEST_LINE, Terminal

if TYPE_CHECKING:
    import subprocess

BY_HAND = "Run that program yourself, as the same user, to see what it prints."
MARK = "\ufeff"
CONTROL = re.compile("[\\x00-\\x08\\x0a-\\x1f\\x7f]")
NO_PLAIN_TEXT = "Give it as one line of plain text. Arrow keys leave control characters, and so does text in UTF-16."
ENDS_WITH_A_BLANK = (
    "The password ends with a space, which is taken as a part of it. In Windows cmd, `echo PASSWORD | ...` adds one:"
    " write `echo PASSWORD| ...`."
)


def piped_in(terminal: Terminal, run: Run) -> str:
    """The first line of standard input, unseen where it is typed.

    Raises WrongUsage where there is none, Cancelled, DeadlinePassed.
    """
    read = terminal.read_unseen if terminal.is_typed_at else terminal.read_line
    password = _checked(read("the password", run))
    if not password:
        raise WrongUsage("There is no password on standard input.", "Pipe it in, one line.")
    _warn_of_a_blank(password, terminal)
    return password


def printed_by(command: str, terminal: Terminal, run: Run) -> str:
    """The first line that a program prints. It is started without a shell, and ends with this run.

    Neither the command nor what it prints is repeated in any error: both may hold secrets.
    Raises WrongUsage where it can't be started, fails or prints nothing, Cancelled, DeadlinePassed.
    """
    import subprocess  # for this alone

    try:
        process = started_apart(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except (OSError, ValueError) as error:
        process, why = None, getattr(error, "strerror", None) or "it isn't a command line that can be read"
    if process is None:  # not within the clause: the error there names the program
        raise WrongUsage(
            f"The --password-command program can't be started: {why}.",
            "Give its full path. It runs without a shell, so a command of the shell alone doesn't work.",
        )
    try:
        line, code = run.call(lambda _: _first_line_of(process), float("inf"))
    except (Cancelled, DeadlinePassed) as error:
        what = "while waiting for the --password-command program. Nothing was submitted."
        if isinstance(error, Cancelled):
            raise Cancelled(f"Stopped {what}") from None
        raise DeadlinePassed(f"The time limit of this run was reached {what}", sent=False) from None
    finally:
        end(process)
    if code:
        raise WrongUsage(f"The --password-command program failed with exit code {code}.", BY_HAND)
    password = _checked(_text_of(line))
    if not password:
        raise WrongUsage(
            "The first line that the --password-command program printed is empty, too long or not text.", BY_HAND
        )
    _warn_of_a_blank(password, terminal)
    return password


def _checked(password: str) -> str:
    """The password without the mark that Windows puts before a text in UTF-8.

    Raises WrongUsage where it can't be one: to try it could lock the account.
    """
    if CONTROL.search(password):
        raise WrongUsage("The password holds a control character, so it wasn't sent.", NO_PLAIN_TEXT)
    return password[1:] if password.startswith(MARK) else password


def _warn_of_a_blank(password: str, terminal: Terminal) -> None:
    if password.endswith(" "):
        terminal.warning(ENDS_WITH_A_BLANK)


@dataclass(frozen=True)
class AskedFor:
    """The last place where an account is looked for: whoever sits at the terminal.

    Sites are signed in to side by side. One question stands at a time, or a password that was typed for one site could
    be taken for another one's.
    """

    terminal: Terminal
    username: str | None
    turn: Turn = field(default_factory=Turn, repr=False, compare=False)

    def look(self, home: Home, run: Run) -> Found | WhyNot:
        """The account that is typed in. Raises Cancelled, DeadlinePassed, and WrongUsage where the terminal
        would show it or it can't be a password.

        Nobody is asked for a portal elsewhere: a site's word doesn't send a password to another address.
        """
        if not self.terminal.has_somebody:
            return WhyNot("the terminal: there is nobody to ask")
        if home.portal and not same_authority(home.address, home.site):
            return WhyNot(f"the terminal: not asked for an account of the portal {home.address}, which the site named")
        with self.turn.taken(run):
            username = self.username or self.terminal.ask(f"User name for {home.address}: ", run).strip()
            question = _question(username, home.address)
            password = _checked(self.terminal.ask_unseen(question, run)) if username else ""
        return (
            Found(Account(username, password), BY_THE_CALLER) if password else WhyNot("the terminal: nothing was typed")
        )


def asked_for(username: str, address: str, terminal: Terminal, run: Run) -> str:
    """The password of an account, typed unseen.

    Raises WrongUsage where nobody can be asked and for what can't be a password, Cancelled, DeadlinePassed.
    """
    if not terminal.has_somebody:
        raise WrongUsage(
            "No password was given, and it can't be asked for: this is no interactive terminal.",
            "Pipe it in, one line: --password-stdin; or name a program that prints it: --password-command CMD.",
        )
    return _checked(terminal.ask_unseen(_question(username, address), run))


def _question(username: str, address: str) -> str:
    return f"Password of {plain_words(username)} for {safe_text(address)} (it isn't shown): "


def _first_line_of(process: subprocess.Popen[bytes]) -> tuple[bytes, int]:
    """The line, and the exit code; what comes after it is read too, or the program would fail at writing it."""
    output = process.stdout
    assert output is not None
    line = output.readline(LONGEST_LINE)
    if len(line) == LONGEST_LINE:  # no password, and perhaps no end of it either
        return b"", 0

    def drain() -> None:
        while output.read(65536):
            pass

    started(drain, "CacheTools password")
    return line, process.wait()


def _text_of(line: bytes) -> str:
    """The line as text, without its end; empty for what is none."""
    try:
        text = line.decode(locale.getpreferredencoding(False)).rstrip("\r\n")
    except (UnicodeDecodeError, LookupError):
        return ""
    return text
