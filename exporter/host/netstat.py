"""What do IP, ICMP, TCP and UDP count?"""

from collections.abc import Iterator
from functools import lru_cache
from re import Pattern

from exporter.host.root import Root, read
from toolkit.families import Family, single


@lru_cache(maxsize=2000)
def served(fields: Pattern[str], key: str) -> bool:
    """The same few hundred keys come back with every scrape."""
    return fields.search(key) is not None


def parse(text: str) -> dict[str, int]:
    """/proc/net/netstat and /proc/net/snmp: pairs of lines, names above values; keys are `TcpExt_ListenDrops`."""
    lines = text.splitlines()
    values = {}
    for above, below in zip(lines[::2], lines[1::2], strict=True):
        protocol, *names = above.split()
        prefix = protocol.removesuffix(":")
        for name, value in zip(names, below.split()[1:], strict=True):
            values[f"{prefix}_{name}"] = int(value)
    return values


def parse6(text: str) -> dict[str, int]:
    """/proc/net/snmp6: `Ip6InOctets 5` becomes `Ip6_InOctets`."""
    values = {}
    for line in text.splitlines():
        key, value = line.split()
        protocol, six, name = key.partition("6")
        if six:
            values[f"{protocol}6_{name}"] = int(value)
    return values


def collect(root: Root) -> Iterator[Family]:
    values = parse(read(f"{root.net}/netstat")) | parse(read(f"{root.net}/snmp")) | _ipv6(root.net)
    for key, value in values.items():
        if served(root.filters.netstat_fields, key):
            yield single(f"node_netstat_{key}", "untyped", f"Statistic {key.replace('_', '', 1)}.", value)


def _ipv6(net: str) -> dict[str, int]:
    try:
        return parse6(read(f"{net}/snmp6"))
    except FileNotFoundError:
        # IPv6 may be switched off.
        return {}
