"""At which frequency does each processor run, and who decides?"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from exporter.host.root import Root, names, number, optional
from toolkit.families import Family, by, table


class Reading(NamedTuple):
    file: str
    name: str
    help: str


READINGS = (
    Reading("cpuinfo_cur_freq", "frequency_hertz", "Current CPU thread frequency in hertz."),
    Reading("cpuinfo_avg_freq", "frequency_avg_hertz", "Average CPU thread frequency in hertz."),
    Reading("cpuinfo_min_freq", "frequency_min_hertz", "Minimum CPU thread frequency in hertz."),
    Reading("cpuinfo_max_freq", "frequency_max_hertz", "Maximum CPU thread frequency in hertz."),
    Reading("scaling_cur_freq", "scaling_frequency_hertz", "Current scaled CPU thread frequency in hertz."),
    Reading("scaling_min_freq", "scaling_frequency_min_hertz", "Minimum scaled CPU thread frequency in hertz."),
    Reading("scaling_max_freq", "scaling_frequency_max_hertz", "Maximum scaled CPU thread frequency in hertz."),
)
HERTZ = 1000


def parse_governors(current: str, available: str) -> dict[str, int]:
    """For each governor that could decide, whether it does."""
    return {name: int(name == current) for name in available.split()}


def collect(root: Root) -> Iterator[Family]:
    base = f"{root.sys}/devices/system/cpu"
    cpus = [name[3:] for name in names(base) if re.fullmatch(r"cpu\d+", name)]
    for file, name, help in READINGS:
        found = {cpu: number(f"{base}/cpu{cpu}/cpufreq/{file}") for cpu in cpus}
        values = {cpu: value * HERTZ for cpu, value in found.items() if value is not None}
        yield by(f"node_cpu_{name}", "gauge", help, "cpu", values)
    rows = [((cpu, name), state) for cpu in cpus for name, state in _governors(f"{base}/cpu{cpu}/cpufreq").items()]
    governor_help = "Current enabled CPU frequency governor."
    yield table("node_cpu_scaling_governor", "gauge", governor_help, ("cpu", "governor"), rows)


def _governors(path: str) -> dict[str, int]:
    current = optional(f"{path}/scaling_governor")
    return parse_governors(current, optional(f"{path}/scaling_available_governors") or "") if current else {}
