"""A lean HTTP client: keeps its connections, one request at a time on each, and notes when an answer arrived."""

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from stack.layout import HOST

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """`arrived` is the loop's time at which the last byte was read."""

    status: int
    arrived: float


class Lost(Exception):
    """The connection ended before the answer was whole."""


class Connection(asyncio.Protocol):
    """One connection to the loopback address."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Answer] | None = None
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        status = parse(self._read)
        if status and self._waiting and not self._waiting.done():
            self._read = b""
            self._waiting.set_result(Answer(status, self._loop.time()))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(Lost())

    def ask(self, request: bytes) -> "asyncio.Future[Answer]":
        """Send a request; the future ends with the answer or with Lost."""
        self._waiting = self._loop.create_future()
        if self._transport is None:
            self._waiting.set_exception(Lost())
        else:
            self._transport.write(request)
        return self._waiting

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


def parse(text: bytes) -> int:
    """The status of an answer with a Content-Length that is whole, else 0."""
    end = text.find(b"\r\n\r\n")
    length = LENGTH.search(text, 0, end + 2) if end >= 0 else None
    whole = end >= 0 and len(text) >= end + 4 + (int(length[1]) if length else 0)
    return int(text[9:12]) if whole else 0


async def connect(port: int) -> Connection:
    """A connection to `port` of the loopback address; OSError when nobody listens."""
    _, connection = await asyncio.get_running_loop().create_connection(Connection, HOST, port)
    return connection


def request(method: str, path: str, body: bytes = b"") -> bytes:
    """A whole request on a connection that stays open."""
    length = f"Content-Length: {len(body)}\r\n" if body or method != "GET" else ""
    return f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\n{length}\r\n".encode() + body


async def once(port: int, request: bytes) -> int:
    """The status of the answer to one request, on a connection of its own; OSError, Lost."""
    connection = await connect(port)
    try:
        return (await connection.ask(request)).status
    finally:
        connection.close()


async def send_all(port: int, requests: Iterable[bytes], connections: int = 64) -> int:
    """Send each request once, over so many connections; how many were answered 2xx."""
    turn = iter(requests)
    opened = [await connect(port) for _ in range(connections)]

    async def send(connection: Connection) -> int:
        return sum([200 <= (await connection.ask(each)).status < 300 for each in turn])

    try:
        return sum(await asyncio.gather(*map(send, opened)))
    finally:
        for connection in opened:
            connection.close()


@dataclass(frozen=True, slots=True)
class Pace:
    """What a paced load met: seconds from each request's appointed time to its answer; answers outside 2xx."""

    acks: Sequence[float]
    bad: int


async def paced(
    port: int, choose: Callable[[], bytes], rate: float, over: Callable[[], bool], connections: int = 128
) -> Pace:
    """Send `rate` requests a second at even times, whatever the answers do, until `over`.

    An answer's time counts from when its request was due, so a server that stalls cannot hide it by being asked less.
    """
    due: asyncio.Queue[float] = asyncio.Queue()
    acks: list[float] = []
    bad = 0

    async def send(connection: Connection) -> None:
        nonlocal bad
        while True:
            at = await due.get()
            answer = await connection.ask(choose())
            acks.append(answer.arrived - at)
            bad += not 200 <= answer.status < 300
            due.task_done()

    opened = [await connect(port) for _ in range(connections)]
    tasks = [asyncio.create_task(_appoint(due, rate, over)), *(asyncio.create_task(send(each)) for each in opened)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for connection in opened:
            connection.close()
    return Pace(acks, bad)


async def _appoint(due: "asyncio.Queue[float]", rate: float, over: Callable[[], bool]) -> None:
    """Say when requests are due until `over`, and wait until all are answered."""
    loop = asyncio.get_running_loop()
    start, number = loop.time(), 0
    while not over():
        while start + number / rate <= loop.time():
            due.put_nowait(start + number / rate)
            number += 1
        await asyncio.sleep(0.0005)
    await due.join()
