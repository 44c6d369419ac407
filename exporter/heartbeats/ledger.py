"""The way to the store: one call at a time, on a thread of its own, numbered in order, with a word on its health."""

import asyncio
import logging
from bisect import bisect_left
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from exporter.clock import Change, Reading
from exporter.heartbeats.heartbeat import Heartbeat
from exporter.heartbeats.receipt import Receipt
from exporter.heartbeats.store import ClockEvent, Entry, Loaded, StorageError, Store, Stored

log = logging.getLogger(__name__)

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
SLICE = 500  # heartbeats that are touched at once while pings wait
PATIENCE = 5.0  # seconds for which one call may keep the others waiting; a disk that hangs says no error
T = TypeVar("T")


class Ledger:
    """What is written down, in order. Every method raises StorageError, and then nothing of the call was kept."""

    def __init__(self, store: Store, monotonic: Callable[[], float]) -> None:
        self.up = False
        self.error = "not opened yet"
        self.commits = [0] * (len(BUCKETS) + 1)  # group commits by the time they took, see BUCKETS
        self.commit_seconds = 0.0
        self.last = 0
        self._next_key = 1
        self._store = store
        self._monotonic = monotonic
        self._thread = ThreadPoolExecutor(1, "store")
        self._turns = asyncio.Lock()
        self._busy: float | None = None  # since when the thread has been at its present call

    async def load(self) -> Loaded:
        async with self._turn():
            loaded = await self._call(self._store.load)
            self.last = loaded.last
            self._next_key = 1 + max((row.key for row in loaded.heartbeats), default=0)
            return loaded

    async def replay(self, after: int, limit: int) -> Sequence[Entry]:
        async with self._turn():
            return await self._call(self._store.replay, after, limit)

    async def append(self, batch: Sequence[tuple[Heartbeat, Receipt]]) -> Sequence[Entry]:
        """Commit receipts and number them; each names the one before it of the same heartbeat."""
        async with self._turn():
            entries = self._numbered(batch)
            began = self._monotonic()
            await self._call(self._store.append, entries)
            self.last = entries[-1].id
            self._observe(self._monotonic() - began)
            return entries

    async def note(self, changes: Sequence[Change], reading: Reading) -> Sequence[ClockEvent]:
        """Write changes of the clock down, together with the reading that they lead to."""
        async with self._turn():
            events = [ClockEvent(self.last + n, c.kind, c.start, c.end) for n, c in enumerate(changes, 1)]
            await self._call(self._store.note, events, reading.as_dict())
            self.last += len(events)
            return events

    async def declare(self, rows: Sequence[Stored]) -> None:
        async with self._turn():
            await self._call(self._store.declare, rows)

    async def forget(self, key: int) -> None:
        async with self._turn():
            await self._call(self._store.forget, key)

    async def recent(self, last: int, limit: int) -> list[Entry]:
        async with self._turn():
            return await self._call(self._store.recent, last, limit)

    async def save(self, heartbeats: Sequence[Heartbeat]) -> None:
        async with self._turn():
            # Taken in the turn, so that state and number belong together.
            states = [(h.key, h.applied, h.snapshot()) for h in heartbeats]
            await self._call(self._store.save, states)

    async def folded(self, number: int) -> None:
        async with self._turn():
            await self._call(self._store.folded, number)

    async def expired(self, keep: int, before: float) -> Sequence[int]:
        # Not in its turn and not on its thread: it reads for long, on a connection of its own.
        return await asyncio.to_thread(self._store.expired, keep, before)

    async def drop(self, receipts: Sequence[int]) -> None:
        async with self._turn():
            await self._call(self._store.drop, receipts)

    async def drop_absent(self, before: float, keep: int) -> None:
        async with self._turn():
            await self._call(self._store.drop_absent, before, keep)

    async def close(self) -> None:
        async with self._turn():
            await asyncio.get_running_loop().run_in_executor(self._thread, self._store.close)
            self._thread.shutdown()

    @property
    def stuck(self) -> bool:
        """Has the store been at one call for so long that waiting for it makes no sense?"""
        return self._busy is not None and self._monotonic() - self._busy > PATIENCE

    def new_key(self) -> int:
        """A key for a new heartbeat, never given before in this process."""
        self._next_key += 1
        return self._next_key - 1

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turns.acquire()
        except TimeoutError as e:
            self._fault("the disk does not answer")
            raise StorageError(self.error) from e
        try:
            yield
        finally:
            self._turns.release()

    async def _call(self, call: Callable[..., T], *arguments: Any) -> T:
        self._busy = self._monotonic()
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._thread, call, *arguments)
        except StorageError as e:
            self._fault(str(e))
            raise
        finally:
            self._busy = None
        if not self.up:
            log.info("storage: in order")
        self.up, self.error = True, ""
        return answer

    def _fault(self, error: str) -> None:
        if error != self.error:
            log.error("storage: %s", error)
        self.up, self.error = False, error

    def _numbered(self, batch: Sequence[tuple[Heartbeat, Receipt]]) -> list[Entry]:
        number = self.last
        latest: dict[int, int] = {}
        entries = []
        for heartbeat, receipt in batch:
            number += 1
            key = heartbeat.key
            entries.append(Entry(number, latest.get(key, heartbeat.last_receipt), key, receipt))
            latest[key] = number
        return entries

    def _observe(self, seconds: float) -> None:
        self.commits[bisect_left(BUCKETS, seconds)] += 1
        self.commit_seconds += seconds
