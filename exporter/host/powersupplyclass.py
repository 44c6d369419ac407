"""Is there mains power, and what do the batteries hold?"""

from collections.abc import Iterator, Mapping

from exporter.host.root import Root, names, optional, optional_names
from toolkit.families import Family, Sample, by

# The attribute in /sys, and the reading's name where it differs.
PLAIN = {
    "authentic": "",
    "calibrate": "",
    "capacity": "",
    "capacity_alert_max": "",
    "capacity_alert_min": "",
    "cycle_count": "cyclecount",
    "online": "",
    "present": "",
    "time_to_empty_now": "time_to_empty_seconds",
    "time_to_full_now": "time_to_full_seconds",
}
MICRO = {
    "current_boot": "",
    "current_max": "",
    "current_now": "current_ampere",
    "energy_empty": "",
    "energy_empty_design": "",
    "energy_full": "",
    "energy_full_design": "",
    "energy_now": "energy_watthour",
    "voltage_boot": "",
    "voltage_max": "",
    "voltage_max_design": "",
    "voltage_min": "",
    "voltage_min_design": "",
    "voltage_now": "voltage_volt",
    "voltage_ocv": "",
    "charge_control_limit": "",
    "charge_control_limit_max": "",
    "charge_counter": "",
    "charge_empty": "",
    "charge_empty_design": "",
    "charge_full": "",
    "charge_full_design": "",
    "charge_now": "charge_ampere",
    "charge_term_current": "",
    "constant_charge_current": "",
    "constant_charge_current_max": "",
    "constant_charge_voltage": "",
    "constant_charge_voltage_max": "",
    "precharge_current": "",
    "input_current_limit": "",
    "power_now": "power_watt",
}
TENTHS = {
    "temp": "temp_celsius",
    "temp_alert_max": "temp_alert_max_celsius",
    "temp_alert_min": "temp_alert_min_celsius",
    "temp_ambient": "temp_ambient_celsius",
    "temp_ambient_max": "temp_ambient_max_celsius",
    "temp_ambient_min": "temp_ambient_min_celsius",
    "temp_max": "temp_max_celsius",
    "temp_min": "temp_min_celsius",
}
SCALES = ((PLAIN, 1), (MICRO, 1_000_000), (TENTHS, 10))
WORDS = (
    "capacity_level",
    "charge_type",
    "health",
    "manufacturer",
    "model_name",
    "serial_number",
    "status",
    "technology",
    "type",
    "usb_type",
    "scope",
)


def parse(attributes: Mapping[str, str], attribute: str, scale: int) -> float | None:
    """One attribute in base units, or None where the supply does not tell it as a number."""
    try:
        return int(attributes[attribute]) / scale
    except (KeyError, ValueError):
        return None


def collect(root: Root) -> Iterator[Family]:
    base = f"{root.sys}/class/power_supply"
    supplies = {name: _attributes(f"{base}/{name}") for name in names(base)}
    for attributes, scale in SCALES:
        for attribute, renamed in attributes.items():
            name = renamed or attribute
            values = {supply: parse(known, attribute, scale) for supply, known in supplies.items()}
            there = {supply: value for supply, value in values.items() if value is not None}
            help = f"{name} value of /sys/class/power_supply/<power_supply>."
            yield by(f"node_power_supply_{name}", "gauge", help, "power_supply", there)
    samples = [
        Sample((("power_supply", supply), *((word, known[word]) for word in WORDS if known.get(word))), 1)
        for supply, known in supplies.items()
    ]
    yield Family("node_power_supply_info", "gauge", "info of /sys/class/power_supply/<power_supply>.", samples)


def _attributes(path: str) -> dict[str, str]:
    values = {name: optional(f"{path}/{name}") for name in optional_names(path) if name != "uevent"}
    return {name: value for name, value in values.items() if value is not None}
