"""How are the containers, and what do they use?"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import aiohttp

from exporter.host.engine import Turns, Unanswered, ask, open_socket
from exporter.host.root import Root
from toolkit.families import Family, Labels, Sample, Type

log = logging.getLogger(__name__)
NANOSECONDS = 1_000_000_000
SHORT_ID = 12
STATES = ("created", "running", "paused", "restarting", "removing", "exited", "dead")
HEALTHS = ("starting", "healthy", "unhealthy")
NEVER = "0001-01-01"
LIST = "/containers/json?all=1"
LIST_BYTES, ANSWER_BYTES = 16 << 20, 1 << 20
PATIENCE = 3.0
"""Seconds for all of them: an engine may know a container of which it can say nothing."""
SHARE = 0.8
"""Of the scrape's budget, where that is less: what is known must still be handed over."""
SLOW = 1 / 8
"""Of those seconds, before a container that keeps silent makes room for the next."""
STRANGE = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError)
"""What reading an answer raises that is none of a container."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """One sample to be: the family's name without `container_`, labels beyond the container's own, and the value."""

    name: str
    value: float
    labels: Labels = ()


FAMILIES: dict[str, tuple[Type, str]] = {
    "last_seen": ("gauge", "Last time a container was seen by the exporter"),
    "start_time_seconds": ("gauge", "Start time of the container since unix epoch in seconds."),
    "state": ("gauge", "Whether the container is in this state."),
    "health": ("gauge", "Whether the container's health check says so; absent without a health check."),
    "restarts_total": ("counter", "How often the engine has restarted the container."),
    "exit_code": ("gauge", "Exit code of the container's last run; absent while it runs."),
    "oom_killed": ("gauge", "Whether the container's last run was ended for want of memory."),
    "cpu_usage_seconds_total": ("counter", "Cumulative cpu time consumed in seconds."),
    "cpu_user_seconds_total": ("counter", "Cumulative user cpu time consumed in seconds."),
    "cpu_system_seconds_total": ("counter", "Cumulative system cpu time consumed in seconds."),
    "cpu_cfs_periods_total": ("counter", "Number of elapsed enforcement period intervals."),
    "cpu_cfs_throttled_periods_total": ("counter", "Number of throttled period intervals."),
    "cpu_cfs_throttled_seconds_total": ("counter", "Total time duration the container has been throttled."),
    "memory_usage_bytes": (
        "gauge",
        "Current memory usage in bytes, including all memory regardless of when it was accessed",
    ),
    "memory_working_set_bytes": ("gauge", "Current working set in bytes."),
    "memory_cache": ("gauge", "Number of bytes of page cache memory."),
    "memory_rss": ("gauge", "Size of RSS in bytes."),
    "spec_memory_limit_bytes": ("gauge", "Memory limit for the container."),
    "processes": ("gauge", "Number of processes and threads running inside the container."),
    "network_receive_bytes_total": ("counter", "Cumulative count of bytes received"),
    "network_receive_packets_total": ("counter", "Cumulative count of packets received"),
    "network_receive_errors_total": ("counter", "Cumulative count of errors encountered while receiving"),
    "network_receive_packets_dropped_total": ("counter", "Cumulative count of packets dropped while receiving"),
    "network_transmit_bytes_total": ("counter", "Cumulative count of bytes transmitted"),
    "network_transmit_packets_total": ("counter", "Cumulative count of packets transmitted"),
    "network_transmit_errors_total": ("counter", "Cumulative count of errors encountered while transmitting"),
    "network_transmit_packets_dropped_total": ("counter", "Cumulative count of packets dropped while transmitting"),
    "fs_reads_bytes_total": ("counter", "Cumulative count of bytes read"),
    "fs_writes_bytes_total": ("counter", "Cumulative count of bytes written"),
    "fs_reads_total": ("counter", "Cumulative count of reads completed"),
    "fs_writes_total": ("counter", "Cumulative count of writes completed"),
}
NETWORK = {
    "rx_bytes": "receive_bytes_total",
    "rx_packets": "receive_packets_total",
    "rx_errors": "receive_errors_total",
    "rx_dropped": "receive_packets_dropped_total",
    "tx_bytes": "transmit_bytes_total",
    "tx_packets": "transmit_packets_total",
    "tx_errors": "transmit_errors_total",
    "tx_dropped": "transmit_packets_dropped_total",
}
BLOCK = {
    ("io_service_bytes_recursive", "read"): "fs_reads_bytes_total",
    ("io_service_bytes_recursive", "write"): "fs_writes_bytes_total",
    ("io_serviced_recursive", "read"): "fs_reads_total",
    ("io_serviced_recursive", "write"): "fs_writes_total",
}


def parse_state(status: str) -> list[Reading]:
    """The engine's word for a container's state, as one reading for each word."""
    return [Reading("state", int(name == status), (("state", name),)) for name in STATES]


def parse(inspected: Json) -> list[Reading]:
    """What inspecting a container tells of its life."""
    state = inspected["State"]
    status = state["Status"]
    readings = parse_state(status)
    health = (state.get("Health") or {}).get("Status")
    if health in HEALTHS:
        readings += [Reading("health", int(name == health), (("health", name),)) for name in HEALTHS]
    readings.append(Reading("restarts_total", inspected.get("RestartCount", 0)))
    readings.append(Reading("oom_killed", int(bool(state.get("OOMKilled")))))
    started = state.get("StartedAt") or NEVER
    if not started.startswith(NEVER):
        readings.append(Reading("start_time_seconds", parse_time(started)))
    if status in ("exited", "dead"):
        readings.append(Reading("exit_code", state["ExitCode"]))
    return readings


def parse_time(text: str) -> float:
    """RFC 3339 with up to nine digits of fraction, as the engine writes it, in seconds since 1970."""
    seconds, _, rest = text.partition(".")
    digits = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    zone = rest.removeprefix(digits) if rest else ""
    return datetime.fromisoformat(seconds + zone).timestamp() + float(f"0.{digits or 0}")


def parse_stats(stats: Json) -> list[Reading]:
    """What a running container uses; parts that its kernel or engine does not count are left out."""
    return [*_cpu(stats.get("cpu_stats") or {}), *_memory(stats.get("memory_stats") or {}), *_traffic(stats)]


def _cpu(cpu: Json) -> list[Reading]:
    usage, throttling = cpu.get("cpu_usage") or {}, cpu.get("throttling_data") or {}
    if not usage.get("total_usage"):
        # It ended between the two questions: a zero would look like a counter that was reset.
        return []
    times = {
        "cpu_usage_seconds_total": usage.get("total_usage"),
        "cpu_user_seconds_total": usage.get("usage_in_usermode"),
        "cpu_system_seconds_total": usage.get("usage_in_kernelmode"),
        "cpu_cfs_throttled_seconds_total": throttling.get("throttled_time"),
    }
    periods = {
        "cpu_cfs_periods_total": throttling.get("periods"),
        "cpu_cfs_throttled_periods_total": throttling.get("throttled_periods"),
    }
    readings = [Reading(name, value / NANOSECONDS) for name, value in times.items() if value is not None]
    return readings + [Reading(name, value) for name, value in periods.items() if value is not None]


def _memory(memory: Json) -> list[Reading]:
    usage = memory.get("usage")
    if usage is None:
        return []
    stats = memory.get("stats") or {}
    # Version 1 of control groups counts the subtree in total_*, version 2 has other names.
    inactive = stats.get("total_inactive_file", stats.get("inactive_file", 0))
    values = {
        "memory_usage_bytes": usage,
        "memory_working_set_bytes": max(0, usage - inactive),
        "memory_cache": stats.get("total_cache", stats.get("cache", stats.get("file"))),
        "memory_rss": stats.get("total_rss", stats.get("rss", stats.get("anon"))),
        "spec_memory_limit_bytes": memory.get("limit"),
    }
    return [Reading(name, value) for name, value in values.items() if value is not None]


def _traffic(stats: Json) -> list[Reading]:
    readings = [
        Reading(f"network_{name}", counts[key], (("interface", interface),))
        for interface, counts in (stats.get("networks") or {}).items()
        for key, name in NETWORK.items()
        if key in counts
    ]
    blocks = stats.get("blkio_stats") or {}
    # Engines on version 1 of control groups may tell one device twice, and leave out a value that is zero.
    told = {
        (name, f"{entry['major']}:{entry['minor']}"): entry.get("value", 0)
        for (table, operation), name in BLOCK.items()
        for entry in blocks.get(table) or ()
        if entry["op"].lower() == operation
    }
    readings += [Reading(name, value, (("device", device),)) for (name, device), value in told.items()]
    processes = (stats.get("pids_stats") or {}).get("current")
    return [*readings, *([] if processes is None else [Reading("processes", processes)])]


def parse_labels(listed: Json) -> Labels:
    """The labels of an entry of the engine's list."""
    name = (listed.get("Names") or [""])[0].removeprefix("/")
    labels = (("name", name), ("image", listed.get("Image", "")), ("id", listed["Id"][:SHORT_ID]))
    _check(labels)
    return labels


def _check(labels: Labels) -> None:
    """Half a character (JSON can write one) would make the whole scrape unwritable, and a number is no label."""
    for _, value in labels:
        value.encode()


def _sound(readings: Iterable[Reading]) -> list[Reading]:
    """The readings, all of them numbers; one of `STRANGE` otherwise."""
    sound = [Reading(reading.name, float(reading.value), reading.labels) for reading in readings]
    for reading in sound:
        _check(reading.labels)
    return sound


async def collect(root: Root, budget: float) -> list[Family]:
    """All containers, after `PATIENCE` with what is known then; Unanswered without a list of them."""
    if root.docker is None:
        raise FileNotFoundError("no engine's socket is configured")
    seconds = min(PATIENCE, budget * SHARE)
    deadline, turns = asyncio.get_running_loop().time() + seconds, Turns(seconds * SLOW)
    async with open_socket(root.docker) as session:
        listed = await ask(session, LIST, LIST_BYTES)
        if not isinstance(listed, list):
            raise Unanswered(LIST, "not a list")
        each = await asyncio.gather(*(_container(session, turns, deadline, entry) for entry in listed))
    return families({labels: readings for labels, readings in each if readings}, root.clock())


async def _container(
    session: aiohttp.ClientSession, turns: Turns, deadline: float, listed: Json
) -> tuple[Labels, list[Reading]]:
    """A container's labels and readings; none when it is gone meanwhile, its state alone when it does not answer."""
    try:
        labels, id, state = parse_labels(listed), listed["Id"], listed.get("State", "")
    except STRANGE as error:
        log.warning("a container is left out: %s: %s", type(error).__name__, error)
        return (), []
    try:
        async with asyncio.timeout_at(deadline), turns.turn():
            readings = parse(await ask(session, f"/containers/{id}/json", ANSWER_BYTES))
            if state == "running":
                stats = f"/containers/{id}/stats?stream=false&one-shot=true"
                readings += parse_stats(await ask(session, stats, ANSWER_BYTES))
            return labels, _sound(readings)
    except (Unanswered, TimeoutError, *STRANGE) as error:
        if isinstance(error, Unanswered) and error.gone:
            return labels, []
        log.warning("container %s: %s: %s", labels[0][1], type(error).__name__, error)
        return labels, parse_state(state)


def families(containers: Mapping[Labels, list[Reading]], now: float) -> list[Family]:
    """The readings of all containers, family by family."""
    samples: dict[str, list[Sample]] = {name: [] for name in FAMILIES}
    for labels, readings in containers.items():
        samples["last_seen"].append(Sample(labels, now))
        for reading in readings:
            samples[reading.name].append(Sample(labels + reading.labels, reading.value))
    return [Family(f"container_{name}", type, help, samples[name]) for name, (type, help) in FAMILIES.items()]
