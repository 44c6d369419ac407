"""How many neighbours does each interface know?"""

from collections import Counter
from collections.abc import Iterator, Mapping

from exporter.host.root import Root, read
from toolkit.families import Family, by

DEVICE_COLUMN = 5


def parse(text: str) -> Mapping[str, int]:
    """/proc/net/arp: the number of entries of each device."""
    return Counter(line.split()[DEVICE_COLUMN] for line in text.splitlines()[1:])


def collect(root: Root) -> Iterator[Family]:
    every = parse(read(f"{root.net}/arp"))
    entries = {device: count for device, count in every.items() if not root.filters.neighbours.search(device)}
    yield by("node_arp_entries", "gauge", "ARP entries by device", "device", entries)
