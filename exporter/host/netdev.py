"""What passed through the network interfaces?"""

from collections.abc import Iterator

from exporter.host.root import Root, number, read
from toolkit.families import Family, by

RECEIVED = ("bytes", "packets", "errs", "drop", "fifo", "frame", "compressed", "multicast")
SENT = ("bytes", "packets", "errs", "drop", "fifo", "colls", "carrier", "compressed")
KEYS = (*(f"receive_{name}" for name in RECEIVED), *(f"transmit_{name}" for name in SENT))


def parse(text: str) -> dict[str, tuple[int, ...]]:
    """/proc/net/dev: for each device its counts in the order of KEYS."""
    devices = {}
    for line in text.splitlines()[2:]:
        # An alias carries a colon of its own: the last one ends the name.
        device, _, counts = line.rpartition(":")
        devices[device.strip()] = tuple(map(int, counts.split()))
        if len(devices[device.strip()]) != len(KEYS):
            raise ValueError(f"not a line of /proc/net/dev: {line[:100]!r}")
    return devices


def collect(root: Root) -> Iterator[Family]:
    every = parse(read(f"{root.net}/dev"))
    devices = {device: counts for device, counts in every.items() if not root.filters.interfaces.search(device)}
    for i, key in enumerate(KEYS):
        yield _family(key, {device: counts[i] for device, counts in devices.items()})
    unhandled = {device: number(f"{root.sys}/class/net/{device}/statistics/rx_nohandler") for device in devices}
    yield _family("receive_nohandler", {device: count for device, count in unhandled.items() if count is not None})


def _family(key: str, values: dict[str, int]) -> Family:
    return by(f"node_network_{key}_total", "counter", f"Network device statistic {key}.", "device", values)
