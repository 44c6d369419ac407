"""This machine, read by us and by Debian's node_exporter at the same time."""

import asyncio
import re
import socket

import pytest

from exporter.host import COLLECTORS, DEFAULT_OFF, Host, Root
from tests.host.conftest import scrape
from tests.host.exposition import Exposition, Series
from tests.host.partner import fetch, node_exporter

# Where Debian's defaults differ from upstream's, upstream's are given; the optional collectors are switched on.
FLAGS = (
    "--collector.processes",
    "--collector.interrupts",
    "--collector.tcpstat",
    r"--collector.netdev.device-exclude=^$",
    r"--collector.filesystem.mount-points-exclude="
    r"^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
    r"--collector.filesystem.fs-types-exclude=^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl"
    r"|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs"
    r"|tracefs)$",
    r"--collector.diskstats.device-exclude=^(z?ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$",
)
# What versions after 1.5, and we, serve in addition ...
SINCE_1_5 = re.compile(
    r"node_(filesystem_(mount_info|purgeable_bytes)|kernel_hung_tasks_total|netstat_TcpExt_(TCPOFOQueue|TCPRcvQDrop)"
    r"|softnet_(backlog_len|cpu_collision_total|flow_limit_count_total|received_rps_total)|network_receive_nohandler_total"
    r"|cpu_(online|isolated|frequency_avg_hertz)|processes_threads_state|pressure_irq_stalled_seconds_total"
    r"|hwmon_.*|scrape_collector_.*|exporter_build_info|systemd_virtualization_info)"
)
# ... the labels they add ...
LABELS_SINCE_1_5 = {"device_error", "adminstate", "rotational"}
# ... and what only node_exporter serves.
THEIRS_ALONE = re.compile(
    r"(go|process|promhttp)_|node_(scrape_collector_|exporter_build_info|selinux_|nvme_|rapl_|xfs_|zfs_)"
)
# What appears and vanishes while two programs look one after the other.
FLEETING = re.compile(r"node_(processes_|tcp_connection_states|arp_entries|md_|time_zone)")
# How far apart two readings in a row may be: a share of the value, and a difference in base units.
MOVES = 0.5
COUNTERS_MOVE = 5_000_000_000
STEADY = re.compile(
    r"node_(boot_time_seconds|uname_info|os_|filefd_maximum|memory_(MemTotal|SwapTotal|CommitLimit)_bytes|disk_info"
    r"|filesystem_(size_bytes|files$|readonly|device_error)|network_(mtu|flags|iface|address|protocol|up|info|carrier)"
    r"|timex_(tick|tai|loop)|cpu_scaling_frequency_m|entropy_pool|nf_conntrack_entries_limit|processes_max"
    r"|time_clocksource|dmi|textfile)"
)


def bare(series: Series) -> Series:
    return series[0], frozenset((key, value) for key, value in series[1] if key not in LABELS_SINCE_1_5)


@pytest.fixture(scope="module")
def both() -> tuple[Exposition, Exposition]:
    """Ours and theirs, each scraped once before so that nothing starts up any more."""
    host = Host(Root(), (set(COLLECTORS) - DEFAULT_OFF) | {"processes", "interrupts", "tcpstat"})
    with node_exporter(FLAGS) as url:
        fetch(url)
        ours = asyncio.run(scrape(host))
        return ours, fetch(url)


def test_queues_without_a_byte_in_them_are_told_as_zero() -> None:
    with socket.create_server(("127.0.0.1", 0)):
        found = asyncio.run(scrape(Host(Root(), ["tcpstat"])))
    states = {dict(labels)["state"] for name, labels in found.values if name == "node_tcp_connection_states"}
    assert states >= {"listen", "rx_queued_bytes", "tx_queued_bytes"}


def test_the_series_are_the_same(both: tuple[Exposition, Exposition]) -> None:
    ours, theirs = ({bare(series) for series in each.values if not FLEETING.match(series[0])} for each in both)
    assert {series for series in theirs - ours if not THEIRS_ALONE.match(series[0])} == set()
    assert {series for series in ours - theirs if not SINCE_1_5.match(series[0])} == set()
    assert len(ours & theirs) > 500


def test_types_are_the_same(both: tuple[Exposition, Exposition]) -> None:
    ours, theirs = both
    names = ours.names() & theirs.names()
    assert {name: ours.types[name] for name in names} == {name: theirs.types[name] for name in names}


def test_what_does_not_move_is_equal(both: tuple[Exposition, Exposition]) -> None:
    ours, theirs = ({bare(s): value for s, value in each.values.items() if STEADY.match(s[0])} for each in both)
    common = ours.keys() & theirs.keys()
    assert {s: ours[s] for s in common} == {s: theirs[s] for s in common}
    assert len(common) > 40


def test_counters_have_gone_on_between_the_two_scrapes(both: tuple[Exposition, Exposition]) -> None:
    """Theirs is the later scrape: no counter of theirs is behind ours, none far ahead."""
    ours, theirs = both
    common = [s for s in ours.values.keys() & theirs.values.keys() if ours.types[s[0]] == "counter"]
    counted = {s: (ours.values[s], theirs.values[s]) for s in common if not THEIRS_ALONE.match(s[0])}
    assert {s: pair for s, pair in counted.items() if not pair[0] <= pair[1] + 1e-6} == {}
    assert {s: pair for s, pair in counted.items() if pair[1] > pair[0] * (1 + MOVES) + COUNTERS_MOVE} == {}
