"""What hosts export that the recorded trees do not have: fields of newer kernels, and sensors of other machines."""

from collections.abc import Iterator

from exporter.host.hwmon import parse as sensor
from exporter.host.meminfo import parse as memory

# /proc/meminfo of Linux 5.10 to 6.12, with and without NUMA, 32 and 64 bits.
MEMINFO = """
    KReclaimable Zswap Zswapped SecPageTables Percpu ShmemHugePages ShmemPmdMapped FileHugePages FilePmdMapped Balloon
    Hugetlb DirectMap4M DirectMap1G Unaccepted CmaTotal CmaFree HighTotal HighFree LowTotal LowFree MmapCopy
"""
# What stands after the number in the names of a sensor's files, as the kernel's documentation of hwmon lists them.
LIMITS = "min lcrit max crit emergency rated_min rated_max"
HYSTERESES = "min_hyst max_hyst crit_hyst lcrit_hyst emergency_hyst"
SEEN = "input average lowest highest"
ALARMS = "alarm min_alarm max_alarm lcrit_alarm crit_alarm emergency_alarm fault beep"
SENSORS = {
    "in": f"{LIMITS} {SEEN} {ALARMS}",
    "fan": f"min max input div pulses target {ALARMS}",
    "temp": f"type offset {LIMITS} {HYSTERESES} {SEEN} {ALARMS}",
    "curr": f"{LIMITS} {SEEN} {ALARMS}",
    "power": f"{LIMITS} {SEEN} {ALARMS} accuracy cap cap_hyst cap_max cap_min cap_alarm input_highest input_lowest"
    " average_highest average_lowest average_max average_min"
    " average_interval average_interval_min average_interval_max",
    "energy": "input",
    "humidity": f"{LIMITS} {HYSTERESES} input {ALARMS}",
    "intrusion": "alarm beep",
    "pwm": "enable mode freq auto_channels_temp",
}
# The second is node_exporter's alone, which may stand on a host in the place of ours.
OTHERS = ("node_netstat_TcpExt_TCPSynRetrans", "node_selinux_enabled")


def unrecorded() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names with their labels."""
    for field in memory("".join(f"{name}: 0 kB\n" for name in MEMINFO.split())):
        yield f"node_memory_{field}", ()
    for kind, elements in SENSORS.items():
        for element in elements.split():
            yield f"node_hwmon_{sensor(kind, element, has_bare=False).name}", ("chip", "sensor")
    yield "node_hwmon_update_interval_seconds", ("chip", "sensor")
    yield from ((name, ()) for name in OTHERS)
