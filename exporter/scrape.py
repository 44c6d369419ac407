"""Answers a scrape: copies what is shown, and deflates it off the event loop."""

import asyncio
import struct
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import chain

from isal import isal_zlib

from exporter.exposition import Block, UnderWay
from toolkit.negotiate import Form

LEVEL = 1  # of ISA-L's 0..3: 40 % smaller than 0 for a fifth more time; 3 gains nothing more
SMALL = 1 << 20  # bytes; an exposition below is one piece, since cutting it up would cost more than it saves
STRETCH = 1 << 20  # bytes copied on the event loop at a time: about a tenth of a millisecond
GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
END_OF_DEFLATE = b"\x03\x00"  # an empty last block

Piece = bytes | Block


async def stream(pieces: Iterable[Piece], form: Form, executor: Executor) -> AsyncIterator[bytes]:
    """The body of the answer, in parts."""
    closing = [b"# EOF\n"] if form.openmetrics else []
    stretches = _stretches(_joined_if_small(chain(pieces, closing)))
    if not form.gzip:
        for stretch in stretches:
            yield b"".join(copy.text for copy in stretch)
            await asyncio.sleep(0)
        return
    loop = asyncio.get_running_loop()
    crc, size = 0, 0
    yield GZIP_HEADER
    for stretch in stretches:
        # One deflate stream and not a gzip member for each block: browsers and curl read no further than the first.
        packed, crc = await loop.run_in_executor(executor, _deflate, stretch, crc)
        size += sum(len(copy.text) for copy in stretch)
        yield b"".join(packed)
        _remember(stretch, packed)
    yield END_OF_DEFLATE + struct.pack("<II", crc, size & 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Copy:
    """A piece's text at one instant, and the deflated form if that was known then."""

    text: bytes
    block: Block | None = None
    packed: bytes | UnderWay | None = None


def _joined_if_small(pieces: Iterable[Piece]) -> list[Piece]:
    listed = list(pieces)
    if sum(len(piece if isinstance(piece, bytes) else piece.text) for piece in listed) >= SMALL:
        return listed
    return [b"".join(piece if isinstance(piece, bytes) else piece.text for piece in listed)]


def _stretches(pieces: Iterable[Piece]) -> Iterator[list[Copy]]:
    """Copies of the pieces, some at a time; the copy of a block is taken when its turn comes."""
    stretch: list[Copy] = []
    size = 0
    for piece in pieces:
        stretch.append(_copy(piece))
        size += len(stretch[-1].text)
        if size >= STRETCH:
            yield stretch
            stretch, size = [], 0
    if stretch:
        yield stretch


def _copy(piece: Piece) -> Copy:
    if isinstance(piece, bytes):
        return Copy(piece)
    if not isinstance(piece.packed, bytes):
        # A mark of this copy's own: it is gone when a patch, or another scrape's later copy, made this one old.
        piece.packed = UnderWay()
    return Copy(bytes(piece.text), piece, piece.packed)


def _deflate(stretch: list[Copy], crc: int) -> tuple[list[bytes], int]:
    """Deflate what is not deflated yet, each piece up to a byte boundary; runs in a thread, on copies alone."""
    for copy in stretch:
        crc = isal_zlib.crc32(copy.text, crc)
    return [copy.packed if isinstance(copy.packed, bytes) else _packed(copy.text) for copy in stretch], crc


def _packed(text: bytes) -> bytes:
    deflate = isal_zlib.compressobj(LEVEL, isal_zlib.DEFLATED, -15)
    return bytes(deflate.compress(text) + deflate.flush(isal_zlib.Z_SYNC_FLUSH))


def _remember(stretch: list[Copy], packed: list[bytes]) -> None:
    for copy, piece in zip(stretch, packed, strict=True):
        if copy.block and copy.block.packed is copy.packed:
            copy.block.packed = piece
