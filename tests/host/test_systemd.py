"""A real systemd on a real bus, asked by us and by node_exporter."""

import asyncio
from pathlib import Path

import pytest

from exporter.host import Host, Root
from exporter.host.dbus import parse, split
from tests.host.conftest import scrape
from tests.host.exposition import Exposition, Series
from tests.host.partner import fetch, node_exporter

FLAGS = (
    "--collector.disable-defaults",
    "--collector.systemd",
    "--collector.systemd.enable-restarts-metrics",
    # Upstream's default; Debian's leaves out targets as well.
    r"--collector.systemd.unit-exclude=.+\.(automount|device|mount|scope|slice)",
)


def value(found: Exposition, family: str, **labels: str) -> float | None:
    return found.values.get((family, frozenset(labels.items())))


def test_a_service_that_flapped_is_failed_and_its_restarts_are_counted(flapped: Exposition) -> None:
    state = {"name": "flapping.service", "type": "simple"}
    assert value(flapped, "node_systemd_unit_state", state="failed", **state) == 1
    assert value(flapped, "node_systemd_unit_state", state="active", **state) == 0
    assert value(flapped, "node_systemd_service_restart_total", name="flapping.service") == 3
    assert value(flapped, "node_systemd_service_restart_total", name="steady.service") == 0


def test_timers_tell_when_they_were_triggered(flapped: Exposition) -> None:
    assert (value(flapped, "node_systemd_timer_last_trigger_seconds", name="tick.timer") or 0) > 1_600_000_000


def test_mounts_and_slices_are_counted_but_not_listed(flapped: Exposition) -> None:
    names = {dict(labels).get("name", "") for _, labels in flapped.values}
    assert not any(name.endswith((".mount", ".slice", ".device", ".scope")) for name in names)


def test_series_and_values_are_node_exporters(flapped: Exposition, bus: str) -> None:
    with node_exporter(FLAGS, {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus}"}) as url:
        theirs = fetch(url)
    names = {name for name in theirs.names() if name.startswith("node_systemd_")}
    assert {name: flapped.types[name] for name in names} == {name: theirs.types[name] for name in names}
    assert {name: flapped.helps[name] for name in names} == {name: theirs.helps[name] for name in names}
    assert {series: each for series, each in units(flapped).items() if series[0] in names} == units(theirs)
    assert flapped.names() - theirs.names() <= {"node_exporter_build_info", "node_systemd_virtualization_info"}


def units(exposition: Exposition) -> dict[Series, float]:
    return {series: value for series, value in exposition.values.items() if series[0].startswith("node_systemd_")}


async def test_without_a_bus_the_reading_fails_alone(tmp_path: Path) -> None:
    found = await scrape(Host(Root(bus=str(tmp_path / "none")), ["systemd", "loadavg"]))
    assert (found.collectors(0), found.collectors(1)) == ({"systemd"}, {"loadavg"})


async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hears all there is to hear and says nothing."""
    await reader.read()
    writer.close()


async def test_a_bus_that_says_nothing_costs_its_own_reading_alone(tmp_path: Path) -> None:
    path = str(tmp_path / "bus")
    server = await asyncio.start_unix_server(listen, path)
    async with server:
        found = await scrape(Host(Root(bus=path), ["systemd", "loadavg"]), budget=0.2)
    assert (found.collectors(0), found.collectors(1)) == ({"systemd"}, {"loadavg"})


@pytest.mark.parametrize(
    ("signature", "types"),
    [
        ("", []),
        ("sa{sv}u", ["s", "a{sv}", "u"]),
        ("a(ssssssouso)", ["a(ssssssouso)"]),
        ("aas(i(y))", ["aas", "(i(y))"]),
    ],
)
def test_a_signature_is_split_into_complete_types(signature: str, types: list[str]) -> None:
    assert split(signature) == types


def test_values_are_read_with_their_alignment_in_either_byte_order() -> None:
    assert parse("y(us)", b"\x07" + b"\0" * 7 + b"\0\0\0\x02\0\0\0\x03one\0", ">") == [7, (2, "one")]
    assert parse("ayv", b"\x02\0\0\0\x01\x02\x01u\0\0\0\0\x09\0\0\0") == [[1, 2], 9]
