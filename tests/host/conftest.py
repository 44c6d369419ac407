"""The recorded trees, and a host that is read from them."""

import asyncio
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from exporter.host import COLLECTORS, Filters, Host, Root
from stack import tools
from tests.archive import unpack
from tests.host.exposition import Exposition, read
from tests.until import until
from toolkit.families import render

TREES = Path(__file__).parent.parent / "fixtures/node/node_exporter.tar.gz"
# A user's systemd refuses to run where the system's does not, which it takes from this folder. It is made in a
# mount namespace of the test's own, so that nobody else takes this machine for one that runs systemd.
START = """
mount --make-rprivate / && mount -t tmpfs tmpfs /run && mkdir -p /run/systemd/system || exit 1
exec setpriv --pdeathsig TERM /lib/systemd/systemd --user --log-target=console
"""
UNITS = {
    "flapping.service": "[Unit]\nStartLimitIntervalSec=60\nStartLimitBurst=3\n"
    "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=10ms\n",
    "steady.service": "[Service]\nType=exec\nExecStart=/bin/sleep 600\n",
    "tick.service": "[Service]\nType=oneshot\nExecStart=/bin/true\n",
    "tick.timer": "[Timer]\nOnActiveSec=1ms\nAccuracySec=1ms\n",
    "door.socket": "[Socket]\nListenStream=%t/door\nAccept=yes\n",
    "door@.service": "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
    # A systemd is on a bus only that it started itself. Debian has these two in a package of their own.
    "dbus.socket": "[Socket]\nListenStream=%t/bus\n",
    "dbus.service": "[Unit]\nRequires=dbus.socket\n"
    f"[Service]\nExecStart={tools.find('dbus-daemon')} --session --address=systemd: --nofork --nopidfile\n",
}
WANTED = ("flapping.service", "steady.service", "tick.timer", "door.socket", "dbus.service")


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recorded /proc, /sys, /usr and textfile directories, unpacked; not to be written."""
    folder = tmp_path_factory.mktemp("trees")
    unpack(TREES, folder)
    return folder / "node"


async def scrape(host: Host, budget: float = 20) -> Exposition:
    """One scrape of everything, through the text format."""
    return read(render(await host.collect(None, budget), openmetrics=False).decode())


@pytest.fixture(scope="session")
def recorded(tree: Path) -> Exposition:
    """Every reading of the recorded trees."""
    root = Root(
        proc=f"{tree}/proc",
        sys=f"{tree}/sys",
        rootfs=str(tree),
        udev=f"{tree}/udev",
        textfile=(f"{tree}/textfile/two_metric_files",),
        filters=Filters(links=re.compile("(dmz|int)"), neighbours=re.compile("nope")),
    )
    return asyncio.run(scrape(Host(root, set(COLLECTORS) - {"systemd", "containers"})))


@pytest.fixture(scope="package")
def bus() -> Iterator[str]:
    """The socket of a bus on which a systemd with those units answers."""
    # Not pytest's folder: the name of a Unix socket may have 107 bytes.
    home = Path(tempfile.mkdtemp(prefix="hl-"))
    _write_units(home / ".config/systemd/user")
    bus = home / "bus"
    address = {"XDG_RUNTIME_DIR": str(home), "HOME": str(home), "DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus}"}
    systemd = subprocess.Popen(
        ["unshare", "--mount", "--map-current-user", "--keep-caps", "sh", "-c", START],
        env=os.environ | address,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: systemd.poll() is not None or bus.exists())
    assert systemd.poll() is None, "systemd ended"
    yield str(bus)
    _end(systemd)
    shutil.rmtree(home)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """A systemd that was asked to end waits for its units, sometimes for minutes: then it and they are killed."""
    units = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        for unit in units:
            with suppress(psutil.NoSuchProcess):
                unit.kill()
        process.kill()
        process.wait()


@pytest.fixture(scope="package")
def flapped(bus: str) -> Exposition:
    """What is read of that systemd when its flapping service has given up."""
    host = Host(Root(bus=bus), ["systemd"])
    failed = ("node_systemd_units", frozenset({("state", "failed")}))
    for _ in range(1000):
        found = asyncio.run(scrape(host))
        if found.values.get(failed) == 1:
            return found
        time.sleep(0.03)
    raise AssertionError("the flapping service did not give up")


def _write_units(folder: Path) -> None:
    wants = folder / "default.target.wants"
    wants.mkdir(parents=True)
    for name, text in UNITS.items():
        (folder / name).write_text(text)
    for name in WANTED:
        (wants / name).symlink_to(folder / name)
