"""In which states are the TCP connections?"""

import os
import socket
import struct
from collections import Counter
from collections.abc import Iterator, Mapping

from exporter.host.root import Root
from toolkit.families import Family, by

STATES = (
    "unknown",
    "established",
    "syn_sent",
    "syn_recv",
    "fin_wait1",
    "fin_wait2",
    "time_wait",
    "close",
    "close_wait",
    "last_ack",
    "listen",
    "closing",
)
NETLINK_SOCK_DIAG = 4
SOCK_DIAG_BY_FAMILY = 20
NLM_F_REQUEST_DUMP = 0x301
NLMSG_ERROR, NLMSG_DONE = 2, 3
ALL_STATES = 0xFFF
HEADER = struct.Struct("=IHHII")
REQUEST = struct.Struct("=BBBxI48x")
# Of inet_diag_msg: state, and behind the addresses the two queues.
ANSWER = struct.Struct("=xB54xII")
BUFFER = 262_144


def parse(chunk: bytes) -> tuple[Mapping[str, int], bool]:
    """One netlink read: connections by state with the bytes in their queues, and whether it was the last read."""
    counts: Counter[str] = Counter()
    offset = 0
    while offset < len(chunk):
        length, type, *_ = HEADER.unpack_from(chunk, offset)
        if type == NLMSG_ERROR:
            (error,) = struct.unpack_from("=i", chunk, offset + HEADER.size)
            raise OSError(-error, os.strerror(-error))
        if type == NLMSG_DONE:
            return counts, True
        state, received, sent = ANSWER.unpack_from(chunk, offset + HEADER.size)
        counts[STATES[state] if state < len(STATES) else "unknown"] += 1
        counts["rx_queued_bytes"] += received
        counts["tx_queued_bytes"] += sent
        offset += (length + 3) & ~3
    return counts, False


def collect(root: Root) -> Iterator[Family]:
    counts = _dump(socket.AF_INET)
    if os.path.exists(f"{root.proc}/net/tcp6"):
        # Adding counters would drop what is zero.
        counts.update(_dump(socket.AF_INET6))
    yield by("node_tcp_connection_states", "gauge", "Number of connection states.", "state", counts)


def _dump(family: int) -> Counter[str]:
    body = REQUEST.pack(family, socket.IPPROTO_TCP, 0, ALL_STATES)
    header = HEADER.pack(HEADER.size + len(body), SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST_DUMP, 1, 0)
    counts: Counter[str] = Counter()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG) as kernel:
        kernel.send(header + body)
        last = False
        while not last:
            found, last = parse(kernel.recv(BUFFER))
            counts.update(found)
    return counts
