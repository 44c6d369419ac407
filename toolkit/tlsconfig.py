"""Parse `tls_server_config` of a web configuration file and make a server's TLS context of it."""

import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import cast

from toolkit.strict import ConfigError, Section

VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
# RFC 8996; OpenSSL 3 does not speak them at its usual security level either.
OLD_VERSIONS = ("TLS10", "TLS11")
CIPHERS = {
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256": "ECDHE-ECDSA-AES128-GCM-SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384": "ECDHE-ECDSA-AES256-GCM-SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-ECDSA-CHACHA20-POLY1305",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA": "ECDHE-ECDSA-AES128-SHA",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA": "ECDHE-ECDSA-AES256-SHA",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256": "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384": "ECDHE-RSA-AES256-GCM-SHA384",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256": "ECDHE-RSA-CHACHA20-POLY1305",
    "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA": "ECDHE-RSA-AES128-SHA",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA": "ECDHE-RSA-AES256-SHA",
    "TLS_RSA_WITH_AES_128_GCM_SHA256": "AES128-GCM-SHA256",
    "TLS_RSA_WITH_AES_256_GCM_SHA384": "AES256-GCM-SHA384",
    "TLS_RSA_WITH_AES_128_CBC_SHA": "AES128-SHA",
    "TLS_RSA_WITH_AES_256_CBC_SHA": "AES256-SHA",
}
# Always on with TLS 1.3, in Go as in Python.
CIPHERS_OF_TLS13 = ("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256")
CURVES = {"CurveP256": "prime256v1", "CurveP384": "secp384r1", "CurveP521": "secp521r1", "X25519": "X25519"}
CLIENT_AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    # Asks and does not look: whoever is let in is let in without being asked.
    "RequestClientCert": ssl.CERT_NONE,
    # Python cannot take a certificate unverified, so these verify, which is stricter, and need a client CA.
    "RequireAnyClientCert": ssl.CERT_REQUIRED,
    "RequireClientCert": ssl.CERT_REQUIRED,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}

Read = Callable[[Path], bytes]


@dataclass(frozen=True)
class Tls:
    """What `tls_server_config` says, certificates and key read.

    Of `curve_preferences` a single one is applied; Python's ssl has no way to name several, so then OpenSSL chooses
    from all its curves.
    """

    certificate: bytes
    key: bytes = field(repr=False)
    client_ca: bytes
    client_auth: ssl.VerifyMode
    allowed_sans: frozenset[str]
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion]
    ciphers: tuple[str, ...]
    server_preference: bool
    curves: tuple[str, ...]

    def allows(self, peer: Mapping[str, object] | None) -> bool:
        """Has this peer certificate (`getpeercert()`) one of the client_allowed_sans, if there are any?"""
        if not self.allowed_sans:
            return True
        names = cast("tuple[tuple[str, str], ...]", (peer or {}).get("subjectAltName", ()))
        return any(plain(value) in self.allowed_sans for _, value in names)


def parse(section: Section, read: Read) -> Tls:
    """Take every key; ConfigError where one makes no sense. `read` gives a file's content, OSError where it cannot."""
    tls = Tls(
        certificate=_pem(section, "cert", "CERTIFICATE", read),
        key=_pem(section, "key", "PRIVATE KEY", read),
        client_ca=_pem(section, "client_ca", "CERTIFICATE", read),
        client_auth=CLIENT_AUTH[section.choice("client_auth_type", tuple(CLIENT_AUTH), "NoClientCert")],
        allowed_sans=frozenset(map(plain, section.texts("client_allowed_sans"))),
        versions=(_version(section, "min_version", "TLS12"), _version(section, "max_version", "TLS13")),
        ciphers=_known(section, "cipher_suites", (*CIPHERS, *CIPHERS_OF_TLS13)),
        server_preference=section.flag("prefer_server_cipher_suites", True),
        curves=_known(section, "curve_preferences", tuple(CURVES)),
    )
    section.end()
    _agree(section, tls)
    return tls


def context(section: Section, tls: Tls) -> ssl.SSLContext:
    """A server's context; ConfigError where key and certificate do not belong together or OpenSSL refuses them."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version, made.maximum_version = tls.versions
    if not tls.server_preference:
        made.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if tls.ciphers:
        _restrict(made, tls.ciphers)
    if len(tls.curves) == 1:
        _narrow(section, made, tls.curves[0])
    _certify(section, made, tls)
    if tls.client_ca:
        _trust(section, made, tls.client_ca)
    made.verify_mode = tls.client_auth
    return made


def plain(name: str) -> str:
    """A subject alternative name as it is compared: addresses in their shortest form, others as they are."""
    try:
        return str(ip_address(name.strip()))
    except ValueError:
        return name


def _restrict(made: ssl.SSLContext, names: tuple[str, ...]) -> None:
    older = [CIPHERS[name] for name in names if name in CIPHERS]
    if older:
        made.set_ciphers(":".join(older))
    else:
        # Only suites of TLS 1.3 are wanted, so nothing is left to speak TLS 1.2 with.
        made.minimum_version = ssl.TLSVersion.TLSv1_3


def _narrow(section: Section, made: ssl.SSLContext, curve: str) -> None:
    try:
        made.set_ecdh_curve(CURVES[curve])
    except ssl.SSLError as e:
        # Such as X25519 with the Python of Debian 12, which knows the older kind of curves alone.
        raise section.error("curve_preferences", f"this Python cannot be held to {curve}: name others") from e


def _certify(section: Section, made: ssl.SSLContext, tls: Tls) -> None:
    try:
        with _in_memory(tls.certificate) as certificate, _in_memory(tls.key) as key:
            # Without a password OpenSSL would ask for one on the terminal.
            made.load_cert_chain(certificate, key, password="")
    except ssl.SSLError as e:
        if e.reason == "KEY_VALUES_MISMATCH":
            raise _error(section, "key", "does not belong to the certificate") from e
        raise _error(section, "cert", f"certificate or key is not usable: {e.reason or 'broken PEM'}") from e


def _trust(section: Section, made: ssl.SSLContext, client_ca: bytes) -> None:
    try:
        made.load_verify_locations(cadata=client_ca.decode("ascii", "replace"))
    except ssl.SSLError as e:
        raise _error(section, "client_ca", f"not usable: {e.reason or 'broken PEM'}") from e


@contextmanager
def _in_memory(content: bytes) -> Iterator[str]:
    """A path under which OpenSSL reads these bytes, which never touch a disk."""
    descriptor = os.memfd_create("pem")
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(content)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _pem(section: Section, key: str, kind: str, read: Read) -> bytes:
    """The PEM text under `key` or in the file under `key_file`; empty where there is neither."""
    inline, file = section.text(key, ""), section.text(f"{key}_file", "")
    if inline and file:
        raise section.error(key, f"given more than once: {key}, {key}_file")
    content = _content(section, f"{key}_file", Path(file), read) if file else inline.encode()
    if not inline and not file:
        return b""
    if b"ENCRYPTED" in content:
        raise _error(section, key, "is encrypted; a server needs a key without passphrase")
    if f"{kind}-----".encode() not in content:
        raise _error(section, key, f"holds no {kind.lower()} in PEM form")
    return content


def _content(section: Section, key: str, path: Path, read: Read) -> bytes:
    try:
        return read(path)
    except OSError as e:
        raise section.error(key, f"{path} cannot be read: {e.strerror}") from e


def _error(section: Section, key: str, message: str) -> ConfigError:
    return section.error(f"{key}_file" if section.has(f"{key}_file") else key, message)


def _version(section: Section, key: str, default: str) -> ssl.TLSVersion:
    name = section.choice(key, (*VERSIONS, *OLD_VERSIONS), default)
    if name in OLD_VERSIONS:
        raise section.error(key, f"{name} is no longer safe (RFC 8996) and not offered; expected TLS12 or TLS13")
    return VERSIONS[name]


def _known(section: Section, key: str, known: tuple[str, ...]) -> tuple[str, ...]:
    names = section.texts(key)
    for name in names:
        if name not in known:
            raise section.error(key, f'unknown "{name}"; known: {", ".join(known)}')
    return tuple(names)


def _agree(section: Section, tls: Tls) -> None:
    """Refuse what each key allows and all together do not."""
    for key, content in (("cert", tls.certificate), ("key", tls.key)):
        if not content:
            raise section.error(key, f"missing; expected {key} or {key}_file")
    if tls.versions[0] > tls.versions[1]:
        raise section.error("min_version", "newer than max_version")
    if tls.ciphers and not set(tls.ciphers) & set(CIPHERS) and tls.versions[1] == ssl.TLSVersion.TLSv1_2:
        raise section.error("cipher_suites", "none of them is of TLS 1.2, and max_version allows no newer one")
    if tls.client_auth != ssl.CERT_NONE and not tls.client_ca:
        raise section.error("client_auth_type", "needs client_ca or client_ca_file to verify certificates with")
    if tls.client_ca and section.text("client_auth_type", "NoClientCert") == "NoClientCert":
        raise _error(section, "client_ca", "has no effect without client_auth_type")
    if section.has("client_allowed_sans") and tls.client_auth != ssl.CERT_REQUIRED:
        raise section.error("client_allowed_sans", "needs client_auth_type RequireAndVerifyClientCert")
    if section.has("client_allowed_sans") and not tls.allowed_sans:
        raise section.error("client_allowed_sans", "empty, so nobody would be let in")
