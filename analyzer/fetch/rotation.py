"""Which file is which, after logs were appended to, renamed, copied, truncated, compressed or deleted? Nothing is read.

A file is known by the hash of its beginning, which also holds where there are no inodes (SFTP) and where they are used
again. The beginning may grow up to 1 KiB; of a file that was shorter only what it had is compared.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from analyzer.fetch.lines import Mode
from analyzer.fetch.way import Stat

HEAD = 1024

DATE = r"\d{8}(?:[-_.T]?\d{1,10})?|\d{4}-\d\d-\d\d(?:[-_.T]\d\d[-:.]?\d\d(?:[-:.]?\d\d)?)?"
# What rotation makes of app.log: app.log.1, app.log-20261121, app.log.old, app-20261121.log; each may end in .gz.
ROTATED = re.compile(
    rf"(?P<stem>.+?)(?:(?:\.\d{{1,4}}|[.-](?:{DATE})|\.(?:old|bak|prev))(?:\.\d{{1,4}})?(?:\.gz)?|\.gz)", re.S
)
DATED = re.compile(rf"(?P<stem>.+?)[.-](?:{DATE})(?P<ending>\.[A-Za-z]{{1,8}})(?:\.gz)?", re.S)
NUMBER = re.compile(r"\.(\d{1,4})(?:\.gz)?$")

Start = Literal["on", "beginning", "end", "nothing", "copy"]


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()[:32]


NOTHING = digest(b"")


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as the last run left it; `offset` is where to go on, `end` where the last line stopped unfinished.

    `head` is the hash of its first `head_bytes`, `check` that of the `check_bytes` in front of `offset`. `done`: a
    compressed file read to its end. `copy`: all of it stands in another file as well. `unseen`: it could not be read.
    """

    size: int
    mtime: float
    inode: int | None
    head: str = NOTHING
    head_bytes: int = 0
    offset: int = 0
    end: int = 0
    check: str = ""
    check_bytes: int = 0
    mode: Mode = ""
    done: bool = False
    copy: bool = False
    unseen: bool = False
    idle: bool = False  # the last run found nothing new in it

    def json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, stored: Any) -> "Seen":
        """ValueError for what is none."""
        kinds = {field.name: field.type for field in fields(cls)}
        if not isinstance(stored, dict) or stored.keys() - kinds.keys():
            raise ValueError("no file as a run leaves it")
        seen = cls(**{"size": 0, "mtime": 0.0, "inode": None, **stored})
        numbers = (seen.size, seen.head_bytes, seen.offset, seen.end, seen.check_bytes, seen.inode or 0)
        if not all(type(number) is int and number >= 0 for number in numbers) or type(seen.mtime) not in (int, float):
            raise ValueError("no sizes of a file")
        if not all(type(flag) is bool for flag in (seen.done, seen.copy, seen.unseen, seen.idle)):
            raise ValueError("no marks of a file")
        if seen.mode not in ("", "open", "skip") or not isinstance(seen.head, str) or not isinstance(seen.check, str):
            raise ValueError("no place in a file")
        return seen

    def is_unchanged(self, stat: Stat) -> bool:
        return not self.unseen and (self.size, self.mtime, self.inode) == (stat.size, stat.mtime, stat.inode)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that is there; `live`: it is written to, not rotated; `fresh`: its pattern was not in the last run.

    `head` is what it begins with, decompressed; None where that was not read because nothing has changed.
    """

    stat: Stat
    base: str
    live: bool
    fresh: bool
    head: bytes | None = None

    @property
    def path(self) -> str:
        return self.stat.path

    @property
    def zipped(self) -> bool:
        return self.path.endswith(".gz")


@dataclass(frozen=True, slots=True)
class Task:
    """Read a file from where `start` says; `seen` is what is known of it, `original` the path of what it may copy."""

    candidate: Candidate
    start: Start
    seen: Seen | None = None
    original: str = ""


def base(path: str) -> str:
    """The path of the log that this one was rotated from; its own where it was not."""
    folder, slash, name = path.rpartition("/")
    if found := ROTATED.fullmatch(name):
        return folder + slash + found["stem"]
    if found := DATED.fullmatch(name):
        return folder + slash + found["stem"] + found["ending"]
    return path


def siblings(pattern: str) -> tuple[str, ...]:
    """Patterns of what rotation may make of the files that a pattern matches."""
    folder, slash, name = pattern.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    dated = (f"{folder}{slash}{stem}[.-]*.{ending}*",) if dot and stem and ending.isalpha() else ()
    return (f"{pattern}[.-]*", *dated)


def candidates(
    matched: Mapping[str, Sequence[Stat]], beside: Iterable[Stat], seen: Mapping[str, Seen], known: Sequence[str]
) -> list[Candidate]:
    """The files of patterns and those rotated from them, each once, known and newest ones first.

    `matched` are files by pattern, `beside` those of `siblings`, `known` the patterns of the last run.
    """
    wanted = {stat.path: stat for stats in matched.values() for stat in stats}
    fresh = {stat.path: not any(p in known for p in ps) for stat, ps in _patterns(matched)}
    bases = wanted.keys() | {base(path) for path in seen}
    others = {s.path: s for s in beside if s.path not in wanted and base(s.path) in bases and base(s.path) != s.path}
    found = [
        Candidate(stat, base(path) if rotated else path, not rotated, fresh.get(path, fresh.get(base(path), False)))
        for path, stat in (wanted | others).items()
        for rotated in [path not in wanted or (base(path) in wanted and base(path) != path)]
    ]
    found = _distinct(found)
    return sorted(found, key=lambda one: (one.path not in seen, -one.stat.mtime))


def _patterns(matched: Mapping[str, Sequence[Stat]]) -> Iterable[tuple[Stat, list[str]]]:
    by_path: dict[str, tuple[Stat, list[str]]] = {}
    for pattern, stats in matched.items():
        for stat in stats:
            by_path.setdefault(stat.path, (stat, []))[1].append(pattern)
    return by_path.values()


def _distinct(found: Sequence[Candidate]) -> list[Candidate]:
    """Without second names of one file; numbers of inodes are equal on several file systems, sizes and times seldom."""
    kept: dict[object, Candidate] = {}
    for one in sorted(found, key=lambda one: (not one.live, one.path)):
        stat = one.stat
        kept.setdefault(stat.path if not stat.inode else (stat.inode, stat.size, stat.mtime), one)
    return list(kept.values())


def plan(seen: Mapping[str, Seen], found: Sequence[Candidate]) -> tuple[list[Task], list[str]]:
    """What to read of each file, in order, and the paths of what was seen and is nowhere any more."""
    taken = {one.path: one.path for one in found if one.head is None}
    placed = dict(taken)
    free = {path: one for path, one in seen.items() if path not in taken and not one.unseen}
    originals: dict[str, list[str]] = defaultdict(list)
    for pair in sorted(_pairs(free, [one for one in found if one.head is not None])):
        if pair.fits and pair.was not in placed and pair.now not in taken:
            placed[pair.was], taken[pair.now] = pair.now, pair.was
        elif placed.get(pair.was, pair.now) != pair.now:
            originals[pair.now].append(placed[pair.was])
    tasks = [_task(one, seen, taken.get(one.path), originals[one.path]) for one in found]
    return sorted(tasks, key=_order), [path for path in free if path not in placed]


class Pair(NamedTuple):
    """A file seen and one that begins alike; the likeliest to be the same sort first."""

    copy: bool
    empty: bool
    other_inode: bool
    other_path: bool
    unlike: int
    was: str
    now: str
    fits: bool


def _pairs(seen: Mapping[str, Seen], found: Sequence[Candidate]) -> Iterable[Pair]:
    by_head: dict[tuple[int, str], list[Candidate]] = defaultdict(list)
    for length in {one.head_bytes for one in seen.values()}:
        for candidate in found:
            if candidate.head is not None and len(candidate.head) >= length:
                by_head[length, digest(candidate.head[:length])].append(candidate)
    for path, one in seen.items():
        for candidate in by_head.get((one.head_bytes, one.head), ()):
            stat = candidate.stat
            is_inode = stat.inode is not None and stat.inode == one.inode
            is_path = stat.path == path
            # What was empty begins like anything; what is compressed has an inode of its own.
            empty = not one.head_bytes
            if not empty or (is_inode and not candidate.zipped) or (is_path and one.inode is None):
                fits = candidate.zipped or (stat.size >= one.offset and not path.endswith(".gz"))
                yield Pair(one.copy, empty, not is_inode, not is_path, -one.head_bytes, path, stat.path, fits)


def _task(one: Candidate, seen: Mapping[str, Seen], was: str | None, originals: Sequence[str]) -> Task:
    if was is not None:
        return Task(one, "on", seen[was])
    before = seen.get(one.path)
    if one.fresh or (before is not None and before.unseen):
        return Task(one, "end" if one.live and not one.zipped else "nothing")
    if originals and not one.live:
        return Task(one, "copy", original=originals[0])
    return Task(one, "beginning")


def _order(task: Task) -> tuple[str, bool, float, int]:
    """Logs by path; of one log the oldest first, what is written to last."""
    number = NUMBER.search(task.candidate.path)
    return task.candidate.base, task.candidate.live, task.candidate.stat.mtime, -int(number[1]) if number else 0
