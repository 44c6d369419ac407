"""A digest is sent once per period: after restarts, outages, interruptions and in DST nights too."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import time
from pathlib import Path

import pytest

from analyzer.digest.declare import DigestConfig
from analyzer.digest.period import Period
from analyzer.digest.report import Digest
from analyzer.digest.scheduled import LATE, Scheduled
from analyzer.notify.counts import Counts
from analyzer.notify.deliver import TWICE
from analyzer.notify.incident import Step
from analyzer.notify.message import Message
from analyzer.notify.service import Undelivered
from analyzer.store import Store
from tests.analyzer.digest.made import BERLIN, QUIET, utc

DAILY = DigestConfig("day", time(7), BERLIN, None, ("there",))
HOUR = 3600.0


@dataclass
class There:
    """A service that remembers what it was told, and may be down."""

    name: str = "there"
    severities: frozenset[str] = frozenset()
    heard: list[Message] = field(default_factory=list)
    trouble: Undelivered | None = None
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def wait(self) -> float:
        return 0.0

    async def tell(self, message: Message, step: Step, messages: tuple[str, ...]) -> tuple[str, ...]:
        if self.trouble:
            raise self.trouble
        self.heard.append(message)
        self.told.set()
        return messages


@dataclass
class World:
    """A clock that is set by hand, a store on disk, and the service; `periods` were gathered."""

    folder: Path
    now: float = utc("2026-11-20 12:00")
    there: There = field(default_factory=There)
    config: DigestConfig = DAILY
    counts: Counts = field(default_factory=Counts)
    periods: list[Period] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """The program, as after a restart: nothing is known but what is on disk."""
        self.store = Store(self.folder)
        self.scheduled = Scheduled(self.store, self.counts, self.gather, lambda: self.now)
        self.scheduled.use(self.config, [self.there])

    def restart(self) -> None:
        self.store.close()
        self.start()

    async def gather(self, period: Period) -> Digest:
        self.periods.append(period)
        return replace(QUIET, period=period, made=self.now)

    async def at(self, text: str) -> int:
        """Look at the clock at that time; how many digests have arrived until now."""
        self.now = utc(text)
        await self.scheduled.tick()
        return len(self.there.heard)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    world.store.close()


async def test_the_first_one_comes_when_it_is_due_and_each_comes_once(world: World) -> None:
    assert await world.at("2026-11-20 12:00") == 0
    assert await world.at("2026-11-21 05:59") == 0
    assert await world.at("2026-11-21 06:00") == 1
    assert await world.at("2026-11-21 06:01") == 1
    assert await world.at("2026-11-22 05:59") == 1
    assert await world.at("2026-11-22 06:00") == 2
    assert [(period.begin, period.end) for period in world.periods] == [
        (utc("2026-11-20 06:00"), utc("2026-11-21 06:00")),
        (utc("2026-11-21 06:00"), utc("2026-11-22 06:00")),
    ]
    assert world.counts.outcomes["there", "delivered"] == 2
    assert world.counts.successes["there"] == utc("2026-11-22 06:00")


async def test_a_restart_neither_repeats_nor_forgets_one(world: World) -> None:
    await world.at("2026-11-20 12:00")
    assert await world.at("2026-11-21 06:00") == 1
    world.restart()
    assert await world.at("2026-11-21 06:01") == 1
    world.restart()
    assert await world.at("2026-11-22 09:00") == 2
    assert LATE in world.there.heard[1].notes


async def test_a_program_that_was_off_for_days_tells_of_all_of_them_in_one(world: World) -> None:
    await world.at("2026-11-16 12:00")
    world.restart()
    assert await world.at("2026-11-20 12:00") == 1
    assert (world.periods[0].begin, world.periods[0].end) == (utc("2026-11-16 06:00"), utc("2026-11-20 12:00"))
    await world.at("2026-11-21 06:00")
    assert (world.periods[1].begin, world.periods[1].end) == (utc("2026-11-20 12:00"), utc("2026-11-21 06:00"))


async def test_one_that_cannot_be_delivered_is_tried_again_more_and_more_seldom_until_it_is_told(world: World) -> None:
    await world.at("2026-11-20 12:00")
    world.there.trouble = Undelivered("down", "unreachable")
    tries = []
    for minute in range(180):
        world.now = utc("2026-11-21 06:00") + 60 * minute
        before = world.counts.outcomes["there", "unreachable"]
        await world.scheduled.tick()
        tries += [minute] * (world.counts.outcomes["there", "unreachable"] - before)
    assert tries == [0, 1, 3, 7, 15, 31, 61, 91, 121, 151]
    world.there.trouble = None
    assert await world.at("2026-11-21 09:01") == 1
    assert world.there.heard[0].notes == (LATE,)
    assert world.periods[-1].end == utc("2026-11-21 09:01")
    assert await world.at("2026-11-21 09:05") == 1


async def test_one_that_was_never_delivered_is_part_of_the_next(world: World) -> None:
    await world.at("2026-11-20 12:00")
    world.there.trouble = Undelivered("down", "unreachable")
    await world.at("2026-11-21 06:00")
    world.there.trouble = None
    assert await world.at("2026-11-22 06:00") == 1
    assert world.periods[-1].begin == utc("2026-11-20 06:00")


async def test_whoever_was_interrupted_in_sending_sends_it_again_and_says_so(world: World) -> None:
    await world.at("2026-11-20 12:00")
    world.there.trouble = Undelivered("no end after 30 s", "unreachable", unsure=True)
    await world.at("2026-11-21 06:00")
    world.there.trouble = Undelivered("refused", "refused")
    await world.at("2026-11-21 06:01")
    world.there.trouble = None
    world.restart()
    assert await world.at("2026-11-21 06:02") == 1
    assert world.there.heard[0].notes == (TWICE,)
    world.restart()
    assert await world.at("2026-11-21 06:03") == 1


async def test_one_that_was_surely_not_taken_does_not_say_that_it_may_be_there_twice(world: World) -> None:
    await world.at("2026-11-20 12:00")
    world.there.trouble = Undelivered("refused", "refused")
    await world.at("2026-11-21 06:00")
    world.there.trouble = None
    await world.at("2026-11-21 06:02")
    assert world.there.heard[0].notes == ()


async def test_a_service_that_fails_keeps_none_from_another(world: World) -> None:
    other = There("other")
    world.scheduled.use(DAILY, [world.there, other])
    await world.at("2026-11-20 12:00")
    world.there.trouble = Undelivered("down", "unreachable")
    await world.at("2026-11-21 06:00")
    assert len(other.heard) == 1
    world.there.trouble = None
    assert await world.at("2026-11-21 06:05") == 1
    assert len(other.heard) == 1


@pytest.mark.parametrize("night", ["2026-03-29", "2026-10-25"])
@pytest.mark.parametrize("at", ["02:30", "02:00", "03:00", "00:00", "07:00"])
async def test_in_a_night_when_clocks_change_it_comes_once(tmp_path: Path, night: str, at: str) -> None:
    config = replace(DAILY, at=time.fromisoformat(at))
    world = World(tmp_path, now=utc(f"{night} 12:00") - 48 * HOUR, config=config)
    await world.scheduled.tick()
    end = utc(f"{night} 12:00") + 24 * HOUR
    while world.now < end:
        world.now += 600
        await world.scheduled.tick()
        if world.now % 7200 == 0:
            world.restart()
    world.store.close()
    assert len(world.there.heard) == 3
    assert world.periods[0].end == world.periods[1].begin
    assert world.periods[1].end == world.periods[2].begin


async def test_a_clock_that_was_far_ahead_for_a_while_silences_nothing(world: World) -> None:
    await world.at("2026-11-20 12:00")
    assert await world.at("2031-01-01 12:00") == 1
    assert await world.at("2026-11-21 12:00") == 1
    assert await world.at("2026-11-22 12:00") == 2


async def test_a_digest_that_cannot_be_shown_ends_nothing(world: World) -> None:
    async def broken(period: Period) -> Digest:
        raise ZeroDivisionError

    await world.at("2026-11-20 12:00")
    world.scheduled.gather = broken
    assert await world.at("2026-11-21 06:00") == 0
    assert world.counts.outcomes["there", "failed"] == 1
    world.scheduled.gather = world.gather
    assert await world.at("2026-11-21 06:01") == 1


async def test_without_a_digest_nothing_is_sent_and_it_can_be_taken_away(world: World) -> None:
    await world.at("2026-11-20 12:00")
    world.scheduled.use(None, [])
    assert await world.at("2026-11-22 06:00") == 0


async def test_what_is_due_is_looked_for_until_the_end(world: World) -> None:
    world.scheduled.look = 0.01
    await world.at("2026-11-20 12:00")
    world.now = utc("2026-11-21 06:00")
    task = asyncio.create_task(world.scheduled.forever())
    async with asyncio.timeout(10):
        await world.there.told.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
