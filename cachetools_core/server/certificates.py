"""A file of certificates that somebody names, read whole and taken into a context."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from ..errors import CertificateFileError
from ..messages import reason
from ..naming.address import safe_path

KEPT = "the file kept for this site"
LARGEST_CA_FILE = 10_000_000
Taken = TypeVar("Taken")


@dataclass(frozen=True)
class Certificates:
    """The certificates of a file, or of a folder as `openssl rehash` makes them, and who names it.

    `pem` is what stands in the file, once it was read; empty for a folder, which OpenSSL looks into when it needs one
    of its certificates.
    """

    path: Path
    who_names_it: str
    pem: str = ""

    def __str__(self) -> str:
        shown = self.path if self.who_names_it == KEPT else safe_path(str(self.path))
        return f"{shown} ({self.who_names_it})"

    def read(self) -> Certificates:
        """The same, read. Raises CertificateFileError."""
        try:
            if os.path.isdir(self.path):
                return self
            with self.path.open("rb") as stream:
                content = stream.read(LARGEST_CA_FILE + 1)
        except OSError as error:
            raise self._unusable(reason(error)) from error
        if len(content) > LARGEST_CA_FILE:
            raise self._unusable("it is too large")
        # Comments may hold any letter; certificates are ASCII.
        pem = content.decode("ascii", errors="ignore")
        if not pem.strip():
            raise self._unusable("it is empty")
        return replace(self, pem=pem)

    def alone(self) -> ssl.SSLContext:
        """A context by Python's own rules, without the system's store. Raises CertificateFileError."""
        return self._taken(ssl.create_default_context)

    def add_to(self, context: ssl.SSLContext) -> None:
        """From now on they count in this context, too. Raises CertificateFileError."""
        self._taken(context.load_verify_locations)

    def _taken(self, take: Callable[..., Taken]) -> Taken:
        try:
            return take(cadata=self.pem) if self.pem else take(capath=str(self.path))
        except (OSError, ValueError) as error:
            raise self._unusable("it holds no certificate that can be read") from error

    def _unusable(self, why: object) -> CertificateFileError:
        return CertificateFileError(f"{self} can't be used: {why}.")
