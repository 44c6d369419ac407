"""Certificates of every kind of badness, and TLS contexts that show them."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
# Not every machine knows that name.
ADDRESSES = {"localhost": [x509.IPAddress(ip_address("127.0.0.1"))]}


@dataclass(frozen=True)
class Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def expiry(self) -> float:
        return self.certificate.not_valid_after_utc.timestamp()


def issue(
    name: str, issuer: Pair | None = None, begins: timedelta = -10 * DAY, ends: timedelta = 30 * DAY, ca: bool = False
) -> Pair:
    """A certificate for a DNS name; signed by itself without an issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test, Inc."), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name), *ADDRESSES.get(name, ())]), critical=False)
    )
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


AUTHORITY = issue("authority", ca=True, ends=3650 * DAY)
GOOD = issue("localhost", AUTHORITY)
EXPIRED = issue("localhost", AUTHORITY, ends=-DAY)
EARLY = issue("localhost", AUTHORITY, begins=DAY)
OTHER_NAME = issue("elsewhere.example", AUTHORITY)
SELF_SIGNED = issue("localhost")


def pem(pair: Pair) -> bytes:
    return pair.certificate.public_bytes(serialization.Encoding.PEM)


def server(folder: Path, pair: Pair, chain: tuple[Pair, ...] = ()) -> ssl.SSLContext:
    """A context that shows a certificate and what is to follow it."""
    path = folder / "server.pem"
    key = pair.key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(pem(pair) + b"".join(pem(link) for link in chain) + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


def authority_file(folder: Path) -> str:
    (folder / "ca.pem").write_bytes(pem(AUTHORITY))
    return str(folder / "ca.pem")
