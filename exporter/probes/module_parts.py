"""Reads what several kinds of modules have in common."""

import ipaddress
import re
from collections.abc import Callable
from typing import Literal, TypeVar

from exporter.probes.modules import IpChoice, Secret, SecretFile, TlsConfig
from exporter.probes.patterns import Pattern, pattern
from toolkit.strict import ConfigError, Section

P = TypeVar("P")

SIZE = re.compile(r"([1-9][0-9]{0,5})(B|kB|MB|GB)")
BYTES = {"B": 1, "kB": 1000, "MB": 1_000_000, "GB": 1_000_000_000}
TLS_VERSIONS = ("TLS10", "TLS11", "TLS12", "TLS13")


def part(section: Section, key: str, read: Callable[[Section], P], default: P) -> P:
    """A sub-section by its own reader, the default where it is missing or holds nothing."""
    found = section.section(key)
    return default if found is None else read(found)


def size(section: Section, key: str, default: int) -> int:
    """Bytes, written as 500kB, 10MB, 1GB."""
    text = section.text(key, None)
    if text is None:
        return default
    found = SIZE.fullmatch(text)
    if found is None:
        raise section.error(key, f"expected a size like 500kB, 10MB or 1GB, found {text!r}")
    return int(found[1]) * BYTES[found[2]]


def ip_choice(section: Section) -> IpChoice:
    preferred: Literal[4, 6] = 4 if section.choice("preferred_ip_protocol", ("ip4", "ip6"), "ip6") == "ip4" else 6
    source = section.text("source_ip_address", None)
    try:
        checked = str(ipaddress.ip_address(source)) if source else None
    except ValueError as e:
        raise section.error("source_ip_address", "expected an IP address") from e
    return IpChoice(preferred, section.flag("ip_protocol_fallback", True), checked)


def tls_config(section: Section) -> TlsConfig:
    found = TlsConfig(
        insecure_skip_verify=section.flag("insecure_skip_verify", False),
        ca_file=section.text("ca_file", None) or None,
        cert_file=section.text("cert_file", None) or None,
        key_file=section.text("key_file", None) or None,
        server_name=section.text("server_name", None) or None,
        min_version=section.choice("min_version", TLS_VERSIONS, None),
        max_version=section.choice("max_version", TLS_VERSIONS, None),
    )
    section.end()
    if bool(found.cert_file) != bool(found.key_file):
        raise section.error("cert_file", "cert_file and key_file belong together")
    if found.min_version and found.max_version and found.min_version > found.max_version:
        raise section.error("min_version", "min_version is above max_version")
    return found


def patterns(section: Section, key: str) -> tuple[Pattern, ...]:
    """A list of expressions."""
    return tuple(located(section, key, text, pattern) for text in section.texts(key))


def located(section: Section, key: str, text: str, convert: Callable[[str], P]) -> P:
    """Convert a text; what is wrong with it is told with file, line and key."""
    try:
        return convert(text)
    except ConfigError as e:
        raise section.error(key, str(e)) from e


def either(section: Section, key: str) -> Secret | SecretFile | None:
    """A secret from `key`, or the file in `key_file`; both are an error."""
    inline, path = section.text(key, None), section.text(f"{key}_file", None)
    if inline is not None and path is not None:
        raise section.error(key, f"{key} and {key}_file exclude each other")
    if path is not None:
        return SecretFile(path)
    return None if inline is None else Secret(inline)
