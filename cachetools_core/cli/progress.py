"""What goes on, shown while it goes on: as a display at the foot of a terminal, or as lines."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from ..elapsed import Stage, in_words
from ..waiting import Clock, started
from .streams import Stream

REFRESHED_EVERY = 0.25
BAR, WIDE = 24, 72
"""Columns: how long the bar is, and how wide a terminal must be for it and for the estimate."""
Mark = str
WARNING, ERROR = "WARNING", "ERROR"
COLOURS = {WARNING: "yellow", ERROR: "bold red"}


class Display(Protocol):
    """Where lines and stages are shown."""

    def line(self, text: str, mark: Mark = "") -> None:
        """One line or several; `mark` stands before it and stands out."""

    def stage(self, label: str, percent: float | None) -> None:
        """What is going on now."""

    def clear(self) -> None:
        """Nothing is going on any more, or somebody is asked something."""


def display_on(stream: Stream, clock: Clock) -> Display:
    """A display on a terminal where the package rich is there; else lines, with time stamps where it is no terminal."""
    if not stream.isatty():
        return Lines(stream, clock, lambda: f"{clock.now():%Y-%m-%dT%H:%M:%SZ} ")
    try:
        return Live(stream, clock)
    except (ImportError, Plain):
        return Lines(stream, clock, lambda: "")


class Lines:
    """Plain lines; a stage is a line whenever its label or its whole percentage changes."""

    def __init__(self, stream: Stream, clock: Clock, stamp: Callable[[], str]) -> None:
        self._stream, self._clock, self._stamp = stream, clock, stamp
        self._stage = Stage()
        self._shown: tuple[str, str] | None = None

    def line(self, text: str, mark: Mark = "") -> None:
        """Each line with its time, where times are told."""
        stamp = self._stamp()
        marked = f"{mark}: {text}" if mark else text
        self._stream.write("".join(f"{stamp}{line}\n" for line in marked.split("\n")))

    def stage(self, label: str, percent: float | None) -> None:
        """A line where something has changed."""
        now = self._clock.monotonic()
        self._stage = self._stage.at(label, percent, now)
        shown = label, "" if percent is None else f"{percent:.0f}"
        if shown != self._shown:
            self._shown = shown
            self.line(f"... {self._stage.words(now)}")

    def clear(self) -> None:
        """Lines stay."""


class Plain(Exception):
    """This terminal can't show more than lines."""


class Live:
    """The stage at the foot of a terminal, drawn by rich, with its time; lines go by above it.

    Drawn by a thread of its own, so that time goes on, and only while the terminal takes what was drawn before.
    """

    def __init__(self, stream: Stream, clock: Clock) -> None:
        """Raises ImportError where rich isn't there, Plain for a terminal that can't move its cursor."""
        self._rich: Any = importlib.import_module("rich.progress")
        self._text: Any = importlib.import_module("rich.text").Text
        self._console: Any = importlib.import_module("rich.console").Console(
            file=stream, highlight=False, markup=False, emoji=False, soft_wrap=True
        )
        shows_nothing = self._console.width < 1  # with COLUMNS=0 rich drops every line, errors too
        if self._console.is_dumb_terminal or not self._console.is_terminal or shows_nothing:
            raise Plain
        self._stream, self._clock = stream, clock
        self._stage = Stage()
        self._progress: Any = None
        self._task: Any = None
        self._ended = threading.Event()
        self._turn = threading.Lock()
        self._bar = 0

    def line(self, text: str, mark: Mark = "") -> None:
        """Above what is going on."""
        with self._turn:
            parts = [(f"{mark}: ", COLOURS[mark]), text] if mark else [text]
            self._console.print(self._text.assemble(*parts))

    def stage(self, label: str, percent: float | None) -> None:
        """Draw it, and go on drawing it."""
        with self._turn:
            self._stage = self._stage.at(label, percent, self._clock.monotonic())
            if self._progress is None:
                self._begin()
            self._draw()

    def clear(self) -> None:
        """Take it away."""
        with self._turn:
            if self._progress is not None:
                self._ended.set()
                self._progress.stop()
                self._progress = None

    def _begin(self) -> None:
        of = self._rich
        self._bar = BAR if self._console.width >= WIDE else 0
        self._progress = of.Progress(
            of.SpinnerColumn("dots" if _can_show("\u280b", self._console.encoding) else "line"),
            of.TextColumn("{task.description}", markup=False, table_column=of.Column(no_wrap=True)),
            *([of.BarColumn(bar_width=self._bar)] if self._bar else []),
            of.TextColumn("{task.fields[words]}", markup=False, table_column=of.Column(no_wrap=True)),
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._task = self._progress.add_task(self._stage.label, total=None, words="")
        self._ended = threading.Event()
        self._progress.start()
        started(partial(self._draw_on, self._ended), "CacheTools display")

    def _draw_on(self, ended: threading.Event) -> None:
        while not ended.wait(REFRESHED_EVERY):
            with self._turn:
                if not ended.is_set():
                    self._draw()

    def _draw(self) -> None:
        if not self._stream.written_within(0):
            return
        stage, now = self._stage, self._clock.monotonic()
        left = stage.left(now)
        words = [] if stage.percent is None else [f"{int(stage.percent)} %"]
        words.append(in_words(now - stage.began))
        words += [] if left is None or not self._bar else [f"about {in_words(left)} left"]
        room = self._console.width - len(" ".join(["*", ", ".join(words), "=" * self._bar])) - 1
        self._progress.update(
            self._task,
            description=stage.label if len(stage.label) <= room else f"{stage.label[: max(0, room - 3)]}...",
            total=None if stage.percent is None else 100,
            completed=stage.percent or 0,
            words=", ".join(words),
        )
        self._progress.refresh()


def _can_show(letter: str, encoding: str) -> bool:
    """False on an old console, which would show the letter's number in its place."""
    try:
        letter.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
