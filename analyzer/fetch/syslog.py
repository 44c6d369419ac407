"""Takes syslog messages from known addresses and keeps them, redacted, in a file per host."""

import asyncio
import logging
import socket
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Generic, TypeVar

from analyzer.fetch.declare_syslog import Syslog, spool
from analyzer.fetch.lines import entry
from analyzer.fetch.spool import Spool
from analyzer.fetch.syslog_message import MOST, Frames, NoFrames, parse
from toolkit.limits import Limit

log = logging.getLogger(__name__)

C = TypeVar("C")
PENDING = 8 << 20  # bytes that wait to be written, of all hosts
EACH = 64  # bytes that a message takes beside its own
CONNECTIONS = 256
CONNECTIONS_EACH = 16  # of one host
IDLE = 3600.0  # seconds without a word after which a connection is closed
WRITE = 0.5  # seconds between two writes
RECEIVE = 4 << 20  # bytes that the kernel keeps for us, as far as it lets us


class CannotListen(Exception):
    """An address cannot be listened on, or the spool cannot be made."""


class Receiver(Generic[C]):
    """Listens, and writes what came twice a second.

    `redact` makes lines safe to store, given what `carry` makes for each host: what it remembers between calls. Where
    it raises `refusal` the lines are dropped. `clock` gives seconds since the epoch. `taken` counts messages by host,
    `dropped` by reason: address, rate, backlog, connections, framing, redaction, storage.
    """

    def __init__(
        self,
        syslog: Syslog,
        folder: Path,
        redact: Callable[[list[str], C], list[str]],
        carry: Callable[[], C],
        refusal: type[Exception],
        clock: Callable[[], float],
    ) -> None:
        self._syslog, self._redact, self._refusal, self._clock = syslog, redact, refusal, clock
        self._spools = {h: Spool(spool(folder, h), syslog.spool_bytes, syslog.spools) for h in syslog.hosts}
        self._carries = {host: carry() for host in syslog.hosts}
        self._limit = Limit(syslog.rate, syslog.burst, len(syslog.hosts))
        self._host = lru_cache(maxsize=4096)(self._looked_up)
        self._pending: dict[str, list[tuple[float, bytes]]] = defaultdict(list)
        self._pending_bytes = 0
        self._connections: Counter[str] = Counter()
        self._transport: asyncio.DatagramTransport | None = None
        self._server: asyncio.Server | None = None
        self._writing = asyncio.Lock()
        self._streams: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._failing: set[str] = set()
        self.taken: Counter[str] = Counter(dict.fromkeys(syslog.hosts, 0))
        self.dropped: Counter[str] = Counter()

    async def open(self) -> None:
        """Listen; CannotListen where that fails."""
        try:
            for each in self._spools.values():
                await asyncio.to_thread(each.open)
            if self._syslog.udp is not None:
                await self._open_udp(self._syslog.udp)
            if self._syslog.tcp is not None:
                host, port = self._syslog.tcp
                self._server = await asyncio.start_server(self._connected, host, port, limit=MOST)
        except OSError as e:
            await self.close()
            raise CannotListen(f"syslog: {e.strerror or e}") from e

    async def _open_udp(self, place: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(self._datagram), local_addr=place)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE)

    @property
    def ports(self) -> Mapping[str, int]:
        """The ports that are listened on, by `udp` and `tcp`."""
        udp = {"udp": self._transport.get_extra_info("sockname")[1]} if self._transport is not None else {}
        tcp = {"tcp": self._server.sockets[0].getsockname()[1]} if self._server is not None else {}
        return udp | tcp

    async def forever(self) -> None:
        """Listen and write until cancelled; what has come by then is written."""
        if not self.ports:
            await self.open()
        try:
            while True:
                await asyncio.sleep(WRITE)
                # Whoever ends us waits for what is being written.
                await asyncio.shield(asyncio.ensure_future(self.flush()))
        finally:
            await self.close()

    async def close(self) -> None:
        """Listen no more, and write what has come."""
        if self._transport is not None:
            self._transport.close()
        if self._server is not None:
            self._server.close()
        self._transport = self._server = None
        for writer in self._streams.values():
            writer.close()
        if self._streams:
            await asyncio.wait(self._streams)
        await self.flush()

    async def flush(self) -> None:
        """Write what waits; what cannot be redacted or stored is dropped and counted, and the next goes on."""
        async with self._writing:
            pending, self._pending, self._pending_bytes = self._pending, defaultdict(list), 0
            for host, messages in pending.items():
                reason = await asyncio.to_thread(self._write, host, messages)
                if reason is None:
                    self.taken[host] += len(messages)
                else:
                    self._drop(reason, len(messages))

    def _write(self, host: str, messages: list[tuple[float, bytes]]) -> str | None:
        """Why nothing was written; None: it was."""
        lines = [line for at, data in messages for line in _lines(host, at, data)]
        try:
            self._spools[host].append(self._redact(lines, self._carries[host]))
        except self._refusal as e:
            self._fail(host, f"cannot be redacted: {e}")
            return "redaction"
        except OSError as e:
            self._fail(host, f"cannot be stored: {e.strerror}")
            return "storage"
        self._failing.discard(host)
        return None

    def _fail(self, host: str, text: str) -> None:
        """Say it once, until it goes well again: it fails twice a second."""
        if host not in self._failing:
            log.error("syslog: %s: what comes %s", host, text)
        self._failing.add(host)

    def _datagram(self, data: bytes, address: str) -> None:
        host = self._host(address)
        if host is None:
            self._drop("address")
        else:
            self._take(host, data)

    def _take(self, host: str, data: bytes) -> None:
        if self._limit.allow(host, asyncio.get_running_loop().time()):
            self._drop("rate")
            return
        size = min(len(data), MOST) + EACH
        if self._pending_bytes + size > PENDING:
            self._drop("backlog")
            return
        self._pending_bytes += size
        self._pending[host].append((self._clock(), data[:MOST]))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = self._host(writer.get_extra_info("peername")[0])
        task = asyncio.current_task()
        assert task is not None
        self._streams[task] = writer
        try:
            if host is None:
                self._drop("address")
            elif self._connections[host] >= CONNECTIONS_EACH or self._connections.total() >= CONNECTIONS:
                self._drop("connections")
            else:
                await self._stream(host, reader)
        except (OSError, TimeoutError):
            log.info("syslog: %s: the connection is gone", host)
        except NoFrames:
            self._drop("framing")
        finally:
            writer.close()
            del self._streams[task]

    async def _stream(self, host: str, reader: asyncio.StreamReader) -> None:
        frames = Frames()
        self._connections[host] += 1
        try:
            while piece := await asyncio.wait_for(reader.read(MOST), IDLE):
                for message in frames.add(piece):
                    self._take(host, message)
            for message in frames.end():
                self._take(host, message)
        finally:
            self._connections[host] -= 1

    def _looked_up(self, address: str) -> str | None:
        """Whose address it is; on a socket for both, an IPv4 address looks like `::ffff:10.0.0.2`."""
        parsed = ip_address(address.partition("%")[0])
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        for host, networks in self._syslog.hosts.items():
            if any(parsed in network for network in networks):
                return host
        return None

    def _drop(self, reason: str, number: int = 1) -> None:
        if not self.dropped[reason]:
            log.warning("syslog: messages are dropped: %s", reason)
        self.dropped[reason] += number


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, take: Callable[[bytes, str], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._take(data, addr[0])


def _lines(host: str, at: float, data: bytes) -> list[str]:
    message = parse(data, datetime.fromtimestamp(at, UTC))
    return entry(message.at, host, message.program, message.pid, message.level, message.text, MOST)
