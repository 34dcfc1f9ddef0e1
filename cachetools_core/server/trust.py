"""Which certificates count, and what to say when one doesn't.

The operating system's own store counts; so do a CA file that the caller names, and what REQUESTS_CA_BUNDLE or
CURL_CA_BUNDLE names; so does a file kept for one authority (scheme, host and port), for that authority alone. Nothing
is changed for other code in the same process, and nothing switches the checks off.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Union
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy

from ..errors import CertificateFileError, NoAnswer, NotAService, NotTrusted
from ..messages import plain_words
from ..naming.address import site_address
from ..waiting import Run

BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
LARGEST_CA_FILE = 10_000_000
PARTIAL_CHAIN = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN; ssl names it from Python 3.10 on
FINGERPRINT_WAITS = 10.0

# Error numbers of OpenSSL's x509_vfy.h.
NO_ISSUER, TOO_EARLY, EXPIRED, SELF_SIGNED, UNKNOWN_ROOT, UNKNOWN_ISSUER, NO_CHAIN = 2, 9, 10, 18, 19, 20, 21
WRONG_NAME, WRONG_ADDRESS = 62, 64
WEAK = {24, 32, 66, 67, 68, *range(72, 96)}
LEADS_NOWHERE = {NO_ISSUER, SELF_SIGNED, UNKNOWN_ROOT, UNKNOWN_ISSUER, NO_CHAIN}
CURED_BY_KEEPING = {*LEADS_NOWHERE, *WEAK}
# Windows' own, which truststore hands on: CERT_E_EXPIRED (too early as well), _UNTRUSTEDROOT, _CHAINING, _CN_NO_MATCH.
WINDOWS = {0x800B0101: EXPIRED, 0x800B0109: UNKNOWN_ROOT, 0x800B010A: UNKNOWN_ISSUER, 0x800B010F: WRONG_NAME}

KeptFile = Callable[[str], Union[Path, None]]
"""Where the certificate kept for an authority, such as `https://gis.example.com:6443`, lies; None for nowhere."""


def none_kept(authority: str) -> None:
    """For a run that keeps no certificates."""


class Trust:
    """The certificates that count in one run: `ca_file` for all that it talks to, a kept file for one authority."""

    def __init__(self, *, ca_file: str | os.PathLike[str] | None = None, kept: KeptFile = none_kept) -> None:
        self._ca_file = ca_file
        self._kept = kept
        self._anchors: dict[str, Anchors] = {}

    def anchors_for(self, url: str, run: Run) -> Anchors:
        """What a connection to this address's authority is checked with; its files are read once, in the run's time.

        Raises CertificateFileError, and DeadlinePassed or Cancelled where a file doesn't answer.
        """
        authority = _authority(url)
        if authority not in self._anchors:
            files = run.in_time("looking for files of certificates", lambda: [*self._files(authority)])
            named = [run.in_time(f"reading {one}", partial(_read, one)) for one in files]
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

    def adapter(self, at_once: int = 1) -> HTTPAdapter:
        """Carries requests over so many connections that this trust checks; `anchors_for` comes first."""
        return _TrustingAdapter(self, at_once)

    def refusal(self, url: str, error: BaseException, run: Run) -> NoAnswer:
        """What to say after a TLS handshake failed: why, the certificate's fingerprint, and how to trust that one.

        Raises DeadlinePassed and Cancelled.
        """
        host = urlsplit(url).hostname or ""
        refused = _verification_error(error)
        if refused is None:
            # A connection that breaks while the answer is read shows as a TLS error too, so this isn't "never sent".
            return NoAnswer(
                f"{_authority(url)} doesn't speak TLS as expected: {plain_words(_innermost(error))}.",
                "Check the port: ArcGIS Server answers https on 6443, a web adaptor on 443.",
            )
        code = _number(refused)
        reason, remedy = _explain(code, plain_words(refused.verify_message).rstrip("."), host)
        seen, shown = _fingerprint(url, run)
        kept_file = self._kept(_authority(url))
        keep = (
            " To trust this one certificate: compare the fingerprint with the one that the server's administrator reads"
            f" off the server, save the certificate in PEM form as {kept_file}, and run this again."
            if shown and kept_file and code in CURED_BY_KEEPING
            else ""
        )
        return NotTrusted(f"The certificate of {_authority(url)} was refused: {reason}.{seen}", remedy + keep)

    def _files(self, authority: str) -> Iterator[_CertificateFile]:
        if self._ca_file is not None:
            yield _CertificateFile(Path(self._ca_file), "you as the CA file")
        kept_file = self._kept(authority)
        if kept_file is not None and os.path.exists(kept_file):
            yield _CertificateFile(kept_file, "the file kept for this site")
        for variable in BUNDLE_VARIABLES:
            if os.environ.get(variable):
                yield _CertificateFile(Path(os.environ[variable]), f"the environment variable {variable}")
                break


@dataclass(frozen=True)
class _CertificateFile:
    """A file, or a folder as `openssl rehash` makes them, and who names it."""

    path: Path
    named_by: str

    def __str__(self) -> str:
        return f"{self.path}, named by {self.named_by}"

    def unusable(self, why: object) -> CertificateFileError:
        return CertificateFileError(f"{self}, holds no readable certificate: {why}.")


@dataclass(frozen=True)
class _Certificates:
    """What stands in a file; empty for a folder, which OpenSSL looks into when it needs one of its certificates."""

    source: _CertificateFile
    pem: str

    def add_to(self, context: ssl.SSLContext) -> None:
        try:
            if self.pem:
                context.load_verify_locations(cadata=self.pem)
            else:
                context.load_verify_locations(capath=str(self.source.path))
        except (OSError, ValueError) as error:
            raise self.source.unusable(error) from error


class Anchors:
    """What connections to one authority are checked with.

    Either of two checks is enough. In the first one roots count, those of the system's store and of the named files;
    in the second one every certificate of the named files, since such a file may hold the server's own. In one context
    an intermediate of the system's store would count as well. A context is chosen for a handshake, so the second one
    takes a second connection; nothing is sent over a connection that was refused.
    """

    def __init__(self, named: list[_Certificates]) -> None:
        # On Windows truststore heeds only authorities' certificates in a file, and a server's own may be in it.
        whole = ssl.create_default_context() if named else _system_context()
        if isinstance(whole, ssl.SSLContext):
            whole.verify_flags &= ~PARTIAL_CHAIN  # set by default from Python 3.13 on
        self.contexts = [whole]
        if named:
            self.contexts.append(_as_strict_as(whole))
            self.contexts[1].verify_flags |= PARTIAL_CHAIN
        for certificates in named:
            for context in self.contexts:
                certificates.add_to(context)

    @property
    def context(self) -> ssl.SSLContext:
        """What the next connection is checked with."""
        return self.contexts[0]

    def turn_to_other(self, error: BaseException) -> bool:
        """Have the next connection checked the other way, where the refused one led to none of this way's anchors."""
        refused = _verification_error(error)
        if refused is None or _number(refused) not in LEADS_NOWHERE or len(self.contexts) < 2:
            return False
        self.contexts.reverse()
        return True


class _TrustingAdapter(HTTPAdapter):
    """Hands our contexts to every connection.

    requests calls `cert_verify` before every request and would add its own bundle of certificates (certifi) there.
    """

    def __init__(self, trust: Trust, at_once: int) -> None:
        self._trust = trust
        super().__init__(max_retries=0, pool_maxsize=at_once)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            return super().send(request, *args, **kwargs)
        except (requests.exceptions.SSLError, requests.exceptions.ProxyError) as error:
            # A refused certificate ends the handshake, so nothing has been sent yet.
            refused_by_proxy = isinstance(error, requests.exceptions.ProxyError)
            proxy = select_proxy(request.url or "", kwargs.get("proxies") or {})
            if not self._trust.turn_to_other((proxy if refused_by_proxy else request.url) or "", error):
                raise
            return super().send(request, *args, **kwargs)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        if proxy.lower().startswith("https://"):
            kwargs["proxy_ssl_context"] = _ContextFor(urlsplit(proxy).hostname or "", self._trust.known_anchors(proxy))
        return super().proxy_manager_for(proxy, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        conn.cert_reqs = "CERT_REQUIRED"
        conn.conn_kw["ssl_context"] = _ContextFor(conn.host, self._trust.known_anchors(url))


class _ContextFor:
    """The context, for one host: urllib3 1.26 (Pro 3.0 to 3.2) doesn't name it where it is an IP address, so that it
    couldn't be compared with the certificate. What urllib3 sets here doesn't reach the context itself.
    """

    def __init__(self, host: str, anchors: Anchors) -> None:
        self._host = host
        self._anchors = anchors

    def __getattr__(self, name: str) -> Any:
        return getattr(self._anchors.context, name)

    def wrap_socket(self, sock: socket.socket, server_hostname: str | None = None) -> ssl.SSLSocket:
        return self._anchors.context.wrap_socket(sock, server_hostname=server_hostname or self._host)


def _system_context() -> ssl.SSLContext:
    """The operating system's store: through truststore where it is installed (Pro 3.3 and later), else through ssl.

    truststore's context is used for our own connections only; `inject_into_ssl` would change the whole Pro session.
    """
    try:
        import truststore
    except ImportError:
        return ssl.create_default_context()
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _as_strict_as(context: ssl.SSLContext) -> ssl.SSLContext:
    """A context with the same rules and no certificates yet."""
    other = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    other.options, other.verify_flags = context.options, context.verify_flags
    other.minimum_version = context.minimum_version
    return other


def _read(file: _CertificateFile) -> _Certificates:
    try:
        if file.path.is_dir():
            return _Certificates(file, "")
        with file.path.open("rb") as stream:
            content = stream.read(LARGEST_CA_FILE + 1)
    except OSError as error:
        raise file.unusable(error.strerror or error) from error
    if len(content) > LARGEST_CA_FILE:
        raise file.unusable("it is too large")
    # Comments may hold any letter; certificates are ASCII.
    pem = content.decode("ascii", errors="ignore")
    if not pem.strip():
        raise file.unusable("it is empty")
    return _Certificates(file, pem)


def _number(refused: ssl.SSLCertVerificationError) -> int:
    return WINDOWS.get(refused.verify_code, refused.verify_code)


def _explain(code: int, words: str, host: str) -> tuple[str, str]:
    add_ca = (
        "Add the CA's certificate to this machine's store, or give its PEM file as the CA file when you store"
        " the site's sign-in."
    )
    if code == SELF_SIGNED:
        return "it is self-signed, so nobody vouches for it", "Better: give the server a certificate of your authority."
    if code == UNKNOWN_ROOT:
        return "it leads to an authority that this machine doesn't know", add_ca
    if code in (NO_ISSUER, UNKNOWN_ISSUER, NO_CHAIN):
        return (
            "its issuer isn't known here: either an authority that this machine doesn't know signed it, or the server"
            " doesn't send the intermediate certificate that leads to a known one",
            f"{add_ca} If the authority is known, have the server send its intermediate certificate.",
        )
    if code == EXPIRED:
        return "it has expired", "Renew the certificate on the server; check this machine's clock."
    if code == TOO_EARLY:
        return "it isn't valid yet", "Check the clocks of this machine and of the server."
    if code in (WRONG_NAME, WRONG_ADDRESS):
        return f"it was issued for a name other than {host}", "Use the host name that the certificate was issued for."
    if code in WEAK:
        return (
            f"it breaks the strict rules of this Python ({words})",
            "Have the certificate, or its CA's, reissued by today's rules; Pro 3.6 and later check strictly.",
        )
    return f"{words} (number {code})", add_ca


def _fingerprint(url: str, run: Run) -> tuple[str, bool]:
    """What the server shows when asked for its certificate alone: a bare handshake, in which nothing is sent."""
    if select_proxy(url, get_environ_proxies(url)):
        return " (It came through a proxy, and may be the proxy's own, so no fingerprint is told.)", False
    split = urlsplit(url)
    host, port = split.hostname or "", split.port or 443
    try:
        certificate = run.call(lambda _: _shown_by(host, port), FINGERPRINT_WAITS)
    except (OSError, ValueError) as error:
        return f" (Its fingerprint couldn't be read: {plain_words(error)}.)", False
    digest = sha256(certificate).hexdigest().upper()
    return " Its SHA-256 fingerprint is " + ":".join(digest[i : i + 2] for i in range(0, 64, 2)) + ".", True


def _shown_by(host: str, port: int) -> bytes:
    if sys.version_info >= (3, 10):
        return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate((host, port)))
    # Python 3.9 doesn't name the host there, and a web server with several sites would show another one's certificate.
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS)
    with socket.create_connection((host, port)) as raw, asking.wrap_socket(raw, server_hostname=host) as shown:
        return shown.getpeercert(True) or b""


def _verification_error(error: BaseException) -> ssl.SSLCertVerificationError | None:
    return next((e for e in causes(error) if isinstance(e, ssl.SSLCertVerificationError)), None)


def _innermost(error: BaseException) -> BaseException:
    return list(causes(error))[-1]


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, outermost first; urllib3 puts causes into `args`, `reason` and others."""
    waiting: list[Any] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            wrapped = [getattr(one, "reason", None), getattr(one, "original_error", None), *one.args, one.__cause__]
            # What was being handled when the first one was raised is another story.
            waiting.extend(wrapped if one is error else [*wrapped, one.__context__])


def _authority(url: str) -> str:
    """Scheme, host and port of an address, in one spelling; never a user name or password."""
    try:
        return site_address(url)
    except NotAService:
        split = urlsplit(url)
        return f"{split.scheme}://{split.netloc.rpartition('@')[2]}"
