"""What has to happen by itself: loading, looking at the clocks, keeping states, pruning."""

import asyncio
import gc
import logging
from collections.abc import Callable, Iterable

from exporter.clock import Clock
from exporter.config import Config
from exporter.heartbeats.ledger import SLICE
from exporter.heartbeats.load import load
from exporter.heartbeats.receiver import Receiver
from exporter.heartbeats.schedules import Maintenance
from exporter.heartbeats.store import StorageError
from exporter.heartbeats.timeline import KEPT
from exporter.heartbeats.whole import whole

log = logging.getLogger(__name__)

LOOK, ALIVE, SAVE, PRUNE = 1, 5, 60, 3600  # seconds between
COLLECT = (50_000, 20, 100)  # thresholds of the garbage collector's three generations


async def keep_up(receiver: Receiver, config: Callable[[], Config], clock: Clock) -> None:
    """Load, waiting for a store that cannot be opened yet; then look after the receiver until cancelled."""
    trouble = ""
    while not receiver.ready:
        try:
            await whole(load(receiver, config().heartbeats, config().calendar, clock))
        except StorageError as e:
            if str(e) != trouble:
                log.error("storage: not loaded, tried again each second: %s", e)
            trouble = str(e)
            await asyncio.sleep(LOOK)
    # What was loaded stays. At 100,000 heartbeats each full collection would stop all pings for a tenth of a second.
    gc.freeze()
    # Pings renew parts of every heartbeat, so the collector would soon be at it again: at its default thresholds it
    # takes a third of the time. A ping leaves no cycles behind; what errors leave is found in time by these.
    gc.set_threshold(*COLLECT)
    log.info("%d heartbeats loaded", len(receiver.register))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_watch(receiver))
        tasks.create_task(_tend(receiver, config))
        tasks.create_task(_prune(receiver, config))


async def _watch(receiver: Receiver) -> None:
    # Apart from everything that takes long, or that would be taken for a time in which nobody listened.
    while True:
        await asyncio.sleep(LOOK)
        await whole(receiver.watch())


async def _tend(receiver: Receiver, config: Callable[[], Config]) -> None:
    active: frozenset[int] = frozenset()
    second = 0
    while True:
        now_active = windows_open(config().calendar.maintenance, receiver.now())
        receiver.reckoning.stale |= now_active != active
        active = now_active
        await whole(receiver.refresh())
        if second % ALIVE == 0 or receiver.failing:
            await whole(receiver.alive())
        if second % SAVE == SAVE - 1:
            await whole(receiver.save())
        await asyncio.sleep(LOOK)
        second += LOOK


async def _prune(receiver: Receiver, config: Callable[[], Config]) -> None:
    while True:
        await asyncio.sleep(2 * SAVE)
        history = config().history
        await prune(receiver, history.receipts, receiver.now() - history.age)
        await asyncio.sleep(PRUNE)


def windows_open(windows: Iterable[Maintenance], now: float) -> frozenset[int]:
    """The numbers of the maintenance windows that are open; another answer than before changes many heartbeats."""
    return frozenset(number for number, window in enumerate(windows) if window.active(now))


async def prune(receiver: Receiver, keep: int, before: float) -> None:
    """Delete receipts beyond the latest `keep` of each heartbeat and whatever is older than `before`."""
    try:
        expired = await receiver.ledger.expired(keep, before)
        for start in range(0, len(expired), SLICE):
            await receiver.ledger.drop(expired[start : start + SLICE])
        await receiver.ledger.drop_absent(before, KEPT)
    except StorageError as e:
        log.warning("storage: not pruned: %s", e)  # the next ping or `alive` will tell whether it is more than that
