"""The recorded trees, read by us and by node_exporter: the same families, types, helps, series and values."""

import re
from pathlib import Path

import pytest

from tests.host.exposition import Exposition, Series, read

# Subjects that are not read here. Their users keep node_exporter, whose names do not meet recorded.
LEFT_OUT = {
    r"node_(bcache|bcachefs|btrfs|xfs|zfs)_": "a file system's own counters",
    r"node_(drbd|dmmultipath|fibrechannel|infiniband|ipvs|nvme|rapl|selinux|tape|watchdog)_": "rare parts of machines",
    r"node_(nfs|nfsd|mountstats)_": "NFS, operation by operation",
    r"node_(buddyinfo|cgroups|ksmd|lnstat|qdisc|slabinfo|softirqs|wifi|xfrm|zoneinfo)_": "off by default",
    r"node_(logind|network_route|pcidevice|runit|supervisord|swap|sysctl)_": "off by default",
    r"node_memory_numa_|node_cpu_vulnerabilities_info": "off by default",
    r"node_cpu_(info|frequency_hertz|flag_info|bug_info)": "off by default, or from /proc/cpuinfo",
    r"node_(disk_(ata|filesystem|device_mapper)|network_(receive|transmit))_": "served where the machine has them",
    r"go_|process_|promhttp_": "node_exporter's own process",
}
# What the reference run saw of its machine rather than of the trees.
OF_THE_MACHINE = re.compile(
    r"node_(scrape_collector_|timex_|time_seconds|time_zone|uname_info|exporter_build_info|tcp_connection_states"
    r"|filesystem_(avail|free|size)_bytes|filesystem_files)"
)
# What the reference runs were told to leave out, or had and the trees have not.
OF_THE_FLAGS = {
    r"node_network_speed_bytes.*device=bond0": "--collector.netclass.ignore-invalid-speed",
    r"node_filesystem_.*mountpoint=/run": "Debian's default leaves out what is below /run",
    r"node_filesystem_": "upstream's test runs without this collector",
    r"node_textfile_mtime_seconds": "the paths differ",
    r"node_processes_threads_state": "the trees have no task directories",
    r"node_hwmon_chip_names.*chip=bogus": "--collector.hwmon.chip-exclude in upstream's test",
    r"node_disk_info": "upstream's test has files of udev",
}
# 1.11 gives chips that share a device one name and drops what collides; later versions, and we, tell them apart.
SINCE_1_12 = re.compile(r"node_hwmon_.*chip=(platform_asus_nb_wmi|ieee80211_phy0)")


def shown(series: Series) -> str:
    name, labels = series
    return f"{name} {' '.join(f'{key}={value}' for key, value in sorted(labels))}"


def told(series: Series) -> bool:
    return any(re.match(pattern, shown(series)) for pattern in OF_THE_FLAGS)


@pytest.fixture(scope="module", params=["expected.txt", "upstream.txt"])
def theirs(request: pytest.FixtureRequest, tree: Path) -> Exposition:
    return read((tree / request.param).read_text())


def test_every_value_is_node_exporters(recorded: Exposition, theirs: Exposition) -> None:
    different = {
        shown(series): (value, theirs.values[series])
        for series, value in recorded.values.items()
        if series in theirs.values and value != theirs.values[series] and not OF_THE_MACHINE.match(series[0])
    }
    assert different == {}
    assert len(recorded.values.keys() & theirs.values.keys()) > 1000


def test_no_series_is_missing_and_none_is_ours_alone(recorded: Exposition, theirs: Exposition) -> None:
    both = recorded.names() & theirs.names()
    unlike = {series for series in recorded.values.keys() ^ theirs.values.keys() if series[0] in both}
    later = "node_edac_channel_correctable_errors_total" not in theirs.names()
    unexplained = [
        shown(series)
        for series in unlike
        if not (OF_THE_MACHINE.match(series[0]) or told(series) or (later and SINCE_1_12.match(shown(series))))
    ]
    assert unexplained == []


def test_types_and_helps_are_node_exporters(recorded: Exposition, theirs: Exposition) -> None:
    both = {name for name in recorded.names() & theirs.names() if name != "node_exporter_build_info"}
    assert {name: recorded.types[name] for name in both} == {name: theirs.types[name] for name in both}
    read_from = re.compile(r"Metric read from .*/textfile")
    assert {name: read_from.sub("", recorded.helps[name]) for name in both} == {
        name: read_from.sub("", theirs.helps[name]).replace("Metric read from FIXTURES/textfile", "") for name in both
    }


def test_what_is_left_out_is_said(recorded: Exposition, theirs: Exposition) -> None:
    assert [
        name for name in theirs.names() - recorded.names() if not any(re.match(each, name) for each in LEFT_OUT)
    ] == []
