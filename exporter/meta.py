"""The exporter's own health as families, in the order in which a person would ask."""

import platform
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import psutil

from exporter.families import Family, Sample, by, single, table
from exporter.heartbeats.ledger import BUCKETS, Ledger
from exporter.heartbeats.receiver import Receiver

APP = "heartline_exporter"
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


def collect(receiver: Receiver, outcomes: dict[str, int], reloads: Reloads) -> Iterator[Family]:
    """heartline_exporter_* and process_*."""
    build = [([release(), platform.python_version()], 1.0)]
    yield table(f"{APP}_build_info", "gauge", "What is running.", ["version", "pythonversion"], build)
    yield single(
        f"{APP}_config_last_reload_successful",
        "gauge",
        "Whether the last reading of the configuration file succeeded.",
        float(reloads.successful),
    )
    yield single(
        f"{APP}_config_last_reload_success_timestamp_seconds",
        "gauge",
        "When the configuration in force was read.",
        reloads.at,
    )
    yield single(
        f"{APP}_receiver_gap_seconds_total",
        "counter",
        "Time credited to every heartbeat, since nobody listened: downtime before the start, suspends, a failed disk.",
        receiver.gap_seconds,
    )
    yield by(f"{APP}_pings_total", "counter", "Pings, by what became of them.", "outcome", outcomes)
    yield _commits(receiver.ledger)
    yield single(f"{APP}_storage_up", "gauge", "Whether receipts can be stored.", float(receiver.ledger.up))
    yield single(f"{APP}_ready", "gauge", "Whether the heartbeats are loaded, and so shown.", float(receiver.ready))
    yield single(f"{APP}_heartbeats", "gauge", "Heartbeats registered.", float(len(receiver.register)))
    yield from process(psutil.Process())


def _commits(ledger: Ledger) -> Family:
    total = 0
    samples = []
    for bound, count in zip((*map(str, BUCKETS), "+Inf"), ledger.commits, strict=True):
        total += count
        samples.append(Sample((("le", bound),), float(total), "_bucket"))
    samples += [Sample((), ledger.commit_seconds, "_sum"), Sample((), float(total), "_count")]
    name, text = f"{APP}_ping_commit_seconds", "Time that commits of receipts took, the fsync included."
    return Family(name, "histogram", text, samples)


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
