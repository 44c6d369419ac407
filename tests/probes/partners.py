"""Servers to probe, on real sockets, and a probe of them from beginning to end."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address

from exporter.probes import module_file
from exporter.probes.attempt import Means
from exporter.probes.echoes import Echoes
from exporter.probes.modules import Module
from exporter.probes.names import Ip, Names
from exporter.probes.outcome import Outcome
from exporter.probes.run import run
from exporter.probes.target import Gate, gate

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LOOPBACK = gate([], ["127.0.0.0/8", "::1/128"], [])


class Book(Names):
    """A telephone book instead of the system's resolver, where a test needs names that not every system has."""

    def __init__(self, **entries: list[Ip]) -> None:
        super().__init__()
        self.entries = {name.replace("_", "."): found for name, found in entries.items()}

    async def addresses(self, host: str) -> list[Ip]:
        return self.entries[host] if host in self.entries else await super().addresses(host)


@asynccontextmanager
async def means(names: Names | None = None) -> AsyncIterator[Means]:
    found = Means(
        asyncio.get_running_loop().time, names or Book(localhost=[ip_address("127.0.0.1")]), Echoes(4711, time.time_ns)
    )
    try:
        yield found
    finally:
        found.names.close()
        found.echoes.close()


def module(text: str = "{prober: http}") -> Module:
    """A module as it would stand in the file."""
    return module_file.parse(f"modules: {{m: {text}}}", "test.yml")["m"]


async def outcome(
    target: str, wanted: Module, seconds: float = 5, admitted: Gate = LOOPBACK, names: Names | None = None
) -> Outcome:
    """One probe with all of its machinery."""
    async with means(names) as shared:
        return await run(admitted.target(target, wanted.name), wanted, seconds, shared, time.time)


def reading(found: Outcome, name: str, **labels: str) -> float:
    """A sample's value; KeyError when it is not there."""
    for family in found.families:
        for sample in family.samples:
            if family.name == name and labels.items() <= dict(sample.labels).items():
                return sample.value
    raise KeyError(name)


def names(found: Outcome) -> set[str]:
    return {family.name for family in found.families}


def steps(found: Outcome) -> str:
    return "\n".join(step.text for step in found.steps)


@asynccontextmanager
async def serving(talk: Conversation, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """A TCP server; yields its port. Conversations still open at the end are cut off."""
    open_ones: set[asyncio.StreamWriter] = set()

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_ones.add(writer)
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            # Whoever closes one of TLS twice cannot abort it any more, in Python 3.11.2.
            if not writer.is_closing():
                writer.close()

    server = await asyncio.start_server(conversation, host, 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in open_ones:
            writer.transport.abort()
        await asyncio.sleep(0)


def saying(answer: bytes) -> Conversation:
    """Read a request's head and say this."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        await writer.drain()

    return talk


def page(body: bytes = b"hello", status: str = "200 OK", **headers: str) -> bytes:
    """A whole HTTP answer."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{lines}\r\n".encode() + body


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Accept, read, never answer."""
    await reader.read(-1)
