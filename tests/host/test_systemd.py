"""A real systemd on a real bus, asked by us and by node_exporter."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.host import Host, Root
from exporter.host.dbus import parse, split
from tests.host.conftest import scrape
from tests.host.exposition import Exposition, Series
from tests.host.partner import fetch, node_exporter

# A user's systemd refuses to run where the system's does not, which it takes from this folder. It is made in a
# mount namespace of the test's own, so that nobody else takes this machine for one that runs systemd.
START = """
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system || exit 1
exec /lib/systemd/systemd --user --log-target=console
"""
UNITS = {
    "flapping.service": "[Unit]\nStartLimitIntervalSec=60\nStartLimitBurst=3\n"
    "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=10ms\n",
    "steady.service": "[Service]\nType=exec\nExecStart=/bin/sleep 600\n",
    "tick.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "tick.timer": "[Timer]\nOnActiveSec=1ms\nAccuracySec=1ms\n",
    "door.socket": "[Socket]\nListenStream=%t/door\nAccept=yes\n",
    "door@.service": "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
}
WANTED = ("flapping.service", "steady.service", "tick.timer", "door.socket")


FLAGS = (
    "--collector.disable-defaults",
    "--collector.systemd",
    "--collector.systemd.enable-restarts-metrics",
    # Upstream's default; Debian's leaves out targets as well.
    r"--collector.systemd.unit-exclude=.+\.(automount|device|mount|scope|slice)",
)


@pytest.fixture(scope="module")
def bus() -> Iterator[str]:
    """The socket of a bus on which a systemd with those units answers."""
    # Not pytest's folder: the name of a Unix socket may have 107 bytes.
    home = Path(tempfile.mkdtemp(prefix="hl-"))
    _write_units(home / ".config/systemd/user")
    address = f"unix:path={home}/bus"
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(home), "HOME": str(home), "DBUS_SESSION_BUS_ADDRESS": address}
    commands = (
        ["dbus-daemon", "--session", "--nofork", f"--address={address}"],
        ["unshare", "--mount", "--map-current-user", "--keep-caps", "sh", "-c", START],
    )
    nowhere = subprocess.DEVNULL
    processes = [subprocess.Popen(each, env=environment, stdout=nowhere, stderr=nowhere) for each in commands]
    yield f"{home}/bus"
    for process in reversed(processes):
        process.terminate()
        process.wait(20)
    shutil.rmtree(home)


def _write_units(folder: Path) -> None:
    wants = folder / "default.target.wants"
    wants.mkdir(parents=True)
    for name, text in UNITS.items():
        (folder / name).write_text(text)
    for name in WANTED:
        (wants / name).symlink_to(folder / name)


@pytest.fixture
async def found(bus: str) -> Exposition:
    """What is read when the flapping service has given up."""
    host = Host(Root(bus=bus), ["systemd"])
    async with asyncio.timeout(30):
        while True:
            found = await scrape(host)
            if value(found, "node_systemd_units", state="failed") == 1:
                return found
            await asyncio.sleep(0.05)


def value(found: Exposition, family: str, **labels: str) -> float | None:
    return found.values.get((family, frozenset(labels.items())))


def test_a_service_that_flapped_is_failed_and_its_restarts_are_counted(found: Exposition) -> None:
    state = {"name": "flapping.service", "type": "simple"}
    assert value(found, "node_systemd_unit_state", state="failed", **state) == 1
    assert value(found, "node_systemd_unit_state", state="active", **state) == 0
    assert value(found, "node_systemd_service_restart_total", name="flapping.service") == 3
    assert value(found, "node_systemd_service_restart_total", name="steady.service") == 0


def test_timers_tell_when_they_were_triggered(found: Exposition) -> None:
    assert (value(found, "node_systemd_timer_last_trigger_seconds", name="tick.timer") or 0) > 1_600_000_000


def test_mounts_and_slices_are_counted_but_not_listed(found: Exposition) -> None:
    names = {dict(labels).get("name", "") for _, labels in found.values}
    assert not any(name.endswith((".mount", ".slice", ".device", ".scope")) for name in names)


def test_series_and_values_are_node_exporters(found: Exposition, bus: str) -> None:
    with node_exporter(FLAGS, {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={bus}"}) as url:
        theirs = fetch(url)
    names = {name for name in theirs.names() if name.startswith("node_systemd_")}
    assert {name: found.types[name] for name in names} == {name: theirs.types[name] for name in names}
    assert {name: found.helps[name] for name in names} == {name: theirs.helps[name] for name in names}
    assert {series: each for series, each in units(found).items() if series[0] in names} == units(theirs)
    assert found.names() - theirs.names() <= {"node_exporter_build_info", "node_systemd_virtualization_info"}


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
