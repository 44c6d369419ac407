"""How fast can data be fetched from a URL, or sent to it? Bounded in bytes and in time."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator

import aiohttp

from exporter.probes import http_request
from exporter.probes.attempt import Attempt
from exporter.probes.connector import Connector
from exporter.probes.http import session, translated
from exporter.probes.modules import HttpModule, Module, ThroughputModule
from exporter.probes.outcome import Failure
from exporter.probes.shown import shown_target
from exporter.probes.target import Target

BLOCK = hashlib.shake_256(b"Heartline").digest(64 * 1024)
"""What is sent, over and over: nothing on the way can make it shorter by much."""
MARGIN = 0.2  # seconds kept at the end of the budget: what a slow link carried until then is an answer, no failure


class Counted:
    """Bytes that went through, and from when to when in the clock's seconds."""

    def __init__(self) -> None:
        self.bytes = 0
        self.began = self.ended = 0.0

    @property
    def per_second(self) -> float:
        return self.bytes / (self.ended - self.began) if self.ended > self.began else 0.0


async def probe(target: Target, module: Module, attempt: Attempt) -> None:
    """Download the module's bytes, or fewer where the answer is shorter, or upload them by POST.

    Failure status for anything but 2xx, timeout when not one byte came through.
    """
    wanted, counted = module.throughput, Counted()
    http = HttpModule(method="POST" if wanted.direction == "upload" else "GET", ip=wanted.ip, tls=wanted.tls)
    request = await http_request.first(target, http)
    try:
        connector = Connector(target, http, attempt)
        async with session(connector) as client:
            try:
                async with asyncio.timeout(attempt.left - MARGIN):
                    await _transfer(client, request, wanted, counted, attempt)
            except TimeoutError:
                attempt.say(f"Time is up after {counted.bytes} bytes")
                if not counted.bytes:
                    raise
            finally:
                connector.abort()
    except aiohttp.ClientError as e:
        raise translated(e) from e
    counted.ended = counted.ended or attempt.means.clock()
    _measure(wanted, counted, attempt)


async def _transfer(
    client: aiohttp.ClientSession,
    request: http_request.Request,
    wanted: ThroughputModule,
    counted: Counted,
    attempt: Attempt,
) -> None:
    attempt.say(f"{request.method} {shown_target(request.url)}, {wanted.bytes} bytes")
    sent = _generated(wanted.bytes, counted, attempt) if wanted.direction == "upload" else None
    size = {"Content-Length": str(wanted.bytes)} if sent else {}
    async with client.request(
        request.method, request.url, headers={**request.headers, **size}, data=sent, allow_redirects=False
    ) as response:
        # An upload is through when the other side has said so: until then much of it waits in this machine's buffers.
        attempt.say(f"HTTP status {response.status} {response.reason}")
        if not 200 <= response.status < 300:
            raise Failure("status", f"status {response.status}, valid: 2xx")
        if wanted.direction == "download":
            await _fetch(response, wanted.bytes, counted, attempt)
        counted.ended = attempt.means.clock()


async def _generated(size: int, counted: Counted, attempt: Attempt) -> AsyncGenerator[bytes, None]:
    counted.began = attempt.means.clock()
    while counted.bytes < size:
        piece = BLOCK[: size - counted.bytes]
        yield piece
        counted.bytes += len(piece)


async def _fetch(response: aiohttp.ClientResponse, most: int, counted: Counted, attempt: Attempt) -> None:
    counted.began = attempt.means.clock()
    with attempt.phase("transfer"):
        async for piece in response.content.iter_any():
            counted.bytes += len(piece)
            if counted.bytes >= most:
                return


def _measure(wanted: ThroughputModule, counted: Counted, attempt: Attempt) -> None:
    labels = (("direction", wanted.direction),)
    attempt.sheet.put("probe_throughput_bytes", counted.bytes, labels)
    attempt.sheet.put("probe_throughput_bytes_per_second", counted.per_second, labels)
    if not counted.bytes:
        raise Failure("closed", "not one byte came through")
