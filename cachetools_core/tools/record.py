"""Writes down what a run finds, and makes the receipt of it."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ..errors import CacheToolsError, JournalError, ReceiptNotKept, Unexpected
from ..local.receipts import ReceiptFolder
from ..local.this_machine import machine_name, user_name
from ..messages import Messages, PassedOn
from ..proof.ending import JobReport
from ..proof.evidence import Look
from ..proof.receipt import Receipt
from ..proof.scheme import TilingScheme
from ..proof.verdict import Verdict
from ..proof.way_back import WayBack, create_call, files_of
from ..proof.words import in_utc
from ..secrecy import Secrets
from ..version import __version__
from ..waiting import Clock


class Record(PassedOn):
    """The receipt in the making, and the messages of its story: every warning that is said stands in the receipt.

    `failing` turns whatever ends the story into a part of it.
    """

    def __init__(self, service: str, messages: Messages, secrets: Secrets, clock: Clock) -> None:
        super().__init__(messages)
        self._secrets, self._clock = secrets, clock
        self._begun = clock.monotonic()
        self._receipt = Receipt(
            service,
            Verdict.UNKNOWN,
            self._now(),
            "",
            version=__version__,
            machine=machine_name(),
            machine_user=user_name(),
        )
        self._warnings: list[str] = []
        self._unsettled = False
        self._place: tuple[ReceiptFolder, Path] | None = None

    def warning(self, text: str) -> None:
        """Tell the administrator, and keep it for the receipt."""
        self.recall([text])
        super().warning(text)

    def note_service(self, url: str) -> None:
        """The service that the text named; its address isn't a secret, whatever a password is."""
        self._secrets.spare(url)
        self._receipt = replace(self._receipt, service=url, output_url=url)

    def note_site(self, account: str, server_version: str) -> None:
        """Who signed in, and the server's version."""
        self._secrets.spare(account)
        self._receipt = replace(self._receipt, account=account, server_version=server_version)

    def note_before(self, look: Look) -> None:
        """The look before."""
        self._receipt = replace(self._receipt, before=look)

    def note_after(self, look: Look) -> None:
        """The look afterwards."""
        self._receipt = replace(self._receipt, after=look)

    def note_job(self, report: JobReport) -> None:
        """How the job ended."""
        said = (*self._receipt.messages, *report.messages)
        self._receipt = replace(
            self._receipt, job_url=report.url or None, job_status=report.status or None, messages=said
        )

    def note_way_back(self, way_back: WayBack | None) -> None:
        """The tiling scheme that an earlier run has saved before its submit."""
        self._receipt = replace(self._receipt, way_back=way_back)

    @property
    def way_back(self) -> WayBack | None:
        """The tiling scheme that was saved, None where none was."""
        return self._receipt.way_back

    @property
    def warnings(self) -> tuple[str, ...]:
        """All that was warned of until now."""
        return tuple(self._warnings)

    def recall(self, warnings: Sequence[str]) -> None:
        """Warnings that were said while this was planned: they belong to the receipt, and aren't said again."""
        self._warnings += [text for text in warnings if text not in self._warnings]

    def decide(self, verdict: Verdict, error: CacheToolsError | None = None) -> None:
        """The verdict, with its error where it isn't a success."""
        self._receipt = replace(self._receipt, verdict=verdict, error=error)

    def keep_way_back(self, folder: str | os.PathLike[str] | None, scheme: TilingScheme, cache_directory: str) -> None:
        """The tiling scheme, saved in files beside the receipt; one that can't be saved costs a warning.

        `cache_directory` is the server's own, empty where nobody knows it.
        """
        told = self._secrets.blotted_value(scheme)
        try:
            receipts, stem = self._place_in(folder)
            files = {stem.with_suffix(ending): text for ending, text in files_of(told).items()}
            receipts.write_together(files)
        except (JournalError, ReceiptNotKept) as error:
            self.warning(f"The tiling scheme couldn't be saved: {error.what}")
            return
        conf, *_ = files
        call = create_call(told, self._receipt.service, str(conf), cache_directory)
        self._receipt = replace(self._receipt, way_back=WayBack(tuple(map(str, files)), told.not_shown, call))
        self._messages.info(f"Tiling scheme: {conf}")

    def keep(self, folder: str | os.PathLike[str] | None) -> Receipt:
        """The finished receipt, kept in the folder as JSON and as a page where it names a service.

        A receipt that can't be kept costs a warning, and changes no verdict.
        """
        receipt = self.receipt()
        if receipt.output_url is None:
            return receipt
        try:
            receipts, stem = self._place_in(folder)
            kept = {stem.with_suffix(".html"): receipt.to_html(), stem.with_suffix(".json"): receipt.to_json()}
            receipts.write_together(kept)
        except (JournalError, ReceiptNotKept) as error:
            self.warning(str(error))
            return self.receipt()
        self._messages.info(f"Receipt: {stem}.json and .html")
        return replace(receipt, page=f"{stem}.html")

    def _place_in(self, folder: str | os.PathLike[str] | None) -> tuple[ReceiptFolder, Path]:
        """The folder, and how the names of all files of this run begin. Raises JournalError, ReceiptNotKept."""
        if self._place is None:
            receipts = ReceiptFolder(folder)
            self._place = receipts, receipts.stem_for(self._receipt.service, self._clock.now())
        return self._place

    def receipt(self) -> Receipt:
        """What was written down until now, without a secret."""
        took = self._clock.monotonic() - self._begun
        return self._secrets.blotted_value(
            replace(self._receipt, warnings=self.warnings, finished=self._now(), seconds=took)
        )

    @contextmanager
    def failing(self) -> Iterator[None]:
        """Whatever ends the story is a part of the record; an error decides as its own verdict says."""
        try:
            yield
        except CacheToolsError as error:
            self.decide(Verdict.UNKNOWN if self._unsettled else Verdict(error.verdict), error)
        except Exception as fault:  # noqa: BLE001 - a fault of ours must end in no traceback, nor show what it held
            place = traceback.extract_tb(fault.__traceback__)[-1]
            self.decide(
                Verdict.UNKNOWN,
                Unexpected(f"CacheTools itself failed: {type(fault).__name__} in {place.name}, line {place.lineno}."),
            )

    @contextmanager
    def unsettled(self, noted: str) -> Iterator[None]:
        """An error in here leaves a job unsettled that was begun earlier: it may have deleted anything.

        `noted` says where it is noted, and is empty where there is none.
        """
        try:
            yield
        except CacheToolsError:
            if noted:
                self.leave_unsettled(noted)
            raise

    def leave_unsettled(self, words: str) -> None:
        """It isn't known how a job that was begun ended, so no error may decide that nothing was deleted."""
        self._unsettled = True
        self.warning(f"{words} Its outcome isn't known.")

    def _now(self) -> str:
        return in_utc(self._clock.now())
