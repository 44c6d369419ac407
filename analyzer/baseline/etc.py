"""Which files of /etc changed: those whose stat is another are read, and all of them once a week."""

from collections.abc import Mapping

from analyzer.baseline import read
from analyzer.fetch.way import CannotLook, Stat, Way

FOLDER = "/etc"
MOST = 8000
LARGEST = 4 << 20  # bytes of one file
TOTAL = 256 << 20  # bytes of one look
# Told by kinds of their own, or written by the system all the time.
OWN = {f"/etc/{name}{old}" for name in ("passwd", "group", "shadow", "gshadow") for old in ("", "-")}
LEFT_OUT = OWN | {"/etc/subuid-", "/etc/subgid-", "/etc/mtab", "/etc/ld.so.cache", "/etc/adjtime"}
UNSEEN = "content=?"

Stats = Mapping[str, str]
"""By path how a file was when it was read, as `stamp` tells."""


async def collect(way: Way, key: bytes, known: Mapping[str, str], stats: Stats) -> tuple[list[str], dict[str, str]]:
    """Rows and stamps; `known` are the former rows by path, taken where the stamp in `stats` is the same."""
    found = await way.walk(FOLDER, MOST + 1)
    if len(found) > MOST:
        raise CannotLook(f"more than {MOST} files in {FOLDER}")
    rows, stamps, left = [], {}, TOTAL
    for stat in found:
        path = read.plain(stat.path)
        if stat.path in LEFT_OUT:
            continue
        stamps[path] = stamp(stat)
        if path in known and stats.get(path) == stamps[path]:
            rows.append(known[path])
            continue
        left -= min(stat.size, LARGEST)
        if left < 0:
            raise CannotLook(f"more than {TOTAL} bytes in {FOLDER}")
        rows.append(
            read.row(
                stat.path,
                f"mode={stat.mode & 0o7777:o}",
                f"uid={stat.uid}",
                f"gid={stat.gid}",
                await _content(way, stat, key),
            )
        )
    return rows, stamps


async def _content(way: Way, stat: Stat, key: bytes) -> str:
    try:
        return f"content={read.mark(key, await read.whole(way, stat.path, LARGEST))}"
    except CannotLook:
        # One closed file must not hide the others; what is unseen equals anything.
        return UNSEEN


def stamp(stat: Stat) -> str:
    """All of a stat that changes with the file."""
    return f"{stat.size} {stat.mtime} {stat.mode} {stat.uid} {stat.gid} {stat.inode}"
