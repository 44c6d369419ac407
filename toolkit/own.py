"""What a program says of itself: its version, how its configuration was read, and what its process takes."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import psutil

from toolkit.families import Family, single, table

UNLIMITED = 2**64 - 1


@dataclass(slots=True)
class Reloads:
    """How the last reading of the configuration went; `at` in seconds since the epoch."""

    successful: bool
    at: float


def release() -> str:
    """The version of this installation; a source tree that was never installed is 0."""
    try:
        return version("heartline")
    except PackageNotFoundError:
        return "0"


def program(app: str, reloads: Reloads) -> Iterator[Family]:
    """The families that both programs have, each under its own name."""
    build = [([release(), platform.python_version()], 1.0)]
    yield table(f"{app}_build_info", "gauge", "What is running.", ["version", "pythonversion"], build)
    yield single(
        f"{app}_config_last_reload_successful",
        "gauge",
        "Whether the last reading of the configuration file succeeded.",
        float(reloads.successful),
    )
    yield single(
        f"{app}_config_last_reload_success_timestamp_seconds",
        "gauge",
        "When the configuration in force was read.",
        reloads.at,
    )


def process(own: psutil.Process) -> Iterator[Family]:
    """The process_* families that every Prometheus client library has."""
    with own.oneshot():
        times, memory = own.cpu_times(), own.memory_info()
        yield single("process_start_time_seconds", "gauge", "When this process started.", own.create_time())
        yield single("process_cpu_seconds_total", "counter", "CPU time of this process.", times.user + times.system)
        yield single("process_resident_memory_bytes", "gauge", "Resident memory of this process.", float(memory.rss))
        yield single("process_open_fds", "gauge", "Open file descriptors of this process.", float(own.num_fds()))
        files, room = (_limit(own.rlimit(number)[0]) for number in (psutil.RLIMIT_NOFILE, psutil.RLIMIT_AS))
        yield single("process_max_fds", "gauge", "Limit of open file descriptors.", files)
        yield single("process_virtual_memory_bytes", "gauge", "Virtual memory of this process.", float(memory.vms))
        yield single("process_virtual_memory_max_bytes", "gauge", "Limit of virtual memory.", room)


def _limit(soft: int) -> float:
    """No limit (-1) is the greatest number, as the kernel and every client library have it."""
    return float(soft if soft >= 0 else UNLIMITED)
