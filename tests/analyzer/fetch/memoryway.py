"""A host in a folder: its files as SFTP shows them (without inodes) or as this machine does."""

import glob
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from analyzer.fetch.chunk import Caps, Chunk, Cursor
from analyzer.fetch.sources import Source
from analyzer.fetch.way import CannotLook, Stat, Way


class MemoryWay:
    """Remembers what was read; gives `pieces` bytes at a time; `forbidden` paths may not be read."""

    def __init__(self, inodes: bool = True, pieces: int = 1 << 16, outputs: Mapping[str, bytes] | None = None) -> None:
        self.inodes, self.pieces, self.outputs = inodes, pieces, dict(outputs or {})
        self.forbidden: set[str] = set()
        self.read: list[tuple[str, int, int]] = []
        self.commands: list[Sequence[str]] = []

    async def match(self, pattern: str) -> Sequence[Stat]:
        return [self._stat(path) for path in _files(sorted(glob.glob(pattern)))]

    def _stat(self, path: str) -> Stat:
        found = os.stat(path)
        inode = found.st_ino if self.inodes else None
        return Stat(path, found.st_size, found.st_mtime, found.st_mode, found.st_uid, found.st_gid, inode)

    async def walk(self, folder: str, most: int) -> Sequence[Stat]:
        return [self._stat(path) for path in _files(_below(folder))][:most]

    async def content(self, path: str, offset: int, limit: int) -> AsyncIterator[bytes]:
        if path in self.forbidden:
            raise CannotLook(f"{path!r}: permission denied")
        self.read.append((path, offset, limit))
        data = _range(path, offset, limit)
        for start in range(0, len(data), self.pieces):
            yield data[start : start + self.pieces]

    async def output(self, command: Sequence[str], limit: int, seconds: float) -> AsyncIterator[bytes]:
        self.commands.append(command)
        data = self.outputs[command[0]][:limit]
        for start in range(0, len(data), self.pieces):
            yield data[start : start + self.pieces]

    async def close(self) -> None:
        """Nothing is held."""


def _files(paths: Sequence[str]) -> list[str]:
    return [path for path in paths if os.path.isfile(path)]


def _below(folder: str) -> list[str]:
    return sorted(map(str, Path(folder).rglob("*")))


def _range(path: str, offset: int, limit: int) -> bytes:
    with open(path, "rb") as file:
        file.seek(offset)
        return file.read(limit)


class Run:
    """What one run of a source gave."""

    def __init__(self, chunks: Sequence[Chunk], trouble: str | None) -> None:
        self.chunks, self.trouble = chunks, trouble
        self.lines = [line for chunk in chunks for line in chunk.lines]
        self.gaps = sum(chunk.gaps for chunk in chunks)
        self.bytes = sum(chunk.bytes for chunk in chunks)
        self.cut = chunks[-1].cut if chunks else False
        self.cursor: Cursor | None = chunks[-1].cursor if chunks else None


async def run(source: Source, way: Way, cursor: Cursor | None, caps: Caps | None = None, now: float = 0.0) -> Run:
    """Read a source to its end."""
    chunks: list[Chunk] = []
    try:
        async for chunk in source.read(way, cursor, caps or Caps(), now):
            chunks += [chunk]
    except CannotLook as e:
        return Run(chunks, str(e))
    return Run(chunks, None)
