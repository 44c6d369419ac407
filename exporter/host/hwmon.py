"""What do the sensors measure?"""

import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from exporter.host.root import Root, names, optional, optional_names
from toolkit.families import Family, Sample, Type

FILE = re.compile(r"(?P<type>[^0-9]+)(?P<id>[0-9]*)(_(?P<property>.+))?")
TYPES = re.compile(r"vrm|beep_enable|update_interval|in|cpu|fan|pwm|temp|curr|power|energy|humidity|intrusion|freq")
MILLI = 0.001
MICRO = 1 / 1_000_000


class Reading(NamedTuple):
    name: str
    """without `node_hwmon_`"""
    help: str
    factor: float = 1
    type: Type = "gauge"


# Kinds whose file is the whole reading.
WHOLE = {
    "vrm": Reading("voltage_regulator_version", "Hardware voltage regulator"),
    "update_interval": Reading("update_interval_seconds", "Hardware monitor update interval", MILLI),
}
# For a kind the suffix of its names, what its help says, and the factor to base units.
UNITS: dict[str, tuple[str, str, float, Type]] = {
    "in": ("_volts", "Hardware monitor for voltage ({})", MILLI, "gauge"),
    "cpu": ("_volts", "Hardware monitor for voltage ({})", MILLI, "gauge"),
    "temp": ("_celsius", "Hardware monitor for temperature ({})", MILLI, "gauge"),
    "curr": ("_amps", "Hardware monitor for current ({})", MILLI, "gauge"),
    "energy": ("_joule_total", "Hardware monitor for joules used so far ({})", MICRO, "counter"),
    "power": ("_watt", "Hardware monitor for power usage in watts ({})", MICRO, "gauge"),
    "humidity": (
        "",
        "Hardware monitor for humidity, as a ratio (multiply with 100.0 to get the humidity as a percentage) ({})",
        MICRO,
        "gauge",
    ),
    "fan": ("_rpm", "Hardware monitor for fan revolutions per minute ({})", 1, "gauge"),
}
FAN_UNITS = frozenset(("input", "min", "max", "target"))
POWER_INTERVALS = frozenset(("average_interval", "average_interval_min", "average_interval_max"))


def clean(text: str) -> str:
    """A name as a part of a metric's name or of a chip's."""
    return re.sub(r"[^a-z0-9:_]", "_", text.lower()).strip("_")


def parse(kind: str, element: str, has_bare: bool) -> Reading:
    """What the file `<kind><n>_<element>` reads; `has_bare` when there is a file without element beside its input."""
    name = f"{kind}_{clean(element)}" if element not in ("", "input") else kind
    name += "_input" if element == "input" and has_bare else ""
    if element in ("fault", "alarm"):
        return Reading(name, f"Hardware sensor {element} status ({kind})")
    if element == "beep":
        return Reading(f"{name}_enabled", "Hardware monitor sensor has beeping enabled")
    if kind == "power" and element == "accuracy":
        return Reading(name, "Hardware monitor power meter accuracy, as a ratio", MICRO)
    if kind == "power" and element in POWER_INTERVALS:
        return Reading(f"{name}_seconds", f"Hardware monitor power usage update interval ({element})", MILLI)
    if kind not in UNITS or (kind == "temp" and element == "type") or (kind == "fan" and element not in FAN_UNITS):
        return Reading(name, f"Hardware monitor {kind} element {element}")
    suffix, help, factor, type = UNITS[kind]
    shown = "input" if kind == "temp" and not element else element
    return Reading(name + suffix, help.format(shown), factor, type)


def collect(root: Root) -> Iterator[Family]:
    base = f"{root.sys}/class/hwmon"
    every = _chips([f"{base}/{name}" for name in names(base)])
    chips = {chip: path for chip, path in every.items() if not root.filters.chips.search(chip)}
    names_found = {chip: clean(optional(f"{path}/name") or "") for chip, path in chips.items()}
    named = [Sample((("chip", chip), ("chip_name", name)), 1) for chip, name in names_found.items() if name]
    yield Family("node_hwmon_chip_names", "gauge", "Annotation metric for human-readable chip names", named)
    readings: dict[str, tuple[Reading, list[Sample]]] = {}
    labels: list[Sample] = []
    for chip, path in chips.items():
        for sensor, elements in _sensors(path).items():
            if "label" in elements:
                label = (("chip", chip), ("sensor", sensor), ("label", elements["label"]))
                labels.append(Sample(label, 1))
            for reading, name, value in _readings(sensor, elements):
                sample = Sample((("chip", chip), ("sensor", name)), value)
                readings.setdefault(reading.name, (reading, []))[1].append(sample)
    yield Family("node_hwmon_sensor_label", "gauge", "Label for given chip and sensor", labels)
    for reading, samples in readings.values():
        yield Family(f"node_hwmon_{reading.name}", reading.type, reading.help, samples)


def _readings(sensor: str, elements: Mapping[str, str]) -> Iterator[tuple[Reading, str, float]]:
    """What a sensor's files read, each with the name it is served under."""
    kind = sensor.rstrip("0123456789")
    if kind == "beep_enable":
        yield Reading("beep_enabled", "Hardware beep enabled"), sensor, int(elements.get("") == "1")
        return
    for element, text in elements.items():
        value = _float(text)
        if value is None or element == "label" or (kind in WHOLE and element):
            continue
        if kind == "freq" and element == "input":
            # Only the label says which clock it is.
            if "label" in elements:
                reading = Reading("freq_freq_mhz", "Hardware monitor for GPU frequency in MHz", MICRO)
                yield reading, clean(elements["label"]), value / 1_000_000
            continue
        reading = WHOLE.get(kind) or parse(kind, element, "" in elements)
        # Division and multiplication by the inverse differ in the last digit.
        yield reading, sensor, value / 1_000_000 if reading.factor == MICRO else value * reading.factor


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _sensors(path: str) -> dict[str, dict[str, str]]:
    """The files of a chip by sensor and element; some drivers put them beside the chip, in its device."""
    sensors: dict[str, dict[str, str]] = {}
    for directory in (path, f"{path}/device"):
        for name in optional_names(directory):
            match = FILE.fullmatch(name)
            if match and TYPES.fullmatch(match["type"]) and (text := optional(f"{directory}/{name}")) is not None:
                sensor = f"{match['type']}{int(match['id'] or 0)}"
                sensors.setdefault(sensor, {})[match["property"] or ""] = text
    return sensors


def _chips(paths: list[str]) -> dict[str, str]:
    """Directories by chip: the place of its device, which outlives a reboot; what shares one is told apart by name."""
    places = {path: _place(path) for path in paths if os.path.isdir(path)}
    given = {path: optional(f"{path}/name") or "" for path in places}
    shared = Counter(places.values())
    twins = Counter((places[path], given[path]) for path in places)
    chips = {}
    for path, place in places.items():
        own = clean(given[path]) if twins[place, given[path]] == 1 else ""
        chips[place if shared[place] == 1 else f"{place}_{own or clean(os.path.basename(path))}"] = path
    return chips


def _place(path: str) -> str:
    if os.path.exists(f"{path}/device"):
        bus, device = os.path.split(os.path.realpath(f"{path}/device"))
        parts = [part for part in (clean(os.path.basename(bus)), clean(device)) if part]
        if clean(device):
            return "_".join(parts)
    return clean(optional(f"{path}/name") or "") or clean(os.path.basename(os.path.realpath(path)))
