"""The register of the host's readings."""

from collections.abc import Awaitable, Callable, Iterable

from exporter.host import (
    arp,
    bonding,
    clock,
    conntrack,
    containers,
    cpu,
    cpufreq,
    diskstats,
    dmi,
    edac,
    entropy,
    filefd,
    filesystem,
    hwmon,
    interrupts,
    kernel_hung,
    loadavg,
    mdadm,
    meminfo,
    netclass,
    netdev,
    netstat,
    os_release,
    powersupplyclass,
    pressure,
    processes,
    schedstat,
    sockstat,
    softnet,
    stat,
    systemd,
    tcpstat,
    textfile,
    thermal_zone,
    timex,
    udp_queues,
    uname,
    vmstat,
)
from exporter.host.root import Root
from toolkit.families import Family

Reader = Callable[[Root], Iterable[Family]]
"""Reads files: runs in a thread."""
Asker = Callable[[Root, float], Awaitable[Iterable[Family]]]
"""Asks over a socket: runs on the loop, where it is cut short after so many seconds."""

READERS: dict[str, Reader] = {
    "arp": arp.collect,
    "bonding": bonding.collect,
    "conntrack": conntrack.collect,
    "cpu": cpu.collect,
    "cpufreq": cpufreq.collect,
    "diskstats": diskstats.collect,
    "dmi": dmi.collect,
    "edac": edac.collect,
    "entropy": entropy.collect,
    "filefd": filefd.collect,
    "filesystem": filesystem.collect,
    "hwmon": hwmon.collect,
    "interrupts": interrupts.collect,
    "kernel_hung": kernel_hung.collect,
    "loadavg": loadavg.collect,
    "mdadm": mdadm.collect,
    "meminfo": meminfo.collect,
    "netclass": netclass.collect,
    "netdev": netdev.collect,
    "netstat": netstat.collect,
    "os": os_release.collect,
    "powersupplyclass": powersupplyclass.collect,
    "pressure": pressure.collect,
    "processes": processes.collect,
    "schedstat": schedstat.collect,
    "sockstat": sockstat.collect,
    "softnet": softnet.collect,
    "stat": stat.collect,
    "tcpstat": tcpstat.collect,
    "thermal_zone": thermal_zone.collect,
    "time": clock.collect,
    "timex": timex.collect,
    "udp_queues": udp_queues.collect,
    "uname": uname.collect,
    "vmstat": vmstat.collect,
    # Last, so that it cannot take the name of a family of another collector.
    "textfile": textfile.collect,
}
ASKERS: dict[str, Asker] = {
    "containers": containers.collect,
    "systemd": systemd.collect,
}
COLLECTORS: dict[str, Reader | Asker] = {**READERS, **ASKERS}
DEFAULT_OFF = frozenset(("containers", "interrupts", "processes", "systemd", "tcpstat"))


def unknown(names: Iterable[str]) -> list[str]:
    """Those of the names that no collector has."""
    return [name for name in names if name not in COLLECTORS]
