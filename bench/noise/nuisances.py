"""What happens in any month and is nobody's business at night: not one message may come of it. Seeded."""

from collections.abc import Iterator
from random import Random

from bench.noise.fleet import Fleet
from bench.noise.month import DAY, MINUTES, local, minute, weekday
from bench.noise.readings import NIGHTLY
from bench.noise.world import Effect, Event

HOLIDAYS = {"office": ("2026-10-30",), "vienna": ("2026-10-26",)}
OPENS = {"office": 8 * 60, "vienna": 7 * 60 + 30}
HISTORY = 28 * DAY  # minutes before the month that usual values look at


def nuisances(fleet: Fleet, chance: Random, avoid: tuple[Event, ...]) -> tuple[Event, ...]:
    """All of them. Where an incident is under way at the same place, nothing else happens."""
    names = [target.host for target in fleet.hosts]
    desks = {host.host: host.schedule for host in fleet.config.hosts if host.schedule}
    servers = [name for name in names if name not in desks]
    found = [
        *_reboots(servers, chance),
        *_lost(names, fleet, chance),
        *_short("exporter restarted", "exporter", "", 6, chance),
        *_short("Prometheus restarted", "prometheus", "", 4, chance, most=3),
        *_short("analyzer restarted", "analyzer", "", 4, chance),
        *_drops(chance),
        *_desks(desks, chance),
        *_work(chance),
        *_probes(fleet, chance),
        *_logs(chance),
        *_maintained(),
    ]
    return tuple(event for event in found if not any(_clash(event, other) for other in avoid))


def nuisance(title: str, begin: int, end: int, *effects: Effect) -> Event:
    return Event(title, begin, end, effects, about=frozenset(effect.where for effect in effects))


def one(title: str, kind: str, where: str, begin: int, lasts: int, size: float = 0.0) -> Event:
    return nuisance(title, begin, begin + lasts, Effect(kind, where, begin, begin + lasts, size))


def _clash(event: Event, other: Event) -> bool:
    """Would this nuisance blur that incident?"""
    same = {effect.where for effect in event.effects} & ({effect.where for effect in other.effects} | other.about)
    long = event.end - event.begin > DAY or other.end - other.begin > 7 * DAY
    return bool(same) and not long and event.begin < other.end + 120 and other.begin - 120 < event.end


def _night(chance: Random, day: int) -> int:
    """A minute between 3:30 and 5:00 of that day."""
    return day * DAY + 90 + chance.randrange(90)


def _reboots(servers: list[str], chance: Random) -> Iterator[Event]:
    """After upgrades: each host twice a month at night, away for two to four minutes."""
    for host in servers:
        if host == "watch":
            continue
        for day in chance.sample(range(1, 31), 2):
            yield one("reboot at night", "off", host, _night(chance, day), chance.randint(2, 4))


def _lost(names: list[str], fleet: Fleet, chance: Random) -> Iterator[Event]:
    """Scrapes that fail though nothing is wrong: of one minute, sometimes two or three."""
    for name in [*names, *(f"probe {target.probe}" for target in fleet.probes), "exporter", "analyzer"]:
        for _ in range(10):
            begin = chance.randrange(60, MINUTES - 60)
            lasts = 1 if name == "exporter" else chance.choice((1, 1, 1, 2, 3))
            yield one("scrape lost", "lost", name, begin, lasts)


def _short(title: str, kind: str, where: str, times: int, chance: Random, most: int = 1) -> Iterator[Event]:
    for _ in range(times):
        begin = chance.randrange(DAY, MINUTES - DAY)
        yield one(title, kind, where, begin, chance.randint(1, most), 0.0)


def _drops(chance: Random) -> Iterator[Event]:
    """A link that drops for a minute or two, twice in an hour, and not again for days."""
    for host in ("lab", "nas", "desk03", "web05"):
        for _ in range(3):
            begin = chance.randrange(DAY, MINUTES - DAY)
            pieces = [
                Effect("net", host, at, at + chance.randint(1, 2)) for at in (begin, begin + chance.randint(8, 40))
            ]
            yield nuisance("link drops twice", begin, pieces[-1].end, *pieces)


def _desks(desks: dict[str, str], chance: Random) -> Iterator[Event]:
    """Switched off in the evening, on in the morning before work, and not at all on weekends and holidays."""
    for host, schedule in [*desks.items(), ("printer", "office")]:
        off = -HISTORY - 10 * 60
        for day in range(-28, 31):
            noon = day * DAY + 600
            if weekday(noon) > 4 or f"{local(noon):%Y-%m-%d}" in HOLIDAYS[schedule]:
                continue
            midnight = minute(f"{local(noon):%m-%d} 00:00")
            on = midnight + OPENS[schedule] - chance.randint(6, 40)
            yield one("desk off out of hours", "off", host, off, on - off)
            off = midnight + OPENS[schedule] + 600 + chance.randint(2, 90)
        yield one("desk off out of hours", "off", host, off, MINUTES + DAY - off)


def _work(chance: Random) -> Iterator[Event]:
    """Backups at night, builds by day, a large copy now and then: heavy, and wanted."""
    for day in range(-28, 31):
        for host, begins in NIGHTLY.items():
            begin = minute(f"{local(day * DAY + 600):%m-%d} 00:00") + int(begins * 60)
            yield one("backup works", "load", host, begin, 60, 3.0)
        if weekday(day * DAY + 600) < 5:
            for _ in range(5):
                yield one("build runs", "load", "ci", day * DAY + chance.randrange(420, 900), 12, 7.0)
    for host in ("nas", "vault"):
        for day in chance.sample(range(1, 30), 4):
            begin = day * DAY + chance.randrange(600)
            pieces = [Effect("copy /srv", host, begin + n, begin + 400, 0.0006) for n in range(0, 200)]
            yield nuisance("large copy, removed later", begin, begin + 400, *pieces)
    for host in ("web01", "web06", "mail", "lab"):
        begin = chance.randrange(DAY, MINUTES - 2 * DAY)
        yield one("program takes memory once", "memory", host, begin, DAY, 0.15)
    for day in chance.sample(range(31), 8):
        begin = minute(f"{local(day * DAY + 600):%m-%d} 02:00")
        yield one("backup takes half as long again", "takes", "backup-db01", begin, 60, 1.5)
    for host in ("web02", "db02", "vault"):
        yield one("unit fails for a moment", "unit", f"{host} cron.service", chance.randrange(DAY, MINUTES), 3)


def _probes(fleet: Fleet, chance: Random) -> Iterator[Event]:
    """A probe that fails once, and a few slow minutes."""
    for target in fleet.probes:
        for _ in range(6):
            yield one("probe fails once", "blip", target.probe, chance.randrange(60, MINUTES), 1)
        for _ in range(3):
            yield one(
                "slow for minutes", "slow", target.probe, chance.randrange(DAY, MINUTES), chance.randint(3, 8), 0.4
            )


def _logs(chance: Random) -> Iterator[Event]:
    for host in ("web01", "nas", "db01", "ci"):
        begin = chance.randrange(DAY, MINUTES - DAY)
        yield one("upgrade, accepted soon", "change", host, begin, 40, 3)
        yield one("logs four times as much for a while", "chatty", host, chance.randrange(DAY, MINUTES - DAY), 20, 4.0)


def _maintained() -> Iterator[Event]:
    """Announced in fleet.yml: the rented hosts one night, nas each Saturday."""
    begin = minute("11-03 22:10")
    for number in range(1, 7):
        yield one("maintenance", "off", f"web{number:02}", begin + 10 * number, 100)
    for day in ("10-10", "10-17", "10-24", "10-31", "11-07"):
        yield one("maintenance", "off", "nas", minute(f"{day} 05:05"), 40)
