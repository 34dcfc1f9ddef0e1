"""The job on disk before it is watched, so that a rerun finds it instead of submitting again.

One small JSON file per service in the user's application-data folder, written whole or not at all, locked against a
second process of this machine, readable by a person.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import IO, Any

from ..errors import AlreadyRunning, JournalError
from ..server.cache import CacheLook, Scale, ServiceState
from .folders import application_folder, file_name_for

JOB_ADDRESS = re.compile(r"/rest/services/System/\w+/GPServer/[\w%]+/jobs/\w+")
MOST = 1e18
UNREADABLE = (OSError, ValueError, LookupError, TypeError, ArithmeticError, RecursionError)
EXPLANATION = "CacheTools notes a running cache deletion here, so that a rerun finds it instead of submitting again."


@dataclass(frozen=True)
class Entry:
    """A deletion that was begun and whose end nobody has seen yet.

    `job_url` is empty while the answer to the submit isn't there; `known_jobs` are the ids of the jobs that the server
    already had then, None where they couldn't be listed.
    """

    service: str
    account: str
    begun: datetime
    before: CacheLook
    tools: str
    known_jobs: frozenset[str] | None
    job_url: str = ""


class Journal:
    """The entry of one service; held by one process at a time."""

    def __init__(self, service_url: str, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None else application_folder() / "journal"
        self.file = self.folder / f"{file_name_for(service_url.lower())}.json"
        self._service = service_url

    @contextmanager
    def held(self) -> Iterator[Journal]:
        """Hold this service's entry, so that no other process of this machine deletes the same cache at the same time.

        The lock is the operating system's, so it ends with the process, however that ends.
        Raises AlreadyRunning where another process holds it, JournalError where the folder can't be used.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = self.file.with_suffix(".lock").open("a+b")
        except OSError as error:
            raise self._unusable(error) from error
        with lock:
            if not _lock(lock):
                raise AlreadyRunning(
                    f"Another run of CacheTools on this machine is deleting the cache of {self._service}."
                )
            yield self

    @property
    def holds_entry(self) -> bool:
        """True while a deletion that was begun isn't settled, also where its entry can't be understood."""
        return self.file.exists()

    def entry(self) -> Entry | None:
        """What an earlier run has left, if anything. Raises JournalError where the file can't be understood."""
        try:
            return _from_json(self._service, self.file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except UNREADABLE as error:
            raise JournalError(
                f"The journal file {self.file} can't be understood ({type(error).__name__}); a job may be running.",
                "Look at the jobs of System/CachingTools in ArcGIS Server Manager; when none is running for this"
                " service, delete that file and run this again.",
            ) from error

    def write(self, entry: Entry) -> Entry:
        """Write the entry, whole or not at all, and on the disk before this returns. Raises JournalError."""
        partial = self.file.with_suffix(".new")
        try:
            with partial.open("w", encoding="utf-8") as stream:
                stream.write(_to_json(entry))
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(self.file)
            _settle_folder(self.folder)
        except OSError as error:
            raise self._unusable(error) from error
        return entry

    def clear(self) -> None:
        """The deletion has ended, or never began; nothing is left to find. Raises JournalError."""
        try:
            self.file.with_suffix(".new").unlink(missing_ok=True)
            self.file.unlink(missing_ok=True)
        except OSError as error:
            raise self._unusable(error) from error

    def _unusable(self, error: OSError) -> JournalError:
        return JournalError(
            f"The journal {self.file} can't be written: {error.strerror or error}.",
            "Without it a job could be submitted twice. Make room or give this user write access there and run again.",
        )


def with_job(entry: Entry, job_url: str) -> Entry:
    """The entry once the job's address is known."""
    return replace(entry, job_url=job_url)


def _to_json(entry: Entry) -> str:
    return json.dumps(
        {
            "what_this_is": EXPLANATION,
            "service": entry.service,
            "account": entry.account,
            "begun": entry.begun.isoformat(timespec="seconds"),
            "job_url": entry.job_url or "the answer to the submit hasn't come yet",
            "answered": bool(entry.job_url),
            "caching_tools": entry.tools,
            "known_jobs": None if entry.known_jobs is None else sorted(entry.known_jobs),
            "before": {
                "cached": entry.before.cached,
                "scales": None if entry.before.scales is None else [vars(scale) for scale in entry.before.scales],
            },
        },
        indent=1,
        ensure_ascii=False,
    )


def _from_json(service: str, text: str) -> Entry:
    fields: dict[str, Any] = json.loads(text)
    if str(fields["service"]).lower() != service.lower():
        raise ValueError("it is about another service")
    known, before = fields["known_jobs"], fields["before"]
    scales = None if before["scales"] is None else tuple(_scale(scale) for scale in before["scales"])
    job_url = str(fields["job_url"]) if fields["answered"] else ""
    site = service.partition("/rest/services/")[0]
    if job_url and not (job_url.startswith(site) and JOB_ADDRESS.fullmatch(job_url[len(site) :])):
        raise ValueError("its job is no job of this site's caching tools")
    tools = str(fields["caching_tools"])
    if not tools.isalnum():
        raise ValueError("it names no caching tools")
    if before["cached"] not in (True, False, None):
        raise ValueError("it doesn't tell whether there was a cache")
    return Entry(
        service=service,
        account=str(fields["account"]),
        begun=datetime.fromisoformat(fields["begun"]).astimezone(timezone.utc),
        before=CacheLook(ServiceState.ANSWERS, before["cached"], scales),
        tools=tools,
        known_jobs=None if known is None else frozenset(map(str, known)),
        job_url=job_url,
    )


def _scale(fields: dict[str, Any]) -> Scale:
    scale = Scale(int(fields["level"]), float(fields["scale"]), int(fields["tiles"]), int(fields["bytes"]))
    if not all(0 <= number < MOST for number in vars(scale).values()):
        raise ValueError("it counts what can't be counted")
    return scale


def _settle_folder(folder: Path) -> None:
    """On POSIX a rename is on the disk only when its folder is; Windows has no such step."""
    if sys.platform != "win32":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: IO[bytes]) -> bool:
        stream.seek(0)
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(stream: IO[bytes]) -> bool:
        try:
            fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True
