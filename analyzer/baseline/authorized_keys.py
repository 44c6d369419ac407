"""Which keys may log in as whom; of each key only a keyed digest is kept."""

import re

from analyzer.baseline import read, users
from analyzer.fetch.way import CannotLook, Way

HOMES = 500
NAMES = (".ssh/authorized_keys", ".ssh/authorized_keys2")
# Options may hold blanks within quotes, so the key is looked for and not counted off.
KEY = re.compile(r"(?:^|[\s,])((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[\w@.-]{1,60})\s+([A-Za-z0-9+/=]{16,})")


async def collect(way: Way, key: bytes) -> list[str]:
    """Keys in the homes of all accounts."""
    homes = users.homes(await read.text(way, "/etc/passwd"))
    if len(homes) > HOMES:
        raise CannotLook(f"more than {HOMES} homes")
    rows: list[str] = []
    for home, account in homes.items():
        for name in NAMES:
            text = await read.optional(way, f"{home.rstrip('/')}/{name}")
            rows += parse(text, account, key) if text is not None else []
    return rows


def parse(text: str, account: str, key: bytes) -> list[str]:
    """A row per key; its options count, its comment does not."""
    found = [(line, KEY.search(line)) for line in text.split("\n") if not line.lstrip().startswith("#")]
    return [_row(line, match, account, key) for line, match in found if match]


def _row(line: str, match: re.Match[str], account: str, key: bytes) -> str:
    options = line[: match.start(1)].strip()
    rest = [f"options={read.mark(key, options)}"] if options else []
    return read.row(f"{account} key={read.mark(key, match[2])}", *rest)
