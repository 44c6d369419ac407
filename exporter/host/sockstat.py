"""How many sockets are there, and how much memory do they hold?"""

import os
from collections.abc import Iterator

from exporter.host.root import Root, read
from toolkit.families import Family, single

PAGE = os.sysconf("SC_PAGESIZE")


def parse(text: str) -> dict[str, dict[str, int]]:
    """/proc/net/sockstat and sockstat6: `TCP: inuse 4 orphan 0` as numbers by protocol and word; `mem` is in pages."""
    protocols = {}
    for line in text.splitlines():
        protocol, _, rest = line.partition(":")
        words = rest.split()
        protocols[protocol] = dict(zip(words[::2], map(int, words[1::2]), strict=True))
        if "mem" in protocols[protocol]:
            protocols[protocol]["mem_bytes"] = protocols[protocol]["mem"] * PAGE
    return protocols


def collect(root: Root) -> Iterator[Family]:
    protocols = _optional(f"{root.net}/sockstat")
    used = protocols.pop("sockets", {}).get("used")
    if used is not None:
        yield single("node_sockstat_sockets_used", "gauge", "Number of IPv4 sockets in use.", used)
    for protocol, words in (protocols | _optional(f"{root.net}/sockstat6")).items():
        for word, value in words.items():
            help = f"Number of {protocol} sockets in state {word}."
            yield single(f"node_sockstat_{protocol}_{word}", "gauge", help, value)


def _optional(path: str) -> dict[str, dict[str, int]]:
    try:
        return parse(read(path))
    except FileNotFoundError:
        # Either version of IP may be switched off.
        return {}
