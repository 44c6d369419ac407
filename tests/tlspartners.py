"""Certificates, a TLS server that says hello, and clients for it."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass
class Pair:
    """A certificate and its key, ready to sign others."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        no_password = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        return self.key.private_bytes(serialization.Encoding.PEM, form, no_password).decode()

    def write(self, directory: Path, name: str) -> None:
        (directory / f"{name}.pem").write_text(self.pem)
        (directory / f"{name}.key").write_text(self.key_pem)


def issue(name: str, issuer: Pair | None = None, sans: tuple[x509.GeneralName, ...] = ()) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if sans:
        builder = builder.add_extension(x509.SubjectAlternativeName(sans), critical=False)
    return Pair(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


AUTHORITY = issue("authority")
STRANGER = issue("another authority")
SERVER = issue("first", AUTHORITY, (x509.DNSName("localhost"),))
SECOND = issue("second", AUTHORITY, (x509.DNSName("localhost"),))
CLIENT_SANS = (x509.DNSName("prometheus.example"), x509.IPAddress(ip_address("::1")))
CLIENT = issue("client", AUTHORITY, CLIENT_SANS)


def write_all(directory: Path) -> None:
    """server, client, ca and stranger, each as .pem and .key."""
    for name, pair in {"server": SERVER, "client": CLIENT, "ca": AUTHORITY, "stranger": STRANGER}.items():
        pair.write(directory, name)


def written(directory: Path, *lines: str, tls: tuple[str, ...] | None = ()) -> Path:
    """web.yml with the server's certificate, `tls` lines in its section and other lines after it."""
    section = [
        "tls_server_config:",
        "  cert_file: server.pem",
        "  key_file: server.key",
        *(f"  {x}" for x in tls or ()),
    ]
    (directory / "web.yml").write_text("\n".join([*(section if tls is not None else []), *lines]) + "\n")
    return directory / "web.yml"


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readline()
    writer.write(b"hello\n")
    writer.close()


@asynccontextmanager
async def serving(context: ssl.SSLContext | None) -> AsyncIterator[int]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def client(directory: Path, identity: str | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(directory / "ca.pem"))
    if identity:
        context.load_cert_chain(directory / f"{identity}.pem", directory / f"{identity}.key")
    return context


async def served_name(port: int, context: ssl.SSLContext) -> str:
    """Exchange a line and return the common name of the server's certificate."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
    try:
        writer.write(b"hi\n")
        assert await reader.readline() == b"hello\n"
        certificate = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return str(
            x509.load_der_x509_certificate(certificate)
            .subject.rdns[0]
            .get_attributes_for_oid(NameOID.COMMON_NAME)[0]
            .value
        )
    finally:
        writer.close()


async def refused(port: int, context: ssl.SSLContext) -> bool:
    try:
        await served_name(port, context)
    # TLS 1.3 tells a client of its refused certificate only after the handshake: the answer is then empty.
    except (ssl.SSLError, ConnectionError, AssertionError):
        return True
    return False
