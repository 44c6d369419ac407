"""A name server for one zone, over UDP, TCP and TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

from tests.probes.partners import serving

ZONE = {
    ("www.test.", "A"): ["www.test. 300 IN A 192.0.2.1", "www.test. 300 IN A 192.0.2.2"],
    ("test.", "SOA"): ["test. 300 IN SOA ns.test. root.test. 2026112101 1 2 3 4"],
    ("test.", "MX"): ["test. 300 IN MX 10 mail.test."],
}
ADDITIONAL = {"test.": "mail.test. 300 IN A 192.0.2.3"}


def records(lines: list[str]) -> list[dns.rrset.RRset]:
    parts = [line.split(maxsplit=4) for line in lines]
    return [dns.rrset.from_text(name, int(ttl), kind, rdtype, data) for name, ttl, kind, rdtype, data in parts]


def answer(wire: bytes) -> bytes:
    """The zone's answer to a question; NXDOMAIN for all else."""
    question = dns.message.from_wire(wire)
    reply = dns.message.make_response(question)
    asked = question.question[0]
    found = ZONE.get((asked.name.to_text(), asked.rdtype.name if hasattr(asked.rdtype, "name") else str(asked.rdtype)))
    if found is None:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    reply.answer = records(found or [])
    extra = ADDITIONAL.get(asked.name.to_text())
    reply.additional = records([extra]) if extra else []
    return reply.to_wire()


Answer = Callable[[bytes], bytes | None]


class Udp(asyncio.DatagramProtocol):
    def __init__(self, say: Answer) -> None:
        self.say = say
        self.asked: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        self.asked.append(data)
        said = self.say(data)
        if said is not None:
            self.transport.sendto(said, sender)


@asynccontextmanager
async def over_udp(say: Answer = answer, host: str = "127.0.0.1") -> AsyncIterator[tuple[int, list[bytes]]]:
    """Yields the port and the questions."""
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(lambda: Udp(say), (host, 0))
    try:
        yield transport.get_extra_info("sockname")[1], protocol.asked
    finally:
        transport.close()
        # The socket is closed in the loop's next turn.
        await asyncio.sleep(0)


@asynccontextmanager
async def over_tcp(say: Answer = answer, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
        said = say(wire) or b""
        writer.write(len(said).to_bytes(2, "big") + said)

    async with serving(talk, tls) as port:
        yield port
