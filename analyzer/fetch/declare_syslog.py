"""Reads where syslog messages are taken, and from whom: `syslog:`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from glob import escape
from ipaddress import ip_address, ip_network
from pathlib import Path

from analyzer.fetch.files import Files
from toolkit.limits import Network
from toolkit.strict import Section

HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
PLACE = re.compile(r"(?:\[([0-9A-Fa-f:.%]+)\]|([0-9.]+)):(\d{1,5})")


@dataclass(frozen=True, slots=True)
class Syslog:
    """Where to listen, and the addresses of each host; what comes from any other is dropped.

    `rate` is messages per second and host, `burst` how many at once; `spool_bytes` of a host's file before it is
    rotated, of which `spools` are kept beside it.
    """

    udp: tuple[str, int] | None
    tcp: tuple[str, int] | None
    hosts: Mapping[str, tuple[Network, ...]]
    rate: float = 1000.0
    burst: int = 5000
    spool_bytes: int = 16 << 20
    spools: int = 3


def syslog(section: Section | None) -> Syslog | None:
    """None where there is no such section; ConfigError names the first mistake."""
    if section is None:
        return None
    declared = Syslog(
        udp=_place(section, "udp"),
        tcp=_place(section, "tcp"),
        hosts=_hosts(section),
        rate=section.number("rate", 1000.0, low=0.1, high=100_000.0),
        burst=section.integer("burst", 5000, low=1, high=1_000_000),
        spool_bytes=section.integer("spool_bytes", 16 << 20, low=64 << 10, high=1 << 30),
        spools=section.integer("spools", 3, low=1, high=9),
    )
    if declared.udp is None and declared.tcp is None:
        raise section.missing_one_of(("udp", "tcp"))
    if not declared.hosts:
        raise section.error("hosts", 'expected hosts with their addresses, such as `switch01: ["10.0.0.2"]`')
    section.end()
    return declared


def source(folder: Path, host: str) -> Files:
    """What came from a host, as a source that the local way reads; `folder` is the receiver's."""
    return Files("syslog", (escape(str(spool(folder, host))),))


def spool(folder: Path, host: str) -> Path:
    """The file that a host's messages are appended to."""
    return folder.absolute() / f"{host}.log"


def _place(section: Section, key: str) -> tuple[str, int] | None:
    text = section.text(key, None)
    if text is None:
        return None
    found = PLACE.fullmatch(text)
    try:
        if found is None or int(found[3]) > 65535:
            raise ValueError(text)
        return str(ip_address(found[1] or found[2])), int(found[3])
    except ValueError as e:
        raise section.error(key, f"{text!r}: expected an address and a port, such as 127.0.0.1:5514") from e


def _hosts(section: Section) -> dict[str, tuple[Network, ...]]:
    inner = section.section("hosts")
    hosts: dict[str, tuple[Network, ...]] = {}
    for name in inner.entries if inner is not None else ():
        assert inner is not None
        if not HOST.fullmatch(name):
            raise inner.error(name, f"{name!r}: expected letters, digits, . _ -, at most 100 of them")
        hosts[name] = tuple(_network(inner, name, text) for text in inner.texts(name))
        if not hosts[name]:
            raise inner.error(name, 'expected its addresses, such as ["10.0.0.2"]')
        _refuse_shared(inner, name, hosts)
    return hosts


def _network(section: Section, name: str, text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError as e:
        raise section.error(name, f"{text!r} is no address or network such as 10.0.0.0/28") from e


def _refuse_shared(section: Section, name: str, hosts: Mapping[str, tuple[Network, ...]]) -> None:
    for other, networks in hosts.items():
        for theirs in networks if other != name else ():
            if any(theirs.version == ours.version and theirs.overlaps(ours) for ours in hosts[name]):
                raise section.error(name, f"{theirs} is {other!r}'s already")
