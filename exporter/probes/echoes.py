"""Echo requests and replies on one shared socket for each IP version: unprivileged if the system lets us, else raw."""

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from exporter.probes import icmp_errors
from exporter.probes.names import Ip, sockaddr
from exporter.probes.outcome import Failure

REQUEST = {4: 8, 6: 128}
REPLY = {4: 0, 6: 129}
PROTOCOL = {4: socket.IPPROTO_ICMP, 6: socket.IPPROTO_ICMPV6}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
HEADER = struct.Struct("!BBHHH")
TIMESPEC = struct.Struct("@qq")
# Of linux/icmp.h, linux/in.h and asm/socket.h, which Python's socket module leaves out.
ICMP_FILTER = 1
ALL = 0xFFFFFFFF
IP_RECVTTL, SOL_RAW = 12, 255
IP_MTU_DISCOVER, IP_PMTUDISC_DO, IPV6_MTU_DISCOVER = 10, 2, 23
SO_TIMESTAMPNS = 35
IP_PKTINFO = 8
BURST = 64  # datagrams read in one go, so that a flood of them leaves the loop its turn
ROOM = 1 << 21  # bytes of receive buffer wished for: replies of some thousand targets at once


@dataclass(frozen=True, slots=True)
class Reply:
    """Seconds from request to reply, and the reply's hop limit (TTL) where the system tells it."""

    seconds: float
    hop_limit: int | None


@dataclass(slots=True)
class Waiting:
    """A request under way: to whom, with what payload, since when (Unix time in ns).

    `reply` is cancelled when a router said that there will be none; `trouble` is then why.
    """

    ip: Ip
    payload: bytes
    sent: int
    reply: "asyncio.Future[Reply]"
    trouble: Failure | None = None


class Echoes:
    """The sockets, opened when first needed; `now` is Unix time in ns, `ident` any number of 16 bits."""

    def __init__(self, ident: int, now: Callable[[], int]) -> None:
        self._ident = ident & 0xFFFF
        self._now = now
        self._lines: dict[tuple[int, bool], Line] = {}

    def line(self, version: int, dont_fragment: bool) -> "Line":
        """The line for an IP version; Failure permission where neither kind of socket may be opened."""
        key = (version, dont_fragment)
        if key not in self._lines:
            self._lines[key] = Line(version, dont_fragment, self._ident, self._now)
        return self._lines[key]

    def close(self) -> None:
        for line in self._lines.values():
            line.close()
        self._lines.clear()


class Line:
    """One socket and the requests that are under way on it, by sequence number."""

    def __init__(self, version: int, dont_fragment: bool, ident: int, now: Callable[[], int]) -> None:
        self.version = version
        self._ident, self._now = ident, now
        self._count = 0
        self._waiting: dict[int, Waiting] = {}
        self._socket, self.raw = opened(version)
        prepare(self._socket, version, self.raw, dont_fragment)
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._read)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()

    def send(self, ip: Ip, size: int, ttl: int, source: str | None) -> "Waiting":
        """Send one echo request with `size` bytes of payload; OSError as the system says it."""
        sequence = self._sequence()
        payload = filled(self._count, size)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        waiting = Waiting(ip, payload, self._now(), future)
        packet = request(self.version, self._ident, sequence, payload)
        self._waiting[sequence] = waiting
        future.add_done_callback(lambda _: self._waiting.pop(sequence, None))
        try:
            self._socket.sendmsg([packet], extras(self.version, ttl, source), 0, sockaddr(ip, 0))
        except OSError:
            future.cancel()
            raise
        return waiting

    def _sequence(self) -> int:
        """The next number that no request under way has."""
        if len(self._waiting) > 0xFFFF:
            raise Failure("connect_failed", "65536 echo requests are under way")
        self._count += 1
        while self._count & 0xFFFF in self._waiting:
            self._count += 1
        return self._count & 0xFFFF

    def _read(self) -> None:
        for _ in range(BURST):
            try:
                data, extra, _, sender = self._socket.recvmsg(65536, 512)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                # It is an earlier request's, and says no more than that there is something in the error queue.
                self._read_errors()
                continue
            self._take(data, extra, str(sender[0]))

    def _read_errors(self) -> None:
        for _ in range(BURST):
            try:
                data, extra, _, _ = self._socket.recvmsg(65536, 512, socket.MSG_ERRQUEUE)
            except OSError:
                return
            self._give_up(icmp_errors.in_queue(self.version, data, extra))

    def _give_up(self, trouble: icmp_errors.Trouble | None) -> None:
        """A router says that a request goes nowhere."""
        waiting = self._waiting.get(trouble.sequence) if trouble else None
        if trouble is None or waiting is None or (self.raw and trouble.ident != self._ident):
            return
        if trouble.ip is None or plain(trouble.ip) == plain(waiting.ip):
            waiting.trouble = Failure("connect_unreachable", f"{waiting.ip}: {trouble.text}")
            waiting.reply.cancel()

    def _take(self, data: bytes, extra: "list[tuple[int, int, bytes]]", sender: str) -> None:
        """Give a reply to whoever waits for it; everything else is not ours."""
        hop_limit, stamp = facts(extra)
        if self.raw and self.version == 4:
            # Only raw IPv4 sockets hand over the IP header.
            hop_limit, data = data[8], data[(data[0] & 15) * 4 :]
        if len(data) < HEADER.size:
            return
        kind, _, _, ident, sequence = HEADER.unpack_from(data)
        if kind in icmp_errors.SAYS[self.version]:
            self._give_up(icmp_errors.in_message(self.version, data))
            return
        waiting = self._waiting.get(sequence)
        if waiting is None or kind != REPLY[self.version] or (self.raw and ident != self._ident):
            return
        if sender.partition("%")[0] == plain(waiting.ip) and data[HEADER.size :] == waiting.payload:
            seconds = max((stamp or self._now()) - waiting.sent, 0) / 1e9
            if not waiting.reply.done():
                waiting.reply.set_result(Reply(seconds, hop_limit))


def opened(version: int) -> tuple[socket.socket, bool]:
    """An ICMP socket, and whether it is a raw one; Failure permission."""
    try:
        return socket.socket(FAMILY[version], socket.SOCK_DGRAM, PROTOCOL[version]), False
    except PermissionError:
        return _raw(version), True
    except OSError as e:
        raise Failure("connect_unreachable", f"no ICMP over ip{version} here: {e.strerror}") from e


def _raw(version: int) -> socket.socket:
    try:
        return socket.socket(FAMILY[version], socket.SOCK_RAW, PROTOCOL[version])
    except PermissionError as e:
        raise Failure(
            "permission",
            "ICMP needs this process's group in net.ipv4.ping_group_range, or CAP_NET_RAW",
        ) from e


def prepare(sock: socket.socket, version: int, raw: bool, dont_fragment: bool) -> None:
    """Ask for hop limits, the kernel's receive times, and errors; a raw socket gets nothing but replies and errors."""
    wanted = {REPLY[version], *icmp_errors.SAYS[version]}
    sock.setblocking(False)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    if version == 6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVHOPLIMIT, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
    if raw and version == 4:
        sock.setsockopt(SOL_RAW, ICMP_FILTER, struct.pack("@I", ALL ^ sum(1 << kind for kind in wanted)))
    if raw and version == 6:
        blocked = [ALL ^ sum(1 << kind % 32 for kind in wanted if kind // 32 == word) for word in range(8)]
        sock.setsockopt(socket.IPPROTO_ICMPV6, ICMP_FILTER, struct.pack("@8I", *blocked))
    if not raw:
        sock.setsockopt(*icmp_errors.RECEIVED[version], 1)
    if dont_fragment:
        level, option = (41, IPV6_MTU_DISCOVER) if version == 6 else (0, IP_MTU_DISCOVER)
        sock.setsockopt(level, option, IP_PMTUDISC_DO)


def filled(count: int, size: int) -> bytes:
    """A payload that no two requests share, if there is room for that."""
    return (count.to_bytes(8, "big") + b"Heartline " * (size // 10 + 1))[:size]


def request(version: int, ident: int, sequence: int, payload: bytes) -> bytes:
    """An echo request; the kernel sums ICMPv6 up itself, and puts its own identifier where the socket is not raw."""
    kind = REQUEST[version]
    unsummed = HEADER.pack(kind, 0, 0, ident, sequence) + payload
    return HEADER.pack(kind, 0, checksum(unsummed), ident, sequence) + payload


def checksum(data: bytes) -> int:
    """The internet checksum, RFC 1071."""
    padded = data + b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(padded[i : i + 2], "big") for i in range(0, len(padded), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def extras(version: int, ttl: int, source: str | None) -> list[tuple[int, int, bytes]]:
    """Control messages for one packet: its hop limit and its source address."""
    hops = struct.pack("@i", ttl)
    if version == 6:
        found = [(socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT, hops)]
        if source:
            packed = IPv6Address(source).packed
            found.append((socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, packed + struct.pack("@i", 0)))
        return found
    found = [(socket.IPPROTO_IP, socket.IP_TTL, hops)]
    if source:
        packed = IPv4Address(source).packed
        found.append((socket.IPPROTO_IP, IP_PKTINFO, struct.pack("@i", 0) + packed + bytes(4)))
    return found


def facts(extra: list[tuple[int, int, bytes]]) -> tuple[int | None, int | None]:
    """The hop limit and the receive time (Unix time in ns) that the kernel noted on a packet."""
    hop_limit: int | None = None
    stamp: int | None = None
    for level, kind, value in extra:
        if (level, kind) in ((socket.IPPROTO_IP, socket.IP_TTL), (socket.IPPROTO_IPV6, socket.IPV6_HOPLIMIT)):
            hop_limit = struct.unpack("@i", value[:4])[0]
        elif (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = TIMESPEC.unpack(value[:16])
            stamp = seconds * 1_000_000_000 + nanoseconds
    return hop_limit, stamp


def plain(ip: Ip) -> str:
    """An address without its scope."""
    return str(ip).partition("%")[0]
