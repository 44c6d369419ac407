"""What does a fixed command print, unless it prints the same as last time?"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from hashlib import sha256

from analyzer.fetch.chunk import Caps, Chunk, Cursor
from analyzer.fetch.lines import decoded
from analyzer.fetch.pieces import closing
from analyzer.fetch.way import CannotLook, Way

MOST = 4 << 20  # bytes: it is compared whole, so it is held whole


@dataclass(frozen=True, slots=True)
class Command:
    """A source: the words of a command that stand in the configuration, and nowhere else."""

    name: str
    words: tuple[str, ...]

    async def read(self, way: Way, cursor: Cursor | None, caps: Caps, now: float) -> AsyncGenerator[Chunk, None]:
        """All its lines, or none where they are the last run's.

        CannotLook where it fails, but after its lines: what tells of a dying disk may exit with the bad news.
        """
        trouble: CannotLook | None = None
        most, output = min(MOST, caps.bytes), b""
        try:
            async with closing(way.output(self.words, most + 1, caps.seconds)) as pieces:
                async for piece in pieces:
                    output += piece
        except CannotLook as e:
            trouble = e
        if trouble is None or output:
            yield _chunk(output, cursor, caps, most)
        if trouble is not None:
            raise trouble


def _chunk(output: bytes, cursor: Cursor | None, caps: Caps, most: int) -> Chunk:
    kept = output[:most]
    told = sha256(kept).hexdigest()
    if cursor is not None and cursor.get("output") == told:
        return Chunk([], len(output), cursor)
    lines = decoded(kept if kept.endswith(b"\n") or not kept else kept + b"\n", caps.line_bytes)
    is_cut = len(output) > most or len(lines) > caps.lines
    return Chunk(lines[: caps.lines], len(output), {"output": told}, cut=is_cut)
