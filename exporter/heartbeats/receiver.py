"""Takes receipts in: committed in groups, then applied, then acknowledged. The one place that changes heartbeats."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from itertools import chain
from typing import ParamSpec, TypeVar

from exporter.clock import Clock
from exporter.exposition import NOWHERE, Group
from exporter.heartbeats.families import HeartbeatLines
from exporter.heartbeats.heartbeat import Definition, Heartbeat
from exporter.heartbeats.ledger import Ledger
from exporter.heartbeats.receipt import FAIL, SUCCESS, Receipt
from exporter.heartbeats.reckoning import Reckoning, Waiting
from exporter.heartbeats.register import Keys, Register
from exporter.heartbeats.schedules import Gap
from exporter.heartbeats.store import ClockEvent, Entry, StorageError, Stored
from exporter.heartbeats.unsaved import Unsaved
from exporter.heartbeats.whole import whole

log = logging.getLogger(__name__)

WAITING = 20_000  # receipts that may wait for a commit
WAITING_BYTES = 64 << 20  # and bytes of their bodies
RETRY_AFTER = 5  # seconds
# Handing a commit to the thread and back costs as much as five pings, so a group is closed only after so many turns of
# the event loop without another receipt (a request takes three turns to become one), or so many seconds.
# Nor does it grow beyond what makes that cheap: while one group is on its way to the disk, the next one is to come in.
ENOUGH = 64
CALM, GATHERING = 3, 0.004
P = ParamSpec("P")
T = TypeVar("T")


class Unavailable(Exception):
    """It was not kept, and nothing has changed; trying again later may help."""

    retry_after = RETRY_AFTER


class Receiver:
    """All heartbeats, their lines, and the way of a receipt to both. Lives on the event loop."""

    def __init__(self, ledger: Ledger, keys: Keys, clock: Clock) -> None:
        self.ledger = ledger
        self.register = Register(keys)
        self.absent: dict[str, Heartbeat] = {}  # known to the store, but no longer in the configuration file
        self.lines = HeartbeatLines()
        self.loaded = self.ready = False  # the store's content is here; and all of it is shown
        self._up = clock.up
        self._queue: Waiting = []
        self._promises: list[asyncio.Future[None]] = []
        self._queued = asyncio.Event()
        self._queued_bytes = 0
        self._in_hand: Waiting = []  # on their way to the disk
        self.unsaved = Unsaved()
        self.reckoning = Reckoning(ledger, clock, self._reckon, lambda: (self._in_hand, self._queue))
        self.now = self.reckoning.now
        self._refreshing = asyncio.Lock()
        self.changing = asyncio.Lock()  # of what there is: look and change belong together

    @property
    def failing(self) -> bool:
        """Has the store refused something that it has not made up for yet?"""
        return self.reckoning.frozen is not None

    @property
    def gap_seconds(self) -> float:
        """Time in which nobody listened, as far as it was credited."""
        return self.reckoning.gap_seconds

    async def look(self) -> None:
        """Bring clocks and lines up to date, before a scrape."""
        await self.watch()
        await self.refresh()

    async def watch(self) -> None:
        """Look at the clocks. Before the store is loaded nothing is reckoned: loading looks back to the last instant
        that was written down."""
        if self.ready:
            await self.reckoning.watch()

    def _reckon(self, event: ClockEvent, gap: Gap) -> None:
        for heartbeat in chain(self.register, self.absent.values()):
            heartbeat.reckon(event.id, gap, event.kind == "step")
            self.unsaved.note(heartbeat)

    def submit(self, heartbeat: Heartbeat, receipt: Receipt) -> "asyncio.Future[None]":
        """Queue a receipt; the future ends when it is on disk and applied, or with Unavailable."""
        if len(self._queue) >= WAITING or self._queued_bytes > WAITING_BYTES:
            raise Unavailable("too many receipts wait for the disk")
        if self.reckoning.frozen is not None and self.ledger.stuck:
            raise Unavailable("the disk does not answer")
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
            await self._gather()
            await whole(self.commit())

    async def _gather(self) -> None:
        """Wait while more receipts keep coming, but not for long."""
        calm, size, end = 0, len(self._queue), self._up() + GATHERING
        while calm < CALM and size < ENOUGH and self._up() < end:
            await asyncio.sleep(0)  # one turn of the event loop
            calm = calm + 1 if len(self._queue) == size else 0
            size = len(self._queue)

    async def commit(self) -> None:
        """Commit what waits, apply it, acknowledge it."""
        batch, promises = self._queue, self._promises
        self._queue, self._promises, self._queued_bytes = [], [], 0
        self._queued.clear()
        if not batch:
            return
        self._in_hand = batch
        try:
            entries = await self.kept(self.ledger.append, batch)
        except Unavailable:
            _refuse(promises)
            return
        finally:
            self._in_hand = []
        # From the batch and not from the entries: the clock may have been set while they were on their way.
        for (heartbeat, receipt), entry, promise in zip(batch, entries, promises, strict=True):
            self._apply(heartbeat, entry, receipt)
            if not promise.done():
                promise.set_result(None)

    def _apply(self, heartbeat: Heartbeat, entry: Entry, receipt: Receipt) -> None:
        due = heartbeat.deadline.due
        heartbeat.apply(entry.id, receipt)
        self.unsaved.note(heartbeat)
        if heartbeat.group is NOWHERE:  # deleted while its receipt was on its way
            return
        heartbeat.settle(self.reckoning.timeline.gaps, self.reckoning.timeline.jumps)
        self.lines.received(heartbeat, receipt.kind)
        if (
            heartbeat.definition.plan.rule.calendar
            and heartbeat.deadline.due != due
            and receipt.kind in (SUCCESS, FAIL)
        ):
            self.lines.refresh(heartbeat, heartbeat.seen)  # the distance to the next slot may be another one now

    async def kept(self, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """The answer of a call that writes, once the store takes things again; Unavailable when it does not."""
        if not self.loaded:
            raise Unavailable("starting: the store is not loaded yet")
        try:
            if self.reckoning.frozen is not None:
                await self.reckoning.resume()
            return await call(*args, **kwargs)
        except StorageError as e:
            self.reckoning.freeze(self.now())
            raise Unavailable("nothing can be stored now") from e

    async def declare(self, definition: Definition) -> Heartbeat:
        """Keep a new heartbeat, or another definition of one that there is."""
        async with self.changing:
            heartbeat = self.known_as(definition)
            await self.kept(self.ledger.declare, [row(heartbeat, definition)])
            self.place(heartbeat, definition)
            return heartbeat

    def known_as(self, definition: Definition) -> Heartbeat:
        """The heartbeat of this id: in the register, or one that was in the file before, or a new one."""
        known = self.register.by_id(definition.id)
        if known is None and definition.id in self.absent:
            known = self.absent[definition.id]
            known.since = self.now()  # nobody expected anything of it meanwhile
        if known is None:
            known = Heartbeat(self.ledger.new_key(), definition, self.now())
            known.applied = self.ledger.last
        return known

    async def remove(self, heartbeat: Heartbeat) -> None:
        """Forget a heartbeat with all its series."""
        async with self.changing:
            if self.register.by_id(heartbeat.definition.id) is heartbeat:
                await self.kept(self.ledger.forget, heartbeat.key)
                self.withdraw(heartbeat)

    async def pause(self, heartbeat: Heartbeat, paused: bool) -> None:
        """Stop or restart a heartbeat's clock; it restarts from zero, and no run from before is waited for."""
        async with self.changing:
            if paused == heartbeat.paused:
                return
            wanted = row(heartbeat, heartbeat.definition)
            state = {**heartbeat.snapshot(), "paused": paused, "since": self.now(), "runs": None}
            await self.kept(self.ledger.declare, [replace(wanted, state=json.dumps(state))])
            heartbeat.turn(paused, self.now())
            self.place(heartbeat, heartbeat.definition)

    async def recent(self, heartbeat: Heartbeat, limit: int) -> list[Entry]:
        """The latest receipts with their bodies, newest first."""
        try:
            return await self.ledger.recent(heartbeat.last_receipt, limit)
        except StorageError as e:
            raise Unavailable("nothing can be read now") from e

    def place(self, heartbeat: Heartbeat, definition: Definition) -> None:
        """Register a heartbeat under a definition, old or new, and write its lines."""
        now = self.now()
        self.absent.pop(definition.id, None)
        if self.register.by_id(definition.id) is heartbeat:
            self.register.redefine(heartbeat, definition, now)
        else:
            heartbeat.define(definition, now)
            self.register.add(heartbeat)
        self.unsaved.note(heartbeat)
        self._settle(heartbeat, now)
        self.lines.show(heartbeat, now, self.reckoning.frozen)

    def withdraw(self, heartbeat: Heartbeat) -> None:
        """Take a heartbeat out of the register and the exposition; the store keeps what it has."""
        self.register.remove(heartbeat)
        self.lines.remove(heartbeat)

    async def refresh(self) -> None:
        """Settle and rewrite every heartbeat if something happened to all of them, a group at a time."""
        async with self._refreshing:
            if not self.reckoning.stale:
                return
            self.reckoning.stale = False
            groups: dict[Group, list[Heartbeat]] = {}
            for heartbeat in self.register:
                groups.setdefault(heartbeat.group, []).append(heartbeat)
            for group, heartbeats in groups.items():
                now = self.now()
                here = [heartbeat for heartbeat in heartbeats if heartbeat.group is group is not NOWHERE]
                for heartbeat in here:
                    self._settle(heartbeat, now)
                if here:
                    self.lines.refresh_all(here, now, self.reckoning.frozen)
                await asyncio.sleep(0)

    def _settle(self, heartbeat: Heartbeat, now: float) -> None:
        heartbeat.maintenance = any(window.active(now) for window in heartbeat.definition.plan.maintenance)
        heartbeat.settle(self.reckoning.timeline.gaps, self.reckoning.timeline.jumps)

    async def save(self) -> None:
        """Keep the states that changed."""
        # While a step of the clock is unwritten, no state may be saved that includes it: it would be replayed upon it.
        if not self.loaded or self.reckoning.frozen is not None:
            return
        try:
            await self.unsaved.save(self.ledger)
        except StorageError:
            self.reckoning.freeze(self.now())

    async def alive(self) -> None:
        """Keep that we listen; it also finds out whether the store works while nobody pings."""
        if not self.loaded:
            return
        try:
            await self.reckoning.alive()
        except StorageError:
            self.reckoning.freeze(self.now())
            if self.ledger.stuck:
                self._give_up()

    def _give_up(self) -> None:
        """Let those go who wait behind a call that does not end; what it holds may be on disk, but nobody was told."""
        _refuse(self._promises)
        self._queue, self._promises, self._queued_bytes = [], [], 0

    async def drain(self) -> None:
        """Commit what waits, keep all states, and let go of the store."""
        await self.commit()
        await self.watch()
        await self.alive()
        await self.save()
        try:
            await self.ledger.close()
        except StorageError as e:
            log.error("storage: not closed: %s", e)


def row(heartbeat: Heartbeat, definition: Definition, absent: float | None = None) -> Stored:
    """A heartbeat as the store keeps it."""
    state = json.dumps(heartbeat.snapshot())
    return Stored(heartbeat.key, definition.id, definition.spec, heartbeat.applied, state, absent)


def _refuse(promises: Iterable["asyncio.Future[None]"]) -> None:
    for promise in promises:
        if not promise.done():
            promise.set_exception(Unavailable("receipts cannot be stored now"))
