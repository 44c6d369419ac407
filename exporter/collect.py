"""Gathers what one scrape shows: the heartbeats' ready lines, and every family that is built when asked for."""

from collections.abc import Iterator, Sequence

from exporter import meta
from exporter.config import Config
from exporter.exposition import Block
from exporter.families import render
from exporter.heartbeats import schedule_families
from exporter.heartbeats.receiver import Receiver


def pieces(
    receiver: Receiver,
    config: Config,
    outcomes: dict[str, int],
    reloads: meta.Reloads,
    openmetrics: bool,
    lanes: Sequence[int],
) -> Iterator[bytes | Block]:
    """An exposition in order, without its end mark; what is not sharded stands in the first shard."""
    yield from receiver.lines.pieces(openmetrics, lanes)
    if 0 in lanes:
        schedules = schedule_families.collect(config.calendar, receiver.register.zones, receiver.now())
        yield render([*schedules, *meta.collect(receiver, outcomes, reloads)], openmetrics)
