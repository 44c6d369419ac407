"""What the log review says of the hosts it reads: every half hour, each host at its own minute."""

from collections.abc import Iterator, Sequence

from bench.noise.month import ORIGIN, hour
from bench.noise.readings import chance, seed
from bench.noise.series import Series, constant, hide, number
from bench.noise.world import World

REVIEWED = ("web01", "web02", "web03", "web04", "web05", "web06", "nas", "vault", "db01", "db02", "mail", "ci")
OUTSIDE = ("web01", "web02", "web03", "web04", "web05", "web06")
EVERY = 30
SOURCE = "journal"


def review(hosts: Sequence[str], world: World, heard: list[str], minutes: range, origin: float) -> Iterator[Series]:
    """All series of the analyzer; instants are seconds after `origin`."""
    for host in hosts:
        for series in _host(host, world, minutes, origin):
            yield Series(series.name, series.labels, hide(series.values, heard))


def volume(hosts: Sequence[str], world: World, heard: list[str], minutes: range) -> Iterator[Series]:
    """Only what is compared with weeks ago."""
    for host in hosts:
        runs = [_run(host, world, at) for at in minutes]
        for series in (_lines(host, world, minutes, runs), *_standing(host, minutes, runs)):
            yield Series(series.name, series.labels, hide(series.values, heard))


def _run(host: str, world: World, at: int) -> tuple[int, bool]:
    """The minute of the last review, and whether the host could be read then."""
    run = at - (at + seed(host)) % EVERY
    away = any(world.holds(run, kind, host) for kind in ("off", "net", "unread"))
    return run, not (away or (host in OUTSIDE and world.holds(run, "outside")))


def _host(host: str, world: World, minutes: range, origin: float) -> Iterator[Series]:
    runs = [_run(host, world, at) for at in minutes]
    yield from _standing(host, minutes, runs)
    yield _lines(host, world, minutes, runs)
    success, last = [], runs[0][0]
    for run, read in runs:
        last = run if read else last
        success.append(f"{ORIGIN - origin + last * 60:.0f}")
    labels = {"host": host, "source": SOURCE}
    yield Series("log_review_last_success_timestamp_seconds", labels, success)
    found = {severity: [_found(host, world, run, severity) for run, _ in runs] for severity in ("critical", "warning")}
    for severity, category in (("critical", "security"), ("warning", "service")):
        own = {"host": host, "severity": severity, "category": category}
        yield Series("log_review_findings", own, [f"{n}" for n in found[severity]])
    scores = [
        max(0, round(96 - 3 * abs(chance(run, 11)) - 45 * critical - 20 * warning))
        for (run, _), critical, warning in zip(runs, found["critical"], found["warning"], strict=True)
    ]
    yield Series("log_review_health_score", {"host": host}, [f"{score}" for score in scores])
    changes = [f"{_found(host, world, run, 'change')}" for run, _ in runs]
    yield Series("log_review_baseline_changes", {"host": host, "kind": "packages"}, changes)


def _standing(host: str, minutes: range, runs: list[tuple[int, bool]]) -> Iterator[Series]:
    yield Series("log_review_up", {"host": host, "source": SOURCE}, [f"{read:d}" for _, read in runs])
    yield constant("log_review_interval_seconds", {"host": host}, f"{EVERY * 60}", len(minutes))


def _lines(host: str, world: World, minutes: range, runs: list[tuple[int, bool]]) -> Series:
    """Lines are counted when they are read, those of a missed review with the next."""
    total, texts, before = 0.0, [], runs[0][0]
    for run, read in runs:
        if read and run > before:
            total += sum(_logged(host, world, at) for at in range(before, run, 10)) * 10
            before = run
        texts.append(number(total) if total < 1e4 else f"{total:.0f}")
    return Series("log_review_lines_total", {"host": host, "source": SOURCE}, texts)


def _logged(host: str, world: World, at: int) -> float:
    """Lines in that minute: by day more than at night."""
    busy = 20 + 30 * (7 <= hour(at) < 22) + 3 * chance(at, seed(host))
    more = [effect.size for effect in world.effects("chatty", host) if effect.begin <= at < effect.end]
    return max(1.0, busy) * (more[0] if more else 1.0)


def _found(host: str, world: World, run: int, kind: str) -> int:
    return sum(int(e.size) for e in world.effects(kind, host) if e.begin <= run < e.end)
