"""Which files run with the rights of their owner or group."""

from analyzer.baseline import read
from analyzer.fetch.way import Way

LIMIT = 4 << 20
SECONDS = 120.0
FIND = (
    *("find", "/", "-ignore_readdir_race", "-xdev", "-type", "f", "(", "-perm", "-4000", "-o", "-perm", "-2000", ")"),
    *("-printf", "%m %U %G %s %p\\0"),
)


async def collect(way: Way, key: bytes) -> list[str]:
    """Of the root file system; a folder that is closed to us makes it CannotLook."""
    return parse(await read.printed(way, FIND, LIMIT, SECONDS))


def parse(text: str) -> list[str]:
    """A row per file; names end with a zero byte, for they may hold line breaks."""
    entries = [entry.split(" ", 4) for entry in text.split("\0")]
    return [
        read.row(e[4], f"mode={e[0]}", f"uid={e[1]}", f"gid={e[2]}", f"size={e[3]}") for e in entries if len(e) == 5
    ]
