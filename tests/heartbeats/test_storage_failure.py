"""The disk fails: pings are refused and not lost, nobody is called late for it, and all resumes by itself."""

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from math import inf
from pathlib import Path

import pytest

from exporter.heartbeats.receipt import START, SUCCESS, Receipt
from exporter.heartbeats.receiver import Unavailable
from exporter.heartbeats.store import FILE
from tests.heartbeats.clockwork import NOON, FakeClock, away, back, defined, found, late, ping, shown, started
from tests.program import PATIENCE, ROOT, Program, running

CONFIG = "heartbeats:\n  - {id: job, every: 1m}\n  - {id: late, every: 1s, grace: 0s}\n"
UP = "heartline_exporter_storage_up"
RECEIVED = 'heartbeat_receipts_total{heartbeat="job",host="",kind="success"}'
DEADLINE = 'heartbeat_deadline_timestamp_seconds{heartbeat="job",host=""}'
LATE = 'heartbeat_deadline_timestamp_seconds{heartbeat="late",host=""}'


async def test_while_the_store_fails_nobody_becomes_late_and_who_was_late_stays_it(tmp_path: Path) -> None:
    clock = FakeClock()
    slow, gone, running = defined("slow", every="1d"), defined("gone", every="1s"), defined("run", max_runtime="1m")
    async with started(tmp_path, clock, slow, gone, running) as receiver:
        for id in ("slow", "gone", "run"):
            await ping(receiver, id)
        await ping(receiver, "gone", START, rid="1")
        await ping(receiver, "run", START, rid="1")
        for _ in range(5):
            clock.go(4)
            await receiver.watch()
        away(tmp_path)
        with pytest.raises(Unavailable):
            await ping(receiver, "slow")
        assert not receiver.ledger.up
        assert await shown(receiver, "deadline_timestamp_seconds", "slow") == inf
        assert await shown(receiver, "deadline_timestamp_seconds", "gone") == NOON + 11
        assert await shown(receiver, "run_deadline_timestamp_seconds", "run") == inf
        clock.step(3600)
        assert await shown(receiver, "deadline_timestamp_seconds", "gone") == NOON + 3611
        assert await shown(receiver, "last_seen_timestamp_seconds", "slow") == NOON + 3600
        clock.step(-3600)
        for _ in range(50):
            clock.go(4)
            await receiver.alive()
            assert await late(receiver, clock) == {"gone"}


async def test_a_run_that_was_overdue_stays_it_while_the_store_fails(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a", every="1d", max_runtime="10s")) as receiver:
        await ping(receiver, "a", START, rid="1")
        for _ in range(3):
            clock.go(4)
            await receiver.watch()
        away(tmp_path)
        await receiver.alive()
        assert await shown(receiver, "run_deadline_timestamp_seconds", "a") == NOON + 10


async def test_when_the_disk_is_back_the_outage_counts_as_own_downtime(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a", every="1d"), defined("b")) as receiver:
        for id in ("a", "b"):
            await ping(receiver, id)
        away(tmp_path)
        await receiver.alive()
        for _ in range(100):
            clock.go(4)
            await receiver.alive()
            await receiver.watch()
        back(tmp_path)
        await receiver.alive()
        assert receiver.ledger.up
        assert receiver.gap_seconds == 400
        assert await late(receiver, clock) == set()
        assert await shown(receiver, "deadline_timestamp_seconds", "a") == NOON + 86_410 + 400
        for _ in range(33):
            clock.go(4)
            await receiver.watch()
        assert await late(receiver, clock) == {"b"}


async def test_the_first_ping_that_is_kept_again_is_no_part_of_the_outage(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        away(tmp_path)
        with pytest.raises(Unavailable):
            await ping(receiver, "a")
        for _ in range(30):
            clock.go(4)
            await receiver.watch()
        back(tmp_path)
        promise = receiver.submit(found(receiver, "a"), Receipt(receiver.now(), SUCCESS))
        clock.go(0.5)
        await receiver.commit()
        await promise
        assert await shown(receiver, "deadline_timestamp_seconds", "a") == NOON + 120 + 70


async def test_a_step_during_an_outage_is_written_when_the_disk_is_back(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a", every="1d")) as receiver:
        await ping(receiver, "a")
        away(tmp_path)
        await receiver.alive()
        clock.go(4)
        clock.step(7200)
        await receiver.watch()
        await receiver.save()
        clock.go(4)
        clock.step(-3600)
        await receiver.watch()
        back(tmp_path)
        await receiver.alive()
        assert receiver.gap_seconds == pytest.approx(8)
        expected = await shown(receiver, "deadline_timestamp_seconds", "a")
        assert expected == pytest.approx(NOON + 3600 + 86_410 + 8)
    async with started(tmp_path, clock, defined("a", every="1d")) as receiver:
        assert await shown(receiver, "deadline_timestamp_seconds", "a") == expected


async def test_a_stall_during_an_outage_is_counted_once(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a", every="1d")) as receiver:
        await ping(receiver, "a")
        away(tmp_path)
        await receiver.alive()
        clock.go(100)
        await receiver.watch()
        clock.go(100)
        await receiver.watch()
        back(tmp_path)
        await receiver.alive()
        assert receiver.gap_seconds == 200
        assert await shown(receiver, "deadline_timestamp_seconds", "a") == NOON + 86_410 + 200


async def test_a_suspend_that_the_disk_did_not_survive_excuses_all_of_it(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        await ping(receiver, "a")
        away(tmp_path)
        clock.go(1000)
        assert await late(receiver, clock) == set()
        back(tmp_path)
        await receiver.alive()
        assert receiver.gap_seconds == 1000
        assert await late(receiver, clock) == set()


async def test_nothing_is_declared_paused_or_removed_that_cannot_be_kept(tmp_path: Path) -> None:
    clock = FakeClock()
    async with started(tmp_path, clock, defined("a")) as receiver:
        a = found(receiver, "a")
        away(tmp_path)
        for attempt in (receiver.declare(defined("b")), receiver.pause(a, True), receiver.remove(a)):
            with pytest.raises(Unavailable):
                await attempt
        assert [heartbeat.definition.id for heartbeat in receiver.register] == ["a"]
        assert not a.paused
        back(tmp_path)
        await receiver.declare(defined("b"))
        await receiver.pause(a, True)
    async with started(tmp_path, clock, defined("a"), defined("b")) as receiver:
        assert found(receiver, "a").paused


async def test_a_call_that_does_not_end_is_a_failing_disk(tmp_path: Path) -> None:
    clock, gate = FakeClock(), threading.Event()
    async with started(tmp_path, clock, defined("a")) as receiver:
        # The store's own thread stands still, as it does in a write that the kernel does not finish.
        receiver.ledger._thread.submit(gate.wait)
        promise = receiver.submit(found(receiver, "a"), Receipt(receiver.now(), SUCCESS))
        commit = asyncio.create_task(receiver.commit())
        await asyncio.sleep(0)
        clock.go(6)
        await receiver.alive()
        assert receiver.ledger.stuck
        assert not receiver.ledger.up
        assert await late(receiver, clock) == set()
        with pytest.raises(Unavailable):
            receiver.submit(found(receiver, "a"), Receipt(receiver.now(), SUCCESS))
        gate.set()
        await commit
        await promise
        await receiver.alive()
        assert receiver.ledger.up
        assert await shown(receiver, "deadline_timestamp_seconds", "a") >= NOON + 70


def test_a_store_that_cannot_be_opened_is_waited_for(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        token = program.tokens["job"]
        assert program.get(f"/ping/{token}").status == 200
    good = (tmp_path / "storage" / FILE).read_bytes()
    (tmp_path / "storage" / FILE).write_bytes(b"no database at all, " * 100)
    with running(tmp_path, CONFIG, ready=False) as program:
        assert program.get("/-/ready").status == 503
        assert program.get("/-/healthy").status == 200
        refused = program.get(f"/ping/{token}")
        assert (refused.status, "retry-after" in refused.headers) == (503, True)
        assert program.sample(UP) == 0
        program.ask("POST", "/-/reload")  # may say so or wait; either way nothing is declared over what is there
        (tmp_path / "storage" / FILE).write_bytes(good)
        eventually(lambda: program.get("/-/ready").status == 200)
        assert program.sample(UP) == 1
        assert program.sample(RECEIVED) == 1
        assert program.get(f"/ping/{token}").status == 200


def test_a_locked_file_refuses_pings_until_it_is_free(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program, closing(sqlite3.connect(program.storage / FILE)) as other:
        ok(program)
        other.execute("BEGIN IMMEDIATE")
        fails_and_resumes(program, other.rollback)


def test_a_truncated_file_is_no_new_one(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        ok(program)
        file = program.storage / FILE
        file.rename(program.storage / "good")
        file.write_bytes(b"")
        fails_and_resumes(program, lambda: (program.storage / "good").rename(file))


def ok(program: Program) -> None:
    assert program.get(f"/ping/{program.tokens['job']}").status == 200
    time.sleep(1.2)  # until the other one is late


def fails_and_resumes(program: Program, mend: Callable[[], object]) -> None:
    """Pings are refused, deadlines stand still, and after `mend` everything goes on with nothing lost."""
    token, before = program.tokens["job"], program.sample(RECEIVED)
    passed = program.sample(LATE)
    refused = program.get(f"/ping/{token}")
    assert (refused.status, "retry-after" in refused.headers) == (503, True)
    assert program.sample(UP) == 0
    assert program.sample(DEADLINE) == inf
    assert program.sample(LATE) == passed < time.time()
    assert program.sample(RECEIVED) == before
    mend()
    eventually(lambda: program.sample(UP) == 1)
    assert program.get(f"/ping/{token}").status == 200
    assert program.sample(RECEIVED) == before + 1
    assert time.time() + 50 < program.sample(DEADLINE) < inf
    assert program.sample("heartline_exporter_receiver_gap_seconds_total") > 0


def eventually(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


FULL = """
import asyncio, resource, signal, sys
from pathlib import Path
from exporter.heartbeats.receipt import Receipt
from exporter.heartbeats.receiver import Unavailable
from tests.heartbeats.clockwork import FakeClock, defined, found, ping, started

async def main(path):
    clock = FakeClock()
    async with started(path, clock, defined("a")) as receiver:
        size = max(file.stat().st_size for file in path.iterdir())
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 300_000, resource.RLIM_INFINITY))
        kept = refused = 0
        for number in range(40):
            clock.go(1)
            await receiver.watch()
            try:
                await ping(receiver, "a", body=b"x" * 50_000)
                kept += 1
            except Unavailable:
                refused += 1
        assert kept and refused, (kept, refused)
        assert not receiver.ledger.up
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await receiver.alive()
        assert receiver.ledger.up
        await ping(receiver, "a", body=b"x" * 50_000)
        assert found(receiver, "a").counts[0] == kept + 1
    async with started(path, clock, defined("a")) as receiver:
        assert found(receiver, "a").counts[0] == kept + 1, (kept, found(receiver, "a").counts)
        assert len(await receiver.recent(found(receiver, "a"), 100)) == kept + 1

asyncio.run(main(Path(sys.argv[1])))
"""


def test_a_file_that_may_not_grow_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FULL, tmp_path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_program_whose_files_may_not_grow_refuses_pings_until_they_may(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        ok(program)
        _, hard = resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (0, hard))
        fails_and_resumes(program, lambda: resource.prlimit(program.process.pid, resource.RLIMIT_FSIZE, (hard, hard)))


def test_a_full_disk_refuses_pings_until_it_has_room(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        return  # only root may mount one; the limits of file sizes above stand for it elsewhere
    with mounted(tmp_path / "storage"), running(tmp_path, CONFIG) as program:
        ok(program)
        filler = program.storage / "filler"
        with pytest.raises(OSError, match="No space left"):
            fill(filler)
        body = b"x" * 50_000  # the log may have some room left of its own
        eventually(lambda: program.ask("POST", f"/ping/{program.tokens['job']}", body).status == 503)
        fails_and_resumes(program, filler.unlink)


def fill(file: Path) -> None:
    with open(file, "wb", buffering=0) as out:
        while True:
            out.write(b"x" * 4096)


def test_a_read_only_storage_path_is_waited_for(tmp_path: Path) -> None:
    with running(tmp_path, CONFIG) as program:
        ok(program)
    storage = tmp_path / "storage"
    with read_only(storage) as free, running(tmp_path, CONFIG, ready=False) as program:
        program.until("not loaded")
        assert program.get("/-/ready").status == 503
        assert program.sample(UP) == 0
        free()
        eventually(lambda: program.get("/-/ready").status == 200)
        assert program.sample(RECEIVED) == 1


@contextmanager
def read_only(folder: Path) -> Iterator[Callable[[], object]]:
    """Nothing can be written into the folder, until what this gives is called."""
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield lambda: folder.chmod(0o700)
        return
    # Root writes wherever the mount allows it.
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield lambda: subprocess.run(["mount", "-o", "remount,bind,rw", folder], check=True)
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def mounted(folder: Path) -> Iterator[None]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)
