"""What the exporter says of the heartbeats: its own reckoning, fed with the receipts of a month."""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random

from bench.noise.month import ORIGIN, ZONE
from bench.noise.series import Series, hide
from bench.noise.world import World
from exporter import maintained
from exporter.config import Config
from exporter.heartbeats import schedule_families
from exporter.heartbeats.heartbeat import Definition, Heartbeat
from exporter.heartbeats.receipt import FAIL, START, SUCCESS, Receipt
from exporter.heartbeats.schedules import Every, Gap
from toolkit.families import Labels

EACH = range(24)  # hours
OUTSIDE = "web"  # hosts of this name are behind the internet
USUAL = {"backup-db01": 40, "backup-db02": 45, "backup-mail": 30, "backup-nas": 90, "vault-verify": 150, "report": 3}
GAUGES = (
    "deadline_timestamp_seconds", "run_deadline_timestamp_seconds", "last_seen_timestamp_seconds",
    "last_duration_seconds", "failing", "maintenance", "paused",
)  # fmt: skip


def beats(
    definition: Definition, world: World, heard: list[str], minutes: range, origin: float, names: Sequence[str] = GAUGES
) -> Iterator[Series]:
    """The series of one heartbeat; instants are seconds after `origin`."""
    labels = {"heartbeat": definition.id, "host": definition.host}
    rows = _rows(definition, world, minutes, origin)
    for number, name in enumerate(GAUGES):
        if name in names:
            yield Series(f"heartbeat_{name}", labels, hide([row[number] for row in rows], heard))
    info = {**labels, "name": definition.name, "schedule": definition.schedule, "timezone": definition.timezone}
    yield Series("heartbeat_info", info, hide(["1"] * len(minutes), heard))


def schedules(config: Config, heard: list[str], minutes: range) -> Iterator[Series]:
    """Which schedules are open, the offsets of their zones, and which hosts are under maintenance."""
    values: dict[tuple[str, Labels], list[str]] = {}
    for at in minutes:
        now = ORIGIN + at * 60
        families = schedule_families.collect(config.calendar, [], now)[:2]
        for family in (*families, maintained.collect(config.maintained, now)):
            for sample in family.samples:
                key = (family.name, sample.labels)
                values.setdefault(key, []).append(f"{sample.value:g}")
    for (name, labels), texts in values.items():
        yield Series(name, dict(labels), hide(texts, heard))


def _rows(definition: Definition, world: World, minutes: range, origin: float) -> list[tuple[str, ...]]:
    began = ORIGIN + minutes.start * 60
    heartbeat = Heartbeat(1, definition, began)
    heartbeat.settle()
    absent = sorted((e.begin, e.end) for e in world.effects("exporter"))
    gaps = [Gap(ORIGIN + begin * 60, ORIGIN + end * 60) for begin, end in absent]
    waiting = list(reversed([r for r in receipts(definition, world, minutes) if r.time >= began]))
    rows, number = [], 0
    for at in minutes:
        now = ORIGIN + at * 60
        while waiting and waiting[-1].time <= now:
            number += 1
            heartbeat.apply(number, waiting.pop())
        # As the receiver does: with each receipt and whenever a window opens or closes.
        heartbeat.maintenance = any(window.active(now) for window in definition.plan.maintenance)
        heartbeat.settle([gap for gap in gaps if gap.end <= now])
        rows.append(_values(heartbeat, origin))
    return rows


def _values(heartbeat: Heartbeat, origin: float) -> tuple[str, ...]:
    return (
        _instant(heartbeat.deadline.at, origin),
        _instant(heartbeat.run_deadline, origin),
        _instant(heartbeat.seen, origin) if heartbeat.seen else "0",
        "NaN" if math.isnan(heartbeat.duration) else f"{heartbeat.duration:.0f}",
        f"{heartbeat.failing:d}",
        f"{heartbeat.maintenance:d}",
        "0",
    )


def _instant(value: float, origin: float) -> str:
    return "Inf" if value == math.inf else f"{value - origin:.0f}"


def receipts(definition: Definition, world: World, minutes: range) -> Iterator[Receipt]:
    """What arrives, in order of time: nothing from a host that is off, away, or while nobody listens."""
    rule = definition.plan.rule
    chance = Random(definition.id)
    sent = _signs(rule.interval(0), definition, world, minutes, chance) if isinstance(rule, Every) else None
    for receipt in sorted(sent if sent is not None else _runs(definition, world, minutes, chance)):
        at = (receipt.time - ORIGIN) / 60
        away = any(world.holds(at, kind, definition.host) for kind in ("off", "net"))
        unreached = definition.host.startswith(OUTSIDE) and world.holds(at, "outside")
        if not (away or unreached or world.holds(at, "exporter")):
            yield receipt


def _signs(every: float, definition: Definition, world: World, minutes: range, chance: Random) -> Iterator[Receipt]:
    """A ping every few minutes at the host's own second, up to half a minute late; and one after each start."""
    phase = chance.uniform(0, every)
    for number in range(int(len(minutes) * minutes.step * 60 // every) + 1):
        yield Receipt(ORIGIN + minutes.start * 60 + phase + number * every + chance.uniform(0, 30), SUCCESS)
    for effect in world.effects("off", definition.host):
        yield Receipt(ORIGIN + effect.end * 60 + 20, SUCCESS)


def _runs(definition: Definition, world: World, minutes: range, chance: Random) -> Iterator[Receipt]:
    """A job that tells its start and its end, begun by cron: once at the time on the wall, or in each real hour."""
    hours, minute, days = _times(definition.id)
    day = datetime.fromtimestamp(ORIGIN + minutes.start * 60, ZONE).replace(hour=0, minute=0)
    last = ORIGIN + (minutes.start + len(minutes) * minutes.step) * 60
    while day.timestamp() <= last:
        after = (day.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=ZONE)
        if hours == EACH:
            slots = [float(at) + minute * 60 for at in range(int(day.timestamp()), int(after.timestamp()), 3600)]
        else:
            slots = [day.replace(hour=one, minute=minute).timestamp() for one in hours]
        for slot in slots if day.weekday() in days else ():
            yield from _run(definition.id, slot + chance.uniform(1, 20), world, chance)
        day = after


def _run(id: str, begins: float, world: World, chance: Random) -> Iterator[Receipt]:
    at = (begins - ORIGIN) / 60
    takes = USUAL.get(id, 8) * 60 * chance.uniform(0.85, 1.2)
    more = [effect.size for effect in world.effects("takes", id) if effect.begin <= at < effect.end]
    takes *= more[0] if more else 1.0
    if world.holds(at, "skips", id):
        return
    yield Receipt(begins, START)
    if not world.holds(at, "hangs", id):
        fails = world.holds(at, "fails", id)
        yield Receipt(begins + takes, FAIL if fails else SUCCESS, 1 if fails else 0)


def _times(id: str) -> tuple[Sequence[int], int, Sequence[int]]:
    """Hours, minute, days of the week (0 is Monday), as fleet.yml says."""
    week = range(7)
    return {
        "backup-db01": ([2], 0, week),
        "backup-db02": ([2], 30, week),
        "backup-mail": ([2], 15, week),
        "backup-nas": ([3], 0, week),
        "vault-verify": ([6], 0, [6]),
        "ci-hourly": (EACH, 5, week),
        "report": ([7], 30, range(5)),
    }[id]
