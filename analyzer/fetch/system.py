"""The log of the system itself: its journal, or, where there is none, the files that syslog writes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from analyzer.fetch.chunk import Caps, Chunk, Cursor
from analyzer.fetch.files import Files
from analyzer.fetch.journal import Journal
from analyzer.fetch.way import CannotLook, Way

JOURNALS = ("/var/log/journal/*/*.journal", "/run/log/journal/*/*.journal")
FILES = (
    "/var/log/syslog",
    "/var/log/messages",
    "/var/log/auth.log",
    "/var/log/secure",
    "/var/log/kern.log",
    "/var/log/daemon.log",
)


@dataclass(frozen=True, slots=True)
class System:
    """A source: whichever of the two the host has. Once its journal was read, it stays with that."""

    name: str

    async def read(self, way: Way, cursor: Cursor | None, caps: Caps, now: float) -> AsyncGenerator[Chunk, None]:
        """As its parts do; CannotLook where a host has neither, or lets us see neither."""
        kind = "journal" if await self._has_journal(way, cursor) else "files"
        source: Journal | Files = Journal(self.name) if kind == "journal" else Files(self.name, FILES)
        before = cursor["of"] if cursor is not None and cursor.get("kind") == kind else None
        async with aclosing(source.read(way, before, caps, now)) as chunks:
            async for chunk in chunks:
                yield replace(chunk, cursor={"kind": kind, "of": chunk.cursor})

    async def _has_journal(self, way: Way, cursor: Cursor | None) -> bool:
        if cursor is not None and cursor.get("kind") == "journal":
            return True
        for pattern in JOURNALS:
            try:
                if await way.match(pattern):
                    return True
            except CannotLook:
                continue
        return False
