"""Who has an account, and as whom."""

from analyzer.baseline import read
from analyzer.fetch.way import Way


async def collect(way: Way, key: bytes) -> list[str]:
    """Accounts of /etc/passwd."""
    return parse(await read.text(way, "/etc/passwd"))


def parse(text: str) -> list[str]:
    """A row per account; its comment, which holds people's names, is left out."""
    entries = [line.split(":") for line in text.split("\n")]
    return [
        read.row(e[0], f"uid={e[2]}", f"gid={e[3]}", f"home={e[5]}", f"shell={e[6]}") for e in entries if len(e) == 7
    ]


def homes(text: str) -> dict[str, str]:
    """One account by each home folder."""
    entries = [line.split(":") for line in text.split("\n")]
    return {e[5]: e[0] for e in reversed(entries) if len(e) == 7 and e[5].startswith("/")}
