"""Reads the ICMP errors that routers send back about our echo requests: pure."""

import struct
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from exporter.probes.names import Ip

# Type of the message -> what it says; other types are no errors about a request.
SAYS = {
    4: {3: "destination unreachable", 11: "time to live exceeded"},
    6: {1: "destination unreachable", 2: "packet too big", 3: "hop limit exceeded"},
}
REQUEST = {4: 8, 6: 128}
HEADER = struct.Struct("!BBHHH")
EXTENDED = struct.Struct("@IBBB")
# (level, kind) of the control message with the error: IP_RECVERR and IPV6_RECVERR.
RECEIVED = {4: (0, 11), 6: (41, 25)}


class Trouble(NamedTuple):
    """An error about the request with this identifier and number, sent to `ip` (None where that is not told)."""

    ident: int
    sequence: int
    ip: Ip | None
    text: str


def in_message(version: int, data: bytes) -> Trouble | None:
    """The error in an ICMP message, None when it is none about an echo request."""
    said = SAYS[version].get(data[0]) if len(data) > 8 else None
    inner = data[8:]
    length = 40 if version == 6 else (inner[0] & 15) * 4 if inner else 0
    if said is None or len(inner) < max(length, 20) + HEADER.size:
        return None
    kind, _, _, ident, sequence = HEADER.unpack_from(inner, length)
    if kind != REQUEST[version]:
        return None
    ip: Ip = IPv6Address(inner[24:40]) if version == 6 else IPv4Address(inner[16:20])
    return Trouble(ident, sequence, ip, said)


def in_queue(version: int, data: bytes, extra: list[tuple[int, int, bytes]]) -> Trouble | None:
    """The error that the kernel queued beside the request it is about."""
    for level, kind, value in extra:
        if (level, kind) == RECEIVED[version] and len(value) >= EXTENDED.size and len(data) >= HEADER.size:
            _, _, type_, _ = EXTENDED.unpack_from(value)
            _, _, _, ident, sequence = HEADER.unpack_from(data)
            return Trouble(ident, sequence, None, SAYS[version].get(type_, "destination unreachable"))
    return None
