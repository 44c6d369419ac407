"""What does a gzip file hold? Decompressed in steps, so that a few bytes never become many in memory."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator

from analyzer.fetch.way import CannotLook

GZIP = 31  # zlib's word for gzip alone, with the largest window
STEP = 1 << 20
RATIO = 500  # logs that repeat themselves without end reach 200; a bomb of zeros has 1030
FREE = 16 << 20  # bytes for which the ratio does not matter


class Bomb(CannotLook):
    """It holds more than a log can."""


async def inflated(pieces: AsyncIterator[bytes], path: str) -> AsyncGenerator[bytes, None]:
    """What is in a gzip file, member after member, at most STEP bytes at a time.

    Raises Bomb, CannotLook for what is no gzip, EOFError where the file ends before its end.
    """
    inflater, came, gone = zlib.decompressobj(GZIP), 0, 0
    async for piece in pieces:
        came += len(piece)
        data = piece
        while True:
            if inflater.eof:
                data = data.lstrip(b"\0")  # padding
                if not data:
                    break
                inflater = zlib.decompressobj(GZIP)
            out = await asyncio.to_thread(_step, inflater, data, path)
            gone += len(out)
            if gone > FREE and gone > came * RATIO:
                raise Bomb(f"{path!r}: expands more than {RATIO} times")
            if out:
                yield out
            data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            if not inflater.eof and not data and len(out) < STEP:
                break
    if not inflater.eof:
        raise EOFError(path)


def beginning(data: bytes, most: int) -> bytes:
    """What a gzip file begins with, as far as these bytes say; empty where they are none."""
    try:
        return zlib.decompressobj(GZIP).decompress(data, most)
    except zlib.error:
        return b""


def _step(inflater: "zlib._Decompress", data: bytes, path: str) -> bytes:
    try:
        return inflater.decompress(data, STEP)
    except zlib.error as e:
        raise CannotLook(f"{path!r}: is no gzip file") from e
