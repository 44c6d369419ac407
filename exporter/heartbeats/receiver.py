"""Takes receipts in: committed in groups, then applied, then acknowledged. The one place that changes heartbeats."""

import asyncio
import logging
from collections.abc import Awaitable, Iterable, Sequence
from typing import TypeVar

from exporter.clock import Change, Clock, between
from exporter.exposition import NOWHERE
from exporter.heartbeats.families import HeartbeatLines
from exporter.heartbeats.heartbeat import Definition, Heartbeat
from exporter.heartbeats.ledger import Ledger
from exporter.heartbeats.receipt import FAIL, SUCCESS, Receipt
from exporter.heartbeats.register import Keys, Register
from exporter.heartbeats.schedules import Gap, Maintenance
from exporter.heartbeats.store import ClockEvent, Entry, StorageError, Stored
from exporter.heartbeats.timeline import Timeline

log = logging.getLogger(__name__)

WAITING = 20_000  # receipts that may wait for a commit
WAITING_BYTES = 64 << 20  # and bytes of their bodies
SLICE = 500  # heartbeats that are touched at once while pings wait
RETRY_AFTER = 5  # seconds
# Seconds in which receipts gather before a commit. Handing a commit to the thread and back costs as much as five pings;
# without the pause most commits under load hold two or three.
GATHERING = 0.002
T = TypeVar("T")


class Unavailable(Exception):
    """It was not kept, and nothing has changed; trying again later may help."""

    retry_after = RETRY_AFTER


class Receiver:
    """All heartbeats, their lines, and the way of a receipt to both. Lives on the event loop."""

    def __init__(self, ledger: Ledger, keys: Keys, clock: Clock) -> None:
        self.ledger = ledger
        self.register = Register(keys)
        self.lines = HeartbeatLines()
        self.timeline = Timeline()
        self.ready = False
        self.gap_seconds = 0.0
        self._clock = clock
        self._read = clock.read()
        self._queue: list[tuple[Heartbeat, Receipt]] = []
        self._promises: list[asyncio.Future[None]] = []
        self._queued = asyncio.Event()
        self._queued_bytes = 0
        self._unsaved: list[Heartbeat] = []
        self._frozen: float | None = None  # since when nothing can be kept
        self._maintained: frozenset[int] = frozenset()

    def now(self) -> float:
        """Seconds since the epoch in the reckoning that all heartbeats share until the next `look`."""
        return self._read.wall + self._clock.up() - self._read.up

    async def look(self) -> None:
        """Look at the clocks: were we not running, was the wall clock set? Each second, and before a scrape."""
        before, self._read = self._read, self._clock.read()
        for change in between(before, self._read):
            log.warning("clock: %s from %.1f to %.1f", change.kind, change.start, change.end)
            await self.take(change)
            await self.refresh()

    async def take(self, change: Change) -> None:
        """Write a clock event down, as far as that is possible, and reckon with it."""
        try:
            event = await self.ledger.note(change)
        except StorageError:
            self._freeze()
            event = ClockEvent(self.ledger.last, change.kind, change.start, change.end)
        self._reckon(event)

    def _reckon(self, event: ClockEvent) -> None:
        self.timeline.take(event)
        gap = Gap(event.start, event.end)
        if event.kind == "down":
            self.gap_seconds += gap.end - gap.start
        elif self._frozen is not None:
            self._frozen += event.end - event.start
        for heartbeat in self.register:
            heartbeat.reckon(event.id, gap, event.kind == "step")
            self.note_unsaved(heartbeat)

    def submit(self, heartbeat: Heartbeat, receipt: Receipt) -> "asyncio.Future[None]":
        """Queue a receipt; the future ends when it is on disk and applied, or with Unavailable."""
        if len(self._queue) >= WAITING or self._queued_bytes > WAITING_BYTES:
            raise Unavailable("too many receipts wait for the disk")
        promise: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append((heartbeat, receipt))
        self._promises.append(promise)
        self._queued_bytes += len(receipt.body)
        self._queued.set()
        return promise

    async def commit_forever(self) -> None:
        """Commit what has queued up, again and again: while one group goes to the disk, the next one gathers."""
        while True:
            await self._queued.wait()
            await asyncio.sleep(GATHERING)
            await self.commit()

    async def commit(self) -> None:
        """Commit what waits, apply it, acknowledge it."""
        batch, promises = self._queue, self._promises
        self._queue, self._promises, self._queued_bytes = [], [], 0
        self._queued.clear()
        if not batch:
            return
        try:
            entries = await self.ledger.append(batch)
        except StorageError:
            self._freeze()
            _refuse(promises)
            return
        for (heartbeat, receipt), entry, promise in zip(batch, entries, promises, strict=True):
            self._apply(heartbeat, entry, receipt)
            if not promise.done():
                promise.set_result(None)
        if self._frozen is not None:
            await self.thaw()

    def _apply(self, heartbeat: Heartbeat, entry: Entry, receipt: Receipt) -> None:
        due = heartbeat.deadline.due
        heartbeat.apply(entry.id, receipt)
        if not heartbeat.unsaved:
            self.note_unsaved(heartbeat)
        if heartbeat.group is NOWHERE:  # deleted while its receipt was on its way
            return
        heartbeat.settle(self.timeline.gaps, self.timeline.jumps)
        self.lines.received(heartbeat, receipt.kind)
        if (
            heartbeat.definition.plan.rule.calendar
            and heartbeat.deadline.due != due
            and receipt.kind in (SUCCESS, FAIL)
        ):
            self.lines.refresh(heartbeat, heartbeat.seen)  # the distance to the next slot may be another one now

    def _freeze(self) -> None:
        """Nothing can be kept: nobody can be called late from now on, since that would be our fault and not theirs."""
        if self._frozen is not None:
            return
        self._frozen = now = self.now()
        for heartbeat in self.register:
            if heartbeat.deadline.at > now:
                self.lines.freeze(heartbeat)

    async def thaw(self) -> None:
        """The store takes things again: the time since it failed counts as own downtime."""
        if self._frozen is None:
            return
        since, now = self._frozen, self.now()
        try:
            event = await self.ledger.note(Change("down", since, now))
        except StorageError:
            return
        self._frozen = None
        log.warning("storage: back after %.1f s", now - since)
        self._reckon(event)
        await self.refresh()

    async def declare(self, definition: Definition) -> Heartbeat:
        """Keep a new heartbeat, or another definition of one that there is."""
        heartbeat = self.register.by_id(definition.id)
        if heartbeat is None:
            heartbeat = Heartbeat(self.ledger.new_key(), definition, self.now())
            heartbeat.applied = self.ledger.last
        await self._kept(self.ledger.declare([row(heartbeat, definition)]))
        self.place(heartbeat, definition)
        return heartbeat

    async def remove(self, heartbeat: Heartbeat) -> None:
        """Forget a heartbeat with all its series."""
        await self._kept(self.ledger.forget(heartbeat.key))
        self.withdraw(heartbeat)

    async def pause(self, heartbeat: Heartbeat, paused: bool) -> None:
        """Stop or restart a heartbeat's clock; it restarts from zero, and no run from before is waited for."""
        if paused == heartbeat.paused:
            return
        before = (heartbeat.paused, heartbeat.since, heartbeat.runs)
        heartbeat.paused, heartbeat.since, heartbeat.runs = paused, self.now(), None
        try:
            await self._kept(self.ledger.declare([row(heartbeat, heartbeat.definition)]))
        except Unavailable:
            heartbeat.paused, heartbeat.since, heartbeat.runs = before
            raise
        self.place(heartbeat, heartbeat.definition)

    async def recent(self, heartbeat: Heartbeat, limit: int) -> list[Entry]:
        """The latest receipts with their bodies, newest first."""
        return await self._kept(self.ledger.recent(heartbeat.last_receipt, limit))

    async def _kept(self, call: Awaitable[T]) -> T:
        try:
            return await call
        except StorageError as e:
            self._freeze()
            raise Unavailable("nothing can be stored now") from e

    def place(self, heartbeat: Heartbeat, definition: Definition) -> None:
        """Register a heartbeat under a definition, old or new, and write its lines."""
        if self.register.by_id(definition.id) is heartbeat:
            self.lines.remove(heartbeat)
            self.register.redefine(heartbeat, definition)
        else:
            heartbeat.define(definition)
            self.register.add(heartbeat)
        now = self.now()
        self._settle(heartbeat, now)
        self.lines.add(heartbeat, now)

    def withdraw(self, heartbeat: Heartbeat) -> None:
        """Take a heartbeat out of the register and the exposition; the store keeps what it has."""
        self.register.remove(heartbeat)
        self.lines.remove(heartbeat)

    async def refresh(self) -> None:
        """Settle and rewrite every heartbeat, a slice at a time."""
        for number, heartbeat in enumerate(list(self.register)):
            if heartbeat.group is not NOWHERE and self._frozen is None:
                now = self.now()
                self._settle(heartbeat, now)
                self.lines.refresh(heartbeat, now)
            if number % SLICE == SLICE - 1:
                await asyncio.sleep(0)

    def _settle(self, heartbeat: Heartbeat, now: float) -> None:
        heartbeat.maintenance = any(window.active(now) for window in heartbeat.definition.plan.maintenance)
        heartbeat.settle(self.timeline.gaps, self.timeline.jumps)

    async def watch_maintenance(self, windows: Iterable[Maintenance]) -> None:
        """Rewrite all heartbeats when a maintenance window opened or closed since the last call."""
        now = self.now()
        active = frozenset(number for number, window in enumerate(windows) if window.active(now))
        if active != self._maintained:
            self._maintained = active
            await self.refresh()

    def note_unsaved(self, heartbeat: Heartbeat) -> None:
        heartbeat.unsaved = True
        self._unsaved.append(heartbeat)

    async def save(self) -> None:
        """Keep the states that changed, a slice at a time, so that the next start has little to replay."""
        unsaved, self._unsaved = self._unsaved, []
        mark = self.ledger.last
        for heartbeat in unsaved:
            heartbeat.unsaved = False
        try:
            for start in range(0, len(unsaved), SLICE):
                await self.ledger.save(unsaved[start : start + SLICE])
            await self.ledger.folded(mark)
        except StorageError:
            self._freeze()
            for heartbeat in unsaved:
                if not heartbeat.unsaved:
                    self.note_unsaved(heartbeat)

    async def alive(self) -> None:
        """Keep that we listen; it also finds out whether the store works while nobody pings."""
        try:
            await self.ledger.alive(self._clock.read())
        except StorageError:
            self._freeze()
            return
        await self.thaw()

    async def prune(self, keep: int, before: float) -> None:
        """Delete receipts beyond the latest `keep` of each heartbeat and whatever is older than `before`."""
        try:
            expired = await self.ledger.expired(keep, before)
            for start in range(0, len(expired), SLICE):
                await self.ledger.drop(expired[start : start + SLICE])
            await self.ledger.drop_absent(before)
        except StorageError:
            self._freeze()

    async def drain(self) -> None:
        """Commit what waits, keep all states, and let go of the store."""
        await self.commit()
        await self.save()
        await self.alive()
        await self.ledger.close()


def row(heartbeat: Heartbeat, definition: Definition, absent: float | None = None) -> Stored:
    """A heartbeat as the store keeps it."""
    return Stored(heartbeat.key, definition.id, definition.spec, heartbeat.applied, heartbeat.snapshot(), absent)


def _refuse(promises: Sequence["asyncio.Future[None]"]) -> None:
    for promise in promises:
        if not promise.done():
            promise.set_exception(Unavailable("receipts cannot be stored now"))
