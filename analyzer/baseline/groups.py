"""Who is in which group."""

from analyzer.baseline import read
from analyzer.fetch.way import Way


async def collect(way: Way, key: bytes) -> list[str]:
    """Groups of /etc/group."""
    return parse(await read.text(way, "/etc/group"))


def parse(text: str) -> list[str]:
    """A row per group with its members, sorted."""
    entries = [line.split(":") for line in text.split("\n")]
    return [read.row(e[0], f"gid={e[2]}", f"members={_members(e[3])}") for e in entries if len(e) == 4]


def _members(listed: str) -> str:
    return ",".join(sorted(name.strip() for name in listed.split(",")))
