"""What the hosts read of themselves: load, memory, disks, network, as node_exporter names them."""

import math
from collections.abc import Callable, Iterator, Mapping
from random import Random

from bench.noise.fleet import Target
from bench.noise.month import hour, weekday
from bench.noise.series import Series, constant, hide, number
from bench.noise.world import World

CPUS = 4
MEMORY, DISK = 16e9, 500e9  # bytes
NIGHTLY = {
    "db01": 2.0,
    "db02": 2.5,
    "mail": 2.25,
    "nas": 3.0,
    "vault": 3.0,
}  # local hour at which an hour of work begins
CHANCE = [Random(7).gauss(0, 1) for _ in range(100_003)]
Labels = Mapping[str, str]


def chance(at: int, seed: int) -> float:
    """Normally distributed, another one in each minute and for each seed, and the same in each run."""
    return CHANCE[(at * 31 + seed * 7919) % len(CHANCE)]


def readings(target: Target, world: World, heard: list[str], minutes: range, origin: float) -> Iterator[Series]:
    """All series of a host, as Prometheus has them after what `heard` says; instants are seconds after `origin`."""
    for series in _all(target.host, target.labels, world, minutes, origin):
        yield Series(series.name, series.labels, hide(series.values, heard))


def measured(target: Target, world: World, heard: list[str], minutes: range) -> Iterator[Series]:
    """Only those that are compared with weeks ago."""
    for series in _busy(target.host, target.labels, world, minutes):
        if "load" not in series.name and "pressure" not in series.name:
            yield Series(series.name, series.labels, hide(series.values, heard))


def _all(host: str, labels: Labels, world: World, minutes: range, origin: float) -> Iterator[Series]:
    steps = len(minutes)
    yield from _busy(host, labels, world, minutes)
    skew = world.added(minutes, "skew", host)
    clock = [f"{60.0 * (at - minutes.start) + skew.get(at, 0.0):.0f}" for at in minutes]
    yield Series("node_time_seconds", labels, clock)
    offset = [number(abs(0.002 * chance(at, 5)) + skew.get(at, 0.0)) for at in minutes]
    yield Series("node_timex_offset_seconds", labels, offset)
    yield constant("node_timex_sync_status", labels, "1", steps)
    yield constant("node_timex_maxerror_seconds", labels, "0.05", steps)
    yield _counter("node_vmstat_oom_kill", labels, host, world, minutes, "oom")
    for mount in ("/", "/srv") if host in NIGHTLY else ("/",):
        yield from _filesystem(host, {**labels, "mountpoint": mount, "device": "/dev/sda1"}, mount, world, minutes)
    for name in ("nginx.service", "cron.service"):
        unit = {**labels, "name": name, "state": "failed", "type": "simple"}
        yield _state("node_systemd_unit_state", unit, world, minutes, "unit", f"{host} {name}")
    yield _counter(
        "node_systemd_service_restart_total", {**labels, "name": "nginx.service"}, host, world, minutes, "respawn"
    )
    if host == "nas":
        array = {**labels, "device": "md0"}
        yield constant("node_md_disks_required", array, "2", steps)
        active = ["2"] * steps
        world.paint(active, minutes, "raid", host, "1")
        yield Series("node_md_disks", {**array, "state": "active"}, active)
        yield _state("node_md_disks", {**array, "state": "failed"}, world, minutes, "raid", host)
    heat = world.added(minutes, "heat", host)
    warm = [f"{48 + 4 * chance(at // 10, seed(host)) + heat.get(at, 0.0):.0f}" for at in minutes]
    yield Series("node_hwmon_temp_celsius", {**labels, "chip": "cpu", "sensor": "temp1"}, warm)


def _busy(host: str, labels: Labels, world: World, minutes: range) -> Iterator[Series]:
    own, step = seed(host), minutes.step * 60
    off = {at for effect in world.effects("off", host) for at in range(effect.begin, effect.end)}
    extra, quiet = world.added(minutes, "load", host), world.added(minutes, "quiet", host)
    taken, waits = world.added(minutes, "memory", host), world.added(minutes, "wait", host)
    work = {at: _work(host, at, own) for at in minutes}
    share = {at: min(0.98, max(0.01, work[at] + extra.get(at, 0.0) / CPUS)) for at in minutes}
    load = [number(max(0.05, CPUS * work[at] * 1.2 + extra.get(at, 0.0))) for at in minutes]
    yield Series("node_load5", labels, load)
    for cpu in ("0", "1", "2", "3"):
        idle = _sum(minutes, lambda at: step * (1 - share[at]), off)
        yield Series("node_cpu_seconds_total", {**labels, "cpu": cpu, "mode": "idle"}, idle)
        used = _sum(minutes, lambda at: step * share[at], off)
        yield Series("node_cpu_seconds_total", {**labels, "cpu": cpu, "mode": "user"}, used)
    wait = _sum(minutes, lambda at: step * (0.02 + (0.4 if _nightly(host, at) else 0.0) + waits.get(at, 0.0)), off)
    yield Series("node_pressure_io_waiting_seconds_total", labels, wait)
    free = [
        number(MEMORY * max(0.01, 0.5 - 0.15 * work[at] + 0.01 * chance(at // 7, own) - taken.get(at, 0.0)))
        for at in minutes
    ]
    yield Series("node_memory_MemAvailable_bytes", labels, free)
    yield constant("node_memory_MemTotal_bytes", labels, number(MEMORY), len(minutes))
    for way, much in (("receive", 4e5), ("transmit", 9e5)):
        moved = {
            at: step * (work[at] + 0.02) * much * (1 + 0.1 * chance(at, own + 1)) * (1 - quiet.get(at, 0.0))
            for at in minutes
        }
        eth = {**labels, "device": "eth0"}
        yield Series(f"node_network_{way}_bytes_total", eth, _sum(minutes, moved.__getitem__, off))
        packets = {at: size / 900 for at, size in moved.items()}
        yield Series(f"node_network_{way}_packets_total", eth, _sum(minutes, packets.__getitem__, off))
        yield Series(f"node_network_{way}_errs_total", eth, _sum(minutes, lambda at: float(at % 997 == own), off))


def _work(host: str, at: int, own: int) -> float:
    """Share of the processors that is busy with what the host is there for."""
    clock, day = hour(at), weekday(at)
    base = 0.06 + 0.02 * chance(at, own)
    if host.startswith("web"):
        return base + 0.3 * max(0.0, math.sin((clock - 7) / 16 * math.pi)) ** 2 * (0.8 if day > 4 else 1.0)
    if host.startswith(("desk", "ci")) and day < 5 and 8 <= clock < 18:
        return base + 0.3 + 0.1 * chance(at // 20, own)
    return base + (0.7 if _nightly(host, at) else 0.0)


def _nightly(host: str, at: int) -> bool:
    begins = NIGHTLY.get(host)
    return begins is not None and begins <= hour(at) < begins + 1


def _filesystem(host: str, labels: Labels, mount: str, world: World, minutes: range) -> Iterator[Series]:
    added = world.added(minutes, f"copy {mount}", host)
    size, grown = DISK * (8 if mount == "/srv" else 0.2), 0.0
    fills = world.effects(f"fill {mount}", host)
    texts = []
    for at in minutes:
        grown = max((f.size * (at - f.begin) / (f.end - f.begin) for f in fills if f.begin <= at < f.end), default=0.0)
        # Logs grow all day and are rotated at night; what is kept there grows a little each day.
        used = 0.55 + 0.01 * (at % 1440) / 1440 + 0.001 * at / 1440 + added.get(at, 0.0) + grown
        texts.append(number(size * max(0.0, 1 - used)))
    yield Series("node_filesystem_avail_bytes", labels, texts)
    yield constant("node_filesystem_size_bytes", labels, number(size), len(minutes))
    yield constant("node_filesystem_files_free", labels, "800000", len(minutes))
    yield constant("node_filesystem_files", labels, "1000000", len(minutes))
    yield _state("node_filesystem_readonly", labels, world, minutes, f"readonly {mount}", host)


def _state(name: str, labels: Labels, world: World, minutes: range, kind: str, where: str) -> Series:
    values = ["0"] * len(minutes)
    world.paint(values, minutes, kind, where, "1")
    return Series(name, labels, values)


def _counter(name: str, labels: Labels, host: str, world: World, minutes: range, kind: str) -> Series:
    """Grows by `size` in each minute of such an effect."""
    added = world.added(minutes, kind, host)
    return Series(name, labels, _sum(minutes, lambda at: added.get(at, 0.0), set()))


def _sum(minutes: range, rate: Callable[[int], float], off: set[int]) -> list[str]:
    """A counter, which begins anew whenever the host was off."""
    total, texts = 0.0, []
    for at in minutes:
        total = 0.0 if at in off else total + rate(at)
        texts.append(f"{total:.1f}" if total < 1e5 else f"{total:.0f}")
    return texts


def seed(host: str) -> int:
    return sum(ord(letter) * number for number, letter in enumerate(host, 1)) % 997
