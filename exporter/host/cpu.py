"""How long has each processor done what, and was it throttled?"""

import re
from collections.abc import Iterator

from exporter.host.root import Root, names, number, optional, read
from toolkit.families import Family, Sample, by, table

MODES = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
TICKS_PER_SECOND = 100
GUEST_MODES = {8: "user", 9: "nice"}
IDLE = MODES.index("idle")
HOTPLUG_SECONDS = 3.0
CPU = re.compile(r"cpu\d+")


def parse(text: str) -> dict[str, tuple[float, ...]]:
    """/proc/stat: for each processor's number its seconds per mode, then guest and guest_nice."""
    rows = (line.split() for line in text.splitlines() if CPU.match(line))
    return {row[0][3:]: tuple(int(ticks) / TICKS_PER_SECOND for ticks in (*row[1:11], *"00")[:10]) for row in rows}


def parse_list(text: str) -> list[str]:
    """The kernel's list of processors, `1,3-5`, as single numbers."""
    ranges = [part.partition("-") for part in text.split(",") if part]
    return [str(cpu) for first, _, last in ranges for cpu in range(int(first), int(last or first) + 1)]


def forward(now: tuple[float, ...], before: tuple[float, ...] | None) -> tuple[float, ...]:
    """The times without steps back, which idle and iowait take; far back means another processor was plugged in."""
    if before is None or before[IDLE] - now[IDLE] >= HOTPLUG_SECONDS:
        return now
    return tuple(map(max, now, before))


def collect(root: Root) -> Iterator[Family]:
    times = {cpu: forward(now, root.ticks.get(cpu)) for cpu, now in parse(read(f"{root.proc}/stat")).items()}
    root.ticks.clear()
    root.ticks.update(times)
    modes = _samples(times, dict(enumerate(MODES)))
    yield Family("node_cpu_seconds_total", "counter", "Seconds the CPUs spent in each mode.", modes)
    guest_help = "Seconds the CPUs spent in guests (VMs) for each mode."
    yield Family("node_cpu_guest_seconds_total", "counter", guest_help, _samples(times, GUEST_MODES))
    yield from _topology(f"{root.sys}/devices/system/cpu")


def _samples(times: dict[str, tuple[float, ...]], modes: dict[int, str]) -> list[Sample]:
    return [
        Sample((("cpu", cpu), ("mode", mode)), seconds[i])
        for cpu, seconds in times.items()
        for i, mode in modes.items()
    ]


def _topology(base: str) -> Iterator[Family]:
    isolated = dict.fromkeys(parse_list(optional(f"{base}/isolated") or ""), 1)
    isolated_help = "Whether each core is isolated, information from /sys/devices/system/cpu/isolated."
    yield by("node_cpu_isolated", "gauge", isolated_help, "cpu", isolated)
    cpus = [name for name in names(base) if CPU.fullmatch(name)]
    yield from _throttles(base, cpus)
    if cpus and number(f"{base}/{cpus[0]}/online") is not None:
        online = {cpu[3:]: int(number(f"{base}/{cpu}/online") == 1) for cpu in cpus}
        yield by("node_cpu_online", "gauge", "CPUs that are online and being scheduled.", "cpu", online)


def _throttles(base: str, cpus: list[str]) -> Iterator[Family]:
    packages: dict[str, float] = {}
    cores: dict[tuple[str, str], float] = {}
    for cpu in cpus:
        package, core = (optional(f"{base}/{cpu}/topology/{name}") for name in ("physical_package_id", "core_id"))
        if package is None or core is None:
            continue
        # Every thread of a core tells its count, every core its package's: the first is enough.
        counts = f"{base}/{cpu}/thermal_throttle"
        if (package, core) not in cores and (count := number(f"{counts}/core_throttle_count")) is not None:
            cores[package, core] = count
        if package not in packages and (count := number(f"{counts}/package_throttle_count")) is not None:
            packages[package] = count
    package_help = "Number of times this CPU package has been throttled."
    yield by("node_cpu_package_throttles_total", "counter", package_help, "package", packages)
    core_help = "Number of times this CPU core has been throttled."
    yield table("node_cpu_core_throttles_total", "counter", core_help, ("package", "core"), cores.items())
