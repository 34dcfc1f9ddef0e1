"""Which certificates count.

The operating system's own store counts; so do a CA file that the caller names, and what REQUESTS_CA_BUNDLE or
CURL_CA_BUNDLE names; so does a file kept for one authority (scheme, host and port), for that authority alone. Nothing
is changed for other code in the same process, and nothing switches the checks off.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Union
from urllib.parse import urlsplit

from ..account import Place
from ..errors import NoAnswer, NotAService
from ..naming.address import site_address
from ..waiting import Run
from .certificates import KEPT, Certificates
from .refused_certificates import others_may_do, refusal

BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PARTIAL_CHAIN = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN; ssl names it from Python 3.10 on

KeptFile = Callable[[str], Union[Path, None]]
"""Where the certificate kept for an authority, such as `https://gis.example.com:6443`, lies; None for nowhere."""


def none_kept(authority: str) -> None:
    """For a run that keeps no certificates."""


class Trust:
    """The certificates that count in one run: `ca_file` for all that it talks to, a kept file for one authority.

    `place` is where whoever reads of a refusal stands.
    """

    def __init__(
        self,
        *,
        ca_file: str | os.PathLike[str] | None = None,
        kept: KeptFile = none_kept,
        place: Place = Place.SCRIPT,
    ) -> None:
        self._ca_file = ca_file
        self._kept = kept
        self._place = place
        self._anchors: dict[str, Anchors] = {}

    def anchors_for(self, url: str, run: Run) -> Anchors:
        """What a connection to this address's authority is checked with; its files are read once, in the run's time.

        Raises CertificateFileError, and DeadlinePassed or Cancelled where a file doesn't answer.
        """
        authority = _authority(url)
        if authority not in self._anchors:
            files = run.in_time("looking for files of certificates", lambda: [*self._files(authority)])
            named = [run.in_time(f"reading {one}", one.read) for one in files]
            # The system's store may be a file too, where SSL_CERT_FILE names one.
            self._anchors[authority] = run.in_time("reading the system's certificates", lambda: Anchors(named))
        return self._anchors[authority]

    def known_anchors(self, url: str) -> Anchors:
        """The same, once its files have been read; KeyError before that."""
        return self._anchors[_authority(url)]

    def turn_to_other(self, url: str, error: BaseException) -> bool:
        """Have the next connection there checked the other way, if there is one and the error calls for it."""
        anchors = self._anchors.get(_authority(url))
        return anchors is not None and anchors.turn_to_other(error)

    def refusal(self, url: str, error: BaseException, run: Run) -> NoAnswer:
        """What to say after a TLS handshake with this address failed. Raises DeadlinePassed and Cancelled."""
        authority = _authority(url)
        return refusal(url, authority, error, self._kept(authority), run, self._place)

    def _files(self, authority: str) -> Iterator[Certificates]:
        if self._ca_file is not None:
            yield Certificates(Path(self._ca_file), "named by you as the CA file")
        kept_file = self._kept(authority)
        if kept_file is not None and os.path.exists(kept_file):
            yield Certificates(kept_file, KEPT)
        for variable in BUNDLE_VARIABLES:
            if os.environ.get(variable):
                yield Certificates(Path(os.environ[variable]), f"named by the environment variable {variable}")
                break


class Anchors:
    """What connections to one authority are checked with.

    Where files are named, either of two checks is enough. In the first one every certificate of these files counts,
    since such a file may hold the server's own; in the second one roots count, those of the system's store and of the
    files. In one context an intermediate of the system's store would count as well. A context is chosen for a
    handshake, so the second one takes a second connection; nothing is sent over a connection that was refused. The
    store is read for the second one only: it is large, and mostly the files are named since it doesn't do.
    """

    def __init__(self, named: list[Certificates]) -> None:
        self._named = named
        self.context = _of_files(named) if named else _system_context()
        """What the next connection is checked with."""
        self._other: ssl.SSLContext | None = None

    def other(self) -> ssl.SSLContext:
        """What isn't used now; the system's store is read where it hasn't been. Raises CertificateFileError."""
        if self._other is None:
            self._other = _of_store_and_files(self._named)
        return self._other

    def turn_to_other(self, error: BaseException) -> bool:
        """Have the next connection checked the other way, where it may end otherwise than the refused one."""
        if not self._named or not others_may_do(error):
            return False
        self.context, self._other = self.other(), self.context
        return True


def _system_context() -> ssl.SSLContext:
    """The operating system's store: through truststore where it is installed (Pro 3.3 and later), else through ssl.

    truststore's context is used for our own connections only; `inject_into_ssl` would change the whole Pro session.
    """
    try:
        import truststore
    except ImportError:
        return _of_store_and_files([])
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _of_store_and_files(named: list[Certificates]) -> ssl.SSLContext:
    # Not by truststore: on Windows it heeds only authorities' certificates in a file, and a server's own may be in it.
    context = ssl.create_default_context()
    context.verify_flags &= ~PARTIAL_CHAIN  # set by default from Python 3.13 on
    for certificates in named:
        certificates.add_to(context)
    return context


def _of_files(named: list[Certificates]) -> ssl.SSLContext:
    first, *others = named
    context = first.alone()
    context.verify_flags |= PARTIAL_CHAIN
    for certificates in others:
        certificates.add_to(context)
    return context


def _authority(url: str) -> str:
    """Scheme, host and port of an address, in one spelling; never a user name or password."""
    try:
        return site_address(url)
    except NotAService:
        split = urlsplit(url)
        return f"{split.scheme}://{split.netloc.rpartition('@')[2]}"
