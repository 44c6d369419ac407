"""In which state are systemd's units, and how often did its services restart?"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

from exporter.host.dbus import Bus, Refused, Request, connect
from exporter.host.root import Root
from toolkit.families import Family, Type, by, single, table

SYSTEMD = "org.freedesktop.systemd1"
MANAGER = "/org/freedesktop/systemd1"
STATES = ("active", "activating", "deactivating", "inactive", "failed")
VERSION = re.compile(r"\d{3,}(\.\d+)?")
AT_ONCE = 64
"""Calls that may be on their way together: a bus allows a connection only so many."""


class Unit(NamedTuple):
    name: str
    load: str
    state: str
    path: str


class Property(NamedTuple):
    """A number asked of each unit whose name ends so, and the family it makes."""

    suffix: str
    interface: str
    name: str
    family: str
    type: Type
    help: str
    divisor: int = 1


NUMBERS = (
    Property(
        ".service", "Service", "NRestarts", "service_restart_total", "counter", "Service unit count of Restart triggers"
    ),
    Property(
        ".timer",
        "Timer",
        "LastTriggerUSec",
        "timer_last_trigger_seconds",
        "gauge",
        "Seconds since epoch of last trigger.",
        1_000_000,
    ),
    Property(
        ".socket",
        "Socket",
        "NAccepted",
        "socket_accepted_connections_total",
        "counter",
        "Total number of accepted socket connections",
    ),
    Property(
        ".socket",
        "Socket",
        "NConnections",
        "socket_current_connections",
        "gauge",
        "Current number of socket connections",
    ),
    # A gauge, as node_exporter has it.
    Property(
        ".socket",
        "Socket",
        "NRefused",
        "socket_refused_connections_total",
        "gauge",
        "Total number of refused socket connections",
    ),
)


def parse(listed: Iterable[Sequence[str]]) -> list[Unit]:
    """ListUnits' answer: name, description, load, active and sub state, what it follows, path and its job."""
    return [Unit(name, load, state, path) for name, _, load, state, _, _, path, *_ in listed]


async def collect(root: Root, budget: float) -> list[Family]:
    """All that the bus tells, or nothing: half of the units would look like the others gone."""
    async with connect(root.bus) as bus:
        listed = await _one(bus, Request(SYSTEMD, MANAGER, f"{SYSTEMD}.Manager", "ListUnits"))
        units = parse(cast(list[Sequence[str]], listed))
        excluded = root.filters.units.fullmatch
        served = [unit for unit in units if unit.load == "loaded" and not excluded(unit.name)]
        types = await _properties(bus, served, ".service", "Service", "Type")
        numbers = [await _numbers(bus, served, property) for property in NUMBERS]
        names = ("Version", "Virtualization", "SystemState")
        manager = [str(await _one(bus, _get(MANAGER, "Manager", name))) for name in names]
    return [*_states(units, served, types), *numbers, *_manager(*manager)]


async def _one(bus: Bus, request: Request) -> object:
    (answer,) = await bus.ask([request])
    if isinstance(answer, Refused):
        raise answer
    return answer[0]


async def _numbers(bus: Bus, units: list[Unit], wanted: Property) -> Family:
    found = await _properties(bus, units, wanted.suffix, wanted.interface, wanted.name)
    values = {name: cast(int, value) / wanted.divisor for name, value in found.items()}
    return by(f"node_systemd_{wanted.family}", wanted.type, wanted.help, "name", values)


async def _properties(bus: Bus, units: list[Unit], suffix: str, interface: str, name: str) -> dict[str, object]:
    """The property of each unit that has it; an older systemd does not know them all."""
    asked = [unit for unit in units if unit.name.endswith(suffix)]
    values: dict[str, object] = {}
    for start in range(0, len(asked), AT_ONCE):
        chunk = asked[start : start + AT_ONCE]
        answers = await bus.ask([_get(unit.path, interface, name) for unit in chunk])
        found = zip(chunk, answers, strict=True)
        values |= {unit.name: answer[0] for unit, answer in found if not isinstance(answer, Refused)}
    return values


def _get(path: str, interface: str, name: str) -> Request:
    return Request(SYSTEMD, path, "org.freedesktop.DBus.Properties", "Get", (f"{SYSTEMD}.{interface}", name))


def _states(units: list[Unit], served: list[Unit], types: dict[str, object]) -> list[Family]:
    rows = [
        ((unit.name, state, str(types.get(unit.name, ""))), int(unit.state == state))
        for unit in served
        for state in STATES
    ]
    totals = dict.fromkeys(STATES, 0) | Counter(unit.state for unit in units)
    return [
        table("node_systemd_unit_state", "gauge", "Systemd unit", ("name", "state", "type"), rows),
        by("node_systemd_units", "gauge", "Summary of systemd unit states", "state", totals),
    ]


def _manager(version: str, virtualization: str, state: str) -> list[Family]:
    number = VERSION.search(version)
    versions = {version: float(number[0]) if number else 0}
    kinds = {virtualization or "none": 1}
    kind_help = "Detected virtualization technology"
    running_help = "Whether the system is operational (see 'systemctl is-system-running')"
    return [
        by("node_systemd_version", "gauge", "Detected systemd version", "version", versions),
        by("node_systemd_virtualization_info", "gauge", kind_help, "virtualization_type", kinds),
        single("node_systemd_system_running", "gauge", running_help, int(state == "running")),
    ]
