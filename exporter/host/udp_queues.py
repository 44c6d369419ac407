"""How much waits in the UDP sockets?"""

from collections.abc import Iterator

from exporter.host.root import Root, read
from toolkit.families import Family, table

QUEUES_COLUMN = 4


def parse(text: str) -> tuple[int, int]:
    """/proc/net/udp and udp6: bytes waiting to be sent and to be received, over all sockets."""
    queues = [line.split()[QUEUES_COLUMN].partition(":") for line in text.splitlines()[1:]]
    return sum(int(sent, 16) for sent, _, _ in queues), sum(int(received, 16) for _, _, received in queues)


def collect(root: Root) -> Iterator[Family]:
    rows = [*_rows(f"{root.net}/udp", "v4"), *_rows(f"{root.net}/udp6", "v6")]
    if not rows:
        raise FileNotFoundError("the kernel shows no UDP sockets")
    help = "Number of allocated memory in the kernel for UDP datagrams in bytes."
    yield table("node_udp_queues", "gauge", help, ("queue", "ip"), rows)


def _rows(path: str, version: str) -> list[tuple[tuple[str, str], int]]:
    try:
        sent, received = parse(read(path))
    except FileNotFoundError:
        # Either version of IP may be switched off.
        return []
    return [(("tx", version), sent), (("rx", version), received)]
