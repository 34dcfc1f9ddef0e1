"""Which certificates count, and what to say when one doesn't.

The operating system's own store counts; so do a CA file that the caller names, the file kept for this site, and what
REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names. Nothing is changed for other code in the same process, and nothing switches
the checks off.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies, select_proxy

from ..errors import CertificateFileError, NoAnswer, NotTrusted
from ..local.folders import application_folder, file_name_for
from ..messages import plain_words
from ..waiting import Run

BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PARTIAL_CHAIN = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN; ssl names it from Python 3.10 on
FINGERPRINT_WAITS = 10.0

# Error numbers of OpenSSL's x509_vfy.h.
TOO_EARLY, EXPIRED, SELF_SIGNED, UNKNOWN_ROOT, UNKNOWN_ISSUER, NO_CHAIN = 9, 10, 18, 19, 20, 21
WRONG_NAME, WRONG_ADDRESS = 62, 64
WEAK = {24, 32, 66, 67, 68, *range(72, 96)}
CURED_BY_KEEPING = {SELF_SIGNED, UNKNOWN_ROOT, UNKNOWN_ISSUER, NO_CHAIN, *WEAK}
# Windows' own, which truststore hands on: CERT_E_EXPIRED (too early as well), _UNTRUSTEDROOT, _CHAINING, _CN_NO_MATCH.
WINDOWS = {0x800B0101: EXPIRED, 0x800B0109: UNKNOWN_ROOT, 0x800B010A: UNKNOWN_ISSUER, 0x800B010F: WRONG_NAME}


class Trust:
    """The certificates that count for one site; `context` is what a connection is checked with."""

    def __init__(self, site: str, ca_file: str | os.PathLike[str] | None = None) -> None:
        self.kept_file = application_folder() / "certificates" / f"{file_name_for(_authority(site))}.pem"
        extra = list(self._extra_files(ca_file))
        # On Windows truststore heeds only authorities' certificates in a file, and a server's own may be in it.
        self.context = ssl.create_default_context() if extra else _system_context()
        for named_by, file in extra:
            _add(self.context, named_by, file)

    def _extra_files(self, ca_file: str | os.PathLike[str] | None) -> Iterator[tuple[str, Path]]:
        if ca_file is not None:
            yield "the CA file", Path(ca_file)
        if self.kept_file.exists():
            yield "the file kept for this site", self.kept_file
        for variable in BUNDLE_VARIABLES:
            if os.environ.get(variable):
                yield f"the environment variable {variable}", Path(os.environ[variable])
                break

    def adapter(self) -> HTTPAdapter:
        """Carries requests over connections that this trust checks."""
        return _TrustingAdapter(self.context)

    def refusal(self, url: str, error: BaseException, run: Run) -> NoAnswer:
        """What to say after a TLS handshake failed: why, the certificate's fingerprint, and how to trust that one."""
        host = urlsplit(url).hostname or ""
        refused = _verification_error(error)
        if refused is None:
            # A connection that breaks while the answer is read shows as a TLS error too, so this isn't "never sent".
            return NoAnswer(
                f"{_authority(url)} doesn't speak TLS as expected: {plain_words(_innermost(error))}.",
                "Check the port: ArcGIS Server answers https on 6443, a web adaptor on 443.",
            )
        code = WINDOWS.get(refused.verify_code, refused.verify_code)
        reason, remedy = _explain(code, plain_words(refused.verify_message).rstrip("."), host)
        seen, shown = _fingerprint(url, run)
        keep = (
            " To trust this one certificate: compare the fingerprint with the one that the server's administrator reads"
            f" off the server, save the certificate in PEM form as {self.kept_file}, and run this again."
            if shown and code in CURED_BY_KEEPING
            else ""
        )
        return NotTrusted(f"The certificate of {_authority(url)} was refused: {reason}.{seen}", remedy + keep)


class _TrustingAdapter(HTTPAdapter):
    """Hands our context to every connection.

    requests calls `cert_verify` before every request and would add its own bundle of certificates (certifi) there.
    """

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__(max_retries=0)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, proxy_ssl_context=self._context, **kwargs)

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        conn.cert_reqs = "CERT_REQUIRED"
        conn.conn_kw["ssl_context"] = _ContextFor(conn.host, self._context)


class _ContextFor:
    """The context, for one host: urllib3 1.26 (Pro 3.0 to 3.2) doesn't name it where it is an IP address, so that it
    couldn't be compared with the certificate. What urllib3 sets here doesn't reach the context itself.
    """

    def __init__(self, host: str, context: ssl.SSLContext) -> None:
        self._host = host
        self._context = context

    def __getattr__(self, name: str) -> Any:
        return getattr(self._context, name)

    def wrap_socket(self, sock: socket.socket, server_hostname: str | None = None) -> ssl.SSLSocket:
        return self._context.wrap_socket(sock, server_hostname=server_hostname or self._host)


def _system_context() -> ssl.SSLContext:
    """The operating system's store: through truststore where it is installed (Pro 3.3 and later), else through ssl.

    truststore's context is used for our own connections only; `inject_into_ssl` would change the whole Pro session.
    """
    try:
        import truststore
    except ImportError:
        return ssl.create_default_context()
    return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _add(context: ssl.SSLContext, named_by: str, file: Path) -> None:
    try:
        if file.is_dir():
            context.load_verify_locations(capath=str(file))
        else:
            context.load_verify_locations(cafile=str(file))
    except OSError as error:
        raise CertificateFileError(f"{file}, named by {named_by}, holds no readable certificate: {error}.") from error
    # A file may hold the server's own certificate instead of its authority's; without this flag only roots would count.
    context.verify_flags |= PARTIAL_CHAIN


def _explain(code: int, words: str, host: str) -> tuple[str, str]:
    add_ca = "Put the authority's certificate into this machine's store, or name its PEM file with --ca-file."
    if code == SELF_SIGNED:
        return "it is self-signed, so nobody vouches for it", "Better: give the server a certificate of your authority."
    if code == UNKNOWN_ROOT:
        return "it leads to an authority that this machine doesn't know", add_ca
    if code in (UNKNOWN_ISSUER, NO_CHAIN):
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
        return f"it was made out to another name than {host}", "Use the host name that the certificate was made out to."
    if code in WEAK:
        return (
            f"it breaks the strict rules of this Python ({words})",
            "Have the certificate or its authority's made anew by today's rules; Pro 3.6 and later checks strictly.",
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
    split = urlsplit(url)
    return f"{split.scheme}://{split.netloc.rpartition('@')[2]}"
