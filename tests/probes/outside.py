"""Run in the network namespace of a gateway: all of the internet that the monitor asks, on two public addresses."""

import asyncio
import sys

import dns.message
import dns.rrset
from aiohttp import web

from tests.probes.nameserver import Udp

ADDRESSES = ("1.1.1.1", "8.8.8.8")


def answer(wire: bytes) -> bytes:
    """Every name is at 1.1.1.1."""
    question = dns.message.from_wire(wire)
    reply = dns.message.make_response(question)
    reply.answer = [dns.rrset.from_text(question.question[0].name, 300, "IN", "A", ADDRESSES[0])]
    return reply.to_wire()


async def page(request: web.BaseRequest) -> web.Response:
    return web.Response(status=204)


async def main() -> None:
    loop = asyncio.get_running_loop()
    for address in ADDRESSES:
        await loop.create_datagram_endpoint(lambda: Udp(answer), (address, 53))
    runner = web.ServerRunner(web.Server(page))
    await runner.setup()
    await web.TCPSite(runner, ADDRESSES[0], 80).start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
