"""The way of a receipt: committed, applied, shown, acknowledged, and in that order."""

import asyncio
from pathlib import Path

import pytest

from exporter.heartbeats import receiver as limits
from exporter.heartbeats.declare import Calendar, calendar
from exporter.heartbeats.load import adopt
from exporter.heartbeats.receipt import LOG, START, SUCCESS, Receipt
from exporter.heartbeats.receiver import Unavailable
from exporter.heartbeats.store import StorageError
from exporter.heartbeats.upkeep import windows_open
from tests.heartbeats.clockwork import (
    NOON,
    FakeClock,
    away,
    back,
    defined,
    exposition,
    found,
    made,
    ping,
    several,
    shown,
    started,
)
from toolkit.strict import load as read


async def test_an_acknowledged_receipt_is_on_disk_and_shown(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        clock.go(3)
        promise = receiver.submit(found(receiver, "a"), Receipt(receiver.now(), SUCCESS, body=b"hello"))
        assert not promise.done()
        assert await shown(receiver, "receipts_total", "a", 'kind="success"') == 0
        await receiver.commit()
        assert promise.done()
        assert await shown(receiver, "receipts_total", "a", 'kind="success"') == 1
        assert await shown(receiver, "last_success_timestamp_seconds", "a") == NOON + 3
        assert [entry.receipt.body for entry in await receiver.recent(found(receiver, "a"), 5)] == [b"hello"]


async def test_a_receipt_that_nobody_waits_for_any_more_is_kept(tmp_path: Path) -> None:
    async with started(tmp_path, FakeClock(), defined("a")) as receiver:
        promise = receiver.submit(found(receiver, "a"), Receipt(receiver.now(), SUCCESS))
        promise.cancel()
        await receiver.commit()
        assert found(receiver, "a").counts[SUCCESS] == 1


async def test_a_commit_that_is_cancelled_is_finished_first(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        task = asyncio.create_task(receiver.commit_forever())
        promises = []
        for _ in range(20):
            promises.append(receiver.submit(found(receiver, "a"), Receipt(receiver.now(), SUCCESS)))
            await asyncio.sleep(0.0015)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert found(receiver, "a").last_receipt == receiver.ledger.last
        await receiver.commit()
        assert all(promise.done() for promise in promises)
        assert found(receiver, "a").counts[SUCCESS] == 20
    async with started(tmp_path, clock, defined("a")) as receiver:
        assert found(receiver, "a").counts[SUCCESS] == 20


async def test_more_than_may_wait_is_refused_at_once(tmp_path: Path) -> None:
    async with started(tmp_path, FakeClock(), defined("a")) as receiver:
        a = found(receiver, "a")
        promises = [receiver.submit(a, Receipt(receiver.now(), SUCCESS)) for _ in range(limits.WAITING)]
        with pytest.raises(Unavailable):
            receiver.submit(a, Receipt(receiver.now(), SUCCESS))
        await receiver.commit()
        assert all(promise.done() for promise in promises)
        await ping(receiver, "a")
        assert a.counts[SUCCESS] == limits.WAITING + 1


async def test_a_deleted_heartbeat_is_in_no_scrape_and_its_receipt_harms_nobody(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a"), defined("b")) as receiver:
        a = found(receiver, "a")
        promise = receiver.submit(a, Receipt(receiver.now(), SUCCESS))
        await receiver.remove(a)
        await receiver.commit()
        await promise
        assert 'heartbeat="a"' not in await exposition(receiver)
        await receiver.save()
        again = await receiver.declare(defined("a"))
        assert again.counts == [0, 0, 0, 0]
        assert len([line for line in (await exposition(receiver)).splitlines() if 'heartbeat="a"' in line]) == 17


async def test_two_who_declare_the_same_at_once_make_one(tmp_path: Path) -> None:
    async with started(tmp_path, FakeClock()) as receiver:
        one, two = await asyncio.gather(receiver.declare(defined("a")), receiver.declare(defined("a")))
        assert one is two
        assert receiver.ledger.up
        assert len(receiver.register) == 1


async def test_a_reload_brings_back_what_an_earlier_one_took_out(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a"), defined("b")) as receiver:
        await ping(receiver, "a")
        await adopt(receiver, several([defined("b", every="2m")]), Calendar())
        assert 'heartbeat="a"' not in await exposition(receiver)
        assert await shown(receiver, "expected_interval_seconds", "b") == 120
        await adopt(receiver, several([defined("a"), defined("b")]), Calendar())
        assert found(receiver, "a").counts[SUCCESS] == 1
    async with started(tmp_path, clock, defined("a"), defined("b")) as receiver:
        assert found(receiver, "a").counts[SUCCESS] == 1


async def test_a_reload_that_cannot_be_kept_changes_nothing(tmp_path: Path) -> None:
    async with started(tmp_path, FakeClock(), defined("a"), defined("b")) as receiver:
        before = await exposition(receiver)
        away(tmp_path)
        with pytest.raises(StorageError):
            await adopt(receiver, several([defined("b", every="2m"), defined("c")]), Calendar())
        back(tmp_path)
        await receiver.alive()
        assert await exposition(receiver) == before


async def test_before_the_store_is_loaded_nothing_is_declared_over_what_it_holds(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        await ping(receiver, "a")
    early = made(tmp_path, clock)
    await adopt(early, several([defined("x")]), Calendar())
    with pytest.raises(Unavailable):
        await early.declare(defined("x"))
    await early.drain()
    async with started(tmp_path, clock, defined("a")) as receiver:
        assert found(receiver, "a").counts[SUCCESS] == 1


async def test_maintenance_shows_when_it_opens_and_closes(tmp_path: Path) -> None:
    text = 'maintenance: [{matchers: {host: "web*"}, start: "2023-11-14 13:00", duration: 1h}]'
    planned, clock = calendar(read(text, "file")), FakeClock()
    async with started(tmp_path, clock, defined("a", planned, host="web1"), defined("b", planned)) as receiver:
        open_before = windows_open(planned.maintenance, receiver.now())
        seen = []
        for _ in range(4):
            receiver.reckoning.stale = windows_open(planned.maintenance, receiver.now()) != open_before
            open_before = windows_open(planned.maintenance, receiver.now())
            seen.append((await shown(receiver, "maintenance", "a"), await shown(receiver, "maintenance", "b")))
            for _ in range(600):
                clock.go(4)
                await receiver.watch()
        assert seen == [(0, 0), (0, 0), (1, 0), (0, 0)]


async def test_the_interval_of_a_cron_heartbeat_is_that_of_its_next_slots(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a", cron="0 13,20 * * *")) as receiver:
        assert await shown(receiver, "expected_interval_seconds", "a") == 7 * 3600
        for _ in range(1000):
            clock.go(4)
            await receiver.watch()
        await ping(receiver, "a")
        assert await shown(receiver, "expected_interval_seconds", "a") == 17 * 3600


async def test_each_kind_of_receipt_shows_what_it_tells(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a", max_runtime="1m")) as receiver:
        await ping(receiver, "a", START, rid="1")
        assert await shown(receiver, "run_deadline_timestamp_seconds", "a") == NOON + 60
        clock.go(2)
        await ping(receiver, "a", LOG)
        assert await shown(receiver, "last_seen_timestamp_seconds", "a") == NOON + 2
        assert await shown(receiver, "last_start_timestamp_seconds", "a") == NOON
        await ping(receiver, "a", SUCCESS, rid="1")
        assert await shown(receiver, "last_duration_seconds", "a") == 2
        assert await shown(receiver, "run_deadline_timestamp_seconds", "a") == float("inf")
