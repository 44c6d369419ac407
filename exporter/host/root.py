"""Where a host is read from, and how a file of /proc or /sys is read."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from exporter.host.filters import Filters
from exporter.host.mounts import Mounts

CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class Root:
    """The paths of one host, as strings because hot loops join them, and what must outlive a scrape."""

    proc: str = "/proc"
    sys: str = "/sys"
    rootfs: str = "/"
    udev: str = "/run/udev/data"
    textfile: tuple[str, ...] = ()
    """Directories (or patterns of them) with `*.prom` files."""
    docker: str | None = None
    """The Unix socket of a Docker-compatible engine."""
    bus: str = "/run/dbus/system_bus_socket"
    filters: Filters = field(default_factory=Filters)
    clock: Callable[[], float] = time.time
    mounts: Mounts = field(default_factory=Mounts)
    ticks: dict[str, tuple[float, ...]] = field(default_factory=dict)
    """The last CPU times, which must never go back."""

    @property
    def net(self) -> str:
        """The folder of the host's network.

        In a container /host/proc/net is the container's own, whoever's /proc that is: it leads to who asks, and only
        the process 1 is surely of the host.
        """
        first = f"{self.proc}/1/net"
        return first if self.proc != "/proc" and os.path.isdir(first) else f"{self.proc}/net"


def read(path: str) -> str:
    """The whole file; what is not UTF-8 is replaced. OSError as from open(2) and read(2)."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        chunks = [os.read(fd, CHUNK)]
        while chunks[-1]:
            chunks.append(os.read(fd, CHUNK))
    finally:
        os.close(fd)
    return b"".join(chunks).decode(errors="replace")


def attribute(path: str) -> str:
    """The stripped value of a /sys attribute, which fits one read. OSError as from open(2) and read(2)."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(fd, CHUNK).decode(errors="replace").strip()
    finally:
        os.close(fd)


def optional(path: str) -> str | None:
    """The attribute, or None where the kernel or the driver does not give it."""
    try:
        return attribute(path)
    except OSError:
        return None


def number(path: str) -> int | None:
    """The attribute as a whole number (decimal or 0x), or None where there is none."""
    text = optional(path)
    try:
        return int(text, 0) if text else None
    except ValueError:
        return None


def names(path: str) -> list[str]:
    """The sorted names in a directory. OSError where there is none."""
    return sorted(os.listdir(path))


def optional_names(path: str) -> list[str]:
    """The sorted names in a directory, none where it is none or has vanished."""
    try:
        return names(path)
    except OSError:
        return []
