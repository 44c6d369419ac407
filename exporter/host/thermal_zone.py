"""How hot are the zones, and how hard are they cooled?"""

from collections.abc import Iterator

from exporter.host.root import Root, names, number, optional
from toolkit.families import Family, table

MILLIDEGREES = 1000


def parse(text: str) -> float:
    """A zone's `temp` in degrees Celsius."""
    return int(text) / MILLIDEGREES


def collect(root: Root) -> Iterator[Family]:
    base = f"{root.sys}/class/thermal"
    zones, coolers = [], []
    for name in names(base):
        path = f"{base}/{name}"
        type = optional(f"{path}/type") or ""
        # A zone whose sensor sleeps has no temperature.
        if name.startswith("thermal_zone") and (temp := optional(f"{path}/temp")):
            zones.append(((name.removeprefix("thermal_zone"), type), parse(temp)))
        elif name.startswith("cooling_device"):
            coolers.append((name.removeprefix("cooling_device"), type, path))
    yield table("node_thermal_zone_temp", "gauge", "Zone temperature in Celsius", ("zone", "type"), zones)
    yield _states("cur_state", "Current throttle state of the cooling device", coolers)
    yield _states("max_state", "Maximum throttle state of the cooling device", coolers)


def _states(state: str, help: str, coolers: list[tuple[str, str, str]]) -> Family:
    values = [((name, type), number(f"{path}/{state}")) for name, type, path in coolers]
    rows = [(labels, value) for labels, value in values if value is not None]
    return table(f"node_cooling_device_{state}", "gauge", help, ("name", "type"), rows)
