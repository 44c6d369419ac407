"""The time that all heartbeats share: through downtime, clocks that are set, and outages of the store."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence

from exporter.clock import Change, Clock, Reading, between
from exporter.heartbeats.heartbeat import Heartbeat
from exporter.heartbeats.ledger import Ledger
from exporter.heartbeats.receipt import Receipt
from exporter.heartbeats.schedules import Gap
from exporter.heartbeats.store import ClockEvent, StorageError
from exporter.heartbeats.timeline import Timeline

log = logging.getLogger(__name__)

Waiting = list[tuple[Heartbeat, Receipt]]


class Reckoning:
    """Finds out what happened to time, writes it down and tells every heartbeat.

    `reckon` is called with each event, and must reach all heartbeats; `waiting` gives the lists of receipts that are
    not in the log yet, oldest first.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        reckon: Callable[[ClockEvent, Gap], None],
        waiting: Callable[[], Iterable[Waiting]],
    ) -> None:
        self.timeline = Timeline()
        self.gap_seconds = 0.0
        self.frozen: float | None = None  # since when nothing can be kept
        self.stale = False  # the lines of all heartbeats have to be written anew
        self._ledger = ledger
        self._clock = clock
        self._read = clock.read()
        self._reckon_all = reckon
        self._waiting = waiting
        self._unwritten: list[Change] = []  # steps of the clock since nothing can be kept
        self._lock = asyncio.Lock()  # held from a look at the clocks until every instant agrees with it

    def now(self) -> float:
        """Seconds since the epoch in the reckoning that all heartbeats share until the next `watch`."""
        return self._read.wall + self._clock.up() - self._read.up

    def restart(self, timeline: Timeline, reading: Reading, gap_seconds: float) -> None:
        """Begin with a history; from now on the clocks are compared with `reading`."""
        self.timeline, self._read = timeline, reading
        self.gap_seconds += gap_seconds

    async def watch(self) -> None:
        """Look at the clocks: were we not running, was the wall clock set? Each second; more often costs nothing."""
        async with self._lock:
            reading = self._clock.read()
            changes = between(self._read, reading)
            if not changes:
                self._read = reading
                return
            for change in changes:
                log.warning("clock: %s from %.1f to %.1f", change.kind, change.start, change.end)
            self._take(reading, changes, await self._written(reading, changes))

    async def _written(self, reading: Reading, changes: Sequence[Change]) -> Sequence[ClockEvent]:
        """The changes as they stand in the log; while that cannot be, the steps alone, which are written later."""
        if self.frozen is None:
            try:
                return await self._ledger.note(changes, reading)
            except StorageError:
                self.freeze(min(self.now(), changes[0].start))
        # No downtime: what counts as such when the store is back is all the time since it failed.
        steps = [change for change in changes if change.kind == "step"]
        self._unwritten += steps
        return [ClockEvent(self._ledger.last, step.kind, step.start, step.end) for step in steps]

    def _take(self, reading: Reading, changes: Sequence[Change], events: Sequence[ClockEvent]) -> None:
        """Turn to another reckoning: everything that holds an instant, at once."""
        self._read = reading
        step = sum(change.end - change.start for change in changes if change.kind == "step")
        if step:
            for receipts in self._waiting():
                receipts[:] = [(h, receipt._replace(time=receipt.time + step)) for h, receipt in receipts]
            if self.frozen is not None:
                self.frozen += step
        self._reckon(events)

    def _reckon(self, events: Sequence[ClockEvent]) -> None:
        for event in events:
            self.timeline.take(event)
            gap = Gap(event.start, event.end)
            self.gap_seconds += gap.end - gap.start if event.kind == "down" else 0.0
            self._reckon_all(event, gap)
        self.stale = True

    def freeze(self, since: float) -> None:
        """Nothing can be kept: nobody can be called late from now on, since that would be our fault and not theirs."""
        if self.frozen is None:
            self.frozen, self.stale = since, True

    async def resume(self) -> None:
        """If the store failed, try it: does it take things again, the time since counts as own downtime."""
        async with self._lock:
            if self.frozen is None:
                return
            # Until the first receipt that will be kept, and not until now: that one is no longer part of the outage.
            first = [receipt.time for receipts in self._waiting() for _, receipt in receipts[:1]]
            outage = Change("down", self.frozen, max(self.frozen, min([self.now(), *first])))
            events = await self._ledger.note([*self._unwritten, outage], self._read)
            log.warning("storage: back after %.1f s", outage.end - outage.start)
            self.frozen, self._unwritten = None, []
            self._reckon(events[-1:])  # the steps were reckoned with when they happened

    async def alive(self) -> None:
        """Keep that we listen; it also finds out whether the store works while nobody pings. StorageError: no."""
        if self.frozen is not None:
            await self.resume()
            return
        async with self._lock:  # or an older reading might be written over the one of a clock event
            await self._ledger.note([], self._read)
