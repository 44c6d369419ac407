"""Own downtime, suspended machines and clocks that are set: nobody is called late for it, and the dead are found."""

import asyncio
from pathlib import Path

import pytest

from exporter.heartbeats.receipt import START, SUCCESS, Receipt
from exporter.heartbeats.schedules import RETRIED
from tests.heartbeats.clockwork import NOON, FakeClock, defined, exposition, found, late, made, ping, shown, started

HOUR = 3600.0
STEPS = [-18_000.0, -3600.0, -1.0, 1.0, 3600.0, 18_000.0]


async def test_after_an_hour_down_nobody_is_late_but_the_one_that_died(tmp_path: Path) -> None:
    clock = FakeClock()
    ids = [f"h{n}" for n in range(1000)]
    definitions = [defined(id) for id in ids]
    async with started(tmp_path, clock, *definitions) as receiver:
        for id in ids:
            clock.go(0.06)
            await receiver.watch()
            receiver.submit(found(receiver, id), Receipt(receiver.now(), SUCCESS))
        await receiver.commit()
        await receiver.alive()
    clock.go(HOUR)
    async with started(tmp_path, clock, *definitions) as receiver:
        assert await late(receiver, clock) == set()
        assert receiver.gap_seconds == pytest.approx(HOUR)
        alive, dead = ids[:-1], ids[-1]
        for second in range(200):
            clock.go(1)
            assert await late(receiver, clock) <= {dead}
            for id in alive[second % 60 :: 60]:
                receiver.submit(found(receiver, id), Receipt(receiver.now(), SUCCESS))
            await receiver.commit()
        assert await late(receiver, clock) == {dead}


async def test_downtime_is_credited_once_although_the_next_start_is_cut_short(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a", every="1d")) as receiver:
        await ping(receiver, "a")
        await receiver.alive()
    for _ in range(3):
        clock.go(100)
        async with started(tmp_path, clock, defined("a", every="1d")) as receiver:
            pass  # killed before anything else was written
    async with started(tmp_path, clock, defined("a", every="1d")) as receiver:
        assert await shown(receiver, "deadline_timestamp_seconds", "a") == NOON + 86_400 + 10 + 300


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_is_applied_once_although_the_program_dies_right_after_it(tmp_path: Path, step: float) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        await ping(receiver, "a")
        await receiver.alive()
        clock.go(1)
        clock.step(step)
        await receiver.watch()
    async with started(tmp_path, clock, defined("a")) as receiver:
        assert await shown(receiver, "deadline_timestamp_seconds", "a") == clock.reading.wall + 69
        assert await shown(receiver, "last_success_timestamp_seconds", "a") == clock.reading.wall - 1


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_leaves_what_is_left_of_the_wait(tmp_path: Path, step: float) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a", max_runtime="5m")) as receiver:
        await ping(receiver, "a")
        await ping(receiver, "a", START, rid="1")
        clock.go(4)
        clock.step(step)
        wall = clock.reading.wall
        for name in ("last_success", "last_seen", "last_start"):
            assert wall - await shown(receiver, f"{name}_timestamp_seconds", "a") == pytest.approx(4)
        assert await shown(receiver, "deadline_timestamp_seconds", "a") - wall == pytest.approx(66)
        assert await shown(receiver, "run_deadline_timestamp_seconds", "a") - wall == pytest.approx(296)
        await ping(receiver, "a", SUCCESS, rid="1")
        assert await shown(receiver, "last_duration_seconds", "a") == pytest.approx(4)
        for _ in range(17):
            clock.go(4)
            await receiver.watch()
            assert await late(receiver, clock) == set()
        clock.go(3)
        assert await late(receiver, clock) == {"a"}


@pytest.mark.parametrize("step", STEPS)
async def test_a_step_while_stopped_leaves_what_is_left_of_the_wait(tmp_path: Path, step: float) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        await ping(receiver, "a")
        await receiver.alive()
    clock.go(8)
    clock.step(step)
    async with started(tmp_path, clock, defined("a")) as receiver:
        assert await shown(receiver, "deadline_timestamp_seconds", "a") - clock.reading.wall == pytest.approx(70)
        assert clock.reading.wall - await shown(receiver, "last_seen_timestamp_seconds", "a") == pytest.approx(8)


async def test_steps_below_a_second_are_followed_without_a_word(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        await ping(receiver, "a")
        last = receiver.ledger.last
        for _ in range(20):
            clock.go(1)
            clock.step(0.01)
            await receiver.watch()
        assert receiver.ledger.last == last
        assert receiver.now() == pytest.approx(clock.reading.wall)
        assert await shown(receiver, "deadline_timestamp_seconds", "a") == NOON + 70


async def test_a_cron_heartbeat_is_due_by_the_clock_that_was_set(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a", cron="0 13 * * *", grace="5m")) as receiver:
        await ping(receiver, "a")
        for step in (1200.0, -1200.0):
            clock.step(step)
            assert await shown(receiver, "deadline_timestamp_seconds", "a") == NOON + HOUR + 300
        for _ in range(600):
            clock.go(4)
            await receiver.watch()
        clock.step(1800)  # from 12:40 to 13:10, over the slot: its grace begins where the clock arrived
        assert await shown(receiver, "deadline_timestamp_seconds", "a") == NOON + 4200 + 300
        clock.step(HOUR)  # the receipt came 40 minutes ago, so by this clock it came after the slot
        assert await shown(receiver, "deadline_timestamp_seconds", "a") == NOON + HOUR + 86_400 + 300


async def test_a_suspended_machine_did_not_listen(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a"), defined("b", every="1d")) as receiver:
        await ping(receiver, "a")
        await ping(receiver, "b")
        clock.go(HOUR)
        assert await late(receiver, clock) == set()
        assert await shown(receiver, "deadline_timestamp_seconds", "b") == NOON + 86_400 + 10 + HOUR
        assert receiver.gap_seconds == HOUR
        clock.go(131)
        await receiver.watch()


async def test_another_boot_counts_what_the_wall_clock_says(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a", every="1d")) as receiver:
        await ping(receiver, "a")
        await receiver.alive()
    clock.boot(away=600)
    async with started(tmp_path, clock, defined("a", every="1d")) as receiver:
        assert await shown(receiver, "deadline_timestamp_seconds", "a") == NOON + 86_400 + 10 + 600
    clock.boot(away=-100_000)
    async with started(tmp_path, clock, defined("a", every="1d")) as receiver:
        remaining = await shown(receiver, "deadline_timestamp_seconds", "a") - clock.reading.wall
        assert remaining == pytest.approx(86_410)


@pytest.mark.parametrize("step", STEPS)
async def test_a_receipt_between_a_step_and_the_next_look_moves_along(tmp_path: Path, step: float) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        clock.go(2)
        clock.step(step)
        await ping(receiver, "a")  # in the old reckoning, committed before the look
        promise = receiver.submit(found(receiver, "a"), Receipt(receiver.now(), SUCCESS))  # and one that waits
        await receiver.watch()
        await receiver.commit()
        await promise
        wall = clock.reading.wall
        assert await shown(receiver, "last_seen_timestamp_seconds", "a") == pytest.approx(wall)
        assert await shown(receiver, "deadline_timestamp_seconds", "a") == pytest.approx(wall + 70)
        times = [entry.receipt.time for entry in await receiver.recent(found(receiver, "a"), 2)]
        assert times == [pytest.approx(wall), pytest.approx(wall - step)]  # the log has each in its own reckoning
        await receiver.alive()
    async with started(tmp_path, clock, defined("a")) as receiver:
        assert await shown(receiver, "last_seen_timestamp_seconds", "a") == pytest.approx(wall)


async def test_two_looks_at_once_find_a_step_once(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        await ping(receiver, "a")
        clock.step(HOUR)
        await asyncio.gather(receiver.look(), receiver.look(), receiver.watch(), receiver.alive())
        assert await shown(receiver, "deadline_timestamp_seconds", "a") == NOON + HOUR + 70
        assert len(receiver.reckoning.timeline.jumps) == 1


async def test_nothing_is_reckoned_before_the_store_is_loaded(tmp_path: Path) -> None:
    clock = FakeClock()
    receiver = made(tmp_path, clock)
    clock.step(HOUR)
    await receiver.look()
    await receiver.alive()
    await receiver.save()
    assert not (tmp_path / "heartbeats.db").exists()
    await receiver.ledger.close()


async def test_the_history_does_not_grow_without_end(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        for _ in range(40):
            clock.step(2)
            await receiver.watch()
        assert len(receiver.unsaved) == 1


async def test_a_run_is_forgotten_when_its_end_may_have_been_missed(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a", every="1d", max_runtime="1h")) as receiver:
        await ping(receiver, "a", START, rid="1")
        clock.go(RETRIED - 1)
        await receiver.watch()
        assert await shown(receiver, "run_deadline_timestamp_seconds", "a") == NOON + HOUR + RETRIED - 1
        clock.go(RETRIED)
        await receiver.watch()
        assert await shown(receiver, "run_deadline_timestamp_seconds", "a") == float("inf")
        assert "NaN" in await exposition(receiver)
