"""Readings do not disturb each other: not by failing, not by hanging, not by talking nonsense."""

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporter.host import COLLECTORS, DEFAULT_OFF, Host, Root, unknown
from exporter.host.gather import Outcome, join
from tests.host.conftest import scrape
from toolkit.families import single

FILES = ("loadavg", "stat", "filefd", "entropy", "vmstat")


@pytest.fixture
def root(tmp_path: Path, tree: Path) -> Root:
    """A /proc of one's own, to be spoilt."""
    shutil.copytree(tree / "proc", tmp_path / "proc", symlinks=True)
    return Root(proc=str(tmp_path / "proc"), sys=str(tree / "sys"), rootfs=str(tree))


@pytest.fixture
def pipe(root: Root) -> Iterator[Path]:
    """/proc/loadavg as a pipe into which nobody writes: opening it hangs, as reading from dead hardware does."""
    path = Path(root.proc) / "loadavg"
    path.unlink()
    os.mkfifo(path)
    yield path
    # Whoever still hangs is let go.
    os.close(os.open(path, os.O_RDWR | os.O_NONBLOCK))


async def test_a_hanging_reading_is_reported_and_the_others_are_served(root: Root, pipe: Path) -> None:
    host = Host(root, FILES, patience=0.05)
    found = await scrape(host, budget=0.3)
    assert found.collectors(0) == {"loadavg"}
    assert found.collectors(1) == {"stat", "filefd", "entropy", "vmstat"}
    assert "node_forks_total" in found.names()


async def test_while_it_hangs_no_thread_is_spent_on_it_again(root: Root, pipe: Path) -> None:
    host = Host(root, ["loadavg"], patience=0.05)
    before = threading.active_count()
    await scrape(host, budget=0.1)
    hanging = threading.active_count()
    for _ in range(5):
        # The budget is not used up: it is known to hang.
        async with asyncio.timeout(5):
            assert (await scrape(host, budget=60)).collectors(0) == {"loadavg"}
    assert (before, threading.active_count()) == (hanging - 1, hanging)


async def test_what_hung_is_read_again_when_it_has_come_back(root: Root, pipe: Path) -> None:
    host = Host(root, ["loadavg"], patience=0.05)
    assert (await scrape(host, budget=0.1)).collectors(0) == {"loadavg"}
    revive(pipe)
    async with asyncio.timeout(5):
        while (found := await scrape(host, budget=5)).collectors(0):
            continue
    assert found.values["node_load1", frozenset()] == 1.5


def revive(pipe: Path) -> None:
    """Lets go whoever hangs in the pipe, behind which there is an ordinary file now."""
    writer = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    pipe.unlink()
    pipe.write_text("1.5 0.2 0.3 1/2 3\n")
    os.close(writer)


async def test_a_scraper_that_hangs_up_leaves_nothing_behind(root: Root, pipe: Path) -> None:
    host = Host(root, FILES)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await scrape(host)
    found = await scrape(host, budget=5)
    assert found.collectors(0) == {"loadavg"}
    assert found.collectors(1) == {"stat", "filefd", "entropy", "vmstat"}


async def test_two_scrapes_at_once_both_have_everything(root: Root) -> None:
    host = Host(root, FILES)
    first, second = await asyncio.gather(scrape(host), scrape(host))
    assert first.collectors(1) == second.collectors(1) == set(FILES)
    assert first.names() == second.names()


@pytest.mark.parametrize(
    "nonsense", ["", "\0\xff\xfe", "a b c d e f g h i\n" * 3, "cpu0 1 x\n", ":" * 1000, "1 " * 20_000]
)
async def test_nonsense_in_proc_fails_no_more_than_its_own_reading(root: Root, nonsense: str) -> None:
    (Path(root.proc) / "stat").write_text(nonsense, encoding="latin-1")
    (Path(root.proc) / "meminfo").write_text(nonsense, encoding="latin-1")
    found = await scrape(Host(root, [*FILES, "cpu", "meminfo"]))
    assert found.collectors(1) >= {"loadavg", "filefd", "entropy", "vmstat"}
    assert found.collectors(0) <= {"cpu", "stat", "meminfo"}


def spoil(folder: str, nonsense: str) -> None:
    for path, _, names in os.walk(folder):
        for name in names:
            Path(path, name).write_text(nonsense)


@pytest.mark.parametrize("nonsense", ["", "\0", "x", "1", "a b\n1\n", "- - -", "md0 : active\n"])
async def test_every_reading_survives_nonsense_in_every_file(root: Root, nonsense: str) -> None:
    spoil(root.proc, nonsense)
    found = await scrape(Host(root, set(COLLECTORS) - DEFAULT_OFF))
    assert found.collectors(0) | found.collectors(1) == set(COLLECTORS) - DEFAULT_OFF


async def test_what_vanishes_between_listing_and_reading_is_left_out(tree: Path, tmp_path: Path) -> None:
    devices = tmp_path / "class/net"
    shutil.copytree(tree / "sys/class/net/dmz", devices / "eth1", symlinks=True)
    (devices / "eth2").symlink_to("gone")
    (devices / "eth3").mkdir()
    (tmp_path / "class/hwmon/hwmon7").mkdir(parents=True)
    (tmp_path / "class/hwmon/hwmon8").symlink_to("gone")
    found = await scrape(Host(Root(sys=str(tmp_path)), ["netclass", "hwmon"]))
    devices_found = {dict(labels)["device"] for name, labels in found.values if name == "node_network_up"}
    assert found.collectors(1) == {"netclass", "hwmon"}
    assert devices_found == {"eth1", "eth3"}


async def test_a_disk_that_is_pulled_during_the_scrape_is_left_out(tmp_path: Path) -> None:
    proc, blocks = tmp_path / "proc", tmp_path / "sys/block"
    (proc / "1").mkdir(parents=True)
    gone = tmp_path / "gone"
    mounts = f"22 1 8:17 / {gone} rw - ext4 /dev/sdb1 rw\n23 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    (proc / "1/mountinfo").write_text(mounts)
    (proc / "diskstats").write_text(f"8 0 sda {'1 ' * 17}\n8 16 sdb {'1 ' * 17}\n")
    (proc / "mdstat").write_text("Personalities : [raid1]\nunused devices: <none>\n")
    (blocks / "sda/queue").mkdir(parents=True)
    (blocks / "sda/queue/rotational").write_text("1\n")
    # Listed still, and no longer there when it is looked into.
    for name in ("sdb", "md0"):
        (blocks / name).symlink_to("../gone")
    (blocks / "md1/md").mkdir(parents=True)
    (blocks / "md1/md/level").write_text("raid1\n")
    pulled = Root(proc=str(proc), sys=str(tmp_path / "sys"), udev=str(gone))
    found = await scrape(Host(pulled, ["diskstats", "filesystem", "mdadm"]))
    assert found.collectors(1) == {"diskstats", "filesystem", "mdadm"}
    sizes = [dict(labels)["device"] for name, labels in found.values if name == "node_filesystem_size_bytes"]
    errors = {dict(labels)["device"]: value for (name, labels), value in found.values.items() if "device_error" in name}
    arrays = [dict(labels)["device"] for name, labels in found.values if name == "node_md_degraded"]
    assert (sizes, errors, arrays) == (["/dev/sda1"], {"/dev/sda1": 0, "/dev/sdb1": 1}, ["md1"])


async def test_a_scrape_may_ask_for_some(root: Root) -> None:
    families = await Host(root, FILES).collect({"loadavg", "processes"}, 5)
    assert {family.name for family in families} == {
        "node_exporter_build_info",
        "node_load1",
        "node_load5",
        "node_load15",
        "node_scrape_collector_duration_seconds",
        "node_scrape_collector_success",
    }


def test_names_that_no_collector_has_are_told() -> None:
    assert unknown(["cpu", "cpux", "meminfo"]) == ["cpux"]


def test_what_is_off_by_default_is_a_collector() -> None:
    assert unknown(DEFAULT_OFF) == []


@pytest.mark.parametrize("name", ["node_load1", "node_scrape_collector_success", "node_exporter_build_info"])
def test_a_textfile_cannot_take_the_name_of_a_reading(name: str) -> None:
    own, foreign = single("node_load1", "gauge", "Own.", 1), single(name, "gauge", "Foreign.", 2)
    joined = join({"loadavg": Outcome((own,), 1, 0), "textfile": Outcome((foreign,), 1, 0)})
    assert [family.help for family in joined if family.name == name] != ["Foreign."]
    assert len({family.name for family in joined}) == len(joined)
