"""What systemd starts: the links of enabled units."""

from collections.abc import Sequence

from analyzer.baseline import read
from analyzer.fetch.way import CannotLook, Way

FOLDER = "/etc/systemd/system"


async def collect(way: Way, key: bytes) -> list[str]:
    """Links to units that are wanted or required by another."""
    if not await read.listable(way, FOLDER):
        raise CannotLook("no systemd")
    found = [stat.path for kind in ("wants", "requires") for stat in await way.match(f"{FOLDER}/*.{kind}/*")]
    return parse(found)


def parse(paths: Sequence[str]) -> list[str]:
    """A row per link."""
    return [read.row(path.removeprefix(f"{FOLDER}/")) for path in paths]
