"""Which kernel runs, since which boot, and with which arguments; these as a keyed digest."""

from analyzer.baseline import read
from analyzer.fetch.way import Way

FILES = {
    "release": "/proc/sys/kernel/osrelease",
    "boot": "/proc/sys/kernel/random/boot_id",
    "arguments": "/proc/cmdline",
}


async def collect(way: Way, key: bytes) -> list[str]:
    """From /proc."""
    return parse({name: await read.text(way, path) for name, path in FILES.items()}, key)


def parse(texts: dict[str, str], key: bytes) -> list[str]:
    """Three rows."""
    arguments = f"mark={read.mark(key, texts['arguments'].strip())}"
    return [
        read.row("release", texts["release"].strip()),
        read.row("boot", texts["boot"].strip()),
        read.row("arguments", arguments),
    ]
