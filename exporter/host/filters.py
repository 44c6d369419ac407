"""Which devices, mounts, fields and units are served: node_exporter's defaults, and its flags to change them."""

import re
from dataclasses import dataclass
from re import Pattern

NOTHING = re.compile("^$")


@dataclass(frozen=True, slots=True)
class Filters:
    """Patterns that are searched for in a name; units match as a whole."""

    mount_points: Pattern[str] = re.compile(
        r"^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)"
    )
    file_systems: Pattern[str] = re.compile(
        r"^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs"
        r"|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs)$"
    )
    disks: Pattern[str] = re.compile(r"^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$")
    interfaces: Pattern[str] = NOTHING
    links: Pattern[str] = NOTHING
    neighbours: Pattern[str] = NOTHING
    chips: Pattern[str] = NOTHING
    units: Pattern[str] = re.compile(r".+\.(automount|device|mount|scope|slice)")
    netstat_fields: Pattern[str] = re.compile(
        r"^(.*_(InErrors|InErrs)|Ip_Forwarding|Ip(6|Ext)_(InOctets|OutOctets)|Icmp6?_(InMsgs|OutMsgs)"
        r"|TcpExt_(Listen.*|Syncookies.*|TCPSynRetrans|TCPTimeouts|TCPOFOQueue|TCPRcvQDrop)"
        r"|Tcp_(ActiveOpens|InSegs|OutSegs|OutRsts|PassiveOpens|RetransSegs|CurrEstab)"
        r"|Udp6?_(InDatagrams|OutDatagrams|NoPorts|RcvbufErrors|SndbufErrors))$"
    )
    vmstat_fields: Pattern[str] = re.compile(r"^(oom_kill|pgpg|pswp|pg.*fault).*")


FLAGS = {
    "--collector.filesystem.mount-points-exclude": "mount_points",
    "--collector.filesystem.fs-types-exclude": "file_systems",
    "--collector.diskstats.device-exclude": "disks",
    "--collector.netdev.device-exclude": "interfaces",
    "--collector.netclass.ignored-devices": "links",
    "--collector.arp.device-exclude": "neighbours",
    "--collector.hwmon.chip-exclude": "chips",
    "--collector.systemd.unit-exclude": "units",
    "--collector.netstat.fields": "netstat_fields",
    "--collector.vmstat.fields": "vmstat_fields",
}
"""node_exporter's flag for each of the patterns."""
