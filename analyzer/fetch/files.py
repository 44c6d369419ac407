"""What is new in log files, through rotation, truncation and compression?"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from analyzer.fetch import places, rotation, zipped
from analyzer.fetch.chunk import Caps, Chunk, Cursor
from analyzer.fetch.lines import Splitter
from analyzer.fetch.pieces import closing
from analyzer.fetch.places import Before, Elsewhere, Place
from analyzer.fetch.rotation import HEAD, Candidate, Seen, Task, digest
from analyzer.fetch.way import CannotLook, Way

FILES = 1000  # of one source
ZIPPED_HEAD = 4096  # compressed bytes in which there are HEAD


@dataclass(frozen=True, slots=True)
class Files:
    """A source: the files that patterns match, and what rotation makes of them."""

    name: str
    patterns: tuple[str, ...]

    async def read(self, way: Way, cursor: Cursor | None, caps: Caps, now: float) -> AsyncGenerator[Chunk, None]:
        """New lines, file by file, each in its order; of what is seen for the first time only the end.

        CannotLook comes last, when something could not be read: what could be has been given before.
        """
        before = Before.of(cursor)
        matched = {pattern: await way.match(pattern) for pattern in self.patterns}
        rotated = [other for pattern in self.patterns for other in rotation.siblings(pattern)]
        beside = [stat for pattern in rotated for stat in await way.match(pattern)]
        found = rotation.candidates(matched, beside, before.files, before.patterns)
        reading = Reading(way, caps, self.patterns)
        readable = [one for candidate in found[:FILES] if (one := await reading.headed(candidate, before))]
        tasks, lost = rotation.plan(before.files, readable)
        reading.expect(before, tasks, lost)
        for task in places.turned(tasks, before.first):
            async with aclosing(reading.task(task)) as chunks:
                async for chunk in chunks:
                    yield chunk
        yield reading.chunk([], 0)
        if reading.troubles:
            raise CannotLook("; ".join(reading.troubles[:3]))
        if not found or len(found) > FILES:
            raise CannotLook(f"more than {FILES} files match, the others are not read" if found else "no file matches")


class Late(Exception):
    """Time was over before anything came of a compressed file."""


class Reading:
    """One run: what is left of its caps, and where each file is to go on."""

    def __init__(self, way: Way, caps: Caps, patterns: Sequence[str]) -> None:
        self._way, self._caps, self._patterns = way, caps, list(patterns)
        self._bytes, self._lines, self._decompressed = caps.bytes, caps.lines, caps.decompressed_bytes
        self._deadline = asyncio.get_running_loop().time() + caps.seconds
        self._files: dict[str, object] = {}
        self._bases: list[str] = []
        self._first = ""
        self._gaps, self._cut, self._touched = 0, False, False
        self.troubles: list[str] = []

    async def headed(self, candidate: Candidate, before: Before) -> Candidate | None:
        """With its beginning, unless nothing has changed; None where it cannot be read."""
        path, seen = candidate.path, before.files.get(candidate.path)
        if seen is not None and seen.is_unchanged(candidate.stat):
            return candidate
        try:
            if candidate.zipped:
                head = zipped.beginning(await self._some(path, 0, ZIPPED_HEAD), HEAD)
            else:
                head = await self._some(path, 0, HEAD)
            return replace(candidate, head=head)
        except CannotLook as e:
            self.troubles.append(str(e))
            if seen is not None or candidate.fresh:
                self._files[path] = (seen or places.passed(candidate, unseen=True)).json()
            return None

    def expect(self, before: Before, tasks: Sequence[Task], lost: Sequence[str]) -> None:
        """Keep for each file what holds if this run does not come to it, and count what is gone unread."""
        here = {task.candidate.path for task in tasks}
        gone = [path for path in lost if path not in self._files]
        self._gaps = before.gaps + sum(places.is_gap(path, before.files[path], path in here) for path in gone)
        self._bases = list(dict.fromkeys(task.candidate.base for task in tasks))
        self._first = before.first
        for task in tasks:
            if task.seen is not None:
                self._files[task.candidate.path] = task.seen.json()
            elif task.start in ("end", "nothing"):
                self._files[task.candidate.path] = places.passed(task.candidate, unseen=True).json()

    async def task(self, task: Task) -> AsyncGenerator[Chunk, None]:
        """The new lines of one file; what it cannot give is told at the end of the run."""
        candidate = task.candidate
        try:
            if await self._needs_no_reading(task):
                return
            if self._is_over(candidate):
                self._stop(candidate.base)
                return
            try:
                async for chunk in self._read(candidate, places.start(task, self._caps.first_bytes), task.seen):
                    yield chunk
            except Elsewhere:
                self._gaps += 1
                async for chunk in self._read(candidate, Place(), None):
                    yield chunk
        except zipped.Bomb as e:
            self._gaps += 1
            self._keep(candidate, Seen(0, 0.0, None, done=True))
            self.troubles.append(str(e))
        except CannotLook as e:
            self.troubles.append(str(e))

    async def _needs_no_reading(self, task: Task) -> bool:
        candidate, seen = task.candidate, task.seen
        if task.start == "nothing" or (task.start == "copy" and await self._is_copy(task)):
            self._files[candidate.path] = places.passed(candidate, copy=task.start == "copy").json()
            return True
        if seen is not None and await self._is_read(candidate, seen):
            self._keep(candidate, replace(seen, done=candidate.zipped, idle=True))
            return True
        return False

    def chunk(self, lines: list[str], size: int) -> Chunk:
        """Lines with where to go on after them, and the gaps since the last ones."""
        cursor = {"files": dict(self._files), "patterns": self._patterns, "first": self._first}
        gaps, self._gaps = self._gaps, 0
        return Chunk(lines, size, cursor, gaps, self._cut)

    async def _read(self, candidate: Candidate, place: Place, seen: Seen | None) -> AsyncGenerator[Chunk, None]:
        """The lines after a place, as far as the caps allow; keeps where to go on."""
        splitter = Splitter(self._caps.line_bytes, place.offset, place.mode)
        whole = False
        async with aclosing(self._pieces(candidate, place)) as pieces:
            try:
                async for piece in pieces:
                    rest = places.checked(piece, place, splitter)
                    lines = splitter.add(rest, self._lines)
                    self._spend(candidate, len(lines), len(rest))
                    if lines:
                        self._keep(candidate, places.stopped(splitter))
                        yield self.chunk(lines, len(rest))
                    if splitter.full or self._is_over(candidate):
                        break
                else:
                    whole = True
            except Late:
                whole = False
            except EOFError:
                # Still being compressed; or, when nothing changes any more, broken.
                whole = seen is not None and seen.idle and seen.is_unchanged(candidate.stat)
        for chunk in self._ended(candidate, place, splitter, whole):
            yield chunk

    def _ended(self, candidate: Candidate, place: Place, splitter: Splitter, whole: bool) -> Iterator[Chunk]:
        """The line that waits for its end, where it will not have one; keeps where to go on."""
        end = splitter.offset + len(splitter.pending)
        is_end = whole if candidate.zipped else not splitter.full and end >= candidate.stat.size
        # It has not grown since the last run, or nobody writes to this file any more.
        is_last = not candidate.live or candidate.zipped or (place.offset, place.end) == (splitter.offset, end)
        idle = splitter.offset == place.offset
        if is_end and is_last and self._lines > 0 and (lines := splitter.rest()):
            self._spend(candidate, len(lines), 0)
            self._keep(candidate, places.stopped(splitter))
            yield self.chunk(lines, 0)
        done = candidate.zipped and is_end
        self._keep(candidate, replace(places.stopped(splitter, waiting=is_end), done=done, idle=idle))
        if not is_end:
            self._stop(candidate.base, is_over=not idle)

    async def _pieces(self, candidate: Candidate, place: Place) -> AsyncGenerator[bytes, None]:
        """What stands from a place on, with the checked bytes in front of it, all of them in the first piece."""
        start = place.offset - place.check_bytes
        # Whatever is left of the cap: less than a line would be no step forward.
        most = self._bytes if self._touched else max(self._bytes, self._caps.line_bytes + 2)
        size = candidate.stat.size if candidate.zipped else place.check_bytes + most
        self._touched = True
        async with closing(self._way.content(candidate.path, 0 if candidate.zipped else start, size)) as raw:
            plain = (
                places.after(start, zipped.inflated(self._in_time(raw), candidate.path)) if candidate.zipped else raw
            )
            front = b""
            async with closing(plain):
                async for piece in plain:
                    front += piece
                    if len(front) >= place.check_bytes:
                        yield front
                        front = b""
                        break
                async for piece in plain:
                    yield piece
        if front:
            yield front

    async def _in_time(self, pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
        """The pieces as long as there is time: what is in front of a place, or in empty members, gives no lines."""
        async for piece in pieces:
            if asyncio.get_running_loop().time() >= self._deadline:
                raise Late
            yield piece

    async def _is_read(self, candidate: Candidate, seen: Seen) -> bool:
        """Is there nothing after the place where the last run stopped?"""
        if seen.done or not candidate.zipped:
            return seen.done or candidate.stat.size <= seen.offset
        # The last four bytes tell the size of what is in it: for most, that is all there is to know.
        told = await self._some(candidate.path, max(0, candidate.stat.size - 4), 4)
        return seen.offset > 0 and int.from_bytes(told, "little") == seen.offset & 0xFFFFFFFF

    async def _is_copy(self, task: Task) -> bool:
        """Does what begins like another file, and came to be beside it, hold nothing else?"""
        path, size = task.candidate.path, task.candidate.stat.size
        if task.candidate.zipped:
            return path == task.original + ".gz"
        start = max(0, size - HEAD)
        ends = [await self._some(path, start, size - start) for path in (path, task.original)]
        return ends[0] == ends[1]

    async def _some(self, path: str, offset: int, limit: int) -> bytes:
        async with closing(self._way.content(path, offset, limit)) as pieces:
            return b"".join([piece async for piece in pieces])

    def _keep(self, candidate: Candidate, seen: Seen) -> None:
        stat = candidate.stat
        seen = replace(seen, size=stat.size, mtime=stat.mtime, inode=stat.inode)
        if candidate.head is not None:
            seen = replace(seen, head=digest(candidate.head), head_bytes=len(candidate.head))
        else:
            known = self._files[candidate.path]
            assert isinstance(known, dict)
            seen = replace(seen, head=known["head"], head_bytes=known["head_bytes"])
        self._files[candidate.path] = seen.json()

    def _spend(self, candidate: Candidate, lines: int, size: int) -> None:
        self._lines -= lines
        if candidate.zipped:
            self._decompressed -= size
        else:
            self._bytes -= size

    def _is_over(self, candidate: Candidate) -> bool:
        left = min(self._lines, self._decompressed if candidate.zipped else self._bytes)
        return left <= 0 or asyncio.get_running_loop().time() >= self._deadline

    def _stop(self, base: str, is_over: bool = False) -> None:
        """Something is left of this log. It has the first turn next time or, if that was now, the one after it has."""
        if not self._cut:
            self._first = self._bases[(self._bases.index(base) + is_over) % len(self._bases)]
        self._cut = True
