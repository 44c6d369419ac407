"""What the certificates of a chain say, as metrics: pure."""

from collections.abc import Callable, Sequence
from hashlib import sha256

from cryptography import x509
from cryptography.x509.oid import NameOID

from exporter.probes.handshake import Seen
from exporter.probes.metrics import Sheet

LONGEST_LABEL = 4000  # characters; a hundred names fit in
UNREADABLE = (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
# Go's names for the attributes that RFC 4514 leaves without one.
GO_NAMES = {NameOID.SERIAL_NUMBER: "SERIALNUMBER", NameOID.POSTAL_CODE: "POSTALCODE"}


def measure(seen: Seen, sheet: Sheet, say: Callable[[str], None]) -> None:
    """Put what a target showed on the sheet; a certificate that cannot be read is said and left out."""
    try:
        chain = [x509.load_der_x509_certificate(der) for der in seen.chain]
        verified = [x509.load_der_x509_certificate(der) for der in seen.verified]
        if chain:
            sheet.put("probe_ssl_earliest_cert_expiry", earliest_expiry(chain))
            sheet.put("probe_ssl_last_chain_info", 1, leaf_labels(chain[0], seen.chain[0]))
            say(f"Certificate: {chain[0].subject.rfc4514_string()}, until {chain[0].not_valid_after_utc:%Y-%m-%d}")
    except UNREADABLE as e:
        say(f"The certificates cannot be read: {e}")
        return
    if verified:
        sheet.put("probe_ssl_last_chain_expiry_timestamp_seconds", earliest_expiry(verified))
    if seen.version:
        sheet.put("probe_tls_version_info", 1, (("version", seen.version),))
    if seen.cipher:
        sheet.put("probe_tls_cipher_info", 1, (("cipher", seen.cipher),))


def earliest_expiry(chain: Sequence[x509.Certificate]) -> float:
    """Unix time of the first certificate to expire."""
    return min(certificate.not_valid_after_utc.timestamp() for certificate in chain)


def leaf_labels(leaf: x509.Certificate, der: bytes) -> tuple[tuple[str, str], ...]:
    """The labels of probe_ssl_last_chain_info, written as blackbox_exporter writes them."""
    serial = abs(leaf.serial_number)
    return (
        ("fingerprint_sha256", sha256(der).hexdigest()),
        ("issuer", leaf.issuer.rfc4514_string(GO_NAMES)[:LONGEST_LABEL]),
        ("serialnumber", serial.to_bytes((serial.bit_length() + 7) // 8, "big").hex()[:LONGEST_LABEL]),
        ("subject", leaf.subject.rfc4514_string(GO_NAMES)[:LONGEST_LABEL]),
        ("subjectalternative", ",".join(names(leaf))[:LONGEST_LABEL]),
    )


def names(leaf: x509.Certificate) -> list[str]:
    """The DNS names that a certificate is for."""
    try:
        found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return found.value.get_values_for_type(x509.DNSName)
