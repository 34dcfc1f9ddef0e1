"""What to say when a certificate doesn't count: why, its fingerprint, and what helps."""

from __future__ import annotations

import socket
import ssl
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy

from ..account import Place
from ..errors import NoAnswer, NotTrusted
from ..messages import plain_words
from ..waiting import Run
from .causes import causes, innermost

# Error numbers of OpenSSL's x509_vfy.h.
NO_ISSUER, TOO_EARLY, EXPIRED, SELF_SIGNED, UNKNOWN_ROOT, UNKNOWN_ISSUER, NO_CHAIN = 2, 9, 10, 18, 19, 20, 21
WRONG_NAME, WRONG_ADDRESS = 62, 64
WEAK = {24, 32, 66, 67, 68, *range(72, 96)}
LEADS_NOWHERE = {NO_ISSUER, SELF_SIGNED, UNKNOWN_ROOT, UNKNOWN_ISSUER, NO_CHAIN}
CURED_BY_KEEPING = {*LEADS_NOWHERE, *WEAK}
# Windows' own, which truststore hands on: CERT_E_EXPIRED (too early as well), _UNTRUSTEDROOT, _CHAINING, _CN_NO_MATCH.
WINDOWS = {0x800B0101: EXPIRED, 0x800B0109: UNKNOWN_ROOT, 0x800B010A: UNKNOWN_ISSUER, 0x800B010F: WRONG_NAME}
FINGERPRINT_WAITS = 10.0

ADD_CA = "Add the CA's certificate to this machine's store, or give its PEM file {there}."
GIVEN_THERE: Mapping[Place, str] = {
    Place.PANE: "as CA File in the tool Store Server Sign-In",
    Place.TERMINAL: "with --ca-file FILE; sign-in stores it for later runs",
    Place.SCRIPT: "as Access(ca_file=...)",
}
# Why a certificate was refused, and what helps; `{words}` are the TLS library's own, `{there}` is of GIVEN_THERE.
ISSUER_UNKNOWN = (
    "its issuer isn't known here: either an authority that this machine doesn't know signed it, or the server doesn't"
    " send the intermediate certificate that leads to a known one",
    f"{ADD_CA} If the authority is known, have the server send its intermediate certificate.",
)
OTHER_NAME = (
    "it was issued for a name other than {host}",
    "Use the host name that the certificate was issued for.",
)
TOO_WEAK = (
    "it breaks the strict rules of this Python ({words})",
    "Have the certificate, or its CA's, reissued under current rules; Pro 3.6 and later check strictly.",
)
ANYTHING_ELSE = ("{words} (number {code})", ADD_CA)
REASONS: Mapping[int, tuple[str, str]] = {
    SELF_SIGNED: (
        "it is self-signed, so no authority vouches for it",
        "Better: give the server a certificate from your authority.",
    ),
    UNKNOWN_ROOT: ("it leads to an authority that this machine doesn't know", ADD_CA),
    **dict.fromkeys((NO_ISSUER, UNKNOWN_ISSUER, NO_CHAIN), ISSUER_UNKNOWN),
    EXPIRED: ("it has expired", "Renew the certificate on the server; check this machine's clock."),
    TOO_EARLY: ("it isn't valid yet", "Check the clocks of this machine and of the server."),
    **dict.fromkeys((WRONG_NAME, WRONG_ADDRESS), OTHER_NAME),
    **dict.fromkeys(WEAK, TOO_WEAK),
}


def others_may_do(error: BaseException) -> bool:
    """True where a handshake failed that may succeed with other certificates to lead to. Raises nothing."""
    refused = _verification_error(error)
    return refused is not None and _number(refused) not in (WRONG_NAME, WRONG_ADDRESS)


def refusal(url: str, authority: str, error: BaseException, kept_file: Path | None, run: Run, place: Place) -> NoAnswer:
    """What to say after a TLS handshake failed: why, the certificate's fingerprint, and how to trust that one.

    `authority` is the address's scheme, host and port, `kept_file` where a certificate for it would be kept, if one can
    be, `place` where the reader stands. Raises DeadlinePassed and Cancelled.
    """
    refused = _verification_error(error)
    if refused is None:
        # A connection that breaks while the answer is read shows as a TLS error too, so this isn't "never sent".
        return NoAnswer(
            f"{authority} doesn't speak TLS as expected: {plain_words(innermost(error))}.",
            "Check the port: ArcGIS Server answers https on 6443, a web adaptor on 443.",
        )
    code = _number(refused)
    told = {
        "host": urlsplit(url).hostname or "",
        "words": plain_words(refused.verify_message).rstrip("."),
        "code": code,
        "there": GIVEN_THERE[place],
    }
    reason, remedy = (text.format(**told) for text in REASONS.get(code, ANYTHING_ELSE))
    seen, shown = _fingerprint(url, run)
    keep = (
        " To trust this one certificate: compare the fingerprint with the one that the server's administrator reads"
        f" off the server, save the certificate in PEM form as {kept_file}, and run this again."
        if shown and kept_file and code in CURED_BY_KEEPING
        else ""
    )
    return NotTrusted(f"The certificate of {authority} was refused: {reason}.{seen}", remedy + keep)


def _fingerprint(url: str, run: Run) -> tuple[str, bool]:
    """What the server shows when asked for its certificate alone: a bare handshake, in which nothing is sent."""
    if select_proxy(url, get_environ_proxies(url)):
        return " (It came through a proxy, and may be the proxy's own, so no fingerprint is shown.)", False
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


def _number(refused: ssl.SSLCertVerificationError) -> int:
    return WINDOWS.get(refused.verify_code, refused.verify_code)
