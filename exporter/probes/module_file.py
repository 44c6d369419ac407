"""Reads modules from YAML in blackbox_exporter's format; every mistake names file, line and key."""

import base64
import binascii
import re
from pathlib import Path

from exporter.probes import dns_file, http_file
from exporter.probes.module_parts import ip_choice, located, part, size, tls_config
from exporter.probes.modules import (
    BUILT_IN,
    DnsModule,
    Exchange,
    HttpModule,
    IcmpModule,
    Module,
    Modules,
    TcpModule,
    ThroughputModule,
    TlsConfig,
    TlsModule,
)
from exporter.probes.patterns import pattern
from toolkit import strict
from toolkit.strict import REQUIRED, ConfigError, Section

PROBERS = ("http", "tcp", "dns", "icmp", "tls", "throughput", "grpc", "unix", "websocket")
ELSEWHERE = ("grpc", "unix", "websocket")
"""Probers of blackbox_exporter that are not here: their modules load, their probes fail with reason `module`."""
MOST_ATTEMPTS, MOST_PACKETS, MOST_PAYLOAD = 10, 100, 65_000
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
BINARY = re.compile(r"!!binary\s+(?:\|-?\s+)?([\"']?)([A-Za-z0-9+/=]+)\1")
# Stands before a text that is bytes, one character a byte; no file has it by chance.
MARK = "\ue000"


def load(path: Path) -> Modules:
    """The modules of a file, and the built-in ones that it does not define itself; ConfigError."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as e:
        raise ConfigError(f"{path}: cannot be read: {e.strerror}") from e
    except UnicodeDecodeError as e:
        raise ConfigError(f"{path}: not UTF-8") from e
    return parse(text, str(path))


def parse(text: str, name: str) -> Modules:
    """The modules of a YAML text, and the built-in ones that it does not define itself."""
    top = strict.load(BINARY.sub(_escaped, text), name)
    own = {key: module(key, section) for key, section in top.sections_by_name("modules").items()}
    top.end()
    return {**BUILT_IN, **own}


def module(name: str, section: Section) -> Module:
    """One module; a part of another prober is read, and must be right, as well."""
    prober = section.choice("prober", PROBERS, REQUIRED)
    nothing: tuple[HttpModule, list[str]] = (HttpModule(), [])
    http, missing = part(section, "http", http_file.http_module, nothing)
    unsupported = [f"prober {prober}"] if prober in ELSEWHERE else missing if prober == "http" else []
    dns = part(section, "dns", dns_file.dns_module, None)
    if prober == "dns" and dns is None:
        raise section.error("prober", "a dns module needs dns.query_name")
    found = Module(
        name,
        prober,
        timeout=section.duration("timeout", None) or None,
        attempts=section.integer("attempts", 1, 1, MOST_ATTEMPTS),
        attempt_delay=section.duration("attempt_delay", 1.0),
        http=http,
        tcp=part(section, "tcp", _tcp, TcpModule()),
        dns=dns or DnsModule(),
        icmp=part(section, "icmp", _icmp, IcmpModule()),
        tls=part(section, "tls", _tls, TlsModule()),
        throughput=part(section, "throughput", _throughput, ThroughputModule()),
        unsupported=tuple(unsupported),
    )
    for other in ELSEWHERE:
        # Not read further: what stands in it has no meaning here.
        section.section(other)
    section.end()
    return found


def _tcp(section: Section) -> TcpModule:
    found = TcpModule(
        tuple(_exchange(entry) for entry in section.sections("query_response")),
        section.flag("tls", False),
        ip_choice(section),
        part(section, "tls_config", tls_config, TlsConfig()),
    )
    section.end()
    return found


def _exchange(section: Section) -> Exchange:
    expect = section.text("expect", None)
    found = Exchange(
        located(section, "expect", expect, pattern) if expect else None,
        encoded(section.text("expect_bytes", "")),
        tuple(_label(entry) for entry in section.sections("labels")),
        encoded(section.text("send", "")),
        section.flag("starttls", False),
    )
    section.end()
    if len({name for name, _ in found.labels}) < len(found.labels):
        raise section.error("labels", "a label stands here twice")
    if found.expect and found.expect_bytes:
        raise section.error("expect_bytes", "expect and expect_bytes exclude each other")
    return found


def _label(section: Section) -> tuple[str, str]:
    name, value = section.text("name"), section.text("value")
    section.end()
    if not LABEL.fullmatch(name):
        raise section.error("name", f"{name!r} is no label name")
    return name, value


def _icmp(section: Section) -> IcmpModule:
    found = IcmpModule(
        ttl=section.integer("ttl", 64, 0, 255) or 64,
        payload_size=section.integer("payload_size", 0, 0, MOST_PAYLOAD) or IcmpModule().payload_size,
        dont_fragment=section.flag("dont_fragment", False),
        packets=section.integer("packets", 1, 1, MOST_PACKETS),
        interval=section.duration("interval", 0.2, 0.01),
        max_loss_ratio=section.number("max_loss_ratio", None, 0, 1),
        ip=ip_choice(section),
    )
    section.end()
    return found


def _tls(section: Section) -> TlsModule:
    found = TlsModule(ip_choice(section), part(section, "tls_config", tls_config, TlsConfig()))
    section.end()
    return found


def _throughput(section: Section) -> ThroughputModule:
    found = ThroughputModule(
        "upload" if section.choice("direction", ("download", "upload"), "download") == "upload" else "download",
        size(section, "bytes", ThroughputModule().bytes),
        ip_choice(section),
        part(section, "tls_config", tls_config, TlsConfig()),
    )
    section.end()
    return found


def _escaped(found: re.Match[str]) -> str:
    """A !!binary scalar as a quoted text that `encoded` knows again."""
    try:
        data = base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return found[0]
    return f'"{MARK}' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def encoded(text: str) -> bytes:
    """A text as bytes for the wire; what was !!binary is those bytes."""
    return text[1:].encode("latin-1") if text.startswith(MARK) else text.encode()
