"""Which ports are open, from /proc/net: that needs no program."""

import ipaddress
import re

from analyzer.baseline import read
from analyzer.fetch.way import Way

FILES = {"tcp": "/proc/net/tcp", "tcp6": "/proc/net/tcp6", "udp": "/proc/net/udp", "udp6": "/proc/net/udp6"}
OPEN = {"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"}
# A resolver's question is a UDP socket that looks like a listener for as long as it waits.
EPHEMERAL = 32768
LINE = re.compile(r"\s*\d+: ([0-9A-F]{8}(?:[0-9A-F]{24})?):([0-9A-F]{4}) \S+ ([0-9A-F]{2}) \S+ \S+ \S+ +(\d+) ")


async def collect(way: Way, key: bytes) -> list[str]:
    """Sockets that wait for somebody; a host without IPv6 has two files less."""
    rows = parse(await read.text(way, FILES["tcp"]), "tcp")
    for protocol in ("tcp6", "udp", "udp6"):
        text = await read.optional(way, FILES[protocol])
        rows += parse(text, protocol) if text is not None else []
    return rows


def parse(text: str, protocol: str) -> list[str]:
    """A row per address and port, with the user; several sockets on one port are one row."""
    found = [match for line in text.split("\n") if (match := LINE.match(line)) and match[3] == OPEN[protocol]]
    kept = [(m[1], int(m[2], 16), m[4]) for m in found]
    return [
        read.row(f"{protocol} {address(raw)} {port}", f"uid={uid}")
        for raw, port, uid in kept
        if protocol.startswith("tcp") or port < EPHEMERAL
    ]


def address(raw: str) -> str:
    """An address as the kernel of a little-endian machine prints it: words of four bytes, each turned round."""
    words = bytes.fromhex(raw)
    packed = b"".join(words[i : i + 4][::-1] for i in range(0, len(words), 4))
    return str(ipaddress.ip_address(packed))
