"""Nothing is lost, doubled or out of order: a burst, bad answers, an outage, and programs that die in the middle."""

import asyncio
import re
from collections import defaultdict
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from tests.analyzer.discordserver import DiscordServer, Limits, listening
from tests.analyzer.notify.alertmanager import Alert, Chain, chain, fires, now

pytestmark = pytest.mark.parametrize("suite", ["stable", "newest"])

GROUPS, EACH = 40, 5
# A tenth of real life's: the same shape, in seconds.
FAST = Limits(burst_seconds=0.1, minute=30, minute_seconds=0.6, global_seconds=0.1)
JOB = re.compile(r"job-\d+-\d+")


def burst(starts: datetime, ends: datetime | None = None) -> list[Alert]:
    return [fires(group, number, starts, ends) for group in range(GROUPS) for number in range(EACH)]


def every() -> set[str]:
    return {f"job-{group:03}-{number}" for group in range(GROUPS) for number in range(EACH)}


def named(far: DiscordServer, state: str) -> set[str]:
    """The jobs that messages as they stand now tell in this state."""
    return {
        job
        for message in far.messages.values()
        if message.text.startswith(state)
        for job in JOB.findall(message.text.replace("\\", ""))
    }


def by_group(far: DiscordServer) -> dict[str, list[tuple[str, str]]]:
    """What happened to each group, in order: method, and the state that was told."""
    told = defaultdict(list)
    for event in far.events:
        found = re.search(r"host\d+", event.message.text)
        assert found, event.message.text
        told[found[0]].append((event.method, event.message.text.split(" ")[0]))
    return told


async def fire_and_end(at: Chain, far: DiscordServer, interrupt: "Interrupt") -> None:
    """All groups fire and end, with what happens in the middle of each."""
    starts = now()
    await at.post(*burst(starts))
    await far.heard(lambda far: len(far.events) >= GROUPS // 3)
    await interrupt(at, starts, None)
    await far.heard(lambda far: named(far, "FIRING") >= every(), 60)
    ends = now()
    await at.post(*burst(starts, ends))
    await far.heard(lambda far: len(named(far, "RESOLVED")) >= GROUPS * EACH // 3, 60)
    await interrupt(at, starts, ends)
    await far.heard(lambda far: named(far, "RESOLVED") >= every(), 60)


class Interrupt:
    async def __call__(self, at: Chain, starts: datetime, ends: datetime | None) -> None:
        """What goes wrong in the middle."""


async def test_a_burst_with_bad_answers_and_an_outage_loses_and_doubles_nothing(suite: str, tmp_path: Path) -> None:
    class Outage(Interrupt):
        async def __call__(self, at: Chain, starts: datetime, ends: datetime | None) -> None:
            far.outage(1.0)

    async with listening(FAST, failing=0.02, seed=7) as far, chain(suite, tmp_path, far.url()) as at:
        await fire_and_end(at, far, Outage())
    assert far.refusals[400] == 0
    assert set(map(tuple, by_group(far).values())) == {(("POST", "FIRING"), ("PATCH", "RESOLVED"))}


async def test_a_relay_that_is_killed_loses_nothing_and_doubles_one_message_at_most(suite: str, tmp_path: Path) -> None:
    class Kill(Interrupt):
        async def __call__(self, at: Chain, starts: datetime, ends: datetime | None) -> None:
            await at.relay.kill()
            await at.relay.start()

    async with listening(FAST, seed=7) as far, chain(suite, tmp_path, far.url()) as at:
        await fire_and_end(at, far, Kill())
    assert_told_in_order(far, doubled=1)


async def test_an_alertmanager_that_is_killed_loses_nothing_and_doubles_nothing(suite: str, tmp_path: Path) -> None:
    class Kill(Interrupt):
        async def __call__(self, at: Chain, starts: datetime, ends: datetime | None) -> None:
            await at.alertmanager.kill()
            await at.alertmanager.start()
            # Prometheus says all that fires again, and what ended for a quarter of an hour.
            await at.post(*burst(starts, ends))

    async with listening(FAST, seed=7) as far, chain(suite, tmp_path, far.url()) as at:
        await fire_and_end(at, far, Kill())
    assert_told_in_order(far, doubled=0)


def assert_told_in_order(far: DiscordServer, doubled: int) -> None:
    assert len(far.posts) - GROUPS <= doubled
    again = [event for event in far.posts if "Sent again after an interruption" in event.message.text]
    assert len(far.posts) - GROUPS <= len(again), "what may be there twice says so"
    for told in by_group(far).values():
        states = [state for _, state in told]
        assert states == sorted(states), "what fires is told before its end"


async def test_what_ends_while_discord_is_away_is_told_all_the_same(suite: str, tmp_path: Path) -> None:
    starts = now()
    async with listening(seed=7) as far, chain(suite, tmp_path, far.url(), hold=0.2) as at:
        far.outage(3.0)
        await at.post(fires(1, 1, starts))
        await asyncio.sleep(1.0)
        await at.post(fires(1, 1, starts, now()))
        await far.heard(lambda far: len(far.events) == 1)
    assert "job-001-1" in far.events[0].message.text.replace("\\", "")


def says(begins: str, far: DiscordServer) -> bool:
    """Does the latest word begin like this?"""
    return bool(far.events) and far.events[-1].message.text.startswith(begins)


async def test_hosts_that_fail_and_recover_one_after_the_other_are_one_message(suite: str, tmp_path: Path) -> None:
    starts = now()
    async with listening() as far, chain(suite, tmp_path, far.url(), interval="300ms") as at:
        for portion in range(4):
            await at.post(*(fires(1, number, starts) for number in range(3 * portion, 3 * portion + 3)))
            await far.heard(partial(says, f"FIRING {3 * portion + 3} "))
        ends = now()
        await at.post(*(fires(1, number, starts, ends) for number in range(7)))
        await far.heard(partial(says, "FIRING 5, RESOLVED 7 "))
        await at.post(*(fires(1, number, starts, ends) for number in range(7, 12)))
        await far.heard(partial(says, "RESOLVED 12 "))
    assert (len(far.posts), len(far.messages)) == (1, 1)
