"""TLS contexts for probes, and what a target showed in its handshake, whether it was accepted or not.

There is one handshake for each connection, and OpenSSL verifies in it: no request, and no password, goes to a target
that failed. The chain is read from the very handshake that failed.
"""

import os
import re
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from exporter.probes.modules import TlsConfig
from exporter.probes.outcome import Failure

VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1,
    "TLS11": ssl.TLSVersion.TLSv1_1,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}
WORDS = {"TLSv1": "TLS 1.0", "TLSv1.1": "TLS 1.1", "TLSv1.2": "TLS 1.2", "TLSv1.3": "TLS 1.3"}
# X509_V_ERR_* of OpenSSL; every other number means that no trusted chain was found.
VERDICTS = {9: "tls_not_yet_valid", 10: "tls_expired", 62: "tls_name", 63: "tls_name", 64: "tls_name"}
CIPHER = re.compile(r"(?:(?P<exchange>[A-Z-]+)-)?(?:AES(?P<bits>128|256)-(?P<mode>.+)|CHACHA20-POLY1305)")
DER = 2


class Certificate(Protocol):
    """What the ssl module keeps of a certificate."""

    def public_bytes(self, format: int) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What a target showed: `chain` as it sent it and `verified` up to the root, both DER and leaf first."""

    chain: tuple[bytes, ...]
    verified: tuple[bytes, ...] = ()
    version: str | None = None
    """As `TLS 1.3`; None when the handshake ended before it was settled."""
    cipher: str | None = None
    """As `TLS_AES_128_GCM_SHA256`."""


class Refused(ssl.SSLCertVerificationError):
    """Verification failed; `seen` is what the target showed."""

    seen: Seen


class Peeking(ssl.SSLObject):
    """Leaves what the target showed on the error when verification fails."""

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except ssl.SSLCertVerificationError as e:
            refused = Refused(*e.args)
            refused.verify_code, refused.verify_message = e.verify_code, e.verify_message
            refused.seen = seen(self, accepted=False)
            raise refused from e


def seen(connection: ssl.SSLObject, accepted: bool = True) -> Seen:
    """What the target has shown on this connection so far."""
    # Public as SSLObject.get_verified_chain and get_unverified_chain from Python 3.13 on.
    inner = connection._sslobj  # type: ignore[attr-defined]
    cipher = connection.cipher()
    version = connection.version() or (cipher[1] if cipher else None)
    judged = accepted and connection.context.verify_mode != ssl.CERT_NONE
    return Seen(
        _der(inner.get_unverified_chain()),
        _der(inner.get_verified_chain()) if judged else (),
        WORDS.get(version or "", version),
        iana(cipher[0]) if cipher else None,
    )


def _der(chain: Iterable[Certificate] | None) -> tuple[bytes, ...]:
    return tuple(certificate.public_bytes(DER) for certificate in chain or ())


def failure(error: OSError) -> Failure:
    """Why a handshake failed, as OpenSSL says it."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = VERDICTS.get(error.verify_code, "tls_untrusted")
        return Failure(reason, f"TLS verification failed: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        return Failure("tls_handshake", f"TLS handshake failed: {error.reason or error}")
    # asyncio tells a handshake's own time limit and a lost connection apart by class only.
    reason = "tls_timeout" if isinstance(error, TimeoutError) else "tls_handshake"
    return Failure(reason, f"TLS handshake failed: {error}")


def context(tls: TlsConfig) -> ssl.SSLContext:
    """The context for a module; made anew when one of its files has changed. Failure module for a bad file."""
    defaults = ssl.get_default_verify_paths()
    files = (tls.ca_file or defaults.cafile or "", tls.cert_file, tls.key_file)
    try:
        return _context(tls, tuple(_stamp(path) for path in files))
    except (OSError, ValueError) as e:
        raise Failure("module", f"tls_config cannot be used: {e}") from e


def _stamp(path: str | None) -> tuple[int, int] | None:
    if not path:
        return None
    stat = os.stat(path)
    return stat.st_mtime_ns, stat.st_size


# Reading the system's authorities takes 10 to 30 ms, as long as twenty probes.
@lru_cache(maxsize=64)
def _context(tls: TlsConfig, stamps: tuple[tuple[int, int] | None, ...]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslobject_class = Peeking
    # As Go does: an intermediate or a self-signed certificate in ca_file is trusted as it stands.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.minimum_version = VERSIONS[tls.min_version or "TLS12"]
    if tls.max_version:
        context.maximum_version = VERSIONS[tls.max_version]
    if context.minimum_version < ssl.TLSVersion.TLSv1_2:
        # OpenSSL 3 refuses TLS 1.0 and 1.1 above level 0 even where they are asked for.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    if tls.insecure_skip_verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    elif tls.ca_file:
        context.load_verify_locations(tls.ca_file)
    else:
        context.load_default_certs()
    if tls.cert_file:
        context.load_cert_chain(tls.cert_file, tls.key_file, password=_no_password)
    return context


def _no_password() -> str:
    # Without a callback OpenSSL asks at the terminal and waits.
    raise ValueError("the key file needs a password")


def iana(cipher: str) -> str:
    """OpenSSL's name of a cipher as IANA registered it: AES128-GCM-SHA256 -> TLS_RSA_WITH_AES_128_GCM_SHA256."""
    found = CIPHER.fullmatch(cipher)
    if not found:
        return cipher
    exchange = (found["exchange"] or "RSA").replace("-", "_")
    if found["bits"] is None:
        return f"TLS_{exchange}_WITH_CHACHA20_POLY1305_SHA256"
    mode = found["mode"].replace("-", "_")
    return f"TLS_{exchange}_WITH_AES_{found['bits']}_{mode if mode[0] in 'GC' else f'CBC_{mode}'}"
