"""How are the network interfaces set up, and have they a link?"""

import os
from collections.abc import Iterator, Mapping

from exporter.host.root import Root, names, optional
from toolkit.families import Family, Type, by, table

IFF_UP = 1
WORDS = ("address", "broadcast", "duplex", "operstate", "ifalias")
NUMBERS: dict[str, tuple[str, Type]] = {
    "addr_assign_type": ("address_assign_type", "gauge"),
    "carrier": ("carrier", "gauge"),
    "carrier_changes": ("carrier_changes_total", "counter"),
    "carrier_up_count": ("carrier_up_changes_total", "counter"),
    "carrier_down_count": ("carrier_down_changes_total", "counter"),
    "dev_id": ("device_id", "gauge"),
    "dormant": ("dormant", "gauge"),
    "flags": ("flags", "gauge"),
    "ifindex": ("iface_id", "gauge"),
    "iflink": ("iface_link", "gauge"),
    "link_mode": ("iface_link_mode", "gauge"),
    "mtu": ("mtu_bytes", "gauge"),
    "name_assign_type": ("name_assign_type", "gauge"),
    "netdev_group": ("net_dev_group", "gauge"),
    "speed": ("speed_bytes", "gauge"),
    "tx_queue_len": ("transmit_queue_length", "gauge"),
    "type": ("protocol_type", "gauge"),
}
BYTES_PER_MEGABIT = 125_000
INFO = ("device", "address", "broadcast", "duplex", "operstate", "adminstate", "ifalias")


def parse(attributes: Mapping[str, str]) -> dict[str, int]:
    """The numbers of one interface by its attributes' names; speed in bytes per second, -125000 where it is unknown."""
    values = {name: _number(attributes[name]) for name in NUMBERS if name in attributes}
    known = {name: value for name, value in values.items() if value is not None}
    return known | ({"speed": known["speed"] * BYTES_PER_MEGABIT} if "speed" in known else {})


def _number(text: str) -> int | None:
    try:
        return int(text, 0)
    except ValueError:
        return None


def collect(root: Root) -> Iterator[Family]:
    base = f"{root.sys}/class/net"
    served = [name for name in names(base) if not root.filters.links.search(name) and os.path.isdir(f"{base}/{name}")]
    devices = {name: _attributes(f"{base}/{name}") for name in served}
    numbers = {device: parse(attributes) for device, attributes in devices.items()}
    for attribute, (name, type) in NUMBERS.items():
        values = {device: known[attribute] for device, known in numbers.items() if attribute in known}
        yield by(f"node_network_{name}", type, f"Network device property: {name}", "device", values)
    up = {device: int(known.get("operstate") == "up") for device, known in devices.items()}
    yield by("node_network_up", "gauge", "Value is 1 if operstate is 'up', 0 otherwise.", "device", up)
    rows = [(_info(device, known, numbers[device].get("flags")), 1) for device, known in devices.items()]
    info_help = "Non-numeric data from /sys/class/net/<iface>, value is always 1."
    yield table("node_network_info", "gauge", info_help, INFO, rows)


def _attributes(base: str) -> dict[str, str]:
    """Those the driver answers: some give none, some only while the link is up."""
    values = {name: optional(f"{base}/{name}") for name in (*NUMBERS, *WORDS)}
    return {name: value for name, value in values.items() if value is not None}


def _info(device: str, known: Mapping[str, str], flags: int | None) -> tuple[str, ...]:
    admin = "unknown" if flags is None else "up" if flags & IFF_UP else "down"
    address, broadcast, duplex, state, alias = (known.get(word, "") for word in WORDS)
    return (device, address, broadcast, duplex, state, admin, alias)
