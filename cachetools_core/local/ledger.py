"""The ledger of a run over many services: a rerun of the same command goes on where a run was stopped.

One file for one set of services in the user's application-data folder, a line an event, each on the disk before the
run goes on, readable by a person. A line that was cut off by a kill tells nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from threading import Lock as ThreadLock
from typing import Any

from ..errors import AlreadyRunning, JournalError
from ..messages import plain_words, reason
from ..proof.entry import Entry
from ..proof.evidence import Look
from ..proof.verdict import Verdict
from ..proof.written_look import look_as_dict, look_from_dict
from . import own_files
from .folders import application_folder, other_place
from .own_files import Lock

VERSION = 1
LARGEST = 256 * 1024 * 1024
"""Bytes: a service takes up to 5 kB, with 24 scales and a job that failed, and a list may hold ten thousands."""
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True)
class Ended:
    """How a deletion ended in an earlier part of the run; `error_id` is empty for a success."""

    verdict: str
    at: str
    job_url: str = ""
    job_status: str = ""
    error_id: str = ""
    what: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Submitted:
    """A job that an earlier part of the run was about to submit, and how it ended; None where that isn't noted.

    `before` is the look before it, `at` the moment (UTC, ISO 8601).
    """

    at: str
    before: Look
    ended: Ended | None = None


class Ledger:
    """What was submitted in one run over these services, named by their keys; held by one process at a time."""

    def __init__(
        self, services: Iterable[str], folder: str | os.PathLike[str] | None, blotted: Callable[[Any], Any]
    ) -> None:
        """`blotted` takes secrets out of what is written. Raises JournalError where this user has no place for it."""
        self._services = sorted(services)
        self._blotted = blotted
        self._folder = _folder(folder)
        name = sha256("\n".join(self._services).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        self.file = self._folder / f"{len(self._services)}-services-{name}.jsonl"
        self._submitted: dict[str, Submitted] = {}
        self._is_there = False
        self._turn = ThreadLock()

    @contextmanager
    def held(self) -> Iterator[Ledger]:
        """Hold the ledger, and read what an earlier part of the run has left.

        Raises AlreadyRunning where another process holds it, JournalError where it can't be read, understood or held.
        """
        if not self._services:
            yield self
            return
        try:
            own_files.make_folder(self._folder)
            lock = Lock(self.file.with_suffix(".lock"))
        except BlockingIOError as error:
            raise AlreadyRunning(
                "Another run of CacheTools on this machine is working on the same services."
            ) from error
        except OSError as error:
            raise self._unusable(error) from error
        try:
            self._read()
            yield self
        finally:
            lock.release()

    def submitted(self, service: str) -> Submitted | None:
        """What an earlier part of the run has submitted for a service, if anything."""
        return self._submitted.get(service)

    def is_about(self, service: str) -> bool:
        """True where the service is one of the run's."""
        return service in self._services

    @property
    def is_left(self) -> bool:
        """True where an earlier run over the services has left its file, whether it can be read or not."""
        return os.path.lexists(self.file)

    @property
    def goes_on(self) -> bool:
        """True where an earlier part of the run has left something."""
        return bool(self._submitted)

    @property
    def jobs(self) -> dict[str, str]:
        """The ids of the jobs that have ended, and their services."""
        found = ((one.ended, service) for service, one in list(self._submitted.items()))
        return {ended.job_url.rpartition("/")[2]: service for ended, service in found if ended and ended.job_url}

    def note_submit(self, service: str, entry: Entry) -> None:
        """A job is about to be submitted. Raises JournalError."""
        before = self._blotted(look_as_dict(entry.before))
        event = {"service": service, "submitted": entry.begun.isoformat(timespec="seconds"), "before": before}
        self._note(event)

    def note_end(self, service: str, ended: Ended) -> None:
        """Note how a job ended. Raises JournalError."""
        event = {"service": service, "ended": self._blotted(asdict(ended))}
        self._note(event)

    def note_withdrawal(self, service: str) -> None:
        """No job was submitted after all. Raises JournalError."""
        self._note({"service": service, "submitted": None})

    def close(self) -> None:
        """The run is over: nothing is left to go on with. Raises JournalError."""
        try:
            self.file.unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(error) from error

    def _note(self, event: dict[str, Any]) -> None:
        try:
            with self._turn:
                if not self._is_there:
                    head = {"version": VERSION, "services": self._services}
                    own_files.write_text(self.file, _line(head) + "\n")
                    self._is_there = True
                own_files.append_line(self.file, _line(event))
                self._learn(event)
        except OSError as error:
            raise self._unusable(error) from error

    def _read(self) -> None:
        try:
            text = own_files.read_text(self.file, LARGEST)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._not_understood(reason(error)) from error
        except ValueError as error:
            raise self._not_understood("it isn't in UTF-8") from error
        whole, _, cut_off = text.rpartition("\n")
        try:
            head, *events = map(json.loads, whole.split("\n"))
            if head["version"] != VERSION:
                raise self._not_understood("another version of CacheTools has written it")
            if head["services"] != json.loads(_line(self._services)):
                raise ValueError("it is about other services")
            for event in events:
                self._learn(event)
            if cut_off:
                own_files.write_text(self.file, whole + "\n")
        except OSError as error:
            raise self._unusable(error) from error
        except UNREADABLE as error:
            raise self._not_understood("it is damaged") from error
        self._is_there = True

    def _learn(self, event: dict[str, Any]) -> None:
        service = event["service"]
        if "ended" in event:
            self._submitted[service] = replace(self._submitted[service], ended=_ended(event["ended"]))
        elif event["submitted"] is None:
            with suppress(KeyError):
                del self._submitted[service]
        else:
            self._submitted[service] = Submitted(str(event["submitted"]), look_from_dict(event["before"]))

    def _unusable(self, error: OSError) -> JournalError:
        return JournalError(
            f"The ledger {plain_words(self.file)} can't be written: {reason(error)}.",
            f"Free some space there, give this user write access, or {other_place()}.",
        )

    def _not_understood(self, why: str) -> JournalError:
        return JournalError(
            f"The ledger {plain_words(self.file)} of an earlier run over the same services can't be read: {why}.",
            "Nothing was submitted. Delete that file and run this again: jobs under way are noted in the journal, too,"
            " and are followed all the same.",
        )


def _ended(fields: dict[str, Any]) -> Ended:
    """Raises ValueError and TypeError for what no run has written."""
    ended = Ended(**fields)
    if not all(isinstance(text, str) for text in vars(ended).values()):
        raise TypeError("a part of it isn't a text")
    Verdict(ended.verdict)
    return ended


def _line(value: Any) -> str:
    """One line of JSON; names that aren't UTF-8 are escaped."""
    text = json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def run_under_way(service: str, folder: str | os.PathLike[str] | None = None) -> int:
    """Over how many services a run of this machine is under way that notes this one, by its key; 0 for none.

    A run makes its ledger with its first submit. Raises JournalError where this user has no place for one.
    """
    runs = _folder(folder)
    with suppress(OSError):
        for name in sorted(os.listdir(runs)):
            ledger = runs / name
            with suppress(OSError, *UNREADABLE):
                services = _services_in(ledger) if ledger.suffix == ".jsonl" else ()
                if service in services and own_files.is_held(ledger.with_suffix(".lock")):
                    return len(services)
    return 0


def _services_in(ledger: Path) -> tuple[str, ...]:
    head = own_files.read_text(ledger, LARGEST).partition("\n")[0]
    return tuple(json.loads(head)["services"])


def _folder(folder: str | os.PathLike[str] | None) -> Path:
    return (application_folder() if folder is None else Path(folder)) / "runs"
