"""Certificates as good or as bad as a test wants them."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Certificate:
    """A certificate with its key, or that of one that it `renews`. `issuer` None signs itself; `days` are the first and
    last day from today on.

    `by_the_rules` False leaves out what strict X.509 wants: key identifiers, key usage, a critical basicConstraints.
    """

    def __init__(
        self,
        *names: str,
        issuer: Certificate | None = None,
        authority: bool = False,
        days: tuple[float, float] = (-1, 30),
        by_the_rules: bool = True,
        renews: Certificate | None = None,
    ) -> None:
        self.key: ec.EllipticCurvePrivateKey = renews.key if renews else ec.generate_private_key(ec.SECP256R1())
        self.issuer = issuer
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        now = datetime.datetime.now(datetime.timezone.utc)
        signing_key = issuer.key if issuer else self.key
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(issuer.name if issuer else self.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + days[0] * DAY)
            .not_valid_after(now + days[1] * DAY)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=by_the_rules)
        )
        if not authority:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_name(name) for name in names]), critical=False
            )
        if by_the_rules:
            mine = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
            theirs = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())
            builder = (
                builder.add_extension(_usage(authority), critical=True)
                .add_extension(mine, critical=False)
                .add_extension(theirs, critical=False)
            )
        self.certificate = builder.sign(signing_key, hashes.SHA256())
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def fingerprint(self) -> str:
        return sha256(self.certificate.public_bytes(serialization.Encoding.DER)).hexdigest().upper()

    def with_key(self, folder: Path, *sent_along: Certificate) -> Path:
        """A file for a server: the key, this certificate, and those that are sent along."""
        private = self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = folder / f"{self.fingerprint[:16]}.pem"
        file.write_bytes(private + b"".join(one.pem for one in (self, *sent_along)))
        return file

    def tls(self, folder: Path, *sent_along: Certificate) -> ssl.SSLContext:
        """The server's side of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.with_key(folder, *sent_along))
        return context

    def saved(self, file: Path) -> Path:
        """The file, with this certificate in PEM form."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self.pem)
        return file


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
