"""Where reading a file begins and where it stopped, as the last run left it."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from analyzer.fetch import rotation
from analyzer.fetch.chunk import Cursor
from analyzer.fetch.lines import Mode, Splitter
from analyzer.fetch.rotation import Candidate, Seen, Task, digest


@dataclass(frozen=True, slots=True)
class Before:
    """What the last run left: files by path, its patterns, and which log's turn it is to be the first."""

    files: Mapping[str, Seen]
    patterns: Sequence[str]
    first: str
    gaps: int = 0

    @classmethod
    def of(cls, cursor: Cursor | None) -> "Before":
        if cursor is None:
            return cls({}, (), "")
        try:
            files = {path: Seen.of(seen) for path, seen in dict(cursor["files"]).items()}
            return cls(files, [str(pattern) for pattern in cursor["patterns"]], str(cursor["first"]))
        except (KeyError, TypeError, ValueError):
            # Where we were is not known any more, so something may be missing.
            return cls({}, (), "", 1)


@dataclass(frozen=True, slots=True)
class Place:
    """Where reading begins: `check` is the hash of the `check_bytes` in front; `end` where an unfinished line ended."""

    offset: int = 0
    mode: Mode = ""
    check: str = ""
    check_bytes: int = 0
    end: int = 0


class Elsewhere(Exception):
    """What stands in front of a place is not what stood there."""


async def after(most: int, pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """What follows the first `most` bytes."""
    async with aclosing(pieces):
        async for piece in pieces:
            if len(piece) > most:
                yield piece[most:]
            most = max(0, most - len(piece))


def checked(piece: bytes, place: Place, splitter: Splitter) -> bytes:
    """The piece, of the first one without the bytes that had to stand in front of the place."""
    if splitter.before or not place.check_bytes:
        return piece
    front = piece[: place.check_bytes]
    if digest(front) != place.check:
        raise Elsewhere
    splitter.before = front
    return piece[place.check_bytes :]


def start(task: Task, first_bytes: int) -> Place:
    """Where to begin; of a file seen for the first time at the end, as many bytes as are wanted."""
    size = task.candidate.stat.size
    if task.start == "end" and size > first_bytes:
        # From the byte before, because a line may begin just there.
        return Place(size - first_bytes - 1, "skip")
    seen = task.seen
    return Place() if seen is None else Place(seen.offset, seen.mode, seen.check, seen.check_bytes, seen.end)


def stopped(splitter: Splitter, waiting: bool = False) -> Seen:
    """Where to go on; `waiting`: what is there of the last line waits for its end."""
    end = splitter.offset + (len(splitter.pending) if waiting else 0)
    before = splitter.before
    return Seen(0, 0.0, None, "", 0, splitter.offset, end, digest(before), len(before), splitter.mode)


def passed(candidate: Candidate, copy: bool = False, unseen: bool = False) -> Seen:
    """A file of which nothing is read: all there is now counts as seen."""
    stat, head = candidate.stat, candidate.head or b""
    size = 0 if candidate.zipped else stat.size
    return Seen(
        stat.size,
        stat.mtime,
        stat.inode,
        digest(head),
        len(head),
        size,
        size,
        done=candidate.zipped,
        copy=copy,
        unseen=unseen,
        idle=True,
    )


def is_gap(path: str, seen: Seen, is_here: bool) -> bool:
    """May lines be lost of a file that is not here any more, or no longer the same?"""
    whole = seen.offset >= seen.size or seen.done
    return seen.size > 0 and not (whole and (rotation.base(path) != path or (seen.idle and not is_here)))


def turned(tasks: Sequence[Task], first: str) -> list[Task]:
    """The tasks beginning with those of one log, where it is among them."""
    start = next((i for i, task in enumerate(tasks) if task.candidate.base == first), 0)
    return [*tasks[start:], *tasks[:start]]
