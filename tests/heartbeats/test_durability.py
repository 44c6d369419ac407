"""What a crash leaves is what was there: snapshots and replayed log give the state that never stopped."""

import random
import signal
import sqlite3
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import pytest

from exporter.heartbeats.declare import Calendar
from exporter.heartbeats.heartbeat import Heartbeat
from exporter.heartbeats.load import load
from exporter.heartbeats.receipt import FAIL, LOG, START, SUCCESS
from exporter.heartbeats.receiver import Receiver, Unavailable
from exporter.heartbeats.store import FILE, StorageError
from exporter.heartbeats.upkeep import prune
from tests.heartbeats.clockwork import FakeClock, away, back, defined, found, made, ping, several, started
from tests.program import running

SPECS: dict[str, dict[str, Any]] = {
    "plain": {},
    "long": {"every": "1d", "max_runtime": "1h"},
    "cron": {"cron": "*/10 * * * *", "early": "1m", "max_runtime": "30s"},
}
DEFINITIONS = several(defined(id, **spec) for id, spec in SPECS.items())
RIDS = [f"00000000-0000-0000-0000-00000000000{n}" for n in range(4)]


def facts(heartbeat: Heartbeat) -> dict[str, Any]:
    """All that a heartbeat knows; instants to the microsecond, since a step and its replay may round apart."""
    snapshot = heartbeat.snapshot() | {"at": heartbeat.deadline.at, "run": heartbeat.run_deadline}
    snapshot["runs"] = {rid: round(start, 5) for rid, start in (heartbeat.runs or {}).items()}
    return {name: round(value, 5) if isinstance(value, float) else value for name, value in snapshot.items()}


def all_facts(receiver: Receiver) -> dict[str, Any]:
    known = {heartbeat.definition.id: facts(heartbeat) for heartbeat in receiver.register}
    return known | {"gaps": [(round(g.start, 5), round(g.end, 5)) for g in receiver.reckoning.timeline.gaps]}


class Story:
    """Random things that happen to one receiver, and now and then its death."""

    def __init__(self, path: Path, seed: int) -> None:
        self.path, self.draw, self.clock, self.out = path, random.Random(seed), FakeClock(), False
        self.receiver = made(path, self.clock)

    async def begin(self) -> None:
        await load(self.receiver, DEFINITIONS, Calendar(), self.clock)

    async def happen(self) -> None:
        deed = self.draw.choices(
            [self.ping, self.wait, self.step, self.stall, self.save, self.fail, self.die, self.pause],
            [10, 5, 2, 1, 2, 1, 1, 1],
        )[0]
        await deed()

    async def ping(self) -> None:
        id, rid = self.draw.choice(list(SPECS)), self.draw.choice([None, *RIDS])
        kind = self.draw.choice([SUCCESS, SUCCESS, START, START, FAIL, LOG])
        if self.out:
            with pytest.raises(Unavailable):
                await ping(self.receiver, id, kind, rid=rid)
        else:
            await ping(self.receiver, id, kind, rid=rid)

    async def wait(self) -> None:
        self.clock.go(self.draw.uniform(0.1, 4.9))
        await self.receiver.watch()

    async def step(self) -> None:
        self.clock.step(self.draw.choice([-18_000, -3600, -2, 2, 61, 3600, 18_000]) + self.draw.random())
        await self.receiver.watch()

    async def stall(self) -> None:
        self.clock.go(self.draw.uniform(6, 4000))
        await self.receiver.watch()

    async def save(self) -> None:
        await self.receiver.save()

    async def pause(self) -> None:
        if not self.out:
            await self.receiver.pause(found(self.receiver, "long"), self.draw.random() < 0.5)

    async def fail(self) -> None:
        if self.out:
            back(self.path)
            self.out = False
        else:
            away(self.path)
            self.out = True
        await self.receiver.alive()

    async def die(self) -> None:
        if self.out:
            await self.fail()
        await self.receiver.alive()  # at this very instant, so that no time is lost over the restart
        await self.receiver.look()
        before, last = all_facts(self.receiver), self.receiver.ledger.last
        await self.receiver.ledger.close()
        self.receiver = made(self.path, self.clock)
        await self.begin()
        assert all_facts(self.receiver) == before
        assert self.receiver.ledger.last == last


@pytest.mark.parametrize("seed", range(40))
async def test_after_a_restart_everything_is_as_if_it_had_not_happened(tmp_path: Path, seed: int) -> None:
    story = Story(tmp_path, seed)
    await story.begin()
    for _ in range(60):
        await story.happen()
    await story.die()
    await story.receiver.ledger.close()


async def test_receipts_that_no_saved_state_includes_are_not_pruned(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        for _ in range(10):
            await ping(receiver, "a")
        await prune(receiver, keep=2, before=clock.reading.wall + 1)
    async with started(tmp_path, clock, defined("a")) as receiver:
        assert found(receiver, "a").counts[SUCCESS] == 10
        await receiver.save()
        await prune(receiver, keep=2, before=0)
        assert len(await receiver.recent(found(receiver, "a"), 100)) == 2
    async with started(tmp_path, clock, defined("a")) as receiver:
        assert found(receiver, "a").counts[SUCCESS] == 10


async def test_a_number_is_not_given_twice_although_its_receipt_was_pruned(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a"), defined("gone")) as receiver:
        await ping(receiver, "gone")
        await receiver.save()
        await receiver.remove(found(receiver, "gone"))
        await prune(receiver, keep=100, before=0)
        last = receiver.ledger.last
    async with started(tmp_path, clock, defined("a")) as receiver:
        assert receiver.ledger.last >= last
        await ping(receiver, "a")
    async with started(tmp_path, clock, defined("a")) as receiver:
        assert found(receiver, "a").counts[SUCCESS] == 1


async def test_a_start_that_is_broken_off_forgets_no_receipt(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        await ping(receiver, "a")
    interrupted = made(tmp_path, clock)
    await interrupted.ledger.load()  # and no further: told to stop
    await interrupted.drain()
    async with started(tmp_path, clock, defined("a")) as receiver:
        assert found(receiver, "a").counts[SUCCESS] == 1


async def test_a_heartbeat_that_comes_back_into_the_file_keeps_its_history(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a"), defined("b")) as receiver:
        await ping(receiver, "a")
    async with started(tmp_path, clock, defined("b")) as receiver:
        assert receiver.register.by_id("a") is None
        clock.go(4000)
        await receiver.alive()
        await receiver.save()
        await prune(receiver, keep=100, before=clock.reading.wall - 86_400)
    async with started(tmp_path, clock, defined("a"), defined("b")) as receiver:
        assert found(receiver, "a").counts[SUCCESS] == 1
        assert found(receiver, "a").deadline.at >= clock.reading.wall + 70
        await receiver.save()
        clock.go(86_400 * 400)
        await receiver.watch()
        await prune(receiver, keep=100, before=clock.reading.wall - 86_400)
    async with started(tmp_path, clock, defined("a"), defined("b")) as receiver:
        assert found(receiver, "a").counts[SUCCESS] == 1


async def test_a_state_that_makes_no_sense_is_a_failing_store_and_no_crash(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")):
        pass
    for nonsense in ("{}", "[1]", '{"since": '):
        with sqlite3.connect(tmp_path / FILE) as db:
            db.execute("UPDATE heartbeats SET state = ?", (nonsense,))
        db.close()
        receiver = made(tmp_path, clock)
        with pytest.raises(StorageError):
            await load(receiver, several([defined("a")]), Calendar(), clock)
        assert not receiver.register
        assert not receiver.ready
        await receiver.ledger.close()


class Load(threading.Thread):
    """Pings on one connection, as fast as it goes; counts what was acknowledged."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__()
        self.connection = HTTPConnection("127.0.0.1", port, timeout=10)
        self.token, self.acknowledged, self.sent = token, 0, 0

    def run(self) -> None:
        try:
            while self.sent < 20_000:
                self.sent += 1
                self.connection.request("POST", f"/ping/{self.token}", b"body")
                answer = self.connection.getresponse()
                answer.read()
                self.acknowledged += answer.status == 200
        except (HTTPException, OSError):
            return  # it was killed
        finally:
            self.connection.close()


def test_no_acknowledged_ping_is_missing_after_kill_9(tmp_path: Path) -> None:
    ids = [f"job{n}" for n in range(4)]
    lines = "".join(f"  - {{id: {id}, every: 1m}}\n" for id in ids)
    config = f"heartbeats:\n{lines}limits: {{pings_per_second: 100000, ping_burst: 100000}}\n"
    acknowledged, sent = dict.fromkeys(ids, 0), dict.fromkeys(ids, 0)
    for round in range(4):
        with running(tmp_path, config) as program:
            counted = {id: program.sample(_count(id)) for id in ids}
            assert all(acknowledged[id] <= counted[id] <= sent[id] for id in ids), (round, acknowledged, counted, sent)
            pinging = [Load(program.port, program.tokens[id]) for id in ids]
            for thread in pinging:
                thread.start()
            threading.Event().wait(0.4 + 0.13 * round)
            assert program.stop(signal.SIGKILL) == -signal.SIGKILL
            for thread, id in zip(pinging, ids, strict=True):
                thread.join()
                acknowledged[id] += thread.acknowledged
                sent[id] += thread.sent
    assert min(acknowledged.values()) > 0
    with sqlite3.connect(tmp_path / "storage" / FILE) as db:
        kept = db.execute("SELECT count(*), count(DISTINCT id), max(id) FROM receipts").fetchone()
    db.close()
    assert sum(acknowledged.values()) <= kept[0] == kept[1] <= sum(sent.values())


def test_a_ping_under_way_when_told_to_stop_is_answered_and_kept(tmp_path: Path) -> None:
    config = "heartbeats:\n  - {id: job, every: 1m}\nlimits: {pings_per_second: 100000, ping_burst: 100000}\n"
    with running(tmp_path, config) as program:
        pinging = [Load(program.port, program.tokens["job"]) for _ in range(4)]
        for thread in pinging:
            thread.start()
        threading.Event().wait(0.4)
        assert program.stop() == 0
        for thread in pinging:
            thread.join()
    with running(tmp_path, config) as program:
        counted = program.sample(_count("job"))
        assert 0 < sum(thread.acknowledged for thread in pinging) <= counted <= sum(thread.sent for thread in pinging)


def test_a_program_that_was_stopped_for_a_while_calls_nobody_late(tmp_path: Path) -> None:
    with running(tmp_path, "heartbeats:\n  - {id: job, every: 6s, grace: 1s}\n") as program:
        assert program.get(f"/ping/{program.tokens['job']}").status == 200
        program.process.send_signal(signal.SIGSTOP)
        threading.Event().wait(7.5)
        program.process.send_signal(signal.SIGCONT)
        deadline = program.sample('heartbeat_deadline_timestamp_seconds{heartbeat="job",host=""}')
        assert deadline > time.time() + 3
        assert program.sample("heartline_exporter_receiver_gap_seconds_total") > 7


def _count(id: str) -> str:
    return f'heartbeat_receipts_total{{heartbeat="{id}",host="",kind="success"}}'
