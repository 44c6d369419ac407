"""Gathers what one scrape shows: the heartbeats' ready lines, and every family that is built when asked for."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import psutil

from exporter import maintained, meta
from exporter.config import Config
from exporter.exposition import Block
from exporter.heartbeats import schedule_families
from exporter.heartbeats.receiver import Receiver
from exporter.host import Host
from toolkit.families import Family, render
from toolkit.own import Reloads, process


@dataclass(frozen=True, slots=True)
class Sources:
    """Where families come from."""

    receiver: Receiver
    host: Host
    config: Callable[[], Config]
    outcomes: dict[str, int]
    reloads: Reloads


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: the lanes of the heartbeats, or none of them; the readings by name, None: all enabled."""

    heartbeats: bool
    host: bool
    lanes: Sequence[int]
    readings: Collection[str] | None = None


async def host_families(sources: Sources, wanted: Wanted, budget: float) -> list[Family]:
    """The readings of the host, if they are asked for, in at most so many seconds."""
    if not wanted.host or 0 not in wanted.lanes:
        return []
    families = await sources.host.collect(wanted.readings, budget)
    # Dashboards look for the exporter's process beside its host; with the heartbeats it is there already.
    alone = not wanted.heartbeats and wanted.readings is None
    return [*families, *process(psutil.Process())] if alone else families


def pieces(sources: Sources, wanted: Wanted, host: Sequence[Family], openmetrics: bool) -> Iterator[bytes | Block]:
    """An exposition in order, without its end mark; what is not sharded stands in the first shard."""
    receiver = sources.receiver
    if wanted.heartbeats:
        if receiver.ready:  # half of the heartbeats would look like the other half deleted
            yield from receiver.lines.pieces(openmetrics, wanted.lanes)
        if 0 in wanted.lanes:
            calendar, zones = sources.config().calendar, receiver.register.zones
            now = receiver.now()
            schedules = schedule_families.collect(calendar, zones, now)
            schedules.append(maintained.collect(sources.config().maintained, now))
            yield render([*schedules, *meta.collect(receiver, sources.outcomes, sources.reloads)], openmetrics)
    yield render(host, openmetrics)
