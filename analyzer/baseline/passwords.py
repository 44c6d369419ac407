"""Whose password changed. Of the passwords' hashes only a keyed digest is kept."""

from analyzer.baseline import read
from analyzer.fetch.way import Way


async def collect(way: Way, key: bytes) -> list[str]:
    """Accounts of /etc/shadow."""
    return parse(await read.text(way, "/etc/shadow"), key)


def parse(text: str, key: bytes) -> list[str]:
    """A row per account: its password's digest, or that it has none or is locked."""
    entries = [line.split(":") for line in text.split("\n")]
    return [read.row(e[0], _state(e[0], e[1], key)) for e in entries if len(e) > 2]


def _state(name: str, password: str, key: bytes) -> str:
    if not password:
        return "empty"
    return "locked" if password in ("*", "!", "!!", "!*") else f"mark={read.mark(key, f'{name}:{password}')}"
