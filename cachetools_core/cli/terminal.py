"""The terminal, or what stands for it: hears what goes on, answers questions, wants to stop."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial

from ..errors import CacheToolsError, Cancelled, DeadlinePassed, WrongUsage
from ..system import Visible, unseen
from ..waiting import SYSTEM_CLOCK, Clock, Run
from .progress import ERROR, WARNING, display_on
from .signals import Stop
from .streams import Stream, same

LONGEST_LINE = 10_000
AT_LEAST_AT_THE_END = 2.0


class Terminal:
    """The port through which a story speaks: messages go to standard error, standard output holds the outcome alone."""

    def __init__(self, stop: Stop, clock: Clock = SYSTEM_CLOCK) -> None:
        self.out = Stream(sys.stdout)
        self.err = Stream(sys.stderr)
        self.quiet = False
        self._stop = stop
        self._display = display_on(self.err, clock)
        self._turn = threading.RLock()
        self._nobody_is_asked = threading.Event()
        self._nobody_is_asked.set()
        self._held_back: list[Callable[[], None]] = []

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """While this lasts, whatever others write to standard output or standard error can't fail either."""
        with redirect_stdout(self.out), redirect_stderr(self.err):
            yield

    def info(self, text: str) -> None:
        """A line of news, unless the terminal is to be quiet."""
        if not self.quiet:
            self._tell(partial(self._display.line, text))

    def warning(self, text: str) -> None:
        """One line that stands out."""
        self._tell(partial(self._display.line, text, WARNING))

    def error(self, text: str) -> None:
        """What went wrong."""
        self._leave_the_question()
        self._display.line(text, ERROR)

    def progress(self, label: str, percent: float | None = None) -> None:
        """What goes on, unless the terminal is to be quiet, or somebody is being asked."""
        with self._turn:
            if not self.quiet and self._nobody_is_asked.is_set():
                self._display.stage(label, percent)

    def cancelled(self) -> bool:
        """True after Ctrl+C or a termination signal."""
        return self._stop.wanted

    def outcome(self, text: str) -> None:
        """What a command has to tell, on standard output."""
        self._leave_the_question()
        self.out.write(f"{text}\n")

    @property
    def shows_all_to_one(self) -> bool:
        """True where whoever reads standard output reads standard error too."""
        return same(self.out, self.err)

    @property
    def has_somebody(self) -> bool:
        """True where somebody can see a question and answer it."""
        return self.is_typed_at and self.err.may_be_seen

    @property
    def is_typed_at(self) -> bool:
        """True where standard input is what somebody types."""
        try:
            return sys.stdin is not None and sys.stdin.isatty()
        except ValueError:  # closed
            return False

    def ask(self, question: str, run: Run) -> str:
        """The answer to a question, one line; empty where there is none.

        Raises WrongUsage where the question can't be shown, and as read_line does.
        """
        with self._asking():
            self._show(question)
            return self._answer(run)

    def ask_unseen(self, question: str, run: Run) -> str:
        """The answer to a question, which the terminal doesn't show.

        Raises WrongUsage where it would show it, and as `ask` does.
        """
        return self._typed_unseen(partial(self._show, question), run)

    def read_unseen(self, what: str, run: Run) -> str:
        """One line of what is typed, which the terminal doesn't show; `what` says what it is.

        Raises WrongUsage where it would show it, and as read_line does.
        """
        return self._typed_unseen(partial(self.err.write, f"Type {what} (it isn't shown): "), run)

    def _show(self, question: str) -> None:
        self.err.write(question)
        if self.err.failed:
            raise WrongUsage(
                "A question can't be shown: standard error takes no text.",
                "Leave standard error on the terminal, or answer with an option, such as --yes.",
            )

    def _answer(self, run: Run) -> str:
        try:
            return self.read_line("an answer", run)
        except CacheToolsError:
            self.err.write("\n")
            raise

    def _typed_unseen(self, prompt: Callable[[], object], run: Run) -> str:
        try:
            with self._asking(), unseen():
                try:
                    prompt()
                    return self._answer(run)
                finally:
                    self.err.write("\n")
        except Visible:
            shown = WrongUsage("This terminal would show the password.", "Pipe it in with --password-stdin.")
        raise shown

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """What other threads have to tell meanwhile comes after the answer, so that the question stays in sight."""
        with self._turn:
            self._nobody_is_asked.clear()
            self._display.clear()
        try:
            yield
        finally:
            with self._turn:
                self._nobody_is_asked.set()
                for tell in self._held_back:
                    tell()
                self._held_back.clear()

    def _tell(self, tell: Callable[[], None]) -> None:
        with self._turn:
            if self._nobody_is_asked.is_set():
                tell()
            else:
                self._held_back.append(tell)

    def _leave_the_question(self) -> None:
        """The run is over, and with it the question of another thread, which has to put the terminal in order."""
        self._nobody_is_asked.wait(AT_LEAST_AT_THE_END)
        self._display.clear()

    def read_line(self, what: str, run: Run) -> str:
        """One line of standard input, without its end; empty where there is none.

        `what` says what it is, for the messages. Raises Cancelled, DeadlinePassed, and WrongUsage for what is no text.
        """
        try:
            line = run.call(lambda _: _line_of_standard_input(), float("inf"))
        except Cancelled:
            ending: CacheToolsError = Cancelled(f"Stopped while waiting for {what}.", "Nothing was submitted.")
        except (DeadlinePassed, TimeoutError):
            ending = DeadlinePassed(
                f"The time limit of this run was reached while waiting for {what}. Nothing was submitted.",
                sent=False,
            )
        else:
            if line is not None:
                return line.rstrip("\r\n")
            ending = WrongUsage(
                "What came on standard input can't be read as one line of text.",
                "Send it in the encoding of this terminal.",
            )
        raise ending  # not within a clause: the error there may quote a password

    def finish(self, run: Run) -> None:
        """Wait until everything is written: as long as the deadline allows, unless somebody wants to stop.

        A stream that nobody reads gets two seconds in any case.
        """
        self._leave_the_question()
        patient = run.clock.monotonic() + AT_LEAST_AT_THE_END
        for stream in (self.out, self.err):
            while not stream.written_within(0.1):
                if run.clock.monotonic() >= patient and (self._stop.wanted or not run.left()):
                    break


def _line_of_standard_input() -> str | None:
    """A line, or None for what is none: letters that the encoding hasn't got, or more than a line may hold."""
    if sys.stdin is None:
        return ""
    try:
        line = sys.stdin.readline(LONGEST_LINE)
        line.encode("utf-8")
    except (ValueError, OSError):
        return None
    return line if len(line) < LONGEST_LINE else None
