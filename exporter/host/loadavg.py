"""How many tasks ran or waited, on average?"""

from collections.abc import Iterator

from exporter.host.root import Root, read
from toolkit.families import Family, single


def parse(text: str) -> tuple[float, float, float]:
    """/proc/loadavg: the averages of 1, 5 and 15 minutes."""
    one, five, fifteen = text.split()[:3]
    return float(one), float(five), float(fifteen)


def collect(root: Root) -> Iterator[Family]:
    loads = parse(read(f"{root.proc}/loadavg"))
    for minutes, load in zip((1, 5, 15), loads, strict=True):
        yield single(f"node_load{minutes}", "gauge", f"{minutes}m load average.", load)
