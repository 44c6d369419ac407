"""What time is it, in which zone, by which clock?"""

import time
from collections.abc import Iterator

from exporter.host.root import Root, attribute, names
from toolkit.families import Family, by, single, table

LABELS = ("device", "clocksource")


def parse(now: float) -> tuple[str, int]:
    """The local zone's abbreviation and its offset from UTC in seconds at that instant."""
    local = time.localtime(now)
    return local.tm_zone, local.tm_gmtoff


def collect(root: Root) -> Iterator[Family]:
    now = root.clock()
    yield single("node_time_seconds", "gauge", "System time in seconds since epoch (1970).", now)
    zone, offset = parse(now)
    zone_help = "System time zone offset in seconds."
    yield by("node_time_zone_offset_seconds", "gauge", zone_help, "time_zone", {zone: offset})
    base = f"{root.sys}/devices/system/clocksource"
    devices = [name for name in names(base) if name.startswith("clocksource")]
    available, current = [], []
    for device, name in enumerate(devices):
        sources = attribute(f"{base}/{name}/available_clocksource").split()
        available += [((str(device), source), 1) for source in sources]
        current.append(((str(device), attribute(f"{base}/{name}/current_clocksource")), 1))
    available_help = "Available clocksources read from '/sys/devices/system/clocksource'."
    yield table("node_time_clocksource_available_info", "gauge", available_help, LABELS, available)
    current_help = "Current clocksource read from '/sys/devices/system/clocksource'."
    yield table("node_time_clocksource_current_info", "gauge", current_help, LABELS, current)
