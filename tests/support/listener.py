"""Who hears the messages of a run, and may ask it to stop."""

from __future__ import annotations


class Listener:
    """Messages kept for a test; `cancel_when` is asked at each turn."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.warnings: list[str] = []
        self.labels: list[tuple[str, float | None]] = []
        self.cancel_now = False

    def info(self, text: str) -> None:
        self.lines.append(text)

    def warning(self, text: str) -> None:
        self.warnings.append(text)

    def progress(self, label: str, percent: float | None = None) -> None:
        self.labels.append((label, percent))

    def cancelled(self) -> bool:
        return self.cancel_now

    @property
    def everything(self) -> str:
        return "\n".join([*self.lines, *self.warnings, *(label for label, _ in self.labels)])


class CancelWhen(Listener):
    """Asks to stop once one of these words was heard."""

    def __init__(self, *words: str) -> None:
        super().__init__()
        self.words = words

    def cancelled(self) -> bool:
        return any(word in self.everything for word in self.words)
