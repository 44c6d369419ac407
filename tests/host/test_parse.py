"""What the recorded trees do not show of the readings: rare hardware, odd kernels, nonsense."""

import re
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.host import (
    Filters,
    Root,
    arp,
    bonding,
    conntrack,
    cpu,
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
    netdev,
    netstat,
    os_release,
    pressure,
    processes,
    schedstat,
    sockstat,
    softnet,
    stat,
    tcpstat,
    textfile,
    timex,
    udp_queues,
    vmstat,
)
from exporter.host.filters import FLAGS
from exporter.host.gather import Host
from exporter.host.systemd import VERSION
from tests.host.conftest import scrape

PARSERS: tuple[Callable[[str], object], ...] = (
    arp.parse,
    conntrack.parse,
    cpu.parse,
    diskstats.parse,
    diskstats.parse_udev,
    edac.parse_label,
    entropy.parse,
    filefd.parse,
    filesystem.parse,
    interrupts.parse,
    kernel_hung.parse,
    loadavg.parse,
    mdadm.parse,
    meminfo.parse,
    netdev.parse,
    netstat.parse,
    netstat.parse6,
    os_release.parse,
    pressure.parse,
    processes.parse,
    schedstat.parse,
    sockstat.parse,
    softnet.parse,
    stat.parse,
    textfile.parse,
    udp_queues.parse,
    vmstat.parse,
)


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text(st.characters(codec="ascii"), max_size=200))
def test_nonsense_is_refused_or_read_as_nothing(parse: Callable[[str], object], text: str) -> None:
    try:
        parse(text)
    except (ValueError, LookupError):
        return


def test_each_pattern_has_its_flag() -> None:
    assert sorted(FLAGS.values()) == sorted(field.name for field in fields(Filters))


async def test_what_a_pattern_names_is_left_out(tree: Path) -> None:
    patterns = Filters(
        disks=re.compile("^(dm-|sr)"), chips=re.compile("coretemp"), vmstat_fields=re.compile("^pgpgin$")
    )
    root = Root(proc=f"{tree}/proc", sys=f"{tree}/sys", filters=patterns)
    found = await scrape(Host(root, ["diskstats", "hwmon", "vmstat"]))
    labels = {value for _, labels in found.values for _, value in labels}
    assert {"sda1", "loop0"} <= labels
    assert labels.isdisjoint({"dm-0", "sr0", "platform_coretemp_0"})
    assert [name for name in found.names() if name.startswith("node_vmstat_")] == ["node_vmstat_pgpgin"]


def test_processor_times_never_step_back() -> None:
    before, now = (10.0, 1.0, 5.0, 100.0, 7.0), (11.0, 1.0, 5.0, 99.5, 6.5)
    assert cpu.forward(now, before) == (11.0, 1.0, 5.0, 100.0, 7.0)


def test_a_processor_whose_idle_time_falls_far_back_is_another_one() -> None:
    before, now = (10.0, 1.0, 5.0, 100.0), (0.5, 0.0, 0.1, 2.0)
    assert cpu.forward(now, before) == now


async def test_a_processor_that_goes_offline_vanishes(tmp_path: Path) -> None:
    (tmp_path / "devices/system/cpu").mkdir(parents=True)
    text = "cpu0 1 2 3 4 5 6 7 8 9 10\ncpu1 1 2 3 4 5 6 7 8 9 10\n"
    host = Host(Root(proc=str(tmp_path), sys=str(tmp_path)), ["cpu"])
    for expected in ({"0", "1"}, {"0"}):
        (tmp_path / "stat").write_text(text)
        found = await scrape(host)
        assert {dict(labels)["cpu"] for name, labels in found.values if name == "node_cpu_seconds_total"} == expected
        text = text.splitlines()[0] + "\n"


def test_ranges_of_processors_are_spelt_out() -> None:
    assert cpu.parse_list("1,3-5") == ["1", "3", "4", "5"]


@pytest.mark.parametrize(
    ("kind", "element", "name", "factor"),
    [
        ("temp", "crit_hyst", "temp_crit_hyst_celsius", 0.001),
        ("temp", "alarm", "temp_alarm", 1),
        ("in", "", "in_volts", 0.001),
        ("energy", "input", "energy_joule_total", 1e-6),
        ("power", "accuracy", "power_accuracy", 1e-6),
        ("power", "average_interval", "power_average_interval_seconds", 0.001),
        ("humidity", "input", "humidity", 1e-6),
        ("curr", "max", "curr_max_amps", 0.001),
        ("fan", "target", "fan_target_rpm", 1),
        ("fan", "div", "fan_div", 1),
    ],
)
def test_a_sensors_file_becomes_a_name_and_a_factor(kind: str, element: str, name: str, factor: float) -> None:
    reading = hwmon.parse(kind, element, has_bare=False)
    assert reading.name == name
    assert reading.factor == pytest.approx(factor)


def test_what_nobody_may_read_of_the_hardware_is_no_label() -> None:
    texts = {"sys_vendor": "Acme", "product_serial": None, "bios_date": "", "modalias": "dmi:x"}
    assert dmi.parse(texts) == {"bios_date": "", "system_vendor": "Acme"}


def test_an_array_that_waits_to_rebuild_has_synced_nothing() -> None:
    text = "md0 : active raid1 sdb1[1] sda1[0]\n      100 blocks [2/1] [U_]\n        resync=DELAYED\n\n"
    (array,) = mdadm.parse(text).values()
    assert (array.state, array.synced, array.blocks, array.active, array.required) == ("resyncing", 0, 100, 1, 2)


def test_a_clock_without_a_reference_is_not_synchronized() -> None:
    values = timex.parse(timex.TIME_ERROR, timex.Timex(offset=1500, status=0, tick=10_000))
    assert values[:2] == (0, 0.0015)


def test_a_clock_that_counts_nanoseconds_is_read_as_such() -> None:
    assert timex.parse(0, timex.Timex(offset=1500, status=timex.STA_NANO))[:2] == (1, 1.5e-06)


def test_connections_are_counted_by_state_with_what_waits_in_their_queues() -> None:
    connection = tcpstat.ANSWER.pack(10, 3, 4) + b"\0" * 8
    message = tcpstat.HEADER.pack(16 + len(connection), 20, 2, 1, 0) + connection
    done = tcpstat.HEADER.pack(20, tcpstat.NLMSG_DONE, 2, 1, 0) + b"\0" * 4
    assert tcpstat.parse(message + done) == ({"listen": 1, "rx_queued_bytes": 3, "tx_queued_bytes": 4}, True)
    assert tcpstat.parse(message)[1] is False


def test_a_command_with_brackets_does_not_shift_a_processs_fields() -> None:
    assert processes.parse("7 (a) b (c)) S " + "0 " * 16 + "5 0 0") == ("S", 5)


def test_slaves_of_a_bond_are_counted() -> None:
    assert bonding.parse(["up", "down", "gone"]) == (3, 1)


def test_the_number_of_systemds_version_is_found_in_its_words() -> None:
    match = VERSION.search("252.38-1~deb12u1")
    assert match is not None
    assert match[0] == "252.38"
