"""A connection that is read by lines or by counted bytes, with bounded memory."""

import asyncio
from typing import cast

from exporter.probes import dial
from exporter.probes.attempt import Attempt
from exporter.probes.modules import TlsConfig
from exporter.probes.outcome import Failure

LONGEST_LINE = 64 * 1024  # bytes, as much as blackbox_exporter takes; also how much is kept unread


class Stream(asyncio.Protocol):
    """What the target sent and nobody has read yet; reading stops while that is more than LONGEST_LINE."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._ended: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > LONGEST_LINE and self._transport:
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._end(Failure("closed", "the target closed the connection"))

    def connection_lost(self, error: Exception | None) -> None:
        self._end(
            Failure("closed", f"the connection was lost: {error}" if error else "the target closed the connection")
        )

    def _end(self, failure: Failure) -> None:
        self._ended = self._ended or failure
        self._wake()

    def _wake(self) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(None)

    async def _more(self) -> None:
        """Wait until something changes; Failure closed when nothing will come any more."""
        if self._ended:
            raise self._ended
        assert self._transport
        if not self._transport.is_reading():
            self._transport.resume_reading()
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    async def line(self) -> bytes | None:
        """The next line without its end, None behind the last one; Failure size for one too long."""
        while True:
            # Not by partition: it copies all that follows, for each of the thousands of lines that may wait here.
            end = self._buffer.find(b"\n")
            if end >= 0:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 1]
                return line.removesuffix(b"\r")
            if len(self._buffer) > LONGEST_LINE:
                raise Failure("size", f"a line is longer than {LONGEST_LINE} bytes")
            if self._ended:
                rest = bytes(self._buffer)
                self._buffer.clear()
                return rest or None
            await self._more()

    async def exactly(self, count: int) -> bytes:
        """So many bytes; Failure closed when the target ends before."""
        while len(self._buffer) < count:
            await self._more()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def send(self, data: bytes) -> None:
        """Failure closed when the target is gone."""
        if self._ended or self._transport is None:
            raise self._ended or Failure("closed", "not connected")
        self._transport.write(data)

    async def start_tls(self, tls: TlsConfig, name: str, attempt: Attempt) -> None:
        """Go on in TLS; what came before it in the clear and was not read is dropped."""
        assert self._transport
        self._buffer.clear()
        self._transport = await dial.upgrade(self._transport, self, tls, name, attempt)

    def close(self) -> None:
        """At once: what a probe has not read nobody needs."""
        if self._transport:
            self._transport.abort()
