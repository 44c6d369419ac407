"""Targets for the probes' benchmark: as little work as a real answer can be."""

import asyncio
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

PAGE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n"
ADDRESS = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x01\x2c\x00\x04\xc0\x00\x02\x01"  # the asked name, A, 300 s, 192.0.2.1


@dataclass(frozen=True)
class Targets:
    """Ports on loopback, all of whose addresses answer."""

    http: int
    tcp: int
    dns: int
    silent: int

    def by_kind(self) -> dict[str, str]:
        ports = {"http": self.http, "tcp": self.tcp, "dns": self.dns}
        return {kind: f"127.0.0.1:{port}" for kind, port in ports.items()} | {"icmp": "127.0.0.1"}

    def mixed(self, count: int) -> Iterator[tuple[str, str]]:
        """So many (kind, target), at addresses of their own; dns has one, since its answers come from there alone."""
        kinds = itertools.cycle(self.by_kind().items())
        for number, (kind, target) in zip(range(count), kinds, strict=False):
            own = f"127.0.{number // 250}.{number % 250 + 1}"
            yield kind, target if kind == "dns" else target.replace("127.0.0.1", own)

    def silent_target(self) -> str:
        return f"127.0.0.1:{self.silent}"


class Page(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self.transport.write(PAGE)
        self.transport.close()


class Names(asyncio.DatagramProtocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        head = data[:2] + b"\x81\x80" + data[4:6] + b"\x00\x01\x00\x00\x00\x00"
        self.transport.sendto(head + data[12:] + ADDRESS, sender)


async def serve() -> None:
    """Listen on four ports, print them and go on."""
    loop = asyncio.get_running_loop()
    servers = [await loop.create_server(kind, "0.0.0.0", 0, backlog=4096) for kind in (Page, asyncio.Protocol)]
    silent = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, backlog=4096)
    names, _ = await loop.create_datagram_endpoint(Names, ("0.0.0.0", 0))
    page, accept = (server.sockets[0].getsockname()[1] for server in servers)
    print("ports", page, accept, names.get_extra_info("sockname")[1], silent.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()
