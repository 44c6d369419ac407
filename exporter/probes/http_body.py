"""Reads an answer's body within bounds of memory and time, and holds it against the module's expressions."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from typing import Protocol

import aiohttp

from exporter.probes.attempt import Attempt
from exporter.probes.modules import HttpModule
from exporter.probes.outcome import Failure

CHUNK = 256 * 1024  # bytes unpacked at a time
MOST_MATCHED = 16 * 1024 * 1024  # bytes of a body that are kept for expressions
WINDOW = {"gzip": zlib.MAX_WBITS | 16, "deflate": -zlib.MAX_WBITS}

Found = Callable[[str, str], None]


class Unpacker(Protocol):
    """zlib's decompression object."""

    @property
    def unconsumed_tail(self) -> bytes: ...
    @property
    def eof(self) -> bool: ...
    def decompress(self, data: bytes, /, max_length: int = ...) -> bytes: ...


async def judge(response: aiohttp.ClientResponse, wanted: HttpModule, found: Found, attempt: Attempt) -> None:
    """Read all of the body, or up to body_size_limit; `found` hears each trouble."""
    kept = bytearray() if wanted.body_matches or wanted.body_not_matches else None
    length = 0
    try:
        async with aclosing(chunks(response, wanted.compression)) as pieces:
            async for piece in pieces:
                length += len(piece)
                attempt.sheet.put("probe_http_uncompressed_body_length", limited(length, wanted.body_size_limit))
                if wanted.body_size_limit and length > wanted.body_size_limit:
                    raise Failure("size", f"the body is longer than {wanted.body_size_limit} bytes")
                if kept is not None:
                    keep(kept, piece)
    except Failure as e:
        found(e.reason, e.text)
        return
    attempt.say(f"Read {length} bytes of body")
    if kept is not None:
        match(bytes(kept), wanted, found, attempt)


def limited(length: int, limit: int) -> int:
    return min(length, limit) if limit else length


def keep(kept: bytearray, chunk: bytes) -> None:
    if len(kept) + len(chunk) > MOST_MATCHED:
        raise Failure("size", f"the body is longer than the {MOST_MATCHED} bytes that expressions can be held against")
    kept += chunk


async def chunks(response: aiohttp.ClientResponse, compression: str) -> AsyncGenerator[bytes, None]:
    """The body in pieces, unpacked if the module says so; Failure body, closed."""
    unpacker = zlib.decompressobj(WINDOW[compression]) if compression in WINDOW else None
    try:
        async for chunk in response.content.iter_any():
            if unpacker is None:
                yield chunk
                continue
            for piece in unpacked(unpacker, chunk):
                yield piece
                # A bomb unpacks without waiting for anything: let others in, and let the budget end it.
                await asyncio.sleep(0)
    except zlib.error as e:
        raise Failure("body", f"the body is not compressed with {compression}") from e
    except aiohttp.ClientPayloadError as e:
        raise Failure("closed", "the target closed the connection before the body was whole") from e
    if unpacker and not unpacker.eof:
        raise Failure("body", f"the {compression} stream ends too early")


def unpacked(unpacker: Unpacker, chunk: bytes) -> Iterator[bytes]:
    """What a piece of compressed data stands for, at most CHUNK bytes at a time."""
    while chunk and not unpacker.eof:
        yield unpacker.decompress(chunk, CHUNK)
        chunk = unpacker.unconsumed_tail


def match(body: bytes, wanted: HttpModule, found: Found, attempt: Attempt) -> None:
    """Hold the whole body against every expression."""
    trouble = [f"the body matches {pattern.text}" for pattern in wanted.body_matches if pattern.matches(body)]
    trouble += [f"the body does not match {p.text}" for p in wanted.body_not_matches if not p.matches(body)]
    for text in trouble:
        attempt.sheet.put("probe_failed_due_to_regex", 1)
        found("body", text)
